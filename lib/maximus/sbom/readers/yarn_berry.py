"""`yarn.lock` of berry, which is yarn 2 and later: YAML, an entry a package with all the ranges that it satisfies.

Its checksum is of a zip that yarn packs itself: it is kept under its own name and is no file's digest. What the
project says beside the lock, and the lock leaves out, is in `yarn_resolutions`.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from maximus.counting import counted
from maximus.sbom import addresses, parsing
from maximus.sbom.model import (
    ELSEWHERE,
    Artifact,
    Ecosystem,
    Finding,
    Known,
    Link,
    Location,
    LockFact,
    NotApplicable,
    Package,
    Reading,
    Scope,
)
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence, npm
from maximus.sbom.readers.yarn_resolutions import catalogs_of, resolutions_of, resolved, split

if TYPE_CHECKING:
    from maximus.sbom.tree import Source

__all__ = ["read_berry"]

_KEY = re.compile(r'^(?:"([^"]+)"|([^\s"#][^"]*)):\s*$')
_LOCATOR = re.compile(r"::(?:[^#]*&)?locator=([^&#]+)")
_NO_VERSION = "0.0.0-use.local"
"""What yarn writes for a part of the tree: the version is in its `package.json`."""


def read_berry(source: Source, text: str) -> Reading:
    """Return what a lock of berry says; `text` is its content, decoded."""
    return _Berry(source, text).read()


def _locator(text: str) -> str:
    """Return whose relative path a descriptor or a resolution holds: `name@workspace:folder`; empty without one."""
    found = _LOCATOR.search(text)
    return unquote(found[1]) if found else ""


def _is_optional(entry: dict[str, Any]) -> set[str]:
    meta = entry.get("dependenciesMeta")
    stated = meta.items() if isinstance(meta, dict) else ()
    return {name for name, facts in stated if isinstance(facts, dict) and facts.get("optional") == "true"}


class _Berry:
    """One lock, read."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        documents = parsing.parse_yaml(source.raw, source.path)
        self.entries: dict[str, dict[str, Any]] = {
            key: parsing.mapping(entry, source.path)
            for document in documents
            for key, entry in document.items()
            if key != "__metadata"
        }
        self.lines = {
            match[1] or match[2]: number
            for number, line in enumerate(text.split("\n"), 1)
            if (match := _KEY.match(line))
        }
        self.by_descriptor: dict[str, str] = {}
        self.located: dict[str, dict[str, str]] = {}
        """Of descriptors with a relative path: the entries, by what the path is relative to."""
        for key in self.entries:
            for part in key.split(","):
                descriptor = part.strip()
                self.by_descriptor[descriptor] = key
                if locator := _locator(descriptor):
                    self.located.setdefault(descriptor.partition("::")[0], {})[locator] = key
        self.resolutions = resolutions_of(source)
        self.catalogs = catalogs_of(source)
        self.manifests: dict[str, dict[str, Any]] = {}
        """Of the parts of the tree, by the entry's key: what their `package.json` says."""
        self.stand_ins: dict[str, list[str]] = {}
        """Entries that are no packages, by the protocol of the plugin that makes them."""

    def read(self) -> Reading:
        packages: list[Package] = []
        links: list[Link] = []
        findings: list[Finding] = []
        places = {key: Location(self.source.path, self.lines.get(key, 0)) for key in self.entries}
        made = {key: self._package(key, entry, places[key]) for key, entry in self.entries.items()}
        for key, entry in self.entries.items():
            package = made[key]
            if package is None:
                continue
            dev, optional = self._dev_names(key), _is_optional(entry)
            missing = False
            for name, wanted in parsing.texts(entry.get("dependencies")).items():
                target = self._target(name, wanted, package.name, parsing.text_of(entry.get("resolution")))
                if target is None:
                    if name not in optional:
                        missing = True
                        text = f"{visible(name)} is needed and not locked"
                        findings.append(Finding("unresolved", text, places[key]))
                    continue
                scope = Scope.DEV if name in dev else Scope.OPTIONAL if name in optional else Scope.RUNTIME
                links += [Link(key, found, scope) for found in self._packages_of(target, made) if found != key]
            packages.append(dataclasses.replace(package, edges=Known.INCOMPLETE) if missing else package)
        for protocol, keys in sorted(self.stand_ins.items()):
            entries = counted(len(keys), "entry", "entries")
            text = (
                f"a plugin of yarn makes {entries} by its protocol `{visible(protocol)}`: no package of a registry; "
                "what they need counts as needed instead"
            )
            findings.append(Finding("ignored", text, places[keys[0]], lost=False))
        return Reading(tuple(packages), tuple(links), findings=tuple(findings))

    def _packages_of(self, key: str, made: dict[str, Package | None]) -> list[str]:
        """Return the entry, or where it is no package those that it needs, one behind the other."""
        found: list[str] = []
        seen, waiting = {key}, [key]
        while waiting:
            here = waiting.pop()
            if made[here] is not None:
                found.append(here)
                continue
            name, _ = split(parsing.text_of(self.entries[here].get("resolution")))
            for needed, wanted in parsing.texts(self.entries[here].get("dependencies")).items():
                target = self._target(needed, wanted, name, "")
                if target is not None and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return found

    def _target(self, name: str, wanted: str, parent: str, locator: str) -> str | None:
        """Return the key of what a need was resolved to; `parent` is the name and `locator` the place of who needs."""
        if wanted.startswith("catalog:"):
            wanted = self.catalogs.get(wanted.removeprefix("catalog:"), {}).get(name, wanted)
        for text in (*resolved(self.resolutions, parent, name, wanted), wanted):
            for descriptor in (f"{name}@{text}".rstrip(), f"{name}@npm:{text}".rstrip()):
                if descriptor in self.by_descriptor:
                    return self.by_descriptor[descriptor]
                if places := self.located.get(descriptor):
                    # What the project puts in the place of a need is relative to the project.
                    root = next((place for place in places if place.endswith("@workspace:.")), "")
                    return places.get(locator) or places.get(root) or next(iter(places.values()))
        return None

    def _dev_names(self, key: str) -> frozenset[str]:
        """Return what a workspace needs for development: its lock entry does not tell it from the rest."""
        manifest = self.manifests.get(key, {})
        return frozenset(parsing.texts(manifest.get("devDependencies"))) - frozenset(
            parsing.texts(manifest.get("dependencies"))
        )

    def _folder(self, place: str) -> str:
        """Return the folder of a `workspace:`, `link:`, `portal:` or `file:`, relative to the lock's.

        All but the first are relative to the workspace that asks for them.
        """
        folder = unquote(place.partition("::")[0].partition("#")[0])
        asker = _locator(place).partition("@workspace:")[2]
        return folder if folder.startswith("/") or not asker else f"{asker}/{folder}"

    def _package(self, key: str, entry: dict[str, Any], location: Location) -> Package | None:
        """Return the package of an entry; None for a link to a folder without one, and for what a plugin makes."""
        facts = parsing.texts(entry)
        name, origin = split(facts.get("resolution", ""))
        version = facts.get("version", "")
        own: str | None = None
        qualifiers: tuple[tuple[str, str], ...] = ()
        absent: tuple[NotApplicable, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        notes = (("npm:patched", "true"),) if origin.startswith("patch:") else ()
        if notes:
            # `patch:name@npm%3A1.0.0#PATCH`: another's package with a change of the project's own.
            name, origin = split(unquote(origin.removeprefix("patch:").partition("#")[0]))
        kind, _, place = origin.partition(":")
        if kind == "npm":
            # `npm:other@1.0.0` is an alias: the real name stands in it.
            name = split(place)[0] if place.find("@", 1) > 0 and not place.startswith("http") else name
            archive = re.search(r"__archiveUrl=([^&#]+)", place)
            url = addresses.clean(unquote(archive[1])) if archive else ""
            artifacts = (Artifact(addresses.file_name(url), url, ()),) if url else ()
        elif kind == "file" and place.partition("::")[0].partition("#")[0].endswith(npm.ARCHIVES):
            artifacts = (Artifact(addresses.file_name(self._folder(place)), "", ()),)
        elif kind in ("workspace", "link", "portal", "file"):
            folder = self._folder(place)
            own = self.source.inside(folder)
            stated, stated_version, self.manifests[key] = npm.own_manifest(self.source, folder)
            if kind == "link" and own is not None and not self.manifests[key]:
                return None
            absent = (absence.OUTSIDE_TREE,) if own is None else ()
            # A link has the name that it is asked for by, whatever it leads to.
            name = stated or name if own is not None else name
            version = stated_version if version == _NO_VERSION else version
        elif "commit=" in origin or npm.is_git(origin):
            address, _, fragment = origin.partition("#")
            commit = re.search(r"commit=([0-9a-f]{7,64})", fragment)
            if vcs := addresses.vcs_url(address, commit[1] if commit else ""):
                qualifiers = (("vcs_url", vcs),)
            absent = (absence.COMMIT_ONLY,)
        elif url := addresses.clean(origin):
            qualifiers = (("download_url", url),)
            artifacts = (Artifact(addresses.file_name(url), url, ()),)
        elif place and "://" not in origin:
            self.stand_ins.setdefault(kind, []).append(key)
            return None
        checksum = facts.get("checksum", "")
        return Package(
            key=key,
            ecosystem=Ecosystem.NPM,
            name=name,
            version=version,
            locations=(location,),
            own=own,
            qualifiers=qualifiers,
            artifacts=artifacts if own is None else (),
            facts=(LockFact("yarn:checksum", checksum, location),) if checksum and own is None else (),
            not_applicable=absent,
            notes=notes,
            registry=ELSEWHERE if kind == "file" else "",
        )
