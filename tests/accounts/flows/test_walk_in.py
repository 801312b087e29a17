from datetime import date

import pytest

from accounts.flows import evidence, walk_in
from accounts.models import Learner, User
from tests.factories import DAY, NOON, make_child, make_user

pytestmark = pytest.mark.django_db

FACTS = {
    "guardian_name": "Ilze Marija Ozoliņa", "phone": "+37129123456", "email": "", "first_name": "Pēteris",
    "last_name": "Ozoliņš", "birth_date": date(2016, 3, 27), "grade": 4, "now": NOON,
}  # fmt: skip


def test_a_family_without_an_address_gets_a_guardian_and_a_child():
    child = walk_in.register(**FACTS)

    guardian = child.guardianships.get().guardian
    assert (guardian.first_name, guardian.last_name, guardian.email) == ("Ilze Marija", "Ozoliņa", None)
    assert (str(child), child.grade) == ("Pēteris Ozoliņš", 4)


def test_the_same_family_sent_twice_is_made_once():
    assert walk_in.register(**FACTS) == walk_in.register(**FACTS)
    assert (User.objects.count(), Learner.objects.count()) == (1, 1)


@pytest.mark.parametrize("email", ["", "ilze@example.lv"])
def test_sent_twice_means_the_same_name_and_contact(email):
    walk_in.register(**FACTS | {"email": email})
    walk_in.register(**FACTS | {"guardian_name": "Andris Ozoliņš", "email": "andris@example.lv"})

    assert Learner.objects.count() == 2


def test_evidence_is_confirmed_once():
    child, staff = make_child(), make_user()

    assert [evidence.confirm(learner=child, by=staff, now=NOON + day * DAY) for day in (0, 1)] == [True, False]
    child.refresh_from_db()
    assert child.evidence_confirmed_at == NOON
