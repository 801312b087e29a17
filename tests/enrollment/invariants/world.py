"""A small centre in which everything can happen: few groups, few families, and not enough places.

Groups overlap, share a limit, offer or confirm directly, are drawn, tried, decided and given at the door, so that any
two rules of places meet somewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Learner, Role, User
from courses.models import Allocation, CourseRun, FirstServed, PriorityWindow
from enrollment.allocation import commitment
from enrollment.flows import draws, enrollments
from enrollment.models import Draw
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_room,
    make_run,
    make_slot,
    make_term,
    make_user,
)

FIRST_LESSON = NOON + 2 * WEEK
LESSONS = 4


@dataclass
class World:
    """Who and what there is. `now` moves when somebody moves it. A copy has a time of its own."""

    desk: User
    families: list[list[Learner]]  # siblings
    guardians: dict[int, list[User]]  # {learner id: those who act for them}
    groups: list[CourseRun]  # for learners, by time of receipt
    drawn: list[CourseRun]  # for learners, by a draw
    slots: list[CourseRun]  # for parties of guests
    past: list[CourseRun]  # over before the story begins
    now: datetime = NOON
    keys: int = 0

    @property
    def children(self) -> list[Learner]:
        return [child for family in self.families for child in family]

    @property
    def runs(self) -> list[CourseRun]:
        return [*self.groups, *self.drawn, *self.slots, *self.past]

    def new_key(self) -> UUID:
        """A form's key. No random one: the same story has to end the same way, also in a draw."""
        self.keys += 1
        return UUID(int=self.keys)

    def fresh(self, run: CourseRun) -> CourseRun:
        """The group as a view reads it just before the flow."""
        return CourseRun.objects.for_display().get(pk=run.pk)


def make_world() -> World:
    desk = make_user(roles=[Role.DESK])
    families, guardians = [], {}
    for size, has_two in ((3, True), (2, False), (2, True)):
        acting = [make_guardian() for _ in range(1 + has_two)]
        family = [make_child(acting[0], first_name=f"Bērns {len(guardians) + number}") for number in range(size)]
        for child in family:
            guardians[child.pk] = acting
            for other in acting[1:]:
                child.guardianships.create(guardian=other, started_at=NOON)
        families.append(family)
    return World(desk, families, guardians, *_groups(desk, families, guardians))


def announce(program, runs, **fields) -> Draw:
    """A draw whose seed is known, so that it ends the same way each time."""
    draw = draws.announce(program=program, term=runs[0].term, runs=runs, name_lv="Izloze", name_en="Draw", **fields)
    seed = f"{1:064x}"
    Draw.objects.filter(pk=draw.pk).update(seed=seed, seed_sha256=commitment(seed))
    return draw


def _groups(desk, families, guardians):
    term = make_term()
    offering = make_program(max_places_per_term=2, trial_answer_hours=48, reconfirm_days=5, has_standby=True)
    direct = make_program(max_places_per_term=1, confirms_directly=True)
    by_lot = make_program(max_places_per_term=1, allocation=Allocation.DRAW)

    def group(program, capacity, *, days=0, hours=0, **fields):
        return make_run(
            capacity=capacity, course=make_course(program=program), room=make_room(capacity=3), term=term, lessons=LESSONS,
            starts_at=FIRST_LESSON + days * DAY + hours * HOUR, **fields,
        )  # fmt: skip

    # The same weekday: the first two overlap, and so does the first of those that confirm directly.
    groups = [
        group(offering, 2, minimum_size=2, decision_on=(FIRST_LESSON - 3 * DAY).date()),
        group(offering, 1, hours=1, offers_end_at=FIRST_LESSON + HOUR),  # then places are given at the door
        group(offering, 1, days=1),
        group(direct, 1, hours=1),
        group(direct, 2, days=2, enrollment_closes_at=FIRST_LESSON - DAY),
    ]
    past = make_run(
        capacity=2, course=make_course(program=direct), term=term, starts_at=NOON - 10 * WEEK, lessons=2,
        enrollment_opens_at=NOON - 20 * WEEK,
    )  # fmt: skip
    pupil = families[0][0]
    enrollments.enroll(
        run=past, learners=[pupil], key=UUID(int=0), by=guardians[pupil.pk][0], now=NOON - 12 * WEEK
    )  # so that somebody is a current pupil, and has brothers and sisters
    for who in (FirstServed.CURRENT, FirstServed.SIBLING):
        PriorityWindow.objects.create(program=direct, term=term, who=who, opens_at=NOON - 2 * WEEK)
    drawn = [
        group(by_lot, capacity, days=3, hours=index, enrollment_opens_at=NOON + 4 * DAY)
        for index, capacity in enumerate((1, 2))
    ]
    announce(by_lot, drawn, opens_at=NOON + HOUR, closes_at=NOON + 2 * DAY, by=desk, now=NOON)
    workshops = make_program(kind="vizium", forbids_clash=False, offer_hours=24)
    slots = [
        make_slot(
            capacity=5, starts_at=NOON + days * DAY, room=make_room(capacity=6),
            course=make_course(program=workshops, kind="workshop", audience="everybody"),
        )
        for days in (2, 9)
    ]  # fmt: skip
    return groups, drawn, slots, [past]
