"""`manage.py check_stack`: what is right, what is wrong, and what to do about it."""

import json as json_module
import textwrap
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from config.infrastructure.database import PatientConnection
from config.management.stack import infrastructure, processes, vendors
from config.management.stack.findings import Finding, Verdict, look_at

LOOKS: Final = (*infrastructure.LOOKS, *vendors.LOOKS, *processes.LOOKS)
MARKS: Final = {Verdict.OK: "ok", Verdict.WARNING: "!", Verdict.WRONG: "WRONG", Verdict.UNKNOWN: "?"}
WIDTH: Final = 100
"""Characters of a line of advice."""


class Command(BaseCommand):
    """Looks at everything that runs, and at every vendor; it changes nothing, sends nothing and costs nothing."""

    help = (
        "Look at every part of the stack: settings, database, migrations, Redis, connections, disk, tiers, Gemini's "
        "key and models, Stripe's key, price and webhook, waiting events, SMS, web, stream, the workers, beat, and "
        "whether replies, codes and erasures move on. Says what is right, what is wrong and what to do. It changes "
        "nothing, and ends within a minute whatever is away. Exit code 0: nothing is wrong (warnings may be told); 1: "
        "something is."
    )
    requires_system_checks: list[str] = []  # they are one of the parts, and must not end it

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        """Look, and tell.

        Raises:
            CommandError: something is wrong.
        """
        PatientConnection.patience = infrastructure.PATIENCE
        found = look_at(LOOKS)
        faults = [each for each in found if each.verdict is Verdict.WRONG]
        if json:
            told = {"ok": not faults, "findings": [each.as_json() for each in found]}
            self.stdout.write(json_module.dumps(told, indent=2))
        else:
            self.stdout.write(_table(found))
        if faults:
            parts = ", ".join(dict.fromkeys(each.part for each in faults))
            raise CommandError(f"{len(faults)} things are wrong: {parts}")


def _table(found: list[Finding]) -> str:
    width = max(len(each.part) for each in found)
    lines = []
    for each in found:
        lines.append(f"{MARKS[each.verdict]:<6}{each.part:<{width}}  {each.said}")
        lines += (f"{'':{width + 8}}{line}" for line in textwrap.wrap(each.advice, WIDTH))
    return "\n".join(lines)
