"""The golden rule's words over a monorepo against `git grep` for the same words; its counts against a second reader."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.measure import Comparison, compare

__all__ = ["MEMORY", "TREE", "gate_words"]

ROOT = Path(__file__).resolve().parents[1]
TREE = "MAXIMUS_BENCH_TREE"
"""The environment variable that names the checkout of a large repository; it is copied, nothing in it changes."""
MEMORY = 150 << 20
"""Bytes that all processes of a run may have at once."""
WORDS = ("TODO", "FIXME", "NotImplementedError", "mock", "Mock")

# The golden rule's checks of words, and none of those that start programs.
POLICY = """version: 1
name: words
extends: [regra-de-ouro]
without:
  - { id: quality-first.types, why: words alone are measured }
  - { id: quality-first.lint, why: words alone are measured }
  - { id: quality-first.coverage, why: words alone are measured }
  - { id: production-ready, why: words alone are measured }
  - { id: consciencia-compliant.written, why: words alone are measured }
  - { id: consciencia-compliant.theory, why: words alone are measured }
"""
# Which of its checks count what, as the second reader is asked.
COUNTED = {
    "no-mock": ("code", ("mock", "Mock")),
    "no-placeholder.markers": ("comments", ("TODO", "FIXME")),
}


def gate_words() -> Comparison | str:
    """Compare `gate` with the golden rule's words with `git grep` for them; 12,000 files for the figure.

    Ends the program where a count differs from the second reader's, or where the memory is above its limit.
    """
    given = os.environ.get(TREE, "")
    if not given or not (Path(given) / ".git").exists():
        return f"{TREE} names no checkout of a large repository"
    with tempfile.TemporaryDirectory() as home:
        tree = Path(home) / "tree"
        shutil.copytree(given, tree, symlinks=True)
        (tree / ".github").mkdir(exist_ok=True)
        (tree / ".github" / "release-checklist.yml").write_text(POLICY, encoding="utf-8")
        # Copied files are new to git's index, which would read them all again each time.
        subprocess.run(["git", "-C", str(tree), "status", "--short"], check=True, capture_output=True)
        python = getattr(sys, "_base_executable", sys.executable)
        command = [python, "-I", str(ROOT / "actions"), "gate", "--path", str(tree), "--folder", f"{home}/release"]
        grep = ["git", "-C", str(tree), "grep", "-c", "-w", "-F", *(part for word in WORDS for part in ("-e", word))]
        judged = _judged(command)
        same = _hold_against_second(tree, judged)
        memory = _peak(command)
        if memory > MEMORY:
            raise SystemExit(f"gate took {memory >> 20} MB, more than {MEMORY >> 20}")
        counts = ", ".join(f"{name} {count}" for name, count in sorted(judged.items()))
        print(f"gate-words: {counts}; equal to a second reading in {same} files; {memory >> 20} MB at most")
        return compare(
            "gate, words of regra-de-ouro / git grep for the same words",
            lambda: _time(command),
            lambda: _time(grep),
            runs=7,
            reach=4.0,
        )


def _run(command: list[str]) -> bytes:
    """Run a command that may find something; return what it printed."""
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:].decode(errors='replace')}")
    return done.stdout


def _time(command: list[str]) -> None:
    _run(command)


def _judged(command: list[str]) -> dict[str, int]:
    """Return what each check of words counted."""
    verdicts = json.loads(_run([*command, "--json"]))["verdicts"]
    return {
        item["check"].removeprefix("gate."): item.get("measured", 0)
        for item in verdicts
        if item.get("unit") == "places"
    }


def _hold_against_second(tree: Path, judged: dict[str, int]) -> int:
    """Return how many files were read a second time, each with the same counts; end the program where they differ."""
    sys.path.insert(0, str(ROOT / "lib"))
    from maximus.gating.languages import find_language, is_test  # noqa: PLC0415 - the benchmark's own check alone
    from maximus.gating.texts import Texts  # noqa: PLC0415 - likewise
    from maximus.gating.words import ForTests, Within, WordRule, whole_words  # noqa: PLC0415 - likewise
    from maximus.gating.worktree import Tree  # noqa: PLC0415 - likewise
    from tests.lib.gating.second import comments_and_code  # noqa: PLC0415 - likewise

    files = Tree(tree)
    texts = Texts(files)
    rules = {name: WordRule(words, Within(part), tests=ForTests.EXCLUDE) for name, (part, words) in COUNTED.items()}
    for rule in rules.values():
        texts.expect(rule)
    ours = {name: Counter(match.path for match in texts.find(rule).matches) for name, rule in rules.items()}
    if {name: found.total() for name, found in ours.items()} != {name: judged[name] for name in COUNTED}:
        raise SystemExit(f"the command and the library count differently: {judged}")
    compared, apart = 0, []
    for path in files.files:
        raw = (tree / path).read_bytes()
        language = find_language(path, raw[:200])
        if is_test(path) or language is None or b"\0" in raw[:8000]:
            continue
        told = comments_and_code(raw.decode("utf-8-sig", "replace"), language.name)
        compared += told is not None
        for name, (part, words) in COUNTED.items():
            is_code = part == "code"
            if told is None or (is_code and not language.is_programming):
                second = 0  # and ours has to be none as well: what the second reader cannot read, nobody claims
            else:
                second = sum(1 for word in words for _ in whole_words(told[is_code], word))
            if second != ours[name][path]:
                apart.append(f"{path}: {name} counts {ours[name][path]}, the second reader {second}")
    if apart:
        raise SystemExit("\n".join(["counts differ:", *apart[:50]]))
    return compared


def _peak(command: list[str]) -> int:
    """Return the most memory that a command and all that it starts have at once, in bytes (Linux; 0 elsewhere)."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        most, is_over = 0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not is_over.wait(0.005):
                most = max(most, _memory_below(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        is_over.set()
        watcher.join()
    return most


def _memory_below(pid: int) -> int:
    """Return the memory of a process and of all below it that is in use now."""
    total = 0
    try:
        total += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text(encoding="ascii").split()
            total += sum(_memory_below(int(child)) for child in children)
    except (OSError, ValueError, IndexError):
        # It ended while it was looked at.
        return total
    return total
