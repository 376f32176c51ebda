"""Writing many rows at once with PostgreSQL's COPY, with ids reserved beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from psycopg import sql


def reserve(model: type[models.Model], count: int) -> list[int]:
    """Reserve `count` ids of the model's sequence, in rising order; no other row gets them."""
    with connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [pk for (pk,) in cursor.fetchall()]


def copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows with the columns `names`; every other column gets the model's default."""
    constants = _constants(model, set(names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),  # noqa: SLF001
        sql.SQL(", ").join(map(sql.Identifier, (*names, *constants))),
    )
    rest = tuple(constants.values())
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row((*row, *rest))


def _constants(model: type[models.Model], given: set[str]) -> dict[str, Any]:
    """The columns without a default in the database, with the model's default."""
    found = {}
    for field in model._meta.concrete_fields:  # noqa: SLF001
        has_own = field.primary_key or field.generated or field.db_default is not NOT_PROVIDED
        if field.column and field.column not in given and not has_own and not field.null:
            found[field.column] = field.get_default()
    return found
