"""All that is written about places at one moment, read at once: what the laws compare and actions choose from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from accounts.outbox.models import Message
from accounts.statements import Statement
from courses.models import CourseRun, Lesson
from enrollment.models import Application, Draw, Enrollment, EnrollmentState as State, LedgerEntry, WaitlistOffer

# Read after each step: composed once (accounts.statements).
_runs = Statement(lambda: CourseRun.objects.for_display().order_by("pk"))
_enrollments = Statement(lambda: Enrollment.objects.select_related("learner", "submission", "replaces").order_by("pk"))
_rows = Statement(lambda: LedgerEntry.objects.order_by("enrollment", "number"))
_lessons = Statement(lambda: Lesson.objects.scheduled().select_related("room").order_by("starts_at", "pk"))
_offers = Statement(lambda: WaitlistOffer.objects.order_by("pk"))
_applications = Statement(lambda: Application.objects.select_related("draw").order_by("pk"))
_draws = Statement(lambda: Draw.objects.order_by("pk"))
_letters = Statement(lambda: Message.objects.only("event_key", "channel", "address"))


@dataclass
class Books:
    runs: dict[int, CourseRun]
    enrollments: dict[int, Enrollment]  # each with its run, learner and submission
    rows: dict[int, list[LedgerEntry]]  # {enrollment id: its ledger by number}
    offers: list[WaitlistOffer]
    applications: list[Application]  # with wishes and learners
    draws: list[Draw]
    lessons: dict[int, list[Lesson]]  # {run id: scheduled lessons by start}
    letters: dict[int, tuple[str, str, str]]  # {id: (event key, channel, address)}

    @classmethod
    def read(cls) -> "Books":
        runs = {run.pk: run for run in _runs()}
        enrollments = {one.pk: one for one in _enrollments()}
        for one in enrollments.values():
            one.run = runs[one.run_id]
            if one.moved_from_id:
                one.moved_from = enrollments[one.moved_from_id]
        rows, lessons = defaultdict(list), defaultdict(list)
        for row in _rows():
            rows[row.enrollment_id].append(row)
        for lesson in _lessons():
            lessons[lesson.run_id].append(lesson)
        offers, applications = _offers(), _applications()
        for offer in offers:
            offer.enrollment = enrollments[offer.enrollment_id]
        prefetch_related_objects(applications, "wishes", "learners")
        letters = {one.pk: (one.event_key, one.channel, one.address) for one in _letters()}
        return cls(runs, enrollments, rows, offers, applications, _draws(), lessons, letters)

    def in_states(self, *states: State) -> list[Enrollment]:
        return [one for one in self.enrollments.values() if one.state in states]

    def in_run(self, run_id: int) -> list[Enrollment]:
        return [one for one in self.enrollments.values() if one.run_id == run_id]

    def queue(self, run_id: int) -> list[Enrollment]:
        return in_order(one for one in self.in_run(run_id) if one.state == State.WAITLISTED)

    @property
    def last_row(self) -> int | None:
        return max((row.pk for rows in self.rows.values() for row in rows), default=None)

    def all_rows(self) -> dict[int, LedgerEntry]:
        """{id: row} in the order in which they were written."""
        return {
            row.pk: row for row in sorted((row for rows in self.rows.values() for row in rows), key=lambda row: row.pk)
        }

    def open_offers(self) -> list[WaitlistOffer]:
        return [offer for offer in self.offers if offer.state == "open"]


def turn(enrollment: Enrollment) -> tuple:
    """When somebody is served: class, time of receipt, id (PRODUCT, Queue)."""
    return enrollment.priority, enrollment.received_at, enrollment.pk


def in_order(enrollments: Iterable[Enrollment]) -> list[Enrollment]:
    return sorted(enrollments, key=turn)
