"""The whole release in one step: judge, inventory, sign, verify, draft.

Judges the tree by its checklist first; where that does not hold, nothing is written. Copies what `files` names
into the release folder, writes both SBOMs, signs every file, verifies the folder as a stranger would, writes the
notes and, with a token, drafts the release on GitHub.
Each part begins only when the one before it held, so that nothing is logged or drafted that is not proven.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

from . import draft, evidence, gate, sbom, sign, verify
from .consciousness import METRICS
from .declare import Concluded, given, out
from .draft import proof
from .sign.pushed import read_images
from .verify.imagery import prove_images
from .workplace import find_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .face import Face, Record

__all__ = ["Inputs", "Outputs", "Plan", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `release` is asked for."""

    version: str = given(
        "The version to release. Default: the tag that is being built, else the next version by the notes' rules."
    )
    path: str = given("The tree to release.", default=".", metavar="DIR")
    files: tuple[str, ...] = given(
        "What was built: globs below `path`, one a line; `!` in front excludes. Copied into the folder.",
        default=(),
        metavar="GLOB",
    )
    folder: str = given("The release folder.", default="release", metavar="DIR")
    images: tuple[str, ...] = given(
        "Images that belong to the release, one a line: `REGISTRY/NAME@sha256:HEX`, or with a tag. They are signed and "
        "verified where they lie; see `sign`.",
        default=(),
        metavar="IMAGE",
    )
    policy: str = given(
        "The checklist to judge first, a YAML file below `path`. Default: `.github/release-checklist.yml` where it is "
        "there; without one, and without `preset`, no checklist is judged, which the summary says.",
        metavar="FILE",
    )
    preset: tuple[str, ...] = given(
        "Checklists that come with the suite, such as `regra-de-ouro`, one a line; see `gate`.",
        default=(),
        metavar="NAME",
    )
    trust_config: str = given(
        "A Sigstore ClientTrustConfig (JSON) of a private instance. Default: the public one.", metavar="FILE"
    )
    key: str = given(
        "A private key to sign with instead of a job's identity: a PEM file, `env:NAME`, or one in a service, as "
        "`awskms://` and `hashivault://` name it.",
        metavar="FILE|env:NAME|SERVICE://KEY",
    )
    key_password: str = given("The password of an encrypted `key`.", secret=True)
    allow_public_log: bool = given(
        "Sign keyless in a private repository too, although the public log then shows its name for good.",
        default=False,
    )
    mode: str = given(
        "`each`: a bundle for each file. `statement`: one statement and one log entry over all.",
        default="each",
        choices=("each", "statement"),
    )
    sbom_exclude: tuple[str, ...] = given(
        "Globs of locks that are no part of the release, one a line, such as `tests/**`; they are listed as left out.",
        default=(),
        metavar="GLOB",
    )
    sbom_base: str = given(
        "What the inventory is compared with for the notes: the last release's SBOM, or its tag; see `sbom`.",
        metavar="FILE|TAG",
    )
    sbom_profile: str = given(
        "What the inventory is held to before anything is signed, such as `release-plan`; see `sbom`. Default: faults "
        "block, coverage is told.",
        choices=sbom.PROFILES,
    )
    sbom_installed: bool = given(
        "Take licences and producers from what the job has installed in the tree; see `installed` of `sbom`.",
        default=False,
    )
    sbom_caches: bool = given(
        "Take digests from the verified bytes in the job's caches of npm, cargo and Go; see `caches` of `sbom`.",
        default=False,
    )
    sbom_facts: str = given(
        "The file with facts that were fetched before; it is read, and nothing is fetched. See `facts` of `sbom`.",
        metavar="FILE",
    )
    sbom_overlay: str = given(
        "The file with what people know and no lock states; see `overlay` of `sbom`.", metavar="FILE"
    )
    metrics: str = given(
        "The numbers that `consciousness` wrote, for the notes. Default: `evidence/consciousness-metrics.json` in the "
        "folder.",
        metavar="FILE",
    )
    publish: bool = given("Publish the release once everything is attached and checked.", default=False)
    protect_edits: bool = given(
        "Keep what somebody writes into the draft: text around the notes stays, and notes that somebody edited are not "
        "overwritten.",
        default=True,
    )
    dry_run: bool = given("Show the plan; sign, log and send nothing.", default=False)
    token: str = given(
        "The token to draft the release with; without one `notes.md` is written and nothing is sent.",
        secret=True,
        action_default="${{ github.token }}",
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(draft.Outputs, verify.Outputs, sign.Outputs, sbom.Outputs):
    """What `release` hands on: what its parts put out, under the same names, and one more."""

    release_url: str = out("The release's page; empty where nothing was sent.")
    scorecard: str = out("The path of the checklist's scorecard; empty where none was judged.")
    statement: str = out("The path of the in-toto statement of what passed; empty where none was made.")
    evidence_bundle: str = out("The bundle of all evidence of this run, which is not attached.")
    evidence_sha256: str = out("Its SHA-256.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a release will do, decided before anything is written."""

    version: str
    """Such as `1.2.3`; empty where the tree has no version to go by."""
    version_from: str
    """What the version was taken from, for people."""
    files: tuple[Path, ...]
    """What is copied into the folder."""
    signing: str
    """How the files will be signed, for people."""
    sends: str
    """What GitHub will be sent, for people."""
    images: tuple[str, ...] = ()
    """What is signed in a registry, as it was named."""


def run(inputs: Inputs, face: Face) -> Outputs:
    """Take a tree to a proven release and return what the parts put out.

    Raises Error REL002, REL003 and RUN022 for what is wrong before anything is done.
    """
    plan = _plan(inputs, face)
    if inputs.dry_run:
        return _show_plan(plan, inputs, face)
    folder = Path(inputs.folder)
    found: dict[str, Any] = {}
    parts: list[Record] = []
    outcome = _judge(inputs, face, parts)
    if parts and parts[0].exit_status is not ExitStatus.PASS:
        _conclude(plan, parts, found, face)
        return Outputs()
    _copy(plan.files, folder, face)
    if outcome is not None:
        found["scorecard"], found["statement"] = outcome.keep(folder)

    def part(name: str, work: Callable[[], object]) -> bool:
        """Run a part, keep what it put out, and tell whether the next one may begin."""
        with face.part(name) as record:
            parts.append(record)
            found.update({k: v for k, v in asdict(work()).items() if v})  # type: ignore[call-overload]  # an Outputs
        return record.exit_status is ExitStatus.PASS

    if (
        part("sbom", lambda: sbom.run(_sbom_inputs(inputs, plan), face))
        and part("sign", lambda: sign.run(_sign_inputs(inputs), face))
        and part("verify", lambda: verify.run(_verify_inputs(inputs, found, face.environment), face))
        and (not inputs.images or part("images", lambda: _verify_images(inputs, found, face)))
    ):
        # The notes show what was answered so far, from the document and not from memory.
        _keep_verdicts(folder, Path(inputs.path), face)
        part("draft", lambda: _draft(inputs, plan, found, face))
    _keep_verdicts(folder, Path(inputs.path), face)
    _pack_evidence(inputs, parts, found, face)
    _conclude(plan, parts, found, face)
    found["release_url"] = found.get("html_url", "")
    return Outputs(**found)


def _pack_evidence(inputs: Inputs, parts: list[Record], found: dict[str, Any], face: Face) -> None:
    """Pack what was judged, of a release that failed too; it lies in the evidence, so that nothing attaches it."""
    with face.part("evidence") as record:
        packed = evidence.run(evidence.Inputs(mode="pack", folder=inputs.folder), face)
        found["evidence_bundle"], found["evidence_sha256"] = packed.bundle, packed.sha256
    # The last part is the one that the headline is about: the release, unless only the packing failed.
    only_fault = record.exit_status is not ExitStatus.PASS and parts[-1].exit_status is ExitStatus.PASS
    parts.insert(len(parts) if only_fault else len(parts) - 1, record)


def _gate_inputs(inputs: Inputs, environment: Mapping[str, str]) -> gate.Inputs:
    return gate.Inputs(
        policy=inputs.policy,
        preset=inputs.preset,
        path=inputs.path,
        folder=inputs.folder,
        token=_token(inputs, environment),
    )


def _judge(inputs: Inputs, face: Face, parts: list[Record]) -> gate.Outcome | None:
    """Judge the checklist as the first part; None where there is none, or where it could not be judged."""
    wanted = _gate_inputs(inputs, face.environment)
    if not gate.has_policy(wanted):
        face.say(f"gate: skipped, nothing was judged: {_NO_CHECKLIST}")
        return None
    outcome = None
    with face.part("gate") as record:
        parts.append(record)
        outcome = gate.judge_tree(wanted, face)
    return outcome  # noqa: RET504 - an Error ends the part without one


_NO_CHECKLIST = "there is neither `policy` nor `preset` nor a .github/release-checklist.yml"


def _plan(inputs: Inputs, face: Face) -> Plan:
    """Read what there is and decide what to do; nothing is written."""
    from maximus.files import find_files  # noqa: PLC0415 - `--help` needs none of it

    tree = find_tree(inputs.path)
    files = find_files(inputs.files, tree) if inputs.files else ()
    if inputs.files and not files:
        raise Error(
            "REL002",
            "no file matched `files`",
            why=f"{', '.join(inputs.files)} names nothing below {tree}",
            fix="Build first, or correct the patterns; they are relative to `path`.",
            where="input `files`",
            status=ExitStatus.UNMEASURED,
        )
    _refuse_same_names(files)
    proof.existing(inputs.metrics, "metrics")
    has_token = bool(_token(inputs, face.environment))
    version, version_from = _version(inputs.version, tree, face, has_token=has_token)
    try:
        signing = sign.plan_signing(inputs.key, face.environment)
    except Error as error:
        if not inputs.dry_run:
            raise
        # A dry run signs nothing, so it may show what would stop the release instead of stopping there.
        signing = f"refused: {error.what}"
    if not has_token:
        sends = "nothing: there is no token"
    else:
        sends = "the published release" if inputs.publish else "the draft release"
    images = tuple(str(each) for each in read_images(inputs.images))
    return Plan(version, version_from, files, signing, sends, images)


def _token(inputs: Inputs, environment: Mapping[str, str]) -> str:
    """Return the token to draft with, by `draft`'s own rule: one that merely lies in a laptop's environment is none."""
    return inputs.token or (environment.get("GITHUB_TOKEN", "") if environment.get("GITHUB_REPOSITORY") else "")


def _refuse_same_names(files: tuple[Path, ...]) -> None:
    """Raise Error REL003 where two files would have one name in the folder, as on the release's page."""
    by_name: dict[str, Path] = {}
    for path in files:
        other = by_name.setdefault(path.name, path)
        if other != path:
            raise Error(
                "REL003",
                f"{other} and {path} would both be attached as {path.name}",
                fix="Leave one out with a pattern that begins with `!`, or give it another name.",
                where="input `files`",
                status=ExitStatus.USAGE,
            )


def _version(given_version: str, tree: Path, face: Face, *, has_token: bool) -> tuple[str, str]:
    """Return the version and where it is from: the input, the tag being built, or the notes' rules."""
    from maximus.git import find_checkout  # noqa: PLC0415 - `--help` needs none of it
    from maximus.notes.local import next_version_of  # noqa: PLC0415 - likewise

    if given_version:
        return given_version, "input `version`"
    if face.environment.get("GITHUB_REF_TYPE") == "tag":
        return face.environment["GITHUB_REF_NAME"], "the tag that is being built"
    checkout = find_checkout(tree)
    if checkout is None:
        return "", "the tree is no git checkout"
    if has_token and checkout.is_shallow():
        # A job's checkout has one commit by default; GitHub knows the rest, so the draft resolves the version.
        return "", "GitHub's releases, when the draft is made"
    return next_version_of(checkout), "the tag on the commit, else the notes' rules"


def _copy(files: tuple[Path, ...], folder: Path, face: Face) -> None:
    """Copy what was built into the release folder, each file whole or not at all."""
    from maximus.files import copy_whole, remove_leftovers  # noqa: PLC0415 - `--help` needs none of it

    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    if not files:
        return
    with face.progress("copying into the release folder", len(files)) as advance:
        for path in files:
            target = folder / path.name
            if path.resolve() != target.resolve():
                copy_whole(path, target)
            advance()


def _sbom_inputs(inputs: Inputs, plan: Plan) -> sbom.Inputs:
    return sbom.Inputs(
        path=inputs.path,
        folder=inputs.folder,
        version=plan.version,
        base=inputs.sbom_base,
        exclude=inputs.sbom_exclude,
        profile=inputs.sbom_profile,
        installed=inputs.sbom_installed,
        caches=inputs.sbom_caches,
        facts=inputs.sbom_facts,
        overlay=inputs.sbom_overlay,
    )


def _sign_inputs(inputs: Inputs) -> sign.Inputs:
    return sign.Inputs(
        folder=inputs.folder,
        mode=inputs.mode,
        trust_config=inputs.trust_config,
        key=inputs.key,
        key_password=inputs.key_password,
        allow_public_log=inputs.allow_public_log,
        images=inputs.images,
    )


def _verify_images(inputs: Inputs, found: Mapping[str, Any], face: Face) -> Concluded:
    """Verify the images that were signed, with all their platforms; nothing new is put out."""
    prove_images(json.loads(found["signed_images"]), _verify_inputs(inputs, found, face.environment), face)
    return Concluded()


def _verify_inputs(inputs: Inputs, found: Mapping[str, Any], environment: Mapping[str, str]) -> verify.Inputs:
    """Return what a stranger would be told to verify with: who signed, as `sign` found it.

    The certificate's identity names the workflow that was called; the repository is the one being released.
    """
    from maximus.signing.bundles import PUBLIC_KEY_NAME  # noqa: PLC0415 - `--help` needs none of it

    if found["signing"] == "key":
        return verify.Inputs(folder=inputs.folder, key=f"{inputs.folder}/{PUBLIC_KEY_NAME}")
    common: dict[str, Any] = {
        "folder": inputs.folder,
        "trust_config": inputs.trust_config,
        "issuer": found["issuer"],
    }
    repository = environment.get("GITHUB_REPOSITORY", "")
    server = re.escape(environment.get("GITHUB_SERVER_URL", "https://github.com"))
    signer = re.fullmatch(rf"{server}/(?P<repository>[^/]+/[^/]+)/(?P<path>[^@]+)@(?P<ref>.+)", found["identity"])
    if not repository or not signer:
        return verify.Inputs(identity=found["identity"], **common)
    own = signer["repository"].lower() == repository.lower()
    workflow = signer["path"] if own else f"{signer['repository']}/{signer['path']}"
    return verify.Inputs(repository=repository, workflow=workflow, ref=environment.get("GITHUB_REF", ""), **common)


def _draft(inputs: Inputs, plan: Plan, found: Mapping[str, Any], face: Face) -> draft.Outputs:
    wanted = draft.Inputs(
        version=plan.version,
        folder=inputs.folder,
        path=inputs.path,
        publish=inputs.publish,
        protect_edits=inputs.protect_edits,
        metrics=inputs.metrics,
        token=_token(inputs, face.environment),
    )
    command = "\n".join(filter(None, (found["verify_command"], found.get("image_verify_command"))))
    return draft.run(wanted, face, verification=command, fallback=_sections(inputs, found))


def _sections(inputs: Inputs, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what follows the notes unless the configuration names it: whatever this run has a document for."""
    from maximus.files import EVIDENCE  # noqa: PLC0415 - `--help` needs none of it

    has_metrics = inputs.metrics or (Path(inputs.folder) / EVIDENCE / METRICS).is_file()
    return (
        "artifacts",
        "verification",
        "sbom-summary",
        *(("sbom-diff",) if found.get("diff") else ()),
        "verdicts",
        *(("consciousness-metrics",) if has_metrics else ()),
    )


def _show_plan(plan: Plan, inputs: Inputs, face: Face) -> Outputs:
    """Show what would be done; nothing is written, signed, logged or sent."""
    rows = [("version", plan.version or "none", plan.version_from)]
    wanted = _gate_inputs(inputs, face.environment)
    chosen = ", ".join(filter(None, (inputs.policy, *inputs.preset))) or ".github/release-checklist.yml"
    rows.append(("judge", chosen, "first") if gate.has_policy(wanted) else ("judge", "no checklist", _NO_CHECKLIST))
    rows += [("copy", path.name, str(path)) for path in plan.files]
    rows += [
        ("write", f"{inputs.folder}/sbom.spdx.json", f"the inventory of {inputs.path}"),
        ("write", f"{inputs.folder}/sbom.cdx.json", "the same in CycloneDX"),
        ("sign", "every file of the folder", plan.signing),
        *(("sign", image, "in its registry, with its platforms") for image in plan.images),
        ("verify", "the folder", "as a stranger would"),
        ("send", plan.sends, ""),
        ("pack", f"{inputs.folder}/evidence/evidence.zip", "what was judged"),
    ]
    face.table("plan", ("step", "what", "from or how"), rows)
    face.judge(Verdict("release.plan", Status.PASS, len(rows), reason="a dry run: nothing was done"))
    face.headline("dry run: this is the plan, nothing was done")
    return Outputs()


def _keep_verdicts(folder: Path, tree: Path, face: Face) -> None:
    """Write what every check answered beside the release, as `schemas/verdicts.schema.json` describes it."""
    from maximus.documents import pretty  # noqa: PLC0415 - `--help` needs none of it
    from maximus.files import EVIDENCE, write_whole  # noqa: PLC0415 - likewise
    from maximus.git import find_checkout  # noqa: PLC0415 - likewise

    verdicts = sorted(face.record.verdicts, key=lambda verdict: verdict.check)
    document: dict[str, object] = {
        "kind": "maximus-verdicts",
        "version": 1,
        "verdicts": [item.as_document() for item in verdicts],
    }
    checkout = find_checkout(tree)
    commit = checkout.head() if checkout else None
    # A tree with changes is no commit, and verdicts over it are about none.
    if checkout and commit and not checkout.has_changes():
        document["subject"] = {"commit": commit}
    write_whole(folder / EVIDENCE / "verdicts.json", pretty(document))


def _conclude(plan: Plan, parts: list[Record], found: Mapping[str, Any], face: Face) -> None:
    """Say in one table and one line how it went."""
    names = ("gate", "sbom", "sign", "verify", *(("images",) if plan.images else ()), "draft", "evidence")
    by_name = {record.name: record for record in parts}
    rows = [
        (name, by_name[name].status.value, by_name[name].headline)
        if name in by_name
        else ("gate", "skipped", _NO_CHECKLIST)
        if name == "gate"
        else (name, "not run", f"{parts[-1].name} did not hold")
        for name in names
    ]
    face.table("release", ("part", "status", "what was found"), rows)
    last = parts[-1]
    what = f"version {plan.version}" if plan.version else "the tree"
    if last.exit_status is not ExitStatus.PASS:
        face.headline(f"{what} is not released: {last.name}: {last.headline}")
        return
    how = "keyless, logged" if found.get("signing") == "keyless" else "key-signed, not logged"
    where = found.get("html_url") or f"notes in {found.get('body_file')}"
    face.headline(f"{what} is COMPLIANT ({how}); {where}")
