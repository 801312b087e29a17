"""A connection that died with its server is made anew, and one that lives is asked seldom."""

import time

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.postgresql.base import ASKED_AGAIN_AFTER_SECONDS
from accounts.statements import fetch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_only]


@pytest.fixture
def asked(monkeypatch):
    """How often the server was asked whether the connection lives."""
    connection.ensure_connection()
    count = []
    execute = psycopg.Cursor.execute

    def counting(cursor, query, *args, **options):
        count.extend([1] if query == "SELECT 1" else [])
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    return count


def terminate():
    """End our own connection from another one, as a server that shuts down does."""
    pid = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


def test_one_that_was_used_a_moment_ago_is_not_asked(asked):
    assert connection.is_usable()
    assert connection.is_usable()

    assert len(asked) <= 1


def test_one_that_was_idle_is_asked(asked, monkeypatch):
    later = time.monotonic() + ASKED_AGAIN_AFTER_SECONDS
    monkeypatch.setattr("time.monotonic", lambda: later)

    assert connection.is_usable()

    assert len(asked) == 1


def test_one_that_the_server_ended_is_seen_at_once_and_made_anew():
    connection.ensure_connection()
    assert connection.is_usable()
    terminate()

    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        assert cursor.fetchone() == (7,)


def test_the_cursor_that_is_kept_is_one_of_the_connection_at_hand():
    first = connection.kept_cursor()
    assert connection.kept_cursor() is first
    connection.close()

    second = connection.kept_cursor()

    assert second is not first
    assert fetch(connection, "SELECT 7", []) == [(7,)]
    with pytest.raises(ProgrammingError):
        fetch(connection, "SELECT no_such_column", [])
    assert fetch(connection, "SELECT 8", []) == [(8,)]


# -- Statements asked below a cursor ---------------------------------------------------------------


def test_a_first_row_comes_as_texts_whichever_way_it_is_asked():
    asked = "SELECT 7, NULL, 'ā' || CAST(%s AS text)"
    below = connection.first_row(asked, "b"), connection.first_row(asked, "c")
    with transaction.atomic():
        through_a_cursor = connection.first_row(asked, "c")

    assert below == (("7", None, "āb"), ("7", None, "āc"))
    assert through_a_cursor == below[1]
    assert connection.first_row("SELECT 1 WHERE CAST(%s AS text) = ''", "b") is None


def forget():
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


@pytest.mark.parametrize("event", [forget, terminate])
def test_what_the_server_forgot_is_asked_again(event):
    asked = "SELECT 'ā' || CAST(%s AS text)"
    connection.first_row(asked, "b")

    event()
    connection.close_if_unusable_or_obsolete()  # as at the start of a request

    assert connection.first_row(asked, "c") == ("āc",)


def test_a_statement_that_is_wrong_says_so():
    with pytest.raises(ProgrammingError):
        connection.first_row("SELECT no_such(CAST(%s AS text))", "b")

    assert connection.first_row("SELECT CAST(%s AS text)", "b") == ("b",)
