"""A second reader of comments and code, made another way than the one under test: it walks a text sign by sign.

Python goes through the standard `tokenize`, everything else through small walkers here. Slow, and independent: it
shares neither lexers nor expressions with `maximus.gating`. The benchmark holds the counts of a large tree against it.
"""

from __future__ import annotations

import io
import tokenize

__all__ = ["comments_and_code"]

_C_LIKE = frozenset(
    {"go", "javascript", "jsx", "typescript", "tsx", "java", "c", "cpp", "rust", "protobuf", "css", "scss"}
)
_HASH = frozenset({"toml", "dockerfile", "make", "terraform", "ini"})


def comments_and_code(text: str, language: str) -> tuple[str, str] | None:
    """Return the text of all comments and that of all code, the rest as blanks; None where it cannot tell."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if language == "python":
        return _python(text)
    if language in _C_LIKE:
        return _c_like(text, language)
    if language == "shell":
        return _shell(text)
    if language == "yaml":
        return _yaml(text)
    if language in _HASH:
        return _split(text, [_kind_of_hash_line(line) for line in text.split("\n")])
    return None


def _python(text: str) -> tuple[str, str] | None:
    """Return the parts as Python's own tokens tell them."""
    lines = text.split("\n")
    marks = [["c"] * len(line) for line in lines]
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            name = tokenize.tok_name[token.type]
            kind = "#" if name == "COMMENT" else "s" if name == "STRING" or "STRING" in name else ""
            if not kind:
                continue
            (row, column), (end_row, end_column) = token.start, token.end
            for number in range(row, end_row + 1):
                first = column if number == row else 0
                last = end_column if number == end_row else len(lines[number - 1])
                marks[number - 1][first:last] = [kind] * (last - first)
            if name == "STRING" and "f" in token.string[: token.string.find(token.string[-1])].lower():
                _mark_computed(lines, marks, token.start, token.end)
    except (tokenize.TokenError, SyntaxError):
        return None
    return _split(text, ["".join(line) for line in marks])


def _mark_computed(lines: list[str], marks: list[list[str]], start: tuple[int, int], end: tuple[int, int]) -> None:
    """Mark what an f-string computes as code, for a Python (3.11) that gives it as one token."""
    depth, quote, row, column = 0, "", start[0] - 1, start[1]
    while (row + 1, column) < end:
        line = lines[row]
        if column >= len(line):
            row, column = row + 1, 0
            continue
        sign = line[column]
        if depth == 0 and line[column : column + 2] in ("{{", "}}"):
            column += 2
            continue
        if depth and quote:
            quote = "" if sign == quote else quote
        elif depth and sign in "\"'":
            quote = sign
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(0, depth - 1)
        elif depth:
            marks[row][column] = "c"
        column += 1


def _split(text: str, marks: list[str]) -> tuple[str, str]:
    """Return comments and code by a mark for each character: `#` comment, `c` code, anything else neither."""
    comments, code = [], []
    for line, kinds in zip(text.split("\n"), marks, strict=True):
        comments.append("".join(sign if kind == "#" else " " for sign, kind in zip(line, kinds, strict=True)))
        code.append("".join(sign if kind == "c" else " " for sign, kind in zip(line, kinds, strict=True)))
    return "\n".join(comments), "\n".join(code)


def _walked(text: str, kinds: list[str]) -> tuple[str, str]:
    comments = "".join(sign if kind == "#" or sign == "\n" else " " for sign, kind in zip(text, kinds, strict=True))
    code = "".join(sign if kind == "c" or sign == "\n" else " " for sign, kind in zip(text, kinds, strict=True))
    return comments, code


def _c_like(text: str, language: str) -> tuple[str, str]:
    """Walk over a text with `//` and `/* */`; a slash of JavaScript opens a pattern where no value stands before it."""
    kinds = ["c"] * len(text)
    at, end = 0, len(text)
    has_lines = language != "css"
    is_script = language in ("javascript", "jsx", "typescript", "tsx")
    last = ""
    while at < end:
        sign = text[at]
        close = at + 1
        kind = "c"
        if text.startswith("//", at) and has_lines:
            close, kind = _until(text, "\n", at), "#"
        elif text.startswith("/*", at):
            close, kind = _behind(text, "*/", at + 2), "#"
        elif sign == "`" and (is_script or language == "go"):
            close, kind = _closed(text, "`", at, escapes=is_script, spans=True), "s"
        elif sign in "\"'":
            close, kind = _closed(text, sign, at, escapes=True, spans=False), "s"
            if is_script and "\n" in text[at : close + 1] and text[close - 1] != sign:
                close, kind = at + 1, "c"  # an apostrophe in the text between two tags
        elif sign == "/" and is_script and last in "(,=:[!&|?{};+\n" and not text.startswith("/>", at):
            close, kind = _closed(text, "/", at, escapes=True, spans=False), "s"
        kinds[at:close] = [kind] * (close - at)
        if kind != "#" and not sign.isspace():
            last = text[close - 1]
        at = close
    return _walked(text, kinds)


def _until(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    return len(text) if found < 0 else found


def _behind(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    return len(text) if found < 0 else found + len(what)


def _closed(text: str, quote: str, at: int, *, escapes: bool, spans: bool) -> int:
    """Return where a literal that opens here ends; one that is not closed ends with its line."""
    place = at + 1
    while place < len(text):
        if escapes and text[place] == "\\":
            place += 2
        elif text[place] == quote:
            return place + 1
        elif text[place] == "\n" and not spans:
            return place
        else:
            place += 1
    return len(text)


def _shell(text: str) -> tuple[str, str]:  # noqa: C901, PLR0912 - one branch for each sign that means something
    """Walk over a shell's script: quotes span lines, a `#` at the start of a word comments, here-documents end."""
    kinds = ["c"] * len(text)
    at, end = 0, len(text)
    waiting: list[str] = []
    depth = 0
    while at < end:
        sign = text[at]
        if sign == "\\":
            at += 2
        elif sign == "'" and depth == 0:
            close = _closed(text, "'", at, escapes=False, spans=True)
            kinds[at:close] = ["s"] * (close - at)
            at = close
        elif sign == '"' and depth == 0:
            close = _closed(text, '"', at, escapes=True, spans=True)
            kinds[at:close] = ["s"] * (close - at)
            at = close
        elif text.startswith("${", at):
            depth, at = depth + 1, at + 2
        elif sign == "}" and depth:
            depth, at = depth - 1, at + 1
        elif sign == "#" and depth == 0 and (at == 0 or text[at - 1] in " \t\n;&|()"):
            close = _until(text, "\n", at)
            kinds[at:close] = ["#"] * (close - at)
            at = close
        elif text.startswith("<<", at) and not text.startswith("<<<", at) and depth == 0:
            word = text[at + 2 : _until(text, "\n", at)].lstrip("-").lstrip()
            name = word.split()[0].strip("\"'\\;)") if word.split() else ""
            if name and (name[0].isalpha() or name[0] == "_"):
                waiting.append(name)
            at += 2
        elif sign == "\n" and waiting:
            start = at + 1
            while waiting and start < end:
                line_end = _until(text, "\n", start)
                if text[start:line_end].strip() == waiting[0]:
                    waiting.pop(0)
                kinds[start:line_end] = ["s"] * (line_end - start)
                start = line_end + 1
            at = start - 1 if start <= end else end
            waiting.clear()
            at += 1
        else:
            at += 1
    return _walked(text, kinds)


def _yaml(text: str) -> tuple[str, str]:
    """Go line by line: a block text is none of code and comment, elsewhere `#` after a blank opens a comment."""
    marks: list[str] = []
    block = -1
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (not line.strip() or indent > block):
            marks.append("s" * len(line))
            continue
        block = -1
        kinds = _kind_of_hash_line(line)
        marks.append(kinds)
        plain = "".join(sign for sign, kind in zip(line, kinds, strict=True) if kind != "#").rstrip()
        tail = plain.split(" ")[-1] if plain else ""
        if tail[:1] in ("|", ">") and tail.strip("|>+-0123456789") == "":
            block = indent
    return _split(text, marks)


def _kind_of_hash_line(line: str) -> str:
    """Return a mark for each character of a line in which `#` opens a comment outside quotes."""
    quote = ""
    for at, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" and (at == 0 or line[at - 1] in " \t[{,=:("):
            quote = sign
        elif sign == "#" and (at == 0 or line[at - 1] in " \t"):
            return "c" * at + "#" * (len(line) - at)
    return "c" * len(line)
