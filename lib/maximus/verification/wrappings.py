"""The shapes in which others hand out bundles: npm, PyPI, GitHub. Pure.

One file may carry several: a line each as `gh attestation download` writes them, a list as GitHub's and npm's
answers have it, or PyPI's attestations (PEP 740), which hold the parts of a bundle under other names.
See: https://peps.python.org/pep-0740/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error
from maximus.signing.bundles import MEDIA_TYPE, PAYLOAD_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path, PurePosixPath

    from maximus.signing.statements import Statement

__all__ = ["Wrapped", "attested_file", "distribution_fault", "is_attestation", "unwrap"]

MAX_BUNDLES: Final = 1024
"""How many bundles of one file are read."""
_SUFFIX: Final = ".attestation"
_DISTRIBUTIONS: Final = (".whl", ".tar.gz", ".zip")
_PREDICATES: Final = (
    # A predicate's type and no address: no index is named in this tree.
    "https://docs.{}.org/attestations/publish/v1".format("pypi"),
    "https://slsa.dev/provenance/v1",
)
"""What PyPI takes attestations of."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One of the bundles that a file carries."""

    name: str
    """How it is shown: the file's name, and its number where there are several."""
    raw: bytes
    """The bundle as Sigstore has it."""
    is_distribution: bool = False
    """Whether it is a Python distribution's attestation, which must name that distribution."""


def is_attestation(path: Path | PurePosixPath) -> bool:
    """Tell whether the name is that of a distribution's attestation (PEP 740), as `app-1.0.zip.publish.attestation`."""
    stem, _, kind = path.name.removesuffix(_SUFFIX).rpartition(".")
    return path.name.endswith(_SUFFIX) and stem.endswith(_DISTRIBUTIONS) and kind.isalnum()


def attested_file(name: str) -> str:
    """Return the name of the distribution that an attestation of this name lies beside."""
    return name.removesuffix(_SUFFIX).rpartition(".")[0]


def unwrap(raw: bytes, name: str) -> tuple[Wrapped, ...]:
    """Return the bundles that a file carries, at least one; what is a bundle already comes back as it is.

    Raises Error DOC003 for what is neither JSON nor lines of it, and VERIFY097 for a wrapping that carries none.
    """
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        found = [each for line in _few(lines, name) for each in _unwrapped(line, documents.parse_json(line, name))]
    else:
        found = list(_unwrapped(raw, documents.parse_json(raw, name)))
    if not found:
        raise Error("VERIFY097", f"{name} carries no attestation", fix="Fetch it again.", where=name)
    _few(found, name)
    if len(found) == 1:
        return (Wrapped(name, *found[0]),)
    return tuple(Wrapped(f"{name}#{number}", *each) for number, each in enumerate(found, 1))


def _few(items: list[Any], name: str) -> list[Any]:
    if len(items) > MAX_BUNDLES:
        raise Error("VERIFY096", f"{name} carries {len(items)} attestations", why=f"{MAX_BUNDLES} are read", where=name)
    return items


def _unwrapped(raw: bytes, document: Any) -> Iterator[tuple[bytes, bool]]:  # noqa: ANN401 - foreign JSON enters here
    match document:
        case {"attestations": list(items)}:
            # GitHub's and npm's answers: each a bundle with what the server says about it, which nobody signed.
            yield from ((_text(item["bundle"]), False) for item in items if _has_bundle(item))
        case {"attestation_bundles": list(groups)}:
            # PyPI's provenance: by publisher, whom the index names and nobody signed for.
            for group in groups:
                if isinstance(group, dict):
                    yield from ((_bundle(item), True) for item in group.get("attestations") or [])
        case {"verification_material": dict(), "envelope": dict()}:
            yield _bundle(document), True
        case _:
            yield raw, False


def _has_bundle(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("bundle"), dict)


def _bundle(attestation: Any) -> bytes:  # noqa: ANN401 - foreign JSON enters here
    """Return the bundle that an attestation of PEP 740 stands for; a part of it that is missing stays missing."""
    parts: Mapping[str, Any] = attestation if isinstance(attestation, dict) else {}
    material, envelope = parts.get("verification_material") or {}, parts.get("envelope") or {}
    if parts.get("version") != 1 or not isinstance(material, dict) or not isinstance(envelope, dict):
        return _text({"mediaType": f"PEP 740 attestation of version {parts.get('version')!r:.20}"})
    return _text(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": _one_line(material.get("certificate"))},
                "tlogEntries": material.get("transparency_entries"),
            },
            "dsseEnvelope": {
                "payload": _one_line(envelope.get("statement")),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": _one_line(envelope.get("signature"))}],
            },
        }
    )


def _one_line(text: Any) -> Any:  # noqa: ANN401 - foreign JSON
    """Return base64 without the line ends that PyPI's own tool puts into it."""
    return text.replace("\n", "") if isinstance(text, str) else text


def _text(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("utf-8")


def distribution_fault(statement: Statement, target: str) -> str:
    """Return in words why the statement is no attestation of a Python distribution, or not of this one.

    `target` is the distribution's name; empty where the statement's own subject decides. The names are compared as
    PyPI does: by what they mean, so that `My_App-1.0.whl` and `my.app-1.0.whl` are one.
    """
    if statement.predicate_type not in _PREDICATES:
        return f"its predicate is {statement.predicate_type!r:.120}, which PyPI does not take"
    if len(statement.subjects) != 1:
        return f"it names {len(statement.subjects)} subjects, not one"
    (subject,) = statement.subjects
    try:
        meant = _meaning(subject.name)
        if target and _meaning(target) != meant:
            return f"it attests {subject.name[:200]!r}"
    except ValueError as fault:
        return str(fault)
    return ""


def _meaning(name: str) -> tuple[object, ...]:
    """Return what the name of a wheel or a source distribution means; raise ValueError for any other name."""
    # Imported here: 10 ms that only distributions should cost.
    from packaging.utils import (  # noqa: PLC0415
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if name.endswith(".whl"):
            return ("wheel", *parse_wheel_filename(name))
        return ("sdist", *parse_sdist_filename(name))
    except (InvalidWheelFilename, InvalidSdistFilename) as fault:
        msg = f"{name[:200]!r} is no name of a Python distribution"
        raise ValueError(msg) from fault
