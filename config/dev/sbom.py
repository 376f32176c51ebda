"""Lists what a production installation consists of, as a CycloneDX document: `make sbom`.

The Python packages are read from an environment that holds what requirements.txt pins and nothing else; the chat page's
libraries from `versions.json`. What the image's base brings is not listed.
"""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.dev.vendor_page import VERSIONS

ROOT: Final = Path(__file__).resolve().parents[2]
SBOM: Final = ROOT / "sbom.json"
PRODUCTION: Final = ROOT / ".venv/production"
TOOLS: Final = ROOT / ".venv/audit"


def main() -> None:
    """Write sbom.json.

    Raises:
        subprocess.CalledProcessError: something cannot be installed, or the document is invalid; uv or cyclonedx-py
            has said what.
    """
    install(TOOLS, "requirements-audit.txt")
    install(PRODUCTION, "requirements.txt")
    tool = [str(TOOLS / "bin/cyclonedx-py"), "environment", "--pyproject", "pyproject.toml", "--output-reproducible"]
    written = subprocess.run([*tool, str(PRODUCTION / "bin/python")], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    document = json.loads(written.stdout)
    name_licences(document["components"])
    document["components"] += page_libraries()
    if lacking := lacks(document["components"]):
        sys.exit(f"The list lacks these packages, or their licences: {', '.join(lacking)}")
    SBOM.write_text(json.dumps(document, indent=2) + "\n")
    print(f"{SBOM.name}: {len(document['components'])} packages")


def install(environment: Path, requirements: str) -> None:
    """Make a virtual environment that holds what `requirements` pins."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(environment)], cwd=ROOT, check=True)
    pinned = ["--require-hashes", "--no-deps", "-r", requirements]
    subprocess.run([*uv, "pip", "install", "-q", "--python", str(environment), *pinned], cwd=ROOT, check=True)


def name_licences(components: list[dict[str, Any]]) -> None:
    """Add the licences that stand in a package's metadata in words alone, which cyclonedx-py leaves out."""
    [packages] = PRODUCTION.glob("lib/python*/site-packages")
    words = {each.name.lower(): each.metadata["License"] for each in metadata.distributions(path=[str(packages)])}
    for component in components:
        if "licenses" not in component and (named := words[component["name"].lower()]):
            component["licenses"] = [{"license": {"name": named.splitlines()[0]}}]


def page_libraries() -> list[dict[str, Any]]:
    """The libraries that the chat page is served with, as components."""
    return [
        {
            "bom-ref": f"{facts['name']}@{facts['version']}",
            "type": "library",
            "name": facts["name"],
            "version": facts["version"],
            "purl": f"pkg:npm/{facts['name'].replace('@', '%40')}@{facts['version']}",
            "licenses": [{"expression": facts["licence"]}],
        }
        for facts in json.loads(VERSIONS.read_text()).values()
    ]


def pinned() -> list[Requirement]:
    """What requirements.txt pins for this platform."""
    lines = (ROOT / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
    wanted = [Requirement(line.split(" --hash")[0]) for line in lines if re.match(r"[A-Za-z0-9]", line)]
    return [each for each in wanted if each.marker is None or each.marker.evaluate()]


def lacks(components: list[dict[str, Any]]) -> list[str]:
    """The pinned packages that `components` does not name in their version and with a licence."""
    listed = {f"{canonicalize_name(each['name'])}=={each['version']}" for each in components if each.get("licenses")}
    return [str(each) for each in pinned() if f"{canonicalize_name(each.name)}{each.specifier}" not in listed]


if __name__ == "__main__":
    main()
