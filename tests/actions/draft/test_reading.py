"""What `draft` reads before it writes: bases, commits, several configurations, pull requests, and GitHub's faults."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import draft as draft_action
from actions.terminal import TerminalFace
from tests.actions.draft.drafting import REPOSITORY, configured, drafts, release_folder, world
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Meanwhile, Partial, Slow, Status, too_many
from tests.lib.github.test_history import sha
from tests.lib.github.test_history import world as range_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.actions.draft.drafting import Run
    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

PLAIN = "name-template: v$RESOLVED_VERSION\ntag-template: v$RESOLVED_VERSION\ntemplate: $CHANGES\n"


def body(hub: Hub) -> str:
    """Return the text of the one draft."""
    [made] = drafts(hub)
    return str(made["body"])


# The base from the commit graph.


def two_lines(configuration: str = PLAIN) -> dict[str, Any]:
    """Return a world where v2.0.0 is published elsewhere, and main lies behind v1.0.0."""
    given = world(
        files={"*": {".github/release-drafter.yml": configuration}},
        releases=[
            {"tag_name": "v2.0.0", "created_at": "2026-01-05T00:00:00Z"},
            {"tag_name": "v1.0.0", "created_at": "2026-01-01T00:00:00Z"},
        ],
    )
    home = given["repos"][REPOSITORY]
    home["refs"]["refs/tags/v2.0.0"] = sha(77)
    home["commits"][sha(77)] = {"parents": ["1" * 40], "committedDate": "2026-01-05T00:00:00Z"}
    return given


def test_the_highest_release_is_the_base_unless_asked_otherwise(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As release-drafter has it; the summary says that it is no ancestor, and what to do about it."""
    hub = fakehub(two_lines())
    done = draft(hub)
    assert done.outputs["resolved_version"] == "2.0.1"
    assert "no ancestor of refs/heads/main" in done.summary
    assert "base: nearest" in done.summary


@pytest.mark.parametrize("way", ["input", "key"])
def test_the_nearest_release_below_the_head_can_be_the_base(
    fakehub: FakeHub, draft: Callable[..., Run], way: str
) -> None:
    """On a maintenance branch the highest release is another line's; where the two differ the summary says so."""
    hub = fakehub(two_lines(PLAIN if way == "input" else PLAIN + "base: nearest\n"))
    done = draft(hub, {"base": "nearest"} if way == "input" else {})
    assert done.outputs["resolved_version"] == "1.0.1"
    assert "the nearest below refs/heads/main; the highest release is v2.0.0" in done.summary


def test_the_input_beats_the_key(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As everywhere."""
    done = draft(fakehub(two_lines(PLAIN + "base: nearest\n")), {"base": "latest"})
    assert done.outputs["resolved_version"] == "2.0.1"


def test_an_unknown_base_is_named_with_its_line(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Like every wrong value."""
    done = draft(fakehub(configured(PLAIN + "base: newest\n")))
    assert done.status == 2
    assert "base: it is latest or nearest, not newest (.github/release-drafter.yml:4)" in done.log


# Direct commits.


def with_direct_commit(configuration: str) -> dict[str, Any]:
    """Return the example's world with one commit more, without a pull request."""
    given = configured(configuration)
    home = given["repos"][REPOSITORY]
    home["commits"]["4" * 40] = {
        "message": "feat(io): read pipes\n\nCo-authored-by: Cy <cy@example.org>",
        "committedDate": "2026-01-04T00:00:00Z",
        "author": {"name": "Eve", "login": "eve"},
        "parents": ["3" * 40],
    }
    home["refs"]["refs/heads/main"] = "4" * 40
    return given


FEATURES = """
categories:
  - title: Features
    semver-increment: minor
    when: { conventional: { type: feat } }
"""


def test_commits_without_a_pull_request_are_listed_on_request(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Subject, id and author; conventional types put it under a heading and count the version up."""
    hub = fakehub(with_direct_commit(PLAIN + "direct-commits: true\n" + FEATURES))
    done = draft(hub)
    assert "## Features\n\n* feat(io): read pipes (44444444) @eve" in body(hub)
    assert "* Read wheels (#1) @ada" in body(hub)
    assert done.outputs["resolved_version"] == "1.1.0"


def test_direct_commits_are_passed_over_by_default(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Release-drafter knows pull requests only."""
    hub = fakehub(with_direct_commit(PLAIN + FEATURES))
    done = draft(hub)
    assert "read pipes" not in body(hub)
    assert done.outputs["resolved_version"] == "1.0.1"


def test_paths_of_direct_commits_are_asked_for_where_rules_look_at_them(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """One request a commit; without such a rule none."""
    given = with_direct_commit(PLAIN + "direct-commits: true\ninclude-paths: [io/**]\n")
    given["repos"][REPOSITORY]["commits"]["4" * 40]["files"] = [*(f"x/{n}" for n in range(120)), "io/pipes.py"]
    hub = fakehub(given)
    draft(hub)
    assert body(hub) == "* feat(io): read pipes (44444444) @eve"
    assert [made.operation for made in hub.log].count("repos/get-commit") == 2


def test_direct_commits_beyond_a_hundred_are_not_asked_about(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Each would take a request: the rest has no paths, which is said."""
    text = PLAIN + "direct-commits: true\ninclude-paths: [io/**]\n"
    given = range_world(103, files={"*": {".github/release-drafter.yml": text}})
    given["prs"] = {}
    for commit in given["repos"][REPOSITORY]["commits"].values():
        commit |= {"prs": [], "files": ["io/a.py"], "message": "x"}
    hub = fakehub(given)
    done = draft(hub)
    assert len(body(hub).split("\n")) == 100
    assert "the files of 3 direct commits are not known" in done.log


# Several configurations.


def monorepo() -> dict[str, Any]:
    """Return a world with two packages, each with its configuration, its tags and its paths."""

    def configuration(package: str) -> str:
        return (
            f"name-template: {package} $RESOLVED_VERSION\ntag-template: {package}/v$RESOLVED_VERSION\n"
            f"tag-prefix: {package}/\ntemplate: $CHANGES\ninclude-paths: [{package}/**]\n"
        )

    given = range_world(6)
    home = given["repos"][REPOSITORY]
    home["files"] = {"*": {f".github/{package}.yml": configuration(package) for package in ("api", "web")}}
    home["releases"] = [
        {"tag_name": "web/v2.0.0", "created_at": "2026-02-01T00:02:00Z"},
        {"tag_name": "api/v1.0.0", "created_at": "2026-01-01T00:00:00Z"},
    ]
    home["refs"] = {"refs/tags/api/v1.0.0": sha(0), "refs/tags/web/v2.0.0": sha(2), "refs/heads/main": sha(6)}
    for number in range(1, 7):
        given["prs"][f"{REPOSITORY}#{number}"]["files"] = [f"{'web' if number % 2 else 'api'}/a.py"]
    return given


BOTH = {"configs": "api.yml\nweb.yml"}


def numbers(text: str) -> list[str]:
    """Return the pull requests that a text lists, sorted."""
    return sorted(word.strip("()") for word in text.split() if word.startswith("(#"))


def test_several_configurations_draft_a_release_each(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Each counts from its own last release and lists what touched its paths."""
    hub = fakehub(monorepo())
    done = draft(hub, BOTH)
    made = {release["tag_name"]: release["body"] for release in drafts(hub)}
    assert done.status == 0
    assert {tag: numbers(text) for tag, text in made.items()} == {
        "api/v1.0.1": ["#2", "#4", "#6"],
        "web/v2.0.1": ["#3", "#5"],
    }
    assert [item["tag-name"] for item in json.loads(done.outputs["drafts"])] == ["api/v1.0.1", "web/v2.0.1"]
    assert done.outputs["tag_name"] == "api/v1.0.1"
    assert "2 releases, one a configuration: api/v1.0.1, web/v2.0.1" in done.log


def test_a_configuration_that_is_not_there_is_named(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """With the input that names it."""
    done = draft(fakehub(monorepo()), {"configs": "api.yml\nwbe.yml"})
    assert (done.status, done.outputs["code"]) == (2, "DRAFT005")
    assert "there is no configuration 'wbe.yml'" in done.log
    assert "at configs" in done.log


def test_the_history_is_read_once_for_all_configurations(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A second configuration costs its file and its write, not another look at commits and pull requests."""
    hub = fakehub(monorepo())
    draft(hub, BOTH)
    read = [made.operation for made in hub.log if made.operation not in ("repos/get-content", "repos/create-release")]
    assert read == ["repos/list-releases", "Tips", "Comparison"]


def test_each_configurations_notes_lie_in_a_file_of_their_own(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The first one's is `notes.md`, as with one configuration."""
    done = draft(fakehub(monorepo()), BOTH)
    files = [item["body-file"] for item in json.loads(done.outputs["drafts"])]
    assert files == ["release/evidence/notes.md", "release/evidence/notes.2-web.md"]
    assert [numbers(Path(file).read_text(encoding="utf-8")) for file in files] == [["#2", "#4", "#6"], ["#3", "#5"]]


def test_joint_notes_are_one_draft_with_a_section_for_each(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The first configuration gives name, tag and version."""
    hub = fakehub(monorepo())
    draft(hub, {**BOTH, "joint-notes": "true"})
    [made] = drafts(hub)
    first, _, second = made["body"].partition("\n\n## web 2.0.1\n\n")
    assert made["tag_name"] == "api/v1.0.1"
    assert (numbers(first), numbers(second)) == (["#2", "#4", "#6"], ["#3", "#5"])


def test_two_configurations_for_one_release_are_refused(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The second would overwrite what the first has written; nothing is."""
    given = monorepo()
    files = given["repos"][REPOSITORY]["files"]["*"]
    files[".github/web.yml"] = files[".github/api.yml"].replace("[api/**]", "[web/**]")
    hub = fakehub(given)
    done = draft(hub, BOTH)
    assert (done.status, done.outputs["code"], hub.writes) == (2, "DRAFT022", ())


def test_files_for_several_drafts_are_refused(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Nobody knows which release they belong to."""
    release_folder(app_whl="built")
    hub = fakehub(monorepo())
    done = draft(hub, BOTH)
    assert (done.status, done.outputs["code"], hub.writes) == (2, "DRAFT021", ())


def test_nothing_is_written_for_the_first_where_the_second_cannot_be_read(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """All configurations are decided before the first write."""
    given = monorepo()
    del given["repos"][REPOSITORY]["refs"]["refs/tags/web/v2.0.0"]
    hub = fakehub(given)
    done = draft(hub, BOTH)
    assert (done.status, done.outputs["code"], hub.writes) == (3, "HUB011", ())


def test_a_draft_that_is_published_under_its_hands_repeats_only_that_one(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """What was written for the others stays."""
    given = monorepo()
    given["repos"][REPOSITORY]["releases"].insert(0, {"tag_name": "web/v2.0.1", "draft": True, "body": "old"})
    given["repos"][REPOSITORY]["refs"]["refs/tags/web/v2.0.1"] = sha(3)
    hub = fakehub(given)
    hub.inject(Meanwhile(lambda hub: hub.publish(REPOSITORY, "web/v2.0.1"), "after"), operation="repos/create-release")
    done = draft(hub, BOTH)
    assert done.status == 0
    assert [(release["tag_name"], release["draft"]) for release in hub.release_state[REPOSITORY]] == [
        ("web/v2.0.2", True),
        ("api/v1.0.1", True),
        ("web/v2.0.1", False),
        ("web/v2.0.0", False),
        ("api/v1.0.0", False),
    ]


# GraphQL refused; GitHub Enterprise Server; a checkout.


def test_without_graphql_the_notes_are_the_same(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A server may have it switched off; a warning says that REST is used."""
    expected, hub = fakehub(EXAMPLE), fakehub(EXAMPLE)
    draft(expected)
    hub.inject(Status(404), path="/graphql")
    done = draft(hub)
    assert (done.status, body(hub)) == (0, body(expected))
    assert "GraphQL is refused" in done.log


def test_an_enterprise_server_is_asked_under_its_own_addresses(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """`/api/v3` and `/api/graphql`, and links to its pages."""
    given = with_direct_commit(PLAIN + "direct-commits: true\nchange-template: $TITLE $URL\n")
    hub = fakehub(given, enterprise=True)
    assert draft(hub).status == 0
    assert f"feat(io): read pipes {hub.server_url}/acme/app/commit/{'4' * 40}" in body(hub)


def git(*arguments: str) -> str:
    """Run git in the working folder."""
    who = {f"GIT_{role}_{key}": "ada@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments],
        check=True,
        capture_output=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", **who},
    )
    return done.stdout.decode().strip()


def test_a_checkout_in_the_workspace_saves_requests(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The commits come from git, the pull requests that they name in one query."""
    git("init", "-q", "-b", "main")
    git("remote", "add", "origin", "https://github.com/acme/app")
    ids = []
    for subject in ("Begin", "Read wheels (#1)", "Do not follow links (#2)"):
        git("commit", "-q", "--allow-empty", "-m", subject)
        ids.append(git("rev-parse", "HEAD"))
    text = json.dumps(EXAMPLE)
    for digit, oid in zip("123", ids, strict=True):
        text = text.replace(digit * 40, oid)
    hub = fakehub(json.loads(text))
    done = draft(hub)
    assert "Comparison" not in [made.operation for made in hub.log]
    assert "read from git and GitHub's API" in done.log
    assert "* Read wheels (#1)" in body(hub)


# What may go wrong on the way.


@pytest.mark.parametrize(
    "fault",
    [Status(502), Status(504), Partial(), too_many(7), Slow(0.01), Status(500), Status(403, {"retry-after": "9"})],
)
def test_faults_while_reading_cost_time_and_change_nothing(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    fault: Any,  # noqa: ANN401 - any of the faults
) -> None:
    """Smaller pages, another try, or a wait; then the same notes as without the fault."""
    expected, hub = fakehub(range_world(120, files=EXAMPLE["repos"][REPOSITORY]["files"])), None
    draft(expected)
    hub = fakehub(range_world(120, files=EXAMPLE["repos"][REPOSITORY]["files"]))
    hub.inject(fault, operation="Comparison", after=1)
    assert draft(hub).status == 0
    assert body(hub) == body(expected)


def test_a_rate_limit_is_waited_for_as_long_as_github_says(
    fakehub: FakeHub, draft: Callable[..., Run], waits: list[float]
) -> None:
    """Retry-After counts, not a guess."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(7), operation="Comparison")
    hub.inject(too_many(5), operation="repos/list-releases")
    assert draft(hub).status == 0
    assert waits == [5.0, 7.0]


def test_the_page_grows_back_after_a_fault(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Halved for the page that failed, doubled from the next on: one fault does not slow the rest down."""
    hub = fakehub(range_world(400))
    hub.inject(Status(502), operation="Comparison", times=2)
    draft(hub)
    sizes = [made.body["variables"]["first"] for made in hub.log if made.operation == "Comparison"]
    assert sizes == [100, 50, 25, 50, 100, 100, 100, 100]


@pytest.mark.parametrize("operation", ["repos/list-releases", "Comparison"])
def test_a_limit_longer_than_a_run_may_wait_ends_it(
    fakehub: FakeHub, draft: Callable[..., Run], waits: list[float], operation: str
) -> None:
    """It says when to come back, and nothing is written."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(1800), operation=operation)
    done = draft(hub)
    assert (done.status, done.outputs["code"], hub.writes, waits) == (3, "HUB004", (), [])
    assert "Run again in 30 min." in done.log


def test_more_releases_than_github_lists_are_told(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The API lists a thousand: a base beyond them is never found."""
    many = [{"tag_name": f"v0.{number}.0"} for number in range(5_000)]
    hub = fakehub(world(releases=[{"tag_name": "v1.0.0"}, *many]))
    done = draft(hub)
    assert (done.status, [made.operation for made in hub.log].count("repos/list-releases")) == (0, 10)
    assert "only the first 1,000 releases" in done.log


def test_a_repository_without_releases_says_that_nothing_is_compared(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """Also with `base: nearest`, which then asks nothing."""
    hub = fakehub(world(releases=[]))
    done = draft(hub, {"base": "nearest"})
    assert done.status == 0
    assert "there is no published release to compare with" in done.log
    assert not hub.points


def test_a_rewritten_history_is_compared_from_where_it_parted(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The tag lies on commits that the branch has not got any more: the summary says so."""
    given = world()
    home = given["repos"][REPOSITORY]
    home["commits"]["9" * 40] = {"parents": [], "message": "as it was", "committedDate": "2026-01-01T00:00:00Z"}
    home["refs"]["refs/tags/v1.0.0"] = "9" * 40
    done = draft(fakehub(given))
    assert done.status == 0
    assert "no ancestor of refs/heads/main" in done.summary


@pytest.mark.parametrize(
    "operation",
    ["repos/get-content", "repos/list-releases", "Comparison", "PullRequests", "PullRequestsByNumber", "Files"],
)
def test_nothing_is_written_where_anything_cannot_be_read(
    fakehub: FakeHub, draft: Callable[..., Run], operation: str
) -> None:
    """Whatever it is that GitHub does not answer, the run ends before its first write."""
    given = range_world(3, files={"*": {".github/release-drafter.yml": PLAIN + "include-paths: [src/**]\n"}})
    given["prs"][f"{REPOSITORY}#3"]["files"] = [f"src/{number}.py" for number in range(150)]
    given["repos"][REPOSITORY]["commits"][sha(1)]["prs"].append(f"{REPOSITORY}#900")
    old = {"title": "Old", "mergedAt": "2001-01-01T00:00:00Z", "mergeCommit": sha(77)}
    # Enough of them that the list has a second page, and a third one that is never read.
    given["prs"] |= {f"{REPOSITORY}#{n}": {**old, "updatedAt": "2026-09-01T00:00:00Z"} for n in range(100, 210)}
    given["prs"] |= {f"{REPOSITORY}#{n}": {**old, "updatedAt": "2002-01-01T00:00:00Z"} for n in range(300, 400)}
    given["prs"][f"{REPOSITORY}#900"] = {**old, "updatedAt": "2001-01-01T00:00:00Z"}
    hub = fakehub(given)
    hub.inject(Status(500), operation=operation, times=99)
    done = draft(hub)
    assert (done.status, hub.writes) == (3, ())


def test_a_merge_that_the_index_has_not_seen_is_listed(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The commit names no pull request yet, but the pull request names the commit."""
    given = world()
    given["repos"][REPOSITORY]["commits"]["3" * 40]["prs"] = []
    hub = fakehub(given)
    draft(hub)
    assert "* Do not follow links (#2) @bob" in body(hub)


def test_what_it_cost_is_told(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As telemetry in the log: requests and GraphQL points."""
    hub = fakehub(EXAMPLE)
    log = draft(hub).log
    assert f"{len(hub.log)} requests, {hub.points} GraphQL points" in log


# What a pull request adds.


def started_by(pull: object, **variables: str) -> dict[str, str]:
    """Return the variables of a run that a pull request's event started."""
    event = Path("event.json").resolve()
    event.write_text(json.dumps({"number": 3, "pull_request": pull}), encoding="utf-8")
    names = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/3/merge", "GITHUB_EVENT_PATH": str(event)}
    return names | variables


def pull_request(*labels: str) -> dict[str, Any]:
    """Return a pull request from a fork, as the event tells it."""
    return {
        "number": 3,
        "title": "feat: read pipes <!--",
        "user": {"login": "eve", "type": "User", "html_url": "https://github.com/eve"},
        "labels": [{"name": label} for label in labels],
        "body": None,
        "html_url": "https://github.com/acme/app/pull/3",
        "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
        "head": {"ref": "pipes", "repo": {"full_name": "eve/app"}},
    }


def opened(labels: tuple[str, ...] = ("feature",)) -> dict[str, Any]:
    """Return the example's world with an open pull request on top of a main where only fixes were merged."""
    given = world()
    given["prs"][f"{REPOSITORY}#1"]["labels"] = ["bug"]
    home = given["repos"][REPOSITORY]
    home["commits"]["5" * 40] = {"parents": ["3" * 40], "message": "work", "prs": [f"{REPOSITORY}#3"]}
    home["refs"]["refs/pull/3/merge"] = "5" * 40
    given["prs"][f"{REPOSITORY}#3"] = {"title": "feat: read pipes", "merged": False, "labels": list(labels)}
    return given


def test_a_pull_requests_summary_shows_what_it_adds(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The line under its heading, and the version that it leads to; a fork's may read, so it may see that."""
    hub = fakehub(opened())
    done = draft(hub, **started_by(pull_request("feature"), GITHUB_TOKEN=hub.read_token))
    assert (done.status, hub.writes) == (0, ())
    assert "| version | from 1.0.1 to 1.1.0 |" in done.summary
    assert "pull request #3 leads to 1.1.0" in done.log
    assert "## Features\n\n* feat: read pipes" in done.summary


def test_a_pull_request_that_raises_nothing_says_so(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """A fix among fixes."""
    hub = fakehub(opened(("bug",)))
    done = draft(hub, **started_by(pull_request("bug")))
    assert "| version | stays 1.0.1 |" in done.summary


def test_a_pull_request_that_is_left_out_says_so(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """By the configuration's own rules."""
    given = opened()
    given["repos"][REPOSITORY]["files"] = {"*": {".github/release-drafter.yml": PLAIN + "exclude-labels: [feature]\n"}}
    hub = fakehub(given)
    done = draft(hub, **started_by(pull_request("feature")))
    assert "no, the configuration leaves it out" in done.summary


def test_paths_are_asked_for_where_rules_look_at_them(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """The event does not hold them."""
    given = opened()
    given["prs"][f"{REPOSITORY}#3"]["files"] = ["docs/a.md"]
    text = PLAIN + "exclude-paths: ['docs/**']\n"
    given["repos"][REPOSITORY]["files"] = {"*": {".github/release-drafter.yml": text}}
    hub = fakehub(given)
    assert "no, the configuration leaves it out" in draft(hub, **started_by(pull_request("feature"))).summary


@pytest.mark.parametrize("pull", [{}, None, {"number": "3", "title": 1}])
def test_an_event_without_a_readable_pull_request_is_no_fault(
    fakehub: FakeHub, draft: Callable[..., Run], pull: object
) -> None:
    """The dry run goes on without the preview."""
    hub = fakehub(opened())
    done = draft(hub, **started_by(pull))
    assert (done.status, "What pull request" in done.summary) == (0, False)


# The preview at a terminal.


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is."""
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_a_dry_run_at_a_terminal_shows_the_notes_rendered(
    fakehub: FakeHub, stream: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headings and bullets as a reader will see them; into a pipe goes the Markdown itself."""
    monkeypatch.chdir(tmp_path)
    given = world()
    given["prs"][f"{REPOSITORY}#1"]["title"] = "Read \x1b[31mwheels"
    hub = fakehub(given)
    face = TerminalFace(hub.environment(), "draft", as_json=False, stream=stream, errors=io.StringIO())
    draft_action.run(draft_action.Inputs(dry_run=True), face)
    face.conclude({})
    shown = stream.getvalue()
    assert "\x1b[31mwheels" not in shown
    is_rendered = "•" in shown and "* Read" not in shown.replace('"', "").partition("What would be sent")[0]
    assert is_rendered is stream.isatty()
