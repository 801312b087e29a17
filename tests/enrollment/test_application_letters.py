"""Letters about applications: what is prepared for tomorrow, what a draw will decide, and what led to nothing."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.outbox import delivery, flows as outbox
from accounts.outbox.models import Message
from courses.models import CourseRun, FirstServed, PriorityWindow, RunState
from enrollment.flows import applications, upkeep
from enrollment.models import Application
from tests.enrollment.drawing import DURING, announce, drawn_groups
from tests.enrollment.flows.applications import OPENS, in_line, soon
from tests.enrollment.letters import html_of, words_of
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    WEEK,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_run,
    make_term,
)

pytestmark = pytest.mark.django_db

SURNAME, PHONE = "Krūmiņkalna", "26999888"
KINDS = ("application_received", "application_refused", "opening_soon")
SUBJECTS = {
    "lv": {
        "application_received": "Pieteikums saņemts plkst. 12:00:00",
        "application_refused": "Vietas šoreiz nav; pieteikums saņemts plkst. 13:00:00",
        "opening_soon": "Rīt plkst. 13:00 sākas pieteikšanās",
    },
    "en": {
        "application_received": "Application received at 12:00:00",
        "application_refused": "No place this time; received at 13:00:00",
        "opening_soon": "Applications open tomorrow at 13:00",
    },
}
DAY_BEFORE = OPENS - DAY


def family(language="lv"):
    guardian = make_guardian(last_name=SURNAME, language=language)
    type(guardian).objects.filter(pk=guardian.pk).update(phone=PHONE)
    return guardian, make_child(guardian, last_name=SURNAME)


def prepared(guardian, child, *runs, now=DAY_BEFORE - DAY):
    return applications.prepare(learners=[child], runs=list(runs), by=guardian, now=now)


def what_makes(kind, guardian, child):
    match kind:
        case "application_received":
            groups = drawn_groups(1, 1)
            announce(*groups)
            one = applications.prepare(learners=[child], runs=groups, by=guardian, now=DURING)
            applications.send(application=one, by=guardian, now=DURING)
        case "application_refused":
            run = soon(code="R-1")
            in_line(run, child, guardian)
            CourseRun.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
            upkeep.run_due(now=OPENS + HOUR)
        case "opening_soon":
            run = soon(code="R-1")
            prepared(guardian, child, run)
            enroll(make_run(starts_at=run.starts_at, code="R-2"), child, now=NOON - DAY)
            applications.announce_openings(now=DAY_BEFORE)


def letter(kind, language="lv"):
    guardian, child = family(language)
    what_makes(kind, guardian, child)
    for message in Message.objects.exclude(learner=None).filter(address=""):
        outbox.address(message)
    return delivery.compose(Message.objects.get(kind=f"enrollment.{kind}", recipient=guardian))


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_says_what_happened_and_no_more_than_it_may(kind, language):
    composed = letter(kind, language)

    assert composed.subject == SUBJECTS[language][kind]
    assert [secret for secret in (SURNAME, PHONE, "2016") if secret in words_of(composed)] == []
    assert [sign for sign in ("&quot;", "&#x27;", "&amp;", "<", "\n\n\n") if sign in composed.body] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_a_text_twin_with_the_same_addresses_and_one_main_button(kind):
    composed = letter(kind)

    in_html = set(re.findall(rf'href="{settings.SITE_ADDRESS}([^"]*)"', html_of(composed)))
    in_text = set(re.findall(rf"{settings.SITE_ADDRESS}(\S*)", composed.body))
    assert in_html <= in_text
    assert html_of(composed).count("padding:13px 24px") == 1


def test_what_led_to_nothing_names_each_group_with_its_reason():
    assert "Robotika 4.–6. klasei, R-1: grupa ir atcelta" in letter("application_refused").body


def test_the_eve_of_an_opening_names_what_is_prepared_and_what_to_correct():
    body = letter("opening_soon").body

    assert "Annija: Robotika 4.–6. klasei, R-1" in body
    assert "! R-1: Laiki pārklājas" in body
    assert "/my/applications/" in body


# -- Once, to whom it concerns, a day before ------------------------------------------------------


def told():
    return sorted(Message.objects.filter(kind="enrollment.opening_soon").values_list("address", flat=True))


def test_it_is_told_a_day_before_and_once():
    guardian, child = family()
    prepared(guardian, child, soon())

    early = applications.announce_openings(now=DAY_BEFORE - timedelta(seconds=1))
    first, again = (applications.announce_openings(now=DAY_BEFORE + minutes * HOUR / 60) for minutes in (0, 10))

    assert (early, first, again, told()) == (0, 1, 0, [guardian.email])


def test_several_applications_for_one_opening_are_one_letter_and_another_opening_another():
    guardian, child = family()
    course = make_course()
    prepared(guardian, child, soon(course))
    prepared(guardian, make_child(guardian, first_name="Roberts"), soon(course, days=1))
    prepared(guardian, child, soon(course, days=2, enrollment_opens_at=OPENS + HOUR))

    assert applications.announce_openings(now=DAY_BEFORE + HOUR) == 2
    first = Message.objects.filter(kind="enrollment.opening_soon").order_by("pk").first()
    assert [one["names"] for one in first.facts["applications"]] == ["Annija", "Roberts"]


def test_both_guardians_are_told_and_a_minors_own_login_is_not():
    guardian, child = family()
    other, pupil = make_guardian(), make_guardian()
    child.guardianships.create(guardian=other, started_at=NOON - WEEK)
    type(child).objects.filter(pk=child.pk).update(user=pupil)
    prepared(guardian, child, soon())

    applications.announce_openings(now=DAY_BEFORE)

    assert told() == sorted([guardian.email, other.email])


def test_who_prepared_within_the_last_day_took_it_back_or_sent_it_is_not_told():
    guardian, child = family()
    course = make_course()
    prepared(guardian, child, soon(course), now=DAY_BEFORE + HOUR)
    dropped = prepared(guardian, child, soon(course, days=1))
    applications.drop(application=dropped, by=guardian, now=DAY_BEFORE - HOUR)

    assert applications.announce_openings(now=DAY_BEFORE + 2 * HOUR) == 0


def test_an_earlier_opening_is_told_to_those_whom_it_is_for():
    guardian, child = family()
    term, program = make_term(), make_program()
    enroll(make_run(course=make_course(program=program), term=term, starts_at=NOON - WEEK), child, now=NOON - 3 * DAY)
    PriorityWindow.objects.create(program=program, term=term, who=FirstServed.CURRENT, opens_at=NOON + DAY)
    run = soon(make_course(program=program), days=2, term=term, enrollment_opens_at=NOON + 3 * DAY)
    other, others_child = family()
    for by, learner in ((guardian, child), (other, others_child)):
        prepared(by, learner, run, now=NOON - DAY)

    assert applications.announce_openings(now=NOON + HOUR) == 1
    assert told() == [guardian.email]


def test_the_worker_tells_it_now_and_then():
    guardian, child = family()
    prepared(guardian, child, soon())

    rounds = [upkeep.run_due(now=DAY_BEFORE + seconds * timedelta(seconds=1))["announced"] for seconds in (0, 1, 601)]

    assert (rounds, told()) == ([1, 0, 0], [guardian.email])


def test_the_number_of_queries_grows_with_the_families_told_and_not_with_what_they_prepared():
    guardian, child = family()
    course = make_course()

    def queries(now):
        with CaptureQueriesContext(connection) as found:
            applications.announce_openings(now=now)
        return len(found)

    prepared(guardian, child, soon(course))
    few = queries(DAY_BEFORE)
    Message.objects.all().delete()
    for day in range(1, 4):
        prepared(guardian, child, soon(course, days=day))

    assert Application.objects.count() == 4
    assert queries(DAY_BEFORE) <= few + 3  # who decides is asked per application
