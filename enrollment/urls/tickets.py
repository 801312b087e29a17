"""Tickets, answered without a password by whoever holds their link."""

from django.urls import path

from enrollment.views import tickets

link_patterns = [
    path("tickets/<str:token>/", tickets.ticket, name="ticket"),
]
