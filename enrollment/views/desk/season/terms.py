"""Terms at a glance, one term with its groups, and its dates."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.audiences import Audience, audience
from courses.flows import timetable
from courses.flows.season import checking, copying, terms as flows
from courses.flows.season.versions import version_of
from courses.models import Room, Term
from courses.refusals import TimetableRefused
from enrollment.desk import season as reads
from enrollment.forms.season import GroupsOfTermFilter, PlaceForm, TermForm

from .frame import say_followed, term_or_404


@audience(Audience.BUILDER)
@never_cache
@require_GET
def season(request):
    return render(request, "enrollment/desk/season/season.html", {"rows": reads.terms(now=timezone.now())})


@audience(Audience.BUILDER)
@never_cache
@require_GET
def term(request, pk):
    """The groups of a term; `?open=` shows one draft beside them, to be changed in place; `?step=2` is the wizard's."""
    found, wanted = term_or_404(pk), GroupsOfTermFilter(request.GET).read()
    every = reads.groups(found)
    rows = [row for row in every if _is_wanted(row, wanted)]
    if wanted["look"]:
        rows.sort(key=lambda row: row.is_free)  # what refuses first
    published = sum(not row.is_draft for row in every)
    kind, state = reads.state_of(found, published, now=timezone.now())
    drafts = [row for row in every if row.is_draft]
    context = {
        "term": found, "rows": rows, "every": every, "wanted": wanted, "kind": kind, "state": state, "published": published,
        "drafts": len(drafts), "standing": sum(not row.is_free for row in drafts), "days": range(7),
        "ticked": {row.run.pk for row in rows if _is_ticked(row, wanted)}, "query": request.GET.urlencode(),
        "holidays": timetable.holiday_names(found.starts_on, found.ends_on),
        "rooms": Room.objects.filter(runs__term=found).select_related("venue").distinct().order_by("venue", "name_lv"),
        "people": reads.instructors(), "opened": None, "form": None, "free": [],
    }  # fmt: skip
    opened = next((row for row in every if row.run.pk == wanted["open"] and row.is_draft), None)
    if opened is not None:
        context |= {
            "opened": opened,
            "free": checking.free_rooms(opened.run),
            "form": place_form(opened.run, context["people"]),
        }
    return render(request, "enrollment/desk/season/term.html", context)


def place_form(run, people):
    initial = {"weekday": run.weekday, "start_time": run.start_time, "room": run.room_id, "seen": version_of(run)}
    return PlaceForm(initial=initial, people=people)


def _is_wanted(row, wanted):
    run = row.run
    return (
        wanted["state"] in ("", None, run.state)
        and wanted["day"] in (None, run.weekday)
        and wanted["room"] in (None, run.room_id)
        and (wanted["person"] is None or wanted["person"] in {one.pk for one in row.instructors})
        and (not wanted["look"] or row.is_to_be_looked_at)
    )


def _is_ticked(row, wanted):
    return row.is_draft and (wanted["tick"] == "all" or (wanted["tick"] == "free" and row.is_free))


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """`?after=` proposes the term that follows another one."""
    after = request.GET.get("after", "")
    before = Term.objects.filter(pk=int(after)).first() if after.isdecimal() and len(after) < 10 else None
    form = TermForm(
        request.POST if request.method == "POST" else None, initial=_a_year_after(before) if before else None
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            breaks_of = before if form.cleaned_data["with_breaks"] else None
            try:
                made = flows.create_term(facts=form.facts(), breaks_of=breaks_of, by=request.user, now=timezone.now())
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                status = 409
            else:
                messages.success(request, _("The term is there. Enter its breaks next, or take them from a file."))
                return redirect("enrollment:desk_breaks", made.pk)
    return render(
        request, "enrollment/desk/season/term_form.html", {"form": form, "before": before, "term": None}, status=status
    )


def _a_year_after(term):
    """The same weekdays 52 weeks later, except that a term that begins on the first of a month does so again."""

    def later(day):
        return day and (day.replace(year=day.year + 1) if day.day == 1 else day + flows.YEAR)

    opens = term.enrollment_opens_at and copying.later(term.enrollment_opens_at, flows.YEAR)
    first = term.starts_on.year
    years = {str(first): str(first + 1), str(first + 1): str(first + 2)}
    return {
        "name_lv": _with_later_years(term.name_lv, years), "name_en": _with_later_years(term.name_en, years),
        "starts_on": later(term.starts_on), "ends_on": later(term.ends_on), "with_breaks": True,
        "classes_start_on": term.classes_start_on and term.classes_start_on + timedelta(weeks=52),
        "enrollment_opens_at": opens and timezone.localtime(opens),
    }  # fmt: skip


def _with_later_years(name, years):
    for year in sorted(years, reverse=True):
        name = name.replace(year, years[year])
    return name


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    found = term_or_404(pk)
    names = ("name_lv", "name_en", "starts_on", "ends_on", "classes_start_on")
    initial = {name: getattr(found, name) for name in names} | {"seen": version_of(found)}
    initial["enrollment_opens_at"] = found.enrollment_opens_at and timezone.localtime(found.enrollment_opens_at)
    form = TermForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                effect = flows.change_term(
                    term=found,
                    facts=form.facts(),
                    seen=form.cleaned_data["seen"] or None,
                    by=request.user,
                    now=timezone.now(),
                )
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                form.see(version_of(found))
                status = 409
            else:
                messages.success(request, _("Saved."))
                say_followed(request, effect.followed)
                return redirect("enrollment:desk_term", found.pk)
    context = {"form": form, "term": found, "before": None}
    return render(request, "enrollment/desk/season/term_form.html", context, status=status)
