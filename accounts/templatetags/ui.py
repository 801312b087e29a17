"""Tags and filters of every page; a template builtin, so nothing needs loading.

Small parts that a list repeats (icon, pill, occupancy, avatar) are built here and remembered,
because a catalogue draws hundreds of them; larger ones are templates in components/.
"""

from functools import cache, lru_cache

from django import template
from django.template import defaultfilters
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from accounts import drawings, formatting

register = template.Library()

TOPIC_ICONS = {
    "robotics": "robot",
    "programming": "brackets",
    "design": "cube",
    "media": "wave",
    "science": "flask",
    "adults": "person-laptop",
    "teachers": "board",
    "vizium": "prism",
}
PILL_ICONS = {
    "ok": "check-circle",
    "wait": "dots-wait",
    "offer": "hourglass",
    "info": "clock",
    "bad": "cross-circle",
    "neutral": "page",
    "clash": "overlap",
}
SEGMENTS_UP_TO = 20  # seats drawn one by one; more become one bar
QUEUE_DOTS = 8


# -- Icons ------------------------------------------------------------------------------------


@cache
def _sprite() -> str:
    return static("img/icons.svg")


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, label: str, sprite: str) -> SafeString:
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{}" height="{}" {}><use href="{}#{}"></use></svg>', size, size, meaning, sprite, name
    )


@register.simple_tag
def icon(name, size=20, label=""):
    """{% icon "calendar" size=20 label="" %}: decoration unless it has a label."""
    return _icon(str(name), int(size), str(label), _sprite())


@register.simple_tag
def topic_icon(topic, size=40):
    """{% topic_icon course.topic %}: the pictogram on its tile; size 40, or 56 on doors."""
    topic = str(topic)
    return format_html(
        '<span class="topic-tile topic-{}{}">{}</span>',
        topic,
        " topic-tile-large" if int(size) > 48 else "",
        _icon(TOPIC_ICONS.get(topic, "page"), 28 if int(size) > 48 else 22, "", _sprite()),
    )


@register.simple_tag
def child_avatar(name, color=4, size=40, label=""):
    """{% child_avatar "Annija Bērziņa" color=1 size=40 %}: initials on the child's colour, 24 / 32 / 40 / 48."""
    name, size = str(name), int(size)
    letters = name if len(name) <= 2 else formatting.initials(name)
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<span class="avatar avatar-{} child-{}" {}>{}</span>', size, color or 4, meaning, letters)


# -- States -----------------------------------------------------------------------------------


@register.simple_tag
def status_pill(kind, text, icon="", size=""):
    """{% status_pill "ok" text icon="" size="small" %}: ok wait offer info bad neutral clash; "plain" size drops the fill."""
    kind = str(kind)
    extra = f" pill-{size}" if size else ""
    return format_html(
        '<span class="pill pill-{}{}">{}{}</span>',
        kind,
        extra,
        _icon(str(icon) or PILL_ICONS.get(kind, "info"), 16, "", _sprite()),
        text,
    )


def occupancy_words(capacity: int, taken: int, offered: int = 0, waiting: int = 0, *, staff: bool = False) -> str:
    """Brīvas vietas: 3 no 12 · Pilna · rindā: 4. While anybody waits, a freed seat is not public."""
    free = max(0, capacity - taken)
    if staff:
        parts = [gettext("Taken: %(taken)s of %(capacity)s") % {"taken": taken - offered, "capacity": capacity}]
        if offered:
            parts.append(gettext("offered: %(offered)s") % {"offered": offered})
        parts.append(gettext("free: %(free)s") % {"free": free})
        if waiting:
            parts.append(gettext("in the queue: %(waiting)s") % {"waiting": waiting})
        return " · ".join(parts)
    if free and not waiting:
        return gettext("Free places: %(free)s of %(capacity)s") % {"free": free, "capacity": capacity}
    parts = [gettext("Full")]
    if waiting:
        parts.append(gettext("in the queue: %(waiting)s") % {"waiting": waiting})
    return " · ".join(parts)


@lru_cache(maxsize=4096)
def _occupancy(capacity: int, taken: int, offered: int, waiting: int, words: str, language: str) -> SafeString:
    solid = max(0, taken - offered)
    if capacity <= SEGMENTS_UP_TO:
        free = max(0, capacity - taken)
        bar = '<i class="taken"></i>' * solid + '<i class="offered"></i>' * offered + "<i></i>" * free
    else:
        share, offer = solid / capacity * 100, offered / capacity * 100
        bar = (
            '<svg class="track" width="100%" height="8"><rect class="free" x=".5" y=".5" width="99.8%" height="7" rx="3.5"/>'
            f'<rect class="taken" width="{share:.2f}%" height="8" rx="4"/>'
            f'<rect class="offered" x="{share:.2f}%" width="{offer:.2f}%" height="8"/></svg>'
        )
    dots = ""
    if waiting:
        more = "<u>+</u>" if waiting > QUEUE_DOTS else ""
        dots = f'<span class="queue-dots">{"<b></b>" * min(waiting, QUEUE_DOTS)}{more}</span>'
    text = ""
    if words != "none":
        text = escape(occupancy_words(capacity, taken, offered, waiting, staff=words == "staff"))
        text = f'<span class="occupancy-words">{text}</span>'
    return mark_safe(  # noqa: S308  classes and digits of our own around escaped words
        f'<span class="occupancy"><span class="occupancy-bar" aria-hidden="true">'
        f'<span class="seats">{bar}</span>{dots}</span>{text}</span>'
    )


@register.simple_tag
def occupancy(capacity, taken, offered=0, waiting=0, words="public"):
    """{% occupancy 12 9 offered=1 waiting=4 words="public" %}: `taken` includes the offered; words public | staff | none."""
    return _occupancy(
        int(capacity or 0), int(taken or 0), int(offered or 0), int(waiting or 0), words, get_language() or ""
    )


@register.simple_tag
def queue_tile(number):
    """{% queue_tile 3 %}: the child's own place in the queue, with the word."""
    return format_html('<span class="queue-tile"><b>{}</b> <span>{}</span></span>', number, gettext("in queue"))


# -- Calendars --------------------------------------------------------------------------------


@register.simple_tag
def mini_week(blocks, days=6, highlight=None, label=""):
    return drawings.mini_week(blocks, days=days, highlight=highlight, label=label)


@register.simple_tag
def day_strip(blocks, first_hour=None, last_hour=None, label=""):
    return drawings.day_strip(blocks, first_hour=first_hour, last_hour=last_hour, label=label)


# -- Words ------------------------------------------------------------------------------------


def _filter(name, function):
    """A filter that leaves an empty value empty."""

    def apply(value):
        return "" if value is None or value == "" else function(value)

    register.filter(name, apply)


for _name in (
    "date_short",
    "day_month",
    "date_day",
    "date_day_short",
    "date_title",
    "date_until",
    "time_exact",
    "datetime_short",
    "datetime_day",
    "datetime_exact",
    "datetime_until",
    "weekday_plural",
    "weekday_name",
    "weekday_initial",
    "month_name",
    "month_title",
    "money",
    "amount",
    "initials",
    "phone",
    "phone_link",
    "phone_masked",
):
    _filter(_name, getattr(formatting, _name))


@register.filter
def time(moment, format=None):
    """{{ lesson.starts_at|time }}: 16:30; with a format it is Django's own filter."""
    if format:
        return defaultfilters.time(moment, format)
    return formatting.time(moment) if moment else ""


@register.filter
def time_range(start, end):
    """{{ lesson.starts_at|time_range:lesson.ends_at }}: 15:30–17:00"""
    return formatting.time_range(start, end) if start and end else ""


@register.filter
def date_range(first, last):
    return formatting.date_range(first, last) if first and last else ""


@register.filter
def time_left(moment, now=None):
    """{{ offer.expires_at|time_left }} or |time_left:now: (vēl 31 h)"""
    return formatting.time_left(moment, now or timezone.now()) if moment else ""


@register.filter
def deadline(moment, now=None):
    """{{ offer.expires_at|deadline }}: ceturtdienai, 26.11.2026., plkst. 18:00 (vēl 31 h)"""
    return formatting.deadline(moment, now or timezone.now()) if moment else ""


@register.filter
def nobreak(text):
    """Group codes, sums and hours that must not break at a line's end: R-2, 16:30–18:00."""
    return format_html('<span class="nowrap">{}</span>', text)


@register.filter
def syllables(text):
    """Long Latvian words may break where a syllable begins: in narrow columns, since browsers do not know its syllables."""
    return formatting.with_soft_hyphens(str(text)) if get_language() == "lv" else text


@register.filter
def sentence(text):
    """The first letter as a capital, the rest untouched: names keep theirs."""
    text = str(text)
    return text[:1].upper() + text[1:]
