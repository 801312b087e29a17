"""How the API says no: every answer that is not a success has a `code` for programs and a `detail` for people."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.views import exception_handler


class ProblemSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="What went wrong, for programs.")
    detail = serializers.CharField(help_text="The same in words, in the language of Accept-Language.")


class InvalidSerializer(ProblemSerializer):
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Messages by the name of the field."
    )


def answer(exception, context):
    """DRF's EXCEPTION_HANDLER: keeps its statuses and headers, and gives every body the same shape."""
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, exceptions.ValidationError):
        errors = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        response.data = {
            "code": "invalid",
            "detail": _("Something in the request is not right."),
            "errors": {name: _messages(found) for name, found in errors.items()},
        }
        return response
    response.data = {"code": _code(exception), "detail": str(response.data.get("detail", ""))}
    if response.data["code"] == "not_found":
        response.data["detail"] = _("There is no such thing, or it is not yours.")
    return response


def _code(exception):
    if isinstance(exception, Http404):
        return "not_found"
    if isinstance(exception, exceptions.NotAuthenticated):
        return "not_signed_in"
    if isinstance(exception, PermissionDenied):
        return "forbidden"
    if isinstance(exception, exceptions.PermissionDenied):
        # SessionAuthentication says it this way; clients have to tell a missing token from a missing right.
        return "csrf_failed" if str(exception.detail).startswith("CSRF") else "forbidden"
    return exception.detail.code if hasattr(exception.detail, "code") else exception.default_code


def _messages(found) -> list[str]:
    """The messages of one field, also of a list's items: {0: ["…"]}."""
    if isinstance(found, dict):
        return [message for several in found.values() for message in _messages(several)]
    return [str(message) for message in found]
