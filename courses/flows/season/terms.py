"""Terms and their breaks. What changes their days, changes the drafts of the term; published lessons are moved by people."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from courses.flows.publishing import touch_runs
from courses.flows.season.drafts import Followed, drafts_of, follow_term
from courses.flows.season.versions import insist_on_version
from courses.models import Break, CourseRun, Lesson, Term
from courses.refusals import TimetableReason, TimetableRefused

YEAR = timedelta(weeks=52)  # the same weekdays a year later


@dataclass(frozen=True, kw_only=True)
class TermFacts:
    name_lv: str
    name_en: str
    starts_on: date
    ends_on: date
    classes_start_on: date | None = None
    enrollment_opens_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BreakFacts:
    name_lv: str
    name_en: str
    starts_on: date
    ends_on: date  # included
    grade: int | None = None
    slug: str = ""  # of one that came from a file, so that it is known again


@dataclass
class Effect:
    """What a change of days did to what is in the term."""

    followed: Followed
    in_the_way: int = 0  # published lessons on days that are now off
    added: int = 0
    changed: int = 0
    known: int = 0  # breaks that were there already


@transaction.atomic
def create_term(*, facts: TermFacts, breaks_of: Term | None = None, by: User, now: datetime) -> Term:
    """breaks_of: a term whose breaks it gets as well, a year later. Raises TimetableRefused: ENDS_FIRST, FIRST_DAY."""
    _insist_on_sense(facts)
    term = Term.objects.create(slug=_slug_of(facts), **_columns(facts))
    if breaks_of is not None:
        Break.objects.bulk_create(
            Break(
                term=term, slug=one.slug, name_lv=one.name_lv, name_en=one.name_en, grade=one.grade,
                starts_on=one.starts_on + YEAR, ends_on=one.ends_on + YEAR,
            )
            for one in breaks_of.breaks.order_by("pk")
        )  # fmt: skip
    return term


def _slug_of(facts):
    first, last = facts.starts_on.year, facts.ends_on.year
    wanted = f"{first}-{last % 100:02}" if last == first + 1 else slugify(facts.name_en)[:40] or f"{facts.starts_on}"
    taken = set(Term.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)


@transaction.atomic
def change_term(*, term: Term, facts: TermFacts, seen: str | None, by: User, now: datetime) -> Effect:
    """Locks the term and its drafts, which follow.

    Raises TimetableRefused: STALE, ENDS_FIRST, FIRST_DAY, OUTSIDE_NEW_TERM when a published lesson would lie outside.
    """
    term = _lock(term)
    insist_on_version(term, seen)
    _insist_on_sense(facts)
    drafts = drafts_of(term)
    for name, value in _columns(facts).items():
        setattr(term, name, value)
    outside = [
        starts_at
        for starts_at in Lesson.objects.scheduled().filter(run__term=term).values_list("starts_at", flat=True)
        if not term.starts_on <= timezone.localdate(starts_at) <= term.ends_on
    ]
    if outside:
        raise TimetableRefused(TimetableReason.OUTSIDE_NEW_TERM, day=timezone.localdate(min(outside)))
    term.save()
    touch_runs(CourseRun.objects.filter(term=term), now=now)  # pages name it
    return Effect(follow_term(term, drafts, now=now))


def _columns(facts):
    return {field.name: getattr(facts, field.name) for field in fields(facts)}


def _insist_on_sense(facts):
    if facts.ends_on < facts.starts_on:
        raise TimetableRefused(TimetableReason.ENDS_FIRST)
    if facts.classes_start_on and not facts.starts_on <= facts.classes_start_on <= facts.ends_on:
        raise TimetableRefused(TimetableReason.FIRST_DAY)


def _lock(term):
    return Term.objects.select_for_update(no_key=True).get(pk=term.pk)


# -- Breaks ------------------------------------------------------------------------------------------


@transaction.atomic
def add_breaks(*, term: Term, breaks: Iterable[BreakFacts], by: User, now: datetime) -> Effect:
    """Whole or not at all. One that is there already, for the same grade, adds nothing; one from a file that was taken
    before with other days is changed. Locks the term and its drafts, which follow.

    Raises TimetableRefused: ENDS_FIRST, OUTSIDE_TERM.
    """
    term = _lock(term)
    drafts = drafts_of(term)
    there = {one.slug: one for one in term.breaks.all()}
    effect, days = Effect(Followed([], [], [])), []
    for facts in breaks:
        _insist_on_days(facts, term)
        known = there.get(facts.slug) or next((one for one in there.values() if _same_days(one, facts)), None)
        if known is not None and _same_days(known, facts):
            effect.known += 1
            continue
        days.append((facts.starts_on, facts.ends_on))
        if known is not None:
            known.starts_on, known.ends_on = facts.starts_on, facts.ends_on
            known.save(update_fields=["starts_on", "ends_on"])
            effect.changed += 1
            continue
        slug = facts.slug or _break_slug(facts, there)
        columns = _columns(facts) | {"slug": slug}
        there[slug] = Break.objects.create(term=term, **columns)
        effect.added += 1
    return _after(effect, term, drafts, days, now)


def _same_days(one, facts):
    return (one.starts_on, one.ends_on, one.grade) == (facts.starts_on, facts.ends_on, facts.grade)


def _break_slug(facts, taken):
    wanted = f"{slugify(facts.name_en) or 'break'}"[:38] + f"-{facts.starts_on:%m-%d}"
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)


def _insist_on_days(facts, term):
    if facts.ends_on < facts.starts_on:
        raise TimetableRefused(TimetableReason.ENDS_FIRST, day=facts.starts_on)
    if facts.starts_on > term.ends_on or facts.ends_on < term.starts_on:
        raise TimetableRefused(TimetableReason.OUTSIDE_TERM, day=facts.starts_on)


@transaction.atomic
def change_break(*, one: Break, facts: BreakFacts, seen: str | None, by: User, now: datetime) -> Effect:
    """Locks the term and its drafts, which follow. Raises TimetableRefused: STALE, ENDS_FIRST, OUTSIDE_TERM."""
    term = _lock(one.term)
    one = Break.objects.filter(pk=one.pk, term=term).first()
    if one is None:
        raise TimetableRefused(TimetableReason.STALE)
    insist_on_version(one, seen)
    _insist_on_days(facts, term)
    drafts = drafts_of(term)
    for name, value in _columns(facts).items():
        if name != "slug":
            setattr(one, name, value)
    one.save()
    return _after(Effect(Followed([], [], []), changed=1), term, drafts, [(one.starts_on, one.ends_on)], now)


@transaction.atomic
def remove_break(*, one: Break, by: User, now: datetime) -> Effect:
    """Gone already: nothing happens. Locks the term and its drafts, which follow."""
    term = _lock(one.term)
    drafts = drafts_of(term)
    Break.objects.filter(pk=one.pk, term=term).delete()
    return _after(Effect(Followed([], [], [])), term, drafts, [], now)


def _after(effect, term, drafts, days, now):
    effect.followed = follow_term(term, drafts, now=now)
    moments = Lesson.objects.scheduled().filter(run__term=term, starts_at__gt=now).values_list("starts_at", flat=True)
    local = [timezone.localdate(moment) for moment in moments] if days else []
    effect.in_the_way = sum(any(first <= day <= last for first, last in days) for day in local)
    return effect
