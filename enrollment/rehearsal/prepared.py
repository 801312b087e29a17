"""Groups and families for any load tool, in the configured database: the running server is then driven from outside."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from courses.models import Course, EligibilityRule, Program, RunState, Term
from enrollment.rehearsal import crowd, removal, requests

ATTEMPTS = 5  # while a server still answers for those who are removed

Say = Callable[[str], None]


def prepare(*, families: int, groups: int, capacity: int, out: Path, say: Say = lambda text: None) -> dict:
    """Replace what the last one made; the document that was written to `out` says how one family each can press."""
    clear(say=say)
    now = timezone.now()
    runs = crowd.make_groups(count=groups, capacity=capacity, now=now)
    made = crowd.make_families(count=families, now=now, progress=lambda done: say(f"families: {done} of {families}"))
    document = {
        "base": settings.SITE_ADDRESS,
        "groups": [{"id": run.pk, "capacity": run.capacity} for run in runs],
        "families": [_family(one, runs[index % len(runs)]) for index, one in enumerate(made)],
        "success": {"status": list(requests.RECEIPT)},
        "refused": {"status": list(requests.REFUSAL)},
    }
    _write(out, document)
    return document


def _family(family, run):
    return {
        "cookies": requests.cookies(family),
        "headers": {"Accept": "text/html", "Origin": settings.SITE_ADDRESS},
        "request": requests.press(family, run),
    }


def _write(out, document):
    """Whole or not at all, and readable by its owner alone: with its cookies one is signed in."""
    partial = out.with_name(f"{out.name}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file)
    partial.replace(out)


def clear(*, say: Say = lambda text: None) -> None:
    """Remove everything that was made for rehearsals. First the groups are closed, so that nobody enrolls meanwhile."""
    crowd.groups_made().update(state=RunState.DRAFT)
    removal.delete(crowd.sessions_made())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                if count := removal.remove(
                    runs=crowd.groups_made(), users=crowd.users_made(), learners=crowd.children_made()
                ):
                    say(f"removed: {count} enrollments of an earlier rehearsal")
                Course.objects.filter(slug=crowd.SLUG).delete()
                EligibilityRule.objects.filter(program__slug=crowd.SLUG).delete()
                Program.objects.filter(slug=crowd.SLUG).delete()
                Term.objects.filter(slug=crowd.SLUG).delete()
            return
        except (IntegrityError, OperationalError):  # somebody of theirs was just being answered
            if attempt == ATTEMPTS:
                raise
            time.sleep(1)
