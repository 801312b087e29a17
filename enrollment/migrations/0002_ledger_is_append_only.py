"""Triggers that refuse to change a row of the ledger, on both databases."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger rows are never changed'; END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON enrollment_ledgerentry
FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
POSTGRESQL_BACK = """
DROP TRIGGER ledger_is_append_only ON enrollment_ledgerentry;
DROP FUNCTION ledger_is_append_only();
"""
# SQLite guards updates alone: emptying a whole database for a test goes through DELETE there.
SQLITE = """
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE ON enrollment_ledgerentry
BEGIN SELECT RAISE(ABORT, 'ledger rows are never changed'); END;
"""
SQLITE_BACK = "DROP TRIGGER ledger_is_append_only;"


def forwards(apps, schema_editor):
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def backwards(apps, schema_editor):
    schema_editor.execute(POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK)


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
