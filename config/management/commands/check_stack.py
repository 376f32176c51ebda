"""`manage.py check_stack`: what works, what is wrong, and how to fix it."""

import json as json_module
import textwrap
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from config.infrastructure.database import TimeoutConnection
from config.management.stack import gemini, infrastructure, processes, vendors
from config.management.stack.findings import Finding, Verdict, run_checks

CHECKS: Final = (*infrastructure.CHECKS, *gemini.CHECKS, *vendors.CHECKS, *processes.CHECKS)
MARKS: Final = {Verdict.OK: "ok", Verdict.WARNING: "!", Verdict.WRONG: "WRONG", Verdict.UNKNOWN: "?"}
WIDTH: Final = 100
"""Characters of a line of advice."""


class Command(BaseCommand):
    """Checks every process and every vendor. It changes nothing, sends nothing and costs nothing without --spend."""

    help = (
        "Check every part of the stack: settings, database, migrations, Redis, connections, disk, tiers, Gemini's "
        "key and models, Stripe's key, price and webhook, waiting events, SMS, web, stream, the workers, beat, and "
        "whether replies, codes and erasures are processed. Reports what works, what is wrong and how to fix it. It "
        "changes nothing, and always ends within a minute. Exit code 0: nothing is wrong (there may be warnings); "
        "1: something is wrong."
    )
    requires_system_checks: list[str] = []  # they are one of the parts, and must not end the command

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--spend",
            action="store_true",
            help="also make one call to Gemini, for a few tokens: only that shows whether the credit is used up, and "
            "whether the API takes our ban on storing prompts",
        )

    def handle(self, *args: Any, json: bool, spend: bool, **options: Any) -> None:
        """Run the checks and print the findings.

        Raises:
            CommandError: something is wrong.
        """
        TimeoutConnection.statement_timeout = infrastructure.SERVER_TIMEOUT
        found = run_checks((*CHECKS, *gemini.SPENDING) if spend else CHECKS)
        faults = [each for each in found if each.verdict is Verdict.WRONG]
        if json:
            report = {"ok": not faults, "findings": [each.as_json() for each in found]}
            self.stdout.write(json_module.dumps(report, indent=2))
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
