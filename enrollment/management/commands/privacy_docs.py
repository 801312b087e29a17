"""Writes the generated part of docs/privacy.md anew: `make privacy-docs`."""

from django.core.management.base import BaseCommand

from enrollment import inventory


class Command(BaseCommand):
    help = "Writes docs/privacy.md from the declarations in */privacy.py; its part written by hand stays."

    def handle(self, *args, **options):
        text = inventory.document(inventory.written_by_hand())
        inventory.DOCUMENT.write_text(text, encoding="utf-8")
        self.stdout.write(f"{inventory.DOCUMENT.name}: {sum(1 for _ in inventory.personal())} columns about people")
