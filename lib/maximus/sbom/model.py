"""What an inventory says: components, where they were found, and what about them is unknown.

Readers make `Package`s and `Link`s out of one lock; `inventory` merges those of a whole tree into
`Component`s and `Edge`s; the writers turn these into documents. Nothing here reads or writes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ELSEWHERE",
    "Artifact",
    "Component",
    "ComponentRef",
    "Computed",
    "Digest",
    "Ecosystem",
    "Edge",
    "Finding",
    "Gap",
    "Inventory",
    "Kind",
    "Known",
    "LicenceClaim",
    "Link",
    "Location",
    "LockFact",
    "NotApplicable",
    "Package",
    "Producer",
    "Purl",
    "Reading",
    "Scope",
    "Skipped",
    "Stated",
    "Subject",
]

Purl = NewType("Purl", str)
"""A package URL in its canonical form."""
ComponentRef = NewType("ComponentRef", str)
"""What a component is called inside the documents: its purl, with a suffix where two share one."""

ELSEWHERE: Final = "elsewhere"
"""In place of the address of an index: the default one is not where a package comes from, or not for certain, and the
lock names no other that could be asked (several indexes, a file with an address of its own, a folder)."""


class Kind(enum.StrEnum):
    """What sort of thing a component is, in CycloneDX's words."""

    LIBRARY = "library"
    APPLICATION = "application"
    FRAMEWORK = "framework"
    OPERATING_SYSTEM = "operating-system"
    CONTAINER = "container"
    FILE = "file"
    ACTION = "action"
    """A GitHub Action: `application` in CycloneDX."""


class Ecosystem(enum.StrEnum):
    """Whose packages these are; the value is the purl type."""

    PYPI = "pypi"
    NPM = "npm"
    GO = "golang"
    CARGO = "cargo"
    MAVEN = "maven"
    NUGET = "nuget"
    GEM = "gem"
    COMPOSER = "composer"
    PUB = "pub"
    SWIFT = "swift"
    COCOAPODS = "cocoapods"
    HEX = "hex"
    GITHUB = "github"
    DOCKER = "docker"
    CONAN = "conan"
    CONDA = "conda"
    DEB = "deb"
    APK = "apk"
    RPM = "rpm"
    GENERIC = "generic"
    """What has no type of its own: providers, charts, flakes, ports; its purl says more in qualifiers."""


class Scope(enum.StrEnum):
    """What a component is needed for. The order of declaration is the order of weight."""

    RUNTIME = "runtime"
    OPTIONAL = "optional"
    PEER = "peer"
    BUILD = "build"
    DEV = "dev"
    TEST = "test"


class Known(enum.StrEnum):
    """How much of a component's direct dependencies is known, in CycloneDX's words."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the tree where something is stated."""

    path: str
    """Relative to the tree's root, with `/`."""
    line: int = 0
    """From 1; 0 where the format gives none."""


@dataclass(frozen=True, slots=True)
class Stated:
    """The digest stands in a lock."""

    location: Location


@dataclass(frozen=True, slots=True)
class Computed:
    """The digest was computed here, on bytes that were first verified against a stated one."""

    verified_with: str
    """The algorithm and the stated digest, such as `SHA-512:ab12...`."""
    location: Location
    """Where that one is stated."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of one file, and how it is known."""

    algorithm: str
    """As CycloneDX spells it: `SHA-256`."""
    value: str
    """Lower-case hexadecimal."""
    origin: Stated | Computed


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file in which a component is distributed."""

    file: str = ""
    """Its base name; empty where the lock gives only digests."""
    url: str = ""
    """Where the lock says it lies, cleaned of credentials; empty where it does not say."""
    digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class LockFact:
    """A checksum that is not the digest of a distributed file, under the name of what it is."""

    name: str
    """`go:h1` (a hash over a module's file list), `yarn:checksum` (of a zip that yarn repacked)."""
    value: str
    """As the lock writes it; never relabelled."""
    location: Location


@dataclass(frozen=True, slots=True)
class LicenceClaim:
    """A licence that somebody stated, and where."""

    text: str
    """As it stands there."""
    expression: str
    """The SPDX expression it is; empty where it is none."""
    concluded: bool
    """False: the author's own declaration. True: what was matched in a text or decided by a policy."""
    evidence: str
    """The field or the text it comes from, such as `package-lock.json license`."""


@dataclass(frozen=True, slots=True)
class Producer:
    """Who makes a component."""

    name: str
    url: str = ""
    email: str = ""
    derived: bool = False
    """True where it was derived from the repository's address, not stated."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A field that is unknown, and why."""

    field: str
    """As the table of CISA's Minimum Elements 2026 spells it: `Component License`."""
    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A field that does not apply to a component, and why: neither unknown nor withheld."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the tree that a reader of the inventory should know; it blocks nothing."""

    kind: str
    """`unpinned`, `not-locked`, `unresolved`, `conflict`, `limit`, `ignored`."""
    text: str
    location: Location
    lost: bool = True
    """Whether it is about something that the tree names and the inventory lacks."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A lock, or a folder, that was left out."""

    path: str
    reason: str
    is_source: bool = True
    """False for installed and generated folders: whether they are there is a matter of the machine, not of the tree."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package as one lock states it."""

    key: str
    """What the lock's own links call it; unique in one reading."""
    ecosystem: Ecosystem
    name: str
    """In the ecosystem's own spelling, with its namespace: `@scope/name`, `github.com/a/b`."""
    version: str
    """Exact; empty where the lock does not state it."""
    locations: tuple[Location, ...]
    own: str | None = None
    """For a part of the tree itself (workspace member, editable, link): its folder, `` for the root."""
    kind: Kind = Kind.LIBRARY
    moves: str = ""
    """Why the version can mean other content tomorrow, such as a tag of an action; empty where it cannot."""
    qualifiers: tuple[tuple[str, str], ...] = ()
    """Of the purl, such as (`vcs_url`, `git+https://...@commit`)."""
    subpath: str = ""
    """Of the purl: the folder of an action in its repository."""
    artifacts: tuple[Artifact, ...] = ()
    facts: tuple[LockFact, ...] = ()
    licences: tuple[LicenceClaim, ...] = ()
    scopes: tuple[Scope, ...] = ()
    """As the lock states them; empty where they follow from the links."""
    edges: Known = Known.COMPLETE
    not_applicable: tuple[NotApplicable, ...] = ()
    """Such as no hash for a commit: not applicable, with the reason."""
    producer: Producer | None = None
    """Who makes it, where that is stated."""
    notes: tuple[tuple[str, str], ...] = ()
    """Further facts as properties: name and value."""
    registry: str = ""
    """The index that it comes from as the lock says, without credentials and last slash, or ELSEWHERE; empty where the
    lock does not say, or says it by the address of the file."""


@dataclass(frozen=True, slots=True)
class Link:
    """One package needs another, as one lock states it."""

    source: str
    """A key; empty for the project in whose folder the lock lies."""
    target: str
    """A key."""
    scope: Scope = Scope.RUNTIME
    marker: str = ""
    """The condition under which it is needed, as the lock writes it."""
    known: bool = True
    """False where the lock does not say who needs it, and the project stands in: no direct need is claimed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one lock says."""

    packages: tuple[Package, ...]
    links: tuple[Link, ...]
    findings: tuple[Finding, ...] = ()
    also_read: tuple[str, ...] = ()
    """Other manifests whose content is in here: included lists, `go.sum`."""


@dataclass(frozen=True, slots=True)
class Component:
    """A package, merged from everything in the tree that states it."""

    ref: ComponentRef
    purl: Purl
    kind: Kind
    ecosystem: str
    """The purl type."""
    group: str
    """npm's scope, Maven's group, Composer's vendor: without it the name is another package; empty elsewhere."""
    name: str
    version: str
    locations: tuple[Location, ...]
    own: str | None = None
    """For a part of the tree itself: its folder."""
    artifacts: tuple[Artifact, ...] = ()
    facts: tuple[LockFact, ...] = ()
    licences: tuple[LicenceClaim, ...] = ()
    producer: Producer | None = None
    copyright: str = ""
    scopes: tuple[Scope, ...] = ()
    direct: bool = False
    edges: Known = Known.UNKNOWN
    gaps: tuple[Gap, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    installed_file: str = ""
    """Which of its files is installed, where that is known."""
    registries: tuple[str, ...] = ()
    """The indexes that its locks say it comes from, each as in `Package.registry`, sorted; empty where none says."""
    inside: ComponentRef | None = None
    """The component whose file carries this one (a document inside a wheel, a jar in a jar)."""

    @property
    def full_name(self) -> str:
        """The name with its group, as its users type it."""
        between = ":" if self.ecosystem == Ecosystem.MAVEN else "/"
        return f"{self.group}{between}{self.name}" if self.group else self.name

    @property
    def delivered(self) -> Artifact | None:
        """The one file that this component is: the only one, or the one that is installed; None where none is known."""
        if len(self.artifacts) == 1:
            return self.artifacts[0]
        return next((item for item in self.artifacts if item.file and item.file == self.installed_file), None)

    @property
    def is_exact(self) -> bool:
        """Tell whether the version is known and always means the same content."""
        return bool(self.version) and not any(gap.field == "Component Version" for gap in self.gaps)

    @property
    def is_distributed(self) -> bool:
        """Tell whether there is a distributed file that a hash could be of."""
        return not any(item.field == "Component Hash Value" for item in self.not_applicable)


@dataclass(frozen=True, slots=True)
class Edge:
    """One component needs another."""

    source: ComponentRef
    target: ComponentRef
    scopes: tuple[Scope, ...] = ()
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What the inventory is about: the thing that is released."""

    name: str
    version: str
    purl: Purl
    repository: str = ""
    """Its address, empty where there is no origin."""
    commit: str = ""
    author: Producer | None = None
    """Who answers for the document; None where nobody is known."""
    kind: Kind = Kind.APPLICATION
    phase: str = "pre-build"
    """When in its life it was looked at, in CycloneDX's words: `pre-build` (sources), `post-build` (what was built)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that was found in a tree."""

    subject: Subject
    root: Component
    members: tuple[Component, ...]
    """Parts of the tree itself, sorted by ref."""
    components: tuple[Component, ...]
    """What the tree uses, sorted by ref."""
    edges: tuple[Edge, ...]
    """Sorted by source and target; from the root, from members and between components."""
    inner: tuple[Component, ...] = ()
    """What was built into components, as SBOMs inside them say, sorted by ref; counted apart."""
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    locks: tuple[str, ...] = ()
    """The manifests that were read, sorted."""

    @property
    def everything(self) -> tuple[Component, ...]:
        """The subject, its parts, what it uses and what is inside that."""
        return (self.root, *self.members, *self.components, *self.inner)

    def edges_by_source(self) -> Mapping[ComponentRef, tuple[Edge, ...]]:
        """Return the edges of each component that has some."""
        found: dict[ComponentRef, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return {ref: tuple(edges) for ref, edges in found.items()}
