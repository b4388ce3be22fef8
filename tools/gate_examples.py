"""Runs the examples of gates in the documents and writes what they really print.

python3 tools/gate_examples.py            write the outputs
python3 tools/gate_examples.py --check    exit 1 and name the pages whose outputs would change

An example stands between `<!-- gate: NAME -->` and `<!-- /gate -->`: each block of code whose first line is a comment
with a path is a file of its tree, and the last block, `console`, is what `maximus gate` prints there.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "lib"), str(ROOT)]

from actions import gate  # noqa: E402 - after the path is arranged
from actions.terminal import TerminalFace  # noqa: E402 - likewise
from maximus.errors import Error  # noqa: E402 - likewise
from maximus.files import write_whole  # noqa: E402 - likewise

PAGES = ("gate/README.md", "docs/guides/honest-gates.md")
DAY = "1795219200"
"""The examples' SOURCE_DATE_EPOCH: a day in November 2026."""
PROGRAMS = ("bash", "cat", "echo", "env", "false", "grep", "sh", "true")
"""What is installed where the examples run."""

_EXAMPLE = re.compile(r"<!-- gate: (?P<name>[^>]+) -->\n(?P<body>.*?)<!-- /gate -->", re.DOTALL)
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"(?:#|//|<!--) (?P<path>[\w./-]+\.\w+)(?: -->)?\n")


def run_example(body: str) -> str:
    """Return what `maximus gate` prints in the tree that the blocks of an example make, and its exit status."""
    with tempfile.TemporaryDirectory() as programs, tempfile.TemporaryDirectory() as tree, contextlib.chdir(tree):
        for name in PROGRAMS:
            if found_at := shutil.which(name):
                (Path(programs) / name).symlink_to(found_at)
        for block in _BLOCK.finditer(body):
            found = _PATH.match(block["text"])
            if found and block["language"] != "console":
                path = Path(found["path"])
                path.parent.mkdir(parents=True, exist_ok=True)
                # JSON knows no comment, and Markdown would show it.
                text = block["text"][found.end() :] if path.suffix in (".json", ".md") else block["text"]
                path.write_text(text, encoding="utf-8")
        shown = io.StringIO()
        face = TerminalFace({"PATH": programs, "SOURCE_DATE_EPOCH": DAY}, "gate", stream=shown, errors=shown)
        try:
            gate.run(gate.Inputs(), face)
        except Error as error:
            face.fail(error)
            face.headline(error.what)
        face.conclude({})
    # Told only where the machine was slow, or because an example has no release folder.
    lines = [line for line in shown.getvalue().splitlines() if not line.startswith(("judging ", "there is no release"))]
    return "\n".join(["$ maximus gate", *lines, "$ echo $?", str(int(face.record.exit_status))]) + "\n"


def written(page: str) -> str:
    """Return a page with the outputs of its examples as they are."""

    def example(found: re.Match[str]) -> str:
        *_, last = _BLOCK.finditer(found["body"])
        output = f"```console\n{run_example(found['body'])}```"
        return found[0].replace(last[0], output) if last["language"] == "console" else found[0]

    return _EXAMPLE.sub(example, page)


def main() -> int:
    """Write or check the pages; return the exit status."""
    changed = []
    for name in PAGES:
        page = (ROOT / name).read_text(encoding="utf-8")
        if (made := written(page)) != page:
            changed.append(name)
            if "--check" not in sys.argv[1:]:
                write_whole(ROOT / name, made)
    sys.stdout.write(f"changed: {', '.join(changed) or 'none'}\n")
    return 1 if changed and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
