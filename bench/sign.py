"""Signing against sigstore's command line and cosign, on the local Sigstore; and what many and large files take."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import PYTHON, Comparison, compare
from bench.verify import ROOT, Peak, make_key, measured, peak, plain_environment, run_quietly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stack.stack import Stack

__all__ = [
    "sign_cosign",
    "sign_large",
    "sign_large_memory",
    "sign_many",
    "sign_many_memory",
    "sign_start",
    "sign_statement",
    "sign_v1",
    "sign_v2",
]

FILES: Final = 100
MANY: Final = 1_000
FEW: Final = 10
"""Files that cosign signs: it takes a process and a second for each."""
LARGE: Final = 10 << 30
"""Bytes of the large file, which takes no room because it is sparse."""
MOST_FOR_MANY: Final = 150_000
MOST_FOR_LARGE: Final = 100_000
"""Kilobytes."""


@dataclass(frozen=True, slots=True)
class _Release:
    """A folder to sign, again and again, and the local Sigstore to sign it with."""

    folder: Path
    stack: Stack
    rekor: int

    @property
    def environment(self) -> dict[str, str]:
        """A job's."""
        return plain_environment() | self.stack.environment()

    @property
    def files(self) -> list[str]:
        """What is signed."""
        return [str(path) for path in sorted(self.folder.glob("*.bin"))]

    def clean(self) -> None:
        """Remove every bundle: what is signed already would not be signed again."""
        for path in self.folder.glob("*.sigstore.json"):
            path.unlink()

    def command(self, mode: str = "each") -> list[str]:
        """Return our command; it starts as it does on a laptop, from a checkout with its packages installed."""
        trust = ["--trust-config", str(self.stack.trust(self.rekor))]
        return [PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(self.folder), "--mode", mode, *trust]

    def ours(self, mode: str = "each") -> None:
        """Sign with ours."""
        self.clean()
        run_quietly(self.command(mode), self.environment)

    @property
    def sigstore(self) -> list[str]:
        """Return the command with which sigstore's program signs."""
        program = str(Path(sys.executable).with_name("sigstore"))
        return [program, "--trust-config", str(self.stack.trust(self.rekor)), "sign", *self.files]

    def peer(self) -> None:
        """Sign with sigstore's."""
        self.clean()
        run_quietly(self.sigstore, self.environment)

    def cosign(self, *words: str) -> None:
        """Run cosign on the local Sigstore."""
        trust = ["--signing-config", str(self.stack.signing_config(self.rekor))]
        trust += ["--trusted-root", str(self.stack.trusted_root)]
        run_quietly([str(self.stack.bin("cosign")), words[0], "--yes", *trust, *words[1:]], self.environment)


@contextlib.contextmanager
def _release(count: int, rekor: int) -> Iterator[_Release]:
    """Yield a folder of that many files; raises Unmeasured where a part of the Sigstore is missing."""
    from tests.stack.stack import Stack  # noqa: PLC0415 - only these benchmarks need the servers

    with Stack() as stack, tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "release"
        folder.mkdir()
        for number in range(count):
            (folder / f"file-{number:04}.bin").write_text(f"what a build made, number {number}\n" * 50)
        yield _Release(folder, stack, rekor)


def _against_sigstore(rekor: int, reach: float, runs: int) -> Comparison | Peak | str:
    def work() -> Comparison:
        with _release(FILES, rekor) as made:
            made.ours()
            return compare(
                f"sign {FILES} files, Rekor v{rekor} / sigstore sign",
                made.ours,
                made.peer,
                runs=runs,
                reach=reach,
                warm=False,
            )

    return measured(work)


def sign_v1() -> Comparison | Peak | str:
    """Compare 100 bundles with Rekor v1 with sigstore's command line over the same files."""
    return _against_sigstore(1, 0.8, 3)


def sign_v2() -> Comparison | Peak | str:
    """Compare 100 bundles with Rekor v2 with sigstore's command line over the same files."""
    return _against_sigstore(2, 0.25, 2)


def sign_cosign() -> Comparison | Peak | str:
    """Compare 100 bundles with Rekor v2 with what cosign needs for ten of them: it takes one call for each."""

    def work() -> Comparison:
        with _release(FILES, 2) as made:

            def cosign() -> None:
                made.clean()
                for path in made.files[:FEW]:
                    made.cosign("sign-blob", "--bundle", f"{path}.sigstore.json", path)

            made.ours()
            return compare(
                f"sign {FILES} files, Rekor v2 / cosign sign-blob, {FEW} files",
                made.ours,
                cosign,
                runs=2,
                reach=0.05 * FILES / FEW,
                warm=False,
            )

    return measured(work)


def sign_statement() -> Comparison | Peak | str:
    """Compare one statement over 100 files with cosign's attestation of one that is written already."""

    def work() -> Comparison:
        with _release(FILES, 1) as made:
            subjects = [
                {"name": Path(path).name, "digest": {"sha256": f"{number:064x}"}}
                for number, path in enumerate(made.files)
            ]
            statement = made.folder.parent / "statement.json"
            kind = "https://in-toto.io/attestation/release/v0.1"
            predicate = {"purl": "pkg:github/octo/app@v1.2.3"}
            text = {"_type": "https://in-toto.io/Statement/v1", "subject": subjects, "predicateType": kind}
            statement.write_text(json.dumps(text | {"predicate": predicate}))
            bundle = str(made.folder.parent / "statement.sigstore.json")
            return compare(
                f"sign {FILES} files, one statement / cosign attest-blob",
                lambda: made.ours("statement"),
                lambda: made.cosign("attest-blob", "--statement", str(statement), "--bundle", bundle),
                runs=5,
                reach=1.5,
            )

    return measured(work)


def sign_many() -> Comparison | Peak | str:
    """Compare 1,000 files with 100: ten times the work may take ten times as long."""

    def work() -> Comparison:
        with _release(MANY, 1) as many, _release(FILES, 1) as few:
            name = f"sign {MANY} files / {FILES} files, Rekor v1"
            return compare(name, many.ours, few.ours, runs=1, reach=MANY / FILES)

    return measured(work)


def sign_many_memory() -> Comparison | Peak | str:
    """Measure the memory that 1,000 files take; beside it what sigstore's command line takes for 100."""

    def work() -> Peak:
        with _release(MANY, 1) as many, _release(FILES, 1) as few:
            peer = peak(few.sigstore, few.environment)
            ours = peak(many.command(), many.environment)
            return Peak(f"sign {MANY} files, memory / sigstore, {FILES}", ours, peer, MOST_FOR_MANY)

    return measured(work)


def sign_large() -> Comparison | Peak | str:
    """Compare a file of 10 GB, signed with a key, with hashing it once.

    `MAXIMUS_BENCH_BYTES` makes it smaller, for a machine with little time.
    """
    if shutil.which("sha256sum") is None:
        return "there is no sha256sum on the path"
    with _large() as (path, command):
        return compare(
            f"sign a file of {path.stat().st_size / 1e9:.1f} GB / sha256sum",
            lambda: run_quietly(command),
            lambda: run_quietly(["sha256sum", str(path)]),
            runs=2,
            reach=1.2,
            allowance=1.0,
            warm=False,
        )


def sign_large_memory() -> Comparison | Peak | str:
    """Measure the memory that a file of 10 GB takes; beside it what hashing alone does."""
    if shutil.which("sha256sum") is None:
        return "there is no sha256sum on the path"
    with _large() as (path, command):
        name = f"sign a file of {path.stat().st_size / 1e9:.1f} GB, memory / sha256sum"
        return Peak(name, peak(command), peak(["sha256sum", str(path)]), MOST_FOR_LARGE)


@contextlib.contextmanager
def _large() -> Iterator[tuple[Path, list[str]]]:
    """Yield a large file, and the command that signs it, or finds its bundle valid: it hashes once either way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release" / "large.bin"
        path.parent.mkdir()
        with path.open("wb") as stream:
            stream.truncate(int(os.environ.get("MAXIMUS_BENCH_BYTES") or LARGE))
        key = Path(folder) / "maximus.key"
        make_key(key)
        command = [PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(path.parent), "--key", str(key)]
        yield path, command


def sign_start() -> Comparison | Peak | str:
    """Compare the time from the start to the first request, which asks for the job's token, with sigstore's."""

    def work() -> Comparison:
        with _release(1, 1) as made, socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            url = f"http://127.0.0.1:{port}/token?api-version=2.0"
            environment = made.environment | {"ACTIONS_ID_TOKEN_REQUEST_URL": url}

            def first_request(command: list[str]) -> None:
                silent = subprocess.DEVNULL
                with subprocess.Popen(command, env=environment, stdout=silent, stderr=silent) as process:
                    connection, _ = server.accept()
                    process.kill()
                    connection.close()

            made.ours()
            made.clean()
            return compare(
                "sign, start to first request, warm / sigstore sign",
                lambda: first_request(made.command()),
                lambda: first_request(made.sigstore),
                runs=7,
                reach=0.6,
            )

    return measured(work)
