"""What came of each wish of an application: a code that is kept, and its words."""

from django.utils.translation import gettext as _

from enrollment.refusals import Reason

PLACE, QUEUE, UNNEEDED, FULL = "place", "queue", "unneeded", "full"  # any other is the code of a refusal


def words(outcome: str) -> str:
    """In the reader's language, to stand after a colon; "" while it is not decided."""
    match outcome:
        case "":
            return ""
        case "place":
            return _("a place")
        case "queue":
            return _("in the queue")
        case "unneeded":
            return _("not needed any more")
        case "full":
            return _("no place was free")
    return str(Reason(outcome).label).lower()
