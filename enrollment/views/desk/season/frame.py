"""What the pages of the season share: finding what they are about, and saying what a change did."""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.flows.season.drafts import Followed
from courses.models import CourseRun, RunKind, Term
from enrollment.desk import season as reads


def term_or_404(pk: int) -> Term:
    return get_object_or_404(Term.objects.prefetch_related("breaks"), pk=pk)


def group_or_404(pk: int) -> CourseRun:
    """A weekly group of a term, a draft or not."""
    groups = CourseRun.objects.filter(kind=RunKind.GROUP, term__isnull=False)
    groups = groups.select_related("course__program", "room__venue", "term").prefetch_related("instructors")
    return get_object_or_404(groups, pk=pk)


def say_followed(request, followed: Followed) -> None:
    """Drafts that got other dates, and those that did not; codes stand after a colon."""
    if followed.done:
        messages.info(request, _("Drafts with new dates: %(count)s.") % {"count": len(followed.done)})
    if followed.odd:
        codes = ", ".join(run.code for run in followed.odd)
        messages.warning(
            request, _("Left as they are, because dates were changed one by one: %(codes)s.") % {"codes": codes}
        )
    for run, refused in followed.impossible:
        messages.warning(request, f"{run.code}: {reads.words(refused)}")


def list_address(term: Term, query: str) -> str:
    """Back to the list of a term as it was filtered; whatever else the query holds is dropped."""
    given, kept = QueryDict(query), QueryDict(mutable=True)
    for name in ("state", "day", "room", "person", "look", "step", "tick"):
        if name in given:
            kept[name] = given[name][:20]
    address = reverse("enrollment:desk_term", args=[term.pk])
    return f"{address}?{kept.urlencode()}" if kept else address
