"""What a stranger's text may do to the notes: nothing, where the configuration asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from maximus.notes.escapes import Guard, break_comments, escape_strictly, escape_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

HOSTILE = (
    "@octocat <img src=x onerror=alert(1)> [a](javascript:x) #1 **b** <!--",
    "</details><details open>",
    "![image](https://evil.example/x.png)",
    "`code` and `a lone one",
    "``two` and `one``",
    "\\`not code` <b>",
    "| a | b |",
    "~~gone~~ _em_ *em*",
    "xmpp:bob@example.org javascript:alert(1) data:text/html,x",
    "```sh no end",
    "<https://example.org>",
    "&lt;script&gt; &#64;ada",
    "::set-output name=x::y ##[error]z",
    "a\u202etxt.exe",
)


def leaves(text: str) -> Iterator[Token]:
    """Yield what a Markdown reader finds in a list's item with this text."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"* {text} (#1)\n")
    for token in tokens:
        assert token.type in {
            "bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close",
            "bullet_list_close",
        }  # fmt: skip
        yield from token.children or ()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_is_nothing_but_text(text: str) -> None:
    """No link, image, HTML or emphasis is left; the empty comment is our own, behind @ and #."""
    found = list(leaves(Guard(is_strict=True).title(text)))
    assert {token.type for token in found} <= {"text", "text_special", "code_inline", "html_inline"}
    assert {token.content for token in found if token.type == "html_inline"} <= {"<!---->"}


@given(some.text(alphabet="\\`*_{}[]()#+-.!@<>&|~:/ab1 \n\t\"'$", max_size=60))
def test_no_title_is_more_than_text(text: str) -> None:
    """Whatever the characters, a Markdown reader finds text and code, and says what was said."""
    found = list(leaves("x" + Guard(is_strict=True).title(text)))
    assert {token.type for token in found} <= {"text", "text_special", "code_inline", "html_inline"}
    assert {token.content for token in found if token.type == "html_inline"} <= {"<!---->"}


def test_code_between_paired_backticks_is_kept() -> None:
    """Nothing in it works anyway, and backslashes would show."""
    assert escape_strictly("use `a_b<c>` not _d_") == "use `a_b<c>` not \\_d\\_"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a ` b", "a \\` b"),
        ("```sh x", "\\`\\`\\`sh x"),
        ("see https://example.org/a", "see https://example.org/a"),
        ("javascript:alert", "javascript&#58;alert"),
        ("feat: x", "feat: x"),
        ("@ada #1", "@<!---->ada #<!---->1"),
    ],
)
def test_what_is_escaped_and_what_is_not(text: str, escaped: str) -> None:
    """Lone backticks and unlisted schemes lose their meaning; a title's own colon keeps it."""
    assert escape_strictly(text) == escaped


def test_runs_of_backticks_pair_by_their_length() -> None:
    """Thousands of runs are paired in one walk; those of three and more are no code on a line."""
    text = "".join("`" * (1 + index % 50) + "x" for index in range(10_000))
    escaped = escape_strictly(text)
    assert escaped.startswith("`x``x```x")
    assert escape_strictly("```a``` `b`") == "\\`\\`\\`a\\`\\`\\` `b`"


def test_a_body_cannot_hide_what_follows() -> None:
    """Whole comments go, as nobody sees them; one that does not end is shown instead of hiding the notes."""
    assert break_comments("a <!-- template --> b <!-- rest") == "a  b &lt;!-- rest"
    assert Guard(is_strict=True).text("x <!--") == "x \\<!--"


def test_without_own_keys_a_title_stays_as_release_drafter_has_it() -> None:
    """Only `change-title-escapes` counts: the result is theirs byte for byte."""
    text = "<b> @ada <!-- `x_y`"
    assert (Guard().title(text), Guard().text(text)) == (text, text)
    assert Guard("<@").title(text) == escape_title(text, "<@") == "\\<b> @<!---->ada \\<!-- `x_y`"


def test_a_protected_draft_breaks_comments_only() -> None:
    """A marker of ours cannot be forged; all else is left to the configuration."""
    guard = Guard(breaks_comments=True)
    assert guard.title("*x* <!-- maximus:notes -->") == "*x* "
    assert guard.text("*x* <!--") == "*x* &lt;!--"
