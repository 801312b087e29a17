"""Applications: prepared, sent, written down while a group is out of reach; and draws, in which they are decided."""

from enrollment.flows import applications, draws
from enrollment.flows.applications import sending
from enrollment.models import ApplicationState as Stage, DrawState

from ..world import announce
from .registry import SELDOM, action, applications_in, drawn_groups, draws_in, groups


def _wishes(world, pick, among):
    first = pick(among)
    others = [run for run in among if run != first]
    return [world.fresh(run) for run in (first, *others[: pick([0, 1, 2])])]


def _sender(world, application, pick):
    return pick(world.guardians[application.learners.all()[0].pk])


@action(lambda books, world: [among for among in (world.groups, world.drawn, world.drawn) if among])
def prepare(world, among, pick):
    family = pick(world.families)
    together = pick([False, True])
    applications.prepare_each(
        learners=family[: pick([1, 2])], runs=_wishes(world, pick, among), by=pick(world.guardians[family[0].pk]),
        now=world.now, key=world.new_key(), together=together, places_wanted=pick([1, 2]),
    )  # fmt: skip


@action(applications_in(Stage.PREPARED, Stage.RECEIVED))
def wish_anew(world, one, pick):
    runs = _wishes(world, pick, world.drawn if one.draw_id else world.groups)
    applications.prepare(application=one, runs=runs, by=_sender(world, one, pick), now=world.now)


@action(applications_in(*Stage), often=2)
def send(world, one, pick):
    applications.send(application=one, by=_sender(world, one, pick), now=world.now)


@action(groups)
def submit(world, run, pick):
    """The press for one group, as the site sends it."""
    family, together = pick(world.families), pick([False, True])
    applications.submit(
        run=run, learners=family[: pick([1, 2])], key=world.new_key(), by=pick(world.guardians[family[0].pk]), now=world.now,
        together=together,
    )  # fmt: skip


# What `send` and `submit` do once a group's lock has not been reached in time. Nobody else holds locks here, so it is
# called directly.


@action(lambda books, world: [one for one in applications_in(Stage.PREPARED)(books, world) if one.draw_id is None])
def send_while_out_of_reach(world, one, pick):
    sending._send(one, by=_sender(world, one, pick), now=world.now, decides=False)


@action(groups)
def submit_while_out_of_reach(world, run, pick):
    family, together = pick(world.families), pick([False, True])
    by = pick(world.guardians[family[0].pk])
    sending._receive(run, family[: pick([1, 2])], world.new_key(), by, world.now, together)


@action(applications_in(*Stage))
def drop(world, one, pick):
    applications.drop(application=one, by=_sender(world, one, pick), now=world.now)


@action(draws_in(DrawState.ANNOUNCED))
def hold_the_draw(world, draw, pick):
    draws.hold(draw=draw, now=world.now)


@action(draws_in(DrawState.ANNOUNCED))
def cancel_the_draw(world, draw, pick):
    if not pick(SELDOM):
        draws.cancel(draw=draw, by=world.desk, reason="Nav telpu", now=world.now)


@action(drawn_groups)
def announce_a_draw(world, run, pick):
    """For a group whose first draw was cancelled; refused while there is one, or once somebody is in the group."""
    announce(
        run.course.program, [run], opens_at=world.now, closes_at=run.enrollment_opens_at, by=world.desk, now=world.now
    )
