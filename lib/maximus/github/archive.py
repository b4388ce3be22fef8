"""What a run needs of a repository's past, by the best way that is open, each thing read once for all who ask.

A checkout is read where it is one of this repository and whole, GraphQL where not, REST where GraphQL is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from maximus.github.client import Refused
from maximus.github.clone import Clone, NotHere, why_not
from maximus.github.history import Queries, resolve_target
from maximus.github.lists import Lists
from maximus.github.ranges import Range, Walk, assemble, derive
from maximus.github.touched import Touched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from maximus.changes import Change, Release
    from maximus.git import Checkout
    from maximus.github.client import Client
    from maximus.github.ranges import Route, Wanted

__all__ = ["Archive", "Span"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Span:
    """From a release to a head."""

    base: Release
    head: str
    """Any name of a commit."""

    @property
    def ref(self) -> str:
        """The base's full ref."""
        return f"refs/tags/{self.base.tag}"


class Archive:
    """The past of one repository."""

    def __init__(
        self, client: Client, repository: str, server: str, wanted: Wanted, checkout: Checkout | None = None
    ) -> None:
        """Read `repository`, `owner/name` on `server`; a checkout is used where it can be trusted."""
        self._client = client
        self._repository = repository
        self._server = server
        self._wanted = wanted
        self._touched = Touched(client, repository)
        self.notices: tuple[str, ...] = ()
        """What a person should know about the way."""
        reason = why_not(checkout, repository, server) if checkout else "there is none"
        self._route: Route
        if checkout is not None and not reason:
            self._route = Clone(client, repository, server, wanted, checkout)
        else:
            if reason == "it is a shallow clone":
                self.notices = ("the checkout is a shallow clone, so the history is read from GitHub",)
            self._route = Queries(client, repository, wanted)

    @property
    def way(self) -> str:
        """How the past is read, in two or three words."""
        return {Clone: "git and GitHub's API", Queries: "GitHub's API", Lists: "GitHub's REST API"}[type(self._route)]

    def _read(self, work: Callable[[Route], Result]) -> Result:
        """Return what some work brings, begun again by another way where one turns out to be closed."""
        while True:
            try:
                return work(self._route)
            except NotHere as fault:
                self.notices += (f"the checkout is not used: {fault}",)
                self._route = Queries(self._client, self._repository, self._wanted)
            except Refused as fault:
                if isinstance(self._route, Lists):
                    raise
                self.notices += (f"GraphQL is refused ({fault.why or fault.what}), so REST is used, which is slower",)
                self._route = Lists(self._client, self._repository, self._server, self._wanted)

    def ranges(self, spans: Sequence[Span]) -> dict[Span, Range]:
        """Return the range of each span; spans to one head share one commit graph."""
        return self._read(lambda route: self._ranges(route, spans))

    def _ranges(self, route: Route, spans: Sequence[Span]) -> dict[Span, Range]:
        distinct = {(span.ref, span.head): span for span in spans}
        tips = route.tips(sorted({ref for ref, _ in distinct})) if len(distinct) > 1 else {}
        walks: dict[tuple[str, str], Walk] = {}
        # The oldest release first: its walk is the widest, and the others are mostly cut out of it.
        for key, span in sorted(distinct.items(), key=lambda item: (item[1].base.created_at, item[0])):
            walks[key] = _cut_out(walks, tips, span) or route.walk(span.ref, span.head)
        made: dict[tuple[str, str], Range] = {}
        for key, walk in walks.items():
            found, notices = route.merged(walk)
            whole = assemble(self._repository, self._server, walk, found, self._wanted)
            changes = whole.changes
            told: tuple[str, ...] = ()
            if self._wanted.direct and self._wanted.files:
                changes, told = self._touched.fill(changes)
            made[key] = replace(whole, changes=changes, notices=(*walk.notices, *notices, *told))
        return {span: made[span.ref, span.head] for span in spans}

    def since(self, head: str, moment: str) -> Range:
        """Return all that a head has, from a moment on where one is named (ISO 8601 in UTC): no release, no base.

        Only version 6's meanings of a configuration need it.
        """
        return self._read(lambda route: self._since(route, head, moment))

    def _since(self, route: Route, head: str, moment: str) -> Range:
        walk = route.walk_since(head, moment)
        found, notices = route.merged(walk)
        whole = assemble(self._repository, self._server, walk, found, self._wanted)
        return replace(whole, notices=(*walk.notices, *notices))

    def nearest(self, releases: Sequence[Release], head: str) -> Release | None:
        """Return the release nearest below a head: of those whose tag is an ancestor of it, the fewest commits away."""
        by_ref = {f"refs/tags/{release.tag}": release for release in releases}
        newest_first = sorted(by_ref, key=lambda ref: by_ref[ref].created_at, reverse=True)
        found = self._read(lambda route: route.distances(newest_first, head)) if by_ref else {}
        best = min(found, key=lambda ref: (found[ref], newest_first.index(ref)), default=None)
        return by_ref[best] if best else None

    def new_logins(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the logins among the changes' authors that had no pull request merged before; people only."""
        return self._read(lambda route: route.new_logins(changes))

    def target(self, commitish: str) -> tuple[str, str]:
        """Return what a release's `target_commitish` is for a ref, and a notice where it could not be resolved."""
        return self._read(lambda route: resolve_target(route, commitish))


def _cut_out(walks: dict[tuple[str, str], Walk], tips: dict[str, str], span: Span) -> Walk | None:
    """Return a span's walk where a wider one to the same head holds it."""
    for (base, head), walk in walks.items():
        if head == span.head and base in tips and span.ref in tips:
            cut = derive(walk, tips[base], span.ref, tips[span.ref])
            if cut is not None:
                return cut
    return None
