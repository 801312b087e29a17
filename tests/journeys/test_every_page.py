"""Every page of the site on the demonstration's data: axe finds nothing, nothing is wider than its window, nothing complains."""

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.audiences import declared
from accounts.flows import sign_in as links_to_sign_in
from accounts.outbox import inbox
from accounts.outbox.models import Message
from courses.flows.season import copying, terms
from courses.models import Course, CourseKind, CourseRun, Lesson, RunKind, Term, TimetableChange, Venue
from enrollment import links
from enrollment.demo import people, seed
from enrollment.flows import bookings, fairness
from enrollment.models import (
    Application,
    Draw,
    DrawState,
    Enrollment,
    EnrollmentState,
    FairnessReport,
    Submission,
    WaitlistOffer,
)
from tests.browser import DESKTOP, PHONE, accessibility_violations, overflow
from tests.enrollment.drawing import announce, drawn_group
from tests.factories import WEEK, make_guardian
from tests.journeys.stories import deliver

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# What a browser does not show as a page of ours, and why.
NOT_PAGES = {
    "healthz": "JSON for monitors",
    "courses:catalogue_calendar": "a calendar",
    "courses:course_calendar": "a calendar",
    "courses:run_calendar": "a calendar",
    "courses:lesson_calendar": "a calendar",
    "courses:program_calendar": "a calendar",
    "enrollment:ticket_calendar": "a calendar",
    "enrollment:feed": "a calendar",
    "enrollment:desk_schedule_export": "a file",
    "enrollment:teaching_week_export": "a file",
    "enrollment:family_week_export": "a file",
    "fairness_csv": "a file for a spreadsheet",
    "draw_record": "a file for programs, JSON",
    "account_request_login_code": "the same page as account_login",
    "account_email": "leads to account_login",
    "account_signup": "leads to account_login",
    "account_logout": "signs the visit out",
    "account_inactive": "only while an account is closed",
    "account_reauthenticate": "asked for by the second factor: tests/journeys/test_second_factor.py",
    "account_confirm_login_code": "only after a code was sent: tests/journeys/test_new_family.py",
    "enrollment:desk_group_preview": "a part of the page of a group",
    "demo_sign_in": "leads to where a day begins",
    "demo_letter_html": "the frame within a letter's page",
}
FOREIGN = ("mfa_", "admin", "api:")  # pages of libraries, and JSON


@dataclass
class Tour:
    """Addresses by who visits them; `names` are the routes they cover."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def add(self, who, name, *args, query=""):
        self.names.add(name)
        self.addresses.setdefault(who, []).append(reverse(name, args=args) + query)


def tour() -> Tour:
    now = timezone.now()
    user = {person.key: person.user() for person in people.PEOPLE}
    groups = CourseRun.objects.filter(kind=RunKind.GROUP, term__slug="demo", draws=None).select_related("course")
    is_open = groups.open_for_enrollment(now=now)
    full, free = is_open.filter(waitlist_length__gt=0).first(), is_open.with_free_seats().first()
    soon = groups.filter(enrollment_opens_at__gt=now).first()
    slot = CourseRun.objects.filter(kind=RunKind.SLOT, starts_at__gt=now).select_related("course").first()
    offer = WaitlistOffer.objects.open().filter(enrollment__learner__guardianships__guardian=user["parent"]).get()
    own = Enrollment.objects.visible_to(user["parent"])
    child = user["parent"].guardianships.order_by("pk").first().learner
    submission = Submission.objects.filter(submitted_by=user["parent"]).first()
    booking = bookings.book(run=slot, seats_wanted=1, name="Viesis", email="viesis@example.lv", key=uuid4(), now=now)
    message = Message.objects.visible_to(user["parent"]).first()
    found = Tour()
    for name in ("home", "fairness", "courses:catalogue", "help", "privacy", "accessibility", "account_login"):
        found.add("", name)
    report = FairnessReport.objects.select_related("program", "term").first()
    found.add("", "fairness_of", report.program.slug, report.term.slug)
    found.add("", "courses:catalogue", query="?q=nekas-tāds")
    for course in (full.course, slot.course, Course.objects.filter(kind=CourseKind.BIRTHDAY).first()):
        found.add("", "courses:course", course.slug)
    for run in (full, free, soon):
        found.add("", "courses:run", run.course.slug, run.slug)
    found.add("", "courses:book", slot.course.slug, slot.slug)
    found.add("", "sign_in_link", links_to_sign_in.link_path(user["new_parent"]).split("/")[-2])
    found.add("", "enrollment:offer", links.offer_path(offer, user["parent"]).split("/")[-2])
    found.add("", "enrollment:ticket", links.ticket_path(booking).split("/")[-2])
    for name in ("demo_people", "demo_inbox", "gallery"):
        found.add("", name)
    found.add("", "demo_letter", inbox.letters(limit=1)[0].name)

    for name in ("family_home", "family_week", "messages", "child_new", "profile", "calendar_links"):
        found.add("parent", f"enrollment:{name}")
    found.add("parent", "courses:catalogue")
    found.add("parent", "courses:run", free.course.slug, free.slug)
    found.add("parent", "enrollment:message", message.pk)
    found.add("parent", "enrollment:child", child.pk)
    for run in (free, full, soon):
        found.add("parent", "enrollment:enroll", run.pk)
    found.add("parent", "enrollment:enroll_check", full.pk, query=f"?learner={child.pk}")
    found.add("parent", "enrollment:result", submission.key)
    for one in (own.filter(state=EnrollmentState.CONFIRMED).first(), offer.enrollment):
        found.add("parent", "enrollment:enrollment", one.pk)
    prepared = Application.objects.get(prepared_by=user["parent"])
    found.add("parent", "enrollment:applications")
    for name in ("application", "application_edit"):
        found.add("parent", f"enrollment:{name}", prepared.key)
    for run, who in ((soon, child.pk + 1), (free, child.pk)):
        found.add("parent", "enrollment:application_new", run.pk, query=f"?learner={who}")
    found.add("new_parent", "enrollment:family_home")

    taught = user["instructor"].runs_taught.first()
    found.add("instructor", "enrollment:teaching_home")
    found.add("instructor", "enrollment:teaching_run", taught.pk)

    for name in ("desk_home", "desk_people", "desk_family_new", "desk_groups"):
        found.add("desk", f"enrollment:{name}")
    found.add("desk", "enrollment:desk_people", query="?q=pe")
    for name in ("desk_family", "desk_facts", "desk_enroll"):
        found.add("desk", f"enrollment:{name}", child.pk)
    for name in ("desk_run", "desk_run_lessons", "desk_run_history", "desk_capacity"):
        found.add("desk", f"enrollment:{name}", full.pk)
    placed = full.enrollments.confirmed().first()
    found.add("desk", "enrollment:desk_run", full.pk, query=f"?who={placed.pk}")
    for one in (placed, full.enrollments.waitlisted().last(), offer.enrollment):
        found.add("desk", "enrollment:desk_why", one.pk)
    found.add("desk", "enrollment:desk_move", placed.pk)
    found.add("desk", "enrollment:desk_cancel", placed.pk)
    _after_the_place(found, user, free)
    _lessons(found, placed.run, now)
    _board(found, child, taught)
    _season(found)
    _draws(found)
    return found


def _lessons(found, run, now):
    """One lesson with what each change would do, what was changed, and a whole house."""
    lesson = run.lessons.scheduled().upcoming(now=now).order_by("starts_at").first()
    taken = Lesson.objects.scheduled().filter(starts_at=lesson.starts_at).exclude(pk=lesson.pk).first()
    queries = ["", "?what=cancel&reason=slim%C4%ABba", "?what=remote", "?what=instructor", "?scope=all&starts=19:00"]
    for query in (*queries, *([f"?room={taken.room.slug}"] if taken and taken.room else [])):
        found.add("desk", "enrollment:desk_lesson", lesson.pk, query=query)
    found.add("desk", "enrollment:desk_changes")
    found.add("desk", "enrollment:desk_change", TimetableChange.objects.latest("pk").pk)
    days = f"first={timezone.localdate(now)}&last={timezone.localdate(now + WEEK)}"
    for query in ("", f"?where=all&{days}&what=remote"):
        found.add("coordinator", "enrollment:desk_mass", query=query)


def _season(found):
    """Building the season: last year's groups copied into a term to come, one of them open."""
    before, by = Term.objects.get(slug="demo"), people.BY_KEY["coordinator"].user()
    facts = terms.TermFacts(
        name_lv="Nākamais gads", name_en="Next year", starts_on=before.starts_on + terms.YEAR,
        ends_on=before.ends_on + terms.YEAR,
    )  # fmt: skip
    year = terms.create_term(facts=facts, breaks_of=before, by=by, now=timezone.now())
    wanted = [line.run.pk for line in copying.lines(before, year) if line.is_wanted]
    made = copying.copy(source=before, target=year, run_ids=wanted, by=by, now=timezone.now()).made
    venue = Venue.objects.filter(rooms__isnull=False).first()
    for name in ("desk_season", "desk_term_new", "desk_season_copy", "desk_venues", "desk_venue_new"):
        found.add("coordinator", f"enrollment:{name}")
    found.add("coordinator", "enrollment:desk_season_copy", query=f"?source={before.pk}&target={year.pk}")
    for name in (
        *("desk_term", "desk_term_edit", "desk_breaks", "desk_breaks_import", "desk_group_new"),
        *("desk_season_shift", "desk_season_remove", "desk_season_publish"),
    ):
        found.add("coordinator", f"enrollment:{name}", year.pk)
    found.add("coordinator", "enrollment:desk_term", year.pk, query=f"?step=2&tick=free&open={made[0].pk}")
    found.add("coordinator", "enrollment:desk_group", made[0].pk)
    found.add("coordinator", "enrollment:desk_break", year.breaks.first().pk)
    for name in ("desk_venue", "desk_room_new"):
        found.add("coordinator", f"enrollment:{name}", venue.pk)
    found.add("coordinator", "enrollment:desk_room", venue.rooms.first().pk)


def _board(found, child, taught):
    """The timetable of a day and of a week, by rooms and of one group, a lesson beside it, and what is free."""
    found.add("instructor", "enrollment:teaching_week")
    found.add("desk", "enrollment:desk_family_week", child.pk)
    lesson = taught.lessons.upcoming(now=timezone.now()).order_by("starts_at").first()
    day = timezone.localdate(lesson.starts_at)
    one_group = f"?day={day}&view=week&by=group&run={taught.pk}"
    for query in ("", f"?day={day}&lesson={lesson.pk}", f"?day={day}&view=week", one_group):
        found.add("desk", "enrollment:desk_schedule", query=query)
    asked = f"?minutes=60&people=8&start=14:00&until=19:00&when=day&day={day}&who=any"
    for query in ("", asked):
        found.add("desk", "enrollment:desk_schedule_free", query=query)


def _after_the_place(found, user, free):
    """Trials, changed groups, still coming, the door and decisions."""
    own = Enrollment.objects.visible_to(user["parent"]).filter(state=EnrollmentState.CONFIRMED).first()
    found.add("parent", "enrollment:change_group", own.pk)
    found.add("parent", "enrollment:try_lesson", free.pk)
    tried = Enrollment.objects.get(state=EnrollmentState.TRIAL)
    found.add("parent_other", "enrollment:family_home")
    found.add("parent_other", "enrollment:enrollment", tried.pk)
    found.add("", "enrollment:trial", links.question_path(links.TRIAL, tried, user["parent_other"]).split("/")[-2])
    asked = Enrollment.objects.visible_to(user["teacher"]).filter(reconfirm_by__isnull=False).get()
    found.add(
        "", "enrollment:still_coming", links.question_path(links.STILL_COMING, asked, user["teacher"]).split("/")[-2]
    )
    waiting = Enrollment.objects.waitlisted().get(learner=None)
    found.add("", "enrollment:ticket", links.ticket_path(waiting).split("/")[-2])
    found.add("desk", "enrollment:desk_door", waiting.run_id)
    found.add("desk", "enrollment:desk_run", tried.run_id, query=f"?who={tried.pk}")
    deciding = CourseRun.objects.filter(course__slug="excel-pamati").get()
    for name in ("desk_run", "desk_decision", "desk_cancel_run"):
        found.add("coordinator", f"enrollment:{name}", deciding.pk)


def _draws(found):
    """One held and one that collects applications, for everybody and for a family; and a group of each."""
    found.add("", "draws")
    held, collecting = Draw.objects.get(state=DrawState.HELD), Draw.objects.get(state=DrawState.ANNOUNCED)
    pseudonym = held.record["applications"][0]["pseudonym"]
    for draw in (held, collecting):
        found.add("", "draw", draw.slug)
        run = draw.runs.select_related("course").first()
        found.add("parent", "courses:run", run.course.slug, run.slug)
    found.add("", "draw", held.slug, query=f"?q={pseudonym[:6]}")
    found.add("parent_other", "draw", held.slug)
    found.add("desk", "enrollment:desk_draws")
    for draw in (held, collecting):
        found.add("desk", "enrollment:desk_draw", draw.pk)
    _draws_of_builders(found, collecting)
    child = people.BY_KEY["parent"].user().guardianships.order_by("pk").first().learner
    found.add("parent", "enrollment:application_new", collecting.runs.first().pk, query=f"?learner={child.pk}")


def _draws_of_builders(found, collecting):
    """A draw that has not begun yet, announced, changed and cancelled; and one rehearsed, with the names of a group."""
    program, term = collecting.program, collecting.term
    run = drawn_group(Course.objects.filter(program=program).first(), term=term, **_after(collecting))
    ahead = announce(run, **_window(collecting), now=timezone.now())
    found.add("coordinator", "enrollment:desk_draws")
    found.add("coordinator", "enrollment:desk_draw", ahead.pk)
    found.add("coordinator", "enrollment:desk_draw_change", ahead.pk)
    found.add("coordinator", "enrollment:desk_draw_cancel", collecting.pk)
    drawn_group(Course.objects.filter(program=program).first(), term=term, **_after(collecting))
    one_of_them = f"?program={program.pk}&term={term.pk}"
    for query in ("", one_of_them):
        found.add("coordinator", "enrollment:desk_draw_new", query=query)
    for query in ("", one_of_them, f"{one_of_them}&seed=6&group={collecting.runs.first().pk}"):
        found.add("coordinator", "enrollment:desk_draw_rehearsal", query=query)


def _after(draw):
    return {"starts_at": draw.closes_at + 4 * WEEK, "enrollment_opens_at": draw.closes_at + WEEK}


def _window(draw):
    return {"opens_at": draw.closes_at, "closes_at": draw.closes_at + WEEK / 2}


@pytest.fixture
def demo(settings, tmp_path):
    """The demonstration as of now, its letters delivered to its own inbox."""
    cache.clear()
    settings.MAIL_DIR = tmp_path
    settings.EMAIL_BACKEND = "accounts.outbox.inbox.InboxBackend"
    seed.seed(now=timezone.now())
    fairness.refresh(now=timezone.now())
    deliver()


# What a page looks like does not depend on the database: each window on one of them. The other two, a dark phone and a
# light desk, are looked at by the tests of single parts, on pages that have more to show.
WINDOWS = [
    pytest.param(PHONE, "light", marks=pytest.mark.sqlite_only, id="phone"),
    pytest.param(DESKTOP, "dark", marks=pytest.mark.postgresql_only, id="desktop"),
]


@pytest.mark.parametrize(("window", "theme"), WINDOWS)
def test_every_page_is_accessible_and_fits_its_window(open_page, demo, window, theme):
    visits = tour()
    found = {}
    for who, addresses in visits.addresses.items():
        page = open_page(device=window, user=people.BY_KEY[who].user() if who else None)
        page.goto(f"/help/?theme={theme}")
        for address in addresses:
            response = page.goto(address)
            wrong = [*accessibility_violations(page), *([f"{overflow(page)} px too wide"] if overflow(page) else [])]
            if response.status != 200:
                wrong.append(f"answered {response.status}")
            if wrong:
                found[who, address] = wrong
        page.context.close()

    assert found == {}
    routes = {name for _, name, _, _ in declared(get_resolver().url_patterns) if _shows_a_page(name)}
    assert routes - visits.names == set()


def _shows_a_page(name):
    return name and name not in NOT_PAGES and name not in POSTS and not name.startswith(FOREIGN)


POSTS = {
    *("enrollment:messages_read", "enrollment:draft_save", "enrollment:withdraw", "enrollment:undo_withdrawal"),
    "enrollment:application_drop",
    *("enrollment:pass_on", "enrollment:calendar_link_new", "enrollment:calendar_link_revoke"),
    *("enrollment:calendar_link_replace", "enrollment:desk_evidence", "enrollment:desk_phone"),
    "enrollment:desk_change_undo",
    "enrollment:desk_draw_hold",
    *("enrollment:desk_offer_next", "enrollment:desk_withdraw", "enrollment:desk_undo"),
    *("enrollment:desk_give_place", "enrollment:desk_no_show", "enrollment:desk_undo_no_show"),
    *("enrollment:desk_break_remove", "enrollment:desk_group_place", "enrollment:desk_group_dates"),
}


def test_what_is_missing_or_forbidden_is_a_kind_page(open_page, complaints):
    complaints.expect("status of 40[34]")
    page = open_page(device=PHONE, user=make_guardian())

    found = {}
    for address in ("/nav/tādas/", "/desk/"):
        page.goto(address)
        found[address] = accessibility_violations(page)

    assert found == {"/nav/tādas/": [], "/desk/": []}
