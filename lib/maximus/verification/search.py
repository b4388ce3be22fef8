"""Entries of a transparency log that speak of a digest, made into bundles that are judged like any other.

Only Rekor v1 can be searched. What is found is anybody's: each entry becomes the bundle that its signer would have
written, and proves nothing before it is judged.
See: https://github.com/sigstore/rekor/blob/main/openapi.yaml
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import MEDIA_TYPE
from maximus.signing.transport import Refused, Transport

from .material import Broken, Sealed, seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.signing.transport import Session

__all__ = ["Found", "entry_bundle", "search_log"]

MAX_FOUND: Final = 100
"""Entries that are looked at for one digest; anybody can log as many as they like."""
_AT_ONCE: Final = 10
"""Entries that Rekor hands out for one request."""
_NO_SEARCH: Final = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class Found:
    """What a log knows of a digest."""

    sealed: tuple[Sealed, ...]
    """The entries that could be made into bundles."""
    others: tuple[str, ...] = ()
    """Why others could not, in words."""
    is_searchable: bool = True


def search_log(transport: Transport, log: str, digests: Sequence[str]) -> dict[str, Found]:
    """Return for each digest (64 hexadecimal digits) what the log at this address knows of it.

    A log that cannot be searched says so in every answer. Raises Error WIRE001 (outside) where it is away, and
    VERIFY049 (outside) where it answers something else than entries.
    """
    session = transport.session(f"the log {log}")
    found: dict[str, Found] = {}
    for digest in digests:
        try:
            found[digest] = _search(session, log.rstrip("/"), digest)
        except Refused as refused:
            if refused.status not in _NO_SEARCH:
                raise _strange(log, str(refused)) from refused
            return dict.fromkeys(digests, Found((), is_searchable=False))
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise _strange(log, str(fault)[:200]) from fault
    return found


def _search(session: Session, log: str, digest: str) -> Found:
    asked = {"hash": f"sha256:{digest}"}
    names: list[Any] = session.post(f"{log}/api/v1/index/retrieve", json=asked).json()
    texts = sorted({name for name in names if isinstance(name, str)})
    sealed: list[Sealed] = []
    others = [f"{len(texts) - MAX_FOUND} more entries were not looked at"] if len(texts) > MAX_FOUND else []
    for start in range(0, min(len(texts), MAX_FOUND), _AT_ONCE):
        asked_for = {"entryUUIDs": texts[start : start + _AT_ONCE]}
        for group in session.post(f"{log}/api/v1/log/entries/retrieve", json=asked_for).json():
            for uuid, entry in group.items():
                name = f"{log}/api/v1/log/entries/{uuid}"
                made = _sealed(entry, name)
                if isinstance(made, Sealed):
                    sealed.append(made)
                else:
                    others.append(made)
    return Found(tuple(sorted(sealed, key=lambda each: each.name)), tuple(sorted(others)))


def _sealed(entry: Mapping[str, Any], name: str) -> Sealed | str:
    """Return an entry as a bundle, or why it is none."""
    try:
        bundle = entry_bundle(entry)
    except (Error, KeyError, TypeError, ValueError, AttributeError) as fault:
        return f"{name}: {str(fault)[:120]}"
    made = seal(json.dumps(bundle).encode(), name, "")
    return f"{name}: {made.error.headline}" if isinstance(made, Broken) else made


def entry_bundle(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bundle that the signer of a Rekor v1 entry would have written, as JSON.

    Raises ValueError in words for an entry that does not hold all that a bundle needs: `dsse` entries hold their
    statement's digest and not the statement. KeyError and the like where it is malformed.
    """
    raw = base64.b64decode(entry["body"], validate=True)
    body = documents.parse_json(raw, "the log entry's body")
    if body["kind"] != "hashedrekord":
        msg = f"a {str(body['kind'])[:40]} entry does not hold what was signed; ask for its bundle"
        raise ValueError(msg)
    digest, signature = body["spec"]["data"]["hash"], body["spec"]["signature"]
    certificate = base64.b64decode(signature["publicKey"]["content"], validate=True).decode("ascii")
    if "BEGIN CERTIFICATE" not in certificate:
        msg = "it was signed with a key, which the entry alone does not prove to be anybody's"
        raise ValueError(msg)
    proof = entry["verification"]["inclusionProof"]
    return {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "certificate": {"rawBytes": _pem(certificate)},
            "tlogEntries": [
                {
                    "logIndex": str(entry["logIndex"]),
                    "logId": {"keyId": _base64(bytes.fromhex(entry["logID"]))},
                    "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
                    "integratedTime": str(entry["integratedTime"]),
                    "inclusionPromise": {"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
                    "inclusionProof": {
                        "logIndex": str(proof["logIndex"]),
                        "rootHash": _base64(bytes.fromhex(proof["rootHash"])),
                        "treeSize": str(proof["treeSize"]),
                        "hashes": [_base64(bytes.fromhex(each)) for each in proof["hashes"]],
                        "checkpoint": {"envelope": proof["checkpoint"]},
                    },
                    "canonicalizedBody": _base64(raw),
                }
            ],
        },
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": _base64(bytes.fromhex(digest["value"]))},
            "signature": signature["content"],
        },
    }


def _pem(text: str) -> str:
    """Return the base64 between the lines of the first block of a PEM text."""
    return "".join(text.partition("-----END")[0].partition("-----\n")[2].split())


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _strange(log: str, why: str) -> Error:
    return Error(
        "VERIFY049",
        f"the log {log} cannot be searched",
        why=why,
        fix="Leave `search` out and give the bundles, or try again later.",
        status=ExitStatus.OUTSIDE,
    )
