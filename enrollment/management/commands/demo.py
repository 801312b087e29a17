"""Start the demonstration: `manage.py demo [--reset] [--no-serve]`."""

import os

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from accounts.outbox import inbox
from enrollment.demo import groups, people, seed, serving

REFUSED, WRONG_USE = 1, 2


class Command(BaseCommand):
    help = "Makes the demonstration's data when the database is empty, and runs the site until Ctrl-C."

    def add_arguments(self, parser):
        parser.add_argument("--reset", action="store_true", help="start again from fresh data around today")
        parser.add_argument("--no-serve", action="store_true", help="prepare the data and do not run the site")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")

    def handle(self, *args, **options):
        host, port = options["host"], self._port()
        try:
            if not options["no_serve"]:
                serving.insist_on_port(host, port)
            self._prepare(reset=options["reset"])
        except (seed.DemoRefused, serving.PortTaken) as refused:
            raise CommandError(str(refused), returncode=REFUSED) from refused
        self._tell()
        if options["no_serve"]:
            return
        groups.open_soon(now=timezone.now())
        self.stderr.write("Ctrl-C ends it.")
        if code := serving.serve(host, port, say=self.stderr.write):
            raise CommandError("The demonstration has ended.", returncode=code)

    @staticmethod
    def _port():
        port = os.environ.get("PORT", "8000")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT is no port: {port}", returncode=WRONG_USE)
        return int(port)

    def _prepare(self, *, reset):
        seed.insist_on_demo_mode()
        call_command("migrate", verbosity=0, interactive=False)
        if reset:
            seed.insist()
            self._say("emptying the database")
            call_command("flush", verbosity=0, interactive=False)
        if not seed.is_seeded():
            inbox.clear()  # of letters to people who are gone
        seed.seed(now=timezone.now(), progress=self._say)

    def _say(self, text):
        self.stderr.write(f"{text} …")

    def _tell(self):
        made_on = timezone.localdate(seed.made_at())
        if made_on != timezone.localdate():
            self.stdout.write(f"The data were made on {made_on}; --reset makes new ones around today.")
        self.stdout.write(", ".join(f"{name}: {number}" for name, number in seed.counts().items()))
        self.stdout.write(f"\n  Site    {people.site_address(reverse('home'))}")
        self.stdout.write(f"  Inbox   {people.site_address(reverse('demo_inbox'))}\n\n")
        for person in people.PEOPLE:
            self.stdout.write(f"  {person.key:17} {person.name:17} {people.site_address(person.sign_in_path)}")
        self.stdout.write("")
