""".env.example has exactly the variables that are read; compose.yaml starts with a copy of it."""

import io
import re
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from config import environment, processes

EXAMPLE = (processes.ROOT / ".env.example").read_text()
COMPOSE = (processes.ROOT / "compose.yaml").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?:(:[?-])([^}]*))?\}")

LINES = re.findall(r"^(# )?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE)
"""Whether a variable is commented out, its name and its value."""

TO_FILL_IN = {name for commented, name, value in LINES if not commented and not value}


def read_by_compose() -> set[str]:
    """The variables that compose.yaml inserts, and those that it passes to the processes if they are set."""
    passed_on: dict[str, Any] = yaml.safe_load(COMPOSE)["x-app"]["environment"]
    return {name for name, *_ in VARIABLE.findall(COMPOSE)} | {name for name, value in passed_on.items() if not value}


def interpolate(values: dict[str, str | None]) -> tuple[str, set[str]]:
    """compose.yaml with the values filled in as by Docker, and the variables whose absence is an error."""
    missing = set()

    def fill(match: re.Match[str]) -> str:
        name, operator, word = match.groups()
        if value := values.get(name):
            return value
        if operator == ":?":
            missing.add(name)
        return word if operator == ":-" else ""

    return VARIABLE.sub(fill, COMPOSE), missing


def test_every_setting_is_in_the_example_and_in_the_readme() -> None:
    readme = (processes.ROOT / "README.md").read_text()
    assert set(environment.names()) - {name for _, name, _ in LINES} == set()
    assert [name for name in environment.names() if f"`{name}`" not in readme] == []


def test_every_variable_that_compose_reads_is_in_the_example() -> None:
    assert "POSTGRES_PASSWORD" in read_by_compose()
    assert read_by_compose() - {name for _, name, _ in LINES} == set()


def test_the_example_has_each_known_variable_once() -> None:
    named = [name for _, name, _ in LINES]
    assert len(named) == len(set(named)) == sum("=" in line for line in EXAMPLE.splitlines() if "'" not in line)
    assert set(named) - set(environment.names()) - read_by_compose() == set()


def test_compose_needs_only_what_the_example_leaves_empty() -> None:
    copy = dotenv_values(stream=io.StringIO(EXAMPLE))

    _, missing = interpolate(copy)
    text, still_missing = interpolate(copy | dict.fromkeys(TO_FILL_IN, "filled"))

    assert missing == TO_FILL_IN
    assert still_missing == set()
    assert "${" not in text
    filled = yaml.safe_load(text)
    assert filled["x-app"]["environment"]["DATABASE_URL"] == "postgresql://kuvaka:filled@postgres:5432/kuvaka"
    assert filled["services"]["web"]["image"] == "kuvaka:local"
    assert filled["services"]["nginx"]["ports"] == ["80:80", "443:443"]


@pytest.mark.parametrize("name", sorted(TO_FILL_IN))
def test_every_required_variable_is_named_on_the_page(name: str) -> None:
    page = (processes.ROOT / "docs/deployment.md").read_text().partition("## One machine")[2].partition("\n## ")[0]
    assert f"`{name}`" in page


def test_a_variable_without_a_value_is_shown_with_its_default() -> None:
    defaults = {name: word for name, operator, word in VARIABLE.findall(COMPOSE) if operator == ":-"}
    shown = {name: value for commented, name, value in LINES if commented and name in defaults}
    assert shown == defaults
