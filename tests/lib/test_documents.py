"""Documents: read within limits, judged by their schema, written in one form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus import documents
from maximus.errors import Error

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-9e15, 9e15)
    # UTF-8 has no half of a surrogate pair.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(JSON)
def test_what_is_written_is_read_again(document: Any) -> None:  # noqa: ANN401 - any JSON
    """Both written forms hold exactly the document."""
    assert documents.parse_json(documents.pretty(document), "pretty") == document
    assert documents.parse_json(documents.canonical(document), "canonical") == document


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    """The example of RFC 8785, section 3.2.2, comes out byte by byte."""
    source = (
        b'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        rb'"string": "\u20ac$\u000F\u000aA' + rb"'" + rb'\u0042\u0022\u005c\\\"\/",'
        b'"literals": [null, true, false]}'
    )
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    ).encode()

    assert documents.canonical(documents.parse_json(source, "rfc8785")) == expected


def test_the_pretty_form_does_not_depend_on_order() -> None:
    """Keys are sorted, text stays readable, and one line feed ends it."""
    assert documents.pretty({"b": "ä", "a": 1}) == '{\n  "a": 1,\n  "b": "ä"\n}\n'


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "Expecting value"),
        (b"{'a': 1}", "Expecting property name"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "1e999"),
        (b"\xff\xfe{}", "utf-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'["\\ud800"]', "surrogates"),
        (b'{"\\udc00x": 1}', "surrogates"),
        (b"[" * 100_000, "too deep"),
        (b"[" + b"1" * 5000 + b"]", "digits"),
    ],
)
def test_refuses_what_two_readers_would_read_differently(raw: bytes, why: str) -> None:
    """What is no JSON, or JSON that readers disagree about, is one error with the reason."""
    with pytest.raises(Error, match="not valid JSON") as caught:
        documents.parse_json(raw, "a.json")

    assert caught.value.code == "DOC003"
    assert why in caught.value.why


def test_reads_a_pair_of_surrogates() -> None:
    """A character beyond the first plane may be spelt as JSON spells it."""
    assert documents.parse_json(b'"\\ud83d\\ude00"', "a.json") == "\N{GRINNING FACE}"


@given(st.binary() | st.text())
def test_any_bytes_are_read_or_refused(raw: bytes | str) -> None:
    """No input ends in anything but a document that can be written again, or an Error."""
    try:
        document = documents.parse_json(raw, "input")
    except Error as error:
        assert error.code == "DOC003"  # noqa: PT017 - either way is right
    else:
        documents.pretty(document).encode("utf-8")


@pytest.mark.parametrize(("name", "code"), [("missing.json", "DOC001"), (".", "DOC001"), ("large.json", "DOC002")])
def test_refuses_a_file_that_cannot_be_read_whole(tmp_path: Path, name: str, code: str) -> None:
    """A file that is missing, a folder or above the limit is an error that names it."""
    (tmp_path / "large.json").write_bytes(b'"' + b"x" * 100 + b'"')
    with pytest.raises(Error, match=str(tmp_path)) as caught:
        documents.load_json(tmp_path / name, limit=100)

    assert caught.value.code == code


def test_loads_a_file(tmp_path: Path) -> None:
    """A file within the limit gives its document."""
    (tmp_path / "a.json").write_bytes(b'{"a": [1]}')

    assert documents.load_json(tmp_path / "a.json", limit=10) == {"a": [1]}


@pytest.mark.parametrize("name", ["verdict", *(f"cyclonedx-1.{minor}" for minor in range(2, 8))])
def test_every_schema_is_there_and_refuses_nonsense(name: str) -> None:
    """Ours and CycloneDX's schemas are found, parts included, and an unknown key is a fault."""
    assert documents.faults({"surprise": True}, name) != ()


def test_an_unknown_schema_is_a_bug() -> None:
    """A schema nobody knows raises KeyError: the caller's mistake, not the user's."""
    with pytest.raises(KeyError):
        documents.schema("cyclonedx-9.9")


def test_our_schemas_say_which_dialect_they_are() -> None:
    """Each of our schemas names draft 2020-12 and carries a title."""
    for path in (Path(documents.__file__).parents[2] / "schemas").glob("*.schema.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", path.name
        assert schema["title"], path.name


def test_faults_come_sorted_with_their_paths() -> None:
    """All faults are told at once, each with the place it stands at."""
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "x", "name": 1}], "version": 0}
    found = documents.faults(document, "cyclonedx-1.6")

    assert list(found) == sorted(found)
    assert {fault.split(":")[0] for fault in found} == {"components[0].name", "components[0].type", "version"}


def test_a_format_that_is_wrong_is_a_fault() -> None:
    """Formats are checked and not only noted."""
    waiver = {"who": "a", "why": "b", "until": "tomorrow"}
    document = {"check": "a", "status": "waived", "inspected": 1, "waiver": waiver}

    assert documents.faults(document, "verdict")[0].startswith("waiver.until:")


def test_validate_raises_with_all_faults() -> None:
    """A document that does not hold is one error that says why; one that holds is none."""
    documents.validate({"check": "a", "status": "pass", "inspected": 1}, "verdict", "a.json")
    with pytest.raises(Error, match="does not hold to verdict") as caught:
        documents.validate({"check": "A", "status": "pass", "inspected": -1}, "verdict", "a.json")

    assert caught.value.code == "DOC004"
    assert "check" in caught.value.why
    assert "inspected" in caught.value.why


def test_a_flood_of_faults_is_cut_with_a_word() -> None:
    """An error names the first faults only and says so."""
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}] * 1000}
    with pytest.raises(Error, match=f"the first {documents.MAX_FAULTS}") as caught:
        documents.validate(document, "cyclonedx-1.6", "a.json")

    assert len(caught.value.why) < 10_000
