"""Draft groups: made, changed by two at once, moved together, removed; and what follows when the term changes."""

from datetime import date, time, timedelta

import pytest

from courses.flows.season import dates, drafts, terms
from courses.flows.season.versions import version_of
from courses.models import CourseRun, Lesson, LessonState, RunState
from courses.refusals import TimetableReason, TimetableRefused
from tests.courses.flows.season.drafting import (
    AUTUMN,
    FRI,
    MON,
    THU,
    TUE,
    WED,
    days_of,
    facts,
    make_draft,
    make_instructor,
)
from tests.factories import NOON, make_course, make_room, make_run, make_term, make_user

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def builder():
    return make_user()


def changed(draft, builder, *, seen=None, lose_odd_dates=False, now=NOON, **given):
    draft = CourseRun.objects.select_related("term", "course", "room").get(pk=draft.pk)
    before = drafts.GroupFacts.of(draft, dates.DaysOff(draft.term))
    return drafts.change(
        run=draft, facts=facts(**{name: getattr(before, name) for name in before.__dataclass_fields__} | given),
        seen=seen, lose_odd_dates=lose_odd_dates, by=builder, now=now,
    )  # fmt: skip


def test_a_draft_has_an_address_planned_lessons_and_nobody_s_room():
    term, course, teacher = make_term(**AUTUMN), make_course(lessons_planned=3), make_instructor()
    make_run(course=course)
    used = CourseRun.objects.get().code

    draft = make_draft(term=term, course=course, instructors=(teacher.pk,))

    assert (draft.state, draft.code, draft.slug) == (
        RunState.DRAFT, f"R-{int(used[2:]) + 1}", f"r-{int(used[2:]) + 1}-{term.slug}"
    )  # fmt: skip
    assert days_of(draft) == ["07.09. 16:00", "14.09. 16:00", "21.09. 16:00"]
    assert {(one.state, one.room, *one.instructors.all()) for one in draft.lessons.all()} == {
        (LessonState.PLANNED, draft.room, teacher)
    }
    assert draft.starts_on == date(2027, 9, 7)
    assert draft.offers_end_at == draft.starts_at


def test_codes_of_a_letter_are_never_given_twice():
    term, course = make_term(**AUTUMN), make_course(topic="science")

    found = [make_draft(term=term, course=course).code for _ in range(3)]

    assert found == ["Z-1", "Z-2", "Z-3"]


def test_only_those_teach_who_have_the_role():
    with pytest.raises(TimetableRefused) as refused:
        make_draft(instructors=(make_user().pk,))

    assert refused.value.reason == TimetableReason.NO_INSTRUCTOR


def test_another_rule_writes_the_lessons_anew_from_the_first_day_of_the_term(builder):
    draft = make_draft(course=make_course(lessons_planned=3))

    changed(draft, builder, weekday=WED, start_time=time(17, 15))

    assert days_of(draft) == ["01.09. 17:15", "08.09. 17:15", "15.09. 17:15"]


def test_another_room_or_instructor_is_that_of_the_lessons_that_have_none_of_their_own(builder):
    old, new, other = make_instructor(), make_instructor(), make_instructor()
    draft = make_draft(course=make_course(lessons_planned=3), instructors=(old.pk,))
    odd = draft.lessons.order_by("starts_at").first()
    odd.instructors.set([other])
    Lesson.objects.filter(pk=odd.pk).update(room=make_room())
    room = make_room()

    changed(draft, builder, room=room, instructors=(new.pk,))

    found = [(one.room == room, *one.instructors.all()) for one in draft.lessons.order_by("starts_at")]
    assert found == [(False, other), (True, new), (True, new)]


def test_odd_dates_are_named_before_they_are_lost(builder):
    draft = make_draft(course=make_course(lessons_planned=2))
    dates.add_date(run=draft, day=date(2027, 10, 2), at=time(10), by=builder, now=NOON)

    with pytest.raises(drafts.OddDatesRefused) as refused:
        changed(draft, builder, weekday=MON)
    assert (len(refused.value.odd.added), days_of(draft)[-1]) == (1, "02.10. 10:00")

    changed(draft, builder, capacity=9)
    assert days_of(draft)[-1] == "02.10. 10:00"
    changed(draft, builder, weekday=MON, lose_odd_dates=True)
    assert days_of(draft) == ["06.09. 16:00", "13.09. 16:00"]


def test_the_second_of_two_editors_is_told_and_what_is_published_is_no_draft(builder):
    draft = make_draft()
    seen = version_of(CourseRun.objects.get(pk=draft.pk))
    changed(draft, builder, seen=seen, capacity=10, now=NOON + SECOND)

    reasons = []
    for _ in range(2):
        with pytest.raises(TimetableRefused) as refused:
            changed(draft, builder, seen=seen, capacity=9)
        reasons.append(refused.value.reason)
        CourseRun.objects.update(state=RunState.PUBLISHED)

    draft.refresh_from_db()
    assert (reasons, draft.capacity) == ([TimetableReason.STALE, TimetableReason.NO_DRAFT], 10)


# -- Together ----------------------------------------------------------------------------------------


def test_many_are_moved_alike_and_those_that_cannot_be_are_named(builder):
    term, course, room = make_term(**AUTUMN), make_course(lessons_planned=2), make_room()
    plain, late, odd = (
        make_draft(term=term, course=course, start_time=at) for at in (time(16), time(23, 30), time(15))
    )
    dates.add_date(run=odd, day=date(2027, 10, 2), at=time(10), by=builder, now=NOON)
    elsewhere = make_draft(course=course)

    followed = drafts.shift(
        term=term, run_ids=[one.pk for one in (plain, late, odd, elsewhere)], by=builder, now=NOON,
        by_how_much=drafts.Shift(minutes_later=60, weekday=FRI, room=room),
    )  # fmt: skip

    assert [followed.done, followed.odd] == [[plain], [odd]]
    assert [(run, refused.reason) for run, refused in followed.impossible] == [(late, TimetableReason.NO_SUCH_TIME)]
    assert days_of(plain) == ["03.09. 17:00", "10.09. 17:00"]
    assert {one.room for one in plain.lessons.all()} == {room}
    assert days_of(elsewhere)[0] == "07.09. 16:00"


def test_a_group_that_begins_later_is_moved_within_its_week(builder):
    draft = make_draft(course=make_course(lessons_planned=1), weekday=THU, starts_on=date(2027, 10, 14))

    drafts.shift(term=draft.term, run_ids=[draft.pk], by_how_much=drafts.Shift(weekday=TUE), by=builder, now=NOON)

    assert days_of(draft) == ["12.10. 16:00"]


def test_drafts_are_removed_with_their_lessons_and_nothing_else_is(builder):
    term = make_term(**AUTUMN)
    draft, published = make_draft(term=term), make_run(term=term)

    gone = drafts.remove(term=term, run_ids=[draft.pk, published.pk], by=builder, now=NOON)

    assert (gone, list(CourseRun.objects.all()), Lesson.objects.count()) == ([draft.code], [published], 3)


# -- The term changes --------------------------------------------------------------------------------


def test_drafts_follow_a_break_and_those_with_odd_dates_are_left(builder):
    term, course = make_term(**AUTUMN), make_course(lessons_planned=2)
    plain, odd = make_draft(term=term, course=course), make_draft(term=term, course=course)
    dates.add_date(run=odd, day=date(2027, 10, 2), at=time(10), by=builder, now=NOON)
    make_run(term=term, starts_at=plain.starts_at, lessons=1)
    week = terms.BreakFacts(name_lv="Brīvs", name_en="Off", starts_on=date(2027, 9, 6), ends_on=date(2027, 9, 10))

    effect = terms.add_breaks(term=term, breaks=[week], by=builder, now=NOON)

    assert (effect.added, effect.in_the_way, effect.followed.done, effect.followed.odd) == (1, 1, [plain], [odd])
    assert [days_of(plain), days_of(odd)[:2]] == [["14.09. 16:00", "21.09. 16:00"], ["07.09. 16:00", "14.09. 16:00"]]
    again = terms.add_breaks(term=term, breaks=[week], by=builder, now=NOON)
    assert (again.added, again.known, again.followed.done) == (0, 1, [])
    terms.remove_break(one=term.breaks.get(), by=builder, now=NOON)
    assert days_of(plain) == ["07.09. 16:00", "14.09. 16:00"]


def test_a_break_is_changed_by_whoever_has_seen_it_as_it_is(builder):
    term = make_term(**AUTUMN, breaks=[(date(2027, 9, 6), date(2027, 9, 10))])
    one = term.breaks.get()
    seen = version_of(one)
    later = terms.BreakFacts(name_lv="B", name_en="B", starts_on=date(2027, 9, 13), ends_on=date(2027, 9, 14), grade=5)
    terms.change_break(one=one, facts=later, seen=seen, by=builder, now=NOON)

    with pytest.raises(TimetableRefused) as refused:
        terms.change_break(one=one, facts=later, seen=seen, by=builder, now=NOON)

    one.refresh_from_db()
    assert (refused.value.reason, one.grade, one.ends_on) == (TimetableReason.STALE, 5, date(2027, 9, 14))


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (date(2027, 9, 7), date(2027, 9, 6), TimetableReason.ENDS_FIRST),
        (date(2027, 8, 1), date(2027, 8, 31), TimetableReason.OUTSIDE_TERM),
    ],
)
def test_a_break_that_makes_no_sense_is_refused(builder, first, last, reason):
    term = make_term(**AUTUMN)
    facts = terms.BreakFacts(name_lv="B", name_en="B", starts_on=first, ends_on=last)

    with pytest.raises(TimetableRefused) as refused:
        terms.add_breaks(term=term, breaks=[facts], by=builder, now=NOON)

    assert (refused.value.reason, term.breaks.count()) == (reason, 0)


def term_facts(**given):
    names = {"name_lv": "2027./2028. mācību gads", "name_en": "School year 2027/2028"}
    return terms.TermFacts(**names | AUTUMN | given)


def test_a_term_begins_later_and_its_drafts_with_it_but_not_where_lessons_are_published(builder):
    term = terms.create_term(facts=term_facts(), by=builder, now=NOON)
    draft = make_draft(term=term, course=make_course(lessons_planned=2))

    effect = terms.change_term(
        term=term, facts=term_facts(starts_on=date(2027, 9, 13)), seen=version_of(term), by=builder, now=NOON
    )
    assert (effect.followed.done, days_of(draft)) == ([draft], ["14.09. 16:00", "21.09. 16:00"])

    draft.refresh_from_db()
    make_run(term=term, starts_at=draft.starts_at)
    term.refresh_from_db()
    with pytest.raises(TimetableRefused) as refused:
        terms.change_term(term=term, facts=term_facts(starts_on=date(2027, 9, 20)), seen=None, by=builder, now=NOON)
    assert (refused.value.reason, refused.value.day) == (TimetableReason.OUTSIDE_NEW_TERM, date(2027, 9, 14))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"ends_on": date(2027, 8, 1)}, TimetableReason.ENDS_FIRST),
        ({"classes_start_on": date(2027, 8, 31)}, TimetableReason.FIRST_DAY),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(builder, given, reason):
    with pytest.raises(TimetableRefused) as refused:
        terms.create_term(facts=term_facts(**given), by=builder, now=NOON)

    assert refused.value.reason == reason


def test_terms_have_addresses_of_their_own_and_take_over_breaks_a_year_later(builder):
    before = make_term(breaks=[(date(2026, 10, 19), date(2026, 10, 23), 1)])
    year = term_facts(ends_on=date(2028, 5, 31))

    first, second = (terms.create_term(facts=year, breaks_of=before, by=builder, now=NOON) for _ in range(2))

    assert [first.slug, second.slug] == ["2027-28", "2027-28-2"]
    assert [(one.starts_on, one.grade) for one in first.breaks.all()] == [(date(2027, 10, 18), 1)]
