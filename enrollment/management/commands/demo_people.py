"""Who can be signed in as in the demonstration: `manage.py demo_people [--json] [--sessions]`."""

import json

from django.core.management.base import BaseCommand, CommandError

from enrollment.demo import people, seed
from enrollment.demo.sessions import fresh_session

REFUSED = 1


class Command(BaseCommand):
    help = "Lists the demonstration's people with their sign-in links."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument("--sessions", action="store_true", help="with a fresh session for each: the cookie's value")

    def handle(self, *args, **options):
        try:
            seed.insist()
        except seed.DemoRefused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        if not seed.is_seeded():
            raise CommandError("There are no demonstration data yet: manage.py demo makes them.", returncode=REFUSED)
        rows = [self._row(person, with_session=options["sessions"]) for person in people.PEOPLE]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write(
                f"{row['key']:17} {row['role']:12} {row['name']:17} {row['email']:34} {row['sign_in_url']}"
            )
            if row["session"]:
                self.stdout.write(f"{'':17} session {row['session']}")

    @staticmethod
    def _row(person, *, with_session):
        user = person.user()
        return {
            "key": person.key,
            "role": person.role,
            "name": person.name,
            "email": person.email,
            "sign_in_url": people.site_address(person.sign_in_path),
            "feed_url": person.feed_url(user),
            "session": fresh_session(user) if with_session else None,
        }
