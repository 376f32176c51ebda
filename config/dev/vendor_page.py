"""The libraries of the chat page, as ES modules that the app serves itself: `make vendor`.

`versions.json` pins each by its version and the registry's hash of its package. A run fetches those packages again,
checks the hashes and writes the modules; with `--update` it takes the newest versions first. It needs npm.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "chatrooms" / "static" / "chat" / "vendor"
VERSIONS: Final = FOLDER / "versions.json"

LANGUAGES: Final = [
    "bash",
    "c",
    "cpp",
    "csharp",
    "css",
    "diff",
    "go",
    "java",
    "javascript",
    "json",
    "kotlin",
    "markdown",
    "php",
    "python",
    "ruby",
    "rust",
    "sql",
    "swift",
    "typescript",
    "xml",
    "yaml",
]
"""That code in an answer is highlighted in."""

PHONE_EXPORTS: Final = [
    "AsYouType",
    "getCountries",
    "getCountryCallingCode",
    "getExampleNumber",
    "parsePhoneNumberFromString",
    "isSupportedCountry",
]


@dataclass(frozen=True, kw_only=True)
class Library:
    """A package of npm, and what of it becomes the module `file`."""

    name: str
    file: str
    sources: tuple[str, ...]
    licence: str
    licence_file: str = "LICENSE"
    default: str = ""
    """The global that a script which is no module defines; it becomes the default export."""
    exports: tuple[str, ...] = ()
    """Names that a CommonJS module exports; without names it is the default export."""


LIBRARIES: Final = (
    Library(name="marked", file="marked.js", sources=("lib/marked.esm.js",), licence="MIT"),
    Library(
        name="dompurify",
        file="purify.js",
        sources=("dist/purify.min.js",),
        licence="MPL-2.0 OR Apache-2.0",
    ),
    Library(
        name="@highlightjs/cdn-assets",
        file="highlighter.js",
        sources=("es/core.min.js", *(f"es/languages/{language}.min.js" for language in LANGUAGES)),
        licence="BSD-3-Clause",
    ),
    Library(name="temml", file="temml.js", sources=("dist/temml.min.js",), licence="MIT", default="temml"),
    Library(
        name="libphonenumber-js",
        file="libphonenumber.js",
        sources=("bundle/libphonenumber-min.js",),
        licence="MIT",
        exports=tuple(PHONE_EXPORTS),
    ),
)


class Refused(Exception):
    """The registry's package is not the pinned one, or not of the expected form."""


def main() -> None:
    """Write the modules, their licences and `versions.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="take the newest versions")
    update = parser.parse_args().update
    pinned: dict[str, dict[str, str]] = json.loads(VERSIONS.read_text()) if VERSIONS.exists() else {}
    FOLDER.joinpath("licences").mkdir(parents=True, exist_ok=True)
    made = {each.file: _vendor(each, {} if update else pinned.get(each.file, {})) for each in LIBRARIES}
    VERSIONS.write_text(json.dumps(made, indent=2) + "\n")
    for file, facts in made.items():
        print(f"{file}: {facts['name']} {facts['version']}, {facts['licence']}")


def _vendor(library: Library, pin: dict[str, str]) -> dict[str, str]:
    published = _published(library.name, pin.get("version", "latest"))
    integrity = pin.get("integrity", published["integrity"])
    with tempfile.TemporaryDirectory() as folder:
        package = _package(library.name, published["version"], Path(folder), integrity)
        texts = [_read(package, source) for source in library.sources]
        licence = _read(package, library.licence_file)
    if published["licence"].strip("()") != library.licence:
        raise Refused(f"{library.name} is now under {published['licence']}: read that licence first.")
    heading = f"// {library.name} {published['version']}, {library.licence}; see licences/. Written by make vendor.\n"
    module = heading + "// @ts-nocheck\n" + _module(library, texts)
    FOLDER.joinpath(library.file).write_text(module)
    FOLDER.joinpath("licences", f"{library.file.removesuffix('.js')}.txt").write_text(licence)
    return {
        "name": library.name,
        "version": published["version"],
        "licence": library.licence,
        "integrity": integrity,
        "sha256": hashlib.sha256(module.encode()).hexdigest(),
    }


def _published(name: str, version: str) -> dict[str, str]:
    facts = json.loads(_npm("view", f"{name}@{version}", "version", "license", "dist.integrity", "--json"))
    return {"version": facts["version"], "licence": facts["license"], "integrity": facts["dist.integrity"]}


def _package(name: str, version: str, folder: Path, integrity: str) -> Path:
    """Fetch the package; its hash is computed here, not taken from npm's word."""
    [packed] = json.loads(_npm("pack", f"{name}@{version}", "--json", "--pack-destination", str(folder)))
    archive = folder / Path(packed["filename"]).name
    if not archive.exists():
        archive = next(folder.glob("*.tgz"))
    hashed = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if hashed != integrity:
        raise Refused(f"{name} {version} is {hashed}, not {integrity}.")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def _npm(*arguments: str) -> str:
    return subprocess.run(["npm", *arguments], check=True, capture_output=True, text=True).stdout


def _read(package: Path, name: str) -> str:
    text = package.joinpath(name).read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("//# sourceMappingURL=")) + "\n"


def _module(library: Library, texts: list[str]) -> str:
    if library.file == "highlighter.js":
        return _highlighter(texts)
    [text] = texts
    if library.default:
        return f"{text}export default {library.default};\n"
    if "export{" in text or "export {" in text:
        return text
    # A CommonJS module, or a UMD one, which takes the same way if it finds these two names.
    names = ", ".join(library.exports)
    ending = f"export const {{ {names} }} = module.exports;\n" if names else "export default module.exports;\n"
    return f"const exports = {{}}, module = {{ exports }};\n{text}{ending}"


def _highlighter(texts: list[str]) -> str:
    """The core with the languages registered; each of them defines `hljsGrammar` and exports it."""
    core, *grammars = texts
    end = core.rindex("export{")
    name = core[end:].removeprefix("export{").split(" as ")[0]
    made = [core[:end]]
    for language, grammar in zip(LANGUAGES, grammars, strict=True):
        body = grammar.replace(";export default hljsGrammar;", "").replace("export default hljsGrammar;", "")
        made.append(f"{{{body}\n{name}.registerLanguage({json.dumps(language)}, hljsGrammar);}}\n")
    return "".join(made) + f"export default {name};\n"


if __name__ == "__main__":
    main()
