"""What families and guests do about places: coming, answering, going."""

from enrollment.flows import bookings, enrollments, reconfirmations, transfers, trials, waitlist
from enrollment.models import ATTENDING, EnrollmentState as State

from .registry import action, enrollments_in, groups, learners_in, slots, who

# -- Coming ------------------------------------------------------------------------------------------


@action(groups, often=4)
def enroll(world, run, pick):
    child = pick(world.children)
    enrollments.enroll(
        run=run, learners=[child], key=world.new_key(), by=pick(world.guardians[child.pk]), now=world.now
    )


@action(groups, often=2)
def enroll_siblings(world, run, pick):
    family = pick(world.families)
    enrollments.enroll(
        run=run, learners=family[: pick([2, 3])], key=world.new_key(), by=pick(world.guardians[family[0].pk]), now=world.now,
        together=pick([True, False]),
    )  # fmt: skip


@action(learners_in(State.CONFIRMED, State.WAITLISTED))
def press_again(world, one, pick):
    """The same form once more, from a slow phone or after Back: nothing happens."""
    same = enrollments.enroll(
        run=one.run, learners=[one.learner], key=one.submission.key, by=one.submission.submitted_by, now=world.now
    )
    assert same == one.submission


@action(learners_in(State.CONFIRMED), often=2)
def transfer(world, one, pick):
    to_run = world.fresh(pick([run for run in world.groups if run.pk != one.run_id]))
    transfers.transfer(enrollment=one, to_run=to_run, key=world.new_key(), by=who(world, one, pick), now=world.now)


def _to_try(books, world):
    return [
        run for run in groups(books, world)
        if run.course.program.trial_answer_hours and any(one.starts_at > world.now for one in books.lessons[run.pk])
    ]  # fmt: skip


@action(_to_try)
def try_a_lesson(world, run, pick):
    child = pick(world.children)
    lesson = pick(trials.lessons_to_try(run, now=world.now))
    by = pick(world.guardians[child.pk])
    trials.begin_trial(run=run, learner=child, lesson=lesson, key=world.new_key(), by=by, now=world.now)


@action(slots)
def book(world, slot, pick):
    number = pick([1, 2, 3, 4])
    bookings.book(
        run=slot,
        seats_wanted=number,
        name="Viesis",
        email=f"viesis{number}@example.lv",
        key=world.new_key(),
        now=world.now,
    )


# -- Answering ---------------------------------------------------------------------------------------


@action(lambda books, world: books.open_offers(), changes_when_refused=True, often=4)
def accept(world, offer, pick):
    waitlist.accept(offer=offer, by=who(world, offer.enrollment, pick), now=world.now)


@action(lambda books, world: books.open_offers(), changes_when_refused=True)
def decline(world, offer, pick):
    waitlist.decline(offer=offer, by=who(world, offer.enrollment, pick), now=world.now)


@action(lambda books, world: [offer for offer in books.offers if offer.state != "open"])
def answer_again(world, offer, pick):
    """From an older letter, a second tab, or by the other guardian: nothing happens any more."""
    pick([waitlist.accept, waitlist.decline])(offer=offer, by=who(world, offer.enrollment, pick), now=world.now)


@action(enrollments_in(State.TRIAL), changes_when_refused=True)
def keep(world, one, pick):
    trials.keep(enrollment=one, by=who(world, one, pick), now=world.now)


def _asked(books, world):
    return [one for one in books.in_states(State.CONFIRMED) if one.reconfirm_by and not one.reconfirmed_at]


@action(_asked, changes_when_refused=True)
def say_yes(world, one, pick):
    reconfirmations.confirm(enrollment=one, by=who(world, one, pick), now=world.now)


# -- Going -------------------------------------------------------------------------------------------


@action(enrollments_in(State.WAITLISTED, *ATTENDING), often=4)
def withdraw(world, one, pick):
    enrollments.withdraw(enrollment=one, by=who(world, one, pick), now=world.now)


@action(enrollments_in(State.LEAVING), often=2)
def undo(world, one, pick):
    enrollments.undo_withdrawal(enrollment=one, by=pick([who(world, one, pick), world.desk]), now=world.now)


@action(enrollments_in(State.LEAVING), often=3)
def pass_on(world, one, pick):
    enrollments.pass_on(enrollment=one, by=pick([who(world, one, pick), None]), now=world.now)


@action(lambda books, world: [one for one in learners_in(State.LEAVING)(books, world) if one.run in world.groups])
def enroll_again(world, one, pick):
    """Who has just given the place back applies for it anew."""
    enrollments.enroll(
        run=one.run, learners=[one.learner], key=world.new_key(), by=who(world, one, pick), now=world.now
    )
