"""What `verify` is given, and what it puts out."""

from __future__ import annotations

from dataclasses import dataclass

from ..declare import GITHUB_ISSUER, Concluded, given, out

__all__ = ["Inputs", "Outputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `verify` is asked for."""

    tag: str = given(
        "The tag of a release on GitHub, whose files are fetched and hashed on the way; `repository` says whose.",
        metavar="TAG",
    )
    folder: str = given(
        "The release folder to verify. Default: `release`, unless `files`, `image` or `tag` is given. "
        "With `tag` the folder in which the files are kept, a new or empty one; without it none is.",
        metavar="DIR",
    )
    files: tuple[str, ...] = given(
        "Which files to verify instead of a folder: globs, one a line; `!` in front excludes. "
        "`sha256:HEX` stands for a file that is not here.",
        default=(),
        metavar="GLOB",
    )
    image: str = given(
        "The image to verify instead, `REGISTRY/NAME@sha256:HEX`, or with a tag, which is resolved once.",
        metavar="REFERENCE",
    )
    bundles: str = given("Where the bundles lie: a folder, or one bundle. Default: beside each file.", metavar="PATH")
    repository: str = given("The source repository that must have built it, `owner/name`.", metavar="OWNER/NAME")
    workflow: str = given(
        "The workflow that must have signed it: a path such as `.github/workflows/release.yml`, or "
        "`owner/name/PATH` where it lives in another repository. Default: any that lives in `repository`.",
        metavar="PATH",
    )
    ref: str = given("The git ref that it must come from: a whole-string glob such as `refs/tags/v*`.", metavar="GLOB")
    issuer: str = given(
        "The issuer that must have vouched for the identity, exact.", default=GITHUB_ISSUER, metavar="URL"
    )
    identity: str = given(
        "The exact identity (SAN) that must have signed it, instead of repository and workflow.", metavar="SAN"
    )
    repository_id: str = given(
        "The number of the source repository, exact: unlike its name, nobody else ever gets it.", metavar="NUMBER"
    )
    owner_id: str = given("The number of the source repository's owner, exact.", metavar="NUMBER")
    runner: str = given(
        "The kind of runner that it must come from: `github-hosted` or `self-hosted`.",
        choices=("github-hosted", "self-hosted"),
    )
    trigger: str = given("The event that must have started the run, exact, such as `push`.", metavar="EVENT")
    environment: str = given("The deployment environment that it must come from, exact.", metavar="NAME")
    commit: str = given("The source's commit that it must come from, the whole id.", metavar="ID")
    key: str = given(
        "The public key that must have signed it: a PEM file, `env:NAME`, or a key in a service: `awskms://`, "
        "`azurekms://`, `gcpkms://` or `hashivault://`, as cosign spells it.",
        metavar="FILE|env:NAME|SERVICE://KEY",
    )
    policy: str = given(
        "A policy in a file (JSON): who must have signed and on which terms. `pin` writes one.", metavar="FILE"
    )
    pin: str = given(
        "Where to write such a policy once the release was verified, pinned to the ids of who signed it.",
        metavar="FILE",
    )
    trust_config: str = given(
        "A Sigstore ClientTrustConfig or trusted root (JSON). Default: the public instance.", metavar="FILE"
    )
    instance: str = given(
        "The Sigstore instance whose root is believed: `public`, `staging`, or the address of a mirror of the public "
        "one's TUF repository. Default: `public`.",
        metavar="public|staging|URL",
    )
    offline: bool = given(
        "Make no request: believe the root in `trust-config`, or the one that came with the program.", default=False
    )
    attestations: bool = given(
        "Ask GitHub for the attestations that `repository` keeps of files that no bundle speaks of.", default=False
    )
    search: bool = given(
        "Look in the log for the signatures of files that no bundle speaks of (Rekor v1 only).", default=False
    )
    allow_unsigned: tuple[str, ...] = given(
        "Files that may be without a signature, one a line: `GLOB: reason`. They are reported as not signed.",
        default=(),
        metavar="GLOB: reason",
    )
    min_log_entries: str = given(
        "How many different log entries each file must have, over all bundles that speak of it.", metavar="NUMBER"
    )
    min_timestamps: str = given(
        "How many signed timestamps of trusted authorities each bundle must have.", metavar="NUMBER"
    )
    require: tuple[str, ...] = given(
        "Which facts must hold, one a line. Default: all for a folder, the last three for files and images; "
        "with `key` the log is not required.",
        default=(),
        choices=("sbom", "signatures", "log", "identity"),
    )
    statement: str = given(
        "Where to write the verdict as a statement (SLSA verification summary); its predicate alone goes beside it.",
        metavar="FILE",
    )
    token: str = given(
        "The token to fetch a private release or its attestations with; public ones need none.",
        secret=True,
        action_default="${{ github.token }}",
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `verify` hands on."""

    compliant: str = out("`true` when every required fact holds, else `false`.", default="false")
    checks: str = out("The verdicts, a JSON list.", default="[]")
    missing: str = out("What is named by a bundle or statement and not there, a sorted JSON list.", default="[]")
    extra: str = out("Bundles without their file, a sorted JSON list.", default="[]")
    unsigned: str = out("Files that no valid bundle covers, a sorted JSON list.", default="[]")
    identities: str = out(
        "Who signed, a JSON list: `identity` (SAN), `issuer`, `workflow`, `repository`, `repository-id`, `owner`, "
        "`owner-id`, `ref`, `commit`, `trigger`, `runner`, `environment`, or `key`; their `files`, and whether they "
        "were `expected`.",
        default="[]",
    )
    trust_root: str = out(
        "The trusted root that was used, a JSON object: `origin`, `source`, `sha256`, `valid-from`, `valid-until` "
        "(empty where open), `expires` (when TUF wants it renewed); empty where none was needed."
    )
    records: str = out(
        "What became of each file, a JSON list: `name`, `status`, `reason`, `sha256`, `code`, `log`, `bundles`.",
        default="[]",
    )
    statement: str = out("The path of the statement that was written, empty without one.")
    pinned: str = out("The path of the policy that was written, empty without one.")
