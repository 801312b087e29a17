"""The catalogue, a course and a group: public pages that also know the family of whoever is signed in."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from courses.models import Course, CourseKind, CourseRun, Program, ProgramKind, RunKind
from enrollment.catalogue import cards, fits, listing, menus, pages, wording
from enrollment.catalogue.filters import Filters
from enrollment.views import fragments

_CARD_TEMPLATES = {
    "group": "components/group_card.html", "slots": "courses/slots_card.html", "listed": "courses/listed_card.html",
}  # fmt: skip
_FIRST_PAGES = frozenset({"", *(f"for={kind}" for kind in ProgramKind.values)})


@audience(Audience.PUBLIC)
@require_safe
def catalogue(request) -> HttpResponse:
    now = timezone.now()
    filters = Filters.read(request.GET)
    if request.META["QUERY_STRING"] in _FIRST_PAGES:  # what nearly everybody opens first
        return fragments.kept_page(request, lambda: _catalogue(request, filters, now), now=now)
    return _catalogue(request, filters, now)


def _catalogue(request, filters, now) -> HttpResponse:
    people = fits.people_of(request.user)
    chosen = menus.chosen(people, filters)
    found = listing.read(filters, now=now)
    runs = fits.runs_of(found.entries) if chosen else {}
    known = fits.standings(runs.values(), chosen, now=now)
    if known and filters.sort in ("", "fit"):
        fits.order_by_fit(found, known)
    panel, sort = _menus(found, filters, knows_fit=bool(known))
    context = {
        "title": menus.title(filters.program),
        "audience": filters.program,
        "found": found,
        "panel": panel,
        "sort": sort,
        "chips": menus.child_chips(people, filters, today=timezone.localdate(now)),
        "dropped": menus.dropped_sentence(found, filters),
        "cards": _cards(found.page, fits.cards(found.page, runs, known, now=now)),
        "calendar_path": _calendar_path(filters.program),
        "more_url": filters.address(page=filters.page + 1),
        "seen": (filters.page - 1) * listing.PAGE_SIZE,
    }
    return render(request, "courses/catalogue.html", context)


def _calendar_path(kind: str) -> str:
    """The lessons of the program that is looked at; of everything when that is not one program."""
    slugs = list(Program.objects.filter(kind=kind).values_list("slug", flat=True)[:2]) if kind else []
    return reverse("courses:program_calendar", args=slugs) if len(slugs) == 1 else reverse("courses:catalogue_calendar")


def _run_of(entry) -> int | None:
    return entry.runs[0].pk if entry.is_group else None


def _menus(found, filters, *, knows_fit) -> list[str]:
    """The HTML of the filters and of the orders; kept under the filters and all there is to choose from."""
    facts = (filters, found.programs, found.venues, found.topics, knows_fit)

    def context(_facts):
        return {
            "panel": menus.panel(
                filters, programs=found.programs, venues=found.venues, topics=found.topics, knows_fit=knows_fit
            )
        }

    return fragments.rendered([("courses/filters.html", facts), ("courses/sort_menu.html", facts)], context)


def _cards(entries, own) -> list[str]:
    """The HTML of each card: with fit lines it is drawn for this family, otherwise kept for everybody."""
    details = cards.details([entry for entry in entries if _run_of(entry) not in own])
    pieces = [(_CARD_TEMPLATES[detail[0]], detail) for detail in details]
    kept = iter(fragments.rendered(pieces, lambda detail: {"card": cards.card(detail)}))
    return [
        render_to_string(_CARD_TEMPLATES["group"], {"card": own[_run_of(entry)]})
        if _run_of(entry) in own
        else next(kept)
        for entry in entries
    ]


@audience(Audience.PUBLIC)
@require_safe
def course(request, course) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    course = get_object_or_404(Course.objects.listed().select_related("program", "fee_policy"), slug=course)
    page = pages.course_page(course, now=now)
    facts = [("euro", text) for text in wording.price_texts(course)] + wording.course_facts(course)
    if course.kind == CourseKind.CONTEST:
        facts += wording.contest_facts(course, today=today)
    deciding = next((text for row in page.groups if (text := wording.decision_sentence(row.run, today=today))), "")
    context = {
        "course": course, "page": page, "facts": facts, "deciding": deciding, "audience_line": cards.audience_line(course),
        "audience": course.program.kind, "back": f"?for={course.program.kind}", "price_line": cards.price_line(course),
    }  # fmt: skip
    return render(request, "courses/course.html", context)


@audience(Audience.PUBLIC)
@require_safe
def run(request, course, run) -> HttpResponse:
    now = timezone.now()
    run = get_object_or_404(CourseRun.objects.public().for_display(), course__slug=course, slug=run)
    if run.kind == RunKind.SLOT:
        return redirect("courses:book", course=course, run=run.slug)
    people = fits.for_course(fits.people_of(request.user), run.course)
    context = {
        "run": run, "course": run.course, "audience": run.course.program.kind, "audience_line": cards.audience_line(run.course),
        "page": pages.run_page(run, people, user=request.user, now=now), "when": cards.meeting_line(run),
        "facts": wording.course_facts(run.course), "prices": wording.price_texts(run.course), "rule": wording.rule_of_places(run),
        "deciding": wording.decision_sentence(run, today=timezone.localdate(now)), "why_cancelled": wording.why_cancelled(run),
        "map_url": wording.map_address(run.room.venue) if run.room else "",
    }  # fmt: skip
    return render(request, "courses/run.html", context)
