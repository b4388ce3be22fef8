"""An inventory rendered in both formats: one serial number, the same refs, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.sbom import bsi, cyclonedx, cyclonedx_versions, spdx

if TYPE_CHECKING:
    from maximus.sbom.model import Inventory

__all__ = ["Rendered", "as_bytes", "render", "timestamp"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both documents."""

    cyclonedx: dict[str, Any]
    spdx: dict[str, Any]
    serial: str
    """The UUID that both share."""


def timestamp(seconds: int) -> str:
    """Return a time as both formats write it: UTC, whole seconds, `Z`."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_bytes(document: dict[str, Any]) -> bytes:
    """Return the one form in which a document is written: keys sorted, two blanks, a final line feed."""
    # Imported here: 17 ms that only an inventory should cost; json takes 20 times as long.
    import orjson  # noqa: PLC0415

    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def render(
    inventory: Inventory,
    *,
    seconds: int,
    tool_version: str,
    cyclonedx_version: str = cyclonedx_versions.DEFAULT,
    profile: str = "",
) -> Rendered:
    """Return both documents of an inventory, dated `seconds` after 1970 UTC, with what a profile asks for besides.

    The serial number is a UUIDv5 over the content, so another content is another serial and the
    document's version is always 1.
    """
    when = timestamp(seconds)
    style = cyclonedx.Style(
        mixed=cyclonedx_version >= "1.7", more=bsi.properties_of if profile == bsi.PROFILE else None
    )
    body = cyclonedx.as_document(inventory, when=when, tool_version=tool_version, style=style)
    if cyclonedx_version != cyclonedx_versions.DEFAULT:
        body = cyclonedx_versions.as_version(body, cyclonedx_version)
    content = hashlib.sha256(as_bytes(body)).hexdigest()
    serial = str(uuid.uuid5(uuid.NAMESPACE_OID, content))
    body["serialNumber"] = f"urn:uuid:{serial}"
    return Rendered(body, spdx.as_document(inventory, when=when, tool_version=tool_version, serial=serial), serial)
