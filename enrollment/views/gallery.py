"""Every component on one page, light and dark, with sample texts: for looking, and for the browser tests."""

from datetime import time

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.audiences import Audience, audience
from accounts.drawings import Block

_CARD = {
    "url": "#", "topic": "robotics", "topic_word": "Robotika", "title": "Robotika 4.–6. klasei", "meta": "R-3 · 4.–6. klasei",
    "when": "ceturtdienās 15:30–17:00", "where": "VIZIUM, Mācību klase 2", "trainer": "Ņina Krastiņa",
    "capacity": 12, "taken": 11, "offered": 0, "waiting": 0, "opens": "", "next": "Pieteikt",
    "fits": [{"name": "Annija", "initials": "AB", "child": 1, "kind": "ok", "text": "der"}],
}
_CARDS = [
    _CARD,
    {**_CARD, "topic": "media", "topic_word": "Mediji", "title": "Datoranimācijas pamati", "meta": "A-1 · 4.–6. klasei",
     "when": "ceturtdienās 14:30–16:00", "trainer": "Laura Čakste", "taken": 12, "offered": 1, "waiting": 4, "next": "Pievienoties rindai",
     "fits": [{"name": "Annija", "initials": "AB", "child": 1, "kind": "ok", "text": "der"},
              {"name": "Roberts", "initials": "RB", "child": 2, "kind": "no", "text": "grupa ir 4.–6. klasei"}]},
    {**_CARD, "topic": "design", "topic_word": "Dizains un 3D", "title": "Datorgrafikas pamati", "meta": "G-1 · 4.–6. klasei · 2. semestris",
     "when": "otrdienās 14:30–16:00", "trainer": "Laura Čakste", "opens": "Sāksies 01.12., 10:00", "next": "Sagatavot pieteikumu",
     "fits": [{"name": "Annija", "initials": "AB", "child": 1, "kind": "clash", "text": "pārklājas ar P-2, 16:00"},
              {"name": "Roberts", "initials": "RB", "child": 2, "kind": "wait", "text": "vieta rindā: 3"}]},
]
_PILLS = [
    ("ok", "Apstiprināts", ""), ("wait", "Vieta rindā: 3", ""), ("offer", "Jāizlemj līdz 26.11.", ""), ("info", "Sāksies 01.12., 10:00", ""),
    ("bad", "Atcelts", ""), ("bad", "Nenotiks", ""), ("info", "Aizstāj 25.11.", "swap"), ("neutral", "Sagatavots", ""),
    ("neutral", "Beidzies", "box"), ("clash", "Pārklājas", ""),
]
_TOPICS = [
    ("robotics", "Robotika"), ("programming", "Programmēšana"), ("design", "Dizains un 3D"), ("media", "Mediji"),
    ("science", "Zinātne"), ("adults", "Pieaugušie"), ("teachers", "Skolotājiem"), ("vizium", "VIZIUM"),
]
_WEEK = [
    Block(time(16, 0), time(17, 30), "AB", child=1, weekday=2),
    Block(time(15, 0), time(16, 30), "AB\nRB", kind="new", weekday=4),
    Block(time(11, 15), time(12, 15), "RB", child=2, weekday=5),
    Block(time(14, 0), time(15, 30), "R-4", kind="queue", child=2, weekday=1),
    Block(time(15, 0), time(16, 0), "M-1", kind="cancelled", child=2, weekday=0),
]
_CLASH = [
    Block(time(11, 0), time(12, 30), "M-2", kind="new"),
    Block(time(11, 15), time(12, 15), "Z-2", child=2),
]
_ICONS = [
    "robot", "brackets", "cube", "wave", "flask", "person-laptop", "board", "prism", "check-circle", "dots-wait",
    "hourglass", "clock", "cross-circle", "minus-circle", "page", "box", "overlap", "swap", "alert", "info", "star",
    "drop", "no-photo", "sync", "on-phone", "arrow-right", "arrow-left", "arrow-up", "arrow-down", "chevron-right",
    "chevron-left", "chevron-down", "chevron-up", "sort", "plus", "minus", "close", "check", "undo", "dots",
    "search", "filter", "eye", "eye-off", "bell", "calendar", "calendar-plus", "pin", "user", "users", "family",
    "grid", "table", "list", "chat", "euro", "map", "bag", "globe", "print", "mail", "phone", "pencil", "sun",
    "moon", "screen", "download", "copy", "link", "external", "logout", "desk", "chart", "qr", "ticket", "bus",
    "lunch", "certificate", "school", "settings", "lock", "substitute", "door", "question",
]


@audience(Audience.DEMO)
@require_safe
def gallery(request) -> HttpResponse:
    return render(
        request,
        "gallery.html",
        {
            "cards": _CARDS, "pills": _PILLS, "topics": _TOPICS, "week": _WEEK, "clash": _CLASH, "icons": _ICONS,
            "decide_facts": [
                {"icon": "user", "text": "Bērns: Annija Bērziņa", "class": ""},
                {"icon": "calendar", "text": "otrdienās 15:30–17:00, VIZIUM, Mācību klase 2", "class": ""},
                {"icon": "check-circle", "text": "Laiki nepārklājas", "class": "icon-ok"},
            ],
            "events": [
                {"title": "Nodarbība nenotiks:", "text": "P-2, 25.11.", "meta": "šodien, 8:40", "seen": False},
                {"title": "Ir brīva vieta:", "text": "R-2", "meta": "24.11.2026., 18:00", "seen": False},
                {"title": "Vieta rindā: 3.", "text": "R-4", "meta": "23.11.2026., 9:12", "seen": True},
            ],
            "summary": [
                {"label": "Bērns", "value": "Annija Bērziņa", "change_url": "#", "change_label": "Labot"},
                {"label": "Grupa", "value": "Robotika 4.–6. klasei, R-2", "change_url": "#", "change_label": "Labot"},
                {"label": "Ja vietu vairs nav", "value": "P-1, pirmdienās 16:00", "change_url": "#", "change_label": "Labot"},
            ],
            "views": [
                {"url": "#", "text": "Režģis", "icon": "table", "current": True},
                {"url": "#", "text": "Saraksts", "icon": "list", "current": False},
            ],
        },
    )
