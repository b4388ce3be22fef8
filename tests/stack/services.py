"""The services of the stack: how each is started, when it is ready, how it stops.

The order of `make_services` is the order of starting. Ports are fixed: the timestamp authority's `:2112`
is hard-coded upstream, so there is one stack a machine anyway.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.stack.build import TRILLIAN_SCHEMA, Unmeasured, locate
from tests.stack.trust import FULCIO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

__all__ = ["SERVERS", "URLS", "Failed", "Service", "find_mariadb", "make_services", "prepare_database"]

ROOT = Path(__file__).resolve().parents[2]

URLS: Mapping[str, str] = MappingProxyType(
    {
        "issuer": "http://127.0.0.1:8085",
        "fulcio": "http://127.0.0.1:5555",
        "ct": "http://127.0.0.1:6962",
        "tsa": "http://127.0.0.1:3004",
        "rekor-v2": "http://127.0.0.1:3003",
        "rekor-v1": "http://127.0.0.1:3000",
    }
)
"""Where each service answers that a client or a test speaks to."""

SERVERS = (
    "fulcio",
    "tesseract",
    "timestamp-server",
    "rekor-server",
    "rekor-v1",
    "trillian_log_server",
    "trillian_log_signer",
    TRILLIAN_SCHEMA,
)
"""What `build` must have built before the services start."""

_READY_SECONDS = 60.0
_STOP_SECONDS = 5.0
"""How long a service may take to obey SIGTERM. The timestamp authority waits for idle connections."""
_POLL_SECONDS = 0.05
_MYSQL = "t:t@tcp(127.0.0.1:3307)"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback must not go through a proxy of the environment."""
_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class Failed(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A service did not start, or did not become ready in time."""


@dataclass(slots=True)
class Service:
    """One process of the stack: what starts it, and the process while it runs."""

    name: str
    command: Callable[[], Sequence[str | Path]]
    """Made at each start, because Rekor v1's second start names the tree that its first one made."""
    is_ready: Callable[[], bool]
    log: Path
    ports: tuple[int, ...] = ()
    user: str | None = None
    """Whom it runs as, where that is not us."""
    after_ready: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def is_running(self) -> bool:
        """Whether its process is alive."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; does nothing when it runs.

        Raises Failed with the end of its log when it does not come up.
        """
        if self.is_running:
            return
        self._refuse_taken_ports()
        with self.log.open("ab") as log:
            self.process = spawn(self.command(), log, self.user)
        deadline = time.monotonic() + _READY_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failed(self._explain())
            time.sleep(_POLL_SECONDS)
        self.after_ready()

    def stop(self) -> None:
        """Stop it with SIGTERM and wait; SIGKILL when it does not obey in time."""
        if self.process is None:
            return
        self.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def terminate(self) -> None:
        """Ask it to stop, without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _refuse_taken_ports(self) -> None:
        for port in self.ports:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as cause:
                    message = f"{self.name} needs port {port} of 127.0.0.1: {cause.strerror}"
                    raise Failed(message) from cause

    def _explain(self) -> str:
        end = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join([f"{self.name} did not become ready; the end of {self.log}:", *end])


def spawn(command: Sequence[str | Path], log: IO[bytes], user: str | None = None) -> subprocess.Popen[bytes]:
    """Start a process that gets SIGTERM from the kernel when this one dies, so that no orphan is left.

    `preexec_fn` is safe here because the keeper has one thread. Dropping to another user clears the
    signal, so the user is changed first (which is what Popen does), not by the program itself.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    account = pwd.getpwnam(user) if user else None
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd="/",
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread, see above
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def make_services(state: Path, *, with_rekor_v1: bool) -> tuple[Service, ...]:
    """Return the services in the order of starting: what a service needs comes before it."""
    keys, logs = state / "keys", state / "log"
    services = [
        Service(
            "issuer",
            lambda: (sys.executable, "-m", "tests.stack.issuer", "--port", "8085", "--key", keys / "issuer.pem"),
            lambda: _answers(f"{URLS['issuer']}/.well-known/openid-configuration"),
            logs / "issuer.log",
            ports=(8085,),
        ),
        Service(
            "fulcio",
            lambda: _fulcio(state, keys),
            lambda: _answers(f"{URLS['fulcio']}/healthz"),
            logs / "fulcio.log",
            ports=(5555, 5554, 2113),
        ),
        Service(
            "ct",
            lambda: _ct(state, keys),
            lambda: b"certificates" in _get(f"{URLS['ct']}/ct/v1/get-roots"),
            logs / "ct.log",
            ports=(6962,),
        ),
        # Before Rekor v1: both want :2112, only this one gives up when it is taken.
        Service(
            "tsa",
            lambda: _tsa(keys),
            lambda: _answers(f"{URLS['tsa']}/ping"),
            logs / "tsa.log",
            ports=(3004, 2112),
        ),
        Service(
            "rekor-v2",
            lambda: _rekor_v2(state, keys),
            lambda: _answers(f"{URLS['rekor-v2']}/healthz"),
            logs / "rekor-v2.log",
            ports=(3003, 3001, 2114),
            after_ready=lambda: _log_first_entry(state / "rekor-v2.first", _add_to_rekor_v2),
        ),
    ]
    if with_rekor_v1:
        services += _rekor_v1_services(state, keys, logs)
    return tuple(services)


def _rekor_v1_services(state: Path, keys: Path, logs: Path) -> list[Service]:
    tree = state / "rekor-v1.tree"
    return [
        Service(
            "mariadb",
            lambda: _mariadb(state),
            lambda: _sql(state, "SELECT 1") == 0,
            logs / "mariadb.log",
            ports=(3307,),
            user=_database_user(),
            after_ready=lambda: _make_databases(state),
        ),
        Service(
            "trillian-server",
            lambda: (
                *_trillian("trillian_log_server", 8090, 8091),
                "--quota_system=noop",
            ),
            lambda: _answers("http://127.0.0.1:8091/healthz"),
            logs / "trillian-server.log",
            ports=(8090, 8091),
        ),
        Service(
            "trillian-signer",
            lambda: (
                *_trillian("trillian_log_signer", 8092, 8093),
                "--quota_system=noop",
                "--force_master",
                "--sequencer_interval=100ms",
                "--batch_size=500",
            ),
            lambda: _answers("http://127.0.0.1:8093/healthz"),
            logs / "trillian-signer.log",
            ports=(8092, 8093),
        ),
        Service(
            "rekor-v1",
            lambda: _rekor_v1(keys, tree),
            lambda: _answers(f"{URLS['rekor-v1']}/api/v1/log"),
            logs / "rekor-v1.log",
            ports=(3000,),
            after_ready=lambda: _settle_rekor_v1(state, tree),
        ),
    ]


def _fulcio(state: Path, keys: Path) -> Sequence[str | Path]:
    configuration = state / "fulcio.yaml"
    # JSON is YAML, but in a file that is JSON throughout Fulcio expects older field names: hence a comment.
    configuration.write_text(f"# YAML\n{json.dumps(_FULCIO, indent=2)}\n", encoding="utf-8")
    socket_path = state / "fulcio.sock"
    socket_path.unlink(missing_ok=True)  # on Linux Fulcio does not remove a stale one
    return (
        *(locate("fulcio"), "serve", "--host", "127.0.0.1", "--port", "5555"),
        *("--grpc-host", "127.0.0.1", "--grpc-port", "5554", "--metrics-port", "2113"),
        *("--legacy-unix-domain-socket", socket_path),
        # `ephemeralca` would come back as another authority after a stop.
        *("--ca", "fileca", "--fileca-cert", keys / "fulcio.chain.pem", "--fileca-key", keys / "fulcio.pem"),
        *("--fileca-key-passwd", FULCIO_PASSWORD, "--fileca-watch=false"),
        *("--ct-log-url", URLS["ct"], "--config-path", configuration),
    )


def _ct(state: Path, keys: Path) -> Sequence[str | Path]:
    return (
        *(locate("tesseract"), "--http_endpoint", "127.0.0.1:6962", "--storage_dir", state / "ct"),
        *("--origin", "ct.local", "--private_key", keys / "ct.pem"),
        # Without usages only server certificates are accepted.
        *("--roots_pem_file", keys / "fulcio.root.pem", "--ext_key_usages", "CodeSigning"),
        *("--checkpoint_interval", "500ms", "--enable_publication_awaiter=false"),
        *("--inmemory_antispam_cache_size", "1k"),  # sized for production by default
    )


def _tsa(keys: Path) -> Sequence[str | Path]:
    return (
        *(locate("timestamp-server"), "serve", "--host", "127.0.0.1", "--port", "3004"),
        *("--timestamp-signer", "file", "--file-signer-key-path", keys / "tsa.pem"),
        *("--certificate-chain-path", keys / "tsa.chain.pem"),
        # The monitor would call out. Idle connections are closed after the same time as the clean-up may take, and
        # sigstore's program does not outlive one that is closed between two of its requests.
        *("--disable-ntp-monitoring", "--cleanup-timeout", "4s"),
    )


def _rekor_v2(state: Path, keys: Path) -> Sequence[str | Path]:
    return (
        *(locate("rekor-server"), "serve", "--http-address", "127.0.0.1", "--http-port", "3003"),
        *("--grpc-address", "127.0.0.1", "--grpc-port", "3001", "--http-metrics-port", "2114"),
        *("--hostname", "127.0.0.1", "--storage-dir", state / "rekor-v2"),
        *("--signer-filepath", keys / "rekor-v2.pem", "--checkpoint-interval", "500ms"),
    )


def _rekor_v1(keys: Path, tree: Path) -> Sequence[str | Path]:
    again: tuple[str, ...] = ()
    if tree.is_file():
        again = ("--trillian_log_server.tlog_id", tree.read_text(encoding="utf-8"))
    return (
        *(locate("rekor-v1"), "serve", "--host", "127.0.0.1", "--port", "3000"),
        *("--rekor_server.signer", keys / "rekor-v1.pem", "--rekor_server.hostname", "127.0.0.1"),
        *("--trillian_log_server.address", "127.0.0.1", "--trillian_log_server.port", "8090", *again),
        *("--search_index.storage_provider", "mysql", "--search_index.mysql.dsn", f"{_MYSQL}/idx"),
    )


def _settle_rekor_v1(state: Path, tree: Path) -> None:
    """Keep the tree that the first start made, so that a second start continues it, and its first entry."""
    tree.write_text(json.loads(_get(f"{URLS['rekor-v1']}/api/v1/log"))["treeID"], encoding="utf-8")
    _log_first_entry(state / "rekor-v1.first", _add_to_rekor_v1)


def _log_first_entry(done: Path, add: Callable[[bytes, bytes, bytes], None]) -> None:
    """Fill place 0 of a log, once.

    cosign leaves zeros out of a bundle, and sigstore-python refuses a bundle without `logIndex`: which test
    came first would decide whether it passes. It also proves that the log writes.
    """
    if done.exists():
        return
    artifact = b"the first entry of this log"
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    add(hashlib.sha256(artifact).digest(), key.sign(artifact, ec.ECDSA(hashes.SHA256())), public)
    done.touch()


def _add_to_rekor_v1(digest: bytes, signature: bytes, public: bytes) -> None:
    pem = load_der_public_key(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _post(
        f"{URLS['rekor-v1']}/api/v1/log/entries",
        {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {"content": _base64(signature), "publicKey": {"content": _base64(pem)}},
            },
        },
    )


def _add_to_rekor_v2(digest: bytes, signature: bytes, public: bytes) -> None:
    verifier = {"publicKey": {"rawBytes": _base64(public)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    _post(
        f"{URLS['rekor-v2']}/api/v2/log/entries",
        {
            "hashedRekordRequestV002": {
                "digest": _base64(digest),
                "signature": {"content": _base64(signature), "verifier": verifier},
            }
        },
    )


def _post(url: str, document: Mapping[str, object]) -> None:
    """Send a document; raises Failed with the server's words when it is not accepted."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, json.dumps(document).encode("utf-8"), {"Content-Type": "application/json"}
    )
    try:
        with _OPENER.open(request, timeout=30) as reply:
            reply.read()
    except urllib.error.HTTPError as cause:
        message = f"{url} answered {cause.code}: {cause.read().decode('utf-8', 'replace')}"
        raise Failed(message) from cause


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _trillian(program: str, rpc: int, http: int) -> tuple[str | Path, ...]:
    return (
        *(locate(program), "--storage_system=mysql", f"--mysql_uri={_MYSQL}/trillian"),
        *(f"--rpc_endpoint=127.0.0.1:{rpc}", f"--http_endpoint=127.0.0.1:{http}"),
    )


def find_mariadb(name: str = "mariadbd") -> Path:
    """Return the path of one of MariaDB's programs; raises Unmeasured where it is not installed."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/bin"]))
    if not found:
        message = f"no {name} on this machine, so no Rekor v1 (Debian package mariadb-server)"
        raise Unmeasured(message)
    return Path(found)


def _database_user() -> str | None:
    """Return whom the database runs as: it refuses to be root."""
    return "mysql" if os.geteuid() == 0 else None


def prepare_database(state: Path, log: Path) -> subprocess.Popen[bytes]:
    """Begin to lay out an empty database in the state folder; the caller waits for the process."""
    install = find_mariadb("mariadb-install-db")
    folder, user = state / "db", _database_user()
    # Its temporary files too: the tests' own temporary folder may be closed to the user it runs as.
    temporary = state / "db-tmp"
    for made in (folder, temporary):
        made.mkdir(mode=0o700)
        if user:
            shutil.chown(made, user)
    with log.open("ab") as output:
        return spawn(
            (
                *(install, "--no-defaults", f"--datadir={folder}", f"--tmpdir={temporary}"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ),
            output,
            user,
        )


def _mariadb(state: Path) -> Sequence[str | Path]:
    return (
        *(find_mariadb(), "--no-defaults", f"--datadir={state / 'db'}", f"--socket={state / 'db' / 's'}"),
        f"--tmpdir={state / 'db-tmp'}",
        *("--port=3307", "--bind-address=127.0.0.1", f"--pid-file={state / 'db' / 'pid'}"),
        # It lives for one run: nothing has to survive a power cut.
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--skip-log-bin"),
        *("--innodb-buffer-pool-size=64M", "--skip-name-resolve"),
    )


def _make_databases(state: Path) -> None:
    """Create Trillian's tables, the search index and their user, at the first start."""
    if _sql(state, "USE idx") == 0:
        return
    schema = locate(TRILLIAN_SCHEMA).read_text(encoding="utf-8")
    statements = (
        "CREATE DATABASE trillian; CREATE DATABASE idx;"
        "CREATE USER t@'127.0.0.1' IDENTIFIED BY 't';"
        "GRANT ALL ON trillian.* TO t@'127.0.0.1'; GRANT ALL ON idx.* TO t@'127.0.0.1';"
        f"USE trillian;\n{schema}"
    )
    if _sql(state, statements) != 0:
        message = "mariadb did not accept Trillian's schema"
        raise Failed(message)


def _sql(state: Path, statements: str) -> int:
    return subprocess.run(
        [find_mariadb("mariadb"), "--no-defaults", f"--socket={state / 'db' / 's'}", "--user=root", "--batch"],
        input=statements,
        encoding="utf-8",
        capture_output=True,
        check=False,
    ).returncode


def _answers(url: str) -> bool:
    return bool(_get(url, empty=b"-"))


def _get(url: str, empty: bytes = b"") -> bytes:
    """Return a reply's body: nothing where the server does not answer well, `empty` for an empty body."""
    with (
        contextlib.suppress(urllib.error.URLError, OSError),
        _OPENER.open(url, timeout=2) as reply,
    ):
        body: bytes = reply.read()
        return body or empty
    return b""


_FULCIO: Mapping[str, object] = {
    "oidc-issuers": {
        URLS["issuer"]: {
            "issuer-url": URLS["issuer"],
            "client-id": "sigstore",
            "type": "ci-provider",
            "ci-provider": "github-workflow",
        }
    },
    "ci-issuer-metadata": {
        "github-workflow": {
            "default-template-values": {"url": "https://github.com", "environment": ""},
            "extension-templates": {
                "github-workflow-trigger": "event_name",
                "github-workflow-sha": "sha",
                "github-workflow-name": "workflow",
                "github-workflow-repository": "repository",
                "github-workflow-ref": "ref",
                "build-signer-uri": "{{ .url }}/{{ .job_workflow_ref }}",
                "build-signer-digest": "job_workflow_sha",
                "runner-environment": "runner_environment",
                "source-repository-uri": "{{ .url }}/{{ .repository }}",
                "source-repository-digest": "sha",
                "source-repository-ref": "ref",
                "source-repository-identifier": "repository_id",
                "source-repository-owner-uri": "{{ .url }}/{{ .repository_owner }}",
                "source-repository-owner-identifier": "repository_owner_id",
                "build-config-uri": "{{ .url }}/{{ .workflow_ref }}",
                "build-config-digest": "workflow_sha",
                "build-trigger": "event_name",
                "run-invocation-uri": (
                    "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}"
                ),
                "source-repository-visibility-at-signing": "repository_visibility",
                "deployment-environment": "environment",
            },
            "subject-alternative-name-template": "{{ .url }}/{{ .job_workflow_ref }}",
        }
    },
}
"""The public instance's configuration for GitHub, with our issuer."""
