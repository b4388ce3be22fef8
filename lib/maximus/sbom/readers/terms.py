"""Elixir and Erlang terms, as far as lock files hold them: maps, tuples, lists, strings, atoms and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from maximus.sbom import parsing
from maximus.sbom.limits import MAX_DEPTH

if TYPE_CHECKING:
    from maximus.errors import Error

__all__ = ["Atom", "Keyed", "Term", "parse"]

_TOKEN = re.compile(
    r"""\s+|(?P<comment>[#%](?!\{)[^\n]*)|(?P<open>%\{|<<|[\[{(])|(?P<close>>>|[\]})])|(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<key>[A-Za-z_][\w@]*[?!]?:(?=\s))|(?P<arrow>=>)|(?P<comma>,)|(?P<stop>\.(?=\s|\Z))|(?P<colon>:(?="))"""
    r"""|(?P<word>:?[A-Za-z_][\w@.]*[?!]?|-?\d[\w.]*)""",
    re.DOTALL,
)
_CLOSES = {"%{": "}", "{": "}", "[": "]", "(": ")", "<<": ">>"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Atom:
    """An atom, a number or any other bare word."""

    name: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """A pair written `key: value` or `"key": value` or `key => value`."""

    key: str
    value: Term
    line: int
    """From 1."""


Term: TypeAlias = "str | Atom | Keyed | tuple[Term, ...] | list[Term]"
"""A tuple is a tuple; a list, a map and a binary are lists."""


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    sign: str
    items: list[Term]
    key: str | None = None
    line: int = 0


def parse(text: str, where: str) -> list[Term]:
    """Return the terms of a file. Raises Error SBOM005 or SBOM006."""
    return _Parser(text, where).parse()


class _Parser:
    """One pass over a text, with the collections that are open."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.stack = [_Open("", [])]
        self.place = 0
        self.line = 1

    def parse(self) -> list[Term]:
        while self.place < len(self.text):
            match = _TOKEN.match(self.text, self.place)
            if match is None:
                raise self._broken()
            self.place = match.end()
            self._take(match.lastgroup, match[0])
            self.line += match[0].count("\n")
        if len(self.stack) != 1:
            raise self._broken()
        return self.stack[0].items

    def _take(self, kind: str | None, token: str) -> None:
        top = self.stack[-1]
        if kind == "open":
            if len(self.stack) > MAX_DEPTH:
                raise parsing.too_deep(self.where)
            self.stack.append(_Open(token, []))
        elif kind == "close":
            done = self.stack.pop()
            if not self.stack or _CLOSES.get(done.sign) != token:
                raise self._broken()
            _put(self.stack[-1], _closed(done))
        elif kind == "string":
            self._take_string(_ESCAPE.sub(lambda found: found[1], token[1:-1]))
        elif kind == "key":
            top.key, top.line = token[:-1], self.line
        elif kind == "arrow" and top.items:
            key = top.items.pop()
            top.key = key if isinstance(key, str) else key.name if isinstance(key, Atom) else ""
            top.line = self.line
        elif kind == "word":
            _put(top, Atom(token.removeprefix(":")))

    def _take_string(self, value: str) -> None:
        if self.text.startswith(":", self.place) and not self.text.startswith("::", self.place):
            # `"name":` as a key of an Elixir map.
            self.place += 1
            self.stack[-1].key, self.stack[-1].line = value, self.line
        else:
            _put(self.stack[-1], value)

    def _broken(self) -> Error:
        return parsing.broken(f"{self.where}:{self.line}", "it is no Elixir or Erlang term")


def _put(inside: _Open, value: Term) -> None:
    if inside.key is not None:
        value, inside.key = Keyed(inside.key, value, inside.line), None
    inside.items.append(value)


def _closed(done: _Open) -> Term:
    if done.sign == "<<":
        return done.items[0] if len(done.items) == 1 else ""
    return tuple(done.items) if done.sign == "{" else done.items
