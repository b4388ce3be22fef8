"""Read a world from plain JSON.

Only names are required; everything else has a default:

    {"repos": {"acme/app": {
        "default_branch": "main",
        "private": false,
        "immutable_releases": false,
        "files": {"*": {".github/release-drafter.yml": "…"}},       # by ref; * for every ref
        "releases": [{"tag_name": "v1.0.0", "assets": [{"name": "app.whl", "content": "…"}]}],
        "refs": {"refs/tags/v1.0.0": "<sha>", "refs/heads/main": "<sha>"},
        "commits": {"<sha>": {"message": "…", "committedDate": "…", "author": {"name": "…", "login": "…"},
                              "authors": [], "parents": ["<sha>"], "prs": ["acme/app#1"],
                              "files": ["src/a.py"]}},
        "compare": [{"base": "refs/tags/v1.0.0", "head": "*", "commits": ["<sha>"], "behind": 0}],
        "attestations": {"sha256:…": [{…bundle…}, {"bundle_url": "…"}]},
        "permissions": {"ada": "maintain"},
        "approvals": {"42": [{"state": "approved", "user": "ada", "comment": "…", "environments": ["production"]}]},
        "rules": {"main": [{"type": "required_status_checks", "parameters": {…}}]},
        "sbom": {…}, "dependency_changes": {"<base>...<head>": [{…}]}}},
     "prs": {"acme/app#1": {"title": "…", "author": {"login": "…"}, "labels": ["bug"], "merged": true,
                            "mergedAt": "…", "mergeCommit": "<sha>", "files": ["src/a.py"],
                            "labelled": [["bug", "ada"]]}}}

Where `compare` has no entry, commits with `parents` are compared as a graph.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.fakehub.world import (
    ACTIONS,
    FIRST_RELEASE,
    UNDATED,
    Account,
    Commit,
    Entry,
    PullRequest,
    Release,
    Repository,
    Sha,
    Signature,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["read"]


def read(document: Mapping[str, Any], *, lenient: bool = False) -> World:
    """Read a world. Raises ValueError for a key that no world has."""
    _known("the world", document, {"repos", "prs"})
    world = World({}, {}, lenient)
    for number, (name, repository) in enumerate(document.get("repos", {}).items()):
        world.repositories[name.lower()] = _read_repository(world, number, name, repository)
    dates: dict[str, str] = {}
    for commit in (commit for repository in world.repositories.values() for commit in repository.commits.values()):
        for name in (commit.oid, *commit.pull_requests):
            dates[name] = max(commit.date, dates.get(name, UNDATED))
    for key, pull_request in document.get("prs", {}).items():
        world.pull_requests[key] = _read_pull_request(world, key, pull_request, dates)
    return world


def _read_repository(world: World, number: int, name: str, given: Mapping[str, Any]) -> Repository:
    """Read one repository of a world."""
    known = {
        "default_branch", "private", "immutable_releases", "files", "releases", "refs", "commits", "compare",
        "attestations", "sbom", "dependency_changes", "permissions", "rules", "approvals",
    }  # fmt: skip
    _known(name, given, known)
    owner, _, short = name.partition("/")
    default_branch = given.get("default_branch", "main")
    return Repository(
        id=100_000 + number,
        owner=owner,
        name=short,
        default_branch=default_branch,
        private=given.get("private", False),
        immutable_releases=given.get("immutable_releases", False),
        files=given.get("files", {}),
        releases=[_read_release(world, release, default_branch) for release in given.get("releases", ())],
        refs={ref: Sha(oid) for ref, oid in given.get("refs", {}).items()},
        commits={Sha(oid): _read_commit(Sha(oid), commit) for oid, commit in given.get("commits", {}).items()},
        entries=tuple(_read_entry(entry) for entry in given.get("compare", ())),
        attestations={digest: list(bundles) for digest, bundles in given.get("attestations", {}).items()},
        sbom=given.get("sbom"),
        dependency_changes=given.get("dependency_changes", {}),
        permissions=given.get("permissions", {}),
        rules=given.get("rules", {}),
        approvals=given.get("approvals", {}),
    )


def _read_release(world: World, given: Mapping[str, Any], default_branch: str) -> Release:
    """Read one release; addresses in it are left aside, the fake makes its own."""
    known = {
        "id", "node_id", "tag_name", "target_commitish", "name", "body", "draft", "prerelease", "immutable",
        "created_at", "updated_at", "published_at", "author", "assets", "url", "assets_url", "upload_url",
        "html_url", "tarball_url", "zipball_url",
    }  # fmt: skip
    _known("a release", given, known)
    tag, draft = given.get("tag_name", ""), given.get("draft", False)
    created = given.get("created_at") or UNDATED
    author = given.get("author") or {}
    release = Release(
        id=given.get("id") or FIRST_RELEASE + world.count(),
        tag="" if tag.startswith("untagged-") else tag,
        target=given.get("target_commitish", default_branch),
        name=given.get("name", tag),
        body=given.get("body", ""),
        draft=draft,
        prerelease=given.get("prerelease", False),
        immutable=False,
        created_at=created,
        updated_at=given.get("updated_at") or created,
        published_at=None if draft else given.get("published_at") or created,
        author=_account(author["login"], author.get("type")) if author else ACTIONS,
    )
    for asset in given.get("assets", ()):
        _known("an asset", asset, {"name", "label", "content", "content_type", "digest"})
        content = asset["content"]
        world.upload(
            release,
            asset["name"],
            content.encode() if isinstance(content, str) else content,
            label=asset.get("label"),
            content_type=asset.get("content_type", "application/octet-stream"),
            digest=asset.get("digest", ""),
        )
    release.immutable = given.get("immutable", False)
    return release


def _read_pull_request(world: World, key: str, given: Mapping[str, Any], dates: Mapping[str, str]) -> PullRequest:
    """Read one pull request; `dates` has the newest date of what belongs to it, by its key and its merge commit."""
    known = {
        "number", "title", "url", "body", "author", "labels", "files", "merged", "state", "createdAt", "updatedAt",
        "mergedAt", "mergeCommit", "mergeCommit_derived", "potentialMergeCommit", "baseRefName", "headRefName",
        "headRefOid", "isCrossRepository", "isDraft", "labelled",
    }  # fmt: skip
    _known(key, given, known)
    name, _, number = key.partition("#")
    repository = world.repository(name)
    merged = given.get("merged", True)
    # An author that is not told is a usual one; one that is told to be null was deleted.
    author = given.get("author", {"login": "octocat"})
    merge_commit = given.get("mergeCommit")
    latest = max(given.get("mergedAt") or UNDATED, dates.get(key, UNDATED), dates.get(merge_commit or "", UNDATED))
    return PullRequest(
        repository=name,
        number=int(number),
        title=given.get("title", ""),
        body=given.get("body"),
        url=given.get("url") or f"https://github.com/{name}/pull/{number}",
        author=_account(author["login"], author.get("__typename"), author.get("url", "")) if author else None,
        labels=list(given.get("labels", ())),
        files=tuple(given.get("files", ())),
        merged=merged,
        state=given.get("state") or ("MERGED" if merged else "OPEN"),
        created_at=given.get("createdAt") or given.get("mergedAt") or UNDATED,
        # Never older than what belongs to it, as on GitHub: clients stop reading by this date.
        updated_at=given.get("updatedAt") or latest,
        merged_at=given.get("mergedAt") if merged else None,
        base=given.get("baseRefName") or (repository.default_branch if repository else "main"),
        head=given.get("headRefName") or f"change-{number}",
        head_oid=Sha(given.get("headRefOid") or hashlib.sha1(key.encode()).hexdigest()),  # noqa: S324 - a name
        merge_commit=Sha(merge_commit) if merge_commit else None,
        potential_merge_commit=Sha(given["potentialMergeCommit"]) if given.get("potentialMergeCommit") else None,
        cross_repository=given.get("isCrossRepository", False),
        draft=given.get("isDraft", False),
        labelled=tuple((label, login) for label, login in given.get("labelled", ())),
    )


def _known(what: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse keys that the fake would silently ignore: a misspelt world tests nothing."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        message = f"{what} has unknown keys: {', '.join(unknown)}"
        raise ValueError(message)


def _account(login: str, kind: str | None, url: str = "") -> Account:
    """Return an account from either API's way of writing it."""
    short = login.removesuffix("[bot]")
    bot = kind == "Bot" or short != login
    return Account(short, "Bot" if bot else "User", url or ("https://github.com/" + ("apps/" if bot else "") + short))


def _read_commit(oid: Sha, given: Mapping[str, Any]) -> Commit:
    """Read one commit."""
    _known(oid, given, {"oid", "id", "message", "committedDate", "author", "authors", "prs", "parents", "files"})
    author = _read_signature(given.get("author") or {})
    authors = tuple(_read_signature(signature) for signature in given.get("authors", ()))
    return Commit(
        oid=oid,
        message=_with_trailers(given.get("message", ""), authors[1:]),
        date=given.get("committedDate") or UNDATED,
        author=author,
        authors=authors or (author,),
        parents=tuple(Sha(parent) for parent in given["parents"]) if "parents" in given else None,
        pull_requests=tuple(given.get("prs", ())),
        files=tuple(given.get("files", ())),
    )


def _with_trailers(message: str, others: Sequence[Signature]) -> str:
    """Return a message that names the co-authors, which is where GitHub knows them from."""
    missing = [f"Co-authored-by: {other.name} <{other.email or 'x@y.example'}>" for other in others]
    if not missing or "co-authored-by" in message.lower():
        return message
    return "\n\n".join((message, "\n".join(missing)))


def _read_signature(given: Mapping[str, Any]) -> Signature:
    """Read one author of a commit."""
    _known("an author", given, {"name", "email", "login"})
    return Signature(given.get("name") or "", given.get("email") or "", given.get("login"))


def _read_entry(given: Mapping[str, Any]) -> Entry:
    """Read one comparison."""
    _known("a comparison", given, {"base", "head", "commits", "behind"})
    commits: Sequence[str] = given["commits"]
    return Entry(given["base"], given["head"], tuple(Sha(oid) for oid in commits), given.get("behind", 0))
