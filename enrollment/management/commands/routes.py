"""Every route of the site with who may use it: `manage.py routes [--json]`."""

import inspect
import json

from django.core.management.base import BaseCommand
from django.urls import get_resolver

from accounts.audiences import declared

ANY = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")  # a view that refuses no method


class Command(BaseCommand):
    help = "Lists the routes and the declarations that the site itself enforces (accounts/audiences.py)."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *args, **options):
        routes = [
            {
                "route": f"/{route}", "name": name, "methods": methods(view),
                "audience": str(audience) if audience else None, "view": dotted(view),
            }
            for route, name, view, audience in declared(get_resolver().url_patterns)
        ]  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps(routes))
            return
        for one in routes:
            self.stdout.write(
                f"{one['audience'] or '–':<12} {','.join(one['methods']):<24} {one['route']}  {one['name']}"
            )


def layers(view):
    """The view and the functions it wraps, from the outside in."""
    while view is not None:
        view = getattr(view, "func", view)  # of a partial
        yield view
        view = getattr(view, "__wrapped__", None)


def methods(view) -> list[str]:
    """What `require_http_methods` or the class of the view lets through."""
    for layer in layers(view):
        if cls := getattr(layer, "view_class", None) or getattr(layer, "cls", None):
            allowed = {name for name in cls.http_method_names if hasattr(cls, name)}
            return sorted(name.upper() for name in allowed | ({"head"} if "get" in allowed else set()))
        if inspect.isfunction(layer):
            required = inspect.getclosurevars(layer).nonlocals.get("request_method_list")
            if required:
                return sorted(required)
    return list(ANY)


def dotted(view) -> str:
    """Where the view is written: its own function or class, not what wraps it."""
    found = list(layers(view))
    classes = [getattr(layer, "view_class", None) or getattr(layer, "cls", None) for layer in found]
    inner = next(filter(None, classes), found[-1])
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return f"{inner.__module__}.{name}"
