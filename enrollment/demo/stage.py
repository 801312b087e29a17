"""What every scene of the demonstration needs: the moment, the term, the people so far, and a way to a place."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Learner, School, User
from courses.models import Course, CourseRun, RunState, Term
from enrollment.demo.people import BY_KEY, Adult, DemoPerson
from enrollment.demo.season import WEEKS_OPEN
from enrollment.flows import enrollments

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass
class Stage:
    now: datetime
    term: Term
    dice: random.Random
    made: list[int] = field(default_factory=list)  # ids of groups that are not the catalogue's

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    # -- People -----------------------------------------------------------------------------------

    @staticmethod
    def make_user(person: DemoPerson | Adult) -> User:
        return User.objects.create_user(
            person.email, first_name=person.first_name, last_name=person.last_name, phone=person.phone
        )

    @staticmethod
    def user(key: str) -> User:
        """A person to sign in as."""
        return User.objects.get(email=BY_KEY[key].email)

    @staticmethod
    def school(name: str) -> School:
        return School.objects.get(name=name)

    # -- Groups -----------------------------------------------------------------------------------

    def groups(self) -> QuerySet[CourseRun]:
        """The groups of the catalogue in this term."""
        runs = CourseRun.objects.filter(term=self.term).exclude(pk__in=self.made)
        return runs.select_related("course__program", "room__venue").order_by("pk")

    def group(self, slug: str, weekday: int | None = None) -> CourseRun:
        found = self.groups().filter(course__slug=slug)
        return found.get() if weekday is None else found.get(weekday=weekday)

    def make_group(self, slug: str, *, starts_on: date, **columns) -> CourseRun:
        """One more group of that course, without lessons yet; its code goes on from those of the same topic."""
        course = Course.objects.get(slug=slug)
        letter = CourseRun.objects.filter(course__topic=course.topic).earliest("pk").code[0]
        codes = CourseRun.objects.filter(code__startswith=f"{letter}-").values_list("code", flat=True)
        code = f"{letter}-{max(int(other[2:]) for other in codes) + 1}"
        defaults = {
            "starts_on": starts_on, "starts_at": self.now, "ends_at": self.now + HOUR,  # until the lessons are there
            "enrollment_opens_at": self.term.enrollment_opens_at, "enrollment_closes_at": self.now + WEEKS_OPEN * WEEK,
            "offers_end_at": self.now + 2 * WEEKS_OPEN * WEEK, "minimum_size": 6, "changed_at": self.now,
        }  # fmt: skip
        run = CourseRun.objects.create(
            course=course, term=self.term, code=code, slug=f"{code}-{self.term.slug}".lower(), state=RunState.PUBLISHED,
            duration_minutes=course.duration_minutes, **defaults | columns,
        )  # fmt: skip
        self.made.append(run.pk)
        return run

    # -- Places -----------------------------------------------------------------------------------

    def key(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def enroll(self, run: CourseRun, learner: Learner, *, by: User, at: datetime) -> None:
        """Through the flow, at the time at which the family would have applied."""
        enrollments.enroll(run=run, learners=[learner], key=self.key(), by=by, now=at)

    def hours_ago(self, fewest: int, most: int) -> datetime:
        return self.now - self.dice.randint(fewest * 60, most * 60) * MINUTE
