"""References to images as people write them: a registry, a repository, a tag or a digest. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from maximus.errors import Error, ExitStatus

__all__ = ["DIGEST", "Reference", "parse_reference"]

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_HOST: Final = re.compile(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:))(?::[0-9]{1,5})?")
_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY: Final = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MAX_REPOSITORY: Final = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """An image, or several under one tag, in a registry."""

    host: str
    """The registry's name, with its port where it has one."""
    repository: str
    tag: str = ""
    digest: str = ""
    """`sha256:` and 64 hexadecimal digits; empty where only a tag is named."""

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.host}/{self.repository}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether the registry is on this machine, where plain HTTP is spoken."""
        name = self.host.rpartition(":")[0] or self.host
        return name in ("localhost", "127.0.0.1")

    def __str__(self) -> str:
        """Return the reference as people write it."""
        return f"{self.name}{f':{self.tag}' if self.tag else ''}{f'@{self.digest}' if self.digest else ''}"


def parse_reference(text: str, where: str = "input image") -> Reference:
    """Return the image that a text names: `registry.example/app:1.0` or `registry.example/app@sha256:...`.

    No registry and no tag is ever assumed: what is verified or signed is what was named.
    Raises Error IMAGE001 (usage) otherwise; `where` names the input.
    """
    rest, at, digest = text.partition("@")
    host, slash, path = rest.partition("/")
    repository, colon, tag = path.partition(":")
    why = ""
    if not slash or not _HOST.fullmatch(host):
        why = "it names no registry"
    elif not _REPOSITORY.fullmatch(repository) or len(repository) > _MAX_REPOSITORY:
        why = f"{repository[:80]!r} is no repository: lower case, digits and separators between them"
    elif at and not DIGEST.fullmatch(digest):
        why = "its digest is not `sha256:` and 64 hexadecimal digits"
    elif colon and not _TAG.fullmatch(tag):
        why = f"{tag[:80]!r} is no tag"
    elif not (tag or digest):
        why = "it names neither a tag nor a digest"
    if why:
        raise Error(
            "IMAGE001",
            f"{text[:200]!r} is no reference to an image",
            why=why,
            fix="Write it whole: `registry.example/owner/app@sha256:...`, or with a tag instead of the digest.",
            where=where,
            status=ExitStatus.USAGE,
        )
    return Reference(host, repository, tag, digest)
