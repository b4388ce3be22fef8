"""What a rule about words asks: which words, where in the text, in which files. Words only, no patterns."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error, ExitStatus, nearest
from maximus.gating.languages import LANGUAGES, PROGRAMMING, Language
from maximus.globs import compile_globs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MAX_WORD", "MAX_WORDS", "ForTests", "Within", "WordRule", "whole_words"]

MAX_WORDS: Final = 100
"""How many words one rule may have."""
MAX_WORD: Final = 100
"""Characters of the longest word."""

_WORD: Final = re.compile(r"\w(?:[\w.:/-]*\w)?")


class Within(enum.StrEnum):
    """In which part of a text a word counts."""

    COMMENTS = "comments"
    STRINGS = "strings"
    CODE = "code"
    ANY = "any"


class ForTests(enum.StrEnum):
    """Whether files of tests are looked at."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class WordRule:
    """One question about words."""

    words: tuple[str, ...]
    """Whole words, as they are written: `TODO` is neither in `TODOS` nor in `todo`."""
    within: Within = Within.ANY
    languages: tuple[str, ...] = ()
    """Names of languages; none: every one that has such a part, and for `any` every text."""
    include: tuple[str, ...] = ()
    """Globs; none: every file."""
    exclude: tuple[str, ...] = ()
    tests: ForTests = ForTests.INCLUDE
    after: tuple[str, ...] = ()
    """Tokens of code of which one stands right before: `raise` before a name, `pass` before a comment."""
    _include: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)
    _exclude: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)
    _languages: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        """Refuse what is no word or no language; raises Error GATE302, GATE303 or GLOB001 (all usage)."""
        if not 0 < len(self.words) <= MAX_WORDS or any(not is_word(word) for word in (*self.words, *self.after)):
            wrong = next((word for word in (*self.words, *self.after) if not is_word(word)), "")
            raise Error(
                "GATE302",
                f"{wrong[:MAX_WORD]!r} is no word" if wrong or self.words else "there is no word to look for",
                why=f"a rule has 1 to {MAX_WORDS} words of letters, digits and `_`, joined by `.`, `:`, `/` or `-`",
                fix="Write whole words as they stand in the text; patterns are not taken.",
                status=ExitStatus.USAGE,
            )
        known = tuple(language.name for language in LANGUAGES)
        for name in self.languages:
            if name not in known:
                raise Error(
                    "GATE303",
                    f"{name[:MAX_WORD]!r} is no language whose comments and strings are known",
                    why=nearest(name, known),
                    status=ExitStatus.USAGE,
                )
        object.__setattr__(self, "_include", compile_globs(self.include))
        object.__setattr__(self, "_exclude", compile_globs(self.exclude))
        object.__setattr__(self, "_languages", frozenset(self.languages or self._default_languages()))

    def as_document(self) -> dict[str, Any]:
        """Return the rule as JSON may hold it."""
        return {
            "words": self.words,
            "within": self.within.value,
            "languages": self.languages,
            "include": self.include,
            "exclude": self.exclude,
            "tests": self.tests.value,
            "after": self.after,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WordRule:
        """Return the rule that a document of `as_document` holds."""
        parts = {name: tuple(document[name]) for name in ("words", "languages", "include", "exclude", "after")}
        return cls(within=Within(document["within"]), tests=ForTests(document["tests"]), **parts)

    def _default_languages(self) -> Iterable[str]:
        if self.within in (Within.CODE, Within.STRINGS):
            return PROGRAMMING
        return (language.name for language in LANGUAGES)

    @property
    def needs_regions(self) -> bool:
        """Whether comments, strings and code have to be told apart."""
        return self.within is not Within.ANY or bool(self.after)

    def wants_path(self, path: str, *, for_tests: bool) -> bool:
        """Tell whether a path is one that the rule looks at, whatever its language; `for_tests`: it is one of tests."""
        if self.tests is not ForTests.INCLUDE and for_tests != (self.tests is ForTests.ONLY):
            return False
        if self._include is not None and not self._include.fullmatch(path):
            return False
        return self._exclude is None or not self._exclude.fullmatch(path)

    def wants_language(self, language: Language | None) -> bool:
        """Tell whether a language is one that the rule looks at; None stands for a text of an unknown one."""
        if language is None:
            return self.within is Within.ANY and not self.languages and not self.after
        return language.name in self._languages


def is_word(text: str) -> bool:
    """Tell whether a text is one that can be looked for."""
    return len(text) <= MAX_WORD and _WORD.fullmatch(text) is not None


def whole_words(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands with no letter, digit or underscore at its sides."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            yield at
        at = text.find(word, at + 1)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"
