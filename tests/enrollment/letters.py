"""What a composed letter says, for tests."""

import re

from django.core.mail import EmailMultiAlternatives

# Addresses of pages and names of events hold random keys, in which any digits may stand.
_RANDOM = re.compile(r"https?://[^\s\"<]+|UID:\S+")


def html_of(composed: EmailMultiAlternatives) -> str:
    return composed.alternatives[0].content


def words_of(composed: EmailMultiAlternatives) -> str:
    """Subject, both bodies and attached calendars, without addresses and names of events."""
    calendars = [file.content.replace("\r\n ", "") for file in composed.attachments]
    return _RANDOM.sub("", "\n".join([composed.subject, composed.body, html_of(composed), *calendars]))
