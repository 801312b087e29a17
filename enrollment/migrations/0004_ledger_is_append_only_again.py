"""SQLite makes a table anew to change it, and forgets its triggers: the ledger's is put back."""

from importlib import import_module

from django.db import migrations

LEDGER = import_module("enrollment.migrations.0002_ledger_is_append_only")


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS ledger_is_append_only;")
        schema_editor.execute(LEDGER.SQLITE)


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0003_applications_and_draws")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
