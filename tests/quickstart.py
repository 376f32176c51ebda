"""The clients of docs/quickstart.md, as programs."""

import re
import sys
from pathlib import Path

from tests import node
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "quickstart.md").read_text()


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def program(folder: Path, language: str) -> list[str]:
    """Return the command that runs the page's blocks in one language."""
    if language == "sh":
        return ["bash", "-euo", "pipefail", "-c", f"token=\n{blocks('sh')}"]
    file = folder / ("client.py" if language == "python" else "client.mjs")
    file.write_text(blocks(language))
    return [sys.executable if language == "python" else node.node(), str(file)]
