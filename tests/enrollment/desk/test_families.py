from datetime import date

import pytest

from accounts.flows import families
from accounts.models import Learner
from accounts.outbox import delivery, flows as outbox
from enrollment.desk.families import children_of, duplicates, family_of
from tests.factories import DAY, NOON, enroll, make_child, make_guardian, make_run, make_user

pytestmark = pytest.mark.django_db


def read(learner):
    return family_of(learner=Learner.objects.select_related("school", "user").get(pk=learner.pk), now=NOON)


def test_a_family_holds_guardians_children_places_and_queue_numbers():
    mother, father = make_user(first_name="Ilze"), make_user(first_name="Andris")
    peteris = make_child(mother, first_name="Pēteris", birth_date=date(2015, 3, 1))
    families.add_guardian(learner=peteris, guardian=father, now=NOON + DAY)
    anna = make_child(father, first_name="Anna", birth_date=date(2018, 3, 1))
    make_child(make_guardian(), first_name="Svešais")
    full = make_run(capacity=1)
    enroll(full)
    waiting = enroll(full, peteris)
    seated = enroll(make_run(), anna)

    family = read(peteris)

    assert family.guardians == [mother, father]
    assert [child.learner for child in family.children] == [peteris, anna]
    assert [(place.enrollment, place.position) for place in family.child.places] == [(waiting, 1)]
    assert [place.enrollment for place in family.children[1].places] == [seated]
    assert [entry.enrollment for entry in family.timeline] == [waiting]


def test_letters_to_the_family_are_read_but_no_sign_in_codes():
    mother = make_guardian()
    child = make_child(mother)
    enroll(make_run(), child)
    enroll(make_run())  # somebody else's
    outbox.enqueue(outbox.draft(kind=delivery.SIGN_IN_CODE, event_key="sign-in", recipient=mother, now=NOON))

    assert [message.kind for message in read(child).messages] == ["enrollment.place_given"]


def test_a_small_and_a_large_family_take_the_same_queries(django_assert_max_num_queries):
    small, guardian = make_child(), make_guardian()
    enroll(make_run(), small)
    large = [make_child(guardian, first_name=name) for name in ("Anna", "Beta", "Cita")]
    for child in large:
        enroll(make_run(), child)

    for learner in (small, large[0]):
        with django_assert_max_num_queries(8):
            read_family = family_of(learner=learner, now=NOON)
            assert read_family.children


def known(**facts):
    defaults = {"phone": "+37120000000", "email": "", "first_name": "Jauns", "last_name": "Bērns", "birth_date": None}
    return duplicates(**defaults | facts)


def test_the_same_phone_address_or_child_is_noticed():
    ilze = make_user("ilze@example.lv", phone="+37129123456")
    child = make_child(make_user(), first_name="Pēteris", last_name="Ozoliņš", birth_date=date(2016, 3, 27))

    assert known() == []
    assert [(one.guardian, one.is_certain) for one in known(phone="29 123 456")] == [(ilze, False)]
    assert [(one.guardian, one.is_certain) for one in known(email="ILZE@example.lv")] == [(ilze, True)]
    found = known(first_name="peteris", last_name="ozolins", birth_date=date(2016, 3, 27))
    assert [one.learner for one in found] == [child]
    assert known(first_name="peteris", last_name="ozolins", birth_date=date(2016, 3, 28)) == []


def test_children_of_several_guardians_are_read_at_once(django_assert_num_queries):
    mother = make_guardian()
    child, lonely = make_child(mother), make_user()

    with django_assert_num_queries(1):
        assert children_of([mother, lonely]) == {mother.pk: [child], lonely.pk: []}
