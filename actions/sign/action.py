"""The action `sign`: what it does with its inputs, step by step."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error

from ..custody import experimental, find_key, is_reference, key_in_variable, refuse_pasted
from ..declare import GITHUB_ISSUER
from ..workplace import home_of
from .attestations import (
    ATTESTATION,
    PROVENANCE,
    SBOM_STEMS,
    Attested,
    attest_all,
    check_attestations,
    read_predicate,
    read_sboms,
)
from .choice import Chosen, choose
from .outcome import Made, report_outcome
from .plan import NOT_LOGGED, Job, decide, event_visibility, refuse_private
from .pushed import Pushed, image_commands, read_images, sign_images
from .recording import NONE, REKOR, check_log, key_logging, required_words
from .terms import check_fallback, is_outage, read_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.signing.batch import Origin, Outcome
    from maximus.signing.keys import SigningKey
    from maximus.signing.kms.managed import ManagedKey
    from maximus.signing.signers import Identity, Signer
    from maximus.signing.transport import Limits

    from ..face import Face
    from .inputs import Inputs, Outputs
    from .terms import Terms

__all__ = ["run"]


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
    job = decide("" if inputs.fallback == "key" else inputs.key, face.environment)
    check_attestations(
        predicate=inputs.predicate,
        predicate_type=inputs.predicate_type,
        provenance=inputs.provenance,
        with_key=job is None,
    )
    check_log(inputs.log, is_keyless=job is not None)
    if job is None:
        return report_outcome(_sign_with_key(inputs, terms, face, limits or terms.limits), face)
    try:
        made = _sign_keyless(inputs, job, terms, face, limits or terms.limits)
    except Error as error:
        if inputs.fallback != "key" or not is_outage(error):
            raise
        return report_outcome(_step_in(inputs, terms, error, face), face)
    if inputs.fallback == "key" and made.outage:
        made = _step_in(inputs, terms, made.outage, face)
    return report_outcome(made, face)


def _step_in(inputs: Inputs, terms: Terms, outage: Error, face: Face) -> Made:
    """Sign everything with the key: one line can only verify what one signer signed."""
    face.warn(f"{outage.headline}; the key signs instead: {NOT_LOGGED}", where="input `fallback`")
    # The log may be what is away.
    unlogged = dataclasses.replace(inputs, log=NONE)
    return dataclasses.replace(_sign_with_key(unlogged, terms, face, terms.limits), instead_of=outage)


def _sign_with_key(inputs: Inputs, terms: Terms, face: Face, limits: Limits) -> Made:
    from maximus.files import write_whole  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.bundles import PUBLIC_KEY_NAME  # noqa: PLC0415 - `--help` needs none of it
    from maximus.signing.signers import KeySigner  # noqa: PLC0415 - likewise

    chosen = choose(inputs, face, with_key=True)
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
    return Made(
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
        earlier=chosen.earlier,
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
    folder = keys.configuration_folder(face.environment, home_of(face.environment))
    key, is_new = keys.make_or_load_key(folder)
    if is_new:
        face.say(f"made a signing key of your own in {folder}; keep it, later releases are checked with it")
    return key


def _sign_keyless(inputs: Inputs, job: Job, terms: Terms, face: Face, limits: Limits) -> Made:
    # The job's token is asked for first, and comes while the rest is imported.
    from maximus.signing.instances import check_configuration, read_instance  # noqa: PLC0415
    from maximus.signing.tokens import TokenSource  # noqa: PLC0415
    from maximus.signing.transport import Transport  # noqa: PLC0415

    chosen = choose(inputs, face, with_key=False)
    instance = read_instance(inputs.instance)
    if inputs.instance and inputs.trust_config:
        face.warn("`instance` has no part where `trust-config` names one", where="input `instance`")
    if inputs.key_password and inputs.fallback != "key":
        face.warn("`key-password` has no part in keyless signing", where="input `key-password`")
    # A private instance's log is as private as the instance.
    may_be_known = inputs.allow_public_log or bool(inputs.trust_config)
    if not may_be_known:
        refuse_private(event_visibility(face.environment))
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
            refuse_private(certificates.visibility)
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
    return Made(
        outcomes,
        stated,
        identity,
        "keyless",
        command,
        pushed,
        images,
        is_private=is_private,
        earlier=chosen.earlier,
    )


def _sign(inputs: Inputs, chosen: Chosen, signer: Signer, face: Face) -> tuple[Outcome, ...]:
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
    inputs: Inputs, chosen: Chosen, said: Mapping[str, object] | None, environment: Mapping[str, str]
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


def _origin(environment: Mapping[str, str]) -> Origin:
    """Return what a job's environment says about where the release comes from."""
    from maximus.signing.batch import Origin  # noqa: PLC0415 - `--help` needs none of it

    is_tag = environment.get("GITHUB_REF_TYPE") == "tag"
    return Origin(
        repository=environment.get("GITHUB_REPOSITORY", ""),
        ref=environment.get("GITHUB_REF_NAME" if is_tag else "GITHUB_SHA", ""),
        repository_id=environment.get("GITHUB_REPOSITORY_ID", ""),
    )


def _command(inputs: Inputs, chosen: Chosen, who: Sequence[str]) -> str:
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


def _asked(chosen: Chosen, *, is_logged: bool, by_key: bool) -> list[str]:
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
