"""The five hundred children of the demonstration and their families, in groups that they fit."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from accounts.ages import school_year
from accounts.models import Guardianship, Learner, Residency, School, User
from accounts.models.school import VENTSPILS
from courses.models import Allocation, CourseRun, ProgramKind
from enrollment.demo import people
from enrollment.demo.stage import DAY, HOUR, Stage
from enrollment.refusals import EnrollmentRefused

CHILDREN = 500
SIBLINGS = 0.15  # share of children whose family is here already
IN_TWO_GROUPS = 60
SHARES_TAKEN = (0.6, 0.7, 0.8, 0.9, 0.9, 1.0)  # of a group's places


class Crowd:
    def __init__(self, stage: Stage):
        self.stage, self.dice = stage, stage.dice
        self.schools = list(School.objects.filter(municipality=VENTSPILS))
        self.families: list[tuple[people.Household, list[User]]] = []
        self.children: list[Learner] = []
        self.guardians: dict[int, User] = {}  # {child id: the guardian who applies}

    def child(
        self, grade: int | None, *, name: tuple[str, str] | None = None, birth_date: date | None = None
    ) -> Learner:
        """One more child of that grade, None for one of preschool age."""
        if name is None and self.families and self.dice.random() < SIBLINGS:
            household, parents = self.dice.choice(self.families)
        else:
            household = people.household(self.dice, len(self.families), last_name=name[1] if name else "")
            parents = [self.stage.make_user(parent) for parent in household.parents]
            self.families.append((household, parents))
        first_name, last_name = name or household.child_name(self.dice)
        lives_elsewhere = grade is not None and self.dice.random() < 0.08
        child = Learner.objects.create(
            first_name=first_name, last_name=last_name,
            grade=grade, grade_school_year=school_year(self.stage.today) if grade else None,
            birth_date=birth_date or people.birth_date_of_grade(self.dice, grade or 0, today=self.stage.today),
            school=self.dice.choice(self.schools) if grade else None,
            residency=Residency.ELSEWHERE if lives_elsewhere else Residency.VENTSPILS,
        )  # fmt: skip
        Guardianship.objects.bulk_create(
            Guardianship(guardian=parent, learner=child, started_at=self.stage.now) for parent in parents
        )
        self.children.append(child)
        self.guardians[child.pk] = parents[0]
        return child

    def child_for(self, run: CourseRun, *, name: tuple[str, str] | None = None) -> Learner:
        """A child of a grade, or of an age, that the group is for."""
        course, day = run.course, run.starts_on
        if course.grade_min:
            return self.child(self.dice.randint(course.grade_min, course.grade_max), name=name)
        age = self.dice.randint(course.age_min, course.age_max)
        birth_date = date(day.year - age, day.month, 1) - timedelta(days=self.dice.randint(1, 300))
        grade = school_year(self.stage.today) - 6 - birth_date.year
        return self.child(grade if age > 6 and grade > 0 else None, name=name, birth_date=birth_date)

    def enroll(self, run: CourseRun, child: Learner, *, at: datetime) -> None:
        self.stage.enroll(run, child, by=self.guardians[child.pk], at=at)

    def fill(self, run: CourseRun, count: int, *, names: tuple[tuple[str, str], ...] = ()) -> None:
        """That many children apply for the group; those beyond its capacity queue."""
        names = list(names)
        for at in self._receipts(count, run):
            self.enroll(run, self.child_for(run, name=names.pop() if names else None), at=at)

    def fill_all(self, counts: dict[int, int], *, named: CourseRun, progress: Callable[[str], None]) -> None:
        """Fill the children's groups: `counts` says how many apply where it matters, {run id: children}."""
        runs = CourseRun.objects.filter(
            term=self.stage.term, course__program__kind=ProgramKind.CHILDREN, enrollment_opens_at__lte=self.stage.now,
            course__program__allocation=Allocation.RECEIPT,
        ).select_related("course__program", "room__venue")  # fmt: skip
        runs = list(runs.order_by("pk"))
        for number, run in enumerate(runs, 1):
            count = counts.get(run.pk) or round(run.capacity * self.dice.choice(SHARES_TAKEN))
            self.fill(run, count, names=people.NAMED_CHILDREN if run == named else ())
            progress(f"groups: {number} of {len(runs)}")
        while len(self.children) < CHILDREN:
            self.child(self.dice.randint(1, 9))
        self._second_groups([run for run in runs if run.pk not in counts])

    def _second_groups(self, runs):
        """Some children have two groups, as far as there are places and the times allow it."""
        for child in self.dice.sample(self.children, k=IN_TWO_GROUPS):
            fitting = [
                run for run in runs if child.grade and run.course.grade_min and self._fits(run.course, child.grade)
            ]
            run = self.dice.choice(fitting) if fitting else None
            if run and CourseRun.objects.filter(pk=run.pk).with_free_seats().exists():
                try:
                    self.enroll(run, child, at=self.stage.hours_ago(2, 20 * 24))
                except EnrollmentRefused:  # the times overlap, or it is the child's first group
                    continue

    @staticmethod
    def _fits(course, grade):
        return course.grade_min <= grade <= course.grade_max

    def _receipts(self, count, run):
        """When that many applications arrive: most in the minutes after the opening, the others up to now."""
        opens = run.enrollment_opens_at
        latest = (min(self.stage.now - 2 * HOUR, run.offers_end_at) - opens) / DAY
        early = [self.dice.expovariate(1 / 90) / (24 * 60 * 60) for _ in range(round(count * 0.6))]
        late = [self.dice.random() ** 2 * latest for _ in range(count - len(early))]
        return [opens + timedelta(days=min(days, latest)) for days in sorted(early + late)]
