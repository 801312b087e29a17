"""Querysets composed into SQL once and run many times.

Composing a query with joins takes Django longer than the database needs to answer it. On the few paths that hundreds
of people take in the same second, that is most of the work. Everywhere else a plain queryset is right.
"""

import re
from collections.abc import Callable
from enum import Enum
from itertools import count

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

_MOST_SHAPES = 50  # of one statement; lists of other lengths are composed each time
_LARGEST = 2**63 - 1  # that a database keeps; somebody may ask for more in an address
_MARKERS_FROM = 4_000_000_000_000_000_000  # larger than any id
_MOST_ROWS = 10  # of one insertion that is kept composed
_ROWS_AT_ONCE = 500  # a statement takes 32 766 values on SQLite and 65 535 on PostgreSQL
_OF_A_SIZE = re.compile(r"\(.*\)")  # varchar(20): a cast to it would cut without a word what is too long


class Statement:
    """`build` makes a queryset of model instances from ids, lists of ids and texts; calling it gives the instances.

    of_family = Statement(lambda user_id: Learner.objects.filter(user=user_id))
    of_family(user.pk)  ->  [Learner, …]

    What `build` does may depend on how many values there are, but not on which.
    """

    def __init__(self, build: Callable[..., QuerySet]):
        self._build = build
        self._composed = {}

    def __call__(self, *values: int | str | list[int]) -> list[Model]:
        if any(isinstance(one, int) and one > _LARGEST for one in values):
            return list(self._build(*values))  # Django knows that there is none
        database = connections[DEFAULT_DB_ALIAS]  # the thread's own; asking for it costs more than one would think
        shape = (database.vendor, *(len(value) if isinstance(value, list) else type(value) for value in values))
        composed = self._composed.get(shape)
        if composed is None:
            if len(self._composed) >= _MOST_SHAPES:
                return list(self._build(*values))
            composed = self._composed[shape] = _Composed(self._build, values)
        return composed.run(database, values)


class _Composed:
    """One shape of a statement: its SQL, where the ids go, and how a row becomes an instance."""

    def __init__(self, build, values):
        number = count(_MARKERS_FROM)
        markers = [[next(number) for _ in one] if isinstance(one, list) else type(one)(next(number)) for one in values]
        compiler = build(*markers).query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, parameters = compiler.as_sql()
        places = {marker: place for place, marker in enumerate(_flat(markers))}
        self.parameters = [(places.get(one) if isinstance(one, int | str) else None, one) for one in parameters]
        select, info = compiler.select, compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        self.model, self.columns = info["model"], slice(first, last)
        self.names = [column[0].target.attname for column in select[self.columns]]
        self.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)
        self.converters = compiler.get_converters([column[0] for column in select[: compiler.col_count]])
        self.convert = compiler.apply_converters

    def run(self, database, values):
        ids = list(_flat(values))
        rows = fetch(database, self.sql, [one if place is None else ids[place] for place, one in self.parameters])
        if self.converters:
            rows = self.convert(rows, self.converters)
        found = []
        for row in rows:
            instance = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
            for populator in self.related:
                populator.populate(row, instance)
            found.append(instance)
        return found


class Insertion:
    """Saves new instances of one model, in the order given, and gives them their ids; one statement for up to 500 of them.
    PostgreSQL takes more than a few as a list for each column: it reads that in half the time.

    write = Insertion(Enrollment)
    write([enrollment, …])

    Like bulk_create. skips_known: a row that a unique constraint knows already is left out; no ids are given then.
    """

    def __init__(self, model: type[Model], *, skips_known=False):
        self._model, self._skips_known = model, skips_known
        self._fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        self._composed = {}  # {(vendor, number of rows): SQL}

    def __call__(self, instances: list[Model]) -> None:
        for first in range(0, len(instances), _ROWS_AT_ONCE):
            self._write(instances[first : first + _ROWS_AT_ONCE])

    def _write(self, instances):
        database, fields = connections[DEFAULT_DB_ALIAS], self._fields
        columns = [_stored(field, instances, database) for field in fields]
        if database.vendor == "postgresql" and len(instances) > _MOST_ROWS:
            sql = self._compose(database, _unnest(database, fields))
            parameters = [[_plain(value) for value in column] for column in columns]
        else:
            shape = (database.vendor, len(instances))
            sql = self._composed.get(shape) or self._compose(database, _values(len(fields), len(instances)))
            if len(instances) <= _MOST_ROWS:
                self._composed[shape] = sql
            parameters = [value for row in zip(*columns, strict=True) for value in row]
        ids = fetch(database, sql, parameters)
        for one, (pk,) in zip(instances, ids, strict=False):
            one.pk, one._state.adding, one._state.db = pk, False, DEFAULT_DB_ALIAS

    def _compose(self, database, rows):
        name, meta = database.ops.quote_name, self._model._meta
        columns = ", ".join(name(field.column) for field in self._fields)
        end = "ON CONFLICT DO NOTHING" if self._skips_known else f"RETURNING {name(meta.pk.column)}"
        return f"INSERT INTO {name(meta.db_table)} ({columns}) {rows} {end}"


def _stored(field, instances, database):
    """The column as the database takes it. Neighbours often share a value (the moment, who did it), worked out once then."""
    stored, shared, prepared = [], object(), None
    for one in instances:
        value = field.pre_save(one, True)
        if value is not shared:
            shared, prepared = value, field.get_db_prep_save(value, database)
        stored.append(prepared)
    return stored


def _values(fields, rows):
    row = f"({', '.join(['%s'] * fields)})"
    return f"VALUES {', '.join([row] * rows)}"


def _unnest(database, fields):
    types = (_OF_A_SIZE.sub("", field.db_type(database)) for field in fields)
    return f"SELECT * FROM unnest({', '.join(f'%s::{of}[]' for of in types)})"  # noqa: S608 - names of types


def _plain(value):
    """The text of a choice: a list for PostgreSQL has values of one type."""
    return value.value if isinstance(value, Enum) else value


def fetch(database: BaseDatabaseWrapper, sql: str, parameters: list) -> list[tuple]:
    """The rows of a statement written by hand, [] when it gives none; `database` is connections["default"]."""
    if hasattr(database, "kept_cursor"):
        return _rows_of(database.kept_cursor(), sql, parameters)
    with database.cursor() as cursor:
        return _rows_of(cursor, sql, parameters)


def _rows_of(cursor, sql, parameters):
    cursor.execute(sql, parameters)
    return cursor.fetchall() if cursor.description else []


def _flat(values):
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
