"""The type check of the chat page's modules, against the types of docs/openapi.yaml. `make check` runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FOLDER: Final = ROOT / "tests" / "page" / "javascript"
INSTALL: Final = "npm ci --prefix tests/page/javascript"


def main() -> int:
    """0 if the types agree, or if the tools are missing and CI is not true; then a line says so."""
    programs = FOLDER / "node_modules" / ".bin"
    if shutil.which("node") is None:
        return _skip("Node.js is not installed (apt-get install nodejs npm)")
    if not (programs / "tsc").exists():
        return _skip(f"its tools are not installed ({INSTALL})")
    types = FOLDER / "node_modules" / ".generated" / "openapi.d.ts"
    types.parent.mkdir(exist_ok=True)
    generate = [str(programs / "openapi-typescript"), str(ROOT / "docs" / "openapi.yaml"), "--output", str(types)]
    made = subprocess.run(generate, check=False, capture_output=True, text=True)
    if made.returncode != 0:
        print(made.stdout + made.stderr, file=sys.stderr)
        return made.returncode
    return subprocess.run([str(programs / "tsc"), "--project", str(FOLDER)], check=False).returncode


def _skip(reason: str) -> int:
    failing = os.environ.get("CI") == "true"
    print(f"The page's JavaScript is not checked: {reason}.", file=sys.stderr)
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
