"""Letters about a draw: a place, a number in the queue, nothing this time, and a draw that does not take place."""

import re

import pytest
from django.conf import settings

from accounts.outbox import delivery, flows as outbox
from accounts.outbox.models import Message
from enrollment.flows import draws
from tests.enrollment.drawing import DURING, announce, apply, by_number, drawn_groups, hold, learners_of, queue, seated
from tests.enrollment.letters import html_of, words_of
from tests.factories import make_child, make_guardian, make_user

pytestmark = pytest.mark.django_db

SURNAME, PHONE = "Krūmiņkalna", "26999888"
SUBJECTS = {
    "lv": {
        "place": "Vieta apstiprināta: Robotika 4.–6. klasei",
        "queue": "Pēc izlozes: vieta rindā",
        "nothing": "Pēc izlozes: vietas šoreiz nav",
        "cancelled": "Izloze nenotiek",
    },
    "en": {
        "place": "Place confirmed: Robotics for grades 4–6",
        "queue": "After the draw: in the queue",
        "nothing": "After the draw: no place this time",
        "cancelled": "The draw does not take place",
    },
}
KINDS = {"place": "place_given", "queue": "draw_outcome", "nothing": "draw_outcome", "cancelled": "draw_cancelled"}


def letter(case, language="lv"):
    guardian = make_guardian(last_name=SURNAME, language=language)
    type(guardian).objects.filter(pk=guardian.pk).update(phone=PHONE)
    child = make_child(guardian, last_name=SURNAME)
    groups = drawn_groups(1 if case == "place" else 0, 0)
    draw = announce(*groups)
    apply(*groups, learners=[child], by=guardian, waits_for=[] if case == "nothing" else None)
    if case == "cancelled":
        draws.cancel(draw=draw, by=make_user(), reason="telpas remonts", now=DURING)
    else:
        hold(draw)
    for message in Message.objects.exclude(learner=None).filter(address=""):
        outbox.address(message)
    return delivery.compose(Message.objects.get(kind=f"enrollment.{KINDS[case]}", recipient=guardian))


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("case", KINDS)
def test_every_letter_says_what_happened_and_no_more_than_it_may(case, language):
    composed = letter(case, language)

    assert composed.subject == SUBJECTS[language][case]
    assert [secret for secret in (SURNAME, PHONE, "2016") if secret in words_of(composed)] == []
    assert [sign for sign in ("&quot;", "&#x27;", "&amp;", "<", "\n\n\n") if sign in composed.body] == []


@pytest.mark.parametrize("case", KINDS)
def test_every_letter_has_a_text_twin_with_the_same_addresses_and_one_main_button(case):
    composed = letter(case)

    in_html = set(re.findall(rf'href="{settings.SITE_ADDRESS}([^"]*)"', html_of(composed)))
    in_text = set(re.findall(rf"{settings.SITE_ADDRESS}(\S*)", composed.body))
    assert in_html <= in_text
    assert html_of(composed).count("padding:13px 24px") == 1


@pytest.mark.parametrize("case", KINDS)
def test_every_letter_names_the_draw_and_leads_to_its_page(case):
    composed = letter(case)

    assert "Robotikas izloze" in composed.body
    assert f"{settings.SITE_ADDRESS}/draws/" in composed.body


def test_a_number_in_the_queue_stands_beside_its_group():
    assert "Robotika 4.–6. klasei, A: vieta rindā: 1\n" in letter("queue").body
    assert "Robotika 4.–6. klasei, A: brīvu vietu nebija\n" in letter("nothing").body


def test_the_reason_of_a_cancelled_draw_is_told():
    assert "Iemesls: telpas remonts\n" in letter("cancelled").body


def kinds(learner_ids):
    return sorted(Message.objects.filter(learner__in=learner_ids).values_list("kind", flat=True))


def test_a_place_has_a_letter_that_says_it_was_drawn_and_a_queue_one_for_all():
    runs = drawn_groups(1, 1, 1)
    draw = announce(*runs)
    sent = by_number(draw, *(apply(*runs) for _ in range(4)))
    Message.objects.all().delete()

    hold(draw)

    assert [kinds(learners_of(one)) for one in sent] == [["enrollment.place_given"]] * 3 + [["enrollment.draw_outcome"]]
    given = Message.objects.get(learner__in=learners_of(sent[0])).facts
    assert (given["draw"], given["draw_path"]) == (
        {"lv": "Robotikas izloze", "en": "Robotics draw"}, draw.get_absolute_url(),
    )  # fmt: skip
    told = Message.objects.get(learner__in=learners_of(sent[3])).facts["wishes"]
    assert [(one["code"], one["outcome"]["en"], one["position"]) for one in told] == [
        ("A", "in the queue", 1), ("B", "in the queue", 1), ("C", "in the queue", 1),
    ]  # fmt: skip


def test_whoever_wanted_no_queue_is_told_that_there_was_no_place():
    (run,) = drawn_groups(1)
    draw = announce(run)
    first, second = by_number(draw, *(apply(run, waits_for=[]) for _ in range(2)))
    Message.objects.all().delete()

    hold(draw)

    assert (seated(run), queue(run)) == (set(learners_of(first)), [])
    told = Message.objects.get(learner__in=learners_of(second))
    assert (told.kind, told.facts["waits"]) == ("enrollment.draw_outcome", False)
    assert told.facts["wishes"][0]["outcome"] == {"lv": "brīvu vietu nebija", "en": "no place was free"}
