"""For tests of calendars: who has one, how its address is made, and what its octets say when parsed back."""

import icalendar

from enrollment.flows import calendar_links
from enrollment.models import FeedKind
from tests.factories import NOON, enroll, make_child, make_guardian, make_run, make_school


def make_siblings():
    """(guardian, Annija, Bruno, run): two children of one guardian, each with a place in one group of one lesson."""
    mother = make_guardian()
    annija = make_child(mother, first_name="Annija", school=make_school("Ventspils 2. vidusskola"))
    bruno = make_child(mother, first_name="Bruno")
    run = make_run(capacity=5, lessons=1)
    enroll(run, annija, by=mother)
    enroll(run, bruno, by=mother)
    return mother, annija, bruno, run


def link_for(user, kind=FeedKind.FAMILY, **fields):
    """The address of a new calendar of this person."""
    fields = {"name": "Mammas telefons", "language": "lv", "now": NOON} | fields
    _link, token = calendar_links.create(user=user, kind=kind, **fields)
    return f"/k/{token}.ics"


def events(response):
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


def uids(response):
    return [str(event["UID"]) for event in events(response)]


def titles(response):
    return [str(event["SUMMARY"]) for event in events(response)]


def header(response, *names):
    return tuple(response.headers.get(name) for name in names)
