"""What `sign` is given, and what it puts out."""

from __future__ import annotations

from dataclasses import dataclass

from ..declare import Concluded, given, out
from .recording import AUTO, LOGS

__all__ = ["Inputs", "Outputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `sign` is asked for."""

    folder: str = given(
        "The release folder: every file in it but bundles is signed, unless `files` says which.",
        default="release",
        metavar="DIR",
    )
    files: tuple[str, ...] = given(
        "Which files to sign instead of the folder's: globs, one a line; `!` in front excludes. Without them and "
        "without the folder, what earlier steps of the job declared (`GITHUB_ARTIFACTS_LIST`).",
        default=(),
        metavar="GLOB",
    )
    images: tuple[str, ...] = given(
        "Images to sign and attest where they lie, one a line: `REGISTRY/NAME@sha256:HEX`, or with a tag, which is "
        "resolved once. Their platforms are signed too. Where there is no `folder`, they alone are signed.",
        default=(),
        metavar="IMAGE",
    )
    bundles: str = given("A folder for the bundles. Default: each beside its file.", metavar="DIR")
    mode: str = given(
        "`each`: a bundle for each file. `statement`: one in-toto statement and one log entry over all of them.",
        default="each",
        choices=("each", "statement"),
    )
    trust_config: str = given(
        "A Sigstore ClientTrustConfig (JSON) of a private instance. Default: the public one.", metavar="FILE"
    )
    instance: str = given(
        "`public`, `staging`, or the address of a mirror of the public instance's TUF repository.",
        metavar="NAME|URL",
    )
    key: str = given(
        "A private key to sign with instead of a job's identity: a PEM file, `env:NAME`, or one in a service: "
        "`awskms://`, `azurekms://`, `gcpkms://` or `hashivault://`, as cosign spells it. "
        "Such signatures are logged only with `log: rekor`.",
        metavar="FILE|env:NAME|SERVICE://KEY",
    )
    key_password: str = given("The password of an encrypted `key`: PKCS #8, or cosign's own form.", secret=True)
    log: str = given(
        "Whether signatures go into the transparency log. `auto`: a job's do, a key's do not. `rekor`: a key's too, "
        "with the key and the digests for all to see. `none`: for a key alone.",
        default=AUTO,
        choices=LOGS,
    )
    fallback: str = given(
        "`key`: where keyless signing fails because a service is away, sign all with `key` instead. "
        "Such a run is `waived`, never a pass.",
        default="none",
        choices=("none", "key"),
    )
    predicate: str = given(
        "A JSON file with a predicate to attest over all files, beside their signatures.", metavar="FILE"
    )
    predicate_type: str = given("The URI of the type of `predicate`.", metavar="URI")
    provenance: bool = given(
        "Attest the SLSA provenance of all files, from the claims of the job's identity.", default=False
    )
    sbom: bool = given(
        "Attest the SBOMs `sbom.spdx.json` and `sbom.cdx.json` of the folder over all other files.",
        default=False,
    )
    retry_budget: str = given(
        "For how many seconds a signing service that is away is tried again before the step ends with 3.",
        default="600",
        metavar="SECONDS",
    )
    timeout: str = given(
        "Within how many seconds one request to a service must be answered whole before it is tried again.",
        default="60",
        metavar="SECONDS",
    )
    jobs: str = given(
        "How many files are signed at once, 1 to 64. Default: 24 with Rekor v1, 64 with v2, 4 with a key.",
        metavar="NUMBER",
    )
    allow_public_log: bool = given(
        "Sign keyless in a private repository too, although the public log then shows its name for good.",
        default=False,
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `sign` hands on."""

    bundles: str = out("The bundles' paths, a sorted JSON list.", default="[]")
    log_indexes: str = out("The index of each log entry by bundle, a JSON object.", default="{}")
    identity: str = out("Who signed: the certificate's identity, or the public key's SHA-256 fingerprint.")
    issuer: str = out("Who vouched for the identity; empty with a key.")
    signing: str = out("`keyless` or `key`.")
    failed: str = out(
        "What could not be signed, a JSON list sorted by name: the `file` or image, its `cause` and `code`, and "
        "whether a second run can help, `retry`.",
        default="[]",
    )
    verify_command: str = out("The line with which anybody verifies these files.")
    cosign_command: str = out("The lines with which `cosign` verifies each file, attestation and image.")
    signed_images: str = out(
        "The images that are signed, `REGISTRY/NAME@sha256:HEX`, platforms included, a sorted JSON list.", default="[]"
    )
    image_verify_command: str = out("The lines with which anybody verifies the images, one for each.")
