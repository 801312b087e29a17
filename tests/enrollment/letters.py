"""What a composed letter says, for tests."""

from django.core.mail import EmailMultiAlternatives

from tests.keys import without_keys


def html_of(composed: EmailMultiAlternatives) -> str:
    return composed.alternatives[0].content


def words_of(composed: EmailMultiAlternatives) -> str:
    """Subject, both bodies and attached calendars, without keys."""
    calendars = [file.content.replace("\r\n ", "") for file in composed.attachments]
    return without_keys("\n".join([composed.subject, composed.body, html_of(composed), *calendars]))
