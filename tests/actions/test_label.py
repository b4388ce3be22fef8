"""`label`, run as the runner runs it, against the fake GitHub."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from actions import command, dependencies
from maximus.github import client as github_client
from tests.fakehub.faults import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

REPOSITORY = "acme/app"
LABELS = f"/repos/{REPOSITORY}/issues/7/labels"
RULES = """
autolabeler:
- {label: docs, files: ['*.md']}
- {label: bug, title: ['/^fix/i']}
- {label: 'a, b', branch: [feature/]}
"""
FORBIDDEN = Status(403, body={"message": "Resource not accessible by integration"})


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the action: its exit status, outputs and log."""

    status: int
    outputs: Mapping[str, str]
    log: str


def world(
    rules: str = RULES, labels: Sequence[str] = (), files: Sequence[str] = ("src/a.py",), **more: str
) -> dict[str, Any]:
    """Return a world with a pull request, and a configuration on every ref; `more` are further files of it."""
    return {
        "repos": {
            REPOSITORY: {
                "default_branch": "main",
                "files": {"*": {".github/release-drafter.yml": rules, **more}},
                "refs": {"refs/heads/main": "1" * 40},
                "commits": {"1" * 40: {"message": "Start", "committedDate": "2026-01-01T00:00:00Z", "parents": []}},
            }
        },
        "prs": {f"{REPOSITORY}#7": {"title": "x", "labels": list(labels), "merged": False, "files": list(files)}},
    }


def event(title: str = "Fix it", branch: str = "topic", body: str | None = None, home: str = REPOSITORY) -> Any:  # noqa: ANN401 - JSON
    """Return the event of a pull request."""
    head = {"ref": branch, "repo": {"full_name": home} if home else None}
    base = {"ref": "main", "repo": {"full_name": REPOSITORY}}
    return {"pull_request": {"number": 7, "title": title, "body": body, "head": head, "base": base}}


@pytest.fixture
def label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run `label` in an empty working folder, with the variables of a job in the hub's world; nobody waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(github_client, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    # The tests' own environment has the packages already.
    monkeypatch.setattr(dependencies, "make_importable", lambda *_: None)

    def run(
        hub: Hub,
        inputs: Mapping[str, str] | None = None,
        *,
        on: Any = None,  # noqa: ANN401 - JSON
        name: str = "pull_request_target",
        **variables: str,
    ) -> Run:
        ref = "refs/heads/main" if name == "pull_request_target" else "refs/pull/7/merge"
        output = tmp_path / "output"
        output.write_text("", encoding="utf-8")
        environment = {
            **hub.environment(REPOSITORY, event=event() if on is None else on, event_name=name),
            "GITHUB_REF": ref,
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "GITHUB_WORKSPACE": str(tmp_path),
            "MAXIMUS_INPUTS": json.dumps(inputs or {}),
            **variables,
        }
        status = command.main(["label"], environment)
        entries = re.finditer(r"(?ms)^([\w-]+)<<(maximus-\w+)\n(.*?)\n\2$", output.read_text(encoding="utf-8"))
        shown = capsys.readouterr()
        return Run(status, {entry[1]: entry[3] for entry in entries}, shown.out + shown.err)

    return run


def sent(hub: Hub) -> list[tuple[str, str, Any]]:
    """Return what was written."""
    return [(write.method, write.path, write.body) for write in hub.writes]


def asked(hub: Hub) -> list[str]:
    """Return the operations that GitHub was asked for."""
    return [made.operation for made in hub.log]


# Adding.


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_labels_are_added_in_one_request(fakehub: FakeHub, label: Callable[..., Run], name: str) -> None:
    """Every rule that matches gives its label, and the outputs say which."""
    hub = fakehub(world(files=["a/README.md"]))
    done = label(hub, on=event(branch="feature/x"), name=name)
    assert (done.status, sent(hub)) == (0, [("POST", LABELS, {"labels": ["docs", "bug", "a, b"]})])
    assert (done.outputs["number"], done.outputs["labels"]) == ("7", "docs,bug,a, b")
    assert done.outputs["labels-json"] == '["a, b", "bug", "docs"]'


def test_no_matching_rule_passes_and_sends_nothing(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """The rules were looked at, so it is a pass; the list of labels is not even read."""
    hub = fakehub(world())
    done = label(hub, on=event(title="Add it"))
    assert (done.status, done.outputs["verdict"], done.outputs["labels-json"]) == (0, "pass", "[]")
    assert asked(hub) == ["repos/get-content", "pulls/list-files"]


def test_what_is_there_already_is_not_sent(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Whatever its case; the output names it all the same."""
    hub = fakehub(world(labels=["BUG"]))
    done = label(hub)
    assert (done.status, done.outputs["labels"], sent(hub)) == (0, "bug", [])


def test_files_are_asked_for_only_where_a_rule_has_some(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Title and branch stand in the event."""
    hub = fakehub(world("autolabeler: [{label: bug, title: Fix}]"))
    assert label(hub).outputs["labels"] == "bug"
    assert asked(hub) == ["repos/get-content", "issues/list-labels-on-issue", "issues/add-labels"]


def test_a_dry_run_sends_nothing_and_says_what_it_would(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """The outputs are those of a run that sends."""
    hub = fakehub(world())
    done = label(hub, {"dry-run": "true"})
    assert (done.status, done.outputs["labels"], sent(hub)) == (0, "bug", [])
    assert "would be added" in done.log


def test_a_bad_expression_drops_its_rule_with_a_warning(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """The others go on."""
    hub = fakehub(world("autolabeler: [{label: bad, title: [Fix, '/(/']}, {label: bug, title: Fix}]"))
    done = label(hub)
    assert (done.status, done.outputs["labels"]) == (0, "bug")
    assert "::warning" in done.log
    assert "'bad'" in done.log


def test_no_rule_that_can_be_applied_is_unmeasured(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Nothing was looked at, which is no pass."""
    hub = fakehub(world("autolabeler: [{label: bad, title: '/(/'}]"))
    done = label(hub)
    assert (done.status, done.outputs["verdict"]) == (70, "unmeasured")


def test_more_files_than_github_lists_are_told(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """The rules see 3,000, and their labels are not taken away for want of the rest."""
    hub = fakehub(world(labels=["docs"], files=[f"f{number}" for number in range(3_001)]))
    done = label(hub, {"sync": "true"}, on=event(title="x"))
    assert (done.status, sent(hub)) == (0, [])
    assert "3,000" in done.log


def counted(count: int) -> dict[str, Any]:
    """Return the event of a pull request that changes so many files."""
    made: dict[str, Any] = event(title="x")
    made["pull_request"]["changed_files"] = count
    return made


@pytest.mark.parametrize(("count", "is_told"), [(3_000, False), (3_001, True), (4_120, True)])
def test_the_list_of_files_is_held_against_their_count(
    fakehub: FakeHub,
    label: Callable[..., Run],
    count: int,
    is_told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Exactly 3,000 are all of them; with more, labels whose files may be among the rest are not taken away."""
    hub = fakehub(world(labels=["docs"], files=[f"f{number}" for number in range(3_000)]))
    done = label(hub, {"sync": "true"}, on=counted(count))
    assert (f"first 3,000 of {count:,} changed files" in done.log) is is_told
    assert [method for method, _, _ in sent(hub)] == ([] if is_told else ["DELETE"])


MANY = "autolabeler:\n" + "".join(f"- {{label: l{number:03}, title: [Fix]}}\n" for number in range(100))


def test_a_hundred_labels_travel_in_one_request(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """As many as GitHub takes; the JSON form has them all."""
    hub = fakehub(world(MANY))
    done = label(hub)
    [(method, _, body)] = sent(hub)
    assert (method, len(body["labels"]), len(json.loads(done.outputs["labels-json"]))) == ("POST", 100, 100)


def test_labels_beyond_a_hundred_are_named_and_left_out(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """GitHub would refuse them all."""
    hub = fakehub(world(MANY, labels=["mine", "yours"]))
    done = label(hub)
    [(_, _, body)] = sent(hub)
    assert len(body["labels"]) == 98
    assert "a pull request takes 100 labels; left out for want of room: l098, l099" in done.log
    assert "left out, no room" in done.log


def test_a_full_pull_request_loses_labels_before_it_gets_some(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """With `sync`: what goes makes room for what comes."""
    hub = fakehub(world(labels=["docs", *(f"mine{number}" for number in range(99))]))
    done = label(hub, {"sync": "true"})
    assert (done.status, [method for method, _, _ in sent(hub)]) == (0, ["DELETE", "POST"])


# Taking away.


def test_sync_takes_away_what_its_rules_give_no_more(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Labels that no rule names are somebody else's."""
    hub = fakehub(world(labels=["docs", "mine", "a, b"]))
    done = label(hub, {"sync": "true"})
    assert done.status == 0
    assert [(method, path) for method, path, _ in sent(hub)] == [
        ("POST", LABELS), ("DELETE", f"{LABELS}/a%2C%20b"), ("DELETE", f"{LABELS}/docs")
    ]  # fmt: skip


def test_without_sync_nothing_is_taken_away(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """As release-drafter has it."""
    hub = fakehub(world(labels=["docs"]))
    label(hub)
    assert [method for method, _, _ in sent(hub)] == ["POST"]


def test_sync_in_a_dry_run_sends_nothing(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """It says what would go."""
    hub = fakehub(world(labels=["docs"]))
    done = label(hub, {"sync": "true", "dry-run": "true"})
    assert sent(hub) == []
    assert "would be removed" in done.log


# Strangers.


@pytest.mark.parametrize("home", ["eve/app", ""])
def test_a_forks_pull_request_is_a_dry_run(fakehub: FakeHub, label: Callable[..., Run], home: str) -> None:
    """Also of a fork that was deleted: on `pull_request` its author writes the configuration."""
    hub = fakehub(world())
    done = label(hub, on=event(home=home), name="pull_request")
    assert (done.status, done.outputs["labels"], sent(hub)) == (0, "bug", [])
    assert "comes from a fork" in done.log


def test_a_forks_configuration_reads_no_other_repository(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """`_extends` to somewhere else is left out with a warning, and nobody is asked for it."""
    rules = f"_extends: acme/secret:rules.yml\n{RULES}"
    hub = fakehub(world(rules))
    done = label(hub, on=event(home="eve/app"), name="pull_request")
    assert (done.status, done.outputs["labels"]) == (0, "bug")
    assert "no other repository" in done.log
    assert not [made for made in hub.log if "secret" in made.path]


def test_under_pull_request_target_the_bases_rules_count(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """A fork's pull request is labelled, by the configuration of the branch that it goes to."""
    made = world()
    evil = {".github/release-drafter.yml": "autolabeler: [{label: evil, title: Fix}]"}
    made["repos"][REPOSITORY]["files"] = {
        "refs/heads/main": made["repos"][REPOSITORY]["files"]["*"], "refs/pull/7/merge": evil
    }  # fmt: skip
    hub = fakehub(made)
    done = label(hub, on=event(home="eve/app"), GITHUB_REF="refs/pull/7/merge")
    assert (done.status, sent(hub)) == (0, [("POST", LABELS, {"labels": ["bug"]})])
    assert [made.query.get("ref") for made in hub.log if made.operation == "repos/get-content"] == ["refs/heads/main"]


def test_a_token_that_only_reads_makes_a_dry_run_of_pull_request(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Such as Dependabot's: it says so, with what to change."""
    hub = fakehub(world())
    hub.inject(FORBIDDEN, method="POST", path=LABELS)
    done = label(hub, name="pull_request")
    assert (done.status, done.outputs["labels"], sent(hub)) == (0, "bug", [])
    assert "pull-requests: write" in done.log


def test_a_token_that_only_reads_is_an_error_of_pull_request_target(
    fakehub: FakeHub, label: Callable[..., Run]
) -> None:
    """There the workflow decides what the token may, so the permissions to paste are shown."""
    hub = fakehub(world())
    hub.inject(FORBIDDEN, method="POST", path=LABELS)
    done = label(hub)
    assert (done.status, done.outputs["code"]) == (3, "LABEL006")
    assert "pull-requests: write" in done.log


def test_a_title_cannot_command_the_runner(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Nor can a label; neither reaches the log as a command."""
    hub = fakehub(world("autolabeler: [{label: '##[error]x', title: Fix}]"))
    done = label(hub, on=event(title="Fix\n::set-output name=a::b\n##[group]x"))
    assert done.status == 0
    assert "::set-output" not in done.log
    assert "##[" not in done.log


# What ends with 2 and writes nothing.


@pytest.mark.parametrize("name", ["push", "issues", "pull_request_review", ""])
def test_another_event_is_a_usage_error(fakehub: FakeHub, label: Callable[..., Run], name: str) -> None:
    """There is no pull request whose title is known."""
    hub = fakehub(world())
    done = label(hub, name=name)
    assert (done.status, done.outputs["code"], list(hub.log)) == (2, "LABEL001", [])


def test_no_token_is_a_usage_error_that_names_the_input(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Nothing can be done without."""
    done = label(fakehub(world()), GITHUB_TOKEN="")
    assert (done.status, done.outputs["code"]) == (2, "LABEL002")
    assert "token" in done.log


def test_a_repository_that_is_none_is_a_usage_error(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """Nothing is asked at an address that was put together from it."""
    hub = fakehub(world())
    done = label(hub, GITHUB_REPOSITORY="acme/../x")
    assert (done.status, done.outputs["code"], list(hub.log)) == (2, "RUN023", [])


@pytest.mark.parametrize("wrong", [[], {}, {"pull_request": 1}, {"pull_request": {"number": True, "title": "x"}}])
def test_an_event_without_its_pull_request_is_a_usage_error(
    fakehub: FakeHub, label: Callable[..., Run], tmp_path: Path, wrong: object
) -> None:
    """Whatever stands in the file."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps(wrong), encoding="utf-8")
    done = label(fakehub(world()), GITHUB_EVENT_PATH=str(path))
    assert (done.status, done.outputs["code"]) == (2, "LABEL004")


def test_a_missing_configuration_is_a_usage_error(fakehub: FakeHub, label: Callable[..., Run]) -> None:
    """It is named as it was asked for."""
    done = label(fakehub(world()), {"config-name": "labels.yml"})
    assert (done.status, done.outputs["code"]) == (2, "LABEL005")


@pytest.mark.parametrize("rules", ["template: x", "autolabeler: []"])
def test_a_configuration_without_rules_is_a_usage_error(
    fakehub: FakeHub, label: Callable[..., Run], rules: str
) -> None:
    """There is nothing to label by."""
    hub = fakehub(world(rules))
    done = label(hub)
    assert (done.status, done.outputs["code"], sent(hub)) == (2, "NOTES022", [])


def test_a_configuration_that_may_not_be_read_shows_what_label_needs(
    fakehub: FakeHub, label: Callable[..., Run]
) -> None:
    """The lines to paste are those for labels, not those for drafting a release."""
    hub = fakehub(world())
    hub.inject(Status(403), operation="repos/get-content")
    done = label(hub)
    assert (done.status, done.outputs["code"]) == (3, "HUB003")
    assert "pull-requests: write" in done.log
    assert "contents: write" not in done.log
