"""The list of what a production installation consists of: `make sbom`."""

import json
from importlib import metadata
from typing import Any

from config.dev import sbom
from config.dev.vendor_page import VERSIONS

MIT = [{"license": {"id": "MIT"}}]


def component(name: str) -> dict[str, Any]:
    return {"name": name, "version": metadata.version(name), "licenses": MIT}


def test_a_package_that_is_not_listed_is_noticed() -> None:
    lacking = sbom.lacks([component("celery")])
    assert f"django=={metadata.version('django')}" in lacking
    assert not any(name.startswith("celery==") for name in lacking)


def test_a_missing_licence_or_another_version_is_noticed() -> None:
    listed = component("celery")
    for wrong in ({**listed, "licenses": []}, {**listed, "version": "0.1"}):
        assert f"celery=={metadata.version('celery')}" in sbom.lacks([wrong])


def test_the_pages_libraries_are_listed_as_pinned() -> None:
    listed = {(each["name"], each["version"], each["purl"]) for each in sbom.page_libraries()}
    pinned = json.loads(VERSIONS.read_text()).values()
    assert {each[:2] for each in listed} == {(facts["name"], facts["version"]) for facts in pinned}
    assert any(purl.startswith("pkg:npm/%40highlightjs/cdn-assets@") for *_, purl in listed)
    assert all(each["licenses"] for each in sbom.page_libraries())
