"""Which labels the rules of a configuration give to a pull request."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.notes import labelling
from maximus.notes.expressions import Worker
from maximus.notes.labelling import Decision, PullRequest, Rule, Rules, decide, read_rules, surplus
from maximus.yaml import load_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maximus.notes.expressions import Expression

PULL = PullRequest(title="Fix the reader", branch="fix/reader", body="See JIRA-12", files=("src/a.py", "docs/b.md"))


def rules_of(text: str) -> Rules:
    """Return the rules of a configuration file."""
    return read_rules(load_yaml(text, "release-drafter.yml", lambda _: None))


def labels(*rules: Rule, pull: PullRequest = PULL) -> tuple[str, ...]:
    """Return the labels that the rules give, without any warning."""
    found = decide(rules, pull)
    assert found.warnings == ()
    return found.labels


# Reading.


def test_rules_are_read_with_all_their_fields() -> None:
    """A bare text stands for a list of one, as version 6 had it, with a notice."""
    text = "autolabeler:\n- {label: docs, files: ['*.md'], branch: docs, title: ['/^docs/i'], body: [x, y]}\n"
    found = rules_of(text)
    assert found.rules == (Rule("docs", ("*.md",), ("docs",), ("/^docs/i",), ("x", "y")),)
    assert "`autolabeler[0].branch: docs`" in found.notices[0]


@pytest.mark.parametrize("text", ["template: x\n", "autolabeler: []\n"])
def test_a_configuration_without_rules_is_an_error(text: str) -> None:
    """Missing or empty, there is nothing to label by."""
    with pytest.raises(Error) as caught:
        rules_of(text)
    assert (caught.value.code, caught.value.status) == ("NOTES022", ExitStatus.USAGE)


def test_all_faults_are_told_at_once() -> None:
    """Each with its key and line."""
    with pytest.raises(Error) as caught:
        rules_of("autolabeler:\n- {files: ['*.md']}\n- {label: 1, title: x}\n- {label: ok, body: [2]}\n")
    assert caught.value.code == "NOTES002"
    assert [part.split(":")[0] for part in caught.value.why.split("; ")] == [
        "autolabeler[0].label", "autolabeler[1].label", "autolabeler[2].body[0]"
    ]  # fmt: skip


def test_a_rule_that_looks_at_nothing_is_noticed() -> None:
    """It is legal and never matches."""
    found = rules_of("autolabeler:\n- {label: docs}\n")
    assert "autolabeler[0]" in found.notices[0]
    assert labels(*found.rules) == ()


# Texts.


@pytest.mark.parametrize(
    "rule",
    [
        Rule("x", branch=("fix/",)),
        Rule("x", branch=(r"/fix\/.+/",)),
        Rule("x", title=("the reader",)),
        Rule("x", title=("/FIX/i",)),
        Rule("x", title=("/nothing/", "/Fix/g")),
        Rule("x", body=("/JIRA-[0-9]{1,4}/",)),
        Rule("x", files=("nothing",), body=("JIRA",)),
    ],
)
def test_any_one_predicate_is_enough(rule: Rule) -> None:
    """Texts and expressions are looked for anywhere in branch, title and body."""
    assert labels(rule) == ("x",)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("x", title=("/fix/",)),
        Rule("x", title=("fix",)),
        Rule("x", branch=("f.x",)),
        Rule("x", title=("JIRA",)),
        Rule("x", title=("/Fix/y",)),
    ],
)
def test_case_counts_and_texts_are_literal(rule: Rule) -> None:
    """Without `i` case matters; what is no expression is found as it stands, and only in its own field."""
    assert labels(rule) == ()


def test_a_null_body_is_passed_over() -> None:
    """Even an expression that matches the empty text does not match it."""
    pull = PullRequest(title="t", branch="b", body=None)
    assert labels(Rule("x", body=("/^/",)), pull=pull) == ()
    assert labels(Rule("x", body=("/^/",)), pull=PullRequest("t", "b", "")) == ("x",)


def test_labels_come_in_the_rules_order_and_once() -> None:
    """Two rules may give one label."""
    rules = (Rule("z", title=("Fix",)), Rule("a", title=("Fix",)), Rule("z", branch=("fix",)))
    assert labels(*rules) == ("z", "a")


@pytest.mark.parametrize("rule", [
    Rule("bad", title=("/(/",)),
    Rule("bad", files=("*.md",), body=("/[/",)),
    Rule("bad", title=("Fix", "/(/")),
])  # fmt: skip
def test_a_bad_expression_drops_the_whole_rule(rule: Rule) -> None:
    """Also where another part of it matches; the other rules go on, and the label is undecided."""
    found = decide((rule, Rule("good", title=("Fix",))), PULL)
    assert (found.labels, found.inspected, found.undecided) == (("good",), 1, ("bad",))
    assert "'bad'" in found.warnings[0]


def test_a_hostile_expression_is_stopped() -> None:
    """It never ends by itself; its rule is dropped with a warning, and the next rule gets its answer."""
    rules = (Rule("slow", body=("/^(a+)+$/",)), Rule("good", title=("/Fix/",)))
    with Worker(deadline=0.2) as worker:
        found = decide(rules, PullRequest("Fix", "b", "a" * 40 + "!"), worker)
    assert (found.labels, found.undecided) == (("good",), ("slow",))
    assert "longer than" in found.warnings[0]


def test_all_expressions_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the budget is used up, rules with expressions are dropped and texts are still looked for."""

    class Never:
        """Is not asked any more."""

        def find(self, expression: Expression, text: str) -> Sequence[object] | str:
            raise AssertionError((expression, text))

    monkeypatch.setattr(labelling, "BUDGET", 0.0)
    found = decide((Rule("a", title=("/Fix/",)), Rule("b", title=("Fix",))), PULL, Never())
    assert (found.labels, found.undecided) == (("b",), ("a",))


# Files.

TREE = (
    "README.md", "a.py", "docs/a.md", "docs/api/a.md", "docs/api/keep.md", "docs/keep.md", "lib/src/a.py",
    "src", "srcs/a.py", "src2/x/docs/a.md", "x y.txt", "vendor/src/deep/er/a.js", "vendor/keep.md/a.md",
)  # fmt: skip


@pytest.mark.parametrize(
    "patterns",
    [
        ("*.md",), ("docs",), ("docs/",), ("src/",), ("src",), ("/src",), ("docs/*",), ("docs/**",), ("**/src/**",),
        ("*.md", "!README.md"), ("!README.md", "*.md"), ("docs/", "!docs/keep.md"), ("docs", "!docs/keep.md"),
        ("docs/*", "!docs/keep.md"), ("docs/**", "!docs/api/keep.md"), ("docs/**", "!docs/api", "!docs/keep.md"),
        ("docs/*", "!docs/api"), ("*", "!docs/"), ("*", "!*.md"), ("*", "!docs", "!docs/*"), ("!*.md",), ("!docs",),
        ("vendor/**", "!vendor/**/*.md"), ("vendor/**", "!keep.md"), ("/*", "!/docs"), ("#docs",), ("x y.txt",),
        ("**", "!src"), ("docs/*", "!docs/api/"), ("*.md", "!docs/api/**"), ("vendor/*/", "!vendor/src/"), ("*/",),
        ("*", "!docs/", "!docs/api/", "!keep.md"), ("/**", "!*.py"), ("**/*",),
        ("**/keep.md", "!vendor/**"), ("*.md/", "!a.md"),
    ],
)  # fmt: skip
def test_files_are_matched_as_git_ignores_them(tmp_path: Path, patterns: tuple[str, ...]) -> None:
    """One matcher for the whole list: for every set of patterns git's own answer, file by file."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("\n".join(patterns) + "\n", encoding="utf-8")
    asked = "\n".join(TREE) + "\n"
    command = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin", "-v", "-n"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    ignored = {path for rule, path in lines if rule != "::" and not rule.split(":", 2)[2].startswith("!")}

    found = {path for path in TREE if labels(Rule("x", files=patterns), pull=PullRequest("t", "b", None, (path,)))}

    assert found == ignored


@pytest.mark.parametrize("pattern", ["SRC/**", "*.PY", "src/A.py"])
def test_files_are_matched_whatever_their_case(pattern: str) -> None:
    """Neither the pattern's case counts nor the path's."""
    assert labels(Rule("x", files=(pattern,)), pull=PullRequest("t", "b", None, ("Src/a.py",))) == ("x",)


def test_a_range_upside_down_matches_nothing() -> None:
    """It is no fault, as in the categories."""
    assert labels(Rule("x", files=("[z-a].md",))) == ()


def test_3000_files_and_100_rules_are_decided_quickly() -> None:
    """A pull request of the largest size that GitHub lists, against rules that all have files."""
    files = tuple(f"packages/p{number % 40}/src/module{number}.py" for number in range(3_000))
    rules = tuple(Rule(f"l{number}", files=(f"packages/p{number}/**", "!*.md")) for number in range(100))
    assert labels(*rules, pull=PullRequest("t", "b", None, files)) == tuple(f"l{number}" for number in range(40))


# What may be taken away.


def test_only_labels_of_rules_that_match_no_more_are_surplus() -> None:
    """Somebody else's labels stay, and so do those that the rules give, whatever their case."""
    rules = (Rule("bug", title=("Fix",)), Rule("Docs", files=("*.rst",)), Rule("other", title=("no",)))
    decision = decide(rules, PULL)
    assert surplus(rules, decision, ("Bug", "docs", "mine")) == ("docs",)


def test_what_has_no_answer_is_not_surplus() -> None:
    """A rule with a bad expression, or one whose files are not all known, takes nothing away."""
    rules = (Rule("bad", title=("/(/",)), Rule("docs", files=("*.rst",)), Rule("title", title=("no",)))
    decision = decide(rules, PullRequest("t", "b", None, ("a.py",), has_all_files=False))
    assert surplus(rules, decision, ("bad", "docs", "title")) == ("title",)


def test_a_decision_says_how_many_rules_were_applied() -> None:
    """Also where none matches."""
    assert decide((Rule("a", title=("no",)), Rule("b", files=("no",))), PULL) == Decision((), 2)
