import json
import logging
import logging.config
import sys

import pytest
from django.conf import settings

from accounts.logs import JsonFormatter, LineFormatter, MaskingFilter, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Not Found: /k/9fQx-Zl_2.ics", "Not Found: /k/…"),
        ("Gone: /offers/WzEsMl0:1tK:abc/", "Gone: /offers/…"),
        ("/tickets/MTI:x/ and /accounts/link/eyJ1:y:z/?next=/my/", "/tickets/… and /accounts/link/…"),
        ('"GET /desk/people/?q=B%C4%93rzi%C5%86a HTTP/1.1" 200', '"GET /desk/people/?… HTTP/1.1" 200'),
        ("DETAIL: Key (email)=(liga.berzina@example.lv) already exists", "DETAIL: Key (email)=(…@…) already exists"),
        ("code 270316-21234 and 32031621234", "code … and …"),
        ("run 15 released 3 of /courses/robotika/r-2/", "run 15 released 3 of /courses/robotika/r-2/"),
    ],
)
def test_secrets_and_people_are_masked(text, shown):
    assert masked(text) == shown


def record(message, *args, exc_info=None, **extra):
    made = logging.getLogger("enrollment").makeRecord(
        "enrollment", logging.ERROR, "file.py", 1, message, args, exc_info, extra=extra
    )
    MaskingFilter().filter(made)
    return made


def test_a_line_is_one_object_with_ids_and_no_other_extras():
    line = json.loads(
        JsonFormatter().format(record("failed: %s", "/k/abc.ics", enrollment_id=15, email="liga@example.lv"))
    )

    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "ERROR", "logger": "enrollment", "message": "failed: /k/…", "enrollment_id": 15}


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_an_exception_is_told_by_its_type_and_place_not_by_its_text(formatter):
    try:
        raise ValueError("Annija Bērziņa, 270316-21234")
    except ValueError:
        line = formatter.format(record("failed", exc_info=sys.exc_info()))

    assert ("builtins.ValueError" in line, "test_logs.py" in line, "Annija" in line) == (True, True, False)


def test_every_handler_of_the_settings_masks():
    assert [handler["filters"] for handler in settings.LOGGING["handlers"].values()] == [["masking"]]
    assert [logging.getLogger(name).handlers for name in ("django", "django.server", "django.request")] == [[], [], []]
