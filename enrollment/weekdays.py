"""Weekdays as people type them, and the text in which groups are searched."""

from functools import lru_cache

from django.utils import translation

from accounts.formatting import weekday_name, weekday_plural
from accounts.names import fold_query

SHORTEST = 3  # letters that name a weekday: "otr", "tue"


@lru_cache(maxsize=1)
def _names() -> list[set[str]]:
    """For each weekday its folded names in both languages: {"otrdiena", "otrdienas", "tuesday", "tuesdays"}."""
    names = [set() for _day in range(7)]
    for language in ("lv", "en"):
        with translation.override(language):
            for day, known in enumerate(names):
                known |= {fold_query(weekday_name(day)), fold_query(weekday_plural(day))}
    return names


def weekday_typed(word: str) -> int | None:
    """0 for Monday … 6 for Sunday when the folded word begins a weekday's name in either language."""
    if len(word) < SHORTEST:
        return None
    return next((day for day, names in enumerate(_names()) if any(name.startswith(word) for name in names)), None)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return fold_query(text)


def search_text(run) -> str:
    """What a search for a group looks in: code with and without hyphen, titles, day, time; folded."""
    code, titles = _folded(run.code), _folded(f"{run.course.title_lv} {run.course.title_en}")
    day = " ".join(sorted(_names()[run.weekday])) if run.weekday is not None else ""
    start = run.start_time.strftime("%H:%M") if run.start_time else ""
    return " ".join([code, code.replace("-", ""), titles, day, start])
