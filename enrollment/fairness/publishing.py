"""What of the counts may be published: figures as they are kept, shown and downloaded.

    {"numbers": {name: number | "few" | null},
     "tables": {name: {"columns": [name], "rows": [[key, number | "few" | "hidden", …]]}}}

A table that can not be shown without telling a small number is left out, and so is a column. All tables of children
divide the same two totals, those with a place and those without, which are published or not published together: so
nothing can be computed from one table that another hides.
"""

from collections import Counter
from collections.abc import Sequence

from enrollment.fairness.counting import Counts
from enrollment.fairness.suppression import FEW, HIDDEN, LEAST, Shown, column, one
from enrollment.models import OfferState

PLACED, WITHOUT, NUMBER = "placed", "without", "number"  # columns

Table = dict[str, list]


def figures(counts: Counts) -> dict:
    """Everything that is published about these counts."""
    offers, past_rules = counts.offers.total(), counts.past_rules.total()
    return {
        "numbers": _children(counts) | {
            "waiting": one(counts.waiting), "offers": one(offers), "past_rules": one(past_rules),
            "served_hours": _median(counts.served_hours, of=counts.served),
            "waiting_hours": _median(counts.waiting_hours, of=counts.waiting),
        },
        "tables": {name: table for name, table in _tables(counts, offers, past_rules).items() if table},
    }  # fmt: skip


def _children(counts) -> dict[str, Shown | None]:
    """Who applied, who has a place and who has none: two of them give the third, so that all are told or not the first."""
    placed, without = one(counts.placed), one(counts.without)
    return {"applied": None if FEW in (placed, without) else counts.applied, "placed": placed, "without": without}


def _median(hours: float | None, *, of: int) -> int | None:
    """Whole hours, of five children or more."""
    return None if hours is None or of < LEAST else round(hours)


def _tables(counts: Counts, offers: int, past_rules: int) -> dict[str, Table | None]:
    tables = {
        "offers": _divided(OfferState.values, counts.offers) if offers >= LEAST else None,
        "past_rules": _divided(counts.rules, counts.past_rules) if past_rules >= LEAST else None,
    }
    if counts.placed < LEAST:
        return tables
    by_number = Counter({"1": counts.with_one, "2": counts.with_more})
    first_time = ["first", "before"]
    return {
        "places": _divided(list(by_number), by_number) if counts.limit != 1 else None,
        "first_time": _by_outcome(
            counts, first_time, *(_named(found) for found in (counts.first_time, counts.first_time_placed))
        ),
        "ways": _divided(counts.ways, counts.by_way) if len(counts.ways) > 1 else None,
        "grades": _by_outcome(counts, counts.grades, counts.by_grade, counts.by_grade_placed),
        "topics": _by_topic(counts) if len(counts.topics) > 1 else None,
        **tables,
    }


def _named(counter) -> Counter:
    return Counter({"before": counter[True], "first": counter[False]})


def _divided(keys: Sequence[str], counter: Counter) -> Table | None:
    """One column that divides a published total."""
    return _table(keys, {NUMBER: column([counter[key] for key in keys])})


def _by_outcome(counts, keys: Sequence[str], applied: Counter, placed: Counter) -> Table | None:
    """Children with a place and without, each column dividing its total; without, only if that total is published."""
    columns = {PLACED: column([placed[key] for key in keys])}
    if counts.without >= LEAST:
        columns[WITHOUT] = column([applied[key] - placed[key] for key in keys])
    return _table(keys, columns)


def _by_topic(counts) -> Table | None:
    """A child counts in each of its topics, so that the total is only known within limits."""
    keys = counts.topics
    most = counts.placed * min(len(keys), counts.limit or len(keys))
    placed = [counts.by_topic_placed[key] for key in keys]
    columns = {PLACED: column(placed, least=counts.placed, most=most)}
    if counts.without >= LEAST:
        without = [counts.by_topic[key] - counts.by_topic_placed[key] for key in keys]
        columns[WITHOUT] = column(without, least=counts.without, most=counts.applied * len(keys))
    return _table(keys, columns)


def _table(keys, columns: dict[str, list[Shown] | None]) -> Table | None:
    shown = {name: values for name, values in columns.items() if values is not None and set(values) - {FEW, HIDDEN}}
    if not shown:
        return None
    return {"columns": list(shown), "rows": [list(row) for row in zip(keys, *shown.values(), strict=True)]}
