"""The description of the API (OpenAPI 3), a page to read and try it, and the way in."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.throttles import PerNetwork

TEN_MINUTES = 600  # the description is generated anew for each language and format, which takes a while


class Root(APIView):
    authentication_classes = []
    permission_classes = []
    throttle_classes = [PerNetwork]

    @extend_schema(exclude=True)
    def get(self, request):
        """Where things are."""
        names = ("programs", "courses", "runs", "family", "enrollments", "applications", "schema", "docs")
        return Response({name: reverse(f"api:{name}", request=request) for name in names})


@method_decorator(cache_page(TEN_MINUTES), name="dispatch")
class Schema(SpectacularAPIView):
    """OpenAPI 3 as YAML, or as JSON for who accepts it or asks with ?format=json."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = [PerNetwork]


class Docs(SpectacularSwaggerSplitView):
    """Swagger's viewer from our own files, without inline scripts or styles."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = [PerNetwork]
    url_name = "api:schema"
    template_name = "enrollment/api_docs.html"
