"""What keeps keys on loopback: AWS as moto plays it, and Vault's own transit engine; and the clients of them all."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from actions.dependencies import install
from maximus.errors import Error
from tests.stack import build
from tests.stack.build import Unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CACHE", "Aws", "Failed", "Vault", "client_folder", "running_aws", "running_vault", "tools_path"]

ROOT = Path(__file__).resolve().parents[2]
CACHE = build.BIN / "cache"
"""Where the clients are installed, once for each lock, and found again by `sign`."""
_SECONDS = 60.0


class Failed(Exception):  # noqa: N818 - said by its message
    """A service did not start."""


def tools_path() -> str:
    """Return a `PATH` with the uv of the developers' environment in front."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


def client_folder() -> Path:
    """Return the folder with every provider's client and moto; raises Unmeasured where they cannot be had."""
    build.BIN.mkdir(exist_ok=True)
    with (build.BIN / "cache.lock").open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            environment = os.environ | {"PATH": tools_path()}
            return install(ROOT / "requirements" / "kms.txt", CACHE / "maximus", lambda _: None, environment)
        except Error as fault:
            raise Unmeasured(fault.headline) from fault


@dataclass(frozen=True, slots=True)
class Aws:
    """A running moto."""

    url: str
    """Over plain HTTP."""
    host: str
    """`localhost:PORT` over TLS, as a reference names it."""
    authority: Path
    """The certificate that this is trusted by."""

    @property
    def environment(self) -> dict[str, str]:
        """What its clients are told by the environment."""
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "not-to-be-seen-anywhere",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_CA_BUNDLE": str(self.authority),
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@contextlib.contextmanager
def running_aws(folder: Path, clients: Path) -> Iterator[Aws]:
    """Yield a moto of its own."""
    certificate, key = _certificate(folder)
    plain, secure = _free_port(), _free_port()
    command: list[str | Path] = [
        sys.executable,
        ROOT / "tests" / "stack" / "aws.py",
        str(plain),
        str(secure),
        certificate,
        key,
    ]
    aws = Aws(f"http://127.0.0.1:{plain}", f"localhost:{secure}", certificate)
    with _running(command, f"{aws.url}/moto-api/", folder / "aws.log", {"PYTHONPATH": str(clients)}):
        yield aws


@dataclass(frozen=True, slots=True)
class Vault:
    """A running transit engine."""

    url: str
    token: str = "hvs.not-to-be-seen-anywhere"  # noqa: S105 - of a server that lives for a test
    reader: str = "hvs.may-only-read"
    """A token that may not sign."""

    @property
    def environment(self) -> dict[str, str]:
        """What its clients are told by the environment."""
        return {"VAULT_ADDR": self.url, "VAULT_TOKEN": self.token}

    def change(self, path: str, **data: object) -> None:
        """Do something below `transit/`: make a key, rotate it."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/v1/transit/{path}",
            data=json.dumps(data).encode(),
            headers={"X-Vault-Token": self.token},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - likewise
            pass


@contextlib.contextmanager
def running_vault(folder: Path) -> Iterator[Vault]:
    """Yield a transit engine of its own."""
    program = build.locate("transit-engine")
    address = f"127.0.0.1:{_free_port()}"
    vault = Vault(f"http://{address}")
    with _running([program, address, vault.token, vault.reader], vault.url, folder / "vault.log", {}):
        yield vault


@contextlib.contextmanager
def _running(command: list[str | Path], url: str, said: Path, environment: Mapping[str, str]) -> Iterator[None]:
    with said.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | environment
        )
    try:
        deadline = time.monotonic() + _SECONDS
        while True:
            # Any answer is one.
            with contextlib.suppress(OSError):
                try:
                    urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
                except urllib.error.HTTPError as answer:
                    answer.close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{Path(command[0]).name} did not start: {said.read_text(encoding='utf-8')[-500:]}"
                raise Failed(message)
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate for localhost, signed by itself, and of its key."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    addresses = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "aws.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "aws.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "aws.pem", folder / "aws.key"
