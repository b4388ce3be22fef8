"""What `sbom` is given, and what it puts out."""

from __future__ import annotations

from dataclasses import dataclass

from ..declare import Concluded, given, out
from .difference import CLASSES
from .opinion import SORTS

__all__ = ["PROFILES", "Inputs", "Outputs"]

PROFILES = ("release-plan", "ntia-2021", "cisa-2026", "bsi-2.1", "telco-1.1")
"""What an inventory or a document can be held to."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `sbom` is asked for."""

    path: str = given("The tree to inventory.", default=".", metavar="DIR")
    image: str = given(
        "The image to inventory instead: an OCI layout, an archive of `docker save`, or a root file system. "
        "It is read layer by layer, and neither unpacked nor run.",
        metavar="PATH",
    )
    platform: str = given("Which of an image for several platforms.", default="linux/amd64", metavar="OS/ARCH")
    folder: str = given("The release folder: where the SBOMs go.", default="release", metavar="DIR")
    name: str = given("The name of what is released. Default: the repository's, else the folder's.")
    version: str = given("Its version. Default: the tag on the commit, else the commit.")
    author: str = given(
        "Who answers for the documents, such as `Ada <ada@acme.example>` or `Acme (https://acme.example)`. "
        "Default: the owner of the repository."
    )
    formats: tuple[str, ...] = given(
        "Which documents to write, one a line; `html` is a page for people, `sbom.html`, that opens without a network.",
        default=("spdx", "cyclonedx"),
        choices=("spdx", "cyclonedx", "html"),
    )
    cyclonedx_version: str = given(
        "The version of CycloneDX. BSI TR-03183-2 asks for 1.6 or newer; what an older one cannot say is left out.",
        default="1.6",
        choices=("1.4", "1.5", "1.6", "1.7"),
    )
    include: tuple[str, ...] = given(
        "Globs below `path` of locks that are read although they lie among test data or vendored copies, one a line.",
        default=(),
        metavar="GLOB",
    )
    exclude: tuple[str, ...] = given(
        "Globs of locks that are left out and listed as such, one a line, such as `tests/**` or `.github/**`.",
        default=(),
        metavar="GLOB",
    )
    base: str = given(
        "What to compare with: a CycloneDX or SPDX file in JSON, or a git tag, whose locks are read out of git. "
        "Default: nothing is compared."
    )
    diff_policy: tuple[str, ...] = given(
        "Which classes of changes since `base` fail the run, one a line, such as `hash-changed`. The documents and the "
        "comparison are written all the same. Default: none.",
        default=(),
        choices=CLASSES,
    )
    diff_output: str = given(
        "Where the comparison goes besides the evidence: as Markdown, or as JSON where the name ends in `.json`.",
        metavar="FILE",
    )
    installed: bool = given(
        "Take licences and producers from what is installed in the tree beside the locks (`node_modules`, virtual "
        "environments, `pip install --target`): from its metadata, else from its licence texts. The documents then "
        "differ before and after an install.",
        default=False,
    )
    caches: bool = given(
        "Take digests that the locks do not state from the caches of npm, cargo, Go and pip, where the cached bytes "
        "have the digest that the lock does state; of Go also licences and needs. The documents then depend on the "
        "caches.",
        default=False,
    )
    fetch: bool = given(
        "Ask package indexes for licences and producers that locks do not state (PyPI, npm, Go, cargo), of Go and "
        "cargo for digests as well: those that the locks or the configuration of this user name, and no others.",
        default=False,
    )
    hashes: str = given(
        "Where digests come from that locks do not state: `fetch` downloads, besides what the input `fetch` asks for, "
        "each package that has one file, and hashes it once its stated digest is verified.",
        choices=("fetch",),
    )
    conclude: str = given(
        "What licences are concluded from besides texts: `declared` takes the author's word where nothing else is "
        "known, and the documents say so. BSI TR-03183-2 asks for concluded licences.",
        choices=("declared",),
    )
    facts: str = given(
        "The file in which what was fetched is pinned, by purl and digest; what is in it is not asked for again, and "
        "without `fetch` it is read alone.",
        metavar="FILE",
    )
    units: bool = given(
        "Write documents for each workspace member and each folder with locks of its own as well, what runs apart from "
        "what only development needs: `sbom.UNIT.cdx.json` and `sbom.UNIT.dev.cdx.json`, in every format.",
        default=False,
    )
    overlay: str = given(
        "A file in YAML or JSON with components to add, change and remove, each with a reason that both documents "
        "tell; one that fits nothing fails the run.",
        metavar="FILE",
    )
    cross_check: str = given(
        "Another generator's document of the same tree (CycloneDX or SPDX 2 in JSON), to compare with by purl: what "
        "only one of the two has, and where they differ. Told, and blocks nothing by itself.",
        metavar="FILE",
    )
    cross_check_policy: tuple[str, ...] = given(
        "Which classes of differences from `cross-check` fail the run, one a line. Default: none.",
        default=(),
        choices=SORTS,
    )
    check: str = given(
        "Judge this document instead (CycloneDX or SPDX 2 in JSON), whoever wrote it; nothing else is done.",
        metavar="FILE",
    )
    profile: str = given(
        "What the documents are held to. `release-plan`: components, versions and hashes 100, licences 95 percent; "
        "`ntia-2021`, `cisa-2026`, `bsi-2.1` and `telco-1.1`: the standard's own fields. Default: faults block, "
        "coverage is told.",
        choices=PROFILES,
    )
    min_components: str = given(
        "How many percent of what the locks name must be in the inventory, 0 to 100. Default: the profile's, else 0.",
        metavar="PERCENT",
    )
    min_licences: str = given(
        "How many percent of the components must have a licence that is an SPDX expression.", metavar="PERCENT"
    )
    min_versions: str = given(
        "How many percent of what the locks name must have an exact version; a range is none.", metavar="PERCENT"
    )
    min_hashes: str = given(
        "How many percent of the components that are distributed as files must have a SHA-256.", metavar="PERCENT"
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `sbom` hands on."""

    spdx: str = out("The path of the SPDX document, empty where it was not asked for.")
    cyclonedx: str = out("The path of the CycloneDX document, empty where it was not asked for.")
    html: str = out("The path of the page, empty where it was not asked for.")
    components: str = out("How many components were found.")
    ecosystems: str = out("The ecosystems that were found, as purl types, joined by commas.")
    licence_coverage: str = out("How many components have a licence that is an SPDX expression, as `n/m`.")
    hash_coverage: str = out("How many of those that are distributed as files have a SHA-256, as `n/m`.")
    inside: str = out(
        "How many further components were built into these, as SBOMs inside installed wheels say (PEP 770)."
    )
    version_coverage: str = out("How many components have an exact version, as `n/m`.")
    unknown: str = out("How many components lack a field of CISA's minimum elements; the documents name each field.")
    skipped: str = out("How many locks and folders were left out; the log and the documents name them.")
    diff: str = out("The path of the comparison with `base` in JSON; `sbom-diff.md` lies beside it. Empty without one.")
    diff_markdown: str = out("The path of the same as Markdown for the notes.")
    units: str = out("The paths of the units' documents, one a line. Empty without `units`.")
    cross_check: str = out("The path of the comparison with `cross-check`, in JSON. Empty without one.")
    serial_number: str = out("The documents' common serial number, `urn:uuid:...`; made from their content.")
