"""The world in which stories happen, made once for each module."""

import pytest

from tests.enrollment.invariants.world import make_world


@pytest.fixture(scope="module")
def world(kept_for_the_module):
    return make_world()
