"""Documents that are read or written: load within limits, validate against a schema, write canonically.

`schemas/` holds the schemas of our own documents and strict profiles of the foreign ones we write;
CycloneDX's official schemas come with `cyclonedx-python-lib` and are not copied.
"""

from __future__ import annotations

import codecs
import functools
import json
import math
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

__all__ = [
    "MAX_DOCUMENT",
    "canonical",
    "faults",
    "load_json",
    "parse_json",
    "pretty",
    "read_document",
    "schema",
    "validate",
]

MAX_DOCUMENT: Final = 256 << 20
"""Bytes of the largest document that is read whole."""
MAX_FAULTS: Final = 20
"""How many faults of a document an error names."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_CYCLONEDX_BASE = "http://cyclonedx.org/schema/"
_CYCLONEDX_PARTS = (
    "spdx.SNAPSHOT.schema.json",
    "jsf-0.82.SNAPSHOT.schema.json",
    "cryptography-defs.SNAPSHOT.schema.json",
)
_CYCLONEDX_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")


def load_json(path: Path, *, limit: int = MAX_DOCUMENT) -> Any:  # noqa: ANN401 - foreign JSON enters here
    """Return what a JSON file holds; a byte-order mark in front, as some editors leave it, is passed over.

    Raises what `read_document` raises, and Error DOC003 when it is not JSON in UTF-8 or nests too deep.
    """
    return parse_json(read_document(path, limit=limit).removeprefix(codecs.BOM_UTF8), str(path))


def read_document(path: Path, *, limit: int = MAX_DOCUMENT) -> bytes:
    """Return a document's bytes; raises Error DOC001 when it cannot be read, DOC002 when it is beyond `limit` bytes."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except OSError as fault:
        raise Error("DOC001", f"cannot read {path}", why=fault.strerror or str(fault)) from fault
    if len(raw) > limit:
        raise Error("DOC002", f"{path} is larger than {limit} bytes", fix="No document of this kind is that large.")
    return raw


def parse_json(raw: bytes | str, where: str) -> Any:  # noqa: ANN401 - foreign JSON enters here
    """Return what a JSON text holds; `where` names it in Error DOC003.

    Keys that stand twice, `NaN`, infinities (`1e999` too) and halves of surrogate pairs are faults: two
    readers would disagree about them, and none could write them again.
    """
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        if _SURROGATE.search(text):
            # Only a text that spells one is worth the second look: a pair of them is one character.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        return document  # noqa: TRY300 - both steps raise the same
    except (ValueError, RecursionError) as fault:
        why = "it nests too deep" if isinstance(fault, RecursionError) else str(fault)
        raise Error("DOC003", f"{where} is not valid JSON", why=why, where=where) from fault


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = sorted({key for key, _ in pairs if key in seen or seen.add(key)})  # type: ignore[func-returns-value]  # add() is the point
        msg = f"the key {twice[0]!r} stands twice in one object"
        raise ValueError(msg)
    return found


def _no_constant(name: str) -> object:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        msg = f"{text[:40]} is larger than a JSON number can be"
        raise ValueError(msg)
    return number


def canonical(document: object) -> bytes:
    """Return the document's one form under RFC 8785: what is hashed and signed."""
    # Imported here: only what is signed or compared needs it.
    import rfc8785  # noqa: PLC0415

    return rfc8785.dumps(document)  # type: ignore[arg-type]  # its type is a recursive JSON alias


def pretty(document: object) -> str:
    """Return the document for people and for diffs: keys sorted, two blanks, UTF-8, one final LF."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def schema(name: str) -> dict[str, Any]:
    """Return the schema called `name`: one of ours (`verdict`, `spdx-2.3`), or `cyclonedx-1.2` to `-1.7`.

    Raises KeyError for a name that nobody knows, because that is a bug of the caller.
    """
    family, _, version = name.partition("-")
    if family == "cyclonedx" and version in _CYCLONEDX_VERSIONS:
        strict = "-strict" if version in ("1.2", "1.3") else ""
        return _cyclonedx_resource(f"bom-{version}{strict}.SNAPSHOT.schema.json")
    file = _own_schemas() / f"{name}.schema.json"
    if not file.is_file():
        raise KeyError(name)
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def _own_schemas() -> Traversable:
    """Return the folder of our schemas: `maximus/schemas` in a wheel, `schemas` in a checkout."""
    installed = resources.files("maximus") / "schemas"
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parents[2] / "schemas"


def _cyclonedx_resource(name: str) -> dict[str, Any]:
    import cyclonedx.schema  # noqa: PLC0415 - only who writes or reads CycloneDX has it installed

    file = resources.files(cyclonedx.schema) / "_res" / name
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _validator(name: str) -> Any:  # noqa: ANN401 - the class is chosen by the schema's draft
    import jsonschema_rs  # noqa: PLC0415 - 23 ms that only a validation should cost

    # A registry always, and a retriever that refuses: without them an unknown `$ref` goes to the network.
    parts: list[tuple[str, dict[str, Any]]]
    if name.startswith("cyclonedx-"):
        # The copies refer to each other by their own file names.
        parts = [(_CYCLONEDX_BASE + file, _cyclonedx_resource(file)) for file in _CYCLONEDX_PARTS]
    else:
        files = sorted(_own_schemas().iterdir(), key=lambda file: file.name)
        loaded = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".json")]
        parts = [(described["$id"], described) for described in loaded]
    registry = jsonschema_rs.Registry(parts, retriever=_refuse)
    return jsonschema_rs.validator_for(schema(name), registry=registry, retriever=_refuse, validate_formats=True)


def _refuse(uri: str) -> Any:  # noqa: ANN401 - the signature of a retriever
    msg = f"no schema {uri} in this installation"
    raise ValueError(msg)


def faults(document: object, name: str, *, limit: int = MAX_FAULTS) -> tuple[str, ...]:
    """Return what is wrong with the document under the schema called `name`, sorted, each with its path."""
    found: list[str] = []
    for fault in _validator(name).iter_errors(document):
        message = fault.message if len(fault.message) <= 200 else fault.message[:200] + "…"  # noqa: PLR2004
        found.append(f"{_path(fault.instance_path)}: {message}")
        if len(found) >= limit:
            break
    return tuple(sorted(found))


def _path(parts: Any) -> str:  # noqa: ANN401 - a list of keys and indexes from the validator
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "(document)"


def validate(document: Mapping[str, Any], name: str, where: str) -> None:
    """Return when the document holds to the schema called `name`; raise Error DOC004 with its faults otherwise."""
    found = faults(document, name)
    if found:
        more = f" (the first {MAX_FAULTS})" if len(found) >= MAX_FAULTS else ""
        raise Error("DOC004", f"{where} does not hold to {name}{more}", why="; ".join(found), where=where)
