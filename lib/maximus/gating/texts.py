"""The texts of a tree, searched for words by worker processes: once for all the rules that were announced.

A worker can be stopped whatever it does: a file on which a lexer does not come to an end is named, and the others are
searched. Each worker takes the files in small portions, so that none waits for another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error
from maximus.gating.search import Match, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.gating.words import WordRule
    from maximus.gating.worktree import Tree

__all__ = ["Texts"]

PORTION: Final = 200
"""How many files a worker takes at a time."""
PATIENCE: Final = 60.0
"""Seconds that a worker may take for a portion, and for a file alone after that."""
MAX_WORKERS: Final = 4
"""How many processes search at most; no more than there are processors."""
MAX_LOST: Final = 20
"""How many files may end the worker that reads them before the search is given up: each costs a process."""
FILES_A_WORKER: Final = 1_000
"""How many files are worth the start of another process."""

_BOOT: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from maximus.gating.worker import serve; "
    "serve(sys.stdin.buffer, sys.stdout)"
)


class Texts:
    """What words stand in the files of a tree."""

    def __init__(self, tree: Tree, *, patience: float = PATIENCE) -> None:
        """Search nothing yet; `patience` is what a worker is given for one portion, in seconds."""
        self._tree = tree
        self._patience = patience
        self._expected: dict[WordRule, None] = {}
        self._found: dict[WordRule, Tally] = {}

    def expect(self, rule: WordRule) -> None:
        """Announce that the rule will be asked for, so that one search serves all."""
        self._expected[rule] = None

    def find(self, rule: WordRule) -> Tally:
        """Return what the rule finds in the tree, matches sorted by path and line.

        Raises Error GATE306 where no worker can be started.
        """
        if rule not in self._found:
            self.expect(rule)
            rules = [expected for expected in self._expected if expected not in self._found]
            self._found |= zip(rules, _search(self._tree, rules, self._patience), strict=True)
        return self._found[rule]


def _search(tree: Tree, rules: Sequence[WordRule], patience: float) -> list[Tally]:
    """Return what each rule finds."""
    # The first worker gets ready while git lists the files.
    first = _started()
    try:
        files = tree.files
        jobs = _Jobs(files, str(tree.root), rules, patience, first)
    except BaseException:
        _end(first)
        raise
    count = max(1, min(MAX_WORKERS, os.cpu_count() or 1, len(files) // FILES_A_WORKER))
    helpers = [threading.Thread(target=jobs.work, daemon=True) for _ in range(count - 1)]
    try:
        for helper in helpers:
            helper.start()
        jobs.work()
        for helper in helpers:
            helper.join()
    finally:
        jobs.stop()
    if jobs.fault is not None:
        raise jobs.fault
    for tally in jobs.tallies:
        tally.matches.sort(key=lambda match: (match.path, match.line, match.word))
        tally.unread.sort()
    return jobs.tallies


class _Jobs:
    """What is still to be searched, and what was found so far; each worker has a thread that serves it."""

    def __init__(
        self,
        files: Sequence[str],
        root: str,
        rules: Sequence[WordRule],
        patience: float,
        first: subprocess.Popen[bytes],
    ) -> None:
        # Files of one language lie together: a lexer takes 20 to 60 ms to be made ready, once in each worker.
        files = sorted(files, key=lambda path: (path.rpartition(".")[2], path))
        portions = (tuple(files[at : at + PORTION]) for at in range(0, len(files), PORTION))
        self._waiting = deque(portions)
        self._task = json.dumps({"root": root, "rules": [rule.as_document() for rule in rules]})
        self._patience = patience
        self._lock = threading.Lock()
        self._running = {first}
        self._ready = [first]
        self._is_stopped = False
        self._lost = 0
        self.tallies = [Tally() for _ in rules]
        self.fault: Error | None = None

    def work(self) -> None:
        """Let one worker after another take portions until there are none."""
        try:
            while self._waiting and not self._is_stopped and self.fault is None:
                self._serve()
        except Error as fault:
            self.fault = fault

    def stop(self) -> None:
        """End the workers that still run."""
        self._is_stopped = True
        for process in tuple(self._running):
            process.kill()
        for process in self._ready:
            _end(process)

    def _serve(self) -> None:
        """Hand portions to a worker, until there are none or it had to be ended."""
        with self._lock:
            ready = self._ready.pop() if self._ready else None
        process = ready or _started()
        self._running.add(process)
        try:
            _tell(process, self._task)
            while (portion := self._take()) and not self._is_stopped:
                answer = _ask(process, portion, self._patience)
                if answer is None:
                    self._give_back(portion)
                    return
                with self._lock:
                    for tally, found in zip(self.tallies, answer, strict=True):
                        tally.add(_tally(found))
        finally:
            self._running.discard(process)
            _end(process)

    def _take(self) -> tuple[str, ...]:
        with self._lock:
            return self._waiting.popleft() if self._waiting else ()

    def _give_back(self, portion: tuple[str, ...]) -> None:
        """Put a portion that brought no answer back file by file; a file that did so alone cannot be read."""
        with self._lock:
            if len(portion) > 1:
                self._waiting.extend((path,) for path in portion)
            elif not self._is_stopped:
                self._lost += 1
                if self._lost > MAX_LOST:
                    self.fault = Error(
                        "GATE311",
                        f"more than {MAX_LOST} files could not be searched: each ended the process that read it",
                        why=f"the last is {portion[0]}",
                        fix="Look whether this machine has the memory and the processes that the gate needs.",
                    )
                for tally in self.tallies:
                    tally.unread.append((portion[0], f"no lexer came to its end within {self._patience:g} seconds"))


def _started() -> subprocess.Popen[bytes]:
    """Return a worker that waits for its task; raise Error GATE306 where none can be started."""
    options = ["-I", "-S", "-X", "utf8"]
    if sys.pycache_prefix:
        options += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    elif sys.dont_write_bytecode:
        options += ["-B"]
    try:
        return subprocess.Popen(  # noqa: S603 - this Python, with code of ours
            [sys.executable, *options, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as fault:
        raise Error("GATE306", "cannot start a process to read texts", why=fault.strerror or str(fault)) from fault


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a worker, and close what leads to it."""
    process.kill()
    process.communicate()


def _tell(process: subprocess.Popen[bytes], text: str) -> None:
    if process.stdin is not None:
        try:
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            # It ended before; asking will show that.
            return


def _ask(process: subprocess.Popen[bytes], portion: Sequence[str], patience: float) -> list[Any] | None:
    """Return what the worker answers about some files, or None where it ended or was ended for taking too long."""
    alarm = threading.Timer(patience, process.kill)
    alarm.start()
    try:
        _tell(process, json.dumps(portion))
        line = process.stdout.readline() if process.stdout is not None else b""
    finally:
        alarm.cancel()
    answer: list[Any] | None = json.loads(line) if line.endswith(b"\n") else None
    return answer


def _tally(found: dict[str, Any]) -> Tally:
    return Tally(
        found["inspected"],
        [Match(*match) for match in found["matches"]],
        [(path, why) for path, why in found["unread"]],
        found["binary"],
    )
