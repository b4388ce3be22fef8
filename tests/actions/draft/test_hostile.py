"""What strangers and broken worlds do to `draft`: nothing but what is said here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.actions.draft.drafting import REPOSITORY, Run, configured, drafts, world
from tests.fakehub.__main__ import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakehub.fixtures import FakeHub

PLAIN = "template: $CHANGES\ntag-template: v$RESOLVED_VERSION\nchange-template: '* $TITLE'\n"
TITLES = (
    "@octocat <img src=x onerror=alert(1)> [a](javascript:x) #1 **b**",
    "<!-- hides the rest",
    "</details>",
    "$RESOLVED_VERSION and $NEXT_MAJOR_VERSION",
    "::set-output name=x::y",
    "::error::a command",
    "##[error]a command",
    "\u202egnp.exe \u200f\u2067",
    "x" * 10_000,
    "half \ud83d an emoji",
)


def titled(title: str, text: str) -> dict[str, Any]:
    """Return the example's world with a stranger's title."""
    made = configured(text)
    made["prs"][f"{REPOSITORY}#1"]["title"] = title
    return made


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_strangers_title_is_text(fakehub: FakeHub, draft: Callable[..., Run], title: str) -> None:
    """It stands in the notes as it was written, no token expanded, and never begins a command in the log."""
    hub = fakehub(titled(title, PLAIN))
    done = draft(hub)
    [made] = drafts(hub)
    shown = title.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert (done.status, made["body"]) == (0, f"* Do not follow links\n* {shown}")
    assert not re.search(r"(?m)^\s*::(?!add-mask|group|endgroup|warning|notice|stop-commands|maximus)", done.log)
    assert "##[error]" not in done.log


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_strictly_escaped_no_title_mentions_or_hides(fakehub: FakeHub, draft: Callable[..., Run], title: str) -> None:
    """`escape: strict`: no mention, no HTML, no link is left of it."""
    hub = fakehub(titled(title, f"{PLAIN}escape: strict\n"))
    assert draft(hub).status == 0
    body = drafts(hub)[0]["body"].replace("<!---->", "")
    assert not re.search(r"(?<!\\)[<\[*]", body.replace("* ", ""))
    assert "@octocat" not in drafts(hub)[0]["body"]


def test_a_dry_run_shows_no_command_either(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The payload goes to the log and the summary."""
    done = draft(fakehub(titled("x ##[error]y\n::error::z", PLAIN)), {"dry-run": "true"})
    assert done.status == 0
    assert "##[error]" not in done.log
    assert not re.search(r"(?m)^\s*::error", done.log)


DEEP = "template: x\nwhatever: " + "[" * 100 + "]" * 100 + "\n"
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(6)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DEEP, "YAML001"),
        (ALIASES, "YAML001"),
        ("template: 1\nsort-by: 2\n", "NOTES002"),
        ("_extends: ../../etc/passwd.yml\n", "NOTES003"),
        ("template: x\ntemplate: y\n", "YAML001"),
        ("filter-by-range: latest\ntemplate: x\n", "NOTES011"),
    ],
)
def test_a_hostile_configuration_ends_in_one_error(
    fakehub: FakeHub, draft: Callable[..., Run], text: str, code: str
) -> None:
    """Aliases that multiply, depth, wrong types, a way out: a usage error, and nothing is written."""
    hub = fakehub(configured(text))
    done = draft(hub)
    assert (done.status, done.outputs["code"], hub.writes) == (2, code, ())


def test_all_faults_of_a_configuration_are_told_at_once(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Each with its line and key."""
    done = draft(fakehub(configured("template: 1\nsort-by: x\nreplacers: 3\n")))
    for key, line in (("template", 1), ("sort-by", 2), ("replacers", 3)):
        assert re.search(rf"{key}: .*release-drafter\.yml:{line}\)", done.log)


def test_a_loop_of_files_ends_with_a_warning(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Two files that extend each other are read once."""
    files = {
        ".github/release-drafter.yml": "_extends: other.yml\ntemplate: $CHANGES\n",
        ".github/other.yml": "_extends: release-drafter.yml\nname-template: v$RESOLVED_VERSION\n",
    }
    done = draft(fakehub(world(files={"*": files})))
    assert done.status == 0
    assert "leads back to a file that was read already" in done.log


@pytest.mark.parametrize(("ref", "shown"), [("", "rules.yml, at its default branch"), ("@v3", "rules.yml@v3")])
def test_another_repositorys_configuration_is_named_in_the_summary(
    fakehub: FakeHub, draft: Callable[..., Run], ref: str, shown: str
) -> None:
    """With the ref that it was read at: its people decide here too. One's own files are not named."""
    given = configured(f"_extends: acme/shared:.github/rules.yml{ref}\ntemplate: $CHANGES\n")
    given["repos"]["acme/shared"] = {"default_branch": "main", "files": {"*": {".github/rules.yml": PLAIN}}}
    done = draft(fakehub(given))
    assert done.status == 0
    assert f"acme/shared:.github/{shown}" in done.summary
    assert "another repository" not in draft(fakehub(configured(PLAIN))).summary


def test_values_travel_beside_a_query_never_in_its_text(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Refs, tags and logins are strangers' texts: what looks like GraphQL in them stays a value."""
    hostile = 'v1.0.0"){id}'
    given = configured("template: $CHANGES $NEW_CONTRIBUTORS\n")
    home = given["repos"][REPOSITORY]
    home["releases"] = [{"tag_name": hostile, "created_at": "2026-01-01T00:00:00Z"}]
    home["refs"][f"refs/tags/{hostile}"] = home["refs"].pop("refs/tags/v1.0.0")
    home["refs"][f"refs/heads/{hostile}"] = "3" * 40
    given["prs"][f"{REPOSITORY}#1"]["author"] = {"login": hostile}
    hub = fakehub(given)
    assert draft(hub, {"commitish": f"refs/heads/{hostile}"}).status == 0
    queries = [made.body for made in hub.log if "query" in (made.body or {})]
    assert any(hostile in str(query["variables"]) for query in queries)
    assert not [query for query in queries if "{id}" in query["query"]]


@pytest.mark.parametrize("name", ["file:../../outside.yml", "file:link.yml"])
def test_no_file_outside_the_workspace_is_read(
    fakehub: FakeHub, draft: Callable[..., Run], tmp_path: Path, name: str
) -> None:
    """Neither by `..` nor through a link."""
    workspace = tmp_path / "workspace"
    (workspace / ".github").mkdir(parents=True)
    (tmp_path / "outside.yml").write_text("template: secret\n", encoding="utf-8")
    (workspace / ".github" / "link.yml").symlink_to(tmp_path / "outside.yml")
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"config-name": name}, GITHUB_WORKSPACE=str(workspace))
    assert (done.status, hub.writes) == (2, ())
    assert done.outputs["code"] in ("NOTES003", "NOTES009")


def test_5000_releases_are_read_up_to_githubs_limit(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """GitHub lists 1,000 of them; the newest version among those counts."""
    releases = [{"tag_name": f"v1.0.{number}"} for number in range(5_000, 0, -1)]
    refs = {**EXAMPLE["repos"][REPOSITORY]["refs"], "refs/tags/v1.0.5000": "1" * 40}
    hub = fakehub(world(releases=releases, refs=refs))
    done = draft(hub)
    assert (done.status, done.outputs["tag_name"]) == (0, "v1.1.0")
    assert len([made for made in hub.log if made.operation == "repos/list-releases"]) == 10


def test_a_rewritten_history_is_compared_as_it_is(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A tag that is no ancestor of the branch any more: what the branch has and the tag has not is listed."""
    made = world()
    made["repos"][REPOSITORY]["commits"]["9" * 40] = {"message": "gone", "parents": []}
    made["repos"][REPOSITORY]["refs"]["refs/tags/v1.0.0"] = "9" * 40
    hub = fakehub(made)
    assert draft(hub).status == 0
    assert "(#1)" in drafts(hub)[0]["body"]


@pytest.mark.parametrize("event", ["pull_request", "pull_request_review", "pull_request_review_comment"])
def test_a_forks_pull_request_writes_nothing(fakehub: FakeHub, draft: Callable[..., Run], event: str) -> None:
    """Whatever its file says: it may name a branch and ask for publication."""
    hub = fakehub(configured(f"{PLAIN}commitish: main\n"))
    done = draft(hub, {"publish": "true"}, GITHUB_EVENT_NAME=event, GITHUB_REF="refs/pull/7/merge")
    assert (done.status, hub.writes) == (0, ())
    assert "nothing is sent" in done.log


def test_a_token_without_permission_shows_the_lines_to_paste(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """YAML that a person can put into the workflow."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"token": hub.read_token})
    assert (done.status, done.outputs["code"]) == (3, "HUB003")
    assert "contents: write" in done.log


def test_titles_that_keep_mentions_are_named(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Where `change-title-escapes` lacks @ or <; not where `escape: strict` stands."""
    assert "lacks @ or <" in draft(fakehub(configured(PLAIN))).log
    assert "lacks @ or <" not in draft(fakehub(configured(f"{PLAIN}escape: strict\n"))).log
