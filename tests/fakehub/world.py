"""What the fake GitHub knows: repositories, releases, commits and pull requests, and how they change."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NewType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "ACTIONS",
    "BODY_LIMIT",
    "FIRST_RELEASE",
    "GHOST",
    "NO_DIGEST",
    "UNDATED",
    "Account",
    "Asset",
    "Commit",
    "Comparison",
    "Entry",
    "Invalid",
    "PullRequest",
    "Release",
    "Repository",
    "Sha",
    "World",
    "now",
]

Sha = NewType("Sha", str)
"""The 40 hex digits that name a commit."""

BODY_LIMIT = 125_000
"""GitHub refuses a longer release body."""

UNDATED = "2000-01-01T00:00:00Z"
"""The date of what the world gives none: old, so that nothing stops reading too early because of it."""

FIRST_RELEASE = 900_000_000
NO_DIGEST = "none"
"""Stands for the digest of an asset that GitHub tells none of, as it does of those from before June 2025."""
"""Ids that the fake gives out lie above this, so that they never meet those of a world."""

_FIRST_ASSET = 800_000_000

_SHA = re.compile(r"[0-9a-f]{40}")
_PEELED = re.compile(r"\^(?:\{(?:commit)?\}|0)$")


class Invalid(Exception):  # noqa: N818 - GitHub's "Validation Failed"
    """A write that GitHub answers with 422; the arguments are its entries under `errors`."""

    def __init__(self, *errors: Mapping[str, str], message: str = "Validation Failed") -> None:
        """Keep the entries as GitHub writes them: resource, code, field, message."""
        super().__init__(message)
        self.errors = errors
        self.message = message


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who writes: a person or an app."""

    login: str
    """Without `[bot]`, as GraphQL has it."""
    kind: Literal["User", "Bot"] = "User"
    """GraphQL's type name."""
    url: str = ""
    """The account's page; empty for the usual one."""

    @property
    def name(self) -> str:
        """The login as REST writes it: an app's ends in `[bot]`."""
        return f"{self.login}[bot]" if self.kind == "Bot" else self.login


GHOST = Account("ghost")
"""Who stands in REST replies where GitHub has no account any more."""

ACTIONS = Account("github-actions", "Bot", "https://github.com/apps/github-actions")
"""Whom the workflow's own token acts as."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One author of a commit."""

    name: str
    """As git has it."""
    email: str
    """As git has it."""
    login: str | None
    """The account that GitHub found behind the address; None where it found none."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit."""

    oid: Sha
    """Its name."""
    message: str = ""
    """The whole message."""
    date: str = UNDATED
    """When it was committed."""
    author: Signature = Signature("", "", None)
    """Its author."""
    authors: tuple[Signature, ...] = ()
    """The author and the co-authors."""
    parents: tuple[Sha, ...] | None = None
    """Its parents; None where the world does not say."""
    pull_requests: tuple[str, ...] = ()
    """The pull requests that GitHub associates with it, as `owner/name#number`."""
    files: tuple[str, ...] = ()
    """The paths that it changes, as far as the world says."""


@dataclass(slots=True)
class PullRequest:
    """One pull request."""

    repository: str
    """The base repository, `owner/name`."""
    number: int
    title: str
    body: str | None
    url: str
    author: Account | None
    """None where the account was deleted."""
    labels: list[str]
    files: tuple[str, ...]
    merged: bool
    state: Literal["OPEN", "CLOSED", "MERGED"]
    created_at: str
    updated_at: str
    merged_at: str | None
    base: str
    """The base branch's name."""
    head: str
    """The head branch's name."""
    head_oid: Sha
    merge_commit: Sha | None
    potential_merge_commit: Sha | None
    cross_repository: bool
    draft: bool
    labelled: tuple[tuple[str, str], ...] = ()
    """Which labels were set, and by whom, in order."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a release."""

    id: int
    name: str
    label: str | None
    content_type: str
    content: bytes
    digest: str
    """What GitHub says the content's digest is, `sha256:` and hex."""
    created_at: str


@dataclass(slots=True)
class Release:
    """One release, draft or published."""

    id: int
    tag: str
    """Empty for a draft without one; then GitHub shows `slug` instead."""
    target: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    immutable: bool
    created_at: str
    updated_at: str
    published_at: str | None
    author: Account
    make_latest: str = "true"
    """As it was last sent."""
    assets: list[Asset] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """What GitHub calls a release that has no tag, or no public page yet."""
        return f"untagged-{hashlib.sha256(str(self.id).encode()).hexdigest()[:20]}"

    @property
    def shown_tag(self) -> str:
        """The tag as the API shows it."""
        return self.tag or self.slug


@dataclass(frozen=True, slots=True)
class Entry:
    """A comparison that the world spells out."""

    base: str
    """A ref or commit; `*` for any."""
    head: str
    """A ref or commit; `*` for any."""
    commits: tuple[Sha, ...]
    behind: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the head has that the base has not, in the world's order, and how many it lacks."""

    commits: tuple[Commit, ...]
    behind: int

    @property
    def status(self) -> str:
        """GitHub's word for it."""
        if self.commits:
            return "diverged" if self.behind else "ahead"
        return "behind" if self.behind else "identical"


@dataclass(slots=True)
class Repository:
    """One repository and all that the fake knows of it."""

    id: int
    owner: str
    name: str
    default_branch: str
    private: bool
    immutable_releases: bool
    """Whether a release becomes immutable when it is published."""
    files: Mapping[str, Mapping[str, str | bytes]]
    """Content by ref and path; the ref `*` stands for every ref."""
    releases: list[Release]
    """In the API's order."""
    refs: dict[str, Sha]
    commits: dict[Sha, Commit]
    entries: tuple[Entry, ...]
    attestations: dict[str, list[dict[str, Any]]]
    """Bundles by the digest of what they attest."""
    sbom: dict[str, Any] | None
    """The SPDX document that the dependency graph exports."""
    dependency_changes: Mapping[str, list[dict[str, Any]]]
    """The dependency graph's differences by `base...head`."""
    latest: int | None = None
    """The release that was last made the latest one."""
    rules: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What all active rulesets say of a branch, by its name."""
    permissions: Mapping[str, str] = field(default_factory=dict)
    """The role of each login: admin, maintain, write, triage, read or none."""
    approvals: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Who approved a run's deployments, by the run's id."""
    burnt_tags: set[str] = field(default_factory=set)
    """Tags of immutable releases that were deleted: GitHub never lets them be used again."""

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    def release(self, number: int) -> Release | None:
        """Return the release with this id."""
        return next((release for release in self.releases if release.id == number), None)

    def published(self, tag: str) -> Release | None:
        """Return the published release of a tag."""
        return next((release for release in self.releases if release.tag == tag and not release.draft), None)

    def latest_release(self) -> Release | None:
        """Return the latest release: the one last made so, else the newest full one."""
        full = [release for release in self.releases if not release.draft and not release.prerelease]
        chosen = next((release for release in full if release.id == self.latest), None)
        return chosen or max(full, key=lambda release: (release.created_at, release.id), default=None)

    def commit(self, oid: Sha) -> Commit:
        """Return a commit; one that the world only mentions has no content."""
        return self.commits.get(oid, Commit(oid))

    def full_ref(self, name: str) -> str | None:
        """Return the ref that a full or short name stands for, None where there is none."""
        candidates = (name, f"refs/{name}", f"refs/tags/{name}", f"refs/heads/{name}")
        return next((candidate for candidate in candidates if candidate in self.refs), None)

    def resolve(self, expression: str) -> Sha | None:
        """Return the commit that a revision names: a ref, a short name, `HEAD` or a commit."""
        name = _PEELED.sub("", expression)
        ref = self.full_ref(self.default_branch if name == "HEAD" else name)
        if ref is not None:
            return self.refs[ref]
        if _SHA.fullmatch(name) and (name in self.commits or name in self.refs.values()):
            return Sha(name)
        return None

    def tree(self, ref: str) -> Mapping[str, str | bytes] | None:
        """Return the files at a ref, None where there is no such ref."""
        wanted = ref or self.default_branch
        names = {wanted, _short(wanted), f"refs/heads/{wanted}", f"refs/tags/{wanted}"}
        oid = self.resolve(wanted)
        own = next((files for name, files in self.files.items() if name in names), None)
        if own is None and oid is not None:
            own = next((files for name, files in self.files.items() if self.resolve(name) == oid), None)
        everywhere = self.files.get("*")
        if own is None and everywhere is None:
            return {} if oid is not None else None
        return {**(everywhere or {}), **(own or {})}

    def compare(self, base: str, head: str) -> Comparison | None:
        """Return what `head` has over `base`, None where one of them is unknown."""
        candidates = [
            (match, entry)
            for entry in self.entries
            if (match := self._match(entry.base, base) + self._match(entry.head, head)) < _NO_MATCH
        ]
        if candidates:
            _, best = min(candidates, key=lambda candidate: candidate[0])
            return Comparison(tuple(self.commit(oid) for oid in best.commits), best.behind)
        base_oid, head_oid = self.resolve(base), self.resolve(head)
        if base_oid is None or head_oid is None:
            return None
        if base_oid == head_oid:
            return Comparison((), 0)
        below, above = self._ancestry(base_oid), self._ancestry(head_oid)
        if below is None or above is None:
            return None
        ahead = [self.commit(oid) for oid in above if oid not in below]
        return Comparison(tuple(reversed(ahead)), len([oid for oid in below if oid not in above]))

    def history(self, oid: Sha) -> tuple[Commit, ...]:
        """Return a commit and its ancestors, newest first; without a graph all commits of the world."""
        reached = self._ancestry(oid)
        if reached is not None:
            return tuple(self.commit(ancestor) for ancestor in reached)
        return tuple(sorted(self.commits.values(), key=lambda commit: commit.date, reverse=True))

    def merge_base(self, base: Sha, head: Sha) -> Sha:
        """Return the newest commit that both reach; the base where the world has no graph."""
        below, above = self._ancestry(base), self._ancestry(head)
        if below is None or above is None:
            return base
        return next((oid for oid in above if oid in below), base)

    def _match(self, entry: str, given: str) -> int:
        """Return how far an entry's end is from what was asked: exact, equal, any, not at all."""
        if entry == given:
            return 0
        if entry == "*":
            return 10
        oid = self.resolve(entry)
        if _short(entry) == _short(given) or (oid is not None and oid == self.resolve(given)):
            return 1
        return _NO_MATCH

    def _ancestry(self, oid: Sha) -> dict[Sha, None] | None:
        """Return a commit and its ancestors, newest first; None where a parent is not told."""
        reached: dict[Sha, None] = {}
        waiting = [oid]
        while waiting:
            waiting.sort(key=lambda name: self.commit(name).date)
            current = waiting.pop()
            if current in reached:
                continue
            parents = self.commit(current).parents
            if parents is None:
                return None
            reached[current] = None
            waiting.extend(parents)
        return reached


_NO_MATCH = 100


@dataclass(slots=True)
class World:
    """Everything the fake knows, and the rules by which writes change it."""

    repositories: dict[str, Repository]
    """By `owner/name` in lower case: GitHub does not tell cases apart."""
    pull_requests: dict[str, PullRequest]
    """By `owner/name#number`."""
    lenient: bool = False
    """Whether releases may be published without a tag, or on one that is taken."""
    counter: int = 0
    """How many things the fake has made; ids are counted, so that they are the same in each run."""

    def repository(self, full_name: str) -> Repository | None:
        """Return a repository by `owner/name`."""
        return self.repositories.get(full_name.lower())

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """Return a pull request by its number."""
        usual = self.pull_requests.get(f"{repository.full_name}#{number}")
        return usual or next((request for request in self.of(repository) if request.number == number), None)

    def of(self, repository: Repository) -> Iterator[PullRequest]:
        """Yield the pull requests against a repository."""
        for request in self.pull_requests.values():
            if request.repository.lower() == repository.full_name.lower():
                yield request

    def associated(self, commit: Commit) -> list[PullRequest]:
        """Return the pull requests that GitHub's index ties to a commit."""
        return [self.pull_requests[key] for key in commit.pull_requests if key in self.pull_requests]

    def create_release(self, repository: Repository, sent: Mapping[str, Any]) -> Release:
        """Create a release as POST does. Raises Invalid."""
        moment = now()
        release = Release(
            id=FIRST_RELEASE + self.count(),
            tag=sent["tag_name"],
            target=sent.get("target_commitish") or repository.default_branch,
            name=sent.get("name"),
            body=sent.get("body"),
            draft=sent.get("draft", False),
            prerelease=sent.get("prerelease", False),
            immutable=False,
            created_at=moment,
            updated_at=moment,
            published_at=None,
            author=ACTIONS,
            make_latest=sent.get("make_latest", "true"),
        )
        self._check(repository, release, was_draft=True)
        repository.releases.insert(0, release)
        if not release.draft:
            self._publish(repository, release)
        return release

    def update_release(self, repository: Repository, release: Release, sent: Mapping[str, Any]) -> None:
        """Change a release as PATCH does, entirely or not at all. Raises Invalid."""
        changed = replace(
            release,
            tag=_taken(sent, "tag_name", release.tag),
            target=sent.get("target_commitish") or release.target,
            name=_taken(sent, "name", release.name),
            body=_taken(sent, "body", release.body),
            draft=_taken(sent, "draft", release.draft),
            prerelease=_taken(sent, "prerelease", release.prerelease),
            make_latest=_taken(sent, "make_latest", release.make_latest),
        )
        if release.tag == "" and changed.tag == release.slug:
            # A client that sends back the tag it was shown has not given the draft one.
            changed.tag = ""
        if release.immutable and (changed.tag != release.tag or changed.draft or changed.target != release.target):
            raise Invalid(message="Cannot change the tag or state of an immutable release.")
        self._check(repository, changed, was_draft=release.draft)
        publishes = release.draft and not changed.draft
        for name in ("tag", "target", "name", "body", "draft", "prerelease", "make_latest"):
            setattr(release, name, getattr(changed, name))
        release.updated_at = now()
        if release.draft:
            release.published_at = None
        elif publishes:
            self._publish(repository, release)
        elif "make_latest" in sent:
            self._settle_latest(repository, release)

    def delete_release(self, repository: Repository, release: Release) -> None:
        """Delete a release as DELETE does; its tag stays."""
        repository.releases.remove(release)
        if release.immutable:
            repository.burnt_tags.add(release.tag)

    def upload(  # noqa: PLR0913 - what an upload consists of
        self,
        release: Release,
        name: str,
        content: bytes,
        *,
        label: str | None = None,
        content_type: str = "application/octet-stream",
        digest: str = "",
    ) -> Asset:
        """Attach a file as the upload does; `digest` replaces the right one. Raises Invalid."""
        if release.immutable:
            raise Invalid(message="Cannot upload assets to an immutable release.")
        stored = _asset_name(name)
        if any(asset.name == stored for asset in release.assets):
            raise Invalid({"resource": "ReleaseAsset", "code": "already_exists", "field": "name"})
        if not content:
            raise Invalid(
                {
                    "resource": "ReleaseAsset",
                    "code": "custom",
                    "field": "size",
                    "message": "size must be greater than or equal to 1",
                }
            )
        asset = Asset(
            id=_FIRST_ASSET + self.count(),
            name=stored,
            label=label,
            content_type=content_type,
            content=content,
            digest=digest or f"sha256:{hashlib.sha256(content).hexdigest()}",
            created_at=now(),
        )
        release.assets.append(asset)
        return asset

    def delete_asset(self, release: Release, asset: Asset) -> None:
        """Delete a file of a release. Raises Invalid for an immutable release."""
        if release.immutable:
            raise Invalid(message="Cannot delete assets from an immutable release.")
        release.assets.remove(asset)

    def attest(self, repository: Repository, bundle: dict[str, Any]) -> int:
        """Store an attestation under each digest it is about and return its id. Raises Invalid."""
        envelope = bundle.get("dsseEnvelope")
        try:
            statement = json.loads(base64.b64decode(envelope["payload"]) if isinstance(envelope, dict) else b"")
            digests = [f"sha256:{subject['digest']['sha256']}" for subject in statement["subject"]]
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise Invalid({"resource": "Attestation", "code": "invalid", "field": "bundle"}) from error
        for digest in digests:
            repository.attestations.setdefault(digest, []).append(bundle)
        return self.count()

    def _check(self, repository: Repository, release: Release, *, was_draft: bool) -> None:
        """Refuse what GitHub refuses of a release that was created or changed."""
        errors: list[dict[str, str]] = []
        if release.body is not None and len(release.body) > BODY_LIMIT:
            errors.append(_custom("body", f"body is too long (maximum is {BODY_LIMIT} characters)"))
        if not release.draft and not self.lenient:
            if not release.tag:
                errors.append(_custom("tag_name", "Published releases must have a valid tag"))
            other = repository.published(release.tag)
            if other is not None and other.id != release.id:
                errors.append({"resource": "Release", "code": "already_exists", "field": "tag_name"})
            if was_draft and release.tag in repository.burnt_tags:
                errors.append(_custom("tag_name", "tag_name was used by an immutable release"))
        if errors:
            raise Invalid(*errors)

    def _publish(self, repository: Repository, release: Release) -> None:
        """Do what follows from publishing: the tag, the time, the latest mark, immutability."""
        release.published_at = now()
        ref = f"refs/tags/{release.tag}"
        if release.tag and ref not in repository.refs:
            known = repository.resolve(release.target)
            # A world need not spell out its branches: an unknown target is as good a commit as any.
            repository.refs[ref] = known or Sha(hashlib.sha1(release.target.encode()).hexdigest())  # noqa: S324
        release.immutable = repository.immutable_releases
        self._settle_latest(repository, release)

    def _settle_latest(self, repository: Repository, release: Release) -> None:
        """Move the latest mark as `make_latest` asks; drafts and prereleases never carry it."""
        if release.make_latest == "true" and not release.prerelease and not release.draft:
            repository.latest = release.id
        elif repository.latest == release.id or release.make_latest == "legacy":
            repository.latest = None

    def count(self) -> int:
        """Return the next number."""
        self.counter += 1
        return self.counter


def now() -> str:
    """Return this moment as GitHub writes one."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(ref: str) -> str:
    """Return a ref without `refs/heads/` or `refs/tags/`."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _taken(sent: Mapping[str, Any], name: str, old: Any) -> Any:  # noqa: ANN401 - a field of any type
    """Return what was sent, else what was there."""
    return sent[name] if sent.get(name) is not None else old


def _custom(name: str, message: str) -> dict[str, str]:
    """Return GitHub's form of a fault that has a sentence of its own."""
    return {"resource": "Release", "code": "custom", "field": name, "message": message}


def _asset_name(name: str) -> str:
    """Return the name that GitHub stores: what is not plain becomes a single full stop.

    See the documentation of "Upload a release asset": special characters, and full stops at the ends.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = f"default{plain}" if plain.startswith(".") else plain
    return re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9_+@-]+", ".", plain)).strip(".")
