"""Templates: `$NAME` tokens, and text in which some dollar signs came from strangers and stay what they are."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Text", "fill", "fill_plain", "foreign", "join", "occurs", "own", "trim"]

_TOKEN = re.compile(r"\$[A-Z_]+")

_WHITE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What JavaScript's trim() takes off: str.strip() spares U+FEFF and takes U+001C to U+001F and U+0085."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that remembers which of its dollar signs came from strangers.

    A title that says `$RESOLVED_VERSION` must appear as it is, while the same token in a template is filled in.
    """

    value: str
    guarded: tuple[int, ...] = ()
    """The offsets of the dollar signs that begin no token, ascending."""

    def cut(self, start: int, end: int) -> Text:
        """Return the part between two offsets."""
        if not self.guarded:
            return Text(self.value[start:end])
        inside = self.guarded[bisect_left(self.guarded, start) : bisect_left(self.guarded, end)]
        return Text(self.value[start:end], tuple(offset - start for offset in inside))


def own(value: str) -> Text:
    """Return a text of the configuration's, in which tokens count."""
    return Text(value)


def foreign(value: str) -> Text:
    """Return a stranger's text, in which no token counts."""
    if "$" not in value:
        return Text(value)
    return Text(value, tuple(index for index, character in enumerate(value) if character == "$"))


def join(parts: Iterable[Text], separator: str = "") -> Text:
    """Return the parts in one text, with the separator between them."""
    parts = list(parts)
    if not any(part.guarded for part in parts):
        # Nearly all texts are such: thousands of lines are joined for one body.
        return Text(separator.join([part.value for part in parts]))
    values: list[str] = []
    guarded: list[int] = []
    length = 0
    for number, part in enumerate(parts):
        if number and separator:
            values.append(separator)
            length += len(separator)
        values.append(part.value)
        guarded += [length + offset for offset in part.guarded]
        length += len(part.value)
    return Text("".join(values), tuple(guarded))


def trim(text: Text) -> Text:
    """Return the text without the white space around it, as JavaScript counts white space."""
    start = len(text.value) - len(text.value.lstrip(_WHITE))
    end = len(text.value.rstrip(_WHITE))
    return text.cut(start, max(start, end))


def fill(template: Text, values: Mapping[str, Text | None]) -> Text:
    """Return the template with each `$NAME` that has a value replaced by it, once: values are not looked into.

    A name is the longest run of `A-Z_`; a name without a value stays as it is.
    """
    if "$" not in template.value:
        return template
    guarded = set(template.guarded)
    parts: list[Text] = []
    done = 0
    for start, end, name in _tokens(template.value):
        value = values.get(name)
        if value is None or start in guarded:
            continue
        parts += [template.cut(done, start), value]
        done = end
    if not parts:
        return template
    return join([*parts, template.cut(done, len(template.value))])


MAX_KNOWN = 2_000
"""Characters of the longest template whose tokens are remembered: that of a change is filled thousands of times."""


def _tokens(text: str) -> tuple[tuple[int, int, str], ...]:
    return _known_tokens(text) if len(text) <= MAX_KNOWN else _find_tokens(text)


def _find_tokens(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return where each token begins and ends, and its name."""
    return tuple((found.start(), found.end(), found[0]) for found in _TOKEN.finditer(text))


_known_tokens = functools.lru_cache(maxsize=64)(_find_tokens)


def occurs(template: Text, name: str) -> bool:
    """Tell whether `fill` would replace a `$NAME` of the template: a stranger's does not count."""
    return any(found[0] == name and found.start() not in template.guarded for found in _TOKEN.finditer(template.value))


def fill_plain(template: str, values: Mapping[str, str | None]) -> str:
    """Return the template filled in, where all texts are the configuration's own."""
    return fill(Text(template), {name: None if value is None else Text(value) for name, value in values.items()}).value
