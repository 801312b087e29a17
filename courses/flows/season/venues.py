"""Venues with their opening periods, and rooms. Whatever a calendar shows of them moves its groups' `changed_at`."""

from dataclasses import dataclass, field, fields

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from courses.flows.publishing import runs_showing, touch_runs
from courses.flows.season.versions import insist_on_version
from courses.models import Room, Venue


@dataclass(frozen=True, kw_only=True)
class VenueFacts:
    name_lv: str
    name_en: str
    short_name: str
    address: str
    opening_hours: list[dict] = field(default_factory=list)  # as courses.opening reads them


@dataclass(frozen=True, kw_only=True)
class RoomFacts:
    name_lv: str
    name_en: str
    capacity: int
    use: str = ""


@transaction.atomic
def create_venue(*, facts: VenueFacts, by: User, now) -> Venue:
    return Venue.objects.create(slug=_slug(Venue, facts.short_name), **_columns(facts))


@transaction.atomic
def change_venue(*, venue: Venue, facts: VenueFacts, seen: str | None, by: User, now) -> Venue:
    """Locks the venue. Calendars of its groups change with it. Raises TimetableRefused(STALE)."""
    venue = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    insist_on_version(venue, seen)
    return _save(venue, facts, now)


@transaction.atomic
def create_room(*, venue: Venue, facts: RoomFacts, by: User, now) -> Room:
    return Room.objects.create(venue=venue, slug=_slug(Room, facts.name_lv), **_columns(facts))


@transaction.atomic
def change_room(*, room: Room, facts: RoomFacts, seen: str | None, by: User, now) -> Room:
    """Locks the room. Calendars of its groups change with it. Fewer seats move nobody: groups that are larger are named
    by `too_large_for`. Raises TimetableRefused(STALE)."""
    room = Room.objects.select_for_update(no_key=True, of=("self",)).select_related("venue").get(pk=room.pk)
    insist_on_version(room, seen)
    return _save(room, facts, now)


def too_large_for(room: Room, *, now) -> list[str]:
    """The codes of groups that meet in the room and have more seats than it."""
    runs = runs_showing(room).filter(capacity__gt=room.capacity, ends_at__gt=now)
    return list(runs.order_by("code").values_list("code", flat=True))


def _save(row, facts, now):
    columns = _columns(facts)
    changed = [name for name, value in columns.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, columns[name])
    if changed:
        row.save(update_fields=changed)
        touch_runs(runs_showing(row), now=now)
    return row


def _columns(facts):
    return {one.name: getattr(facts, one.name) for one in fields(facts)}


def _slug(model, name):
    wanted = slugify(name)[:40] or model._meta.model_name
    taken = set(model.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)
