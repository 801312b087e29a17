"""Taking invented data out of a database again, with everything that hangs on it and nothing else.

The ledger of real places is never changed, and the database refuses to (enrollment/migrations/0002). Rows of invented
places are the one exception; on PostgreSQL its guard is lifted within the transaction that removes them, for them alone.
"""

import contextlib

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import Guardianship, Learner, User
from accounts.outbox.models import Message
from courses.models import CourseRun, Lesson
from enrollment.models import (
    Applicant,
    Application,
    Enrollment,
    FeedLink,
    FormDraft,
    LedgerEntry,
    Submission,
    WaitlistOffer,
    Wish,
)


@transaction.atomic
def remove(*, runs: QuerySet[CourseRun], users: QuerySet[User], learners: QuerySet[Learner]) -> int:
    """Remove these groups and people, whom nobody else has anything to do with; how many enrollments they had.

    One who enrolled a child of another family, or in a group that is not invented, stands in the way: IntegrityError,
    and nothing is removed.
    """
    runs, users, learners = (list(one.values_list("pk", flat=True)) for one in (runs, users, learners))
    enrollments = Enrollment.objects.filter(Q(run__in=runs) | Q(learner__in=learners))
    applications = Application.objects.filter(prepared_by__in=users)
    with _unguarded_ledger():
        delete(LedgerEntry.objects.filter(enrollment__in=enrollments.values("pk")))
    delete(Message.objects.filter(Q(recipient__in=users) | Q(learner__in=learners)))
    delete(WaitlistOffer.objects.filter(enrollment__in=enrollments.values("pk")))
    delete(Wish.objects.filter(application__in=applications.values("pk")))
    delete(Applicant.objects.filter(application__in=applications.values("pk")))
    delete(applications)
    count = delete(enrollments)
    delete(Submission.objects.filter(submitted_by__in=users))
    delete(Lesson.objects.filter(run__in=runs))
    delete(CourseRun.objects.filter(pk__in=runs))
    delete(Guardianship.objects.filter(Q(guardian__in=users) | Q(learner__in=learners)))
    delete(Learner.objects.filter(pk__in=learners))
    for theirs in (FeedLink, FormDraft, EmailAddress):
        delete(theirs.objects.filter(user__in=users))
    delete(User.objects.filter(pk__in=users))
    return count


def delete(rows: QuerySet) -> int:
    """Straight in the database: collecting what hangs on each row, as Django does, would read all of them first."""
    return rows._raw_delete(rows.db)


@contextlib.contextmanager
def _unguarded_ledger():
    if connection.vendor != "postgresql":
        yield
        return
    table = connection.ops.quote_name(LedgerEntry._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ledger_is_append_only")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ledger_is_append_only")
