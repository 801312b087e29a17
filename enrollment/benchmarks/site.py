"""The site as it is served, with the floor's addresses besides: for a web server that is measured."""

from django.conf import settings

from enrollment.wsgi import application

settings.ROOT_URLCONF = "enrollment.benchmarks.addresses"

__all__ = ["application"]
