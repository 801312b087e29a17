"""Booking places of a timed slot: one page, three fields, no account."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from courses.models import CourseRun, RunKind
from enrollment import links
from enrollment.catalogue import places
from enrollment.flows import bookings
from enrollment.forms.booking import BookingForm
from enrollment.refusals import EnrollmentRefused


@audience(Audience.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def book(request, course, run) -> HttpResponse:
    """Book, or join the queue when that was asked for: whoever meant to get places is not queued unasked."""
    now = timezone.now()
    slots = CourseRun.objects.public().filter(kind=RunKind.SLOT).for_display()
    run = get_object_or_404(slots, course__slug=course, slug=run)
    form = BookingForm(request.POST) if request.method == "POST" else BookingForm(initial=_known(request.user))
    if request.method == "GET" and request.htmx:
        seats = BookingForm(request.GET).seats_or_default()
        return render(request, "courses/booking_price.html", _price(run, seats))
    refusal, sold_out = None, False
    if request.method == "POST" and form.is_valid():
        seats = form.cleaned_data["seats"]
        key, email = form.cleaned_data["key"], form.cleaned_data["email"]
        if booking := places.booked_before(key=key, run=run, email=email):
            return redirect(links.ticket_path(booking))
        sold_out = run.seats_free < seats and "queue" not in request.POST
        if not sold_out:
            try:
                booking = bookings.book(
                    run=run, seats_wanted=seats, name=form.cleaned_data["name"], email=email,
                    key=places.unused(key), by=request.user if request.user.is_authenticated else None,
                    language=get_language(), now=now,
                )  # fmt: skip
            except EnrollmentRefused as refused:
                refusal = refused.refusal
            else:
                return redirect(links.ticket_path(booking))
    seats = form.seats_or_default()
    page = places.slot_page(run, seats=seats, now=now)
    context = {
        "page": page, "run": run, "form": form, "sold_out": sold_out, "refusal": refusal or page.refusal,
        "must_queue": run.seats_free < seats if request.method == "POST" else run.is_full, **_price(run, seats),
    }  # fmt: skip
    return render(request, "courses/booking.html", context, status=409 if sold_out or refusal else 200)


def _known(user) -> dict:
    return {"name": user.get_full_name(), "email": user.email} if user.is_authenticated else {}


def _price(run, seats) -> dict:
    one = places.price_of(run)
    return {"price": one, "seats": seats, "total": None if one is None else one * seats}
