"""Every letter in both languages: complete, with its text twin and one main button, and with no more than it may tell."""

import re
from datetime import timedelta
from functools import cache
from uuid import uuid4

import icalendar
import pytest
from django.conf import settings

from accounts.flows import families, sign_in
from accounts.outbox import delivery, flows as outbox
from accounts.outbox.models import Message
from courses.models import CourseRun, Program
from enrollment.flows import aftercare, bookings, decisions, enrollments, waitlist
from enrollment.models import WaitlistOffer
from tests.enrollment.letters import html_of, words_of
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    change_group,
    enroll,
    make_child,
    make_guardian,
    make_run,
    make_slot,
    make_user,
    try_lesson,
)

pytestmark = pytest.mark.django_db

SURNAME, PHONE = "Krūmiņkalna", "26999888"
KINDS = (
    "place_given", "joined_waitlist", "seat_offered", "offer_reminder", "offer_expired", "offer_declined",
    "given_back", "left_queue", "cancelled", "group_changed", "ticket", "ticket_in_queue",
    "group_exchanged", "waits_to_change", "offered_instead", "trial_agreed", "trial_question", "trial_ended",
    "still_coming", "still_coming_reminder", "place_unconfirmed", "group_runs", "group_cancelled",
)  # fmt: skip
TEMPLATES = {
    "offer_expired": "offer_ended",
    "offer_declined": "offer_ended",
    "given_back": "place_ended",
    "left_queue": "place_ended",
    "cancelled": "place_ended",
    "waits_to_change": "joined_waitlist",
    "offered_instead": "seat_offered",
}

SUBJECTS = {
    "lv": {
        "place_given": "Vieta apstiprināta: Robotika 4.–6. klasei",
        "joined_waitlist": "Vieta rindā: 1",
        "seat_offered": "Jāizlemj līdz 26.11.: ir brīva vieta",
        "offer_reminder": "Atgādinājums: vieta gaida līdz 26.11., 12:00",
        "offer_expired": "Piedāvājums beidzies",
        "offer_declined": "Piedāvājums beidzies",
        "given_back": "Vieta atbrīvota",
        "left_queue": "Izstāšanās no rindas",
        "cancelled": "Vieta atcelta: Robotika 4.–6. klasei",
        "group_changed": "Mainīta grupa: R-1 → R-2",
        "ticket": "Jūsu biļete: Robotu futbols, 28.11.2026., 12:00",
        "ticket_in_queue": "Vieta rindā: 1",
        "group_exchanged": "Mainīta grupa: R-1 → R-2",
        "waits_to_change": "Vieta rindā: 1",
        "offered_instead": "Jāizlemj līdz 26.11.: ir brīva vieta",
        "trial_agreed": "Izmēģinājuma nodarbība: 08.12.2026., 12:00",
        "trial_question": "Jāizlemj līdz 10.12.: paturēt vietu?",
        "trial_ended": "Izmēģinājums ir beidzies",
        "still_coming": "Vai vieta vēl vajadzīga? Atbilde līdz 03.12.",
        "still_coming_reminder": "Atgādinājums: vai vieta vēl vajadzīga? Atbilde līdz 03.12., 12:00",
        "place_unconfirmed": "Vieta nodota tālāk",
        "group_runs": "Notiks: Robotika 4.–6. klasei",
        "group_cancelled": "Grupa atcelta: Robotika 4.–6. klasei",
    },
    "en": {
        "place_given": "Place confirmed: Robotics for grades 4–6",
        "joined_waitlist": "Place in the queue: 1",
        "seat_offered": "Decide by 26.11.: a place is free",
        "offer_reminder": "Reminder: the place is held until 26.11., 12:00",
        "offer_expired": "The offer has ended",
        "offer_declined": "The offer has ended",
        "given_back": "Place given back",
        "left_queue": "The queue was left",
        "cancelled": "Place cancelled: Robotics for grades 4–6",
        "group_changed": "Group changed: R-1 → R-2",
        "ticket": "Your ticket: Robot football, 28.11.2026, 12:00",
        "ticket_in_queue": "Place in the queue: 1",
        "group_exchanged": "Group changed: R-1 → R-2",
        "waits_to_change": "Place in the queue: 1",
        "offered_instead": "Decide by 26.11.: a place is free",
        "trial_agreed": "Trial lesson: 08.12.2026, 12:00",
        "trial_question": "Decide by 10.12.: keep the place?",
        "trial_ended": "The trial has ended",
        "still_coming": "Still coming? Answer by 03.12.",
        "still_coming_reminder": "Reminder: still coming? Answer until 03.12., 12:00",
        "place_unconfirmed": "The place was passed on",
        "group_runs": "It takes place: Robotics for grades 4–6",
        "group_cancelled": "The group is cancelled: Robotics for grades 4–6",
    },
}


def family(language):
    guardian = make_guardian(last_name=SURNAME, language=language)
    type(guardian).objects.filter(pk=guardian.pk).update(phone=PHONE)
    return guardian, make_child(guardian, last_name=SURNAME)


def offered(child):
    run = make_run(capacity=1, code="R-1")
    seated = enroll(run)
    waiting = enroll(run, child)
    enrollments.withdraw(enrollment=seated, by=seated.entered_by, now=NOON)
    enrollments.pass_on(enrollment=seated, by=None, now=NOON)
    return WaitlistOffer.objects.get(enrollment=waiting)


def what_makes(kind, child, language):
    """Do what the letter tells of."""
    run = make_run(capacity=1, code="R-1")
    match kind:
        case "place_given":
            enroll(run, child)
        case "joined_waitlist":
            enroll(run)
            enroll(run, child)
        case "seat_offered":
            offered(child)
        case "offer_reminder":
            waitlist.remind(offer=offered(child), now=NOON + 30 * HOUR)
        case "offer_expired":
            waitlist.expire(offer=offered(child), now=NOON + 3 * DAY)
        case "offer_declined":
            waitlist.decline(offer=offered(child), by=None, now=NOON)
        case "given_back":
            enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)
        case "left_queue":
            enroll(run)
            enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)
        case "cancelled":
            enrollments.cancel(enrollment=enroll(run, child), by=make_user(), reason="grupa nenotiks", now=NOON)
        case "group_changed":
            to_run = make_run(code="R-2", starts_at=run.starts_at + DAY)
            enrollments.move(
                enrollment=enroll(run, child), to_run=to_run, by=make_user(), reason="telpas remonts", now=NOON
            )
        case "group_exchanged" | "waits_to_change" | "offered_instead":
            to_run = make_run(code="R-2", capacity=1, course=run.course, starts_at=run.starts_at + DAY)
            seated = None if kind == "group_exchanged" else enroll(to_run)
            change_group(enroll(run, child), to_run)
            if kind == "offered_instead":
                enrollments.withdraw(enrollment=seated, by=None, now=NOON)
                enrollments.pass_on(enrollment=seated, by=None, now=NOON)
        case "trial_agreed" | "trial_question" | "trial_ended":
            Program.objects.update(trial_answer_hours=48)
            run = CourseRun.objects.for_display().get(pk=run.pk)
            try_lesson(run, child)
            aftercare.run_due(
                now={"trial_question": run.starts_at + 2 * HOUR, "trial_ended": run.ends_at}.get(kind, NOON)
            )
        case "still_coming" | "still_coming_reminder" | "place_unconfirmed":
            Program.objects.update(reconfirm_days=7)
            enroll(run, child)
            aftercare.run_due(now=run.starts_at - 7 * DAY)
            aftercare.run_due(now=run.starts_at - (5 if kind == "place_unconfirmed" else 6) * DAY)
        case "group_runs":
            enroll(run, child)
            decisions.decide_to_run(run=run, by=make_user(), reason="x", now=NOON)
        case "group_cancelled":
            enroll(run, child)
            decisions.cancel_run(run=run, by=make_user(), reason="pasniedzēja slimība", now=NOON)
        case "ticket" | "ticket_in_queue":
            slot = make_slot(capacity=3)
            book = {"name": SURNAME, "email": "viesis@example.lv", "language": language, "now": NOON}
            if kind == "ticket_in_queue":
                bookings.book(run=slot, seats_wanted=3, key=uuid4(), **book | {"email": "cits@example.lv"})
            bookings.book(run=slot, seats_wanted=3, key=uuid4(), **book)


def letters_to(guardian):
    """The letters of a guardian, newest first, addressed as the worker does."""
    for message in Message.objects.exclude(learner=None):
        outbox.address(message)
    return Message.objects.filter(recipient=guardian).order_by("-created_at", "-pk")


@cache  # composed once; what was written for it goes with the test that asked first
def letter(kind, language="lv"):
    guardian, child = family(language)
    what_makes(kind, child, language)
    addressed = letters_to(guardian).filter(kind=f"enrollment.{TEMPLATES.get(kind, kind)}")
    to_guests = Message.objects.filter(address="viesis@example.lv")
    return delivery.compose((to_guests if kind.startswith("ticket") else addressed).get())


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_says_what_happened_in_the_recipients_language(kind, language):
    composed = letter(kind, language)

    assert composed.subject == SUBJECTS[language][kind]
    assert composed.extra_headers["Content-Language"] == language
    assert f'<html lang="{language}">' in html_of(composed)


@pytest.mark.parametrize("kind", KINDS)
def test_no_letter_tells_more_than_a_first_name_and_a_course(kind):
    composed = letter(kind)

    assert [secret for secret in (SURNAME, PHONE, "2016", "27.03") if secret in words_of(composed)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_a_text_twin_with_the_same_addresses_and_one_main_button(kind):
    composed = letter(kind)

    html = html_of(composed)
    in_html = set(re.findall(rf'href="{settings.SITE_ADDRESS}([^"]*)"', html))
    in_text = set(re.findall(rf"{settings.SITE_ADDRESS}(\S*)", composed.body))
    assert in_html <= in_text
    assert in_html
    assert html.count("padding:13px 24px") == 1
    assert composed.reply_to == [settings.CENTRE_EMAIL]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_text(kind):
    composed = letter(kind)

    assert [sign for sign in ("&quot;", "&#x27;", "&amp;", "<", "\n\n\n") if sign in composed.body] == []


def test_titles_are_escaped_in_html_alone():
    guardian, child = family("lv")
    run = make_run()
    run.course.title_lv = 'C++ & "Arduino" <mazajiem>'
    run.course.save()
    enroll(run, child)

    composed = delivery.compose(letters_to(guardian).get())

    assert composed.subject == 'Vieta apstiprināta: C++ & "Arduino" <mazajiem>'
    assert "<mazajiem>" in composed.body
    assert "<mazajiem>" not in html_of(composed)


def test_an_offers_two_answers_lead_to_the_same_page():
    html = html_of(letter("seat_offered"))

    assert len(re.findall(r'href="[^"]*/offers/', html)) == 2
    assert len(set(re.findall(r'href="([^"]*/offers/[^"]*)"', html))) == 1


def test_each_guardian_gets_a_link_of_their_own():
    _guardian, child = family("lv")
    child.guardianships.create(guardian=make_guardian(), started_at=NOON)

    offered(child)

    paths = {message.facts["answer_path"] for message in Message.objects.filter(kind="enrollment.seat_offered")}
    assert len(paths) == 2


def test_a_confirmation_carries_its_lessons_for_the_calendar():
    (file,) = letter("place_given").attachments

    calendar = icalendar.Calendar.from_ical(file.content)
    events = calendar.walk("VEVENT")
    assert (file.filename, file.mimetype, "METHOD" in calendar) == ("R-1.ics", "text/calendar", False)
    assert [str(event["SUMMARY"]) for event in events] == ["Annija: Robotika 4.–6. klasei"] * 3


def test_of_a_trial_only_the_lesson_that_is_tried_is_attached():
    (file,) = letter("trial_agreed").attachments

    assert len(icalendar.Calendar.from_ical(file.content).walk("VEVENT")) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("group_exchanged", "Iepriekš: Robotika 4.–6. klasei, R-1"),
        ("waits_to_change", "Vieta grupā R-1 paliek."),
        ("offered_instead", "Pieņemot šo vietu, beidzas vieta grupā: R-1."),
        ("group_cancelled", "Iemesls: pasniedzēja slimība"),
    ],
)
def test_a_letter_tells_what_becomes_of_the_other_place_and_why(kind, words):
    assert words in letter(kind).body


def test_the_reason_that_the_system_gives_is_read_in_the_readers_language():
    guardian, child = family("en")
    run = make_run(minimum_size=2, decision_on=NOON.date())
    enroll(run, child)

    decisions.decide(run=run, now=NOON)

    composed = delivery.compose(letters_to(guardian).get(kind="enrollment.group_cancelled"))
    assert "Reason: too few people applied" in composed.body


def test_a_confirmation_of_a_place_that_has_ended_meanwhile_carries_no_lessons():
    guardian, child = family("lv")
    run = make_run()
    enrollments.withdraw(enrollment=enroll(run, child), by=None, now=NOON)

    message = letters_to(guardian).get(kind="enrollment.place_given")

    assert delivery.compose(message).attachments == []


@pytest.mark.parametrize(("language", "subject"), [("lv", "Ieejas saite"), ("en", "Sign-in link")])
def test_the_sign_in_letter_has_code_and_link_but_not_in_its_subject(language, subject):
    user = make_user(language=language)
    link = settings.SITE_ADDRESS + sign_in.link_path(user)
    message = outbox.draft(
        kind=delivery.SIGN_IN_CODE,
        event_key="sign-in",
        recipient=user,
        now=NOON,
        facts={"code": "204816", "link": link},
    )
    message.pk = 1

    composed = delivery.compose(message)

    assert composed.subject == subject
    assert [text for text in (composed.body, html_of(composed)) if "204816" not in text or link not in text] == []


def test_what_a_letter_tells_is_of_its_own_moment():
    guardian, child = family("lv")
    run = make_run(capacity=1)
    enroll(run, now=NOON)
    ahead = enroll(run, now=NOON)
    enroll(run, child, now=NOON + timedelta(minutes=1))
    enrollments.withdraw(enrollment=ahead, by=None, now=NOON + HOUR)

    composed = delivery.compose(letters_to(guardian).get())

    assert composed.subject == "Vieta rindā: 2"


def test_a_letter_stopped_while_it_leaves_counts_as_sent(monkeypatch):
    enroll(make_run())
    outbox.address(Message.objects.get())
    letter = Message.objects.get()
    original = delivery.compose

    def slow(message):
        outbox.stop(event_key_prefix=message.event_key, now=NOON)
        return original(message)

    monkeypatch.setattr(delivery, "compose", slow)
    has_left = delivery.send(letter, now=NOON)

    letter.refresh_from_db()
    assert (has_left, letter.sent_at, letter.stopped_at) == (True, NOON, None)


def test_an_undone_letter_that_once_failed_is_not_tried_again():
    enroll(make_run())
    Message.objects.update(attempts=1, last_error="SMTPException")
    outbox.stop(event_key_prefix="enrollment-", now=NOON)

    assert outbox.retry(Message.objects.all(), now=NOON) == 0


@pytest.mark.parametrize("kind", ["place_given", "seat_offered"])
def test_whoever_no_longer_acts_for_the_child_gets_no_letter_that_still_waits(kind, mailoutbox):
    guardian, child = family("lv")
    if kind == "place_given":
        enroll(make_run(), child)
        outbox.address(Message.objects.get())
    else:
        offered(child)
    families.end_guardianship(learner=child, guardian=guardian, now=NOON)

    list(delivery.send_due(now=NOON))

    assert guardian.email not in {address for letter in mailoutbox for address in letter.to}
