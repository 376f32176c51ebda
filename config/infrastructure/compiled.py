"""Querysets whose SQL is compiled once, for the statements that run on every request.

Django compiles a queryset each time it is run: of a request for one room that was a third of its CPU time. What it
compiles to is the same each time but for the values in it, so it is kept.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Expression, QuerySet
from django.db.models.query import ValuesIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from psycopg.sql import quote

from config.infrastructure.database import prepared_cursor

Row = TypeVar("Row")


class Parameter(Expression):
    """Stands in a queryset for a value that is known only when it is run."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A placeholder, and this object for its value."""
        return "%s", [self]


class _OfParameters:
    """What is compiled from a function of parameters."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make: Final = make
        self.names: Final = tuple(inspect.signature(make).parameters)

    def _made(self) -> Any:
        return self.make(**{name: Parameter(name) for name in self.names})


class Compiled(_OfParameters, Generic[Row]):
    """A queryset as a function of its parameters, which runs it and returns its rows.

    Its queryset has to be one of instances or `values`, without a slice and without prefetched relations. Its SQL must
    not depend on the parameters: a lookup with None, say, is other SQL.
    """

    def __call__(self, *, limit: int | None = None, **values: Any) -> list[Row]:
        """Run it with `values`, of the types of the columns they are compared to; `limit` is a number of rows."""
        statement = self._statement
        with prepared_cursor() as cursor:
            cursor.execute(*statement.with_values(values, limit))
            rows = cursor.fetchall()
        return statement.read(rows)

    @cached_property
    def _statement(self) -> "_Statement":
        return _Statement(self._made())


class CompiledUpdate(_OfParameters):
    """An update of a queryset as a function of its parameters, which runs it and returns how many rows it changed."""

    def __call__(self, **values: Any) -> int:
        sql, parameters = self._statement
        with prepared_cursor() as cursor:
            cursor.execute(sql, _with_values(parameters, values))
            return int(cursor.rowcount)

    @cached_property
    def _statement(self) -> "tuple[str, list[Parameter]]":
        """As `QuerySet.update` makes it."""
        queryset, changes = self._made()
        query = queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return _with_constants(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())


def compiled(make: Callable[..., QuerySet[Any, Row]]) -> Compiled[Row]:
    """Turn a function that makes a queryset into one that runs it; its arguments may be values of any lookup."""
    return Compiled(make)


def compiled_update(make: Callable[..., tuple[QuerySet[Any, Any], Mapping[str, Any]]]) -> CompiledUpdate:
    """Turn a function that makes a queryset, and the values to give its rows, into one that updates them."""
    return CompiledUpdate(make)


def _with_constants(sql: str, values: Sequence[Any]) -> tuple[str, list[Parameter]]:
    """Write all values but the parameters into the SQL, so that a plan can use the indexes with conditions on them."""
    first, *rest = sql.split("%s")
    parts = [first]
    for value, part in zip(values, rest, strict=True):
        constant = value.value if isinstance(value, Enum) else value
        parts += ["%s" if isinstance(value, Parameter) else quote(constant).replace("%", "%%"), part]
    return "".join(parts), [value for value in values if isinstance(value, Parameter)]


def _with_values(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> list[Any]:
    return [values[each.name] for each in parameters]


class _Statement:
    """The SQL of a queryset, and how its rows are read."""

    _names: Sequence[str] = ()
    """The columns of `values`; empty where the rows are instances."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self._compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, self._parameters = _with_constants(*self._compiler.as_sql())
        self._converters = self._compiler.get_converters([column for column, _, _ in self._compiler.select])
        if queryset._iterable_class is ValuesIterable:  # noqa: SLF001
            self._names = [*queryset.query.values_select, *queryset.query.annotation_select]
        else:
            self._prepare_instances()

    def with_values(self, values: Mapping[str, Any], limit: int | None) -> tuple[str, list[Any]]:
        parameters = _with_values(self._parameters, values)
        return (self._sql, parameters) if limit is None else (f"{self._sql} LIMIT %s", [*parameters, limit])

    def read(self, rows: list[Any]) -> list[Any]:
        if self._converters:
            rows = [tuple(row) for row in self._compiler.apply_converters(rows, self._converters)]
        if self._names:
            return [dict(zip(self._names, row, strict=True)) for row in rows]
        return [self._instance(row) for row in rows]

    def _prepare_instances(self) -> None:
        """As `ModelIterable` does for each run."""
        info = self._compiler.klass_info
        columns = info["select_fields"]
        self._model, self._columns = info["model"], slice(columns[0], columns[-1] + 1)
        self._fields = [column[0].target.attname for column in self._compiler.select[self._columns]]
        self._annotations = self._compiler.annotation_col_map
        self._related = get_related_populators(info, self._compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # the stubs are of Django 6

    def _instance(self, row: tuple[Any, ...]) -> Any:
        instance = self._model.from_db(DEFAULT_DB_ALIAS, self._fields, row[self._columns])
        for populator in self._related:
            populator.populate(row, instance)
        for name, position in self._annotations.items():
            setattr(instance, name, row[position])
        return instance
