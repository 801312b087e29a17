"""Reads for private calendars: whose an address is, what they may still see, and whether any of it has changed.

A program asks every hour and hears "unchanged" nearly every time, so for families that question is one statement.
It is written by hand because composing it anew takes longer than running it. PostgreSQL keeps it prepared
(`accounts.postgresql`): planning takes six times as long as running.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Exists, F, Max, OuterRef, Q

from accounts.models import Guardianship, Learner, Role, RoleGrant
from accounts.models.role import STAFF_ROLES
from courses.calendars import Window
from courses.feeds import FORMAT, Memory
from courses.models import CourseRun, Lesson, RunState
from courses.timetables import lessons_in
from enrollment.family.members import CHILD_COLORS, OWN_COLOR
from enrollment.models import (
    ATTENDING,
    Enrollment,
    EnrollmentState,
    FeedKind,
    FeedLink,
    LedgerEntry,
    LedgerEvent,
)
from enrollment.models.feed import token_hash

# One row: the link, and what it depends on as text, "learner when place when when;…", of children and of the owner.
# Moments are text because they are only compared. NULL means that there is no such learner.
_STATEMENT = """
SELECT link.id, link.user_id, link.kind, link.learner_id, link.room_id, link.language, link.fingerprint, link.etag,
    CAST(link.octets_changed_at AS text), CAST(link.last_fetched_at AS text),
    (
        SELECT {join}(
            CAST(learner.id AS text) || ' ' || CAST(learner.changed_at AS text) || COALESCE(
                ' ' || CAST(place.id AS text) || ' ' || CAST(place.changed_at AS text)
                    || ' ' || CAST(run.changed_at AS text), ''
            ), ';'
        )
        FROM (
            SELECT guardianship.learner_id AS id FROM accounts_guardianship guardianship
            WHERE guardianship.guardian_id = link.user_id AND guardianship.ended_at IS NULL
                AND (link.learner_id IS NULL OR link.learner_id = guardianship.learner_id)
            UNION ALL
            SELECT own.id FROM accounts_learner own
            WHERE own.user_id = link.user_id AND (link.learner_id IS NULL OR link.learner_id = own.id)
        ) shown
        JOIN accounts_learner learner ON learner.id = shown.id
        LEFT JOIN enrollment_enrollment place
            ON place.learner_id = learner.id AND place.state IN ('confirmed', 'trial')
        LEFT JOIN courses_courserun run ON run.id = place.run_id
    )
FROM enrollment_feedlink link
JOIN accounts_user owner ON owner.id = link.user_id
WHERE link.token_sha256 = %s AND link.revoked_at IS NULL AND owner.is_active
"""
_STATEMENTS = {
    "postgresql": _STATEMENT.format(join="string_agg"),
    "sqlite": _STATEMENT.format(join="group_concat"),
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A live link whose owner may still see what it shows."""

    link_id: int
    user_id: int
    kind: str
    learner_id: int | None
    room_id: int | None
    language: str
    known: Memory
    last_fetched_at: datetime | None
    fingerprint: str


def subscription(token: str, *, window: Window) -> Subscription | None:
    """One query for a family, three for staff. None when there is no such link, it was revoked, or the right is gone."""
    row = _read(token_hash(token))
    if row is None:
        return None
    (
        link_id, user_id, kind, learner_id, room_id, language, fingerprint, etag, octets_changed_at, last_fetched_at, places,
    ) = row  # fmt: skip
    if kind in (FeedKind.FAMILY, FeedKind.LEARNER):
        if kind == FeedKind.LEARNER and places is None:
            return None
        # In one order, whatever the database's plan was.
        depends_on = sorted((places or "").split(";"))
    else:
        if not _is_staff(user_id, kind):
            return None
        depends_on = sorted(_runs(user_id if kind == FeedKind.INSTRUCTOR else None, room_id, window))
    digest = hashlib.blake2b(repr(depends_on).encode(), digest_size=20).hexdigest()
    return Subscription(
        link_id=link_id, user_id=user_id, kind=kind, learner_id=learner_id, room_id=room_id, language=language,
        known=Memory(fingerprint, etag, _moment(octets_changed_at)), last_fetched_at=_moment(last_fetched_at),
        fingerprint=f"{FORMAT} {window.key} {digest}",
    )  # fmt: skip


def _read(sha256: str) -> tuple | None:
    """Asks the driver itself: Django's cursor would cost as much again, and would have PostgreSQL plan each time."""
    connection = connections[DEFAULT_DB_ALIAS]  # the thread's own
    statement = _STATEMENTS[connection.vendor]
    if connection.vendor == "postgresql":
        row = connection.first_row(statement, sha256)
        return row and (*map(_number, row[:2]), row[2], *map(_number, row[3:5]), *row[5:])
    if connection.queries_logged:  # logs and counts of queries see only what goes through Django's cursor
        with connection.cursor() as cursor:
            cursor.execute(statement, [sha256])
            return cursor.fetchone()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection.connection.execute(statement.replace("%s", "?"), [sha256]).fetchone()


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _moment(text: str | None) -> datetime | None:
    """SQLite keeps moments in UTC without saying so; the session of PostgreSQL is in UTC."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- Staff ------------------------------------------------------------------------------


def _is_staff(user_id: int, kind: str) -> bool:
    roles = [Role.INSTRUCTOR] if kind == FeedKind.INSTRUCTOR else [Role.INSTRUCTOR, *STAFF_ROLES]
    return RoleGrant.objects.live().filter(user=user_id, role__in=roles).exists()


def may_read_rooms(user) -> bool:
    return _is_staff(user.pk, FeedKind.ROOM)


def _of_staff(user_id: int | None, room_id: int | None):
    lessons = Lesson.objects.published()
    return lessons.filter(instructors=user_id) if user_id else lessons.filter(room=room_id)


def _runs(user_id: int | None, room_id: int | None, window: Window) -> list[tuple]:
    """What an instructor's or a room's calendar depends on; the seats because it shows head counts."""
    lessons = _of_staff(user_id, room_id).filter(starts_at__gte=window.starts_at)
    runs = CourseRun.objects.filter(pk__in=lessons.order_by().values("run"))
    return list(runs.values_list("pk", "changed_at", "seats_taken", "seats_offered"))


# -- What the calendar shows -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FamilyLesson:
    lesson: Lesson
    enrollment: Enrollment
    color: int  # of the learner, as on the family's pages


def family_lessons(*, user_id: int, learner_id: int | None, window: Window) -> list[FamilyLesson]:
    """The lessons of the places of all learners this user acts for, or of one; five queries.

    Of a trial only the lesson that is tried. What was cancelled with its group stays, marked (CALENDARS, 7).
    """
    acts_for = Guardianship.objects.live().filter(guardian=user_id).values("learner_id")
    learners = Learner.objects.filter(Q(user=user_id) | Q(pk__in=acts_for)).order_by("pk").values_list("pk", "user")
    children = [pk for pk, user in learners if user != user_id]
    colors = {pk: index % CHILD_COLORS + 1 for index, pk in enumerate(children)}
    colors |= {pk: OWN_COLOR for pk, user in learners if user == user_id}
    shown = [pk for pk in colors if learner_id is None or pk == learner_id]
    places = {}
    for enrollment in _shown_places().filter(learner__in=shown).select_related("learner").order_by("pk"):
        places.setdefault(enrollment.run_id, []).append(enrollment)
    lessons = lessons_in(Lesson.objects.published().filter(run__in=list(places)), window=window)
    return [
        FamilyLesson(lesson, enrollment, colors[enrollment.learner_id])
        for lesson in lessons
        for enrollment in places[lesson.run_id]
        if enrollment.state != EnrollmentState.TRIAL or enrollment.trial_lesson_id == lesson.pk
    ]


def _shown_places():
    """Places that are somebody's, and those that ended because their group was cancelled, for its reason.

    The sign of whether a family's calendar has changed need not name the latter: it changes when they end.
    """
    held = LedgerEntry.objects.filter(
        enrollment=OuterRef("pk"), event=LedgerEvent.CANCELLED, from_state__in=ATTENDING, at=F("enrollment__ended_at"),
        reason=F("enrollment__run__cancellation_reason"),
    )  # fmt: skip
    cancelled = Q(state=EnrollmentState.CANCELLED, run__state=RunState.CANCELLED)
    return Enrollment.objects.filter(Q(state__in=ATTENDING) | cancelled & Exists(held))


def booked_lessons(booking: Enrollment, *, window: Window) -> list[Lesson]:
    """The lessons of a booking by head count while it stands, and those that were cancelled with it; four queries."""
    shown = _shown_places().filter(pk=booking.pk)
    return lessons_in(Lesson.objects.published().filter(run__enrollments__in=shown), window=window)


@dataclass(frozen=True, slots=True)
class StaffLesson:
    lesson: Lesson
    people: int  # who have a place
    changed_at: datetime  # when the head count last did


def staff_lessons(*, user_id: int | None, room_id: int | None, window: Window) -> list[StaffLesson]:
    """The lessons an instructor leads, or those in a room, with head counts; four queries."""
    lessons = lessons_in(_of_staff(user_id, room_id), window=window)
    newest = dict(
        Enrollment.objects.filter(run__in={lesson.run_id for lesson in lessons})
        .order_by()
        .values("run")
        .annotate(newest=Max("changed_at"))
        .values_list("run", "newest")
    )
    return [
        StaffLesson(
            lesson,
            lesson.run.seats_taken - lesson.run.seats_offered,
            newest.get(lesson.run_id) or lesson.run.changed_at,
        )
        for lesson in lessons
    ]


def links_of(user) -> list[FeedLink]:
    """A person's live links with what they show, the newest first."""
    return list(
        FeedLink.objects.visible_to(user).live().select_related("learner", "room__venue").order_by("-created_at", "-pk")
    )
