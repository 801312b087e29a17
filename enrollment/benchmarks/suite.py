"""Which measures there are, and what they have to reach."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from courses.flows.catalogue import import_catalogue
from enrollment.benchmarks import boards, draws, feeds, openings, pages, places, seasons, size
from enrollment.benchmarks.ground import CATALOGUE, Ground, a_course, a_group_for_everybody, calendars
from enrollment.benchmarks.harness import Measure
from enrollment.rehearsal import database, opening

ENROLLMENTS = 1_000_000  # that take_at_scale is about


@dataclass(frozen=True)
class Goal:
    """What a measure has to reach: a ratio to its floor, an amount of its unit, or to stay below one; and no faults."""

    ratio: float | None = None
    value: float | None = None
    most: float | None = None

    def __str__(self):
        parts = [
            f"{name} {relation} {number}"
            for name, relation, number in (
                ("ratio", ">=", self.ratio),
                ("value", ">=", self.value),
                ("value", "<=", self.most),
            )
            if number is not None
        ]
        return ", ".join(parts)

    def is_met_by(self, measure: Measure) -> bool:
        reached = measure.ratio >= (self.ratio or 0) and measure.value >= (self.value or 0)
        return reached and (self.most is None or measure.value <= self.most) and not measure.faults


@dataclass(frozen=True)
class Entry:
    measure: Callable[[Ground], Measure]
    goal: Goal
    database: str | None = None  # the vendor it is about; none: whatever is configured


def enroll(name):
    return lambda _: places.enroll(name, run=a_group_for_everybody())


SUITE = {
    "enroll_postgresql": Entry(enroll("enroll_postgresql"), Goal(ratio=0.35), "postgresql"),
    "enroll_sqlite": Entry(enroll("enroll_sqlite"), Goal(), "sqlite"),
    "catalogue_page": Entry(lambda _: pages.page("catalogue_page", reverse("courses:catalogue")), Goal(value=150)),
    "course_page": Entry(lambda _: pages.page("course_page", a_course().get_absolute_url()), Goal()),
    "feed_unchanged": Entry(lambda _: feeds.feed_unchanged(calendars()), Goal(ratio=0.7)),
    "feed_changed": Entry(lambda _: feeds.feed_changed(calendars()), Goal(value=20)),  # 50 ms of one core each
    "feeds_polled": Entry(lambda _: feeds.feeds_polled(calendars()), Goal(most=1)),  # percent
    "week_board": Entry(lambda _: boards.week_board(), Goal(value=2)),  # 40 rooms, 1200 lessons
    "draw": Entry(lambda _: draws.draw(), Goal(most=5)),  # seconds
    "draw_allocation": Entry(lambda _: draws.draw_allocation(), Goal(most=500)),  # milliseconds
    "season": Entry(lambda _: seasons.season(), Goal(most=2)),  # seconds
    "season_check": Entry(lambda _: seasons.season_check(), Goal(most=1)),  # seconds
    "hot_group": Entry(openings.hot_group, Goal(ratio=0.35, value=300), "postgresql"),
    "opening": Entry(openings.measured_opening, Goal(most=2000), "postgresql"),
    "promotion": Entry(size.promotion, Goal(ratio=0.9), "postgresql"),
    "take_at_scale": Entry(size.take_at_scale, Goal(ratio=0.9), "postgresql"),
}


def run(names: list[str], *, enrollments: int, say: Callable[[str], None]) -> Iterator[dict]:
    """Measure on an empty database of its own, beside the configured one and gone afterwards; one row per name."""
    with database.of_our_own() as url:
        opening.prepare_database(say)
        import_catalogue(octets=CATALOGUE.read_bytes(), now=timezone.now())
        ground = Ground(url, enrollments, say)
        for name in names:
            entry = SUITE[name]
            found = entry.measure(ground)
            if found.faults:
                say(f"{name}: {found.faults} faults")
            yield {
                "name": name, "value": round(found.value, 1), "floor": round(found.floor, 1),
                "ratio": round(found.ratio, 3), "unit": found.unit, "goal": str(entry.goal),
                "met": entry.goal.is_met_by(found),
            }  # fmt: skip
