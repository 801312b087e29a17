"""Limits of the API, per account and per network: one counter per minute each, whatever the load.

A network is the address of the connection; no header widens it. The limits (REST_FRAMEWORK,
DEFAULT_THROTTLE_RATES) are generous to a school behind one address, and a success resets nothing.
"""

import time

from django.core.cache import cache
from rest_framework.throttling import SimpleRateThrottle


class WindowThrottle(SimpleRateThrottle):
    """Counts requests in fixed windows. DRF's own keeps a list of times, which grows with the limit."""

    cache_format = "throttle:%(scope)s:%(ident)s:%(window)s"

    def allow_request(self, request, view):
        ident = self.ident(request)
        if ident is None:
            return True
        self.now = self.timer()
        window = int(self.now // self.duration)
        key = self.cache_format % {"scope": self.scope, "ident": ident, "window": window}
        cache.add(key, 0, timeout=self.duration)
        try:
            count = cache.incr(key)
        except ValueError:  # thrown out of the cache between the two calls
            count = 1
        return count <= self.num_requests

    def wait(self):
        """Seconds until the next window."""
        return self.duration - self.now % self.duration

    timer = staticmethod(time.time)

    def ident(self, request):
        raise NotImplementedError


class PerNetwork(WindowThrottle):
    scope = "network"

    def ident(self, request):
        return request.META.get("REMOTE_ADDR", "")


class PerAccount(WindowThrottle):
    scope = "account"

    def ident(self, request):
        return request.user.pk if request.user and request.user.is_authenticated else None
