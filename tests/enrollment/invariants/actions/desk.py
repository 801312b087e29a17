"""What staff do: past the rules with a reason, moves, capacities, the door, decisions about groups and lessons."""

from django.utils import timezone

from courses.flows import lessons as timetable
from enrollment.flows import capacity, decisions, enrollments, standby
from enrollment.models import PLACED, EnrollmentState as State
from tests.factories import DAY

from .registry import SELDOM, action, all_runs, enrollments_in, groups, learners_in, lessons


@action(lambda books, world: [run for run in all_runs(books, world) if run not in world.slots])
def enroll_past_the_rules(world, run, pick):
    family = pick(world.families)
    enrollments.enroll(
        run=run, learners=family[: pick([1, 2])], key=world.new_key(), by=world.desk, now=world.now, together=pick([False, True]),
        override_reason="Direktora atļauja",
    )  # fmt: skip


@action(enrollments_in(State.WAITLISTED, *PLACED))
def cancel(world, one, pick):
    enrollments.cancel(enrollment=one, by=world.desk, reason="Grupa mainās", now=world.now)


@action(learners_in(State.CONFIRMED, State.WAITLISTED), often=2)
def move(world, one, pick):
    to_run = world.fresh(pick([run for run in (*world.groups, *world.drawn) if run.pk != one.run_id]))
    reason = pick(["", "Vecāku lūgums"])
    enrollments.move(
        enrollment=one, to_run=to_run, by=world.desk, reason="Cits laiks", now=world.now, override_reason=reason
    )


@action(lambda books, world: [one for one in books.in_states(State.CONFIRMED) if one.moved_from_id], often=2)
def undo_move(world, one, pick):
    enrollments.undo_move(enrollment=one, by=world.desk, now=world.now)


@action(all_runs)
def change_capacity(world, run, pick):
    wanted = pick([run.capacity + 1, run.capacity + 2, max(1, run.capacity - 1)])
    capacity.change_capacity(run=run, capacity=wanted, by=world.desk, reason="Cita telpa", now=world.now)


# -- The door ----------------------------------------------------------------------------------------


def _where_the_door_is_open(candidates):
    return lambda books, world: [one for one in candidates(books, world) if standby.is_open(one.run, now=world.now)]


@action(_where_the_door_is_open(enrollments_in(State.WAITLISTED)), often=2)
def give_at_the_door(world, one, pick):
    standby.give_place(enrollment=one, by=world.desk, now=world.now, reason=pick(["", "Pārējie nav klāt"]))


@action(_where_the_door_is_open(enrollments_in(State.CONFIRMED)), often=2)
def note_no_show(world, one, pick):
    standby.note_no_show(enrollment=one, by=world.desk, now=world.now)


@action(_where_the_door_is_open(enrollments_in(State.EXPIRED)))
def undo_no_show(world, one, pick):
    standby.undo_no_show(enrollment=one, by=world.desk, now=world.now)


# -- Groups and lessons ------------------------------------------------------------------------------


@action(groups)
def decide_to_run(world, run, pick):
    decisions.decide_to_run(run=run, by=world.desk, reason="Notiks", now=world.now)


@action(lambda books, world: [run for run in groups(books, world) if run.decision_on])
def change_terms(world, run, pick):
    day = timezone.localdate(run.starts_at - pick([1, 2]) * DAY)
    decisions.change_terms(
        run=run, decision_on=day, minimum_size=pick([1, 2]), by=world.desk, reason="Vēlāk", now=world.now
    )


@action(all_runs)
def cancel_run(world, run, pick):
    if not pick(SELDOM):
        decisions.cancel_run(run=run, by=world.desk, reason="Pasniedzējs slims", now=world.now)


@action(lessons)
def cancel_lesson(world, lesson, pick):
    if not pick(SELDOM):
        timetable.cancel_lesson(lesson=lesson, by=world.desk, reason="Slimība", now=world.now)
