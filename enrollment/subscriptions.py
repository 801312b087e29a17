"""Reads for private calendars: whose an address is, what they may still see, and whether any of it has changed.

A program asks every hour and hears "unchanged" nearly every time, so that question is one statement for families:
the link, its owner, and one row per place with the times of change. It is written by hand because composing it
anew would take longer than running it, and on PostgreSQL it is kept prepared, since planning takes five times as
long as running (`prepare_threshold` in the database's options).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Max, Q

from accounts.models import Guardianship, Learner, Role, RoleGrant
from accounts.models.role import STAFF_ROLES
from courses.calendars import Window
from courses.feeds import FORMAT, Memory
from courses.models import CourseRun, Lesson
from courses.timetables import lessons_in
from enrollment.models import Enrollment, FeedKind, FeedLink
from enrollment.models.feed import token_hash

# One row per place, or per learner without a place, or one row when there is no learner.
# Text instead of moments: what is only compared need not be parsed.
_STATEMENT = """
WITH link AS (
    SELECT feed.id, feed.user_id, feed.kind, feed.learner_id, feed.room_id, feed.language,
           feed.fingerprint, feed.etag, feed.octets_changed_at, feed.last_fetched_at
    FROM enrollment_feedlink feed
    JOIN accounts_user owner ON owner.id = feed.user_id AND owner.is_active
    WHERE feed.token_sha256 = %s AND feed.revoked_at IS NULL
), mine AS (
    SELECT guardianship.learner_id
    FROM link JOIN accounts_guardianship guardianship ON guardianship.guardian_id = link.user_id
    WHERE guardianship.ended_at IS NULL
    UNION
    SELECT own.id FROM link JOIN accounts_learner own ON own.user_id = link.user_id
)
SELECT link.id, link.user_id, link.kind, link.learner_id, link.room_id, link.language,
       link.fingerprint, link.etag, link.octets_changed_at, link.last_fetched_at,
       learner.id, CAST(learner.changed_at AS text), place.id, CAST(place.changed_at AS text), CAST(run.changed_at AS text)
FROM link
LEFT JOIN mine ON link.learner_id IS NULL OR mine.learner_id = link.learner_id
LEFT JOIN accounts_learner learner ON learner.id = mine.learner_id
LEFT JOIN enrollment_enrollment place ON place.learner_id = mine.learner_id AND place.state = 'confirmed'
LEFT JOIN courses_courserun run ON run.id = place.run_id
"""
_OF_LINK = 10  # columns


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
    rows = _rows(token_hash(token))
    if not rows:
        return None
    link_id, user_id, kind, learner_id, room_id, language, fingerprint, etag, changed_at, fetched_at = rows[0][
        :_OF_LINK
    ]
    if kind == FeedKind.FAMILY or kind == FeedKind.LEARNER:
        shown = [row[_OF_LINK:] for row in rows]
        if kind == FeedKind.LEARNER and shown[0][0] is None:
            return None
    else:
        if not _is_staff(user_id, kind):
            return None
        shown = _runs(user_id if kind == FeedKind.INSTRUCTOR else None, room_id, window)
    return Subscription(
        link_id, user_id, kind, learner_id, room_id, language,
        Memory(fingerprint, etag, _aware(changed_at)), _aware(fetched_at), _digest(shown, window),
    )  # fmt: skip


def _digest(rows: Sequence[tuple], window: Window) -> str:
    octets = repr(sorted(map(repr, rows))).encode()
    return f"{FORMAT} {window.key} {hashlib.blake2b(octets, digest_size=20).hexdigest()}"


def _rows(sha256: str) -> list[tuple]:
    with _cursor() as cursor:
        cursor.execute(_STATEMENT, [sha256])
        return cursor.fetchall()


def _cursor():
    if connection.vendor != "postgresql":
        return connection.cursor()
    from psycopg import Cursor  # not installed where only SQLite is used

    # Django's own cursor puts values into the text of the statement, so that each one would be planned anew.
    connection.ensure_connection()
    cursor = Cursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)


def _aware(moment: datetime | None) -> datetime | None:
    """SQLite keeps moments in UTC without saying so."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


# -- Staff ------------------------------------------------------------------------------


def _is_staff(user_id: int, kind: str) -> bool:
    roles = [Role.INSTRUCTOR] if kind == FeedKind.INSTRUCTOR else [Role.INSTRUCTOR, *STAFF_ROLES]
    return RoleGrant.objects.live().filter(user=user_id, role__in=roles).exists()


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
    color: int  # of the learner within the family, from 1


def family_lessons(*, user_id: int, learner_id: int | None, window: Window) -> list[FamilyLesson]:
    """The lessons of confirmed places, of all learners this user acts for or of one; three queries."""
    acts_for = Guardianship.objects.live().filter(guardian=user_id).values("learner_id")
    learners = list(
        Learner.objects.filter(Q(user=user_id) | Q(pk__in=acts_for)).order_by("pk").values_list("pk", flat=True)
    )
    colors = {pk: color for color, pk in enumerate(learners, 1)}
    shown = [pk for pk in learners if learner_id is None or pk == learner_id]
    places = {}
    for enrollment in Enrollment.objects.confirmed().filter(learner__in=shown).select_related("learner").order_by("pk"):
        places.setdefault(enrollment.run_id, []).append(enrollment)
    lessons = lessons_in(Lesson.objects.published().filter(run__in=list(places)), window=window)
    return [
        FamilyLesson(lesson, enrollment, colors[enrollment.learner_id])
        for lesson in lessons
        for enrollment in places[lesson.run_id]
    ]


@dataclass(frozen=True, slots=True)
class StaffLesson:
    lesson: Lesson
    people: int  # who have a place
    changed_at: datetime  # when the head count last did


def staff_lessons(*, user_id: int | None, room_id: int | None, window: Window) -> list[StaffLesson]:
    """The lessons an instructor leads, or those in a room, with head counts; two queries."""
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
