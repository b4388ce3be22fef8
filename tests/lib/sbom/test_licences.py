"""Licences as authors declare them."""

from __future__ import annotations

import pytest

from maximus.sbom import licences


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("(MIT OR Apache-2.0)", "(MIT OR Apache-2.0)"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("LicenseRef-Ours", "LicenseRef-Ours"),
        ("GPL-3.0-only", "GPL-3.0-only"),
        ("GPL-3.0", ""),
        ("MIT AND LGPL-2.1+", ""),
        ("BSD", ""),
        ("UNLICENSED", ""),
        ("SEE LICENSE IN LICENSE.md", ""),
        ("(" * 5000 + "MIT" + ")" * 5000, ""),
        ("", ""),
    ],
)
def test_an_expression_is_valid_or_it_is_none(text: str, expression: str) -> None:
    """Only valid SPDX goes out; what leaves open which licence is meant stays a text."""
    assert licences.expression_of(text) == expression


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIT", [("MIT", "MIT")]),
        ({"type": "ISC", "url": "https://example.org"}, [("ISC", "ISC")]),
        ([{"type": "MIT"}], [("MIT", "MIT")]),
        ([{"type": "MIT"}, {"type": "GPL-2.0"}], [("MIT, GPL-2.0", "")]),
        (None, []),
        (True, []),
        ({}, []),
        ([], []),
    ],
)
def test_reads_npms_old_forms(value: object, expected: list[tuple[str, str]]) -> None:
    """Objects and lists of old packages count; a list of several never said whether and or or."""
    assert [(claim.text, claim.expression) for claim in licences.from_npm(value, "test")] == expected
