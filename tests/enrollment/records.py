"""Draws on paper: groups, applications and the record that follows from them."""

import itertools
from uuid import UUID

from hypothesis import strategies as st

from enrollment.allocation import make_record

SEED = "5eed" * 16
MOMENTS = {
    "announced_at": "2026-08-01T09:00:00+00:00", "opens_at": "2026-08-10T07:00:00+00:00",
    "closes_at": "2026-08-20T07:00:00+00:00", "held_at": "2026-08-20T07:00:01+00:00",
}  # fmt: skip


def group(name, free=1, *overlaps):
    return {
        "group": name,
        "title": {"lv": "Robotika"},
        "path": f"/courses/{name}/",
        "free": free,
        "overlaps": list(overlaps),
    }


_numbers = itertools.count(1)


def application(*wishes, children=1, places=1, waits_for=None, pseudonym=None):
    return {
        "pseudonym": pseudonym or str(UUID(int=next(_numbers))), "children": children, "places": places,
        "wishes": list(wishes), "waits_for": list(wishes if waits_for is None else waits_for),
    }  # fmt: skip


def record_of(groups, applications, limit=None):
    return make_record(
        draw="robotika", seed=SEED, moments=MOMENTS, limit=limit, groups=groups, applications=applications
    )


# -- By chance ---------------------------------------------------------------------------------------

NAMES = "ABCDEF"


@st.composite
def draws(draw):
    """(groups, applications) with overlaps that are mutual."""
    names = NAMES[: draw(st.integers(1, 6))]
    possible = [(one, other) for one in names for other in names if one < other]
    pairs = draw(st.sets(st.sampled_from(possible), max_size=4)) if possible else set()
    groups = [
        group(name, draw(st.integers(0, 4)), *sorted({*sum((pair for pair in pairs if name in pair), ())} - {name}))
        for name in names
    ]
    applications = []
    for index in range(draw(st.integers(0, 14))):
        wishes = draw(st.lists(st.sampled_from(names), unique=True, max_size=5))
        applications.append(
            application(
                *wishes, children=draw(st.sampled_from([1, 1, 1, 2, 3])), places=draw(st.integers(1, 3)),
                waits_for=[name for name in wishes if draw(st.booleans())], pseudonym=str(UUID(int=index)),
            )
        )  # fmt: skip
    return groups, applications
