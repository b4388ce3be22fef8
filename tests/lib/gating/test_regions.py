"""Comments, strings and code told apart, with `tokenize`, Pygments and a second reader as judges."""

from __future__ import annotations

import io
import re
import sys
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.gating.languages import LANGUAGES, Language
from maximus.gating.regions import Region, could_be_comment, tell_apart

from .second import comments_and_code

COMMENT, STRING, CODE = Region.COMMENT, Region.STRING, Region.CODE


def language(name: str) -> Language:
    """Return a language by its name."""
    return next(item for item in LANGUAGES if item.name == name)


def regions(name: str, text: str, word: str = "X") -> list[Region]:
    """Return what each place of a word in a text is."""
    offsets = [found.start() for found in re.finditer(rf"\b{word}\b", text)]
    return [place.region for place in tell_apart(text, language(name), offsets)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("python", 'X = 1  # X\n\'X\'\n"""X\n# X\n"""\nX', [CODE, COMMENT, STRING, STRING, STRING, CODE]),
        ("python", "r'\\' X' + X", [STRING, CODE]),
        ("python", "'it''s X' # X's\nX", [STRING, COMMENT, CODE]),
        ("python", "f'{X} X {{X}}'", [CODE, STRING, STRING]),
        ("python", "rf\"{X}\" + bar'X'", [CODE, STRING]),
        ("python", "'no end X\nX # X", [STRING, CODE, COMMENT]),
        ("python", '"""no end\nX # X', [STRING, STRING]),
        ("go", "X // X\n/* X */ `X\nX` \"X // X\" 'X' X", [CODE, COMMENT, COMMENT] + [STRING] * 5 + [CODE]),
        ("go", "/* no end X", [COMMENT]),
        ("javascript", "X // X\n/* X */ `X ${X}` '// X' X", [CODE, COMMENT, COMMENT, STRING, CODE, STRING, CODE]),
        ("shell", "X # X\necho \"X # X\" '# X' X", [CODE, COMMENT, STRING, STRING, STRING, CODE]),
        ("yaml", "X: 1 # X\na: '# X'\n", [CODE, COMMENT, STRING]),
        ("rust", "/* a /* b */ X */ X // X", [COMMENT, CODE, COMMENT]),
        ("html", "<p>X</p><!-- X --><script>/* X */</script>", [CODE, COMMENT, COMMENT]),
        ("c", "#define X 1 /* X */\nX", [CODE, COMMENT, CODE]),
        ("sql", "SELECT 'X' -- X\n/* X */", [STRING, COMMENT, COMMENT]),
        ("haskell", "{- X {- a -} X -} X -- X", [COMMENT, COMMENT, CODE, COMMENT]),
    ],
)
def test_parts_of_a_text_are_told_apart(name: str, text: str, expected: list[Region]) -> None:
    """A `#` in a string opens no comment, a quote in a comment opens no string."""
    assert regions(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        ("python", "raise X", "raise"),
        ("python", "raise X()", "raise"),
        ("python", "raise errors.X('no')", "raise"),
        ("python", "raise (\n    X\n)", "raise"),
        ("python", "raise \\\n    X", "raise"),
        ("python", "raise\nX", ""),
        ("python", "except X:", "except"),
        ("python", "return X", "return"),
        ("python", "pass  # X", "pass"),
        ("python", "pass\n# X", ""),
        ("go", "return // X", "return"),
        ("javascript", "throw new errors.X()", "new"),
        ("javascript", "throw X", "throw"),
        ("javascript", "x = 1\n// X", ""),
    ],
)
def test_the_token_before_is_told(name: str, text: str, after: str) -> None:
    """So that a raise is told from a name, and `pass  # TODO` from a comment of its own."""
    [place] = tell_apart(text, language(name), [text.rindex("X")])
    assert place.after == after


STANDARD = Path(sysconfig.get_path("stdlib"))
MODULES = ("csv.py", "string.py", "textwrap.py", "tokenize.py")
"""Of the standard library: all of it takes a minute, and was found to agree."""


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="tokenize cuts f-strings since 3.12; the second reader covers them"
)
def test_comments_and_strings_of_the_standard_library_are_tokenizes() -> None:
    """Each word of its modules lies where Python's own tokens say."""
    wrong = []
    looked = 0
    for module in MODULES:
        with tokenize.open(STANDARD / module) as stream:
            text = stream.read()
        starts = [0, *(found.end() for found in re.finditer("\n", text))]
        expected: dict[int, Region] = {}
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = {tokenize.COMMENT: COMMENT, tokenize.STRING: STRING, tokenize.NAME: CODE}.get(token.type)
            if kind is None or (kind is STRING and re.match(r"[rR]?[fF]", token.string)):
                continue
            begin = starts[token.start[0] - 1] + token.start[1]
            # The last sign of a literal or comment, and a name's first.
            expected[begin if kind is CODE else begin + len(token.string) - 1] = kind
        offsets = sorted(expected)
        found = [place.region for place in tell_apart(text, language("python"), offsets)]
        looked += len(offsets)
        wrong += [(module, at) for at, region in zip(offsets, found, strict=True) if region is not expected[at]]
    assert wrong == []
    assert looked > 1_000


@pytest.mark.parametrize("name", ["go", "javascript", "java", "c", "shell", "yaml", "toml"])
@given(st.lists(st.sampled_from(["X", " ", "\n", '"', "'", "//", "/*", "*/", "#", "= ", "a"]), max_size=25))
def test_where_no_opener_stands_is_no_comment(name: str, parts: list[str]) -> None:
    """What the quick look leaves out no lexer calls a comment, however quotes and openers are mixed."""
    text = "".join(parts)
    offsets = [found.start() for found in re.finditer("X", text)]
    for offset, place in zip(offsets, tell_apart(text, language(name), offsets), strict=True):
        assert place.region is not COMMENT or could_be_comment(text, offset, language(name))


@given(
    st.lists(st.sampled_from(["X", " ", "\n", '"', "'", '"""', "'''", "\\", "#", "f", "r", "{", "}", "a"]), max_size=30)
)
def test_any_text_of_python_is_read(parts: list[str]) -> None:
    """Whatever stands in it, each place gets an answer; where a second reader can tell, the same about comments."""
    text = "".join(parts)
    offsets = [found.start() for found in re.finditer("X", text)]
    places = tell_apart(text, language("python"), offsets)
    assert len(places) == len(offsets)
    told = comments_and_code(text, "python") if "\\" not in text else None
    # Names are strings' prefixes to some, and a literal that is not closed ends for each reader elsewhere.
    if told is not None and text.count('"') % 2 == 0 and text.count("'") % 2 == 0 and "f" not in text:
        comments = re.sub(r"\s", " ", told[0])
        assert sum(place.region is COMMENT for place in places) == comments.count("X")


def test_places_are_asked_for_no_further_than_the_last() -> None:
    """What stands behind the last place is not lexed: an endless rest costs nothing."""
    text = "X // X\n" + "`" * 3 + "(" * 1_000_000
    assert regions("javascript", text[:7]) == [CODE, COMMENT]
    assert [place.region for place in tell_apart(text, language("javascript"), [0, 5])] == [CODE, COMMENT]
