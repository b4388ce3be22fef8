"""The databases of dpkg and apk, and what the system says it is.

See: deb-control(5), dpkg(1), https://wiki.alpinelinux.org/wiki/Apk_spec, os-release(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maximus.sbom.licences import declared
from maximus.sbom.model import Ecosystem, Finding, Known, Link, Location, Package, Reading
from maximus.sbom.naming import visible
from maximus.sbom.producers import is_mail
from maximus.sbom.readers import absence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maximus.sbom.model import LicenceClaim, LockFact, Producer

__all__ = ["Database", "Release", "SystemPackage", "claims_of_copyright", "read_apk", "read_dpkg", "read_release"]

_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*):[ \t]?(.*)")
_NEED = re.compile(r"\s*([^\s(:,|<>=~!]+)")
_QUOTED = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_MAINTAINER = re.compile(r"\s*([^<]*?)\s*(?:<([^<>\s]+)>)?\s*$")


@dataclass(frozen=True, slots=True)
class Release:
    """What `os-release` says."""

    id: str = ""
    version: str = ""
    name: str = ""

    @property
    def distro(self) -> str:
        """The qualifier of purls: `debian-13`."""
        return f"{self.id}-{self.version}" if self.id and self.version else self.id


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """A package as a database states it, before it is known which system it is of."""

    ecosystem: Ecosystem
    name: str
    version: str
    architecture: str
    line: int
    source: str = ""
    """The source package, with its version where that differs."""
    epoch: str = ""
    maintainer: Producer | None = None
    licences: tuple[LicenceClaim, ...] = ()
    facts: tuple[LockFact, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    """What it needs, each any one of several names."""
    provides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """All packages of one database."""

    packages: tuple[SystemPackage, ...]
    findings: tuple[Finding, ...] = ()

    def reading(self, path: str, release: Release, layer_of: Callable[[SystemPackage], str]) -> Reading:
        """Return the packages with their purls, and the edges between them, resolved inside the image."""
        by_name: dict[str, list[int]] = {}
        for number, package in enumerate(self.packages):
            for name in dict.fromkeys((package.name, *package.provides)):
                by_name.setdefault(name, []).append(number)
        links: list[Link] = []
        for number, package in enumerate(self.packages):
            for any_of in package.needs:
                # The first of several that is there, as the package manager chose.
                targets = next((by_name[name] for name in any_of if name in by_name), [])
                links += [Link(str(number), str(target)) for target in targets[:1] if target != number]
        needed = {link.target for link in links}
        packages = [
            _as_package(str(number), package, path, release, layer_of(package))
            for number, package in enumerate(self.packages)
        ]
        # Nobody wrote down what was asked for: what nothing else needs must have been, the rest may.
        links += [Link("", item.key, known=False) for item in packages if item.key not in needed]
        return Reading(tuple(packages), tuple(links), findings=self.findings)


def _as_package(key: str, package: SystemPackage, path: str, release: Release, layer: str) -> Package:
    qualifiers = [
        ("arch", package.architecture),
        ("distro", release.distro),
        ("epoch", package.epoch if package.epoch != "0" else ""),
        ("upstream", package.source),
    ]
    return Package(
        key=key,
        ecosystem=package.ecosystem,
        name=f"{release.id or 'unknown'}/{package.name}",
        version=package.version,
        locations=(Location(path, package.line),),
        qualifiers=tuple((name, visible(value)) for name, value in qualifiers if value),
        licences=package.licences,
        facts=package.facts,
        edges=Known.COMPLETE,
        not_applicable=(absence.INSTALLED,),
        producer=package.maintainer,
        notes=(("layer", layer),) if layer else (),
    )


def read_release(raw: bytes) -> Release:
    """Return what an `os-release` says; what it does not say is empty."""
    found = {}
    for line in raw[: 64 << 10].decode("utf-8", "replace").splitlines():
        if match := _QUOTED.fullmatch(line.strip()):
            found[match[1]] = match[2].strip("\"'")
    return Release(
        re.sub(r"[^a-z0-9._-]", "", found.get("ID", "").lower()),
        re.sub(r"[^A-Za-z0-9._-]", "", found.get("VERSION_ID", "")),
        visible(found.get("PRETTY_NAME", "")),
    )


def _stanzas(raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the paragraphs of a control file with the line that each begins on; names in lower case."""
    begun, current, last = 0, dict[str, str](), ""
    for number, line in enumerate(raw.decode("utf-8", "replace").split("\n"), 1):
        if not line.strip():
            if current:
                yield begun, current
            begun, current, last = 0, {}, ""
        elif line[0] in " \t":
            if last:
                current[last] += "\n" + line.strip()
        elif match := _FIELD.fullmatch(line.rstrip("\r")):
            begun, last = begun or number, match[1].lower()
            current[last] = match[2]
    if current:
        yield begun, current


def _maintainer(text: str) -> Producer | None:
    from maximus.sbom.model import Producer  # noqa: PLC0415 - a value here, a type above

    found = _MAINTAINER.fullmatch(text.strip())
    name = " ".join((found[1] if found else "").split()).strip("\"'").split("(")[0].strip()
    email = found[2] if found and found[2] and is_mail(found[2]) else ""
    return Producer(visible(name[:200]), email=email) if name else None


def _needs(text: str) -> tuple[tuple[str, ...], ...]:
    """Return what a Debian relation asks for: each any one of several."""
    return tuple(
        names
        for part in text.replace("\n", " ").split(",")
        if (names := tuple(match[1] for choice in part.split("|") if (match := _NEED.match(choice))))
    )


def read_dpkg(raw: bytes, path: str) -> Database:
    """Return the installed packages of dpkg's status file, or of one of a distroless image's parts of it."""
    packages: list[SystemPackage] = []
    is_part = "/status.d/" in path
    for line, found in _stanzas(raw):
        status = found.get("status", "install ok installed" if is_part else "")
        if not status.endswith(" ok installed") or not found.get("package"):
            continue
        source = found.get("source", "")
        named, _, version = source.partition(" ")
        # `name (version)` where the source has another version than what was built from it.
        upstream = f"{named}@{version.strip('() ')}" if version else named
        packages.append(
            SystemPackage(
                Ecosystem.DEB,
                found["package"],
                found.get("version", ""),
                found.get("architecture", ""),
                line,
                source=upstream,
                maintainer=_maintainer(found.get("maintainer", "")),
                needs=_needs(found.get("pre-depends", "")) + _needs(found.get("depends", "")),
                provides=tuple(name for names in _needs(found.get("provides", "")) for name in names),
            )
        )
    return Database(tuple(packages))


def read_apk(raw: bytes, path: str) -> Database:
    """Return the packages of apk's database of what is installed."""
    from maximus.sbom.model import LockFact  # noqa: PLC0415 - a value here, a type above

    packages: list[SystemPackage] = []
    begun, current = 0, dict[str, str]()

    def take() -> None:
        if current.get("P"):
            checksum = current.get("C", "")
            place = Location(path, begun)
            packages.append(
                SystemPackage(
                    Ecosystem.APK,
                    current["P"],
                    current.get("V", ""),
                    current.get("A", ""),
                    begun,
                    source=current.get("o", "") if current.get("o") != current["P"] else "",
                    maintainer=_maintainer(current.get("m", "")),
                    licences=(declared(current["L"], "apk L:"),) if current.get("L") else (),
                    # A SHA-1 of the control segment: of no file that is distributed.
                    facts=(LockFact("apk:control-sha1", visible(checksum), place),) if checksum else (),
                    needs=tuple(
                        (match[1],)
                        for part in current.get("D", "").split()
                        if not part.startswith("!") and (match := _NEED.match(part))
                    ),
                    provides=tuple(match[1] for part in current.get("p", "").split() if (match := _NEED.match(part))),
                )
            )

    for number, line in enumerate(raw.decode("utf-8", "replace").split("\n"), 1):
        if not line.strip():
            take()
            begun, current = 0, {}
        elif len(line) > 1 and line[1] == ":":
            begun = begun or number
            current.setdefault(line[0], line[2:].strip())
    take()
    return Database(tuple(packages))


_DEBIAN_NAMES = {
    "apache-2": "Apache-2.0", "apache-2.0": "Apache-2.0", "artistic": "Artistic-1.0-Perl",
    "artistic-2.0": "Artistic-2.0", "boost-1.0": "BSL-1.0", "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause", "cc0-1.0": "CC0-1.0",
    "expat": "MIT", "gpl-1": "GPL-1.0-only", "gpl-1+": "GPL-1.0-or-later", "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later", "gpl-2.0+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later",
    "gpl-3.0+": "GPL-3.0-or-later", "isc": "ISC", "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only",
    "lgpl-3+": "LGPL-3.0-or-later", "mit": "MIT", "mpl-1.1": "MPL-1.1", "mpl-2.0": "MPL-2.0", "psf-2": "PSF-2.0",
    "zlib": "Zlib", "wtfpl": "WTFPL", "unicode": "Unicode-DFS-2016", "gfdl-1.3": "GFDL-1.3-only",
    "gfdl-1.3+": "GFDL-1.3-or-later", "ofl-1.1": "OFL-1.1",
}  # fmt: skip
"""The short names of machine-readable copyright files that mean one licence of SPDX."""


def claims_of_copyright(raw: bytes) -> tuple[LicenceClaim, ...]:
    """Return what a machine-readable Debian copyright file declares for the package's own files; none for a free text.

    See: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
    """
    from maximus.sbom.licences import expression_of  # noqa: PLC0415 - as above
    from maximus.sbom.model import LicenceClaim as Claim  # noqa: PLC0415 - a value here, a type above

    if not raw.lstrip().lower().startswith(b"format"):
        return ()
    for _, found in _stanzas(raw):
        if found.get("files", "").strip() == "*" and found.get("license"):
            text = found["license"].split("\n")[0].strip()
            words = [_DEBIAN_NAMES.get(word.lower(), word) for word in text.split()]
            joined = " ".join({"and": "AND", "or": "OR"}.get(word.lower(), word) for word in words)
            return (Claim(visible(text[:2000]), expression_of(joined), concluded=False, evidence="debian/copyright"),)
    return ()
