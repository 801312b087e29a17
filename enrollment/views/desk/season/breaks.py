"""The days off of a term: state holidays by name, breaks typed, or taken from a calendar file after a look."""

from datetime import date

from django.contrib import messages
from django.core import signing
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audiences import Audience, audience
from courses.flows import timetable
from courses.flows.season import breaks_file, terms as flows
from courses.flows.season.versions import version_of
from courses.models import Break
from courses.refusals import TimetableRefused
from enrollment.desk import season as reads
from enrollment.forms.season import BreakForm, BreaksFileForm, TakeBreaksForm

from .frame import say_followed, term_or_404

SALT = "season.breaks"
LATEST_ANSWER_SECONDS = 24 * 3600


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def breaks(request, pk):
    """All days off of the term; POST adds a break."""
    term = term_or_404(pk)
    form, status = BreakForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                effect = flows.add_breaks(term=term, breaks=[form.facts()], by=request.user, now=timezone.now())
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                status = 409
            else:
                _say(request, effect)
                return redirect("enrollment:desk_breaks", term.pk)
    return _breaks_page(request, term, form, BreaksFileForm(), status=status)


def _breaks_page(request, term, form, file_form, *, status=200, extra=None):
    context = {
        "term": term, "form": form, "file_form": file_form, "breaks": term.breaks.order_by("starts_on", "pk"),
        "holidays": timetable.holiday_names(term.starts_on, term.ends_on).items(), "has_groups": term.runs.exists(),
    }  # fmt: skip
    return render(request, "enrollment/desk/season/breaks.html", context | (extra or {}), status=status)


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    one = get_object_or_404(Break.objects.select_related("term"), pk=pk)
    names = ("name_lv", "name_en", "starts_on", "ends_on", "grade")
    initial = {name: getattr(one, name) for name in names} | {"seen": version_of(one)}
    form, status = BreakForm(request.POST if request.method == "POST" else None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                effect = flows.change_break(
                    one=one,
                    facts=form.facts(),
                    seen=form.cleaned_data["seen"] or None,
                    by=request.user,
                    now=timezone.now(),
                )
            except TimetableRefused as refused:
                form.add_error(None, reads.words(refused))
                form.see(version_of(one))
                status = 409
            else:
                _say(request, effect)
                return redirect("enrollment:desk_breaks", one.term_id)
    return render(
        request, "enrollment/desk/season/break.html", {"one": one, "term": one.term, "form": form}, status=status
    )


@audience(Audience.BUILDER)
@never_cache
@require_POST
def remove(request, pk):
    one = get_object_or_404(Break.objects.select_related("term"), pk=pk)
    effect = flows.remove_break(one=one, by=request.user, now=timezone.now())
    messages.success(request, _("The break is removed."))
    say_followed(request, effect.followed)
    return redirect("enrollment:desk_breaks", one.term_id)


def _say(request, effect):
    if effect.added or effect.changed:
        facts = {"added": effect.added, "changed": effect.changed}
        messages.success(request, _("Breaks added: %(added)s, changed: %(changed)s.") % facts)
    if effect.known:
        messages.info(request, _("There already: %(count)s.") % {"count": effect.known})
    if effect.in_the_way:
        words = _("Published lessons on these days: %(count)s. They stay until they are moved or cancelled.")
        messages.warning(request, words % {"count": effect.in_the_way})
    say_followed(request, effect.followed)


# -- From a file -------------------------------------------------------------------------------------


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request, pk):
    """GET asks for the file, POST shows what it has, and a second POST takes what was chosen of it."""
    term = term_or_404(pk)
    if request.method != "POST":
        return _import_page(request, term, BreaksFileForm())
    if "found" in request.POST:
        return _take(request, term)
    form = BreaksFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, term, form, status=422)
    file, grade = form.cleaned_data["file"], form.cleaned_data["grade"]
    try:
        if file.size > breaks_file.MOST_OCTETS:
            raise breaks_file.FileRefused(breaks_file.FileReason.TOO_LARGE)
        found = breaks_file.preview(file.read(), term=term, grade=grade)
    except breaks_file.FileRefused as refused:
        line = _("Line %(number)s: ") % {"number": refused.line} if refused.line else ""
        form.add_error("file", f"{line}{refused.reason.label}.")
        return _import_page(request, term, form, status=422)
    rows = [
        [one.event.name or _("Break"), str(one.event.starts_on), str(one.event.ends_on), one.event.key, grade]
        for one in found.candidates
    ]
    context = {
        "term": term, "found": found, "grade": grade, "signed": signing.dumps(rows, salt=SALT, compress=True),
        "wanted": sum(one.is_wanted for one in found.candidates),
    }  # fmt: skip
    return render(request, "enrollment/desk/season/breaks_found.html", context)


def _import_page(request, term, form, *, status=200):
    return render(request, "enrollment/desk/season/breaks_import.html", {"term": term, "form": form}, status=status)


def _take(request, term):
    try:
        rows = signing.loads(request.POST["found"], salt=SALT, max_age=LATEST_ANSWER_SECONDS)
    except signing.BadSignature:
        form = BreaksFileForm()
        messages.warning(request, _("Choose the file once more: this page was open for too long."))
        return _import_page(request, term, form, status=422)
    form = TakeBreaksForm(request.POST, count=len(rows))
    chosen = form.cleaned_data["take"] if form.is_valid() else []
    facts = [
        flows.BreakFacts(
            name_lv=name, name_en=name, starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last), grade=grade,
            slug=f"{key}-{grade}" if grade else key,
        )
        for name, first, last, key, grade in (rows[number] for number in chosen)
    ]  # fmt: skip
    try:
        effect = flows.add_breaks(term=term, breaks=facts, by=request.user, now=timezone.now())
    except TimetableRefused as refused:
        messages.error(request, reads.words(refused))
        return _import_page(request, term, BreaksFileForm(), status=409)
    if not facts:
        messages.info(request, _("Nothing was chosen, nothing was added."))
    _say(request, effect)
    return redirect("enrollment:desk_breaks", term.pk)
