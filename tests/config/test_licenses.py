"""Every package of the image has a licence that is known and allows what Kuvaka does with it."""

import re
from importlib import metadata

import pytest

from config.dev.sbom import pinned

PERMISSIVE = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Unlicense",
    ),
    *("Apache Software License", "BSD License", "MIT License", "The Unlicense", "ISC License"),
}
NAMES = {"3-Clause BSD License": "BSD-3-Clause", "BSD 3-Clause": "BSD-3-Clause"}
"""What stands in metadata without an SPDX expression and without a classifier."""

WITH_CONDITIONS = {
    "certifi": "Mozilla Public License 2.0",
    "pi-heif": "GNU Lesser General Public License v3",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "psycopg-pool": "LGPL-3.0-only",
    "tqdm": "MPL-2.0",
}
"""Packages that are used unchanged, whose licence asks for more than to be named: a new one is a decision."""


PINNED = [each.name for each in pinned()]


def licenses_of(package: str) -> set[str]:
    """The licences that a package names: by SPDX, by classifiers, else in its own words."""
    found = metadata.metadata(package)
    if expression := found.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression.strip("()")))
    classifiers = [each for each in found.get_all("Classifier", []) if each.startswith("License ::")]
    if classifiers:
        return {re.sub(r" \(.*\)$", "", each.rsplit(" :: ", 1)[1]) for each in classifiers}
    words = re.split(r" (?:AND|OR) ", (found.get("License") or "none").splitlines()[0])
    return {NAMES.get(each, each) for each in words}


def test_the_list_is_the_images() -> None:
    assert {"django", "psycopg", "celery"} <= set(PINNED)
    assert len(PINNED) > 90


@pytest.mark.parametrize("package", PINNED)
def test_each_has_a_licence_that_is_known(package: str) -> None:
    conditions = licenses_of(package) - PERMISSIVE
    assert conditions == {WITH_CONDITIONS[package]} if package in WITH_CONDITIONS else not conditions, conditions
