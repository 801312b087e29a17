"""What happened to the people whom one can sign in as, and what waits for them (UX, 6)."""

from datetime import time

from django.utils import timezone

from accounts.flows import families
from accounts.models import Learner, Residency, School, TeacherProfile
from accounts.models.school import VENTSPILS
from courses.flows import timetable
from courses.flows.lessons import cancel_lesson
from courses.models import CourseRun, Lesson, RunKind
from courses.refusals import TimetableRefused
from enrollment.demo import people
from enrollment.demo.crowd import Crowd
from enrollment.demo.stage import DAY, HOUR, MINUTE, WEEK, Stage
from enrollment.family.wishes import wishes
from enrollment.flows import applications, bookings, enrollments

FULL, FULL_QUEUE = ("minecraft-3-5", 5), 4  # both demo children fit
ANNIJA = ("robotika-4-6", 3)
CLASHING = ("eksperimenti-4-6", 3)  # overlaps with Annija's group, and has places left
OF_GRADE_3 = ("robotika-1-3", "logika-1-3", "mazie-petnieki-1-3", "minecraft-3-5", "digitala-majturiba-3-6")
NEEDS_TWO_MORE = "excel-pamati"
SOLD_OUT = "darbnica-robotu-futbols"
SATURDAY = 5


def applicants(stage: Stage, *, meeting: CourseRun, offering: CourseRun) -> dict[int, int]:
    """How many children apply where a story needs a certain number: {run id: children}."""
    full, clashing, annija = stage.group(*FULL), stage.group(*CLASHING), stage.group(*ANNIJA)
    return {
        meeting.pk: meeting.capacity,
        full.pk: full.capacity + FULL_QUEUE,
        offering.pk: offering.capacity,
        clashing.pk: clashing.capacity // 2,
        annija.pk: annija.capacity - 2,
    }


def group_with_an_offer(stage: Stage) -> CourseRun:
    """Of Roberts' grade, with the next lesson as far away as possible, so that the offer lasts long."""
    upcoming = Lesson.objects.scheduled().filter(starts_at__gt=stage.now).order_by("starts_at")
    runs = stage.groups().filter(course__slug__in=OF_GRADE_3).exclude(pk=stage.group(*FULL).pk)
    return max(runs, key=lambda run: upcoming.filter(run=run).values_list("starts_at", flat=True).first())


def demo_family(stage: Stage, crowd: Crowd, *, offering: CourseRun) -> None:
    """Annija has a group with a cancelled lesson. Roberts was first in a queue and has an offer."""
    parent, second = stage.user("parent"), stage.user("parent_second")
    school = stage.school("Ventspils Centra sākumskola")
    annija = _child(stage, parent, "Annija", "Bērziņa", 4, (3, 27), school=school)
    roberts = _child(stage, parent, "Roberts", "Bērziņš", 3, (9, 14), school=school)
    for child in (annija, roberts):
        families.add_guardian(learner=child, guardian=second, now=stage.now)
    group = stage.group(*ANNIJA)
    stage.enroll(group, annija, by=parent, at=stage.term.enrollment_opens_at + 9 * DAY)
    _cancel_next_lesson(stage, group)

    stage.enroll(offering, roberts, by=parent, at=stage.now - 12 * DAY)
    for days in (5, 4):
        crowd.enroll(offering, crowd.child(3), at=stage.now - days * DAY)
    seated = offering.enrollments.confirmed().select_related("submission").latest("received_at")
    enrollments.withdraw(enrollment=seated, by=seated.submission.submitted_by, now=stage.now - 50 * MINUTE)
    enrollments.pass_on(enrollment=seated, by=None, now=stage.now - 40 * MINUTE)


def prepared(stage: Stage, opening: CourseRun) -> None:
    """Annija's application for the group that opens in a few minutes waits for one press."""
    parent = stage.user("parent")
    annija = Learner.objects.visible_to(parent).get(first_name="Annija")
    opening = CourseRun.objects.for_display().get(pk=opening.pk)
    found = wishes(run=opening, learners=[annija], now=stage.now)
    spare = [run for run in (*found.same_course, *found.similar) if not run.is_full][:1]
    applications.prepare(
        learners=[annija], runs=[opening, *spare], by=parent, now=stage.now - 2 * DAY, waits_for=[opening.pk]
    )


def _child(stage, guardian, first_name, last_name, grade, birthday, **fields) -> Learner:
    birth_date = people.born_in_grade(grade, *birthday, today=stage.today)
    return families.add_child(
        guardian=guardian, first_name=first_name, last_name=last_name, grade=grade, birth_date=birth_date, now=stage.now,
        **{"residency": Residency.VENTSPILS} | fields,
    )  # fmt: skip


def _cancel_next_lesson(stage, group):
    """With a replacement on the first Saturday at which the room and the instructor are free."""
    lesson = group.lessons.filter(starts_at__gt=stage.now + 4 * HOUR).earliest("starts_at")
    day = timezone.localdate(lesson.starts_at)
    saturday = day + (SATURDAY - day.weekday()) % 7 * DAY
    candidates = [(saturday + week * WEEK, time(hour)) for week in range(4) for hour in (11, 12, 14, 15, 9, 17)]
    for start, _end in timetable.lesson_times(candidates, minutes=group.duration_minutes):
        try:
            cancel_lesson(
                lesson=lesson, by=stage.user("coordinator"), reason="pasniedzēja slimība", now=stage.now - HOUR,
                replacement=(start, None),
            )  # fmt: skip
        except TimetableRefused:
            continue
        return


def other_family(stage: Stage) -> None:
    """Emīls has a place. Marta is in the right grade and not of Ventspils, and so not eligible."""
    parent = stage.user("parent_other")
    school = stage.school("Ventspils 4. vidusskola")
    emils = _child(stage, parent, "Emīls", "Kalniņš", 5, (6, 3), school=school)
    elsewhere = {"school": stage.school("Zūru pamatskola"), "residency": Residency.ELSEWHERE}
    _child(stage, parent, "Marta", "Kalniņa", 4, (11, 21), **elsewhere)
    stage.enroll(stage.group(*CLASHING), emils, by=parent, at=stage.term.enrollment_opens_at + 3 * DAY)


def adults(stage: Stage) -> None:
    """Courses that fill up; one still needs two people before its decision day."""
    needing = stage.group(NEEDS_TWO_MORE)
    counts = {
        NEEDS_TWO_MORE: needing.minimum_size - 2,
        "viedtalrunis": 7,
        "dokumenti": 3,
        "mi-darba": 9,
        "grafiskais-dizains": 6,
    }
    number = 0
    for slug, count in counts.items():
        for _ in range(count):
            number += 1
            user = stage.make_user(people.adult(stage.dice, number))
            stage.enroll(stage.group(slug), families.own_learner(user=user), by=user, at=stage.hours_ago(30, 200))
    adult = stage.user("adult")
    stage.enroll(stage.group("viedtalrunis"), families.own_learner(user=adult), by=adult, at=stage.now - 3 * DAY)


def teachers(stage: Stage) -> None:
    schools = list(School.objects.filter(municipality=VENTSPILS))
    slugs = ("ped-robotika", "ped-mi", "ped-drosiba", "ped-jegpilni")
    for number in range(30):
        user = stage.make_user(people.adult(stage.dice, 500 + number))
        TeacherProfile.objects.create(user=user, school=stage.dice.choice(schools), confirmed_at=stage.now)
        run = stage.group(slugs[number % len(slugs)])
        stage.enroll(run, families.own_learner(user=user), by=user, at=stage.hours_ago(30, 300))
    teacher = stage.user("teacher")
    TeacherProfile.objects.create(
        user=teacher, school=stage.school("Ventspils 2. vidusskola"), subject="Matemātika", confirmed_at=stage.now
    )
    stage.enroll(stage.group("ped-robotika"), families.own_learner(user=teacher), by=teacher, at=stage.now - 4 * DAY)


def visitors(stage: Stage) -> None:
    """Parties for the coming workshops and shows; one workshop of the coming weekend is sold out, and a party waits."""
    slots = CourseRun.objects.filter(kind=RunKind.SLOT, starts_at__gt=stage.now + HOUR).order_by("starts_at")
    slots = slots.select_related("course__program", "room__venue")
    sold_out = slots.filter(course__slug=SOLD_OUT).first()
    _book(stage, sold_out, (4, 2, 5, 3, 2, 3))
    for run in slots.exclude(pk=sold_out.pk)[:14]:
        _book(stage, run, [stage.dice.randint(2, 4) for _ in range(stage.dice.randint(0, 3))])


def _book(stage, run, parties):
    for seats in parties:
        guest = people.adult(stage.dice, 1000 + stage.dice.randint(0, 900))
        bookings.book(
            run=run, seats_wanted=seats, name=f"{guest.first_name} {guest.last_name}", email=guest.email, key=stage.key(),
            now=stage.hours_ago(1, 40),
        )  # fmt: skip
