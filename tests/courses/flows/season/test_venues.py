"""Venues and rooms: their opening periods, and calendars that change with their names."""

from datetime import date, time, timedelta

import pytest

from courses.flows.season import venues
from courses.flows.season.versions import version_of
from courses.models import Venue
from courses.opening import closed_periods, hours_on, rows_of, week_of
from courses.refusals import TimetableReason, TimetableRefused
from tests.factories import NOON, make_room, make_run, make_user

LATER = NOON + timedelta(days=1)


def test_opening_periods_are_read_back_as_they_were_written():
    week = {day: (time(10), time(19)) for day in range(6)} | {6: (time(10), time(17))}
    closed = [((0,), "11-01", "03-31")]

    venue = Venue(opening_hours=rows_of(week, closed))

    assert venue.opening_hours == [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "opens": "10:00", "closes": "19:00"},
        {"days": ["sun"], "opens": "10:00", "closes": "17:00"},
        {"days": ["mon"], "closed_from": "11-01", "closed_until": "03-31"},
    ]
    assert (week_of(venue), closed_periods(venue)) == (week, closed)
    assert [hours_on(venue, day) for day in (date(2026, 11, 2), date(2026, 10, 26))] == [None, (time(10), time(19))]


@pytest.mark.django_db
def test_renaming_a_room_or_its_venue_changes_the_calendars_that_show_it_and_no_others():
    run, other = make_run(), make_run()
    room, by = run.room, make_user()
    facts = venues.RoomFacts(name_lv="Zilā telpa", name_en="Blue room", capacity=60)

    venues.change_room(room=room, facts=facts, seen=version_of(room), by=by, now=LATER)
    run.refresh_from_db()
    assert run.changed_at == LATER

    house = venues.VenueFacts(name_lv="Nams", name_en="House", short_name="Nams", address="Iela 1")
    venues.change_venue(venue=room.venue, facts=house, seen=None, by=by, now=LATER + timedelta(days=1))
    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.changed_at, other.changed_at) == (LATER + timedelta(days=1), NOON)


@pytest.mark.django_db
def test_saving_without_a_change_changes_no_calendar():
    run = make_run()
    facts = venues.RoomFacts(name_lv=run.room.name_lv, name_en=run.room.name_en, capacity=60)

    venues.change_room(room=run.room, facts=facts, seen=None, by=make_user(), now=LATER)

    run.refresh_from_db()
    assert run.changed_at == NOON


@pytest.mark.django_db
def test_the_second_of_two_editors_is_told_and_larger_groups_are_named():
    run = make_run(capacity=12)
    seen, facts = version_of(run.room), venues.RoomFacts(name_lv="A", name_en="A", capacity=10)
    venues.change_room(room=run.room, facts=facts, seen=seen, by=make_user(), now=LATER)

    with pytest.raises(TimetableRefused) as refused:
        venues.change_room(room=run.room, facts=facts, seen=seen, by=make_user(), now=LATER)

    run.room.refresh_from_db()
    assert (refused.value.reason, venues.too_large_for(run.room, now=NOON)) == (TimetableReason.STALE, [run.code])


@pytest.mark.django_db
def test_new_venues_and_rooms_have_addresses_of_their_own():
    by = make_user()
    house = venues.VenueFacts(name_lv="Nams", name_en="House", short_name="Nams", address="")

    first, second = (venues.create_venue(facts=house, by=by, now=NOON) for _ in range(2))
    room = venues.create_room(
        venue=first, facts=venues.RoomFacts(name_lv="1", name_en="1", capacity=5), by=by, now=NOON
    )

    assert (first.slug, second.slug, room.slug, room.venue) == ("nams", "nams-2", "1", first)
    assert make_room().venue not in (first, second)
