"""The parts of a rehearsal that need no server: when families press, and how the client reads what it is answered."""

import pytest
from django.core.mail import send_mail

from accounts.outbox import inbox
from enrollment.rehearsal import arrivals, client, crowd, scale
from enrollment.rehearsal.playing import Answer, percentile
from enrollment.rehearsal.requests import is_receipt

pytestmark = pytest.mark.once


def test_a_fifth_presses_at_the_moment_and_the_others_ever_more_rarely():
    at = arrivals.peak(500, seconds=60)

    assert (len(at), at == sorted(at), at.count(0.0)) == (500, True, 100)
    assert 0 < at[100] < at[-1] <= 60
    by_quarter = [sum(first <= one < first + 15 for one in at[100:]) for first in (0, 15, 30, 45)]
    assert by_quarter == sorted(by_quarter, reverse=True)


@pytest.mark.parametrize(
    ("seconds", "at_once", "found"), [(0, None, 7), (0, 2, 7), (60, 0, 0), (60, 3, 3), (60, 7, 7), (60, None, 1)]
)
def test_how_many_press_at_one_instant_can_be_chosen(seconds, at_once, found):
    at = arrivals.peak(7, seconds=seconds, at_once=at_once)

    assert (len(at), at.count(0.0)) == (7, found)


@pytest.mark.parametrize(
    ("octets", "complete", "read"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /my/results/1/\r\nContent-Length: 0\r\n\r\n", True, (302, "/my/results/1/")),
        (b"HTTP/1.1 409 Conflict\r\ncontent-length: 4\r\n\r\nfull", True, (409, "")),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfull", False, (200, "")),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end of the connection", False, (200, "")),
        (b"HTTP/1.1 200 OK\r\nX-Location: /no/\r\n", False, (0, "")),
        (b"220 mail.example ESMTP\r\n\r\n", False, (0, "")),
        (b"", False, (0, "")),
    ],
)
def test_the_client_knows_when_an_answer_is_complete(octets, complete, read):
    assert (client.is_complete(octets), client.read(octets)) == (complete, read)


def test_only_an_address_of_a_receipt_is_one():
    assert is_receipt(302, "/my/results/6a/")
    assert not is_receipt(302, "/accounts/login/?next=/my/results/6a/")
    assert not is_receipt(200, "/my/results/6a/")


def test_a_percentile_is_an_answer_that_was_given():
    answers = [Answer(302, number / 1000, "") for number in range(1, 101)]

    assert [round(percentile(answers, share)) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([], 0.95) == 0


def test_letters_to_the_invented_do_not_bury_those_of_the_demonstration(settings, tmp_path):
    settings.EMAIL_BACKEND, settings.MAIL_DIR = "accounts.outbox.inbox.InboxBackend", tmp_path
    for domain in (crowd.DOMAIN, scale.DOMAIN, "demo.example"):
        send_mail("Vieta", "Ir", None, [f"family-1@{domain}"])

    assert [letter.to for letter in inbox.letters()] == ["family-1@demo.example"]
