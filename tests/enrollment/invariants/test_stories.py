"""Whatever happens, in whatever order, the laws of places hold (TRUST, invariants of places)."""

import pytest
from hypothesis import settings

from tests.enrollment.invariants.machine import tell_stories

pytestmark = pytest.mark.django_db

EXAMPLES_PER_STORY = 20  # a story is many steps: of 300 examples, fifteen


def test_the_laws_of_places_hold_in_a_short_story(world):
    tell_stories(world, stories=2, steps=15)


@pytest.mark.slow
def test_the_laws_of_places_hold_whatever_happens(world):
    """Always the same stories, so that a change is not blamed for older luck; other ones when somebody hunts."""
    tell_stories(
        world, stories=max(1, settings.default.max_examples // EXAMPLES_PER_STORY), steps=40,
        by_chance=settings.get_current_profile_name() == "hunt",
    )  # fmt: skip
