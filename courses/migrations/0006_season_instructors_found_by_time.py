"""The guard of instructors looks by time, not through everything that somebody teaches (0005).

A season is published at once: with an index on the span of each lesson the guard costs the same in the tenth year as in
the first. SQLite's triggers stay: its one writer finds the instructor's lessons fast enough.
"""

from django.db import migrations

SPAN = "tstzrange(starts_at, ends_at)"
INDEX = f"CREATE INDEX lesson_by_span ON courses_lesson USING gist ({SPAN}) WHERE state = 'scheduled';"
FUNCTION = """
CREATE OR REPLACE FUNCTION insist_on_free_instructor(teacher bigint, own bigint, first timestamptz, last timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_user WHERE id = teacher FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM courses_lesson other
        WHERE other.state = 'scheduled' AND other.id <> own AND {meets}
        AND EXISTS (
            SELECT 1 FROM courses_lesson_instructors taught WHERE taught.lesson_id = other.id AND taught.user_id = teacher
        )
    ) THEN
        RAISE EXCEPTION 'lesson_has_its_instructor_alone' USING ERRCODE = 'exclusion_violation';
    END IF;
END $$;
"""
BY_SPAN = "tstzrange(other.starts_at, other.ends_at) && tstzrange(first, last)"
BY_ENDS = "other.starts_at < last AND other.ends_at > first"


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX)
        schema_editor.execute(FUNCTION.replace("{meets}", BY_SPAN))


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION.replace("{meets}", BY_ENDS))
        schema_editor.execute("DROP INDEX lesson_by_span;")


class Migration(migrations.Migration):
    dependencies = [("courses", "0005_nobody_is_in_two_places")]

    operations = [migrations.RunPython(forwards, backwards)]
