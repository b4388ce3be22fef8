"""Mail addresses out of other people's files: what the formats do not take costs the address and not the document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus import documents
from maximus.sbom.producers import is_mail


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("ada@mail.example", True),
        ("ada.b+c_%-d@a-b.mail.example", True),
        ("ada..b@mail.example", False),
        (".ada@mail.example", False),
        ("ada.@mail.example", False),
        ("ada@-mail.example", False),
        ("ada@mail-.example", False),
        (f"ada@{'m' * 64}.example", False),
        (f"{'a' * 65}@mail.example", False),
        (f"ada@{'mail.' * 60}example", False),
        ("ada@mail", False),
        ("ada@mail.example\n", False),
        ("", False),
    ],
)
def test_what_is_an_address(text: str, is_one: bool) -> None:  # noqa: FBT001 - a column of the table
    """Letters, digits and few signs; parts that are neither empty nor too long."""
    assert is_mail(text) is is_one


BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


@given(st.from_regex(r"[A-Za-z0-9._%+-]{1,70}@[A-Za-z0-9.-]{1,70}", fullmatch=True))
def test_cyclonedx_takes_every_address_that_we_take(text: str) -> None:
    """The official schema is the judge."""
    document = {**BOM, "metadata": {"supplier": {"name": "a", "contact": [{"email": text}]}}}
    assert not is_mail(text) or documents.faults(document, "cyclonedx-1.6") == ()
