"""Licences as authors declare them, turned into SPDX expressions where they are ones."""

from __future__ import annotations

import functools

from maximus.sbom.addresses import told
from maximus.sbom.limits import MAX_EXPRESSION
from maximus.sbom.model import LicenceClaim
from maximus.sbom.naming import visible

__all__ = ["declared", "expression_of", "from_npm", "stated"]

# Bare identifiers that SPDX deprecated because they leave open what follows: they stay evidence.
_OPEN = frozenset(
    f"{family}-{version}"
    for family, versions in {
        "GPL": ("1.0", "2.0", "3.0"),
        "LGPL": ("2.0", "2.1", "3.0"),
        "AGPL": ("1.0", "3.0"),
        "GFDL": ("1.1", "1.2", "1.3"),
    }.items()
    for version in versions
)


@functools.lru_cache(maxsize=8192)
def expression_of(text: str) -> str:
    """Return the canonical SPDX expression, or an empty text where this is none or one that says too little.

    A bare `GPL-3.0` says neither `-only` nor `-or-later`; it is never written into a document.
    """
    if not text or len(text) > MAX_EXPRESSION:
        return ""
    # Imported here: 30 ms that only a lock with licences should cost.
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression  # noqa: PLC0415

    # Cargo's old spelling of OR.
    candidate = text.replace("/", " OR ") if "/" in text and " " not in text else text
    try:
        found = str(canonicalize_license_expression(candidate))
    except (InvalidLicenseExpression, RecursionError, ValueError):
        return ""
    words = found.replace("(", " ").replace(")", " ").split()
    return "" if any(word.rstrip("+") in _OPEN for word in words) else found


def _all_of(expressions: list[str]) -> str:
    """Return one expression under which all of these hold; empty for none."""
    if len(expressions) < 2:  # noqa: PLR2004 - nothing to join
        return expressions[0] if expressions else ""
    return " AND ".join(f"({text})" if " " in text else text for text in expressions)


def stated(claims: tuple[LicenceClaim, ...], *, concluded: bool) -> str:
    """Return the one expression of everything that is concluded, or else declared; empty where nothing is."""
    if len(claims) == 1:
        return claims[0].expression if claims[0].concluded is concluded else ""
    return _all_of(sorted({item.expression for item in claims if item.expression and item.concluded is concluded}))


def declared(text: str, evidence: str) -> LicenceClaim:
    """Return the author's own declaration."""
    return LicenceClaim(told(visible(text[:MAX_EXPRESSION])), expression_of(text), concluded=False, evidence=evidence)


def from_npm(value: object, evidence: str) -> tuple[LicenceClaim, ...]:
    """Return what npm's `license` or `licenses` declares, in its present and its old forms.

    `UNLICENSED` means "no licence is granted" and not the Unlicense, `SEE LICENSE IN FILE` names no
    licence: both are kept as texts. A list of licences left the choice open, so more than one is no expression.
    """
    if isinstance(value, dict):
        value = value.get("type") or value.get("name")
    if isinstance(value, list):
        texts = [item.get("type") if isinstance(item, dict) else item for item in value]
        names = [text for text in texts if isinstance(text, str) and text]
        if len(names) > 1:
            return (LicenceClaim(visible(", ".join(names)[:MAX_EXPRESSION]), "", concluded=False, evidence=evidence),)
        value = names[0] if names else None
    if not isinstance(value, str) or not value.strip():
        return ()
    return (declared(value.strip(), evidence),)
