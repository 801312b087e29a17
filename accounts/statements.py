"""Querysets composed into SQL once and run many times.

Composing a query with joins takes Django longer than the database needs to answer it. On the few paths that hundreds
of people take in the same second, that is most of the work. Everywhere else a plain queryset is right.
"""

from collections.abc import Callable
from itertools import count

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

_MOST_SHAPES = 50  # of one statement; lists of other lengths are composed each time
_MARKERS_FROM = 4_000_000_000_000_000_000  # larger than any id


class Statement:
    """`build` makes a queryset of model instances from ids and lists of ids; calling it gives the instances.

    of_family = Statement(lambda user_id: Learner.objects.filter(user=user_id))
    of_family(user.pk)  ->  [Learner, …]

    What `build` does may depend on how many ids there are, but not on which.
    """

    def __init__(self, build: Callable[..., QuerySet]):
        self._build = build
        self._composed = {}

    def __call__(self, *values: int | list[int]) -> list[Model]:
        shape = (connection.vendor, *(len(value) if isinstance(value, list) else None for value in values))
        composed = self._composed.get(shape)
        if composed is None:
            if len(self._composed) >= _MOST_SHAPES:
                return list(self._build(*values))
            composed = self._composed[shape] = _Composed(self._build, values)
        return composed.run(values)


class _Composed:
    """One shape of a statement: its SQL, where the ids go, and how a row becomes an instance."""

    def __init__(self, build, values):
        number = count(_MARKERS_FROM)
        markers = [[next(number) for _ in value] if isinstance(value, list) else next(number) for value in values]
        compiler = build(*markers).query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, parameters = compiler.as_sql()
        places = {marker: place for place, marker in enumerate(_flat(markers))}
        self.parameters = [(places.get(one) if isinstance(one, int) else None, one) for one in parameters]
        select, info = compiler.select, compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        self.model, self.columns = info["model"], slice(first, last)
        self.names = [column[0].target.attname for column in select[self.columns]]
        self.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)
        self.converters = compiler.get_converters([column[0] for column in select[: compiler.col_count]])
        self.convert = compiler.apply_converters

    def run(self, values):
        ids = list(_flat(values))
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [one if place is None else ids[place] for place, one in self.parameters])
            rows = cursor.fetchall()
        if self.converters:
            rows = self.convert(rows, self.converters)
        found = []
        for row in rows:
            instance = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
            for populator in self.related:
                populator.populate(row, instance)
            found.append(instance)
        return found


def _flat(values):
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
