"""Very many rows at once, faster than instances of models can be made: COPY on PostgreSQL, one prepared INSERT on SQLite."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, Max, Model


def new_ids(model: type[Model], count: int) -> list[int]:
    """Ids that nobody else gets, for rows that will be written in this transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, count],
            )
            return [pk for (pk,) in cursor.fetchall()]
    last = model.objects.aggregate(last=Max("pk"))["last"] or 0  # an IMMEDIATE transaction is the only writer
    return list(range(last + 1, last + 1 + count))


def write(model: type[Model], columns: Sequence[str], rows: Iterable[tuple]) -> None:
    """Rows of values in the order of `columns`; columns that are not named get the model's default."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    named = [fields[column] for column in columns]
    rest = [field for column, field in fields.items() if column not in columns and _needs_value(field)]
    constants = tuple(field.get_default() for field in rest)
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(quote(field.column) for field in [*named, *rest])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row + constants)
        return
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len([*named, *rest]))})"  # noqa: S608 - names
    with connection.cursor() as cursor:
        cursor.executemany(sql, [_prepared(named, row) + constants for row in rows])


def _needs_value(field):
    return not field.primary_key and (not field.null or field.default is not NOT_PROVIDED)


def _prepared(fields, row) -> tuple[Any, ...]:
    return tuple(field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True))
