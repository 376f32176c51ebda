"""The structure that the design names, held by reading the imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "billing", "chatrooms", "gemini")
MAY_IMPORT = {
    "accounts": {"accounts", "config"},
    "billing": {"billing", "accounts", "config"},
    "chatrooms": {"chatrooms", "billing", "gemini", "accounts", "config"},
    "gemini": {"gemini", "config.observability.metrics", "config.text"},
}
CONFIG_TOPS = {"config.urls", "config.asgi", "config.wsgi", "config.admin_site", "config.admin", "config.management"}
"""They import everything, so nobody imports them."""

FORBIDDEN_NAMES = {"utils", "helpers", "services", "common"}
VENDOR_SDKS = ("google.genai", "google.generativeai", "google.api_core", "httpx2")


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


@pytest.mark.parametrize("app", APPS)
def test_imports_run_downhill(app: str) -> None:
    forbidden = {*APPS, "config", "tests", "bench"} - MAY_IMPORT[app]
    seen = [
        f"{file.name} imports {name}"
        for file in modules_of(app)
        for name in imports_of(file)
        if under(name, forbidden) and not under(name, MAY_IMPORT[app])
    ]
    assert seen == []
    assert modules_of(app), "nothing was read"


def test_nobody_imports_the_tops_of_config() -> None:
    tops = {"admin_site", "management", "dev"}  # they may be made of several modules
    places = [file for folder in (*APPS, "config") for file in modules_of(folder) if not tops & set(file.parts)]
    assert [f"{file} imports {name}" for file in places for name in imports_of(file) if under(name, CONFIG_TOPS)] == []


def test_the_leaves_of_config_import_no_app() -> None:
    tops = {"urls.py", "asgi.py", "wsgi.py", "admin.py"}
    folders = {"admin_site", "management", "dev"}
    leaves = [file for file in modules_of("config") if file.name not in tops and not folders & set(file.parts)]
    assert [f"{file} imports {name}" for file in leaves for name in imports_of(file) if under(name, APPS)] == []


def test_production_imports_nothing_of_developments() -> None:
    """The image has neither folder; the one command that needs it is for development, and imports it when it runs."""
    places = [file for folder in (*APPS, "config") for file in modules_of(folder) if "dev" not in file.parts]
    seen = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in places
        for name in imports_of(file)
        if under(name, ("config.dev", "tests", "bench"))
    }
    assert seen == {"config/management/commands/seed_demo.py imports config.dev.seed.seeding.Seeding"}


def test_only_gemini_imports_googles_sdks() -> None:
    places = [file for folder in ("accounts", "billing", "chatrooms", "config") for file in modules_of(folder)]
    assert [f"{file} imports {name}" for file in places for name in imports_of(file) if under(name, VENDOR_SDKS)] == []


def test_gemini_works_without_a_database() -> None:
    seen = [
        f"{file.name} imports {name}"
        for file in modules_of("gemini")
        for name in imports_of(file)
        if under(name, ("django.db", "rest_framework", "celery", "django.views"))
    ]
    assert seen == []


def test_only_tokens_knows_the_jwt_library() -> None:
    users = {
        file.relative_to(ROOT).as_posix()
        for folder in (*APPS, "config")
        for file in modules_of(folder)
        for name in imports_of(file)
        if under(name, ("rest_framework_simplejwt", "jwt"))
    }
    assert users == {"accounts/tokens.py"}


def test_modules_are_named_for_their_purpose() -> None:
    files = [file for folder in (*APPS, "config", "tests") for file in modules_of(folder)]
    assert [str(file) for file in files if file.stem in FORBIDDEN_NAMES or file.parent.name in FORBIDDEN_NAMES] == []


def test_no_module_of_tests_is_imported() -> None:
    """What two of them share has a module of its own, so that neither is kept or broken for the other's sake."""
    tests = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in modules_of("tests")
        if file.stem.startswith("test_")
    }
    places = [file for folder in ("tests", "bench") for file in modules_of(folder)]
    assert tests, "nothing was read"
    assert [f"{file} imports {name}" for file in places for name in imports_of(file) if under(name, tests)] == []


def test_functions_and_files_stay_short() -> None:
    long = []
    for folder in (*APPS, "config"):
        for file in modules_of(folder):
            text = file.read_text()
            if text.count("\n") > 400:
                long.append(f"{file.name}: {text.count(chr(10))} lines")
            long += [
                f"{file.name}: {node.name} is {node.end_lineno - node.lineno + 1} lines"
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
            ]
    assert long == []


def test_late_acknowledgement_is_never_used() -> None:
    files = [file for folder in (*APPS, "config") for file in modules_of(folder)]
    assert [str(file) for file in files if "acks_late=True" in file.read_text().replace(" ", "")] == []
