"""What each standard asks for: which checks must hold, in which formats, and from which share on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROFILES", "Profile"]

_ALL: Final = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """One standard."""

    title: str
    source: str
    """The document that asks for it."""
    asks: Mapping[str, int]
    """By the name of a check: the least share, in percent."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """By format: the oldest version; empty where any will do."""
    takes_unknown: bool = False
    """Whether a field that the document itself calls unknown is answered."""


def _whole(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, _ALL)


PROFILES: Final[Mapping[str, Profile]] = {
    "release-plan": Profile(
        "the release plan of MAXIMUS",
        "the plan's acceptance criteria",
        {"versions": _ALL, "licences": 95, "hashes": _ALL},
    ),
    "ntia-2021": Profile(
        "NTIA's minimum elements",
        "The Minimum Elements For a Software Bill of Materials, July 2021",
        _whole("names", "versions", "identifiers", "suppliers", "subject", "author", "timestamp"),
    ),
    "cisa-2026": Profile(
        "CISA's minimum elements",
        "2026 Minimum Elements for a Software Bill of Materials, July 2026",
        _whole(
            "subject", "author", "context", "timestamp", "tools", "serial", "names", "versions", "identifiers",
            "producers", "any-hash", "licences", "edges",
        ),
        takes_unknown=True,
    ),
    "bsi-2.1": Profile(
        "BSI TR-03183-2",
        "TR-03183-2, version 2.1.0, August 2025",
        _whole(
            "subject", "author-contact", "timestamp", "names", "versions", "contacts", "filename",
            "delivered-edges", "concluded-licences", "delivered-sha512", "delivery", "no-vulnerabilities",
        ),
        formats={"CycloneDX": "1.6"},
    ),
    "telco-1.1": Profile(
        "the OpenChain Telco SBOM guide",
        "OpenChain Telco SBOM Guide, version 1.1",
        _whole(
            "subject", "creators", "timestamp", "context", "names", "versions", "suppliers", "download", "copyright",
        ),
        formats={"SPDX": "2.2"},
    ),
}  # fmt: skip
"""By the name that the input `profile` takes."""
