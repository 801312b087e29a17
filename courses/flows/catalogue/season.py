"""The runs of a catalogue with their lessons: weekly groups, dated series and timed slots.

A group has no name of its own in the file: it is known by its course, its term and when it meets. Once
somebody is in a run, its timetable is the centre's to change, with a word to the families, and not the file's.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from courses.flows import seats, timetable
from courses.flows.catalogue.checks import WEEKLY
from courses.flows.catalogue.themes import letter_of
from courses.flows.catalogue.values import WEEKDAYS
from courses.flows.catalogue.writing import HEAD_COUNT, Writer
from courses.flows.codes import Codes
from courses.models import CourseKind, CourseRun, CourseStatus, Lesson, RunKind, RunState
from courses.refusals import TimetableRefused

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
WEEKS_OF_SLOTS = 4  # whole weeks after this one
SERIES_STARTS_AFTER_WEEKS = 3
SERIES_STARTS_WITHIN_WEEKS = 12  # of that: where a free room is looked for
EVENINGS = (time(17, 30), time(18, 15))  # when a series without dates may begin
DECISION_DAYS_BEFORE_START = 7
OPENS_BEFORE_START = timedelta(weeks=8)  # where the term names no day
LATEST_SLOT_HOUR = 18  # local: when a workshop or show may begin at the latest
# Local hours on Saturday and Sunday at which a workshop or show without a schedule is held.
WEEKEND = {CourseKind.SHOW: (14, 13), CourseKind.WORKSHOP: (16, 12)}


class Season:
    def __init__(self, writer: Writer):
        self.writer, self.now = writer, writer.now
        self.today = timezone.localdate(writer.now)
        self.codes = Codes()
        self.without_schedule: dict[int, int] = {}  # {room id: workshops and shows given a weekend time there}
        self.closed = {}  # {venue: (weekday, first, last)}
        self.taken = {}  # {room id: [(start, end), …]} of lessons in rooms that were asked for

    def write(self, catalogue: dict, progress=lambda text: None) -> None:
        self.closed = {venue["id"]: venue["closed"] for venue in catalogue["venues"] if venue.get("closed")}
        steps = {"weekly groups": self._weekly, "camps and short schools": self._dated, "evening series": self._series}
        for name, step in [*steps.items(), ("workshops and shows", self._slots)]:
            progress(f"{name} …")
            for entry in catalogue["courses"]:
                if entry["status"] != CourseStatus.HISTORIC:
                    step(self.writer.courses[entry["id"]], entry)

    # -- Weekly groups ------------------------------------------------------------------------

    def _weekly(self, course, entry):
        if entry["kind"] not in WEEKLY or not entry.get("groups") or not entry.get("term"):
            return
        term = self.writer.terms[entry["term"]]
        known = list(course.runs.filter(term=term, kind=RunKind.GROUP).order_by("pk"))
        when = [(WEEKDAYS.index(group["weekday"]), group["start"]) for group in entry["groups"]]
        pairs = _pair(when, known, lambda run: (run.weekday, run.start_time))
        opens, closes = self._registration(entry, term)
        for group, (weekday, start_time), run in zip(entry["groups"], when, pairs, strict=True):
            rule = {
                "weekday": weekday, "start_time": start_time, "duration_minutes": entry["duration_min"],
                "room": self._room(entry),
            }  # fmt: skip
            free = {
                "minimum_size": entry.get("min_size", 1),
                "enrollment_opens_at": opens,
                "enrollment_closes_at": closes,
            }
            if run is None:
                run = self._new(
                    course, entry, term=term, starts_on=term.classes_start_on or term.starts_on, **rule, **free
                )
                self._with_lessons(run, group.node, slug_end=term.slug)
                continue
            follow = term in self.writer.changed or course in self.writer.changed
            self._update(run, entry, group.node, rule, free, follow=follow, times=timetable.weekly_times)

    def _registration(self, entry, term):
        """When applications for a weekly group open and close; without a registration, around the first day."""
        closes = self.writer.closes_at.get(term.slug)
        if term.enrollment_opens_at and closes:
            return term.enrollment_opens_at, closes
        first = _local(term.classes_start_on or term.starts_on, time(10))
        return first - 2 * WEEK, first + 2 * WEEK

    # -- Camps and short schools -----------------------------------------------------------------

    def _dated(self, course, entry):
        spans = [*([entry["dates"]] if entry.get("dates") else []), *entry.get("shifts", [])]
        if not spans:
            return
        days = [_working_days(span["starts"], span["ends"]) or [span["starts"]] for span in spans]
        known = list(course.runs.filter(term=None, kind=RunKind.GROUP).order_by("starts_on"))
        pairs = _pair([each[0] for each in days], known, lambda run: run.starts_on)
        for span, each, run in zip(spans, days, pairs, strict=True):
            start = span.get("start") or time(10 if entry["duration_min"] <= 240 else 9)
            times = timetable.lesson_times([(day, start) for day in each], minutes=entry["duration_min"])
            begins = times[0][0]
            rule = {
                "duration_minutes": entry["duration_min"],
                "room": self._room(entry),
                "starts_at": begins,
                "ends_at": times[-1][1],
            }
            free = {"minimum_size": entry.get("min_size", 1), **self._opening(entry, begins)}
            if run is None:
                # In no term: a camp does not use up a place of the weekly classes.
                run = self._new(course, entry, starts_on=each[0], **rule, **free)
                self._with_lessons(run, span.node, slug_end=str(each[0]), times=times)
            else:
                self._update(run, entry, span.node, rule, free, times=lambda run, times=times: times)

    def _opening(self, entry, begins):
        """Applications, offers and the start: the opening of the term, and the first lesson as the end of everything."""
        term = self.writer.terms.get(entry.get("term"))
        opens = term and term.enrollment_opens_at
        if not opens or opens >= begins:
            opens = begins - OPENS_BEFORE_START
        return {"enrollment_opens_at": opens, "enrollment_closes_at": begins, "offers_end_at": begins}

    # -- Teacher training and adult courses ------------------------------------------------------

    def _series(self, course, entry):
        """One run, one evening a week. Its dates are chosen once, so that another import does not move it."""
        if entry["kind"] not in (CourseKind.TEACHER_TRAINING, CourseKind.COURSE) or not entry.get("term"):
            return
        term, room = self.writer.terms[entry["term"]], self._room(entry)
        known = list(course.runs.filter(term=term, kind=RunKind.GROUP).order_by("pk"))
        for run in known:
            self._update(run, entry, entry.node, {}, {"minimum_size": entry.get("min_size", 1)})
        if known:
            return
        days, start, room = self._free_evenings(term, room, entry)
        times = timetable.lesson_times([(day, start) for day in days], minutes=entry["duration_min"])
        if not times:
            self.writer.errors.add(entry.node, "The term has no room for these lessons.", key="term")
            return
        decision = days[0] - timedelta(days=DECISION_DAYS_BEFORE_START) if entry["kind"] == CourseKind.COURSE else None
        run = self._new(
            course, entry, term=term, room=room, duration_minutes=entry["duration_min"], starts_on=days[0],
            weekday=days[0].weekday(), start_time=start, minimum_size=entry.get("min_size", 1), decision_on=decision,
            starts_at=times[0][0], ends_at=times[-1][1], **self._opening(entry, times[0][0]),
        )  # fmt: skip
        self._with_lessons(run, entry.node, slug_end=term.slug, times=times)

    def _free_evenings(self, term, room, entry):
        """Weekly dates and a time at which the room is free, some weeks from now: ([date, …], time, room).

        When it never is, the first possible ones, and no room yet.
        """
        off = timetable.days_off(term=term)
        monday = self.today - timedelta(days=self.today.weekday()) + SERIES_STARTS_AFTER_WEEKS * WEEK
        earliest = max(monday, term.classes_start_on or term.starts_on)
        if earliest + (entry["sessions"] + 1) * WEEK > term.ends_on:  # too late in the term: at its beginning
            earliest = term.classes_start_on or term.starts_on
        fallback = None
        for week in range(SERIES_STARTS_WITHIN_WEEKS):
            for start in EVENINGS:
                for weekday in range(5):
                    days = timetable.weekly_dates(
                        weekday=weekday,
                        first=earliest + week * WEEK,
                        last=term.ends_on,
                        count=entry["sessions"],
                        off=off,
                    )
                    if len(days) < entry["sessions"]:
                        continue
                    fallback = fallback or (days, start)
                    times = timetable.lesson_times([(day, start) for day in days], minutes=entry["duration_min"])
                    if not self._is_taken(room, times):
                        return days, start, room
        return (*(fallback or ([], EVENINGS[0])), None)

    # -- Workshops and shows ---------------------------------------------------------------------

    def _slots(self, course, entry):
        """Slots of the coming weeks. Further imports add later weeks; what was there stays."""
        if entry["kind"] not in HEAD_COUNT:
            return
        room = self._room(entry)
        known = {run.starts_at: run for run in course.runs.filter(kind=RunKind.SLOT)}
        days_known = {timezone.localdate(starts_at) for starts_at in known}
        new = []
        for day, start in self._slot_days(entry, self._schedule(entry, room)):
            ((begins, ends),) = times = timetable.lesson_times([(day, start)], minutes=entry["duration_min"])
            if begins <= self.now:
                continue
            if (run := known.get(begins)) is not None:
                self._update(run, entry, entry.node, {}, {}, kind="slots")
                continue
            there = room
            if self._is_taken(room, times):
                if entry.get("schedule"):
                    there = None  # the time is published; the board asks for a room
                elif day in days_known or not (later := self._later(day, start, room, entry)):
                    continue
                else:
                    start, times = later
                    ((begins, ends),) = times
            self._take(there, times)
            new.append(CourseRun(
                course=course, slug=f"{day}-{start:%H%M}", code=f"{day:%d.%m.} {start:%H:%M}", kind=RunKind.SLOT,
                state=RunState.PUBLISHED, room=there, duration_minutes=entry["duration_min"], starts_on=day,
                starts_at=begins, ends_at=ends, capacity=entry["capacity"], changed_at=self.now,
                enrollment_opens_at=begins - OPENS_BEFORE_START, enrollment_closes_at=begins, offers_end_at=begins,
            ))  # fmt: skip
            self.writer.report.note("slots", created=True)
        Lesson.objects.bulk_create(
            Lesson(run=run, room=run.room, starts_at=run.starts_at, ends_at=run.ends_at, changed_at=self.now)
            for run in CourseRun.objects.bulk_create(new)
        )

    def _schedule(self, entry, room) -> dict[int, list[time]]:
        """{weekday: [start, …]}"""
        schedule = {}
        for row in entry.get("schedule", []):
            for name in row["days"]:
                schedule.setdefault(WEEKDAYS.index(name), []).extend(row["starts"])
        if not schedule:
            later = self.without_schedule.get(room and room.pk, 0)
            self.without_schedule[room and room.pk] = later + 1
            saturday, sunday = WEEKEND[entry["kind"]]
            schedule = {5: [time((saturday + later) % 24)], 6: [time((sunday + later) % 24)]}
        return schedule

    def _slot_days(self, entry, schedule) -> Iterator[tuple[date, time]]:
        last = self.today - timedelta(days=self.today.weekday()) + (WEEKS_OF_SLOTS + 1) * WEEK - timedelta(days=1)
        for day in timetable.days_between(self.today, last):
            if not self._is_closed(entry["venue"], day):
                for start in sorted(set(schedule.get(day.weekday(), []))):
                    yield day, start

    def _later(self, day, start, room, entry):
        """The next half hour of the day at which the room is free: (time, times). None when there is none."""
        for minutes in range(start.hour * 60 + start.minute + 30, LATEST_SLOT_HOUR * 60 + 1, 30):
            later = time(*divmod(minutes, 60))
            times = timetable.lesson_times([(day, later)], minutes=entry["duration_min"])
            if not self._is_taken(room, times):
                return later, times
        return None

    def _is_closed(self, venue, day):
        if venue not in self.closed:
            return False
        weekday, first, last = self.closed[venue]
        at = (day.month, day.day)
        within = first <= at <= last if first <= last else at >= first or at <= last  # over the turn of the year
        return day.weekday() == weekday and within

    # -- One run ---------------------------------------------------------------------------------

    def _room(self, entry):
        return self.writer.rooms.get(entry.get("room"))

    def _new(self, course, entry, **columns):
        """A run not yet saved, with whatever its lessons do not decide."""
        return CourseRun(
            **{"course": course, "code": self.codes.next(letter_of(entry)), "kind": RunKind.GROUP, "state": RunState.PUBLISHED,
               "capacity": entry["capacity"], "changed_at": self.now} | columns
        )  # fmt: skip

    def _with_lessons(self, run, node, *, slug_end, times=None):
        """Save a new run and its lessons."""
        run.slug = f"{run.code}-{slug_end}".lower()
        try:
            times = times or timetable.weekly_times(run)
            for name, value in timetable.span(times).items():
                setattr(run, name, value)
        except TimetableRefused as refused:
            self.writer.errors.add(node, f"{refused.reason.label}.")
            return
        if run.offers_end_at is None:
            run.offers_end_at = timetable.last_useful_moment(times)
        run.save()
        self._write_lessons(run, times)
        self.writer.report.note("runs", created=True)

    def _update(self, run, entry, node, rule, free, *, follow=False, times=None, kind="runs"):
        """Bring a run up to date: the timetable only while nobody is in it, the capacity never below those who are."""
        moved = {name: value for name, value in rule.items() if getattr(run, name) != value}
        other = {name: value for name, value in free.items() if getattr(run, name) != value}
        if moved or follow:
            run = seats.lock(run.pk)[run.pk]
            if run.seats_taken or run.waitlist_length:
                moved, follow = {}, False
                other = {name: value for name, value in other.items() if name == "minimum_size"}
        if run.capacity != entry["capacity"] and not seats.set_capacity(run, capacity=entry["capacity"]):
            reason = f"{run.code} has {run.seats_taken} seats taken; the capacity cannot be {entry['capacity']}."
            self.writer.errors.add(entry.node, reason, key="capacity")
            return
        changes = bool(moved or other or follow or run.capacity != entry["capacity"])
        if moved or follow:
            moved |= self._new_timetable(run, moved, times, node)
        if moved or other:
            CourseRun.objects.filter(pk=run.pk).update(**moved, **other, changed_at=self.now)
        self.writer.report.note(kind, updated=changes)

    def _new_timetable(self, run, moved, times, node):
        """Give an empty run the lessons of its new rule; the columns that follow from them."""
        for name, value in moved.items():
            setattr(run, name, value)
        if run.term_id:
            run.starts_on = run.term.classes_start_on or run.term.starts_on
        run.lessons.all().delete()
        self.taken.clear()
        try:
            found = times(run)
            self._write_lessons(run, found)
        except TimetableRefused as refused:
            self.writer.errors.add(node, f"{refused.reason.label}.")
            return {}
        return {"offers_end_at": timetable.last_useful_moment(found)} if run.term_id else {}

    # -- Rooms -----------------------------------------------------------------------------------

    def _is_taken(self, room, times) -> bool:
        return room is not None and any(
            begin < until and start < end for start, until in times for begin, end in self._taken_in(room)
        )

    def _taken_in(self, room) -> list[tuple[datetime, datetime]]:
        if room.pk not in self.taken:
            lessons = Lesson.objects.scheduled().filter(room=room)
            self.taken[room.pk] = list(lessons.values_list("starts_at", "ends_at"))
        return self.taken[room.pk]

    def _take(self, room, times):
        if room is not None:
            self._taken_in(room).extend(times)

    def _write_lessons(self, run, times):
        """In the run's room where it is free; elsewhere in none yet: the board asks for one."""
        taken = [each for each in times if self._is_taken(run.room, [each])]
        timetable.write_lessons(run=run, times=times, now=self.now, without_room={start for start, _ in taken})
        self._take(run.room, [each for each in times if each not in taken])


def _pair(wanted: list, known: list[CourseRun], key) -> list[CourseRun | None]:
    """For each wanted time its run: the one that meets then, else one left over that nobody is in, else none."""
    by_time = {}
    for run in known:
        by_time.setdefault(key(run), run)
    found = [by_time.get(when) for when in wanted]
    left = [run for run in known if run not in found and not run.seats_taken and not run.waitlist_length]
    return [run or (left.pop(0) if left else None) for run in found]


def _working_days(first: date, last: date) -> list[date]:
    off = timetable.state_holidays(first, last)
    return [day for day in timetable.days_between(first, last) if day.weekday() < 5 and day not in off]


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=timezone.get_default_timezone()).astimezone(UTC)
