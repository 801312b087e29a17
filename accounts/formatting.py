"""Dates, times, money and deadlines in words, for pages, e-mails and calendars alike (UX 5.1, 7.2).

Pure functions of their arguments and of the active language; aware datetimes are shown in the
centre's time zone. Both languages keep one order of day, month and year, so that a page, an
invoice and a calendar agree.
"""

import datetime as dt
import re
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language, gettext

NBSP = "\N{NO-BREAK SPACE}"
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
_LONG_WORD = re.compile(r"[^\W\d_]{9,}")
_VOWELS = "aāeēiīoōuū"

# Monday first. Latvian needs a case for each use, and software must not guess them.
_WEEKDAYS = {
    "lv": {
        "nominative": ("pirmdiena", "otrdiena", "trešdiena", "ceturtdiena", "piektdiena", "sestdiena", "svētdiena"),
        "on": ("pirmdien", "otrdien", "trešdien", "ceturtdien", "piektdien", "sestdien", "svētdien"),
        "until": ("pirmdienai", "otrdienai", "trešdienai", "ceturtdienai", "piektdienai", "sestdienai", "svētdienai"),
        "every": ("pirmdienās", "otrdienās", "trešdienās", "ceturtdienās", "piektdienās", "sestdienās", "svētdienās"),
        "initial": ("P", "O", "T", "C", "Pk", "S", "Sv"),
    },
    "en": {
        "nominative": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "on": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "until": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "every": ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
        "initial": ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
    },
}
_MONTHS = {
    "lv": (
        "janvāris",
        "februāris",
        "marts",
        "aprīlis",
        "maijs",
        "jūnijs",
        "jūlijs",
        "augusts",
        "septembris",
        "oktobris",
        "novembris",
        "decembris",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


def _language() -> str:
    return "en" if (get_language() or "lv").startswith("en") else "lv"


def local(moment):
    """A datetime in the centre's time zone; dates, times and naive datetimes as they are."""
    if isinstance(moment, dt.datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment)
    return moment


def _weekday(day: int, form: str) -> str:
    return _WEEKDAYS[_language()][form][day]


def date_short(day) -> str:
    """24.11.2026. in Latvian, 24.11.2026 in English."""
    return local(day).strftime("%d.%m.%Y.") if _language() == "lv" else local(day).strftime("%d.%m.%Y")


def day_month(day) -> str:
    """24.11. in both languages, where the year is plain from what stands around it."""
    return local(day).strftime("%d.%m.")


def date_day(day) -> str:
    """otrdien, 24.11.2026. / Tuesday 24.11.2026: when people must come."""
    return _join_day(_weekday(local(day).weekday(), "on"), date_short(day))


def date_day_short(day) -> str:
    """otrdien, 24.11. / Tuesday 24.11."""
    return _join_day(_weekday(local(day).weekday(), "on"), day_month(day))


def date_title(day) -> str:
    """otrdiena, 24.11.2026. / Tuesday 24.11.2026: the day as a title of its own."""
    return _join_day(_weekday(local(day).weekday(), "nominative"), date_short(day))


def date_until(day) -> str:
    """ceturtdienai, 26.11.2026. / Thursday 26.11.2026: what follows "līdz" and "until"."""
    return _join_day(_weekday(local(day).weekday(), "until"), date_short(day))


def _join_day(weekday: str, date: str) -> str:
    return f"{weekday}, {date}" if _language() == "lv" else f"{weekday} {date}"


def date_range(first, last) -> str:
    """03.05.–08.05.2027. within one year, both in full otherwise."""
    first, last = local(first), local(last)
    if first.year == last.year:
        return f"{day_month(first)}–{date_short(last)}"
    return f"{date_short(first)}–{date_short(last)}"


def time(moment) -> str:
    """16:30, never with seconds."""
    return local(moment).strftime("%H:%M")


def time_exact(moment) -> str:
    """10:00:03, for receipts where the second counts."""
    return local(moment).strftime("%H:%M:%S")


def time_range(start, end) -> str:
    """15:30–17:00"""
    return f"{time(start)}–{time(end)}"


def at(moment, clock: str | None = None) -> str:
    """plkst. 16:30 in Latvian, 16:30 in English."""
    clock = clock or time(moment)
    return f"plkst. {clock}" if _language() == "lv" else clock


def datetime_short(moment) -> str:
    """24.11.2026., 16:30"""
    return f"{date_short(moment)}, {time(moment)}"


def datetime_day(moment) -> str:
    """otrdien, 24.11.2026., plkst. 16:30 / Tuesday 24.11.2026, 16:30"""
    return f"{date_day(moment)}, {at(moment)}"


def datetime_exact(moment) -> str:
    """otrdien, 01.12.2026., plkst. 10:00:03 / Tuesday 01.12.2026, 10:00:03"""
    return f"{date_day(moment)}, {at(moment, time_exact(moment))}"


def datetime_until(moment) -> str:
    """ceturtdienai, 26.11.2026., plkst. 18:00 / Thursday 26.11.2026, 18:00"""
    return f"{date_until(moment)}, {at(moment)}"


def weekday_plural(weekday: int) -> str:
    """otrdienās / Tuesdays, from 0 for Monday to 6 for Sunday."""
    return _weekday(int(weekday), "every")


def weekday_name(weekday: int) -> str:
    """otrdiena / Tuesday"""
    return _weekday(int(weekday), "nominative")


def weekday_initial(weekday: int) -> str:
    """P O T C Pk S Sv / Mo Tu We Th Fr Sa Su; the locale data repeats P and S."""
    return _weekday(int(weekday), "initial")


def month_name(month: int) -> str:
    """novembris / November"""
    return _MONTHS[_language()][int(month) - 1]


def month_title(day) -> str:
    """2026. gada novembris / November 2026"""
    day = local(day)
    return f"{day.year}. gada {month_name(day.month)}" if _language() == "lv" else f"{month_name(day.month)} {day.year}"


def amount(value) -> str:
    """1 250,00 € with non-breaking spaces, zero included."""
    whole, cents = f"{Decimal(value):.2f}".split(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    groups = f"{int(whole):,}".replace(",", NBSP)
    return f"{sign}{groups},{cents}{NBSP}€"


def money(value) -> str:
    """45,00 €, or "Bez maksas" for nothing."""
    return amount(value) if Decimal(value) else gettext("Free of charge")


def hours_left(deadline, now) -> int:
    """Whole hours until the deadline, never below zero."""
    return max(0, int((deadline - now).total_seconds() // 3600))


def time_left(deadline, now) -> str:
    """(vēl 31 h), and minutes in the last hour: (vēl 25 min). One form everywhere (UX, Rulings 4)."""
    if hours := hours_left(deadline, now):
        return gettext("(%(hours)s h left)") % {"hours": hours}
    minutes = max(0, int((deadline - now).total_seconds() // 60))
    return gettext("(%(minutes)s min left)") % {"minutes": minutes}


def deadline(moment, now) -> str:
    """ceturtdienai, 26.11.2026., plkst. 18:00 (vēl 31 h)"""
    return f"{datetime_until(moment)} {time_left(moment, now)}"


def initials(name: str) -> str:
    """AB for "Annija Bērziņa", at most two letters."""
    words = name.split()
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


def with_soft_hyphens(text: str) -> str:
    """Where long Latvian words may break: before a consonant that a vowel follows, three letters from either end."""
    return _LONG_WORD.sub(lambda found: _syllables(found[0]), text)


def _syllables(word: str) -> str:
    parts, begun = [], 0
    for at in range(3, len(word) - 2):
        begins = word[at].lower() not in _VOWELS and word[at + 1].lower() in _VOWELS
        if begins and at - begun > 1 and any(letter.lower() in _VOWELS for letter in word[begun:at]):
            at -= word[at - 1 : at + 1].lower() in ("dz", "dž") or word[at - 2] == word[at - 1]  # vidus-skola
            parts.append(word[begun:at])
            begun = at
    return SOFT_HYPHEN.join([*parts, word[begun:]])


def phone(number: str) -> str:
    """29 123 456 for a Latvian number, others as stored."""
    digits = "".join(character for character in number if character.isdigit())
    if len(digits) == 11 and digits.startswith("371"):
        digits = digits[3:]
    return f"{digits[:2]}{NBSP}{digits[2:5]}{NBSP}{digits[5:]}" if len(digits) == 8 else number


def phone_link(number: str) -> str:
    """tel:+37129123456"""
    digits = "".join(character for character in number if character.isdigit())
    return f"tel:+371{digits}" if len(digits) == 8 else f"tel:+{digits}"


def phone_masked(number: str) -> str:
    """··3456: enough to tell namesakes apart on a shared screen (UX 7.3)."""
    return f"··{number[-4:]}" if number else ""
