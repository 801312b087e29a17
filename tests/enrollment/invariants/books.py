"""All that is written about places at one moment, read at once: what the laws compare and actions choose from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.outbox.models import Message
from courses.models import CourseRun, Lesson
from enrollment.models import Application, Draw, Enrollment, EnrollmentState as State, LedgerEntry, WaitlistOffer


@dataclass
class Books:
    runs: dict[int, CourseRun]
    enrollments: dict[int, Enrollment]  # each with its run, learner and submission
    rows: dict[int, list[LedgerEntry]]  # {enrollment id: its ledger by number}
    offers: list[WaitlistOffer]
    applications: list[Application]  # with wishes and learners
    draws: list[Draw]
    lessons: dict[int, list[Lesson]]  # {run id: scheduled lessons by start}
    letters: dict[int, tuple[str, str, str, int | None]]  # {id: (event key, channel, address, learner id)}

    @classmethod
    def read(cls) -> "Books":
        runs = {run.pk: run for run in CourseRun.objects.for_display().order_by("pk")}
        enrollments = {
            one.pk: one for one in Enrollment.objects.select_related("learner", "submission", "replaces", "moved_from")
            .order_by("pk")
        }  # fmt: skip
        for one in enrollments.values():
            one.run = runs[one.run_id]
            if one.moved_from_id:
                one.moved_from.run = runs[one.moved_from.run_id]
        rows, lessons = defaultdict(list), defaultdict(list)
        for row in LedgerEntry.objects.order_by("enrollment", "number"):
            rows[row.enrollment_id].append(row)
        for lesson in Lesson.objects.scheduled().select_related("room").order_by("starts_at"):
            lessons[lesson.run_id].append(lesson)
        offers = list(WaitlistOffer.objects.order_by("pk"))
        for offer in offers:
            offer.enrollment = enrollments[offer.enrollment_id]
        return cls(
            runs=runs, enrollments=enrollments, rows=rows, offers=offers, lessons=lessons,
            applications=list(Application.objects.select_related("draw").prefetch_related("wishes", "learners").order_by("pk")),
            draws=list(Draw.objects.prefetch_related("runs").order_by("pk")),
            letters={
                pk: rest for pk, *rest in Message.objects.values_list("pk", "event_key", "channel", "address", "learner")
            },
        )  # fmt: skip

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
