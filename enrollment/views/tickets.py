"""The ticket of a booking by head count, reached by its signed link: shown, given back, taken back."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from enrollment import links
from enrollment.catalogue import places, wording
from enrollment.family.wording import on_the_day
from enrollment.flows import enrollments, reconfirmations, standby, waitlist
from enrollment.models import EnrollmentState as State, WaitlistOffer
from enrollment.refusals import EnrollmentRefused

_ANSWERS = {"give_back": enrollments.withdraw, "undo": enrollments.undo_withdrawal}


@audience(Audience.LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request, token) -> HttpResponse:
    """Opening the link changes nothing; its buttons give the places back, or take them back while they are held."""
    now = timezone.now()
    booking = links.read_ticket(token)
    if booking is None:
        raise Http404
    if answer := _ANSWERS.get(request.POST.get("answer")):
        try:
            answer(enrollment=booking, by=None, now=now)
        except EnrollmentRefused as refused:
            messages.error(request, str(refused.refusal))
        return redirect(request.path)
    price, state = places.price_of(booking.run), _state(booking, now)
    offer = WaitlistOffer.objects.open().filter(enrollment=booking).first() if booking.state == State.OFFERED else None
    context = {
        "booking": booking,
        "run": booking.run,
        "state": state,
        "position": waitlist.positions([booking]).get(booking.pk),
        "offer": offer,
        "offer_url": links.offer_path(offer, None) if offer else "",
        "total": None if price is None else price * booking.seats,
        "qr": qr_image(request.path) if state == "confirmed" else "",
        "map_url": wording.map_address(booking.run.room.venue) if booking.run.room else "",
        "calendar_path": links.ticket_calendar_path(booking),
        "question_path": links.question_path(links.STILL_COMING, booking, None)
        if reconfirmations.is_asked(booking, now=now)
        else "",
        "on_the_day": on_the_day(booking.run, now=now) if state == "waiting" else "",
        "next_slots": places.next_slots(booking.run, seats=booking.seats, now=now),
        "now": now,
    }
    return render(request, "courses/ticket.html", context)


def _state(booking, now) -> str:
    """confirmed waiting offered leaving cancelled ended past"""
    is_over = booking.run.starts_at <= now
    if booking.state == State.WAITLISTED and is_over and standby.is_open(booking.run, now=now):
        return "waiting"  # at the door, until the end
    if booking.state in (State.CONFIRMED, State.WAITLISTED) and is_over:
        return "past"
    words = {
        State.CONFIRMED: "confirmed", State.WAITLISTED: "waiting", State.OFFERED: "offered", State.LEAVING: "leaving",
        State.CANCELLED: "cancelled",
    }  # fmt: skip
    return words.get(booking.state, "ended")


def qr_image(path: str) -> str:
    """A QR code of the ticket's whole address, as a data URI that the content policy allows in images."""
    return segno.make(settings.SITE_ADDRESS + path, error="m").svg_data_uri(scale=4, border=0, dark="#14202B")
