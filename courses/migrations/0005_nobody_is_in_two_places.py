"""A room and an instructor hold one lesson at a time, guarded by the database itself (TRUST, 1).

Rooms: on PostgreSQL an exclusion constraint. The room and its span are one range of numbers (room × 10^11 + second), so
that no extension is needed. Instructors: a trigger that takes the instructor's row and looks under that lock.
SQLite has one writer at a time, so triggers that look are enough for both.
"""

from django.db import migrations

POSTGRESQL = """
ALTER TABLE courses_lesson ADD CONSTRAINT lesson_has_the_room_alone EXCLUDE USING gist (
    int8range(
        room_id * 100000000000 + floor(extract(epoch FROM starts_at AT TIME ZONE 'UTC'))::bigint,
        room_id * 100000000000 + floor(extract(epoch FROM ends_at AT TIME ZONE 'UTC'))::bigint
    ) WITH &&
) WHERE (state = 'scheduled' AND room_id IS NOT NULL);

CREATE FUNCTION insist_on_free_instructor(teacher bigint, own bigint, first timestamptz, last timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_user WHERE id = teacher FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM courses_lesson_instructors taught JOIN courses_lesson other ON other.id = taught.lesson_id
        WHERE taught.user_id = teacher AND other.id <> own AND other.state = 'scheduled'
        AND other.starts_at < last AND other.ends_at > first
    ) THEN
        RAISE EXCEPTION 'lesson_has_its_instructor_alone' USING ERRCODE = 'exclusion_violation';
    END IF;
END $$;

CREATE FUNCTION lesson_is_taught() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE own record;
BEGIN
    SELECT * INTO own FROM courses_lesson WHERE id = NEW.lesson_id;
    IF own.state = 'scheduled' THEN
        PERFORM insist_on_free_instructor(NEW.user_id, own.id, own.starts_at, own.ends_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lesson_has_its_instructor_alone AFTER INSERT OR UPDATE ON courses_lesson_instructors
FOR EACH ROW EXECUTE FUNCTION lesson_is_taught();

CREATE FUNCTION lesson_is_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE teacher bigint;
BEGIN
    FOR teacher IN SELECT user_id FROM courses_lesson_instructors WHERE lesson_id = NEW.id ORDER BY user_id LOOP
        PERFORM insist_on_free_instructor(teacher, NEW.id, NEW.starts_at, NEW.ends_at);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER lesson_has_its_instructor_alone AFTER UPDATE OF starts_at, ends_at, state ON courses_lesson
FOR EACH ROW WHEN (NEW.state = 'scheduled') EXECUTE FUNCTION lesson_is_moved();
"""
POSTGRESQL_BACK = """
DROP TRIGGER lesson_has_its_instructor_alone ON courses_lesson;
DROP TRIGGER lesson_has_its_instructor_alone ON courses_lesson_instructors;
DROP FUNCTION lesson_is_moved(), lesson_is_taught(), insist_on_free_instructor(bigint, bigint, timestamptz, timestamptz);
ALTER TABLE courses_lesson DROP CONSTRAINT lesson_has_the_room_alone;
"""

_ROOM_TAKEN = """
    SELECT RAISE(ABORT, 'lesson_has_the_room_alone') WHERE EXISTS (
        SELECT 1 FROM courses_lesson other WHERE other.room_id = NEW.room_id AND other.id <> NEW.id
        AND other.state = 'scheduled' AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
    );
"""
SQLITE = {
    "lesson_room_on_insert": "AFTER INSERT ON courses_lesson WHEN NEW.state = 'scheduled' AND NEW.room_id IS NOT NULL "
    f"BEGIN {_ROOM_TAKEN} END",
    "lesson_room_on_update": "AFTER UPDATE OF starts_at, ends_at, state, room_id ON courses_lesson "
    f"WHEN NEW.state = 'scheduled' AND NEW.room_id IS NOT NULL BEGIN {_ROOM_TAKEN} END",
    "lesson_instructor_on_insert": """AFTER INSERT ON courses_lesson_instructors BEGIN
        SELECT RAISE(ABORT, 'lesson_has_its_instructor_alone') WHERE EXISTS (
            SELECT 1 FROM courses_lesson own JOIN courses_lesson_instructors taught ON taught.user_id = NEW.user_id
            JOIN courses_lesson other ON other.id = taught.lesson_id
            WHERE own.id = NEW.lesson_id AND other.id <> own.id AND own.state = 'scheduled'
            AND other.state = 'scheduled' AND other.starts_at < own.ends_at AND other.ends_at > own.starts_at
        );
    END""",
    "lesson_instructor_on_update": """AFTER UPDATE OF starts_at, ends_at, state ON courses_lesson
    WHEN NEW.state = 'scheduled' BEGIN
        SELECT RAISE(ABORT, 'lesson_has_its_instructor_alone') WHERE EXISTS (
            SELECT 1 FROM courses_lesson_instructors mine JOIN courses_lesson_instructors taught
            ON taught.user_id = mine.user_id JOIN courses_lesson other ON other.id = taught.lesson_id
            WHERE mine.lesson_id = NEW.id AND other.id <> NEW.id AND other.state = 'scheduled'
            AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
        );
    END""",
}


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for name, rest in SQLITE.items():
        schema_editor.execute(f"CREATE TRIGGER {name} {rest};")


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_BACK)
        return
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER {name};")


class Migration(migrations.Migration):
    dependencies = [("courses", "0004_timetable_changes"), ("accounts", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
