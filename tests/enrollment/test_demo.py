"""The demonstration's data, made once for the module. How it is made: test_demo_making.py."""

import io
import itertools
import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.utils import timezone

from accounts.models import Guardianship, Learner, RoleGrant, User
from accounts.names import fold_query
from accounts.outbox.models import Message
from courses.flows import timetable
from courses.flows.catalogue import import_catalogue
from courses.models import CourseRun, Lesson, LessonState, RunKind, Term
from enrollment import allocation, eligibility
from enrollment.demo import groups, seed
from enrollment.demo.season import CATALOGUE, TERM
from enrollment.flows import waitlist
from enrollment.models import Draw, Enrollment, LedgerEntry, WaitlistOffer
from enrollment.refusals import Reason
from tests.factories import DAY, HOUR, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def children_of(user):
    return {child.first_name: child for child in Learner.objects.visible_to(user)}


def refusals(child):
    """{run: reason} for every group of the term that the child may not apply for."""
    runs = list(CourseRun.objects.filter(kind=RunKind.GROUP).select_related("course__program"))
    fit = eligibility.fit(runs=runs, learners=[child], now=NOON)
    return {run: fit[run.pk, child.pk].reason for run in runs if fit[run.pk, child.pk]}


# -- What it has to contain (UX, 6) -----------------------------------------------------------------


def test_there_are_enough_groups_topics_and_children(demo):
    weekly = CourseRun.objects.filter(kind=RunKind.GROUP, term__slug=TERM, course__program__slug="children")

    assert weekly.count() >= 42
    assert len(set(CourseRun.objects.filter(kind=RunKind.GROUP).values_list("course__topic", flat=True))) >= 6
    assert 480 <= Learner.objects.filter(user=None).count() <= 560


def test_the_term_is_around_today_and_keeps_holidays_and_breaks(demo):
    term = Term.objects.get(slug=TERM)
    off = timetable.days_off(term=term, grade=None)
    held = {
        timezone.localdate(start) for start in Lesson.objects.filter(run__term=term).values_list("starts_at", flat=True)
    }

    assert term.starts_on < date(2026, 11, 24) < term.ends_on
    assert off & held == set()
    assert {one.slug for one in term.breaks.all()} == {"autumn", "winter", "spring", "grade-1-extra", "summer"}


def test_names_have_the_letters_that_only_latvian_has(demo):
    names = {str(child) for child in Learner.objects.filter(user=None)}

    assert {"Pēteris Ozoliņš", "Ņina Šteina", "Ģirts Ķēniņš", "Žanete Čakste", "Ļuba Žagare"} <= names
    assert [str(child) for child in Learner.objects.matching(fold_query("ozolins peteris").split())] == [
        "Pēteris Ozoliņš"
    ]


def test_nobody_has_a_real_address(demo):
    addresses = User.objects.values_list("email", flat=True)

    assert {address.partition("@")[2] for address in addresses} == {"demo.example"}


def test_children_have_the_age_of_their_grade(demo):
    ages = {
        (child.grade_on(NOON.date()), 2026 - child.birth_date.year) for child in Learner.objects.exclude(grade=None)
    }

    assert {grade - age for grade, age in ages} == {-6}


def test_the_demo_family_has_two_children_and_two_guardians(demo):
    children = children_of(demo["parent"])

    assert {name: child.grade_on(NOON.date()) for name, child in children.items()} == {"Annija": 4, "Roberts": 3}
    assert children_of(demo["parent_second"]) == children
    assert children_of(demo["new_parent"]) == {}
    assert set(children_of(demo["parent_other"])) == {"Emīls", "Marta"}


def test_one_full_group_has_a_queue_of_four_and_the_demo_children_would_be_next(demo):
    full = CourseRun.objects.get(waitlist_length=4, draws=None)
    fit = eligibility.fit(runs=[full], learners=children_of(demo["parent"]).values(), now=NOON)

    assert (full.seats_taken, full.seats_offered) == (full.capacity, 0)
    assert set(fit.values()) == {None}
    waiting = list(full.enrollments.waitlisted())
    assert sorted(waitlist.positions(waiting).values()) == [1, 2, 3, 4]


def test_one_offer_waits_for_the_demo_parent_with_a_letter_to_both(demo):
    offer = WaitlistOffer.objects.open().get()

    assert offer.enrollment.learner == children_of(demo["parent"])["Roberts"]
    assert offer.expires_at > NOON + 12 * HOUR
    letters = Message.objects.filter(kind="enrollment.seat_offered").exclude(sent_at=None)
    assert set(letters.values_list("address", flat=True)) == {demo["parent"].email, demo["parent_second"].email}


def test_a_lesson_of_the_demo_instructor_takes_place_now(demo):
    lesson = Lesson.objects.scheduled().get(starts_at__lte=NOON, ends_at__gt=NOON, instructors=demo["instructor"])

    assert (lesson.run.enrollments.confirmed().count(), lesson.room is not None) == (12, True)
    assert lesson.ends_at - NOON > HOUR


def test_no_instructor_is_in_two_places_at_once(demo):
    for user in User.objects.filter(role_grants__role="instructor"):
        times = list(Lesson.objects.filter(instructors=user).order_by("starts_at").values_list("starts_at", "ends_at"))

        assert [later for earlier, later in itertools.pairwise(times) if later[0] < earlier[1]] == []


def test_a_lesson_of_the_demo_child_is_cancelled_with_a_replacement(demo):
    annija = children_of(demo["parent"])["Annija"]
    lesson = Lesson.objects.get(state=LessonState.CANCELLED)

    assert lesson.run.enrollments.confirmed().filter(learner=annija).exists()
    assert lesson.starts_at > NOON
    assert (lesson.cancel_reason, lesson.replacement.state) == ("pasniedzēja slimība", LessonState.SCHEDULED)


def test_one_group_opens_in_three_minutes(demo):
    opening = CourseRun.objects.get(enrollment_opens_at__gt=NOON, draws=None)

    assert opening.enrollment_opens_at - NOON == timedelta(minutes=3)
    assert {refusals(child).get(opening) for child in children_of(demo["parent"]).values()} == {Reason.NOT_OPEN_YET}


def test_a_clash_and_the_wrong_grade_can_be_tried(demo):
    annija, roberts = (refusals(child) for child in children_of(demo["parent"]).values())

    assert Reason.CLASH in annija.values()
    assert Reason.GRADE in roberts.values()
    assert any(run.seats_free for run, reason in annija.items() if reason == Reason.CLASH)


def test_both_children_have_open_groups_with_free_places(demo):
    open_groups = CourseRun.objects.open_for_enrollment(now=NOON).with_free_seats().filter(kind=RunKind.GROUP)

    for child in children_of(demo["parent"]).values():
        assert len([run for run in open_groups if run not in refusals(child)]) >= 3


def test_a_child_of_another_municipality_is_not_eligible(demo):
    marta = children_of(demo["parent_other"])["Marta"]

    assert Reason.VENTSPILS in refusals(marta).values()


def test_an_adult_course_needs_two_more(demo):
    run = CourseRun.objects.get(course__slug="excel-pamati")

    assert run.minimum_size - run.seats_taken == 2
    assert run.decision_on > NOON.date()


def test_a_child_has_tried_a_lesson_and_its_family_decides(demo):
    trial = Enrollment.objects.get(state="trial")

    assert trial.learner == children_of(demo["parent_other"])["Emīls"]
    assert trial.trial_lesson.ends_at < NOON < trial.trial_ends_at
    assert Message.objects.filter(kind="enrollment.trial_question", address=demo["parent_other"].email).count() == 1


def test_the_teacher_is_asked_whether_they_still_come(demo):
    asked = Enrollment.objects.get(learner__user=demo["teacher"])

    assert asked.reconfirmed_at is None
    assert NOON < asked.reconfirm_by < asked.run.starts_at
    assert Message.objects.filter(kind="enrollment.still_coming", address=demo["teacher"].email).count() == 1


def test_a_party_waits_for_the_workshop_that_is_sold_out_and_may_come_on_the_day(demo):
    waiting = Enrollment.objects.waitlisted().get(learner=None)

    assert (waiting.run.seats_taken, waiting.seats) == (waiting.run.capacity, 3)
    assert waiting.run.course.program.has_standby


def test_one_draw_was_held_and_can_be_recomputed_and_one_collects_applications(demo):
    held, collecting = Draw.objects.order_by("pk")

    assert (held.state, collecting.is_collecting(now=NOON)) == ("held", True)
    assert allocation.verify(held.record).is_good
    assert sum(one["given"] for one in held.record["groups"]) == sum(one["free"] for one in held.record["groups"])
    assert sum(one["waiting"] for one in held.record["groups"]) > 0
    assert held.applications.visible_to(demo["parent_other"]).count() == 1
    assert collecting.applications.count() > 5
    assert min(one.starts_at for one in collecting.runs.all()) > collecting.closes_at + DAY


def test_the_demo_family_can_still_take_part_in_the_draw(demo):
    collecting = Draw.objects.get(state="announced")
    facts = eligibility.Facts.load(
        runs=collecting.runs.select_related("course__program"), learners=children_of(demo["parent"]).values(), now=NOON
    )

    for child in children_of(demo["parent"]).values():
        assert None in {facts.why_unfit(run, child, NOON) for run in collecting.runs.select_related("course__program")}


def test_one_workshop_of_the_coming_weekend_is_sold_out(demo):
    sold_out = CourseRun.objects.get(kind=RunKind.SLOT, seats_taken=F("capacity"))
    weekend = CourseRun.objects.filter(kind=RunKind.SLOT, starts_on__in=[date(2026, 11, 28), date(2026, 11, 29)])

    assert sold_out in weekend
    assert weekend.count() >= 10


def test_staff_have_their_roles_and_nobody_else_has_any(demo):
    roles = {key: sorted(user.roles) for key, user in demo.items() if user.roles}

    assert roles == {
        "instructor": ["instructor"], "instructor_other": ["instructor"], "desk": ["desk"], "coordinator": ["coordinator"],
        "manager": ["manager"],
    }  # fmt: skip
    assert RoleGrant.objects.exclude(role="instructor").count() == 3


def test_counters_rows_and_ledger_agree(demo):
    answer = io.StringIO()

    with time_machine.travel(NOON, tick=False):  # nothing is overdue then
        call_command("reconcile", "--json", stdout=answer)

    assert json.loads(answer.getvalue())["differences"] == []
    assert LedgerEntry.objects.filter(at__gt=NOON).count() == 0


def test_families_were_here_before_they_applied(demo):
    first = Enrollment.objects.earliest("received_at").received_at

    assert Guardianship.objects.filter(started_at__gte=first).count() == 0


def test_letters_are_those_of_the_people_one_can_be(demo):
    assert set(Message.objects.values_list("recipient__email", flat=True)) <= {user.email for user in demo.values()}
    assert Message.objects.waiting().count() == 0


# -- Making it again --------------------------------------------------------------------------------


def test_a_second_seed_changes_nothing(demo):
    before = {
        model: list(model.objects.order_by("pk").values()) for model in (User, Learner, CourseRun, Enrollment, Message)
    }

    assert seed.seed(now=NOON + DAY) is False

    assert {model: list(model.objects.order_by("pk").values()) for model in before} == before


def test_the_waiting_group_opens_again_after_each_start_until_somebody_applies(demo):
    later = datetime(2026, 11, 25, 9, 0, 40, tzinfo=UTC)

    assert groups.open_soon(now=later)

    opening = CourseRun.objects.get(**groups.OPENING)
    assert opening.enrollment_opens_at == datetime(2026, 11, 25, 9, 4, tzinfo=UTC)
    other = children_of(demo["parent_other"])["Emīls"]
    Enrollment.objects.confirmed().filter(learner=other, run__draws=None).update(run=opening)
    assert not groups.open_soon(now=later + DAY)


def test_importing_the_catalogue_leaves_the_demonstration_alone(demo):
    def everything():
        runs = CourseRun.objects.filter(term__slug=TERM)
        return list(runs.order_by("pk").values()), list(Lesson.objects.filter(run__in=runs).order_by("pk").values())

    before = everything()

    import_catalogue(octets=CATALOGUE.read_bytes(), now=NOON)

    assert everything() == before


def test_the_demonstration_is_refused_where_it_is_off(demo, settings):
    settings.DEMO = False

    for command in ("demo", "demo_people"):
        with pytest.raises(CommandError, match="is off") as refused:
            call_command(command)
        assert refused.value.returncode == 1
    with pytest.raises(seed.DemoRefused):
        seed.seed(now=NOON)
