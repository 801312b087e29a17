"""What a family's browser sends when the button is pressed, for a load tool and as the octets of HTTP/1.1."""

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from courses.models import CourseRun
from enrollment.models import Submission
from enrollment.rehearsal.crowd import Family

CSRF = "rehearsal0rehearsal0rehearsal000"  # any secret that is the same in the cookie and in the form

RECEIPT = (302, 200)  # to the receipt; 200 for a tool that goes there by itself: no press is answered by a page and 200
REFUSAL = (409, 422)


def cookies(family: Family) -> dict[str, str]:
    return {settings.SESSION_COOKIE_NAME: family.session, settings.CSRF_COOKIE_NAME: CSRF}


def press(family: Family, run: CourseRun) -> dict:
    """{"method", "path", "form"} of one enrollment; the key makes sure that sent twice it is one."""
    return {
        "method": "POST",
        "path": reverse("enrollment:enroll_check", args=[run.pk]),
        "form": {"learner": str(family.learner_id), "key": str(uuid4()), "csrfmiddlewaretoken": CSRF},
    }


def press_of_the_floor(family: Family, run: CourseRun, submission: Submission) -> dict:
    """What the measurement's bare view records: the same UPDATE and INSERT, and nothing else."""
    form = {"learner": family.learner_id, "run": run.pk, "submission": submission.pk, "csrfmiddlewaretoken": CSRF}
    return {"method": "POST", "path": "/floor/enroll/", "form": form}


def octets(request: dict, *, host: str, family: Family, headers: Iterable[tuple[str, str]] = ()) -> str:
    """The request as it goes over the wire, ASCII throughout."""
    body = urlencode(request["form"])
    jar = "; ".join(f"{name}={value}" for name, value in cookies(family).items())
    lines = [
        f"{request['method']} {request['path']} HTTP/1.1", f"Host: {host}", f"Cookie: {jar}", f"Origin: http://{host}",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "Accept: text/html",
        "Connection: close", *(f"{name}: {value}" for name, value in headers),
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n\r\n" + body


def is_receipt(status: int, location: str) -> bool:
    """Whether the answer leads to what became of the press, and not to the sign-in page or to a missing step."""
    return status == 302 and location.startswith(("/my/results/", "/my/applications/"))
