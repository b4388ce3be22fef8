"""The bootstrap: makes an action's hash-locked dependencies importable. Standard library only.

`requirements/<group>.txt` is the lock. It is installed once into a folder named by its hash and this Python,
in the runner's temporary folder during a job and in the user's cache elsewhere; never into the tool cache,
which outlives a job, and never beside our own code, which may be shared and read-only.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maximus.errors import Error, ExitStatus

from .cache import cache_folder
from .children import without_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["install", "make_importable", "run_installer"]

TIMEOUT = 600
"""Seconds that an installation may take before it is given up."""
_NO_WHEELS = {
    ("darwin", "x86_64"): "macOS on Intel",
    ("win32", "ARM64"): "Windows on Arm",
}


def make_importable(group: str, root: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Put the group's dependencies on `sys.path`, before the Python's own packages.

    In an installed wheel there is no `requirements/` beside the code and the installer has done it already.
    """
    lock = root / "requirements" / f"{group}.txt"
    if not lock.is_file():
        return
    folder = install(lock, Path(cache_folder(environment)), say, environment)
    sys.path.insert(1, str(folder))


def install(lock: Path, cache: Path, say: Callable[[str], None], environment: Mapping[str, str]) -> Path:
    """Return the folder that holds exactly what the lock names, installing it where it is not there yet.

    Raises Error DEP001 when the installation fails, DEP002 where no wheels exist for this machine,
    DEP003 where there is neither uv nor pip (all: something outside, 3).
    """
    content = lock.read_bytes()
    folder = cache / f"{lock.stem}-{_key(content)}"
    if folder.is_dir():
        return folder
    # Imported here: 15 ms that only an installation should cost, and not each start.
    import secrets  # noqa: PLC0415
    import shutil  # noqa: PLC0415

    _refuse_machine_without_wheels(content)
    # Lines that name a package; the `==` of a marker is indented or stands behind one.
    count = sum(b"==" in line.split(b" ")[0] for line in content.splitlines())
    say(f"installing {count} locked packages for {lock.stem} (once for this version)")
    building = cache / f".{folder.name}-{secrets.token_hex(8)}"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        run_installer(_command(lock, building, environment), environment)
        try:
            building.rename(folder)
        except OSError:
            # Another process was faster; what it renamed has the same hashes.
            if not folder.is_dir():
                raise
    except OSError as fault:
        raise Error(
            "DEP001",
            "cannot install the locked dependencies",
            why=fault.strerror or str(fault),
            fix=f"The folder {cache} must be writable and have some 100 MB free.",
            status=ExitStatus.OUTSIDE,
        ) from fault
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _key(content: bytes) -> str:
    """Return 16 hexadecimal digits over the lock and everything that decides which wheels fit."""
    # `sys.version` names the release and, on Windows, the processor; `_multiarch` the processor and the C library.
    machine = f"{sys.implementation.cache_tag} {sys.platform} {sys.version} {_processor()}"
    return hashlib.sha256(content + machine.encode()).hexdigest()[:16]


def _processor() -> str:
    import os  # noqa: PLC0415 - for one call

    uname = getattr(os, "uname", None)  # not on Windows
    return f"{getattr(sys.implementation, '_multiarch', '')} {uname().machine if uname else ''}"


def _refuse_machine_without_wheels(content: bytes) -> None:
    import platform  # noqa: PLC0415 - only an installation asks

    name = _NO_WHEELS.get((sys.platform, platform.machine()))
    if name and b"cryptography==" in content:
        raise Error(
            "DEP002",
            f"there are no wheels of `cryptography` for {name}",
            why="only wheels are installed, never source code that a build would run",
            fix="Run this action on Linux, on macOS with Apple silicon, or on Windows x64.",
            status=ExitStatus.OUTSIDE,
        )


def _command(lock: Path, target: Path, environment: Mapping[str, str]) -> list[str]:
    import shutil  # noqa: PLC0415 - only an installation needs it
    import subprocess  # noqa: PLC0415 - likewise; our own commands

    strict = ["--target", str(target), "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)]
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv:
        # --no-config: a uv.toml in the caller's workspace could otherwise redirect the index.
        return [uv, "pip", "install", "--quiet", "--no-config", "--python", sys.executable, *strict]
    pip = [sys.executable, "-I", "-m", "pip"]
    shown = without_ours(environment)
    probe = subprocess.run([*pip, "--version"], capture_output=True, check=False, timeout=TIMEOUT, env=shown)  # noqa: S603 - our own Python
    if probe.returncode != 0:
        raise Error(
            "DEP003",
            "neither uv nor pip is there to install the locked dependencies",
            fix="Install one: `apt-get install python3-pip`, `python3 -m ensurepip`, or uv.",
            status=ExitStatus.OUTSIDE,
        )
    return [
        *pip,
        "install",
        "--quiet",
        "--no-input",
        "--no-compile",
        "--disable-pip-version-check",
        "--no-warn-conflicts",
        "--progress-bar",
        "off",
        *strict,
    ]


SYSTEM_STORE = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
"""What makes uv, new or old, trust the system's certificates: those of a private index or proxy are only there."""


def run_installer(command: list[str], environment: Mapping[str, str]) -> None:
    """Run uv or pip; where uv does not trust a certificate that the system may trust, once more with its store.

    Trusting more is harmless here: what is installed is fixed by hash. Raises Error DEP001 when it fails.
    """
    import subprocess  # noqa: PLC0415 - only an installation needs it; our own commands

    # The user's own settings for their environments would refuse a folder of ours.
    ours = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    said = ""
    for store in ({}, SYSTEM_STORE):
        try:
            done = subprocess.run(  # noqa: S603 - our own command, an argument list
                command,
                capture_output=True,
                check=False,
                timeout=TIMEOUT,
                env=without_ours(environment) | ours | store,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as fault:
            why = f"it took more than {TIMEOUT} seconds"
            raise _failed(why) from fault
        if done.returncode == 0:
            return
        said = _cause(done.stderr.decode("utf-8", "replace")) or f"exit status {done.returncode}"
        if "UnknownIssuer" not in said:
            break
    raise _failed(said)


def _cause(said: str) -> str:
    """Return what uv or pip said from its first error on, on one line: the package comes before its hashes."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    begins = (
        number for number, line in enumerate(lines) if line.lower().startswith(("error", "\N{MULTIPLICATION SIGN}"))
    )
    # uv marks its errors with that sign; before its own, pip counts its vain attempts to reach the index.
    return "; ".join(lines[next(begins, 0) :])


def _failed(why: str) -> Error:
    return Error(
        "DEP001",
        "cannot install the locked dependencies",
        why=why[:500],
        fix="Check that the package index of this machine can be reached (PIP_INDEX_URL, proxy), then run again.",
        status=ExitStatus.OUTSIDE,
    )
