"""Families: children, their guardians, and what is told about them once."""

from django.db import transaction
from django.utils import timezone

from accounts.ages import school_year
from accounts.models import Guardianship, Learner, Residency, School, TeacherProfile, User


@transaction.atomic
def add_child(
    *, guardian, first_name, last_name, birth_date, now, school=None, grade=None, residency=Residency.UNKNOWN
) -> Learner:
    """Add a child to the guardian's family.

    The same child sent twice (a double press, Back, another tab) is found again, not made again: the
    guardian's own row is the lock. grade: of the current school year.
    """
    User.objects.select_for_update(no_key=True).get(pk=guardian.pk)
    same = Learner.objects.visible_to(guardian).filter(
        first_name__iexact=first_name, last_name__iexact=last_name, birth_date=birth_date
    )
    if (known := same.first()) is not None:
        return known
    child = Learner.objects.create(
        first_name=first_name, last_name=last_name, birth_date=birth_date, school=school, residency=residency,
        **_grade(grade, now),
    )  # fmt: skip
    add_guardian(learner=child, guardian=guardian, now=now)
    return child


@transaction.atomic
def update_child(*, learner, first_name, last_name, birth_date, school, grade, residency, now) -> Learner:
    """Correct what the family told about a child; a changed school or residence has to be confirmed anew."""
    learner = Learner.objects.select_for_update(no_key=True).get(pk=learner.pk)
    evidence_changed = (learner.school_id, learner.residency) != (school.pk if school else None, residency)
    learner.first_name, learner.last_name, learner.birth_date = first_name, last_name, birth_date
    learner.school, learner.residency = school, residency
    if grade != learner.grade_on(_local_date(now)):
        learner.grade, learner.grade_school_year = _grade(grade, now).values()
    if evidence_changed:
        learner.evidence_confirmed_at = None
    learner.save()
    return learner


def _grade(grade, now):
    return {"grade": grade, "grade_school_year": None if grade is None else school_year(_local_date(now))}


def _local_date(now):
    return timezone.localtime(now).date()


@transaction.atomic
def add_guardian(*, learner, guardian, now) -> Guardianship:
    """Let a user act for a learner, beside whoever already does."""
    guardianship, _ = Guardianship.objects.get_or_create(
        learner=learner, guardian=guardian, ended_at=None, defaults={"started_at": now}
    )
    return guardianship


def end_guardianship(*, learner, guardian, now) -> bool:
    """The user no longer acts for the learner, from the next request on; False when they did not."""
    return bool(Guardianship.objects.live().filter(learner=learner, guardian=guardian).update(ended_at=now))


@transaction.atomic
def update_contact(*, user, first_name, last_name, phone, language=None) -> User:
    """What a person tells about themself. Writes these fields only, so that it undoes nobody else's change."""
    user.first_name, user.last_name, user.phone = first_name, last_name, phone
    fields = ["first_name", "last_name", "phone", "search_key"]
    if language:
        user.language = language
        fields.append("language")
    user.save(update_fields=fields)
    for learner in Learner.objects.filter(user=user):
        learner.first_name, learner.last_name = first_name, last_name
        learner.save(update_fields=["first_name", "last_name", "search_key", "sort_key", "changed_at"])
    return user


@transaction.atomic
def teaches_at(*, user, school: School | None) -> TeacherProfile | None:
    """A teacher names the school where they work; another school has to be confirmed anew. None: none of the list."""
    if school is None:
        return TeacherProfile.objects.filter(user=user).first()
    profile, made = TeacherProfile.objects.get_or_create(user=user, defaults={"school": school})
    if not made and profile.school_id != school.pk:
        profile.school, profile.confirmed_at = school, None
        profile.save(update_fields=["school", "confirmed_at"])
    return profile


@transaction.atomic
def own_learner(*, user) -> Learner:
    """The learner that an adult or a teacher is themself, made at the first enrollment."""
    learner, _ = Learner.objects.get_or_create(
        user=user, defaults={"first_name": user.first_name, "last_name": user.last_name}
    )
    return learner
