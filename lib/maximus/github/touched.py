"""Which files a commit changes: GraphQL does not tell, so commits without a pull request are asked about one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.changes import well_formed
from maximus.github.limits import MAX_ASKED_COMMITS, MAX_CHANGED_FILES, MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.changes import Change
    from maximus.github.client import Client

__all__ = ["Touched"]


class Touched:
    """The files of the commits of one repository, each asked for once."""

    def __init__(self, client: Client, repository: str) -> None:
        """Ask about commits of `repository`, `owner/name`."""
        self._client = client
        self._repository = repository
        self._known: dict[str, tuple[str, ...]] = {}

    def fill(self, changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """Return the changes, those that are commits with their files, and notices."""
        direct = [change.commit for change in changes if change.number is None]
        asked = [oid for oid in direct if oid not in self._known]
        room = max(0, MAX_ASKED_COMMITS - len(self._known))
        for oid in asked[:room]:
            self._known[oid] = self._read(oid)
        notices: tuple[str, ...] = ()
        if len(asked) > room:
            left = f"the files of {len(asked) - room:,} direct commits are not known"
            notices = (f"{left}, each would take a request; rules with paths pass them over",)
        return tuple(
            change if change.number is not None else replace(change, files=self._known.get(change.commit, ()))
            for change in changes
        ), notices

    def _read(self, oid: str) -> tuple[str, ...]:
        found: list[str] = []
        for page in range(1, MAX_CHANGED_FILES // MAX_PAGE + 1):
            address = f"/repos/{self._repository}/commits/{oid}"
            files = self._client.get(address, query={"per_page": MAX_PAGE, "page": page}).document().get("files") or []
            found += [well_formed(str(item["filename"])) for item in files]
            if len(files) < MAX_PAGE:
                break
        return tuple(found)
