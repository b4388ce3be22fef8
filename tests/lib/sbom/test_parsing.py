"""Texts of locks turned into values, within the limits."""

from __future__ import annotations

import pytest

from maximus.errors import Error
from maximus.sbom import parsing
from maximus.sbom.limits import MAX_ALIASED, MAX_DEPTH


@pytest.mark.parametrize(
    "bomb",
    [
        b"a: " + b"[" * 50_000,
        b"a: " + b"{b: " * 50_000,
        b"- " * 50_000 + b"x",
        b"? " * 50_000 + b"x",
        b"".join(b" " * depth + b"a:\n" for depth in range(MAX_DEPTH * 2 + 2)),
        ("\ufeff" + "[" * 50_000).encode("utf-16-le"),
    ],
    ids=["lists", "mappings", "dashes", "questions", "indentation", "utf-16"],
)
def test_yaml_that_would_kill_the_interpreter_is_refused(bomb: bytes) -> None:
    """The C parser dies of deep nesting with SIGSEGV, so the depth is counted before it sees the text."""
    with pytest.raises(Error, match="nests deeper") as raised:
        parsing.parse_yaml(bomb, "pnpm-lock.yaml")
    assert raised.value.code == "SBOM006"


@pytest.mark.parametrize("bomb", [b"a = " + b"[" * 5000, b"a = " + b"{b=" * 5000, b"a." * 50_000 + b"a = 1"])
def test_toml_that_nests_too_deep_is_refused(bomb: bytes) -> None:
    """What the parser refuses to follow any deeper, brackets or dots, becomes a fault of the lock."""
    with pytest.raises(Error) as raised:
        parsing.parse_toml(bomb, "uv.lock")
    assert raised.value.code == "SBOM006"


@pytest.mark.parametrize("bomb", [b'{"a":' * 5000, b"[" * 5000])
def test_json_that_nests_too_deep_is_refused(bomb: bytes) -> None:
    """The parser's own limit becomes a fault of the lock."""
    with pytest.raises(Error) as raised:
        parsing.parse_json(bomb, "package-lock.json")
    assert raised.value.code == "SBOM006"


def test_aliases_are_refused() -> None:
    """An alias multiplies when it is walked, and no package manager writes one."""
    text = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(Error) as raised:
        parsing.parse_yaml(text, "pnpm-lock.yaml")
    assert (raised.value.code, raised.value.where) == ("SBOM008", "pnpm-lock.yaml:2")


def test_an_ampersand_in_a_text_is_no_anchor() -> None:
    """A text that only looks like an anchor does not make a lock unreadable."""
    (found,) = parsing.parse_yaml(b"a: 'x &y'\nb: \"*y\"\nc: d & e\n", "pnpm-lock.yaml")
    assert found == {"a": "x &y", "b": "*y", "c": "d & e"}


def test_scalars_stay_texts() -> None:
    """`1.10` is a version and not a number, `no` is a name and not a truth value."""
    assert parsing.parse_yaml(b"a: 1.10\nno: 2024-01-01\n", "x") == [{"a": "1.10", "no": "2024-01-01"}]


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (parsing.parse_toml, b"a = "),
        (parsing.parse_toml, b"\xff\xfe\xff"),
        (parsing.parse_toml, b"a = 2024-13-45"),
        (parsing.parse_toml, b"a = " + b"9" * 10_000),
        (parsing.parse_json, b"{"),
        (parsing.parse_json, b'{"a": "\\ud800"}'),
        (parsing.parse_json, b"\xff"),
        (parsing.parse_yaml, b"a: [\n"),
        (parsing.parse_yaml, b"a: !!python/object:os.system x: y"),
        (parsing.parse_yaml, b"\x00"),
    ],
)
def test_what_is_broken_is_named(parse: object, raw: bytes) -> None:
    """Whatever is wrong with a lock, the fault names the lock and says what to do."""
    with pytest.raises(Error) as raised:
        parse(raw, "the.lock")  # type: ignore[operator]  # a column of the table
    assert raised.value.code == "SBOM005"
    assert "the.lock" in raised.value.what
    assert raised.value.fix


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_merge_left_is_no_lock(end: str) -> None:
    """A format told by its lines would lose what stands behind the marks, and pass."""
    text = end.join(["GEM", "<<<<<<< HEAD", "  specs:", "=======", "  other:", ">>>>>>> branch", ""])
    with pytest.raises(Error) as raised:
        parsing.decode(text.encode(), "Gemfile.lock")
    assert (raised.value.code, raised.value.where) == ("SBOM005", "Gemfile.lock:2")
    assert parsing.decode(b"# <<<<<<< x\n=======\n>>>>>>> y", "x.txt").startswith("#")
    assert parsing.decode(b"<<<<<<< x\n>>>>>>> y\n=======\n", "x.txt").startswith("<")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"a": "\xe9"}', "it is not text in UTF-8"),
        (b'\xff\xfe{"a":', "it is not text in UTF-16-LE"),
        (b'{\n<<<<<<< a\n"b": 1\n=======\n"c": 2\n>>>>>>> d\n}', "line 2: a merge left both sides in it"),
    ],
)
def test_what_is_no_json_is_told_in_plain_words(raw: bytes, why: str) -> None:
    """The parser's own words would be about surrogates in line 1."""
    with pytest.raises(Error) as raised:
        parsing.parse_json(raw, "composer.lock")
    assert (raised.value.code, raised.value.why) == ("SBOM005", why)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_read_by_its_byte_order_mark(encoding: str) -> None:
    """As every other format is."""
    assert parsing.parse_json('{"a": "ü"}'.encode(encoding), "composer.lock") == {"a": "ü"}


def test_a_list_where_a_table_belongs_is_a_fault_of_the_lock() -> None:
    """Valid syntax of another shape is named too."""
    with pytest.raises(Error) as raised:
        parsing.parse_json(b"[]", "package-lock.json")
    assert raised.value.code == "SBOM007"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: b\nc: [\n", 3, "did not find expected node content"),
        ("a: b\n c: d\n", 2, "mapping values are not allowed in this context"),
        ('a:\n  "\\q"\n', 2, "found unknown escape character"),
    ],
)
def test_what_is_no_yaml_says_where(text: str, line: int, why: str) -> None:
    """The file and the line, in every way of reading, and nothing of how the parser calls its input."""
    for read in (parsing.parse_yaml, lambda raw, where: list(parsing.scalars_of_yaml(raw, where))):
        with pytest.raises(Error) as caught:
            read(text.encode(), "x.yaml")
        assert (caught.value.where, caught.value.why) == (f"x.yaml:{line}", f"line {line}: {why}")


def test_an_alias_tells_what_its_anchor_names() -> None:
    """At its own keys, with the anchor's lines; behind `<<` at those of the mapping, and marked."""
    text = b"""x: &base
  image: db:1
  env: {A: &a one}
y:
  <<: [*base]
  image: db:2
z: [*a, *base]
"""
    found = [(item.keys, item.value, item.line, item.merged) for item in parsing.scalars_of_yaml(text, "compose.yaml")]
    assert found == [
        (("x", "image"), "db:1", 2, 0),
        (("x", "env", "A"), "one", 3, 0),
        (("y", "image"), "db:1", 2, 1),
        (("y", "env", "A"), "one", 3, 1),
        (("y", "image"), "db:2", 6, 0),
        (("z", "-"), "one", 3, 0),
        (("z", "-", "image"), "db:1", 2, 0),
        (("z", "-", "env", "A"), "one", 3, 0),
    ]


def test_aliases_of_aliases_end() -> None:
    """Nine levels of ten would be a thousand million values; an alias inside its own anchor names nothing yet."""
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(Error) as raised:
        list(parsing.scalars_of_yaml(text.encode(), "compose.yaml"))
    assert (raised.value.code, str(MAX_ALIASED) in raised.value.why) == ("SBOM008", True)
    assert [item.value for item in parsing.scalars_of_yaml(b"a: &a [x, *a]\n", "compose.yaml")] == ["x"]
