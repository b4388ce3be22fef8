"""YAML 1.2 core, within limits."""

from __future__ import annotations

from typing import Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.yaml import Node, load_json, load_yaml


def plain(node: Node) -> Any:  # noqa: ANN401 - any JSON value
    """Return a node's value without lines."""
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return node.value


@pytest.mark.parametrize(
    "text", ["no", "on", "yes", "2024-01-01", "1_000", "0b11", "12:30", "=", "<<", "1.2.3", "0o8", "True!", "1e", "+"]
)
def test_texts_that_older_yaml_took_for_something_else(text: str) -> None:
    """Booleans, dates, binary and sexagesimal numbers of YAML 1.1 are texts."""
    assert plain(load_yaml(f"key: {text}\n", "f.yml")) == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012", 12),
        ("0o12", 10),
        ("0x1F", 31),
        ("1e1", 10.0),
        ("-3", -3),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("!thing 5", "5"),
        ('"\\ud83d\\ude80 \\ud83d"', "🚀 \ufffd"),
    ],
)
def test_what_a_scalar_means(text: str, value: object) -> None:
    """Numbers, booleans and nothing, as the core schema has them; quotes and tags decide."""
    found = plain(load_yaml(f"key: {text}\n", "f.yml"))["key"]
    assert (found, type(found)) == (value, type(value))


def test_an_unknown_tag_is_told() -> None:
    """Its value is taken as it stands, and a warning names the line."""
    said: list[str] = []
    load_yaml("a: 1\nkey: !thing x\n", "f.yml", said.append)
    assert said == ["the tag !thing is not known; its value is taken as it stands (f.yml:2)"]


def test_every_value_knows_its_line() -> None:
    """A key's value stands where its key stands."""
    node = load_yaml("a: 1\nb:\n  - x\n  - y\n", "f.yml")
    assert isinstance(node.value, dict)
    items = node.value["b"].value
    assert isinstance(items, list)
    assert (node.value["b"].line, [item.line for item in items]) == (2, [3, 4])


def test_a_merge_key_is_an_ordinary_key() -> None:
    """YAML 1.2 knows no merging."""
    assert plain(load_yaml("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yml"))["c"] == {"<<": {"b": 1}}


def test_a_block_text_keeps_its_end_without_a_last_line_feed() -> None:
    """A file whose last line is not ended reads as if it were."""
    assert plain(load_yaml("key: |\n  text", "f.yml")) == {"key": "text\n"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\na: 2\n", "the key `a` stands twice (line 2)"),
        ("a: 1\n---\nb: 2\n", "document"),
        ("a: [1\n", "(line 2)"),
        ("change-template: - #$NUMBER '$TITLE'\n", "(line 1)"),
        ("a: &x [*x]\n", "an alias stands inside what it names"),
        ("[" * 100 + "]" * 100, "nest"),
        ("a: \x01\n", "special characters"),
        ("a: !!int x\n", "is not what its tag"),
        ("a: " + "x" * (1 << 20), "larger than"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(6)),
            "holds more than",
        ),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, why: str) -> None:
    """Twice the same key, two documents, loops, depth, size: a usage error that says which."""
    with pytest.raises(Error) as caught:
        load_yaml(text, "f.yml")
    assert (caught.value.code, caught.value.status) == ("YAML001", ExitStatus.USAGE)
    assert why in caught.value.why


def test_tabs_between_tokens_are_blanks() -> None:
    """YAML 1.2 allows them; inside a text they stay."""
    assert plain(load_yaml("a:\tx\nb: |\n  y:\tz\nc:\t[\t1,\t2]\n", "f.yml")) == {"a": "x", "b": "y:\tz\n", "c": [1, 2]}


def test_a_next_line_character_ends_no_line() -> None:
    """U+0085 is an ordinary character in YAML 1.2."""
    assert plain(load_yaml("a: x\x85y\n", "f.yml")) == {"a": "x\x85y"}


def test_a_key_that_is_a_list_is_an_unknown_one() -> None:
    """It is passed over with the other keys that nobody knows."""
    assert plain(load_yaml("a: 1\n? [b]\n: 2\n", "f.yml"))["a"] == 1


def test_json_is_read_as_json() -> None:
    """A configuration may be JSON."""
    assert plain(load_json('{"a": [1, "x", null]}', "f.json")) == {"a": [1, "x", None]}


@pytest.mark.parametrize("text", ["{", "[" * 200 + "]" * 200, "[" * 100_000])
def test_json_that_is_none_is_a_usage_error(text: str) -> None:
    """Broken or too deep: no traceback."""
    with pytest.raises(Error, match="as JSON"):
        load_json(text, "f.json")
