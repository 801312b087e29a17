"""How places were given: public figures, counted at night (docs/decisions/0008-fairness-figures.md)."""

import csv

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from accounts.formatting import datetime_short
from enrollment.fairness import wording
from enrollment.models import Draw, DrawState, FairnessReport

MOST_LISTED = 60  # programs and terms, the newest


def _reports():
    return FairnessReport.objects.select_related("program", "term")


@audience(Audience.PUBLIC)
@require_safe
def fairness(request) -> HttpResponse:
    """The programs and terms that have opened."""
    reports = list(_reports().order_by("-opened_at", "program", "term")[:MOST_LISTED])
    found = [(one, wording.sections(one.figures)[0].title) for one in reports]
    return render(request, "enrollment/fairness/index.html", {"reports": found})


def _report(program, term):
    return get_object_or_404(_reports(), program__slug=program, term__slug=term)


@audience(Audience.PUBLIC)
@require_safe
def fairness_of(request, program, term) -> HttpResponse:
    report = _report(program, term)
    draws = Draw.objects.filter(program=report.program_id, term=report.term_id).exclude(state=DrawState.CANCELLED)
    context = {
        "report": report, "sections": wording.sections(report.figures),
        "draws": draws.defer("record", "seed").order_by("opens_at", "pk"),
    }  # fmt: skip
    return render(request, "enrollment/fairness/report.html", context)


@audience(Audience.PUBLIC)
@require_safe
def fairness_csv(request, program, term) -> HttpResponse:
    """The same figures for a spreadsheet: UTF-8 with BOM and semicolons, as Excel in Latvian opens them (UX, 7.2)."""
    report = _report(program, term)
    answer = HttpResponse("\N{BYTE ORDER MARK}", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="fairness-{report.program.slug}-{report.term.slug}.csv"'
    writer = csv.writer(answer, delimiter=";")
    writer.writerow([_plain(report.program.name), _plain(report.term.name)])
    writer.writerow([_("Counted"), datetime_short(report.computed_at)])
    writer.writerow([_("Section"), _("Row"), _("Column"), _("Value")])
    for line in wording.as_lines(report.figures):
        writer.writerow([_plain(text) for text in line])
    return answer


def _plain(text: str) -> str:
    """A text that a spreadsheet does not take for a formula; numbers without the space between thousands."""
    text = str(text)
    digits = text.replace("\N{NO-BREAK SPACE}", "")
    if digits.isdecimal():
        return digits
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
