"""What an installed gem says about itself: the `gemspec` that RubyGems writes, which is Ruby and is not run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.sbom import licences, producers

if TYPE_CHECKING:
    from maximus.sbom.model import LicenceClaim, Producer

__all__ = ["Gem", "of_gemspec"]

# RubyGems names the file after the gem; a platform comes last, where the gem is built for one.
_PATH = re.compile(r"(?:.*/)?specifications/(?:default/)?([^/]+)-(\d[^/-]*)(?:-([^/]+))?\.gemspec")
_LIST = r" = \[?((?:\"[^\"\n]*\"(?:\.freeze)?(?:, )?)+)"
_LICENCES = re.compile(rf"\.licenses?{_LIST}")
_AUTHORS = re.compile(rf"\.authors?{_LIST}")
_TEXT = re.compile(r'"([^"]*)"')
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


@dataclass(frozen=True, slots=True)
class Gem:
    """One installed gem."""

    name: str
    version: str
    platform: str
    """Such as `x86_64-linux`; empty for one that runs on each."""
    licences: tuple[LicenceClaim, ...] = ()
    producer: Producer | None = None


def of_gemspec(raw: bytes, path: str) -> Gem | None:
    """Return what the specification of an installed gem declares; None for any other file, a project's own too."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    text = raw.decode("utf-8", "replace")
    names, authors = (_texts(pattern, text) for pattern in (_LICENCES, _AUTHORS))
    # RubyGems leaves open whether several are a choice.
    claims = (licences.declared(names[0], "gemspec licenses"),) if len(names) == 1 else ()
    return Gem(match[1], match[2], match[3] or "", claims, producers.of_people(authors[0]) if authors else None)


def _texts(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.search(text)
    listed = _TEXT.findall(found[1]) if found else []
    return [_ESCAPE.sub(lambda code: chr(int(code[1], 16)), item) for item in listed]
