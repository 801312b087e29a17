"""Tickets, answered without a password by whoever holds their link."""

from django.urls import path

from enrollment.views import calendars, tickets

link_patterns = [
    path("tickets/<str:token>.ics", calendars.booking, name="ticket_calendar"),
    path("tickets/<str:token>/", tickets.ticket, name="ticket"),
]
