"""What an SBOM is about, held against the release."""

from __future__ import annotations

from typing import Any

import pytest

from maximus.verification.about import About, read_about
from maximus.verification.fitting import fitting
from maximus.verification.inventory import Sbom

A, B = "a" * 64, "b" * 64


def cyclonedx(**subject: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a document about a subject, with one file among its components."""
    return {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"type": "application", "name": "app", **subject}},
        "components": [{"type": "file", "name": "dist/app.whl", "hashes": [{"alg": "SHA-256", "content": A.upper()}]}],
    }


def spdx(purl: str = "pkg:github/octo/app@v1.2.3") -> dict[str, Any]:
    """Return the same in the other format."""
    return {
        "spdxVersion": "SPDX-2.3",
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app"}
        ],
        "packages": [
            {
                "SPDXID": "SPDXRef-app",
                "name": "app",
                "versionInfo": "v1.2.3",
                "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}],
            }
        ],
        "files": [{"fileName": "./dist/app.whl", "checksums": [{"algorithm": "SHA256", "checksumValue": A}]}],
    }


def test_both_formats_say_the_same() -> None:
    """Name, version, repository and the digests of files are read from either."""
    purl = "pkg:github/Octo/App@v1.2.3?x=y#sub"
    expected = About("app", "v1.2.3", "octo/app", (("app.whl", A),))
    assert read_about(cyclonedx(version="v1.2.3", purl=purl)) == expected
    assert read_about(spdx(purl)) == expected


def test_what_is_not_stated_is_empty() -> None:
    """A document without a subject is about nothing in particular."""
    assert read_about({"bomFormat": "CycloneDX"}) == read_about({"spdxVersion": "SPDX-2.3"}) == About()


def errors(about: About, *more: About, tag: str = "v1.2.3", repository: str = "octo/app") -> list[str]:
    """Return why SBOMs do not fit a release of one file."""
    sboms = [Sbom(f"sbom{number}", 1, about=each) for number, each in enumerate((about, *more))]
    return [sbom.error.why for sbom in fitting(sboms, {"app.whl": A}, repository, tag) if sbom.error]


@pytest.mark.parametrize(
    "about",
    [
        About(),
        About("app", "v1.2.3", "octo/app", (("app.whl", A), ("other.whl", B))),
        About("app", "1.2.3", "octo/app"),
        About("app", "0123456789ab", "octo/app"),
        About("app", "unknown", "octo/app"),
        About("app", "7", ""),
    ],
)
def test_an_sbom_of_this_release_fits(about: About) -> None:
    """What agrees fits, and what is not stated is not held against it."""
    assert errors(about) == []


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (About("app", "", "octo/app", (("app.whl", B),)), "it lists app.whl with"),
        (About("app", "", "octo/other"), "it is about octo/other"),
        (About("app", "2.0.0", "octo/app"), "it is about version 2.0.0"),
    ],
)
def test_an_sbom_of_something_else_does_not(about: About, words: str) -> None:
    """Another file, another repository, another version: each is said."""
    (why,) = errors(about)
    assert words in why


def test_two_sboms_are_about_one_thing() -> None:
    """Where they disagree neither counts."""
    assert len(errors(About("app", "1"), About("app", "2"), tag="")) == 2
