"""Names, versions and package URLs: the ecosystem's own grammar first, then the purl.

A purl library percent-encodes whatever it is given, so nonsense would become a valid purl of something else.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from maximus.sbom.limits import MAX_TEXT
from maximus.sbom.model import Ecosystem, Purl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packageurl import PackageURL

__all__ = [
    "MAX_VERSION",
    "is_exact",
    "is_name",
    "make_purl",
    "normal_pypi",
    "parse_purl",
    "respelled",
    "split_group",
    "visible",
    "write_purl",
]

MAX_VERSION: Final = 1024
"""Characters of a version: CycloneDX allows no longer one."""

_SYSTEM = re.compile(r"[a-z0-9._-]+/[A-Za-z0-9_][A-Za-z0-9._+-]*")
_NAMES = {
    # PEP 508.
    Ecosystem.PYPI: re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),
    # npm's rules for old packages too: capitals and a few more signs were once allowed.
    Ecosystem.NPM: re.compile(r"(?:@[A-Za-z0-9~_-][A-Za-z0-9~._!'()*-]*/)?[A-Za-z0-9~_!'()*-][A-Za-z0-9~._!'()*-]*"),
    # Go's module.CheckPath: elements of letters, digits and - . _ ~ that neither begin nor end with a dot.
    Ecosystem.GO: re.compile(
        r"[A-Za-z0-9_~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?(?:/[A-Za-z0-9_~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?)*"
    ),
    Ecosystem.CARGO: re.compile(r"[A-Za-z_][A-Za-z0-9_-]*"),
    # group:artifact.
    Ecosystem.MAVEN: re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*:[A-Za-z0-9_][A-Za-z0-9._-]*"),
    Ecosystem.NUGET: re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*"),
    Ecosystem.GEM: re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*"),
    # vendor/name.
    Ecosystem.COMPOSER: re.compile(
        r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
    ),
    Ecosystem.PUB: re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    # host/owner/name.
    Ecosystem.SWIFT: re.compile(r"[A-Za-z0-9.-]+(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+"),
    Ecosystem.COCOAPODS: re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"),
    # name, or organisation/name.
    Ecosystem.HEX: re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)?[a-z][a-z0-9_]*"),
    # owner/name.
    Ecosystem.GITHUB: re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9_.-]*[A-Za-z0-9_-]"),
    # A repository without its registry: path/name.
    Ecosystem.DOCKER: re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"),
    Ecosystem.CONAN: re.compile(r"[a-z0-9_][a-z0-9_+.-]*"),
    Ecosystem.CONDA: re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*"),
    # system/name.
    Ecosystem.DEB: _SYSTEM,
    Ecosystem.APK: _SYSTEM,
    Ecosystem.RPM: _SYSTEM,
    Ecosystem.GENERIC: re.compile(
        r"[A-Za-z0-9_~](?:[A-Za-z0-9._~+-]*[A-Za-z0-9_~+-])?(?:/[A-Za-z0-9_~](?:[A-Za-z0-9._~+-]*[A-Za-z0-9_~+-])?)*"
    ),
}
_WORD = re.compile(r"\w[\w.+!~/-]*", re.ASCII)
_SEMVER = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_SYSTEM_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:^_-]*")
_VERSIONS = {
    # PEP 440 in its loose spelling, and the local part. No range, no wildcard.
    Ecosystem.PYPI: re.compile(r"v?(?:\d+!)?\d[A-Za-z0-9._-]*(?:\+[A-Za-z0-9._-]+)?"),
    # Or a commit's first digits, which bun keeps of what GitHub packs.
    Ecosystem.NPM: re.compile(rf"v?{_SEMVER.pattern}|[0-9a-f]{{7,39}}"),
    Ecosystem.GO: re.compile(r"v" + _SEMVER.pattern),
    Ecosystem.CARGO: _SEMVER,
    # No range, no `+` or `latest.release` that Gradle resolves anew; what a SNAPSHOT is changes, see `Package.moves`.
    Ecosystem.MAVEN: re.compile(r"(?!(?:LATEST|RELEASE|latest[.]\w+)$)[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?"),
    Ecosystem.NUGET: re.compile(r"\d+(?:\.\d+){1,3}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"),
    Ecosystem.GEM: re.compile(r"\d+(?:\.[0-9A-Za-z]+)*"),
    Ecosystem.COMPOSER: re.compile(r"v?\d+(?:\.[0-9]+)*(?:[.+_-]?[0-9A-Za-z.+_-]+)?"),
    Ecosystem.PUB: _SEMVER,
    Ecosystem.SWIFT: re.compile(r"v?" + _SEMVER.pattern),
    Ecosystem.COCOAPODS: re.compile(r"\d+(?:\.[0-9A-Za-z]+)*(?:[-+][0-9A-Za-z.-]+)?"),
    Ecosystem.HEX: _SEMVER,
    Ecosystem.GITHUB: _WORD,
    Ecosystem.DOCKER: re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|\w[\w.-]{0,127}", re.ASCII),
    Ecosystem.CONAN: _WORD,
    Ecosystem.CONDA: _WORD,
    Ecosystem.DEB: _SYSTEM_VERSION,
    Ecosystem.APK: _SYSTEM_VERSION,
    Ecosystem.RPM: _SYSTEM_VERSION,
    Ecosystem.GENERIC: _WORD,
}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Names and versions in which neither case nor any sign changes in a purl; of npm's no case does.
_PLAIN_NAME = re.compile(r"(?:@[a-z0-9._-]+/)?[a-z0-9._-]+")
_PLAIN_NPM = re.compile(r"(?:@[A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+")
_PLAIN_VERSION = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN = frozenset({"pypi", "npm", "cargo", "gem", "nuget", "pub", "hex"})
_AS_WRITTEN = Ecosystem.GENERIC.value
_GROUPED = frozenset({Ecosystem.MAVEN, Ecosystem.COMPOSER, Ecosystem.HEX})
# A group of its own would say that these are two names; all of it is one.
_PATHS = frozenset(
    {
        Ecosystem.DEB,
        Ecosystem.APK,
        Ecosystem.RPM,
        Ecosystem.GO,
        Ecosystem.SWIFT,
        Ecosystem.GITHUB,
        Ecosystem.DOCKER,
        Ecosystem.GENERIC,
    }
)
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def is_name(ecosystem: Ecosystem, name: str) -> bool:
    """Tell whether the ecosystem could have a package of this name."""
    return len(name) <= MAX_TEXT and _NAMES[ecosystem].fullmatch(name) is not None


def is_exact(ecosystem: Ecosystem, version: str) -> bool:
    """Tell whether this is one version of the ecosystem's (or a commit), not a range or a tag."""
    return len(version) <= MAX_VERSION and bool(_VERSIONS[ecosystem].fullmatch(version) or _COMMIT.fullmatch(version))


@functools.lru_cache(maxsize=65536)
def normal_pypi(name: str) -> str:
    """Return the name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split_group(ecosystem: str, name: str) -> tuple[str, str]:
    """Return what a CycloneDX `group` holds, empty where there is none, and the name without it."""
    if ecosystem == Ecosystem.NPM:
        scope, slash, rest = name.partition("/")
        return (scope, rest) if slash and scope.startswith("@") else ("", name)
    if ecosystem in _GROUPED:
        group, _, rest = name.rpartition(":" if ecosystem == Ecosystem.MAVEN else "/")
        return group, rest
    return "", name


def make_purl(
    ecosystem: str, name: str, version: str, qualifiers: tuple[tuple[str, str], ...] = (), subpath: str = ""
) -> Purl:
    """Return the canonical purl of a package whose name has passed `is_name`."""
    if ecosystem == Ecosystem.PYPI:
        name = normal_pypi(name)
    if (
        not qualifiers
        and not subpath
        and ecosystem in _PLAIN
        and _PLAIN_VERSION.fullmatch(version)
        and (_PLAIN_NPM if ecosystem == Ecosystem.NPM else _PLAIN_NAME).fullmatch(name)
    ):
        # What the library would return, at a tenth of its 17 us; the tests compare the two.
        return Purl(f"pkg:{ecosystem}/{name.replace('@', '%40')}@{version}")
    # Imported here: 20 ms that only an inventory should cost.
    from packageurl import PackageURL  # noqa: PLC0415

    if ecosystem in _PATHS:
        namespace, _, name = name.rpartition("/")
    else:
        namespace, name = split_group(ecosystem, name)
    made = PackageURL(ecosystem, namespace or None, name, version or None, dict(qualifiers) or None, subpath or None)
    return write_purl(made._replace(name=name))


def parse_purl(text: str) -> PackageURL:
    """Return the parts of a package URL, each npm name in its own case; raise ValueError where the text is none.

    npm has packages that differ in nothing else (`JSONStream` and `jsonstream`), and its purls tell them apart;
    packageurl-python writes both small. What it returns is written with `write_purl`, never with its own method.
    See https://github.com/package-url/purl-spec, types/npm-definition.json.
    """
    from packageurl import PackageURL  # noqa: PLC0415 - 20 ms that only an inventory should cost

    found = PackageURL.from_string(text)
    if found.type != Ecosystem.NPM or text.islower():
        return found
    # The same text as one of a type whose names nobody changes.
    rest = re.sub(r"^[/\s]*@", "%40", text.partition(":")[2].strip().lstrip("/").partition("/")[2])
    name = PackageURL.from_string(f"pkg:{_AS_WRITTEN}/{rest}").name
    return found._replace(name=name if name.lower() == found.name else found.name)


def write_purl(purl: PackageURL) -> Purl:
    """Return the canonical text of a package URL, an npm name in its own case."""
    if purl.type != Ecosystem.NPM or purl.name.islower():
        return Purl(purl.to_string())
    written: str = purl._replace(type=_AS_WRITTEN).to_string()
    return Purl(written.replace(f"pkg:{_AS_WRITTEN}/", f"pkg:{Ecosystem.NPM}/", 1))


def respelled(keys: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Return for each npm purl without version that others write in another case how they write it.

    Only where it stands once on each side: of two that differ in nothing else nobody knows which is which.
    """
    here, there = ({key for key in side if key.startswith(f"pkg:{Ecosystem.NPM}/")} for side in (keys, others))
    spellings: dict[str, tuple[list[str], list[str]]] = {}
    for place, side in enumerate((here - there, there - here)):
        for key in side:
            spellings.setdefault(key.lower(), ([], []))[place].append(key)
    return {mine[0]: theirs[0] for mine, theirs in spellings.values() if len(mine) == len(theirs) == 1}


def visible(text: str) -> str:
    """Return foreign text with the signs that do not show written out, so that no reader is led astray by it."""
    if text.isascii() and text.isprintable():
        return text[:MAX_TEXT]
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text[:MAX_TEXT])
