"""One lesson: what it is, and changing it. The address says what is wanted and shows what it would do; a press does it."""

from uuid import uuid4

from django.conf import settings
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audiences import Audience, audience
from accounts.permissions import is_builder
from courses.models import ChangeKind, Lesson, LessonChange, TimetableChange
from courses.refusals import TimetableReason, TimetableRefused
from enrollment.desk import changes as told
from enrollment.flows import timetable
from enrollment.forms.timetable import (
    ALL,
    CANCEL,
    FORMS,
    ONE,
    PublishForm,
    data_for,
    kinds_for,
    refused_time,
)

# The usual reasons, one tap each. They are kept in the language of whoever pressed.
REASONS = (_("the instructor is ill"), _("the room cannot be used"), _("weather"), _("an event in the house"))

# What a press is answered with when somebody else was there before.
OVERTAKEN = (TimetableReason.STALE, TimetableReason.CANCELLED, TimetableReason.NOT_CANCELLED)

PAGE = "enrollment/desk/lesson.html"
PANEL = "enrollment/desk/lesson_preview.html"


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lesson(request, pk):
    """`?what=move&scope=all&day=…&starts=…&room=…` shows what would become of it, and writes nothing."""
    now = timezone.now()
    one = get_object_or_404(Lesson.objects.for_change(), pk=pk)
    query = request.POST if request.method == "POST" else request.GET
    kinds = kinds_for(one, now=now)
    what = query.get("what") if query.get("what") in FORMS else kinds[0]
    scope = ALL if query.get("scope") == ALL else ONE
    data = data_for(FORMS[what], one, query)
    form = FORMS[what](data, lesson=one)
    publish = PublishForm(request.POST) if request.method == "POST" else None
    page = _Page(request, one, what, scope, form, now)
    if publish is not None:
        if (response := page.publish(publish)) is not None:
            return response
    elif data is not None:
        page.look()
    return page.render(kinds)


class _Page:
    """One answer: the form, and what stands beside it."""

    def __init__(self, request, one, what, scope, form, now):
        self.request, self.lesson, self.what, self.scope, self.form, self.now = request, one, what, scope, form, now
        self.preview = self.problem = self.publish_form = None
        self.status = 200

    def following(self):
        """It and the later ones of its group, in the same state, that are not over."""
        state = self.lesson.state
        later = Lesson.objects.filter(run=self.lesson.run_id, state=state, starts_at__gte=self.lesson.starts_at)
        return later.filter(ends_at__gt=self.now)

    def lessons(self):
        chosen = self.following() if self.scope == ALL else Lesson.objects.filter(pk=self.lesson.pk)
        return list(chosen.for_change())

    def look(self):
        """Work out what the form asks for; whatever is wrong with it stands beside its field."""
        if not self.form.is_valid():
            self.status = 422
            return
        try:
            self.preview = timetable.preview(self.form.order(), self.lessons(), now=self.now)
        except TimetableRefused as refused:
            if refused.reason == TimetableReason.NOTHING:
                self.problem = "nothing"
                return
            refused_time(self.form, refused)
            self.status = 422

    def publish(self, publish):
        """Do what was seen. None when it was not done: the page then shows how things are now."""
        if not (self.form.is_valid() and publish.is_valid()):
            self.status = 422
            self.look()
            return None
        seen = publish.cleaned_data
        try:
            done = timetable.change(self.form.order(), self.lessons(), by=self.request.user, now=self.now, **seen)
        except TimetableRefused as refused:
            self.look()
            self.problem, self.status, self.publish_form = refused.reason.value, 409, publish
            if self.preview is None and self.problem == "nothing":
                self.problem = TimetableReason.STALE.value  # somebody did the very same
            return None
        return redirect("enrollment:desk_change", pk=done.pk)

    def render(self, kinds):
        one, now = self.lesson, self.now
        shown = told.shown(self.preview, by=self.request.user, now=now) if self.preview else None
        if "room" in self.form.fields:
            self.form.fields["room"].taken = self._rooms_taken()
        if "instead" in self.form.fields:
            self.form.fields["instead"].taken = self._people_taken()
        last = LessonChange.objects.filter(lesson=one).select_related("change__made_by").order_by("-pk").first()
        context = {
            "lesson": one, "run": one.run, "now": now, "what": self.what, "kinds": kinds, "scope": self.scope, "form": self.form,
            "following": self.following().count(), "shown": shown, "problem": self.problem, "reasons": REASONS,
            "is_over": one.ends_at <= now, "last_change": last and last.change_id, "hold": settings.STAFF_MESSAGE_HOLD_SECONDS,
            "last": last and last.change, "was_first": self.status == 409 and self.problem in OVERTAKEN,
            "clashes_unseen": self.problem == TimetableReason.CLASHES,
            "publish": PublishForm(initial={"key": uuid4(), "fingerprint": shown.preview.plan.fingerprint}) if shown else None,
            "hidden": self._hidden(),
        }  # fmt: skip
        is_live = self.request.htmx and not self.request.htmx.history_restore_request
        return render(self.request, PANEL if is_live else PAGE, context, status=self.status)

    def _hidden(self) -> list[tuple[str, str]]:
        """What was previewed, to be sent with the button."""
        values = [("what", self.what), ("scope", self.scope)]
        if self.form.is_bound:
            values += [(name, self.form.data.get(name, "")) for name in self.form.fields]
        return values

    def _rooms_taken(self) -> set[int]:
        """Rooms in which something else is at the time that the form says, or at the lesson's own."""
        start, end = self.lesson.starts_at, self.lesson.ends_at
        if self.preview:
            after = self.preview.plan.edits[-1 if self.what == CANCEL else 0].after
            start, end = after.starts_at, after.ends_at
        there = Lesson.objects.scheduled().filter(starts_at__lt=end, ends_at__gt=start, room__isnull=False)
        return set(there.exclude(pk=self.lesson.pk).values_list("room_id", flat=True))

    def _people_taken(self) -> set[int]:
        """Who teaches another group during any of the lessons: two queries."""
        spans = [(one.starts_at, one.ends_at) for one in self.lessons()]
        others = Lesson.objects.scheduled().filter(
            starts_at__lt=max(end for _start, end in spans), ends_at__gt=min(start for start, _end in spans)
        )
        others = others.exclude(run=self.lesson.run_id).filter(instructors__isnull=False).order_by()
        busy = others.values_list("instructors", "starts_at", "ends_at")
        return {person for person, start, end in busy if any(start < last and end > first for first, last in spans)}


# -- What was changed ------------------------------------------------------------------------------


@audience(Audience.DESK)
@never_cache
@require_GET
def change(request, pk):
    """What was done, who is told, and the way back while there is one."""
    made = get_object_or_404(TimetableChange.objects.select_related("made_by", "undone_by"), pk=pk)
    return _show_change(request, made)


def _show_change(request, made, *, refused=None, status=200):
    now = timezone.now()
    rows = told.rows_of(made)
    seconds = int((timetable.undo_until(made) - now).total_seconds())
    context = {
        "change": made, "rows": rows[: told.ROWS], "count": len(rows), "more": max(0, len(rows) - told.ROWS), "now": now,
        "told": told.told_of(made, rows), "may_undo": made.undone_at is None and seconds > 0, "seconds": seconds,
        "refused": refused, "run": rows[0].run if rows and len({row.run.pk for row in rows}) == 1 else None,
        "tells": made.kind in timetable.TOLD, "is_substitution": made.kind == ChangeKind.SUBSTITUTED,
    }  # fmt: skip
    return render(request, "enrollment/desk/change.html", context, status=status)


@audience(Audience.DESK)
@never_cache
@require_POST
def undo(request, pk):
    made = get_object_or_404(TimetableChange.objects.select_related("made_by", "undone_by"), pk=pk)
    try:
        timetable.undo(made, by=request.user, now=timezone.now())
    except TimetableRefused as refused:
        return _show_change(request, made, refused=refused.reason.label, status=409)
    return redirect("enrollment:desk_change", pk=pk)


@audience(Audience.DESK)
@never_cache
@require_GET
def changes(request):
    """The newest first; `?before=` goes on."""
    before = request.GET.get("before", "")
    found = told.newest(before=int(before) if before.isdecimal() and len(before) < 19 else None)
    context = {"changes": found, "before": found[-1].change.pk if len(found) == told.NEWEST else None}
    context["may_change_many"] = is_builder(request.user)
    return render(request, "enrollment/desk/changes.html", context)
