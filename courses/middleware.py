"""Calendars are answered before sessions, languages and forms begin.

Calendar programs poll all day and send no cookies. Going straight to the view makes sure that a feed never touches a
session or sets a cookie (CALENDARS, 9), and halves what an unchanged one costs.
"""

from django.urls import Resolver404, resolve

from accounts.audiences import Audience


class CalendarMiddleware:
    """Stands right after the security headers. An address that is no calendar of ours goes the usual way."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.endswith(".ics"):
            return self.get_response(request)
        try:
            view, args, kwargs = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        if getattr(view, "audience", None) not in (Audience.PUBLIC, Audience.LINK):
            return self.get_response(request)
        return view(request, *args, **kwargs)
