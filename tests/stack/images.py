"""A container registry on loopback, and images to push into it: the registry that most others are built on."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

from maximus.registry.client import OCI_INDEX, OCI_MANIFEST, Manifest, Repository
from maximus.registry.references import parse_reference
from maximus.registry.wire import Wire
from tests.stack import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Failed", "push_image", "push_index", "repository", "running_referring_registry", "running_registry"]

_SECONDS = 30.0
_CONFIG = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "{address}", secret: test}}
"""


class Failed(Exception):  # noqa: N818 - said by its message
    """The registry did not start."""


@contextlib.contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Yield the address, `127.0.0.1:PORT`, of a registry that keeps what it has below the folder."""
    program = build.locate("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "config.yml"
    config.write_text(_CONFIG.format(root=folder / "data", address=address), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _await(process, address, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(_SECONDS)


@contextlib.contextmanager
def running_referring_registry(folder: Path) -> Iterator[str]:
    """Yield the address of a registry, kept in memory, that answers what refers to an image (OCI 1.1)."""
    program = build.locate("referring-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, address], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _await(process, address, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{address}/v2/", timeout=5):
            return
        time.sleep(0.05)
    message = f"the registry did not start: {log.read_text(encoding='utf-8', errors='replace')[-500:]}"
    raise Failed(message)


def repository(address: str, name: str) -> Repository:
    """Return a repository of the registry, by our own client."""
    reference = parse_reference(f"{address}/{name}:latest")
    return Repository(Wire(address, is_loopback=reference.is_loopback), name)


def push_image(into: Repository, content: bytes, tag: str = "", *, architecture: str = "amd64") -> Manifest:
    """Push an image with one layer of this content."""
    config = b'{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' % architecture.encode()
    return into.push_manifest(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": into.push_blob(config, "application/vnd.oci.image.config.v1+json").as_document(),
            "layers": [into.push_blob(content, "application/vnd.oci.image.layer.v1.tar").as_document()],
        },
        tag,
    )


def push_index(into: Repository, tag: str, **images: Manifest) -> Manifest:
    """Push an index over images, by their architecture."""
    listed = [
        {**image.descriptor.as_document(), "platform": {"os": "linux", "architecture": name}}
        for name, image in sorted(images.items())
    ]
    return into.push_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}, tag)
