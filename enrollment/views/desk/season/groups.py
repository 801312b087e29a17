"""One draft group: its facts with the dates they give, odd dates, and what stands against it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audiences import Audience, audience
from courses.flows import timetable
from courses.flows.season import checking, dates, drafts
from courses.flows.season.versions import version_of
from courses.models import CourseRun, Room, RunState
from courses.refusals import TimetableReason, TimetableRefused
from enrollment.desk import season as reads
from enrollment.forms.season import DateForm, GroupForm, NewGroupForm, PlaceForm

from .frame import group_or_404, list_address, term_or_404


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, pk):
    term = term_or_404(pk)
    form = NewGroupForm(
        request.POST if request.method == "POST" else None,
        initial=_first_facts(term, request.GET),
        people=reads.instructors(),
    )
    status = 200
    if request.method == "POST" and "look" not in request.POST:
        status = 422
        if form.is_valid():
            try:
                run = drafts.create(
                    term=term,
                    course=form.cleaned_data["course"],
                    facts=form.facts(),
                    by=request.user,
                    now=timezone.now(),
                )
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                status = 409
            else:
                messages.success(request, _("The draft is there: %(code)s.") % {"code": run.code})
                return redirect("enrollment:desk_group", run.pk)
    context = {"term": term, "form": form, "run": None, "preview": _preview(form, term)}
    return render(request, "enrollment/desk/season/group_new.html", context, status=status)


def _first_facts(term, query):
    """What is proposed; the finder of free times names the day, the time and the room."""
    first = timezone.localtime(timezone.now()).replace(second=0, microsecond=0)
    opens = term.enrollment_opens_at and timezone.localtime(term.enrollment_opens_at)
    found = {name: query[name][:60] for name in ("weekday", "start_time") if name in query}
    if (room := Room.objects.filter(slug=query.get("room", "")[:60]).first()) is not None:
        found["room"] = room.pk
    return {
        "weekday": 0, "duration_minutes": 90, "capacity": 12, "minimum_size": 6, "enrollment_opens_at": opens or first,
        "enrollment_closes_at": _at_six_in_the_evening(timetable.first_day(term)),
    } | found  # fmt: skip


def _at_six_in_the_evening(day):
    return f"{day}T18:00"


def _preview(form, term, run=None):
    """The dates that a form would give: {"run", "times", "skipped"}, or {"refused"}; None while something is missing."""
    if not form.is_bound or not form.is_valid():
        return None
    off = dates.DaysOff(term)
    course = run.course if run else form.cleaned_data["course"]
    try:
        made, times = drafts.preview(course, form.facts(), term, off)
    except TimetableRefused as refused:
        return {"refused": reads.words(refused)}
    skipped = dates.skipped(made, off, last=timezone.localdate(times[-1][0]))
    return {"times": [start for start, _end in times], "skipped": skipped, "planned": course.lessons_planned}


@audience(Audience.BUILDER)
@never_cache
@require_GET
def preview(request, pk):
    """A part of the page: the dates that what is typed would give. `?run=` names the draft it is about."""
    term = term_or_404(pk)
    given = request.GET.get("run", "")
    run = group_or_404(int(given)) if given.isdecimal() and len(given) < 19 else None
    form = (GroupForm if run else NewGroupForm)(request.GET, people=reads.instructors())
    return render(request, "enrollment/desk/season/preview.html", {"preview": _preview(form, term, run)})


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def group(request, pk):
    """POST saves the facts, or with `look` only shows what they would give."""
    run = group_or_404(pk)
    if run.state != RunState.DRAFT:
        return redirect("enrollment:desk_run", run.pk)
    people = _people(run)
    form = GroupForm(request.POST if request.method == "POST" else None, initial=_facts_of(run), people=people)
    status, odd = 200, None
    if request.method == "POST" and "look" not in request.POST:
        status = 422
        if form.is_valid():
            try:
                drafts.change(
                    run=run, facts=form.facts(), seen=form.cleaned_data["seen"] or None, by=request.user,
                    lose_odd_dates=form.cleaned_data["lose_odd_dates"], now=timezone.now(),
                )  # fmt: skip
            except drafts.OddDatesRefused as refused:
                odd, status = refused.odd, 409
                form.add_error("lose_odd_dates", reads.words(refused))
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                form.see(version_of(CourseRun.objects.get(pk=run.pk)))
                status = 409
            else:
                messages.success(request, _("Saved."))
                return redirect("enrollment:desk_group", run.pk)
    return _group_page(request, group_or_404(pk), form, odd=odd, status=status)


def _people(run):
    """Who may teach, and who does now."""
    known = reads.instructors()
    return known + [one for one in run.instructors.all() if one not in known]


def _facts_of(run):
    off = dates.DaysOff(run.term)
    facts = drafts.GroupFacts.of(run, off)
    found = {name: getattr(facts, name) for name in facts.__dataclass_fields__} | {"seen": version_of(run)}
    for name in ("enrollment_opens_at", "enrollment_closes_at"):
        found[name] = timezone.localtime(found[name])
    return found


def _group_page(request, run, form, *, odd=None, date_form=None, status=200):
    check = checking.check(run.term, [run])[run.pk]
    lessons = list(run.lessons.select_related("room__venue").prefetch_related("instructors").order_by("starts_at"))
    added, different = {one.pk for one in check.odd.added}, {one.pk for one in check.odd.different}
    now_is = CourseRun.objects.select_related("room__venue").get(pk=run.pk)
    context = {
        "run": run, "term": run.term, "form": form, "check": check, "remarks": reads.remarks(check), "lessons": lessons,
        "odd": odd, "added": added, "different": different, "free": checking.free_rooms(run), "version": version_of(now_is),
        "date_form": date_form or DateForm(), "preview": _preview(form, run.term, run), "is_stale": status == 409,
    }  # fmt: skip
    return render(request, "enrollment/desk/season/group.html", context, status=status)


@audience(Audience.BUILDER)
@never_cache
@require_POST
def place(request, pk):
    """The form beside the list: when, where and who. Back to the list as it was filtered."""
    run = group_or_404(pk)
    form, back = (
        PlaceForm(request.POST, people=_people(run)),
        list_address(run.term, request.POST.get("back", "")[:500]),
    )
    stay = f"{back}{'&' if '?' in back else '?'}open={run.pk}"
    if run.state != RunState.DRAFT:
        messages.warning(request, f"{run.code}: {TimetableReason.NO_DRAFT.label}.")
        return redirect(back)
    if not form.is_valid():
        return _group_page(request, run, _whole_form(run, request.POST), status=422)
    given = form.cleaned_data
    facts = drafts.GroupFacts.of(run, dates.DaysOff(run.term))
    instructors = facts.instructors if given["instructor"] is None else (given["instructor"],)
    names = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    changed = drafts.GroupFacts(
        **names | {name: given[name] for name in ("weekday", "start_time", "room")} | {"instructors": instructors}
    )
    try:
        drafts.change(run=run, facts=changed, seen=given["seen"] or None, by=request.user, now=timezone.now())
    except TimetableRefused as refused:
        whole = _whole_form(run, request.POST)
        whole.is_valid()
        odd = refused.odd if isinstance(refused, drafts.OddDatesRefused) else None
        whole.add_error("lose_odd_dates" if odd else None, reads.words(refused))
        if not odd:
            whole.see(version_of(CourseRun.objects.get(pk=run.pk)))
        return _group_page(request, group_or_404(pk), whole, odd=odd, status=409)
    messages.success(request, _("Saved: %(code)s.") % {"code": run.code})
    return redirect(stay)


def _whole_form(run, given):
    """The form of all facts, with what was typed in the short one."""
    blank = GroupForm(initial=_facts_of(run), people=_people(run))
    data = given.copy()
    for name in blank.fields:
        value = blank[name].value()
        if name == "instructors":
            data.setlist(name, [given["instructor"]] if given.get("instructor") else [str(pk) for pk in value])
        elif name not in data and value is not None:
            widget = blank.fields[name].widget
            data[name] = widget.format_value(value) if hasattr(widget, "format") else str(value)
    return GroupForm(data, people=_people(run))


@audience(Audience.BUILDER)
@never_cache
@require_POST
def change_dates(request, pk):
    """One date added, moved or dropped, by the button that was pressed."""
    run = group_or_404(pk)
    what, form = request.POST.get("what", ""), DateForm(request.POST)
    seen = request.POST.get("seen", "")[:16] or None
    given = request.POST.get("lesson", "")
    common = {"run": run, "seen": seen, "by": request.user, "now": timezone.now()}
    lesson_id = int(given) if given.isdecimal() and len(given) < 19 else 0
    try:
        if what == "drop":
            dates.drop_date(lesson_id=lesson_id, **common)
        elif not form.is_valid():
            return _group_page(
                request, run, GroupForm(initial=_facts_of(run), people=_people(run)), date_form=form, status=422
            )
        elif what == "move":
            dates.move_date(lesson_id=lesson_id, day=form.cleaned_data["day"], at=form.cleaned_data["at"], **common)
        else:
            dates.add_date(day=form.cleaned_data["day"], at=form.cleaned_data["at"], **common)
    except TimetableRefused as refused:
        if form.is_valid():
            form.add_error(None, reads.words(refused))
        else:
            messages.error(request, reads.words(refused))
        fresh = group_or_404(pk)
        return _group_page(
            request, fresh, GroupForm(initial=_facts_of(fresh), people=_people(fresh)), date_form=form, status=409
        )
    messages.success(request, _("The dates are changed."))
    return redirect(f"{reverse('enrollment:desk_group', args=[run.pk])}#dates")
