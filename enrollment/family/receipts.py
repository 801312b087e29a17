"""What a family is told after it applied: one answer per learner."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from courses.models import CourseRun, Lesson
from enrollment.family import choices, wording
from enrollment.family.home import first_lessons
from enrollment.family.members import Member, members
from enrollment.flows import waitlist
from enrollment.models import ATTENDING, Enrollment, EnrollmentState as State, OfferState, Submission, WaitlistOffer


@dataclass(frozen=True)
class Answer:
    """How it stands with one learner."""

    enrollment: Enrollment
    member: Member
    position: int | None
    offer: WaitlistOffer | None
    lesson: Lesson | None
    others: list[choices.OtherTime]
    now: datetime

    @property
    def run(self):
        return self.enrollment.run

    @property
    def what(self):
        return f"{self.run.course.title}, {self.run.code}"

    @property
    def is_confirmed(self):
        return self.enrollment.state in ATTENDING

    @property
    def headline(self):
        return wording.headline(self.enrollment, position=self.position, offer=self.offer, now=self.now)

    @property
    def facts(self):
        if not self.is_confirmed:
            return []
        facts = [wording.fact("calendar", wording.first_lesson(self.run, self.lesson, now=self.now))]
        return [*facts, wording.fact("pin", str(self.run.room))] if self.run.room else facts


@dataclass
class Receipt:
    submission: Submission
    answers: list[Answer] = field(default_factory=list)

    @property
    def run(self) -> CourseRun | None:
        return self.answers[0].run if self.answers else None

    @property
    def has_place(self):
        return any(answer.is_confirmed for answer in self.answers)


def receipt(*, submission: Submission, user: User, now: datetime) -> Receipt:
    """The answers of a submission, as they are now; what the user may no longer see is left out."""
    family = {member.pk: member for member in members(user)}
    enrollments = [one for one in submission.enrollments.for_display().order_by("pk") if one.learner_id in family]
    positions = waitlist.positions(enrollments)
    lessons = first_lessons({one.run_id for one in enrollments}, now=now)
    offered = [one.pk for one in enrollments if one.state == State.OFFERED]
    open_offers = (
        WaitlistOffer.objects.filter(enrollment__in=offered, state=OfferState.OPEN, expires_at__gt=now)
        if offered
        else ()
    )
    offers = {offer.enrollment_id: offer for offer in open_offers}
    waiting = [family[one.learner_id] for one in enrollments if one.state == State.WAITLISTED]
    others = choices.other_times(enrollments[0].run, waiting, now=now) if waiting else []
    answers = [
        Answer(
            one, family[one.learner_id], positions.get(one.pk), offers.get(one.pk), lessons.get(one.run_id),
            others if one.state == State.WAITLISTED else [], now,
        )
        for one in enrollments
    ]  # fmt: skip
    return Receipt(submission, answers)
