"""Gauges that `beat` reads from the database when it is scraped: one cheap query each, which never fails the scrape.

Apps register theirs in `AppConfig.ready`. Only beat exports them, because it runs once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as BaseCollector

from config.infrastructure.database import DATABASE_UNAVAILABLE

log = structlog.get_logger(__name__)

GaugeValue = float | Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseGauge:
    """A gauge with one value, or with one value per value of `label`."""

    name: str
    documentation: str
    read: Callable[[], GaugeValue]
    label: str = ""

    def collect(self) -> Metric:
        """Read the values.

        Raises:
            django.db.Error, psycopg_pool.PoolTimeout: the database is unavailable.
        """
        family = GaugeMetricFamily(self.name, self.documentation, labels=[self.label] if self.label else None)
        read = self.read()
        for label, value in read.items() if isinstance(read, Mapping) else [("", read)]:
            family.add_metric([label] if self.label else [], value)
        return family


gauges: dict[str, DatabaseGauge] = {}


def register(*, name: str, documentation: str, read: Callable[[], GaugeValue], label: str = "") -> None:
    """Read a gauge at each scrape; it replaces a registered one of the same name."""
    gauges[name] = DatabaseGauge(name=name, documentation=documentation, read=read, label=label)


def query_number(statement: str) -> float:
    """The single value that a statement selects; null and no row count as 0."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


class Collector(BaseCollector):
    """Collects all gauges, and then returns the connection to the pool."""

    def collect(self) -> Iterator[Metric]:
        """Read one gauge after another; after the first error the rest is left out, so that no scrape waits."""
        is_up = 1.0
        try:
            for gauge in gauges.values():
                yield gauge.collect()
        except (Error, *DATABASE_UNAVAILABLE) as error:
            is_up = 0.0
            log.warning("database_not_asked", cause=type(error).__name__)
        finally:
            with suppress(Error):
                connection.close()
        yield GaugeMetricFamily("kuvaka_database_up", "Whether the database answered at this scrape.", value=is_up)
