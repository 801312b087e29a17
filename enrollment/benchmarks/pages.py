"""How many pages a process gives per second to a visitor who is not signed in.

page("catalogue_page", "/courses/")    the floor is a bare view in the same stack that sends the same octets
"""

from django.test.utils import override_settings

from enrollment.benchmarks import addresses
from enrollment.benchmarks.harness import Measure, alternate, call, handler


def page(name: str, path: str, *, calls: int = 500) -> Measure:
    """Pages per second of one thread, the whole stack included."""
    with override_settings(ROOT_URLCONF="enrollment.benchmarks.addresses"):
        answer = handler()

        def ours():
            _ok(call(answer, "GET", path))

        def floor():
            _ok(call(answer, "GET", "/floor/page/"))

        ours()
        addresses.octets = call(answer, "GET", path)[2]
        return alternate(name, ours, floor, calls=calls, unit="pages/s")


def _ok(answered):
    if answered[0] != 200:
        raise RuntimeError(f"The measurement expected a page and got {answered[0]}.")
