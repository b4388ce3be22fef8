"""Whatever the text, Markdown shows it and nothing else; GitHub's own cmark-gfm and markdown-it are the judges."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote

import cmarkgfm  # type: ignore[import-untyped]  # it has no annotations
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from maximus import markdown

JOINER = "\N{WORD JOINER}"

_MARKUP = (
    *"\\`*_[]<>#|~&$@!()=+-.:\"'/ \t\r\n",
    *("    ", "```", "~~~", "**", "~~", "]](x)", "&lt;", "&#35;", "<b>", "</details>", "<!--", "-->", "<img src=x>"),
    *("https://registry.example/a", "_http://a.example", "1www.a.example", "ftp://a.example", "a@b.example"),
    *("@octocat", "#12", "GH-12", "1. ", "- [ ] ", "> ", "---", "===", "|--|", "\\|", "[a]: b"),
)
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_UNSEEN = ("\u202e", "\u2066", "\u061c", "\u00ad", "\u200b", "\u3164", "\U000e0041", "\x1b[2J", "\x00", "\ud800")

SEEN = st.lists(
    st.one_of(
        st.sampled_from(_MARKUP), st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters=_FILLERS)
    )
).map("".join)
"""What means something to Markdown, mixed with any character that a reader sees."""
ANY = st.lists(st.one_of(st.sampled_from(_MARKUP + _UNSEEN), st.characters())).map("".join)
"""The same with what nobody sees."""


class _Elements(HTMLParser):
    """Gathers the elements of a piece of HTML, the text in each place, and the addresses of links."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []
        self.text = ""
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the parser's own signature
        self.names.append("!--")


def by_cmark(source: str) -> str:
    """Return what GitHub's own engine makes of the source, with all that it knows and HTML let through."""
    return str(cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_UNSAFE))


_IT = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def by_markdown_it(source: str) -> str:
    """Return what an independent engine makes of the source, tables and HTML included."""
    return str(_IT.render(source))


ENGINES = pytest.mark.parametrize("render", [by_cmark, by_markdown_it])
Renderer = Callable[[str], str]


def one_line(text: str) -> str:
    """Return the text with every line end and tab as one blank."""
    return text.replace("\r\n", " ").translate(dict.fromkeys(map(ord, "\r\n\t"), " "))


@ENGINES
@given(SEEN)
@example("_http://a.example")
@example("1www.a.example and www.b.example")
@example("    four blanks would open a block of code")
@example("two blanks would break the line  ")
@example("1. | <b>a</b> | `x` \\")
@example("\u00a0")
@example(" \u3000 ")
def test_escape_shows_exactly_the_text(render: Renderer, text: str) -> None:
    """Escaped text is rendered as itself, on one line, in a paragraph without any other element."""
    page = _Elements(render("x" + markdown.escape(text) + "x"))
    alone = _Elements(render(markdown.escape(text)))

    assert (page.names, alone.names) == (["p"], ["p"] if text else [])
    assert page.text.replace(JOINER, "") == f"x{one_line(text)}x\n"
    assert alone.text.replace(JOINER, "").removesuffix("\n") == one_line(text)


@ENGINES
@given(ANY)
def test_escape_makes_no_element_of_any_text(render: Renderer, text: str) -> None:
    """No text, invisible characters included, comes through as anything but text."""
    assert _Elements(render("x" + markdown.escape(text))).names == ["p"]


@given(ANY)
def test_escape_hides_nothing(text: str) -> None:
    """What is not seen is written out, so that a reader and a machine read the same."""
    escaped = markdown.escape(text).replace(JOINER, "")

    assert not [c for c in escaped if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("text", ["see @octocat", "fixes #12", "as in a/b#7", "GH-9", "a@b.example", "@\u200boctocat"])
def test_escape_breaks_what_github_links_after_rendering(text: str) -> None:
    """A mention or a reference is broken in the rendered text too, where GitHub looks for it (cmark-gfm#181)."""
    assert not re.search(r"@\w|#\d|GH-\d", _Elements(by_cmark(markdown.escape(text))).text)


@pytest.mark.parametrize("character", ["\u202e", "\u061c", "\u00ad", "\u200b", "\ufeff", "\U000e0041", "\u3164"])
def test_escape_names_an_invisible_character(character: str) -> None:
    """A directional or invisible character appears by its number."""
    assert markdown.escape(f"a{character}b") == f"aU+{ord(character):04X}b"


@ENGINES
@given(SEEN)
@example("")
@example(" ")
@example(" a ")
@example("a|b")
@example("`")
@example("``a` ")
def test_code_shows_exactly_the_text(render: Renderer, text: str) -> None:
    """A span of code holds exactly the text and ends only where the text does."""
    page = _Elements(render("x" + markdown.code(text) + "x"))

    assert page.names == ["p", "code"]
    assert page.text.replace(JOINER, "") == f"x{one_line(text)}x\n"


@ENGINES
@given(ANY)
@example("```\n<b>x</b>\r```")
@example("")
def test_fence_ends_only_where_the_text_does(render: Renderer, text: str) -> None:
    """A fenced block holds the text as it is and nothing behind it is drawn into it."""
    page = _Elements(render(markdown.fence(text) + "\nafter"))

    assert page.names == ["pre", "code", "p"]
    assert page.text.endswith("after\n")


@ENGINES
@given(SEEN)
def test_fence_shows_exactly_the_lines(render: Renderer, text: str) -> None:
    """A fenced block shows the text line by line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")

    assert _Elements(render(markdown.fence(text))).text == lines.removesuffix("\n") + "\n\n"


@ENGINES
@given(ANY, st.sampled_from(["https://a.example/x?y=1&copy;=2#z", "http://a.example/|", "https://a.example/*_[~]"]))
def test_link_leads_where_it_says(render: Renderer, text: str, address: str) -> None:
    """A link is one element whose address is the one given, whatever its text."""
    page = _Elements(render("| a | b |\n|---|---|\n| " + markdown.link(text, address) + " | end |\n"))

    assert page.names.count("a") == 1
    assert [unquote(found) for found in page.addresses] == [address]
    assert page.names.count("td") == 2


@ENGINES
@given(
    ANY,
    st.one_of(
        st.sampled_from(["javascript:alert(1)", "https://a b", "https://a>x", "https://a\u202e", "//x", "data:,"]), ANY
    ),
)
def test_link_leaves_out_an_address_that_is_not_plain(render: Renderer, text: str, address: str) -> None:
    """What is no plain http(s) address makes no link, only its text."""
    assert not re.match("https?:", "".join(_Elements(render("x" + markdown.link(text, address))).addresses)) or (
        address.startswith("http") and address.isascii()
    )


@ENGINES
@given(st.lists(st.tuples(ANY, SEEN), min_size=1, max_size=4))
def test_a_table_keeps_its_cells(render: Renderer, rows: list[tuple[str, str]]) -> None:
    """Every row has the cells that were given, and each shows its text."""
    cells = [(markdown.escape(first), markdown.code(second)) for first, second in rows]
    page = _Elements(render(markdown.table([markdown.escape("a|b"), "c"], cells)))

    assert page.names.count("tr") == len(rows) + 1
    assert page.names.count("td") == 2 * len(rows)
    assert set(page.names) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@ENGINES
@given(SEEN)
@example("a\\|b")
def test_a_cell_shows_exactly_its_code(render: Renderer, text: str) -> None:
    """Code in a cell is what it is outside: bars and backslashes included."""
    page = _Elements(render(markdown.table(["h"], [(markdown.code(text),)])))

    assert shown_cell(page) == one_line(text)


def shown_cell(page: _Elements) -> str:
    """Return the text of a table with the heading `h` and one cell."""
    return page.text.strip("\n").removeprefix("h").strip("\n").replace(JOINER, "")
