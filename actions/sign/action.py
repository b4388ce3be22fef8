"""The action `sign`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from ..custody import experimental, find_key, is_reference, key_in_variable, refuse_pasted
from ..declare import GITHUB_ISSUER, as_json
from ..face import shortened
from .attestations import (
    ATTESTATION,
    PROVENANCE,
    SBOM_NAMES,
    SBOM_STEMS,
    Attested,
    attest_all,
    check_attestations,
    judge_attestations,
    read_predicate,
    read_sboms,
)
from .consumers import Cosign, advice, failure
from .declared import declare, declared_files, find_declared
from .inputs import Inputs, Outputs
from .pushed import Pushed, image_commands, image_headline, read_images, report_images, sign_images
from .recording import NONE, REKOR, check_log, key_logging, required_words
from .strays import tell_strays
from .terms import check_fallback, is_outage, judge_fallback, read_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.signing.batch import Failed, Origin, Outcome, Signed
    from maximus.signing.keys import SigningKey
    from maximus.signing.kms.managed import ManagedKey
    from maximus.signing.signers import Identity, Signer
    from maximus.signing.transport import Limits

    from ..face import Face
    from .terms import Terms

__all__ = ["NOT_LOGGED", "plan_signing", "run"]

NOT_LOGGED: Final = "key-signed, not logged"
"""What every report of a signature by a managed key says."""
_MAX_ROWS: Final = 200
"""Files that the table names; the outputs name all."""
_MAX_EVENT: Final = 32 << 20
"""Bytes of the largest event that is read; GitHub sends 25 MB at most."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Where a job gets its identity token."""

    url: str
    bearer: str


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is signed, and where its bundles go."""

    files: tuple[Path, ...]
    root: Path
    """What the files' names in a statement are relative to: the release folder, or the files' common one."""
    bundles: Path | None
    """The folder for the bundles; none where each goes beside its file."""
    is_declared: bool = False
    """Whether earlier steps of the job say what is signed, and not the inputs."""
    is_folder: bool = False
    """Whether it is all that a release folder has."""

    def is_fresh(self, mode: str) -> bool:
        """Tell whether something will have to be signed, at a glance: where the first bundle is missing."""
        from maximus.signing.bundles import STATEMENT_STEM, bundle_path  # noqa: PLC0415 - as below

        if not self.files or mode == "statement":
            return not self.place(STATEMENT_STEM).exists()
        return not bundle_path(self.files[0], self.root, self.bundles).exists()

    def place(self, stem: str, number: int = 1) -> Path:
        """Return where the bundle of the n-th statement of a stem goes."""
        from maximus.signing.bundles import statement_path  # noqa: PLC0415 - `--help` needs none of it

        return statement_path(self.bundles or self.root, number, stem)

    @property
    def has_sbom(self) -> bool:
        """Whether it is a folder in which `verify` finds an SBOM."""
        return self.is_folder and any(self.root / name in self.files for name in SBOM_NAMES)


@dataclass(frozen=True, slots=True)
class _Made:
    """What signing came to."""

    outcomes: tuple[Outcome, ...]
    stated: tuple[tuple[str, Outcome], ...]
    identity: Identity
    signing: str
    command: str
    pushed: tuple[Pushed, ...] = ()
    image_command: tuple[str, ...] = ()
    public: str = ""
    """The file with the key's public half; empty where a job signed."""
    is_private: bool = False
    """Whether a trust configuration names the services."""
    is_logged: bool = True
    """Whether the signatures were to be logged."""
    remark: str = ""
    """What the verdict says of the key."""
    instead_of: Error | None = None
    """The outage for which a key signed and not the job."""

    @property
    def unlogged(self) -> str:
        """What every report says of signatures that were not to be logged; empty otherwise."""
        return "" if self.is_logged else NOT_LOGGED

    @property
    def outage(self) -> Error | None:
        """The first outage that kept anything from being signed."""
        from maximus.signing.batch import Failed  # noqa: PLC0415 - `--help` needs none of it

        made = (*self.outcomes, *(outcome for _, outcome in self.stated))
        errors = [each.error for each in made if isinstance(each, Failed)]
        errors += [each.error for each in self.pushed if each.error]
        return next(filter(is_outage, errors), None)


def run(inputs: Inputs, face: Face, *, limits: Limits | None = None) -> Outputs:
    """Sign what the inputs name and return where the bundles are.

    `limits` says how long services are waited for, instead of the inputs. Raises Error KEY010 for a key in the place
    of its name, SIGN001 where nothing is
    there to sign, SIGN002 in a job without an identity, SIGN009 where a private repository would become known,
    SIGN011 for a number that is none, SIGN012 to SIGN015 and SIGN017 for attestations that cannot be, SIGN016 for a
    key that cannot step in, SIGN018 and SIGN019 for declared artifacts, and what keys and trust are refused with.
    """
    refuse_pasted(inputs.key)
    read_images(inputs.images)
    terms = read_terms(retry_budget=inputs.retry_budget, timeout=inputs.timeout, jobs=inputs.jobs)
    check_fallback(inputs.fallback, key=inputs.key, provenance=inputs.provenance)
    job = _decide("" if inputs.fallback == "key" else inputs.key, face.environment)
    check_attestations(
        predicate=inputs.predicate,
        predicate_type=inputs.predicate_type,
        provenance=inputs.provenance,
        with_key=job is None,
    )
    check_log(inputs.log, is_keyless=job is not None)
    if job is None:
        return _report(_sign_with_key(inputs, terms, face, limits or terms.limits), face)
    try:
        made = _sign_keyless(inputs, job, terms, face, limits or terms.limits)
    except Error as error:
        if inputs.fallback != "key" or not is_outage(error):
            raise
        return _report(_step_in(inputs, terms, error, face), face)
    if inputs.fallback == "key" and made.outage:
        made = _step_in(inputs, terms, made.outage, face)
    return _report(made, face)


def _step_in(inputs: Inputs, terms: Terms, outage: Error, face: Face) -> _Made:
    """Sign everything with the key: one line can only verify what one signer signed."""
    face.warn(f"{outage.headline}; the key signs instead: {NOT_LOGGED}", where="input `fallback`")
    # The log may be what is away.
    unlogged = dataclasses.replace(inputs, log=NONE)
    return dataclasses.replace(_sign_with_key(unlogged, terms, face, terms.limits), instead_of=outage)


def plan_signing(key: str, environment: Mapping[str, str]) -> str:
    """Return how `sign` would sign here, for people; raises Error SIGN002 or KEY010 where it would refuse."""
    refuse_pasted(key)
    if _decide(key, environment):
        return "keyless, by the identity of this job, logged"
    whose = f"with the key {key}" if key else "with the user's managed key"
    return f"{whose}: {NOT_LOGGED}"


def _decide(key: str, environment: Mapping[str, str]) -> _Job | None:
    """Return the job that gives its identity, or None where a key signs.

    A key signs when it is named, or on a person's machine. In a job nothing falls back to a key: who
    verifies the release would then be told of another signer than the workflow.
    """
    if key:
        return None
    url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    bearer = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if url and bearer:
        return _Job(url, bearer)
    if environment.get("GITHUB_ACTIONS") != "true":
        return None
    raise Error(
        "SIGN002",
        "this job has no identity to sign with",
        why="it was not given the permission `id-token: write` (a pull request from a fork never is)",
        # `contents: write` is what the whole release needs besides, which is where most meet this.
        fix="Add `id-token: write` to what the job may do already, as in permissions: "
        "{ contents: write, id-token: write }",
        where="permissions",
        status=ExitStatus.OUTSIDE,
    )


def _event_visibility(environment: Mapping[str, str]) -> str:
    """Return the visibility of the repository as the event that started the job states it; empty where it does not."""
    try:
        with Path(environment.get("GITHUB_EVENT_PATH", "")).open("rb") as stream:
            event = json.loads(stream.read(_MAX_EVENT))
    except (OSError, ValueError, RecursionError):
        # The token says it too.
        return ""
    repository = event.get("repository") if isinstance(event, dict) else None
    if not isinstance(repository, dict):
        return ""
    return "private" if repository.get("private") is True else str(repository.get("visibility") or "")


def _refuse_private(visibility: str) -> None:
    """Raise Error SIGN009 where the repository is not for everybody: no log forgets its name again."""
    if visibility in ("private", "internal"):
        raise Error(
            "SIGN009",
            f"this repository is {visibility}, and a keyless signature would make its name public",
            why="the public log keeps the names of repository, workflow and ref for good",
            fix="Set `allow-public-log: true` if they may be known; else sign with a `key`, "
            "or with a private instance by `trust-config`.",
            where="input `allow-public-log`",
            status=ExitStatus.USAGE,
        )


def _choose(inputs: Inputs, face: Face, *, with_key: bool) -> _Chosen:
    from maximus.files import EVIDENCE, find_files, list_folder, remove_leftovers  # noqa: PLC0415 - `--help` needs none of it

    bundles = Path(inputs.bundles) if inputs.bundles else None
    declared = () if inputs.files or Path(inputs.folder).exists() else declared_files(face.environment)
    if inputs.images and not (inputs.files or declared or Path(inputs.folder).exists()):
        return _Chosen((), Path(), bundles)
    if inputs.files or declared:
        found = find_files(inputs.files, Path()) if inputs.files else find_declared(declared, Path())
        files = tuple(path for path in found if _is_signed(path, with_key=with_key))
        root = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
        swept = {path.parent for path in files}
        where = "input `files`"
    else:
        root = Path(inputs.folder)
        remove_leftovers(root)
        there = list_folder(root)
        tell_strays(root, there, face)
        released = [path for path in there if path.relative_to(root).parts[0] != EVIDENCE]
        files = tuple(path for path in released if _is_signed(path, with_key=with_key))
        swept = set()
        where = "input `folder`"
    for folder in sorted(swept | ({bundles} if bundles and bundles.is_dir() else set())):
        remove_leftovers(folder)
    if not files and not inputs.images:
        raise Error(
            "SIGN001",
            "no file to sign",
            why=f"nothing matched {', '.join(inputs.files)}" if inputs.files else f"there is none in {root}",
            fix="Build first, or correct the patterns. Bundles, the key's public half and `evidence/` are left out.",
            where=where,
            status=ExitStatus.UNMEASURED,
        )
    chosen = _Chosen(files, root, bundles, is_declared=bool(declared), is_folder=not (inputs.files or declared))
    _refuse_same_name(inputs, chosen)
    return chosen


def _is_signed(path: Path, *, with_key: bool) -> bool:
    """Tell whether a file is signed: all are but what signing itself puts there.

    A public key is what a signature by that key is checked with, so signing it would prove nothing. In a
    release that is signed keyless it is a file as any other.
    """
    from maximus.signing.bundles import PUBLIC_KEY_NAME, is_bundle  # noqa: PLC0415 - `--help` needs none of it

    return not is_bundle(path) and not (with_key and path.name == PUBLIC_KEY_NAME)


def _sign_with_key(inputs: Inputs, terms: Terms, face: Face, limits: Limits) -> _Made:
    from maximus.files import write_whole  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.bundles import PUBLIC_KEY_NAME  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.signers import KeySigner  # noqa: PLC0415 - likewise

    chosen = _choose(inputs, face, with_key=True)
    for name, given_ in (("trust-config", inputs.trust_config), ("instance", inputs.instance)):
        if given_ and inputs.fallback != "key" and inputs.log != REKOR:
            face.warn(f"`{name}` has no part in signing with a key that is not logged", where=f"input `{name}`")
    if inputs.key_password and not inputs.key:
        face.warn("`key-password` has no part in signing with the key that was made here", where="input `key-password`")
    key = _key(inputs, limits, face)
    public = chosen.root / PUBLIC_KEY_NAME
    write_whole(public, key.public.pem)
    claims = _claims(inputs, chosen, None, face.environment)
    logs = key_logging(
        key.public,
        inputs.log,
        trust_config=inputs.trust_config,
        instance=inputs.instance,
        limits=limits,
        face=face,
    )
    with logs as logging:
        signer = KeySigner(key, jobs=terms.jobs, logging=logging)
        outcomes = _sign(inputs, chosen, signer, face)
        stated = attest_all(claims, chosen.files, chosen.root, chosen.place, signer, face)
        pushed = _sign_images(inputs, claims, signer, terms, face)
    is_logged = inputs.log == REKOR
    who = ["--key", public.as_posix(), *(_instance_words(inputs) if is_logged else [])]
    command = _command(inputs, chosen, [*who, *_asked(chosen, is_logged=is_logged, by_key=True)])
    images = image_commands(pushed, [*who, *required_words(is_logged=is_logged, by_key=True)])
    return _Made(
        outcomes,
        stated,
        signer.identity,
        "key",
        command,
        pushed,
        images,
        public=public.as_posix(),
        is_private=bool(inputs.trust_config),
        is_logged=is_logged,
        remark=experimental(inputs.key),
    )


def _key(inputs: Inputs, limits: Limits, face: Face) -> SigningKey | ManagedKey:
    """Return the key that the inputs name: in a service, a variable or a file; without one, the user's own."""
    if is_reference(inputs.key):
        if inputs.key_password:
            face.warn("`key-password` has no part in signing with a key in a service", where="input `key-password`")
        return find_key(inputs.key, limits, face)
    from maximus.signing import keys  # noqa: PLC0415 - 60 ms of cryptography

    if held := key_in_variable(inputs.key, face, is_secret=True):
        return keys.load_signing_key(*held, inputs.key_password)
    if inputs.key:
        return keys.read_signing_key(
            Path(inputs.key), inputs.key_password, lambda text: face.warn(text, where="input `key`")
        )
    folder = keys.configuration_folder(face.environment, Path.home())
    key, is_new = keys.make_or_load_key(folder)
    if is_new:
        face.say(f"made a signing key of your own in {folder}; keep it, later releases are checked with it")
    return key


def _sign_keyless(inputs: Inputs, job: _Job, terms: Terms, face: Face, limits: Limits) -> _Made:
    # The job's token is asked for first, and comes while the rest is imported.
    from maximus.signing.instances import check_configuration, read_instance  # noqa: PLC0415
    from maximus.signing.tokens import TokenSource  # noqa: PLC0415
    from maximus.signing.transport import Transport  # noqa: PLC0415

    chosen = _choose(inputs, face, with_key=False)
    instance = read_instance(inputs.instance)
    if inputs.instance and inputs.trust_config:
        face.warn("`instance` has no part where `trust-config` names one", where="input `instance`")
    if inputs.key_password and inputs.fallback != "key":
        face.warn("`key-password` has no part in keyless signing", where="input `key-password`")
    # A private instance's log is as private as the instance.
    may_be_known = inputs.allow_public_log or bool(inputs.trust_config)
    if not may_be_known:
        _refuse_private(_event_visibility(face.environment))
    if inputs.trust_config:
        check_configuration(Path(inputs.trust_config))
    with Transport(limits, face.warn) as transport, contextlib.ExitStack() as stack:
        tokens = TokenSource(transport, job.url, job.bearer, face.mask)
        tokens.ask()
        from maximus.signing.authority import Certificates  # noqa: PLC0415
        from maximus.signing.trust import find_trust  # noqa: PLC0415

        trust = find_trust(transport, instance, Path(inputs.trust_config) if inputs.trust_config else None)
        certificates = Certificates(trust.services.authority, transport, tokens)
        if not may_be_known:
            # The event may lack it, as a schedule's does; the token is what the certificate will say.
            _refuse_private(certificates.visibility)
        if chosen.is_fresh(inputs.mode):
            certificates.prepare()
        from maximus.signing.keyless import KeylessSigner  # noqa: PLC0415 - while the certificate is on its way
        from maximus.signing.probes import probe  # noqa: PLC0415 - likewise
        from maximus.verification.selfcheck import self_check  # noqa: PLC0415 - likewise
        from maximus.verification.verifier import quiet  # noqa: PLC0415 - likewise

        stack.enter_context(quiet())
        checker = self_check(trust.root, trust.source)
        signer = KeylessSigner(certificates, trust.services, checker, transport, jobs=terms.jobs)
        claims = _claims(inputs, chosen, certificates.claims, face.environment)
        face.say(f"services: {', '.join(map(str, probe(trust.services.named)))}")
        outcomes = _sign(inputs, chosen, signer, face)
        stated = attest_all(claims, chosen.files, chosen.root, chosen.place, signer, face)
        pushed = _sign_images(inputs, claims, signer, terms, face)
    identity = signer.identity
    who = _who(identity, inputs) if identity.name else []
    asked = _asked(chosen, is_logged=True, by_key=False)
    command = _command(inputs, chosen, [*who, *asked]) if who else ""
    images = image_commands(pushed, who) if who else ()
    is_private = bool(inputs.trust_config)
    return _Made(outcomes, stated, identity, "keyless", command, pushed, images, is_private=is_private)


def _sign(inputs: Inputs, chosen: _Chosen, signer: Signer, face: Face) -> tuple[Outcome, ...]:
    from maximus.signing.batch import sign_each, sign_together  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.bundles import STATEMENT_STEM, bundle_path  # noqa: PLC0415 - likewise

    count = len(chosen.files)
    with face.progress("signing", count if inputs.mode == "each" else 1) as advance:
        if inputs.mode == "each":
            return sign_each(chosen.files, signer, lambda path: bundle_path(path, chosen.root, chosen.bundles), advance)
        return sign_together(
            chosen.files,
            chosen.root,
            signer,
            origin=_origin(face.environment),
            place=lambda number: chosen.place(STATEMENT_STEM, number),
            advance=advance,
        )


def _sign_images(
    inputs: Inputs, claims: Sequence[Attested], signer: Signer, terms: Terms, face: Face
) -> tuple[Pushed, ...]:
    """Return what became of the images; the SBOMs of the folder are about its files, and not about them."""
    said = [each.claim for each in claims if each.stem not in SBOM_STEMS]
    return sign_images(read_images(inputs.images), said, signer, terms, face, password=inputs.key_password)


def _claims(
    inputs: Inputs, chosen: _Chosen, said: Mapping[str, object] | None, environment: Mapping[str, str]
) -> tuple[Attested, ...]:
    """Return what is attested; `said` is what the job's token says, none with a key."""
    found: list[Attested] = []
    if inputs.predicate:
        found.append(Attested(ATTESTATION, read_predicate(Path(inputs.predicate), inputs.predicate_type)))
    if inputs.provenance and said is not None:
        from maximus.signing.batch import Claim  # noqa: PLC0415 - `--help` needs none of it
        from maximus.signing.provenance import PROVENANCE_PREDICATE, provenance_predicate  # noqa: PLC0415 - likewise

        server = environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        found.append(Attested(PROVENANCE, Claim(PROVENANCE_PREDICATE, provenance_predicate(said, server))))
    if inputs.sbom:
        found += read_sboms(Path(inputs.folder), chosen.root, chosen.files)
    return tuple(found)


def _refuse_same_name(inputs: Inputs, chosen: _Chosen) -> None:
    """Raise Error SIGN015 where a file's bundle would have the name of an attestation's."""
    from maximus.signing.bundles import bundle_path  # noqa: PLC0415 - `--help` needs none of it

    stems = [ATTESTATION] * bool(inputs.predicate) + [PROVENANCE] * inputs.provenance
    stems += SBOM_STEMS if inputs.sbom else ()
    if not stems or inputs.mode != "each":
        return
    # As many as one statement a file would be: far more than there can be.
    taken = {chosen.place(stem, number): stem for stem in stems for number in range(1, len(chosen.files) + 1)}
    for path in chosen.files:
        stem = taken.get(bundle_path(path, chosen.root, chosen.bundles))
        if stem:
            raise Error(
                "SIGN015",
                f"the bundle of {path} would have the name of the {stem}'s",
                fix="Give the file another name, or use `mode: statement`.",
                where=f"input `{'predicate' if stem == ATTESTATION else stem.partition('-')[0]}`",
                status=ExitStatus.USAGE,
            )


def _origin(environment: Mapping[str, str]) -> Origin:
    """Return what a job's environment says about where the release comes from."""
    from maximus.signing.batch import Origin  # noqa: PLC0415 - `--help` needs none of it

    is_tag = environment.get("GITHUB_REF_TYPE") == "tag"
    return Origin(
        repository=environment.get("GITHUB_REPOSITORY", ""),
        ref=environment.get("GITHUB_REF_NAME" if is_tag else "GITHUB_SHA", ""),
        repository_id=environment.get("GITHUB_REPOSITORY_ID", ""),
    )


def _command(inputs: Inputs, chosen: _Chosen, who: Sequence[str]) -> str:
    """Return the line that verifies what was signed, ready to paste into a POSIX shell."""
    words = ["maximus", "verify"]
    by_name = inputs.files or tuple(path.as_posix() for path in chosen.files if chosen.is_declared)
    if by_name:
        for pattern in by_name:
            words += ["--files", pattern]
    else:
        words += ["--folder", inputs.folder]
    if inputs.bundles:
        words += ["--bundles", inputs.bundles]
    elif by_name and inputs.mode == "statement":
        words += ["--bundles", chosen.root.as_posix()]
    return shlex.join([*words, *who])


def _asked(chosen: _Chosen, *, is_logged: bool, by_key: bool) -> list[str]:
    """Return the options with which `verify` asks of the files what there is of them."""
    is_folder, has_sbom = chosen.is_folder, chosen.has_sbom
    return required_words(is_logged=is_logged, by_key=by_key, is_folder=is_folder, has_sbom=has_sbom)


def _who(identity: Identity, inputs: Inputs) -> list[str]:
    """Return the options with which `verify` is told who must have signed.

    The source repository and the workflow are named apart: a workflow that others may call proves nothing alone.
    """
    source = re.fullmatch(r"https?://[^/]+/(?P<name>[^/]+/[^/]+)", identity.repository)
    signer = re.fullmatch(r"https?://[^/]+/(?P<name>[^/]+/[^/]+)/(?P<path>[^@]+)@.+", identity.name)
    if source and signer:
        is_own = signer["name"].lower() == source["name"].lower()
        workflow = signer["path"] if is_own else f"{signer['name']}/{signer['path']}"
        words = ["--repository", source["name"], "--workflow", workflow]
    else:
        words = ["--identity", identity.name]
    if identity.issuer != GITHUB_ISSUER:
        words += ["--issuer", identity.issuer]
    return words + _instance_words(inputs)


def _instance_words(inputs: Inputs) -> list[str]:
    """Return the options with which `verify` is told which Sigstore is believed."""
    if inputs.trust_config:
        return ["--trust-config", inputs.trust_config]
    return ["--instance", inputs.instance] if inputs.instance else []


def _report(made: _Made, face: Face) -> Outputs:
    """Judge what became of the files, show it, and return the outputs."""
    from maximus.signing.batch import Failed, Signed  # noqa: PLC0415 - `--help` needs none of it

    signed = tuple(outcome for outcome in made.outcomes if isinstance(outcome, Signed))
    failed = tuple(outcome for outcome in made.outcomes if isinstance(outcome, Failed))
    lost = tuple(outcome for _, outcome in made.stated if isinstance(outcome, Failed))
    for error in _distinct((*failed, *lost)):
        face.fail(error)
    new = (*signed, *(outcome for _, outcome in made.stated if isinstance(outcome, Signed)))
    indexes = {outcome.bundle.as_posix(): index for outcome in new if (index := _log_index(outcome)) is not None}
    if made.outcomes or not made.pushed:
        _show(signed, failed, made.stated, indexes, face)
    if made.outcomes or not made.pushed:
        for verdict in _verdicts(signed, failed, len(new), len(indexes), made.unlogged):
            reason = "; ".join(filter(None, (verdict.reason, made.remark)))
            face.judge(dataclasses.replace(verdict, reason=reason))
    if made.stated:
        face.judge(judge_attestations(len(made.stated), lost, made.unlogged))
    report_images(made.pushed, made.unlogged, face)
    if made.instead_of:
        face.judge(judge_fallback(made.instead_of, NOT_LOGGED))
    said = [_headline(signed, failed, len(indexes), made.identity, made.unlogged)] if made.outcomes else []
    said += image_headline(made.pushed, shortened(made.identity.name), made.unlogged)
    face.headline("; ".join(said))
    cosign = _cosign(made, signed)
    _hand_on(made, signed, cosign, face)
    if kept := declare([path for outcome in signed for path in outcome.files], face.environment):
        face.warn(
            f"{_count(len(kept), 'file')} cannot be declared as an artifact of this job: {shortened(str(kept[0]))}"
        )
    return Outputs(
        bundles=as_json(sorted({outcome.bundle.as_posix() for outcome in new})),
        log_indexes=as_json(indexes),
        identity=made.identity.name,
        issuer=made.identity.issuer,
        signing=made.signing,
        failed=as_json(sorted(_failures(made, failed, lost), key=lambda each: str(each["file"]))),
        verify_command=made.command if signed else "",
        cosign_command="\n".join(cosign),
        signed_images=as_json(sorted({each.image for image in made.pushed for each in image.attached})),
        image_verify_command="\n".join(made.image_command),
    )


def _hand_on(made: _Made, signed: Sequence[Signed], cosign: Sequence[str], face: Face) -> None:
    """Show the lines with which anybody verifies what was signed."""
    if signed:
        face.note("Anybody verifies it with", made.command)
    for line in made.image_command:
        face.note("Anybody verifies the image with", line)
    if cosign:
        title = "cosign verifies it with" if len(cosign) == 1 else f"cosign too, the first of {len(cosign)} lines"
        face.note(title, cosign[0])


def _failures(made: _Made, failed: Sequence[Failed], lost: Sequence[Failed]) -> list[dict[str, object]]:
    """Return what could not be signed, and why: files, attestations by their names, images."""
    found = [failure(path.as_posix(), outcome.error) for outcome in failed for path in outcome.files]
    stems = {id(outcome): stem for stem, outcome in made.stated}
    found += [failure(stems[id(outcome)], outcome.error) for outcome in lost]
    return found + [failure(each.name, each.error) for each in made.pushed if each.error]


def _cosign(made: _Made, signed: Sequence[Signed]) -> list[str]:
    """Return the lines for cosign: each file, the first file of each attestation, each image."""
    from maximus.signing.batch import Signed  # noqa: PLC0415 - `--help` needs none of it

    if not made.identity.name:
        return []
    cosign = Cosign(made.identity, made.public, is_private=made.is_private)
    stated = [outcome for _, outcome in made.stated if isinstance(outcome, Signed)]
    covered = [(outcome.bundle, outcome.files) for outcome in signed]
    return [
        *cosign.of_files(covered),
        # Apart: however many files there are, what is said of all of them is not left out.
        *cosign.of_files([(outcome.bundle, outcome.files[:1]) for outcome in stated]),
        *(cosign.of_images(made.pushed) if made.pushed else ()),
    ]


def _distinct(failed: Sequence[Failed]) -> tuple[Error, ...]:
    """Return each error once: an outage is one fault, however many files it kept from being signed."""
    return tuple({outcome.error.headline: outcome.error for outcome in failed}.values())


def _log_index(outcome: Signed) -> int | None:
    from maximus.signing.bundles import read_bundle  # noqa: PLC0415 - `--help` needs none of it

    entries = read_bundle(outcome.bundle).entries
    return entries[0].index if entries else None


def _count(number: int, what: str) -> str:
    """Return `1 file`, `2 files`, `1 log entry`, `2 log entries`."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("y") else f"{number} {what}s"


def _show(
    signed: Sequence[Signed],
    failed: Sequence[Failed],
    stated: Sequence[tuple[str, Outcome]],
    indexes: Mapping[str, int],
    face: Face,
) -> None:
    from maximus.signing.batch import Signed  # noqa: PLC0415 - `--help` needs none of it

    rows: list[tuple[str, str, str]] = []
    for outcome in signed:
        index = indexes.get(outcome.bundle.as_posix())
        how = "signed" if outcome.is_new else "was signed already"
        entry = NOT_LOGGED if index is None else str(index)
        rows += [(path.as_posix(), how, entry) for path in outcome.files]
    rows += [(path.as_posix(), f"failed ({outcome.error.code})", "") for outcome in failed for path in outcome.files]
    for stem, made in stated:
        if isinstance(made, Signed):
            index = indexes.get(made.bundle.as_posix())
            entry = NOT_LOGGED if index is None else str(index)
            how = f"{stem} of {_count(len(made.files), 'file')}"
            rows.append((made.bundle.as_posix(), how if made.is_new else f"{how}, signed already", entry))
        else:
            rows.append((stem, f"failed ({made.error.code})", ""))
    rows.sort()
    shown = rows if len(rows) <= _MAX_ROWS else [*rows[:_MAX_ROWS], (f"and {len(rows) - _MAX_ROWS} more", "", "")]
    face.table("signatures", ("file", "signature", "log entry"), shown)


def _verdicts(
    signed: Sequence[Signed], failed: Sequence[Failed], made: int, logged: int, unlogged: str
) -> tuple[Verdict, ...]:
    """Return what the run claims: that every file is signed and that every bundle made is logged, if asked for."""
    good = sum(len(outcome.files) for outcome in signed)
    bad = sum(len(outcome.files) for outcome in failed)
    if not failed:
        status, reason, code = Status.PASS, unlogged, ""
    else:
        # A service that was away says nothing about the files: a second run can still sign them.
        is_outside = all(outcome.error.status is ExitStatus.OUTSIDE for outcome in failed)
        status = Status.UNMEASURED if is_outside else Status.FAIL
        reason, code = f"{_count(bad, 'file')} not signed", failed[0].error.code
    hint = advice([outcome.error for outcome in failed])
    files = Verdict("sign.files", status, good + bad, good, good + bad, "files", reason=reason, hint=hint, code=code)
    if unlogged:
        return (files,)
    status = Status.UNMEASURED if not made else Status.PASS if logged == made else Status.FAIL
    reason = "" if made else "there is no signature to be logged"
    return (files, Verdict("sign.log", status, made, logged, made, "log entries", reason=reason))


def _headline(
    signed: Sequence[Signed], failed: Sequence[Failed], logged: int, identity: Identity, unlogged: str
) -> str:
    good = sum(len(outcome.files) for outcome in signed)
    bad = sum(len(outcome.files) for outcome in failed)
    how = unlogged or _count(logged, "log entry")
    by = f" by {shortened(identity.name)}" if identity.name else ""
    if failed:
        return f"{bad} of {_count(good + bad, 'file')} not signed; {good} signed{by}: {how}"
    kept = sum(len(outcome.files) for outcome in signed if not outcome.is_new)
    before = f" ({kept} already)" if kept else ""
    return f"{_count(good, 'file')} signed{before}{by}: {how}"
