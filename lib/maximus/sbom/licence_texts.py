"""Licences by their texts: which common licence a file is, by the sentences that only this licence has.

What is matched is concluded, never declared. A text that is not known, or that leaves something open, leaves the
whole open: a package under two licences of which one is known is not under that one.
Sources: the texts on the SPDX licence list; the patterns are written for this project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.sbom.licences import expression_of
from maximus.sbom.limits import MAX_EXPRESSION
from maximus.sbom.model import LicenceClaim
from maximus.sbom.naming import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_FILES", "MAX_LICENCE", "Match", "conclude", "identify", "is_licence_file"]

MAX_LICENCE: Final = 512 << 10
"""Bytes of one licence file."""
MAX_FILES: Final = 20
"""Licence files of one package; beyond it nothing is concluded."""

_NAME = re.compile(
    r"(?:.{1,40}[-_.])?(?:un)?licen[cs]es?(?:[-_. ].{1,60})?|copying(?:[-_. ].{1,60})?", re.IGNORECASE | re.DOTALL
)
_NO_TEXT = re.compile(
    r"\.(?:[cm]?[jt]sx?|json|py|pyc|html?|css|map|ya?ml|xml|png|svg|toml|spdx|sh|go|rs)$", re.IGNORECASE
)
_GRANT = (
    r"permission is hereby granted free of charge to any person obtaining a copy of this software "
    r"and associated documentation files"
)
_KEEP = (
    r"copyright notices? and this permission notice (?:including the next paragraph )?"
    r"(?:shall|must) be included in all copies or substantial portions"
)
_USE = (
    r"permission to use copy modify and (?:or )?distribute this software for any purpose with or without fee is hereby"
)
# Each with what must stand in the text and what must not, in lower case, without punctuation.
_TEXTS: Final = tuple(
    (licence, tuple(re.compile(text) for text in needed), re.compile(forbidden) if forbidden else None)
    for licence, needed, forbidden in (
        ("MIT", (_GRANT, _KEEP), r"except as contained in this notice|shall be used for good not evil"),
        ("JSON", (_GRANT, r"shall be used for good not evil"), ""),
        ("X11", (_GRANT, _KEEP, r"except as contained in this notice the names? of the x consortium"), ""),
        ("MIT-0", (_GRANT, r"the software is provided as is"), _KEEP),
        (
            "ISC",
            (_USE + r" granted provided that the above copyright notice and this permission notice appear in all",),
            r"except as contained in this notice",
        ),
        ("0BSD", (_USE + r" granted the software is provided as is",), ""),
        (
            "Apache-2.0",
            (r"apache license version 2 0 january 2004|licensed under the apache license version 2 0 the license",),
            r"llvm exceptions to the apache 2 0 license",
        ),
        ("Apache-2.0 WITH LLVM-exception", (r"llvm exceptions to the apache 2 0 license",), ""),
        ("MPL-2.0", (r"mozilla public license,? (?:version 2 0 1 definitions|v(?:ersion)? 2 0)",), ""),
        ("MPL-1.1", (r"mozilla public license version 1 1 1 definitions",), ""),
        ("Unlicense", (r"this is free and unencumbered software released into the public domain",), ""),
        ("CC0-1.0", (r"cc0 1 0 universal", r"statement of purpose"), ""),
        ("CC-BY-4.0", (r"creative commons attribution 4 0 international public license",), ""),
        ("CC-BY-SA-4.0", (r"creative commons attribution sharealike 4 0 international public license",), ""),
        ("CC-BY-3.0", (r"creative commons legal code attribution 3 0 unported",), ""),
        (
            "Python-2.0",
            (r"beopen com license agreement for python 2 0|beopen python open source license agreement version 1",),
            "",
        ),
        ("PSF-2.0", (r"python software foundation license version 2",), r"beopen"),
        ("Zlib", (r"altered source versions must be plainly marked as such", r"origin of this software"), ""),
        ("BSL-1.0", (r"boost software license version 1 0",), ""),
        ("WTFPL", (r"do what the fuck you want to public license",), ""),
        ("BlueOak-1.0.0", (r"blue oak model license", r"version 1 0 0"), ""),
        ("EPL-2.0", (r"eclipse public license v 2 0",), ""),
        ("EPL-1.0", (r"eclipse public license v 1 0",), ""),
        ("Artistic-2.0", (r"the artistic license 2 0",), ""),
        ("ZPL-2.1", (r"zope public license zpl version 2 1",), ""),
        ("OFL-1.1", (r"sil open font license version 1 1",), ""),
        ("UPL-1.0", (r"universal permissive license upl version 1 0",), ""),
        ("Unicode-3.0", (r"unicode license v3",), ""),
        (
            "MIT-CMU",
            (r"by obtaining using and or copying this software and or its associated documentation you agree",),
            "",
        ),
        (
            "HPND",
            (
                (
                    r"permission to use copy modify and distribute this software and its documentation for any purpose "
                    r"(?:and )?without fee is hereby granted"
                ),
                r"used in advertising or publicity",
            ),
            r"by obtaining using and or copying",
        ),
    )
)
# The licences of GNU: their texts are the same for "only" and for "or later".
_GNU: Final = tuple(
    (family, number, re.compile(rf"gnu {name} public license version {short} (?:\d+ )?[a-z]+ \d{{4}}"), name, short)
    for family, number, name, short in (
        ("GPL", "2.0", "general", "2"),
        ("GPL", "3.0", "general", "3"),
        ("LGPL", "2.1", "lesser general", "2 1"),
        ("LGPL", "3.0", "lesser general", "3"),
        ("AGPL", "3.0", "affero general", "3"),
    )
)
_SOURCE = re.compile(r"redistributions? (?:of|in) source code must retain")
_ENDORSE = re.compile(r"be used to endorse or promote products|used to endorse or promote products derived")
_ADVERTISING = re.compile(r"all advertising materials mentioning features")
_PATENTS = re.compile(r"no express or implied licenses to any party s patent rights")


@dataclass(frozen=True, slots=True)
class Match:
    """What one text is."""

    licences: tuple[str, ...] = ()
    """SPDX expressions, sorted: all of them hold."""
    open: tuple[str, ...] = ()
    """Licences whose text leaves open whether later versions count, sorted."""


def is_licence_file(name: str) -> bool:
    """Tell whether a file is called as licence texts are: LICENSE, LICENCE-MIT, COPYING.LESSER, UNLICENSE."""
    return bool(_NAME.fullmatch(name)) and not _NO_TEXT.search(name)


def identify(text: str) -> Match:
    """Return the licences whose sentences stand in a text; nothing for one that is not known."""
    plain = re.sub(r"[^a-z0-9]+", " ", text[:MAX_LICENCE].lower())
    found = {
        licence
        for licence, needed, forbidden in _TEXTS
        if all(pattern.search(plain) for pattern in needed) and not (forbidden and forbidden.search(plain))
    }
    if "Python-2.0" in found:
        # One of the licences that Python's own is made of.
        found.discard("HPND")
    found |= _bsd(plain)
    left: set[str] = set()
    for family, number, title, name, short in _GNU:
        place = title.search(plain)
        start = place.start() if place else len(plain)
        # What stands in front of the text is its owner's statement; the text's own last page has the same words.
        stated = re.search(
            rf"terms of the gnu {name} public license as published by the free software foundation "
            rf"either version {short} of the license or (?:at your option )?any later version",
            plain[:start],
        )
        if stated and not (place is None and _is_text(plain)):
            found.add(f"{family}-{number}-or-later")
        elif place:
            left.add(f"{family}-{number}")
    return Match(tuple(sorted(found)), tuple(sorted(left)))


def _is_text(plain: str) -> bool:
    """Tell whether some text of GNU's stands there, on whose last page others are named."""
    return any(title.search(plain) for _, _, title, *_ in _GNU)


def _bsd(plain: str) -> set[str]:
    """Return which of the BSD licences stand in a text: they differ by the clauses that they have besides."""
    sources, endorsements = len(_SOURCE.findall(plain)), len(_ENDORSE.findall(plain))
    if not sources or "redistributions in binary form must reproduce" not in plain:
        return set()
    if _ADVERTISING.search(plain):
        return {"BSD-4-Clause"}
    if _PATENTS.search(plain):
        return {"BSD-3-Clause-Clear"}
    found = {"BSD-3-Clause"} if endorsements else set()
    return found | ({"BSD-2-Clause"} if sources > endorsements else set())


def conclude(files: Sequence[tuple[str, str]], where: str, *, choice: bool = False) -> LicenceClaim | None:
    """Return what all licence files of a package say together: all of them hold, unless its metadata offers a choice.

    `files` are names and texts. None where there is no file, or one that is not known. Where one leaves open whether
    later versions count, the claim names it and is no expression.
    """
    if not files or len(files) > MAX_FILES:
        return None
    matches = [identify(text) for _, text in files]
    if any(not match.licences and not match.open for match in matches):
        return None
    names = ", ".join(sorted({visible(name) for name, _ in files}))
    evidence = f"text of {names[:200]} {where}"
    if left := sorted({name for match in matches for name in match.open}):
        text = f"the text of {' and '.join(left)}, which says neither only nor or-later"
        return LicenceClaim(text, "", concluded=True, evidence=evidence)
    parts = sorted({licence for match in matches for licence in match.licences})
    expression = (" OR " if choice else " AND ").join(parts)
    if len(expression) > MAX_EXPRESSION or not expression_of(expression):
        return None
    return LicenceClaim(expression, expression_of(expression), concluded=True, evidence=evidence)
