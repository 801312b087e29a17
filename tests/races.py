"""Several callers at the same moment, each on a connection of its own, as processes have in life.

For tests with the `transactional_db` fixture: inside an ordinary test's transaction other connections see nothing.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connections

SECONDS_TO_FINISH = 60  # past any lock timeout of the settings: a thread still running then is stuck


def race(callers: int | Iterable[Any], work: Callable[[Any], Any], *, seconds: float = SECONDS_TO_FINISH) -> list[Any]:
    """Call `work(caller)` for all callers at once; their results in the callers' order, an exception as itself.

    `callers` is what each call gets, or a number: then the calls get 0, 1, 2 …

        outcomes = race(learners, lambda learner: enroll(run=run, learner=learner, by=desk, now=NOON))
    """
    callers = list(range(callers) if isinstance(callers, int) else callers)
    start = threading.Barrier(len(callers))
    outcomes: list[Any] = [None] * len(callers)

    def runner(index: int) -> None:
        try:
            connections["default"].ensure_connection()  # connecting takes longer than the race itself
            start.wait(SECONDS_TO_FINISH)
            outcomes[index] = work(callers[index])
        except BaseException as problem:
            outcomes[index] = problem
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=runner, args=(index,), name=f"caller {index}", daemon=True)
        for index in range(len(callers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    stuck = [thread.name for thread in threads if thread.is_alive()]
    if stuck:
        raise TimeoutError(f"still running after {seconds} seconds: {', '.join(stuck)}")
    return outcomes


def tournament(rounds: Iterable[Any], callers: Iterable[Any], work: Callable[[Any, Any], Any]) -> list[list[Any]]:
    """Many races with the same callers, who keep their connections: one list of outcomes per round.

    `work(round, caller)` starts for all callers of a round at once; the next round starts when all are done.
    """
    rounds, callers = list(rounds), list(callers)
    start = threading.Barrier(len(callers))
    outcomes: list[list[Any]] = [[None] * len(callers) for _ in rounds]

    def play(caller: Any) -> None:
        index = callers.index(caller)
        for number, one_round in enumerate(rounds):
            start.wait(SECONDS_TO_FINISH)
            try:
                outcomes[number][index] = work(one_round, caller)
            except Exception as problem:
                outcomes[number][index] = problem

    problems = [problem for problem in race(callers, play, seconds=SECONDS_TO_FINISH * 5) if problem is not None]
    if problems:
        raise problems[0]
    return outcomes
