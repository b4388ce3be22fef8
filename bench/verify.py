"""Verifying against sigstore's own command line, on what the local Sigstore signed; and against hashing alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from bench.measure import PYTHON, Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "ROOT",
    "Peak",
    "make_key",
    "measured",
    "peak",
    "plain_environment",
    "run_quietly",
    "verify_each",
    "verify_many",
    "verify_memory",
    "verify_one",
    "verify_statement",
]

ROOT = Path(__file__).resolve().parents[1]
FILES: Final = 100
MANY: Final = 5_000
_Measurement = TypeVar("_Measurement")
EACH: Final = 20 << 20
"""Bytes of each of the many files: 100 GB in all, which take no room because they are sparse."""
MOST_MEMORY: Final = 50_000
"""Kilobytes that verifying one file may take."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a process took."""

    name: str
    kilobytes: int
    peer: int
    reach: int

    @property
    def is_reached(self) -> bool:
        """Tell whether it lies within the aim."""
        return self.kilobytes <= self.reach

    def line(self) -> str:
        """Return the row that is printed."""
        return (
            f"{'reached' if self.is_reached else 'MISSED ':7}  {self.name:58}  {self.kilobytes / 1000:5.1f} MB "
            f"(aim {self.reach / 1000:g} MB)  peer {self.peer / 1000:.1f} MB"
        )


@dataclass(frozen=True, slots=True)
class _Signed:
    """Files that were signed, and the commands that verify them."""

    home: Path
    issuer: str
    identity: str

    def ours(self, *what: str) -> list[str]:
        """Return our command; it starts as it does on a laptop, from a checkout with its packages installed."""
        who = ["--repository", "octo/app", "--workflow", ".github/workflows/release.yml", "--issuer", self.issuer]
        facts = ["--require", "signatures", "--require", "log", "--require", "identity"]
        trust = ["--trust-config", str(self.home / "root.json")]
        return [PYTHON, "-I", str(ROOT / "actions"), "verify", *what, *who, *facts, *trust]

    def peer(self, files: list[str], bundle: Path | None = None) -> list[str]:
        """Return sigstore's command for the same."""
        program = [str(Path(sys.executable).with_name("sigstore")), "--trust-config", str(self.home / "trust.json")]
        who = ["--cert-identity", self.identity, "--cert-oidc-issuer", self.issuer]
        beside = ["--bundle", str(bundle)] if bundle else []
        return [*program, "verify", "identity", *beside, *who, *files]


@contextlib.contextmanager
def _signed(mode: str, count: int) -> Iterator[_Signed]:
    """Yield files signed by the local Sigstore (Rekor v1, as production); raises Unmeasured where a part is missing."""
    from tests.stack.stack import Stack  # noqa: PLC0415 - only these benchmarks need the servers

    with Stack() as stack, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        release = home / "release"
        release.mkdir()
        for number in range(count):
            (release / f"file-{number:04}.bin").write_text(f"what a build made, number {number}\n" * 50)
        (home / "root.json").write_bytes(stack.trusted_root.read_bytes())
        (home / "trust.json").write_bytes(stack.trust_v1.read_bytes())
        command = [PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(release), "--mode", mode]
        run_quietly([*command, "--trust-config", str(stack.trust_v1)], plain_environment() | stack.environment())
        yield _Signed(home, stack.issuer_url, stack.identity())


def plain_environment() -> dict[str, str]:
    """Return the environment without what a job would add to it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_"))}


def run_quietly(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command to its end; one that fails ends the benchmark with what it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment or plain_environment())
    if done.returncode != 0:
        message = f"{command[:4]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        raise SystemExit(message)


def measured(work: Callable[[], _Measurement]) -> _Measurement | str:
    """Return what the work measured, or why a part that it needs is missing."""
    from tests.stack.stack import Unmeasured  # noqa: PLC0415 - as in `_signed`

    try:
        return work()
    except Unmeasured as reason:
        return str(reason)


def verify_each() -> Comparison | Peak | str:
    """Compare 100 files with a bundle each with sigstore's command line over the same."""

    def work() -> Comparison:
        with _signed("each", FILES) as made:
            folder = made.home / "release"
            files = [str(path) for path in sorted(folder.glob("*.bin"))]
            return compare(
                "verify 100 files, 100 bundles / sigstore verify",
                lambda: run_quietly(made.ours("--folder", str(folder))),
                lambda: run_quietly(made.peer(files)),
                runs=5,
                reach=0.7,
            )

    return measured(work)


def verify_statement() -> Comparison | Peak | str:
    """Compare 100 files under one statement with sigstore's command line over the same files and a bundle each.

    sigstore's cannot check several files against one bundle (sigstore-python#1814): this is how it does the work.
    """

    def work() -> Comparison:
        with _signed("each", FILES) as apart, _signed("statement", FILES) as made:
            files = [str(path) for path in sorted((apart.home / "release").glob("*.bin"))]
            return compare(
                "verify 100 files, one statement / sigstore verify, 100 bundles",
                lambda: run_quietly(made.ours("--folder", str(made.home / "release"))),
                lambda: run_quietly(apart.peer(files)),
                runs=5,
                reach=0.5,
            )

    return measured(work)


def verify_one() -> Comparison | Peak | str:
    """Compare one file with sigstore's command line over the same."""

    def work() -> Comparison:
        with _signed("each", 1) as made:
            folder = made.home / "release"
            return compare(
                "verify 1 file, warm / sigstore verify",
                lambda: run_quietly(made.ours("--folder", str(folder))),
                lambda: run_quietly(made.peer([str(folder / "file-0000.bin")])),
                runs=9,
                reach=0.8,
            )

    return measured(work)


def verify_memory() -> Comparison | Peak | str:
    """Measure the memory that one file takes, and sigstore's command line for the same."""

    def work() -> Peak:
        with _signed("each", 1) as made:
            folder = made.home / "release"
            ours = made.ours("--folder", str(folder))
            # Once before, so that neither installs nor compiles anything while it is measured.
            run_quietly(ours)
            return Peak(
                "verify 1 file, memory", peak(ours), peak(made.peer([str(folder / "file-0000.bin")])), MOST_MEMORY
            )

    return measured(work)


def peak(command: list[str], environment: dict[str, str] | None = None) -> int:
    """Return the most memory that a command took, in kilobytes, as the system counted it for its parent."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    told = subprocess.run(
        [PYTHON, "-I", "-c", code, *command],
        check=True,
        capture_output=True,
        text=True,
        env=environment or plain_environment(),
    )
    return int(told.stdout)


def verify_many() -> Comparison | Peak | str:
    """Compare 5,000 sparse files of 100 GB, signed with a key, with `sha256sum` over them on every core.

    `MAXIMUS_BENCH_BYTES` makes the files smaller, for a machine with little time.
    """
    if shutil.which("sha256sum") is None:
        return "there is no sha256sum on the path"
    size = int(os.environ.get("MAXIMUS_BENCH_BYTES") or EACH)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        release = home / "release"
        release.mkdir()
        for number in range(MANY):
            with (release / f"file-{number:04}.bin").open("wb") as stream:
                stream.truncate(size)
        key = home / "maximus.key"
        make_key(key)
        command = [PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(release), "--mode", "statement"]
        run_quietly([*command, "--key", str(key)])
        public = shutil.copy(release / "maximus.pub", home / "key.pub")
        ours = [PYTHON, "-I", str(ROOT / "actions"), "verify", "--folder", str(release), "--key", str(public)]
        facts = ["--require", "signatures", "--require", "identity"]
        hashing = f"find {release} -type f -print0 | xargs -0 -n 64 -P {os.cpu_count()} sha256sum"
        return compare(
            f"verify {MANY} files of {size * MANY / 1e9:.0f} GB / sha256sum on every core",
            lambda: run_quietly([*ours, *facts]),
            lambda: run_quietly(["sh", "-c", hashing]),
            runs=3,
            reach=1.1,
        )


def make_key(path: Path) -> None:
    """Write a new private key that nobody else can read."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only this benchmark needs it
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - likewise

    encoded = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(encoded)
