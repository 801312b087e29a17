"""Families that staff enter: at the counter or on the phone, often without an e-mail address."""

from datetime import date, datetime

from django.db import transaction

from accounts.flows import families
from accounts.models import Learner, Residency, School, User
from accounts.names import fold, phone_digits


@transaction.atomic
def register(
    *,
    guardian_name: str,
    phone: str,
    email: str,
    first_name: str,
    last_name: str,
    birth_date: date,
    now: datetime,
    school: School | None = None,
    grade: int | None = None,
    residency: str = Residency.UNKNOWN,
) -> Learner:
    """Make a guardian with a first child; the child.

    The same family sent twice (a double press, Back) is found again: the same name with the same e-mail
    address or phone. guardian_name: the last word is the surname.
    """
    first, _, last = " ".join(guardian_name.split()).rpartition(" ")
    guardian = _known(guardian_name, phone, email) or User.objects.create_user(
        email, first_name=first or last, last_name=last if first else "", phone=phone
    )
    return families.add_child(
        guardian=guardian, first_name=first_name, last_name=last_name, birth_date=birth_date, school=school, grade=grade,
        residency=residency, now=now,
    )  # fmt: skip


def _known(guardian_name, phone, email):
    """The user that an earlier press has made: never somebody else who shares an address or a phone."""
    digits, name = phone_digits(phone), fold(guardian_name)
    if email:
        same = User.objects.filter(email=email.strip().lower())
    else:
        same = User.objects.filter(search_key__endswith=f" {digits}", email=None) if digits else User.objects.none()
    return next((user for user in same.order_by("pk") if fold(user.get_full_name()) == name), None)
