"""The structure of the design, where import-linter (pyproject.toml) cannot check it."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "billing", "chatrooms", "gemini")
MAX_LINES = 300
MAX_NAME = 60
FORBIDDEN_NAMES = {"utils", "helpers", "services", "common"}


def modules_of(folder: str) -> list[Path]:
    return [file for file in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in file.parts]


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def under(name: str, packages: tuple[str, ...] | set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def test_every_module_of_config_has_a_layer() -> None:
    """import-linter ignores modules that its contract does not name."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")}
    modules = {f"config.{path.stem}" for path in (ROOT / "config").iterdir() if path.suffix == ".py" or path.is_dir()}
    without = {"config.__init__", "config.__pycache__", "config.migrations", "config.static"}
    assert modules - without == {name for name in named if name.startswith("config.")}


def test_gemini_works_without_a_database() -> None:
    """import-linter knows Django only as a whole, and gemini reads its settings."""
    seen = [
        f"{file.name} imports {name}"
        for file in modules_of("gemini")
        for name in imports_of(file)
        if under(name, ("django.db", "django.views"))
    ]
    assert seen == []


def test_modules_are_named_for_their_purpose() -> None:
    files = [file for folder in (*APPS, "config", "tests") for file in modules_of(folder)]
    assert [str(file) for file in files if file.stem in FORBIDDEN_NAMES or file.parent.name in FORBIDDEN_NAMES] == []


def test_no_module_of_tests_is_imported() -> None:
    """What two test modules share is in a third module, so that each can change without the other."""
    tests = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in modules_of("tests")
        if file.stem.startswith("test_")
    }
    modules = [file for folder in ("tests", "bench") for file in modules_of(folder)]
    assert tests, "nothing was read"
    assert [f"{file} imports {name}" for file in modules for name in imports_of(file) if under(name, tests)] == []


def test_names_of_tests_stay_short() -> None:
    names = [
        node.name
        for file in modules_of("tests")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [name for name in names if len(name) > MAX_NAME] == []


def test_files_stay_short() -> None:
    files = [file for folder in (*APPS, "config", "tests", "bench") for file in modules_of(folder)]
    long = {file.relative_to(ROOT).as_posix() for file in files if file.read_text().count("\n") > MAX_LINES}
    assert long == set()


def test_functions_stay_short() -> None:
    long = [
        f"{file.name}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for folder in (*APPS, "config")
        for file in modules_of(folder)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []


def test_late_acknowledgement_is_never_used() -> None:
    files = [file for folder in (*APPS, "config") for file in modules_of(folder)]
    assert [str(file) for file in files if "acks_late=True" in file.read_text().replace(" ", "")] == []
