"""One row of every model of ours that keeps every constraint."""

from uuid import uuid4

from django.apps import apps

from accounts.models import Guardianship, Learner, Role, RoleGrant, School, TeacherProfile, User
from accounts.outbox.models import Heartbeat, Message
from courses.models import (
    Break,
    ChangeKind,
    Course,
    CourseRun,
    EligibilityRule,
    FeePolicy,
    FirstServed,
    Lesson,
    LessonChange,
    PriorityWindow,
    Program,
    PublicFeed,
    Room,
    RuleKind,
    Term,
    TimetableChange,
    Venue,
)
from enrollment.models import (
    Applicant,
    Application,
    ApplicationState,
    Draw,
    Enrollment,
    FairnessReport,
    FeedLink,
    FormDraft,
    LedgerEntry,
    Submission,
    WaitlistOffer,
    Wish,
)
from tests.factories import (
    DAY,
    HOUR,
    NOON,
    enroll,
    make_child,
    make_course,
    make_guardian,
    make_program,
    make_room,
    make_rule,
    make_run,
    make_school,
    make_term,
    make_user,
)

OURS = [model for label in ("accounts", "outbox", "courses", "enrollment") for model in apps.get_app_config(label).get_models()]  # fmt: skip


def an_application():
    child = make_child()
    application = Application.objects.create(
        prepared_by=child.guardianships.get().guardian, prepared_at=NOON, draw=a_draw(), state=ApplicationState.PREPARED
    )
    Applicant.objects.create(application=application, learner=child, draw=application.draw)
    Wish.objects.create(application=application, run=make_run(), rank=1)
    return application


def a_draw():
    return Draw.objects.create(
        slug=f"draw-{uuid4().hex}", name_lv="Izloze", name_en="Draw", program=make_program(), seed_sha256="0" * 64,
        announced_at=NOON, opens_at=NOON, closes_at=NOON + DAY,
    )  # fmt: skip


def a_letter():
    user = make_guardian()
    return Message.objects.create(
        event_key="e", recipient=user, address=user.email, kind="enrollment.place_given", created_at=NOON, send_after=NOON
    )  # fmt: skip


def an_offer():
    return WaitlistOffer.objects.create(
        enrollment=enroll(make_run()), offered_at=NOON, remind_at=NOON + HOUR, expires_at=NOON + DAY
    )


def a_feed():
    return FeedLink.objects.create(user=make_guardian(), name="Telefons", token_sha256="0" * 64, created_at=NOON)


def a_break():
    return make_term(breaks=[(NOON.date(), NOON.date())]).breaks.get()


def a_lesson_change():
    lesson = make_run().lessons.first()
    change = TimetableChange.objects.create(key=uuid4(), kind=ChangeKind.MOVED, made_at=NOON)
    return LessonChange.objects.create(change=change, run=lesson.run, lesson=lesson, after={})


def a_window():
    return PriorityWindow.objects.create(
        program=make_program(), term=make_term(), who=FirstServed.SIBLING, opens_at=NOON
    )


def figures():
    return FairnessReport.objects.create(program=make_program(), term=make_term(), opened_at=NOON, computed_at=NOON)


# A row of each model that keeps every constraint.
SOUND = {
    User: make_guardian, Learner: make_child, School: make_school,
    TeacherProfile: lambda: TeacherProfile.objects.create(user=make_user(), school=make_school()),
    Heartbeat: lambda: Heartbeat.objects.create(name="worker", beat_at=NOON), Message: a_letter,
    Program: make_program, Course: make_course, CourseRun: make_run, Room: make_room, Term: make_term, Break: a_break,
    Venue: lambda: make_room().venue, PriorityWindow: a_window, Lesson: lambda: make_run().lessons.first(),
    TimetableChange: lambda: a_lesson_change().change, LessonChange: a_lesson_change,
    EligibilityRule: lambda: make_rule(make_program(), RuleKind.GRADE, minimum=1, maximum=12),
    FeePolicy: lambda: FeePolicy.objects.create(slug="fee", name_lv="Maksa", name_en="Fee"),
    PublicFeed: lambda: PublicFeed.objects.create(path="/feeds/all.ics", language="lv"),
    Enrollment: lambda: enroll(make_run()), Submission: lambda: enroll(make_run()).submission,
    LedgerEntry: lambda: enroll(make_run()).ledger.get(), WaitlistOffer: an_offer, FeedLink: a_feed,
    Draw: a_draw, Application: an_application, Applicant: lambda: an_application().applicants.get(),
    Wish: lambda: an_application().wishes.get(), FairnessReport: figures,
    FormDraft: lambda: FormDraft.objects.create(user=make_guardian(), form="child", data={}, saved_at=NOON),
    Guardianship: lambda: make_child().guardianships.get(),
    RoleGrant: lambda: make_user(roles=[Role.DESK]).role_grants.get(),
}  # fmt: skip
