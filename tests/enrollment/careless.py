"""Twins of the site without a guard, to show that a test of killed servers can fail. For granian, in a process of its own.

answers_first    says where the receipt is, and does the work afterwards
in_pieces        keeps the enrollment before the seat is counted
"""

import io
import itertools
import threading
from urllib.parse import parse_qs

from django.db import connection

from enrollment.wsgi import application  # loads the apps

from courses.flows import seats  # isort: skip

FINISHED = 10  # in pieces, per process: whoever comes after them is left half done until the server is killed
_entered = itertools.count(1)


def answers_first(environ, start_response):
    if environ["REQUEST_METHOD"] != "POST":
        return application(environ, start_response)
    body = environ["wsgi.input"].read()
    key = parse_qs(body.decode())["key"][0]
    kept = {name: value for name, value in environ.items() if isinstance(value, str)}
    kept |= {"wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http"}
    threading.Thread(target=_work, args=(kept,), daemon=True).start()
    start_response("302 Found", [("Location", f"/my/results/{key}/"), ("Content-Length", "0")])
    return [b""]


def _work(environ, seconds=10):
    threading.Event().wait(seconds)
    application(environ, lambda *_: None).close()
    connection.close()


def in_pieces(environ, start_response, take=seats.take):
    def take_later(run, count=1):
        if next(_entered) > FINISHED:
            connection.connection.commit()
            threading.Event().wait()
        return take(run, count)

    seats.take = take_later
    return application(environ, start_response)
