"""Letters about changed lessons, in both languages: what they say, and that they say no more than they may."""

import re
from datetime import time, timedelta

import pytest

from accounts.models import Role
from accounts.outbox import delivery
from courses.flows import changes
from enrollment.flows import calendar_links, timetable
from tests.enrollment.flows.timetable.changing import carry_out, lessons_of, letters, make_coordinator, these
from tests.factories import DAY, HOUR, NOON, enroll, make_child, make_guardian, make_room, make_run, make_user

pytestmark = pytest.mark.django_db
SURNAME, PHONE = "Krūmiņkalna", "26999888"
ORDERS = {
    "cancelled": changes.Cancel(reason="pasniedzēja slimība"),
    "time": changes.Move(at=time(18)),
    "remote": changes.TurnRemote(reason="Ēkā nav apkures"),
}


@pytest.fixture
def by():
    return make_coordinator()


@pytest.fixture
def run():
    run = make_run(lessons=2)
    mother = make_guardian()
    mother.last_name, mother.phone = SURNAME, PHONE
    mother.save()
    enroll(run, make_child(mother, last_name=SURNAME), by=mother)
    return run


def composed(message, language):
    message.language = language
    letter = delivery.compose(message)
    return letter.subject, letter.body, letter.alternatives[0][0]


def changed(order, run, by, *, every=False):
    carry_out(order, lessons_of(run) if every else these(run.lessons.earliest("starts_at")), by=by)
    (letter,) = letters()
    return letter


SUBJECTS = {
    ("cancelled", False): ("Nodarbība nenotiks 08.12.", "No lesson on 08.12."),
    ("cancelled", True): ("Nodarbības, kas nenotiks: 2", "Lessons that will not take place: 2"),
    ("time", False): ("Mainīts laiks 08.12.", "Time changed on 08.12."),
    ("time", True): ("Nodarbības citā laikā: 2", "Lessons at another time: 2"),
    ("remote", False): ("Nodarbība tiešsaistē 08.12.", "Lesson online on 08.12."),
    ("remote", True): ("Nodarbības tiešsaistē: 2", "Lessons online: 2"),
}


@pytest.mark.parametrize(("kind", "every"), SUBJECTS)
def test_the_subject_says_what_happened_and_when(kind, every, run, by):
    letter = changed(ORDERS[kind], run, by, every=every)

    assert tuple(composed(letter, language)[0] for language in ("lv", "en")) == SUBJECTS[kind, every]


@pytest.mark.parametrize("kind", ORDERS)
def test_the_letter_is_whole_in_both_languages_and_names_no_surname_or_phone(kind, run, by):
    letter = changed(ORDERS[kind], run, by, every=True)

    for language in ("lv", "en"):
        subject, text, html = composed(letter, language)
        assert "Annija" in text
        assert f'lang="{language}"' in html
        assert html.count("background:#0A5A78;border-radius:8px") == 1  # one main button
        for part in (subject, text, html):
            assert not re.search(f"{SURNAME}|{PHONE}|None|&lt;|{{{{", part)


def test_a_changed_room_says_that_the_time_stays(run, by):
    room = make_room(name_lv="Laboratorija", name_en="Laboratory")
    letter = changed(changes.Move(room_id=room.pk), run, by)

    subject, text, _html = composed(letter, "lv")

    assert subject == "Mainīta telpa 08.12."
    expected = (
        "Mainīta telpa: VIZIUM, Mācību klase 2 → VIZIUM, Laboratorija. "
        "Laiks paliek: otrdien, 08.12.2026., plkst. 12:00."
    )
    assert expected in text


def test_a_lesson_on_again_is_told_with_its_place(run, by):
    first = run.lessons.earliest("starts_at")
    carry_out(changes.Cancel(reason="slimība"), these(first), by=by)
    carry_out(changes.Restore(), these(first), by=by, now=NOON + HOUR)

    subject, text, _html = composed(letters()[-1], "lv")

    assert subject == "Nodarbība tomēr notiks 08.12."
    assert "Nodarbība tomēr notiks. Otrdien, 08.12.2026., plkst. 12:00, VIZIUM, Mācību klase 2." in text


def test_of_very_many_lessons_a_letter_lists_some_and_counts_the_rest(by):
    run = make_run(lessons=20)
    enroll(run)

    _subject, text, _html = composed(changed(changes.TurnRemote(), run, by, every=True), "lv")

    assert "Vēl nodarbības: 8." in text


def test_a_reminder_says_why_it_comes(by):
    run = make_run(
        lessons=1, starts_at=NOON + 6 * HOUR, enrollment_closes_at=NOON + 7 * HOUR, offers_end_at=NOON + 6 * HOUR
    )
    mother = make_guardian()
    enroll(run, make_child(mother), by=mother, now=NOON - DAY)
    calendar_links.create(user=mother, name="Telefons", language="lv", now=NOON - DAY)
    carry_out(changes.Cancel(reason="slimība"), lessons_of(run), by=by)
    timetable.remind_of_late_changes(now=NOON + 4 * HOUR)

    (letter,) = letters("late_change")

    assert composed(letter, "lv")[0] == "Atgādinājums: Nodarbība nenotiks 24.11."
    assert "Kalendārs tālrunī šīs izmaiņas vēl nav saņēmis" in composed(letter, "lv")[1]
    assert "has not fetched this change yet" in composed(letter, "en")[2]


def test_who_teaches_and_who_substitutes_read_what_concerns_them(run, by):
    first = run.lessons.earliest("starts_at")
    teacher, other = make_user(roles=[Role.INSTRUCTOR]), make_user(roles=[Role.INSTRUCTOR])
    first.instructors.set([teacher])
    carry_out(changes.Move(at=time(15)), these(first), by=by)
    carry_out(changes.Substitute(instead=other.pk), these(first), by=by, now=NOON + HOUR)
    carry_out(changes.Cancel(reason="slimība"), these(first), by=by, now=NOON + 2 * HOUR)

    told = [composed(one, "lv")[0] for one in (*letters("teaching_changed"), *letters("substitution"))]

    code = run.code
    assert told == [
        "Mainīts laiks 08.12.", f"Aizvietošana: {code}, 08.12.", f"Atcelta aizvietošana: {code}, 08.12.",
    ]  # fmt: skip


def test_a_letter_leaves_when_the_time_of_undo_is_over_and_only_to_who_still_acts_for_the_child(run, by):
    other = make_guardian()
    enroll(run, make_child(other), by=other)
    delivery_of_before = list(delivery.send_due(now=NOON))
    assert delivery_of_before == [True, True]
    carry_out(changes.Cancel(reason="slimība"), these(run.lessons.earliest("starts_at")), by=by)
    other.guardianships.update(ended_at=NOON)

    early = list(delivery.send_due(now=NOON + timedelta(seconds=59)))
    late = list(delivery.send_due(now=NOON + timedelta(seconds=60)))

    assert (early, sorted(late)) == ([], [False, True])
