"""Signs of life of the workers, and whose turn the nightly round is: rows that any number of processes share."""

from datetime import datetime

from accounts.outbox.models import Heartbeat

WORKER = "worker"  # the last time any worker was alive


def beat(name: str, *, now: datetime) -> None:
    """Note that something called that was alive now. Time only moves forward, whichever worker writes last."""
    if not Heartbeat.objects.filter(name=name).update(beat_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=now)], ignore_conflicts=True)


def last(name: str) -> datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()


def claim(name: str, *, since: datetime, now: datetime) -> bool:
    """True for exactly one caller after `since`: whoever gets it does what is due once in that time."""
    if Heartbeat.objects.filter(name=name, beat_at__lt=since).update(beat_at=now):
        return True
    if Heartbeat.objects.filter(name=name).exists():
        return False
    made = Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=now)], ignore_conflicts=True)
    return bool(made) and last(name) == now
