"""What every page knows: the centre's contacts, the languages, the chosen appearance, who looks."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from accounts.outbox.delivery import SIGN_IN_CODE
from accounts.outbox.models import Message

THEMES = ("light", "dark")
THEME_COOKIE = "theme"

# The part of the site an address belongs to, longest first; decides what the navigation marks.
_SECTIONS = (
    ("/my/week", "week"),
    ("/my/messages", "messages"),
    ("/my/", "family"),
    ("/teach/", "teaching"),
    ("/desk/groups", "groups"),
    ("/desk/queues", "queues"),
    ("/desk/schedule", "schedule"),
    ("/desk/lessons", "schedule"),
    ("/desk/changes", "schedule"),
    ("/desk/vizium", "vizium"),
    ("/desk/season", "season"),
    ("/desk/draws", "draws"),
    ("/desk/venues", "season"),
    ("/desk/people", "people"),
    ("/desk/families", "people"),
    ("/desk/messages", "desk-messages"),
    ("/desk/overview", "overview"),
    ("/desk/reports", "overview"),
    ("/desk/actions", "actions"),
    ("/desk/", "desk"),
    ("/help/", "help"),
)


def _section(request) -> str:
    match = request.resolver_match
    if match and match.app_name == "courses":
        return "catalogue"
    return next((section for prefix, section in _SECTIONS if request.path.startswith(prefix)), "")


def _is_staff_member(request) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated and getattr(user, "is_desk_staff", False))


def _unread(request) -> int:
    """New letters; counted on the family's own pages, other pages are spared the query."""
    user = getattr(request, "user", None)
    if not (request.path.startswith("/my/") and user and user.is_authenticated):
        return 0
    return Message.objects.visible_to(user).exclude(kind=SIGN_IN_CODE).filter(read_at=None).count()


def site(request):
    """No query unless a template asks whether a signed-in person is staff."""
    theme = getattr(request, "theme", None)
    if theme is None:
        theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "DEMO": settings.DEMO,
        "CENTRE_PHONE": settings.CENTRE_PHONE,
        "CENTRE_EMAIL": settings.CENTRE_EMAIL,
        "languages": settings.LANGUAGES,
        "LANGUAGE_CODE": get_language() or settings.LANGUAGE_CODE,
        "theme": theme if theme in THEMES else "",
        "section": SimpleLazyObject(lambda: _section(request)),
        "unread_count": SimpleLazyObject(lambda: _unread(request)),
        "is_staff_member": SimpleLazyObject(lambda: _is_staff_member(request)),
    }
