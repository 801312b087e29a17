"""An opening through real HTTP: two server processes, the worker beside them, a client of its own process.

hot_group(ground)    how many presses a second are answered while everybody wants one group; the floor is a bare view
                     of the same server that does the same UPDATE and INSERT, taking turns
measured_opening(ground)
                     500 families within a minute, then 200 at one instant: the slower 95 % of the two, in ms; the
                     floor is the bare view pressed 200 times at one instant. A fault is an answer that was none,
                     and a seat too many
"""

from django.utils import timezone

from enrollment.benchmarks.ground import Ground
from enrollment.benchmarks.harness import Measure
from enrollment.reconciliation import reconcile
from enrollment.rehearsal import arrivals, crowd, opening, requests, serving
from enrollment.rehearsal.playing import percentile, phase

FAMILIES, SECONDS, AT_ONCE = 500, 60, 200
GROUPS, CAPACITY = 10, 12
IN_A_ROUND = 300


def hot_group(ground: Ground) -> Measure:
    hot = opening.Hot.prepare(IN_A_ROUND)
    with serving.site(ground.url, application=serving.SITE_AND_FLOOR) as site:
        ours, floor = hot.play(site, ground.say)
    hot.forget_floor()
    lost = sum(not requests.is_receipt(one.status, one.location) for part in ours for one in part.answers)
    return Measure("hot_group", opening.best(ours), opening.best(floor), faults=lost + len(reconcile().differences))


def measured_opening(ground: Ground) -> Measure:
    now = timezone.now()
    hot = opening.Hot.prepare(AT_ONCE)
    minute, instant = (
        (crowd.make_groups(count=GROUPS, capacity=CAPACITY, now=now), crowd.make_families(count=count, now=now))
        for count in (FAMILIES, AT_ONCE)
    )
    slowest, faults = 0.0, 0
    with serving.site(ground.url, application=serving.SITE_AND_FLOOR) as site:
        for (runs, families), seconds in ((minute, SECONDS), (instant, 0)):
            at = arrivals.peak(len(families), seconds=seconds)
            played = opening.play_opening(site, runs, families, at, ground.say)
            opening.await_decisions(ground.say)
            fates = opening.fates_of(runs, families, played.answers)
            ground.say(
                f"p50 {percentile(played.answers, 0.5):.0f} ms, p95 {percentile(played.answers, 0.95):.0f} ms, {fates}"
            )
            slowest = max(slowest, percentile(played.answers, 0.95))
            faults += fates.errors + fates.oversold
        pressed = [
            requests.octets(requests.press_of_the_floor(one, hot.floor_run, hot.submission), host=site.host, family=one)
            for one in hot.families[:AT_ONCE]
        ]
        (floor,) = opening.warmly(site, [phase("the floor", pressed, at=[0.0] * AT_ONCE)], ground.say)
    hot.forget_floor()
    return Measure("opening", slowest, percentile(floor.answers, 0.95), "ms", faults + len(reconcile().differences))
