"""Many groups at once: a year copied, drafts moved alike, removed, published."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audiences import Audience, audience
from courses.flows.season import copying, drafts, publishing
from courses.refusals import TimetableRefused
from enrollment.desk import season as reads
from enrollment.forms.season import ChosenForm, CopyForm, ShiftForm

from .frame import say_followed, term_or_404

FEWEST, PARTS = 10, 8  # groups in one part, and parts in which many are done


def _in_parts(total: int) -> int:
    return max(FEWEST, -(-total // PARTS))


def _so_far(before: int, done: int, to_come: int) -> JsonResponse:
    """What a part answers to the page that shows how far it is; the last press is answered by a page again."""
    return JsonResponse({"before": before, "done": before + done, "of": before + done + to_come})


def _done_before(request, already: int) -> int:
    """How many of those that were done already were so in the parts of this very press."""
    given = request.POST.get("before", "")
    return min(int(given), already) if given.isdecimal() and len(given) < 9 else 0


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request):
    """Step 1 of 3: from which term into which, and which groups. POST makes the drafts and goes on to look at them."""
    given = request.POST if request.method == "POST" else reads.copy_proposal(request.GET, now=timezone.now())
    form = CopyForm(given if request.method == "POST" or "target" in given else None, initial=given)
    status, lines = 200, None
    if form.is_bound:
        status = 422 if request.method == "POST" else 200
        if form.is_valid():
            source, target = form.cleaned_data["source"], form.cleaned_data["target"]
            if source == target:
                form.add_error("target", _("Choose another term than the one that is copied."))
            elif request.method == "POST":
                return _copied(request, source, target)
            else:
                lines = copying.lines(source, target)
    context = {
        "form": form, "lines": lines, "new": sum(line.is_wanted for line in lines or ()), "source": given.get("source", ""),
        "has_target": "target" in given,
    }  # fmt: skip
    return render(request, "enrollment/desk/season/copy.html", context, status=status)


def _copied(request, source, target):
    wanted = [int(one) for one in request.POST.getlist("group") if one.isdecimal() and len(one) < 19]
    part = _in_parts(len(wanted)) if "part" in request.POST else None
    copied = copying.copy(
        source=source, target=target, run_ids=wanted, at_most=part, by=request.user, now=timezone.now()
    )
    if part:
        return _so_far(copied.known, len(copied.made), copied.to_come)
    before = _done_before(request, copied.known)
    made, known = len(copied.made) + before, copied.known - before
    if made:
        messages.success(request, _("Drafts made: %(count)s. Nobody but coordinators sees them.") % {"count": made})
    if known:
        messages.info(request, _("There already: %(count)s.") % {"count": known})
    for run, refused in copied.impossible:
        messages.warning(request, f"{run.code}: {reads.words(refused)}")
    if not wanted:
        messages.info(request, _("Nothing was chosen, nothing was added."))
    return redirect(f"{reverse('enrollment:desk_term', args=[target.pk])}?state=draft&step=2&tick=free")


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shift(request, pk):
    term = term_or_404(pk)
    given = request.POST if request.method == "POST" else request.GET
    chosen = ChosenForm(given, term=term)
    form = ShiftForm(request.POST if request.method == "POST" else None, people=reads.instructors())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                followed = drafts.shift(
                    term=term,
                    run_ids=chosen.read(),
                    by_how_much=form.by_how_much(),
                    by=request.user,
                    now=timezone.now(),
                )
            except TimetableRefused as refused:
                form.add_error("instructor", reads.words(refused))
                status = 409
            else:
                say_followed(request, followed)
                return redirect(f"{reverse('enrollment:desk_term', args=[term.pk])}?state=draft")
    context = {"term": term, "form": form, "chosen": _named(chosen)}
    return render(request, "enrollment/desk/season/shift.html", context, status=status)


def _named(chosen):
    """(id, code) of the chosen drafts"""
    return [(pk, chosen.drafts[pk]) for pk in chosen.read()]


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request, pk):
    """GET names what would go; POST removes it."""
    term = term_or_404(pk)
    chosen = ChosenForm(request.POST if request.method == "POST" else request.GET, term=term)
    if request.method == "POST":
        gone = drafts.remove(term=term, run_ids=chosen.read(), by=request.user, now=timezone.now())
        messages.success(request, _("Drafts removed: %(count)s.") % {"count": len(gone)})
        return redirect("enrollment:desk_term", term.pk)
    return render(request, "enrollment/desk/season/remove.html", {"term": term, "chosen": _named(chosen)})


@audience(Audience.BUILDER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request, pk):
    """Step 3 of 3. GET says what would be published and what stands against it; POST publishes the chosen drafts, all or
    none, or with `free` all against which nothing stands. With `part` it does only the next of them and says how far it is."""
    term = term_or_404(pk)
    chosen = ChosenForm(request.POST if request.method == "POST" else request.GET, term=term)
    ids, refusals, status = chosen.read(), [], 200
    if request.method == "POST":
        every = ids + chosen.read_published()
        part = _in_parts(len(every)) if "part" in request.POST else None
        try:
            result = publishing.publish(
                run_ids=every, leave_clashes="free" in request.POST, at_most=part, by=request.user, now=timezone.now()
            )
        except publishing.PublishRefused as refused:
            status, refusals = 409, _why(refused)
        else:
            if part:
                return _so_far(result.already, len(result.done), result.to_come)
            return _published(request, term, result)
    wanted = set(ids)
    rows = [row for row in reads.groups(term) if row.run.pk in wanted]
    context = {
        "term": term, "rows": rows, "free": [row for row in rows if row.is_free], "refusals": refusals,
        "standing": [row for row in rows if not row.is_free], "unready": [row for row in rows if row.is_free and row.remarks],
    }  # fmt: skip
    return render(request, "enrollment/desk/season/publish.html", context, status=status)


def _why(refused):
    if refused.conflicts:
        return reads.conflict_words(refused.conflicts)
    return [f"{refused.run.code}: {reads.words(refused)}"]


def _published(request, term, result):
    before = _done_before(request, result.already)
    done, already = len(result.done) + before, result.already - before
    if done:
        messages.success(request, _("Groups published: %(count)s.") % {"count": done})
    if already:
        messages.info(request, _("Published already: %(count)s.") % {"count": already})
    if result.left:
        codes = ", ".join(run.code for run in result.left)
        messages.warning(
            request, _("Still drafts, because something stands against them: %(codes)s.") % {"codes": codes}
        )
    if not (result.done or result.already or result.left):
        messages.info(request, _("There was no draft to publish."))
    query = "?state=draft&look=on" if result.left else ""
    return redirect(f"{reverse('enrollment:desk_term', args=[term.pk])}{query}")
