"""What only the database knows, asked when `beat` is scraped: one cheap question each, which never fails the scrape.

Apps register what they know (`AppConfig.ready`); `beat` alone tells it, since there is one of it.
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

Answer = float | Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A gauge: either one number, or one for each value of `label`."""

    name: str
    documentation: str
    ask: Callable[[], Answer]
    label: str = ""

    def answered(self) -> Metric:
        """Ask, and say it in Prometheus' terms.

        Raises:
            django.db.Error, psycopg_pool.PoolTimeout: the database is away.
        """
        family = GaugeMetricFamily(self.name, self.documentation, labels=[self.label] if self.label else None)
        answer = self.ask()
        for value, number in answer.items() if isinstance(answer, Mapping) else [("", answer)]:
            family.add_metric([value] if self.label else [], number)
        return family


questions: dict[str, Question] = {}


def register(*, name: str, documentation: str, ask: Callable[[], Answer], label: str = "") -> None:
    """Have a question asked at each scrape; a second one of that name takes the first one's place."""
    questions[name] = Question(name=name, documentation=documentation, ask=ask, label=label)


def number(statement: str) -> float:
    """Ask for one number; nothing counts as 0."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return float(row[0] or 0) if row else 0.0


class Collector(BaseCollector):
    """All questions, over a connection that goes back after them."""

    def collect(self) -> Iterator[Metric]:
        """Ask one after another; when the database fails one, the rest is left out rather than waited for."""
        is_there = 1.0
        try:
            for question in questions.values():
                yield question.answered()
        except (Error, *DATABASE_UNAVAILABLE) as error:
            is_there = 0.0
            log.warning("database_not_asked", cause=type(error).__name__)
        finally:
            with suppress(Error):
                connection.close()
        yield GaugeMetricFamily("kuvaka_database_up", "Whether the database answered at this scrape.", value=is_there)
