"""Answer REST requests out of the world, as GitHub does."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tests.fakehub import world as state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.fakehub.checks import OpenAPI
    from tests.fakehub.world import Asset, Commit, PullRequest, Release, Repository, World

__all__ = ["HANDLERS", "Addresses", "Call", "Missing", "Reply", "refusal"]

_PAGE = 30
"""How many entries GitHub puts on a page when nobody asks for a number."""

_COMPARE_FILES = 300
"""The most files a comparison names."""

_INLINE_LIMIT = 1024 * 1024
"""Above this size the contents API gives no content but in the raw media type."""

_DOCUMENTATION = "https://docs.github.com/rest"


class Missing(Exception):  # noqa: N818 - GitHub's "Not Found"
    """What the path names is not there, or not there for this caller."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the fake is, seen from a client."""

    api: str
    """The root of the REST API as this client reaches it."""
    uploads: str
    """The root of the upload host."""
    downloads: str
    """The root of what stands for github.com's downloads."""
    storage: Callable[[int], str]
    """The address of an asset's content on another host, where no token belongs."""
    server: str
    """The root of pages meant for people."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the client."""

    status: int
    body: Any = None
    """JSON, or bytes as they are; None for no body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None
    """How many entries there are in all, where the reply is one page of them."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that found its operation."""

    world: World
    openapi: OpenAPI
    at: Addresses
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """The JSON body."""
    raw: bytes
    """The body as it came."""
    may_read: bool
    """Whether the token opens private repositories."""
    may_write: bool
    """Whether the token may write, and so see drafts."""
    rates: Mapping[str, Mapping[str, int]]
    """What is left of each rate limit."""
    redirects: bool
    """Whether an asset's content is handed out by another host."""
    wrong_digest: str
    """What to give as the digest of an uploaded file instead of the right one; empty for the right one."""

    @property
    def repository(self) -> Repository:
        """The repository of the path. Raises Missing where this caller sees none."""
        found = self.world.repository(f"{self.parameters['owner']}/{self.parameters['repo']}")
        if found is None or (found.private and not self.may_read):
            raise Missing
        return found

    @property
    def release(self) -> Release:
        """The release of the path. Raises Missing where this caller sees none."""
        found = self.repository.release(int(self.parameters["release_id"]))
        if found is None or (found.draft and not self.may_write):
            raise Missing
        return found

    @property
    def asset(self) -> tuple[Release, Asset]:
        """The asset of the path and its release. Raises Missing where this caller sees none."""
        for release in self.repository.releases:
            for asset in release.assets:
                if asset.id == int(self.parameters["asset_id"]) and (self.may_write or not release.draft):
                    return release, asset
        raise Missing

    def pull_request(self, name: str) -> PullRequest:
        """Return the pull request of the path. Raises Missing where there is none."""
        found = self.world.pull_request(self.repository, int(self.parameters[name]))
        if found is None:
            raise Missing
        return found


def refusal(status: int, message: str, *errors: Mapping[str, str]) -> Reply:
    """Return a reply that refuses, in GitHub's form."""
    body: dict[str, Any] = {"message": message, "documentation_url": _DOCUMENTATION, "status": str(status)}
    if errors:
        # The description of a validation error has no status.
        del body["status"]
        body["errors"] = [dict(error) for error in errors]
    return Reply(status, body)


def _paged(call: Call, items: Sequence[Any], show: Callable[[Any], Any]) -> Reply:
    """Return one page, with links to its neighbours."""
    size, page = _page(call)
    start = (page - 1) * size
    body = [show(item) for item in items[start : start + size]]
    return Reply(200, body, _links(call, page, size, len(items)), total=len(items))


def _page(call: Call) -> tuple[int, int]:
    """Return the page's size and number as GitHub understands the query, wrong values included."""
    size, page = call.query.get("per_page", ""), call.query.get("page", "")
    return (
        min(int(size), 100) if size.isdecimal() and int(size) else _PAGE,
        int(page) if page.isdecimal() and int(page) else 1,
    )


def _links(call: Call, page: int, size: int, total: int) -> dict[str, str]:
    """Return the `link` header, none where everything is on one page."""
    last = max(1, -(-total // size))
    wanted = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    absent = {"next", "last"} if page >= last else set()
    absent |= {"prev", "first"} if page <= 1 else set()
    links = [
        f'<{call.headers["x-fakehub-address"]}?{urlencode({**call.query, "page": str(number)})}>; rel="{name}"'
        for name, number in wanted.items()
        if name not in absent
    ]
    return {"link": ", ".join(links)} if links else {}


# Views: how the world's things look in REST.


def _node_id(kind: str, number: int | str) -> str:
    """Return an opaque id of the form that GitHub's have."""
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"


def _user(call: Call, account: state.Account | None) -> dict[str, Any]:
    """Return an account."""
    account = account or state.GHOST
    name = quote(account.name)
    url = f"{call.at.api}/users/{name}"
    return call.openapi.filled(
        "simple-user",
        {
            "login": account.name,
            "id": int(hashlib.sha256(account.name.encode()).hexdigest()[:6], 16),
            "node_id": _node_id("U", account.name),
            "url": url,
            "html_url": account.url or f"{call.at.server}/{name}",
            "avatar_url": f"{call.at.server}/{name}.png",
            "gravatar_id": "",
            "repos_url": f"{url}/repos",
            "type": account.kind,
        },
    )


def _release(call: Call, repository: Repository, release: Release) -> dict[str, Any]:
    """Return a release."""
    full = repository.full_name
    url = f"{call.at.api}/repos/{full}/releases/{release.id}"
    # A draft has no public page, so GitHub hides even its tag in the address.
    page = release.slug if release.draft else release.shown_tag
    archive = None if release.draft else f"{call.at.api}/repos/{full}/{{}}/{quote(release.shown_tag)}"
    return {
        "url": url,
        "html_url": f"{call.at.server}/{full}/releases/tag/{quote(page)}",
        "assets_url": f"{url}/assets",
        "upload_url": f"{call.at.uploads}/repos/{full}/releases/{release.id}/assets{{?name,label}}",
        "tarball_url": archive and archive.format("tarball"),
        "zipball_url": archive and archive.format("zipball"),
        "id": release.id,
        "node_id": _node_id("RE", release.id),
        "tag_name": release.shown_tag,
        "target_commitish": release.target,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "immutable": release.immutable,
        "created_at": release.created_at,
        "updated_at": release.updated_at,
        "published_at": release.published_at,
        "author": _user(call, release.author),
        "assets": [_asset(call, repository, release, asset) for asset in release.assets],
    }


def _asset(call: Call, repository: Repository, release: Release, asset: Asset) -> dict[str, Any]:
    """Return a file of a release."""
    full = repository.full_name
    page = release.slug if release.draft else release.shown_tag
    return {
        "url": f"{call.at.api}/repos/{full}/releases/assets/{asset.id}",
        "browser_download_url": f"{call.at.downloads}/{full}/releases/download/{quote(page)}/{quote(asset.name)}",
        "id": asset.id,
        "node_id": _node_id("RA", asset.id),
        "name": asset.name,
        "label": asset.label,
        "state": "uploaded",
        "content_type": asset.content_type,
        "size": len(asset.content),
        "digest": asset.digest if asset.digest != state.NO_DIGEST else None,
        "download_count": 0,
        "created_at": asset.created_at,
        "updated_at": asset.created_at,
        "uploader": _user(call, state.ACTIONS),
    }


def _label(call: Call, repository: Repository, name: str) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": int(hashlib.sha256(name.encode()).hexdigest()[:6], 16),
        "node_id": _node_id("LA", name),
        "url": f"{call.at.api}/repos/{repository.full_name}/labels/{quote(name)}",
        "name": name,
        # Null is right by itself, but not in the description of a pull request's labels.
        "description": "",
        "color": "ededed",
        "default": False,
    }


def _repository(call: Call, repository: Repository, schema: str = "full-repository") -> dict[str, Any]:
    """Return a repository in one of the forms that GitHub has for it."""
    url = f"{call.at.api}/repos/{repository.full_name}"
    return call.openapi.filled(
        schema,
        {
            "id": repository.id,
            "node_id": _node_id("R", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": _user(call, state.Account(repository.owner)),
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "html_url": f"{call.at.server}/{repository.full_name}",
            "url": url,
            "releases_url": f"{url}/releases{{/id}}",
            "default_branch": repository.default_branch,
        },
    )


def _pull_request(call: Call, repository: Repository, request: PullRequest, schema: str) -> dict[str, Any]:
    """Return a pull request in one of the two forms that GitHub has for it."""
    url = f"{call.at.api}/repos/{repository.full_name}/pulls/{request.number}"
    issue = f"{call.at.api}/repos/{repository.full_name}/issues/{request.number}"
    ends = {
        "head": (request.head, request.head_oid),
        "base": (request.base, repository.resolve(request.base) or request.head_oid),
    }
    known: dict[str, Any] = {
        "id": request.number,
        "node_id": _node_id("PR", request.number),
        "number": request.number,
        "title": request.title,
        "body": request.body,
        "state": "open" if request.state == "OPEN" else "closed",
        "draft": request.draft,
        "url": url,
        "html_url": request.url,
        "diff_url": f"{request.url}.diff",
        "patch_url": f"{request.url}.patch",
        "issue_url": issue,
        "comments_url": f"{issue}/comments",
        "commits_url": f"{url}/commits",
        "user": _user(call, request.author),
        "labels": [_label(call, repository, name) for name in request.labels],
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "closed_at": None if request.state == "OPEN" else request.merged_at or request.updated_at,
        "merged_at": request.merged_at,
        "merge_commit_sha": request.merge_commit or request.potential_merge_commit,
    }
    for side, (ref, oid) in ends.items():
        known[side] = {
            **call.openapi.least(schema, side),
            "label": f"{repository.owner}:{ref}",
            "ref": ref,
            "sha": oid,
            "user": _user(call, state.Account(repository.owner)),
            "repo": _repository(call, repository, "repository"),
        }
    # A commit may belong to a pull request of another repository, a fork's perhaps.
    known["base"]["repo"]["full_name"] = request.repository
    if schema == "pull-request":
        known["merged"] = request.merged
        known["changed_files"] = len(request.files)
    return call.openapi.filled(schema, known)


def _file(call: Call, repository: Repository, head: str, path: str) -> dict[str, Any]:
    """Return one changed file as it is at a commit."""
    place = f"{call.at.server}/{repository.full_name}"
    return {
        "sha": hashlib.sha1(path.encode()).hexdigest(),  # noqa: S324 - the form of a git blob's name
        "filename": path,
        "status": "modified",
        "additions": 1,
        "deletions": 0,
        "changes": 1,
        "blob_url": f"{place}/blob/{head}/{quote(path)}",
        "raw_url": f"{place}/raw/{head}/{quote(path)}",
        "contents_url": f"{call.at.api}/repos/{repository.full_name}/contents/{quote(path)}?ref={head}",
    }


def _commit(call: Call, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a commit."""
    url = f"{call.at.api}/repos/{repository.full_name}/commits/{commit.oid}"
    signed = {"name": commit.author.name, "email": commit.author.email, "date": commit.date}
    account = _user(call, state.Account(commit.author.login)) if commit.author.login else None
    return {
        "sha": commit.oid,
        "node_id": _node_id("C", commit.oid),
        "url": url,
        "html_url": f"{call.at.server}/{repository.full_name}/commit/{commit.oid}",
        "comments_url": f"{url}/comments",
        "commit": {
            **call.openapi.least("commit", "commit"),
            "message": commit.message,
            "author": signed,
            "committer": signed,
        },
        "author": account,
        "committer": account,
        "parents": [
            {"sha": parent, "url": f"{call.at.api}/repos/{repository.full_name}/commits/{parent}"}
            for parent in commit.parents or ()
        ],
    }


# Handlers, one for each operation.


def _rate_limit(call: Call) -> Reply:
    """Answer `rate-limit/get`."""
    resources = {name: dict(rate) for name, rate in call.rates.items()}
    resources.setdefault("search", resources["core"])
    return Reply(200, {"resources": resources, "rate": resources["core"]})


def _get_repository(call: Call) -> Reply:
    """Answer `repos/get`."""
    return Reply(200, _repository(call, call.repository))


def _list_releases(call: Call) -> Reply:
    """Answer `repos/list-releases`: drafts are only there for those who may write."""
    repository = call.repository
    seen = [release for release in repository.releases if call.may_write or not release.draft]
    return _paged(call, seen, lambda release: _release(call, repository, release))


def _create_release(call: Call) -> Reply:
    """Answer `repos/create-release`."""
    repository = call.repository
    sent = dict(call.body)
    if sent.get("generate_release_notes"):
        notes = _notes(call, repository, sent["tag_name"], "", sent.get("target_commitish", ""))
        sent["name"] = sent.get("name") or notes["name"]
        sent["body"] = "\n\n".join(part for part in (sent.get("body"), notes["body"]) if part)
    release = call.world.create_release(repository, sent)
    shown = _release(call, repository, release)
    return Reply(201, shown, {"location": shown["url"]})


def _get_release(call: Call) -> Reply:
    """Answer `repos/get-release`."""
    return Reply(200, _release(call, call.repository, call.release))


def _update_release(call: Call) -> Reply:
    """Answer `repos/update-release`."""
    release = call.release
    call.world.update_release(call.repository, release, call.body or {})
    return Reply(200, _release(call, call.repository, release))


def _delete_release(call: Call) -> Reply:
    """Answer `repos/delete-release`."""
    call.world.delete_release(call.repository, call.release)
    return Reply(204)


def _latest_release(call: Call) -> Reply:
    """Answer `repos/get-latest-release`."""
    release = call.repository.latest_release()
    if release is None:
        raise Missing
    return Reply(200, _release(call, call.repository, release))


def _release_by_tag(call: Call) -> Reply:
    """Answer `repos/get-release-by-tag`, which never finds a draft."""
    release = call.repository.published(call.parameters["tag"])
    if release is None:
        raise Missing
    return Reply(200, _release(call, call.repository, release))


def _generate_notes(call: Call) -> Reply:
    """Answer `repos/generate-release-notes`."""
    sent = call.body
    previous, target = sent.get("previous_tag_name", ""), sent.get("target_commitish", "")
    return Reply(200, _notes(call, call.repository, sent["tag_name"], previous, target))


def _notes(call: Call, repository: Repository, tag: str, previous: str, target: str) -> dict[str, str]:
    """Return GitHub's own kind of notes: the merged pull requests of the range."""
    latest = repository.latest_release()
    base = previous or (latest.tag if latest else "")
    compared = repository.compare(base, tag if repository.full_ref(tag) else target or repository.default_branch)
    requests: dict[int, PullRequest] = {}
    for commit in compared.commits if compared else ():
        requests.update({request.number: request for request in call.world.associated(commit)})
    lines = [
        f"* {request.title} by @{(request.author or state.GHOST).login} in {request.url}"
        for request in requests.values()
    ]
    span = f"compare/{base}...{tag}" if base else f"commits/{tag}"
    tail = f"**Full Changelog**: {call.at.server}/{repository.full_name}/{span}"
    return {"name": tag, "body": "\n".join(["## What's Changed", *lines, "", "", tail] if lines else [tail])}


def _list_assets(call: Call) -> Reply:
    """Answer `repos/list-release-assets`."""
    repository, release = call.repository, call.release
    return _paged(call, release.assets, lambda asset: _asset(call, repository, release, asset))


def _upload_asset(call: Call) -> Reply:
    """Answer `repos/upload-release-asset`."""
    asset = call.world.upload(
        call.release,
        call.query["name"],
        call.raw,
        label=call.query.get("label"),
        content_type=call.headers.get("content-type", "application/octet-stream"),
        digest=call.wrong_digest,
    )
    return Reply(201, _asset(call, call.repository, call.release, asset))


def _get_asset(call: Call) -> Reply:
    """Answer `repos/get-release-asset`: as JSON, or the content, itself or by a redirect to another host."""
    release, asset = call.asset
    if "application/octet-stream" not in call.headers.get("accept", ""):
        return Reply(200, _asset(call, call.repository, release, asset))
    if call.redirects:
        return Reply(302, None, {"location": call.at.storage(asset.id)})
    return Reply(200, asset.content, {"content-type": asset.content_type})


def _delete_asset(call: Call) -> Reply:
    """Answer `repos/delete-release-asset`."""
    call.world.delete_asset(*call.asset)
    return Reply(204)


def _get_content(call: Call) -> Reply:
    """Answer `repos/get-content`, raw where the client asks for it."""
    repository, ref = call.repository, call.query.get("ref", "")
    path = call.parameters["path"].strip("/")
    tree = repository.tree(ref)
    if tree is None:
        return refusal(404, f"No commit found for the ref {ref}")
    if path in tree:
        content = tree[path]
        raw = content.encode() if isinstance(content, str) else content
        wanted = call.headers.get("accept", "").partition(",")[0].strip()
        if wanted.startswith("application/vnd.github") and "raw" in wanted:
            return Reply(200, raw, {"content-type": f"{wanted}; charset=utf-8"})
        return Reply(200, _content(call, repository, path, "file", raw))
    below = {name.removeprefix(f"{path}/") for name in tree if name.startswith(f"{path}/")}
    if not below:
        raise Missing
    entries = {name.partition("/")[0]: "dir" if "/" in name else "file" for name in sorted(below)}
    return Reply(200, [_content(call, repository, f"{path}/{name}", kind) for name, kind in entries.items()])


def _content(call: Call, repository: Repository, path: str, kind: str, raw: bytes | None = None) -> dict[str, Any]:
    """Return a file, or an entry of a folder."""
    ref = call.query.get("ref") or repository.default_branch
    url = f"{call.at.api}/repos/{repository.full_name}/contents/{quote(path)}?ref={quote(ref, safe='')}"
    page = f"{call.at.server}/{repository.full_name}/blob/{quote(ref)}/{quote(path)}"
    sha = hashlib.sha1(path.encode() if raw is None else b"blob %d\0%b" % (len(raw), raw)).hexdigest()  # noqa: S324
    git = f"{call.at.api}/repos/{repository.full_name}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
    shown: dict[str, Any] = {
        "type": kind,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "size": len(raw or b""),
        "url": url,
        "git_url": git,
        "html_url": page,
        "download_url": None if kind == "dir" else f"{call.at.downloads}/{repository.full_name}/raw/{quote(path)}",
        "_links": {"self": url, "git": git, "html": page},
    }
    if raw is not None:
        inline = len(raw) <= _INLINE_LIMIT
        shown["content"] = base64.encodebytes(raw).decode() if inline else ""
        shown["encoding"] = "base64" if inline else "none"
    return shown


def _list_pulls(call: Call) -> Reply:
    """Answer `pulls/list`."""
    repository = call.repository
    wanted = call.query.get("state", "open")
    requests = [
        request
        for request in call.world.of(repository)
        if wanted in {"all", "open" if request.state == "OPEN" else "closed"}
        and call.query.get("base") in {None, request.base}
        and call.query.get("head") in {None, f"{repository.owner}:{request.head}"}
    ]
    by_update = call.query.get("sort") in {"updated", "long-running"}
    requests.sort(key=lambda request: (request.updated_at if by_update else request.created_at, request.number))
    newest_first = "sort" not in call.query or call.query["sort"] == "created"
    if call.query.get("direction", "desc" if newest_first else "asc") == "desc":
        requests.reverse()
    return _paged(call, requests, lambda request: _pull_request(call, repository, request, "pull-request-simple"))


def _get_pull(call: Call) -> Reply:
    """Answer `pulls/get`."""
    request = call.pull_request("pull_number")
    return Reply(200, _pull_request(call, call.repository, request, "pull-request"))


def _pull_files(call: Call) -> Reply:
    """Answer `pulls/list-files`."""
    repository, request = call.repository, call.pull_request("pull_number")
    return _paged(call, request.files, lambda path: _file(call, repository, request.head_oid, path))


def _compare(call: Call) -> Reply:
    """Answer `repos/compare-commits-with-basehead`: commits a page at a time, files on the first."""
    repository = call.repository
    base, dots, head = call.parameters["basehead"].partition("...")
    compared = repository.compare(base, head) if dots else None
    if compared is None:
        raise Missing
    size, page = _page(call)
    start = (page - 1) * size
    page_url = f"{call.at.server}/{repository.full_name}/compare/{quote(call.parameters['basehead'])}"
    base_oid = repository.resolve(base)
    head_oid = repository.resolve(head)
    base_commit = repository.commit(base_oid) if base_oid else state.Commit(state.Sha("0" * 40))
    merge_base = repository.merge_base(base_oid, head_oid) if base_oid and head_oid else base_commit.oid
    files: dict[str, PullRequest] = {}
    for commit in compared.commits:
        for request in call.world.associated(commit):
            files.update(dict.fromkeys(request.files, request))
    body = {
        "url": call.headers["x-fakehub-address"],
        "html_url": page_url,
        "permalink_url": page_url,
        "diff_url": f"{page_url}.diff",
        "patch_url": f"{page_url}.patch",
        "base_commit": _commit(call, repository, base_commit),
        "merge_base_commit": _commit(call, repository, repository.commit(merge_base)),
        "status": compared.status,
        "ahead_by": len(compared.commits),
        "behind_by": compared.behind,
        "total_commits": len(compared.commits),
        "commits": [_commit(call, repository, commit) for commit in compared.commits[start : start + size]],
    }
    if page == 1:
        named = list(files.items())[:_COMPARE_FILES]
        body["files"] = [_file(call, repository, request.head_oid, path) for path, request in named]
    return Reply(200, body, _links(call, page, size, len(compared.commits)), total=len(compared.commits))


def _get_commit(call: Call) -> Reply:
    """Answer `repos/get-commit`; as on GitHub, a commit of a fork is found too: forks share their objects."""
    repository, ref = call.repository, call.parameters["ref"]
    oid = repository.resolve(ref)
    if oid is None:
        # Here GitHub describes the reply of a validation error, which has no status.
        return Reply(422, {"message": f"No commit found for SHA: {ref}", "documentation_url": _DOCUMENTATION})
    commit = repository.commit(oid)
    size, page = _page(call)
    start = (page - 1) * size
    files = [_file(call, repository, oid, path) for path in commit.files[start : start + size]]
    return Reply(
        200, {**_commit(call, repository, commit), "files": files}, _links(call, page, size, len(commit.files))
    )


def _list_commits(call: Call) -> Reply:
    """Answer `repos/list-commits`: the newest first, from a moment on where one is asked for."""
    repository = call.repository
    named = call.query.get("sha") or repository.default_branch
    oid = repository.resolve(named)
    if oid is None:
        raise Missing
    since = call.query.get("since", "")
    found = [commit for commit in repository.history(oid) if commit.date >= since]
    return _paged(call, found, lambda commit: _commit(call, repository, commit))


def _list_tags(call: Call) -> Reply:
    """Answer `repos/list-tags`."""
    repository = call.repository
    tags = {ref.removeprefix("refs/tags/"): oid for ref, oid in repository.refs.items() if ref.startswith("refs/tags/")}
    home = f"{call.at.api}/repos/{repository.full_name}"

    def show(tag: tuple[str, str]) -> dict[str, Any]:
        name, oid = tag
        return {
            "name": name,
            "commit": {"sha": oid, "url": f"{home}/commits/{oid}"},
            "zipball_url": f"{home}/zipball/refs/tags/{quote(name)}",
            "tarball_url": f"{home}/tarball/refs/tags/{quote(name)}",
            "node_id": _node_id("REF", name),
        }

    return _paged(call, sorted(tags.items(), reverse=True), show)


def _branch_rules(call: Call) -> Reply:
    """Answer `repos/get-branch-rules`: none for a branch that has none, or that is not there."""
    repository = call.repository
    rules = repository.rules.get(call.parameters["branch"], [])
    source = {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name, "ruleset_id": 1}
    return _paged(call, rules, lambda rule: source | rule)


def _commit_pulls(call: Call) -> Reply:
    """Answer `repos/list-pull-requests-associated-with-commit`."""
    repository = call.repository
    oid = repository.resolve(call.parameters["commit_sha"])
    if oid is None:
        return refusal(422, f"No commit found for SHA: {call.parameters['commit_sha']}")
    requests = call.world.associated(repository.commit(oid))
    return _paged(call, requests, lambda request: _pull_request(call, repository, request, "pull-request-simple"))


def _list_labels(call: Call) -> Reply:
    """Answer `issues/list-labels-on-issue`."""
    repository, request = call.repository, call.pull_request("issue_number")
    return _paged(call, request.labels, lambda name: _label(call, repository, name))


def _list_events(call: Call) -> Reply:
    """Answer `issues/list-events`: who set which label, as far as the world tells."""
    repository, request = call.repository, call.pull_request("issue_number")
    return _paged(call, request.labelled, lambda event: _labelled(call, repository, request, event))


def _labelled(call: Call, repository: Repository, request: PullRequest, event: tuple[str, str]) -> dict[str, Any]:
    """Return the event of a label that somebody set."""
    label, login = event
    number = 1 + request.labelled.index(event)
    return {
        "id": request.number * 1000 + number,
        "node_id": _node_id("LE", f"{request.number} {number}"),
        "url": f"{call.at.api}/repos/{repository.full_name}/issues/events/{request.number * 1000 + number}",
        "actor": _user(call, state.Account(login)),
        "event": "labeled",
        "commit_id": None,
        "commit_url": None,
        "created_at": request.updated_at,
        "performed_via_github_app": None,
        "label": {"name": label, "color": "ededed"},
    }


def _get_permission(call: Call) -> Reply:
    """Answer `repos/get-collaborator-permission-level`: what the world says, else what everybody may."""
    role = call.repository.permissions.get(call.parameters["username"], "read")
    permission = {"maintain": "write", "triage": "read"}.get(role, role)
    return Reply(200, {"permission": permission, "role_name": role, "user": None})


def _add_labels(call: Call) -> Reply:
    """Answer `issues/add-labels` in each of the forms the body may have."""
    request = call.pull_request("issue_number")
    sent = call.body.get("labels", []) if isinstance(call.body, dict) else call.body or []
    for label in sent:
        name = label["name"] if isinstance(label, dict) else label
        if name.lower() not in {present.lower() for present in request.labels}:
            request.labels.append(name)
    return Reply(200, [_label(call, call.repository, name) for name in request.labels])


def _remove_label(call: Call) -> Reply:
    """Answer `issues/remove-label`: what is left, or 404 where the label is not there."""
    request, name = call.pull_request("issue_number"), call.parameters["name"].lower()
    if name not in {present.lower() for present in request.labels}:
        return refusal(404, "Label does not exist")
    request.labels[:] = [present for present in request.labels if present.lower() != name]
    return Reply(200, [_label(call, call.repository, left) for left in request.labels])


def _get_ref(call: Call) -> Reply:
    """Answer `git/get-ref`, which takes a ref without `refs/`."""
    repository, ref = call.repository, f"refs/{call.parameters['ref']}"
    oid = repository.refs.get(ref)
    if oid is None:
        raise Missing
    url = f"{call.at.api}/repos/{repository.full_name}/git"
    target = {"type": "commit", "sha": oid, "url": f"{url}/commits/{oid}"}
    return Reply(200, {"ref": ref, "node_id": _node_id("REF", ref), "url": f"{url}/{quote(ref)}", "object": target})


def _create_attestation(call: Call) -> Reply:
    """Answer `repos/create-attestation`."""
    return Reply(201, {"id": call.world.attest(call.repository, call.body["bundle"])})


def _list_attestations(call: Call) -> Reply:
    """Answer `repos/list-attestations`; nothing known of a digest is a 404, as on GitHub."""
    repository = call.repository
    bundles = repository.attestations.get(call.parameters["subject_digest"], [])
    wanted = call.query.get("predicate_type")
    if wanted:
        bundles = [bundle for bundle in bundles if _predicate_type(bundle) == wanted]
    if not bundles:
        raise Missing
    size, _ = _page(call)
    # These pages go by cursor; here a cursor is a position.
    start = int(call.query["after"]) if call.query.get("after", "").isdecimal() else 0
    # What is too large for the answer has an address instead, as a world gives it.
    shown = [
        {"bundle_url": call.openapi.least("release", "url"), "repository_id": repository.id}
        | (bundle if bundle.keys() == {"bundle_url"} else {"bundle": bundle})
        for bundle in bundles[start : start + size]
    ]
    headers = {}
    if start + size < len(bundles):
        query = urlencode({**call.query, "after": str(start + size)})
        headers["link"] = f'<{call.headers["x-fakehub-address"]}?{query}>; rel="next"'
    return Reply(200, {"attestations": shown}, headers, total=len(bundles))


def _predicate_type(bundle: Mapping[str, Any]) -> str:
    """Return the predicate type of a bundle's statement."""
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    return str(json.loads(payload).get("predicateType", ""))


def _export_sbom(call: Call) -> Reply:
    """Answer `dependency-graph/export-sbom`."""
    if call.repository.sbom is None:
        raise Missing
    return Reply(200, {"sbom": call.repository.sbom})


def _diff_range(call: Call) -> Reply:
    """Answer `dependency-graph/diff-range`."""
    changes = call.repository.dependency_changes.get(call.parameters["basehead"])
    if changes is None:
        raise Missing
    return Reply(200, changes)


def _list_approvals(call: Call) -> Reply:
    """Answer `actions/get-reviews-for-run`: all of them at once, and no time of any."""
    repository = call.repository
    given = repository.approvals.get(call.parameters["run_id"])
    if given is None:
        raise Missing
    api = f"{call.at.api}/repos/{repository.full_name}"
    return Reply(
        200,
        [
            {
                "state": item["state"],
                "comment": item.get("comment", ""),
                "user": _user(call, state.Account(item["user"])),
                "environments": [
                    {
                        "id": number,
                        "node_id": _node_id("EN", number),
                        "name": name,
                        "url": f"{api}/environments/{quote(name)}",
                        "html_url": f"{call.at.server}/{repository.full_name}/deployments/activity_log",
                        "created_at": state.UNDATED,
                        "updated_at": state.UNDATED,
                    }
                    for number, name in enumerate(item.get("environments", ()), start=1)
                ],
            }
            for item in given
        ],
    )


HANDLERS: Mapping[str, Callable[[Call], Reply]] = {
    "rate-limit/get": _rate_limit,
    "repos/get": _get_repository,
    "repos/list-releases": _list_releases,
    "repos/create-release": _create_release,
    "repos/get-release": _get_release,
    "repos/update-release": _update_release,
    "repos/delete-release": _delete_release,
    "repos/get-latest-release": _latest_release,
    "repos/get-release-by-tag": _release_by_tag,
    "repos/generate-release-notes": _generate_notes,
    "repos/list-release-assets": _list_assets,
    "repos/upload-release-asset": _upload_asset,
    "repos/get-release-asset": _get_asset,
    "repos/delete-release-asset": _delete_asset,
    "repos/get-content": _get_content,
    "pulls/list": _list_pulls,
    "pulls/get": _get_pull,
    "pulls/list-files": _pull_files,
    "repos/compare-commits-with-basehead": _compare,
    "repos/list-pull-requests-associated-with-commit": _commit_pulls,
    "repos/get-commit": _get_commit,
    "repos/list-commits": _list_commits,
    "repos/list-tags": _list_tags,
    "repos/get-branch-rules": _branch_rules,
    "issues/list-events": _list_events,
    "issues/list-labels-on-issue": _list_labels,
    "repos/get-collaborator-permission-level": _get_permission,
    "issues/add-labels": _add_labels,
    "issues/remove-label": _remove_label,
    "git/get-ref": _get_ref,
    "actions/get-reviews-for-run": _list_approvals,
    "repos/create-attestation": _create_attestation,
    "repos/list-attestations": _list_attestations,
    "dependency-graph/export-sbom": _export_sbom,
    "dependency-graph/diff-range": _diff_range,
}
"""What answers each operation, by GitHub's name for it."""
