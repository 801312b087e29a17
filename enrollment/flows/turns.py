"""Whose turn it is while applications for a group are received and not decided yet: nobody who comes later passes them."""

from collections.abc import Collection
from datetime import datetime

from accounts.statements import Statement
from enrollment.models import Application, ApplicationState

first_in_line = Statement(
    lambda run_ids: Application.objects.filter(
        wishes__run__in=run_ids, state=ApplicationState.RECEIVED, draw=None
    ).order_by("received_at", "pk")[:1]
)


def somebody_is_before(run_ids: Collection[int], *, now: datetime) -> bool:
    """Whether an application for one of these runs was received by then and waits to be decided.

    Asked again under the lock of the run, it tells of those who gave up waiting for that lock.
    """
    first = first_in_line(sorted(run_ids))
    return bool(first) and first[0].received_at <= now


def is_next(application: Application, run_ids: Collection[int], *, past: Collection[int] = ()) -> bool:
    """Whether no other application for one of these runs has to be decided first. past: ids that are not waited for."""
    waiting = Application.objects.undecided().filter(wishes__run__in=run_ids).exclude(pk__in=past)
    first = waiting.first()
    return first is None or first.pk == application.pk
