#!/usr/bin/env python3
"""Build the programs of the local Sigstore stack from their own Go modules.

Run as `python3 tests/stack/build.py [NAME ...]`; without names everything is built.
The programs go into `tests/stack/.bin/`, which git ignores. What was built from the same `go.mod` and
`go.sum` is not built again. A folder of ready programs may be given in `MAXIMUS_STACK_BIN` instead.

Standard library only: this file is what a bare machine runs first.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PROGRAMS", "TRILLIAN_SCHEMA", "Program", "Unmeasured", "build", "locate"]

HERE = Path(__file__).resolve().parent
BIN = HERE / ".bin"

READY_MADE = "MAXIMUS_STACK_BIN"
"""The environment variable that names a folder of ready programs."""

TRILLIAN_SCHEMA = "trillian.sql"
"""Trillian's tables, copied out of its module: Rekor v1's database is made from them."""

_GO_INSTALLATIONS = (Path("/usr/local/go/bin"), Path("/usr/lib/go/bin"))

UNMEASURED_STATUS = 70
"""The exit status that says nothing was looked at."""


class Unmeasured(Exception):  # noqa: N818 - named for the verdict it leads to
    """Something the stack needs is not on this machine, so nothing can be measured with it."""

    def __str__(self) -> str:
        """Say the verdict and its reason in one line."""
        return f"unmeasured: {self.args[0]}"


@dataclass(frozen=True, slots=True)
class Program:
    """One program and where its source comes from."""

    name: str
    """The name under `.bin/`. Two upstream packages are both called `posix`, so it is always given."""
    package: str
    """The Go package that holds its `main`."""
    module: Path = HERE
    """The folder of the `go.mod` that pins it."""
    tags: str = ""
    """Go build tags."""


PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        # The first compiles most of what the others share.
        Program("timestamp-server", "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server"),
        Program("tesseract", "github.com/transparency-dev/tesseract/cmd/tesseract/posix"),
        Program("rekor-server", "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix"),
        Program("fulcio", "github.com/sigstore/fulcio"),
        Program("rekor-v1", "github.com/sigstore/rekor/cmd/rekor-server"),
        Program("trillian_log_server", "github.com/google/trillian/cmd/trillian_log_server"),
        Program("trillian_log_signer", "github.com/google/trillian/cmd/trillian_log_signer"),
        Program("cosign", "github.com/sigstore/cosign/v3/cmd/cosign"),
        # Ours, over the log's own libraries: what maximus says of trees and notes is judged by it.
        Program("merkle-judge", "./judge"),
        # Not part of Sigstore: modules of their own, so that they do not move its dependencies.
        Program("act", "github.com/nektos/act", module=HERE / "act", tags="WITHOUT_DOCKER"),
        Program("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", module=HERE / "actionlint"),
        # Where images are pushed to; nothing of Sigstore is in it.
        Program("registry", "github.com/distribution/distribution/v3/cmd/registry", module=HERE / "registry"),
        # Ours, over the registry that others test with: what distribution lacks, it knows what refers to an image.
        Program("referring-registry", "./referring"),
        # The second opinion on registries and images.
        Program("crane", "github.com/google/go-containerregistry/cmd/crane", module=HERE / "crane"),
        # Ours, over the transit engine of HashiCorp Vault: what keys in a Vault are tried with.
        Program("transit-engine", ".", module=HERE / "transit"),
        # The peer of the benchmarks, and a judge: it reads our documents.
        Program("syft", "github.com/anchore/syft/cmd/syft", module=HERE / "syft"),
    )
}


def locate(name: str) -> Path:
    """Return the path of a program, built when it has to be.

    `name` is a key of `PROGRAMS` or `TRILLIAN_SCHEMA`.
    Raises Unmeasured when it is neither there nor can be built.
    """
    return build([name])[name]


def build(names: Sequence[str] = (), *, say: bool = False) -> Mapping[str, Path]:
    """Return the paths of the named programs (all when none is named), building what is missing or stale.

    Raises Unmeasured when Go is needed and missing or too old, or when a ready-made folder lacks one.
    """
    wanted = tuple(names) or (*PROGRAMS, TRILLIAN_SCHEMA)
    if folder := os.environ.get(READY_MADE):
        return {name: _ready_made(Path(folder), name) for name in wanted}
    BIN.mkdir(exist_ok=True)
    with _locked(BIN / "lock"):
        for name in wanted:
            _bring_up_to_date(name, say=say)
    return {name: BIN / name for name in wanted}


def _ready_made(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        message = f"{READY_MADE}={folder} holds no {name}"
        raise Unmeasured(message)
    return path.resolve()


def _bring_up_to_date(name: str, *, say: bool) -> None:
    program = PROGRAMS.get(name)
    module = program.module if program else HERE
    target, stamp = BIN / name, BIN / f"{name}.stamp"
    source = _digest(module, program)
    if target.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == source:
        return
    started = time.monotonic()
    fresh = BIN / f"{name}.new"
    if program:
        _compile(program, fresh)
    else:
        _copy_schema(fresh)
    fresh.replace(target)
    stamp.write_text(source, encoding="utf-8")
    if say:
        print(f"{name}: built in {time.monotonic() - started:.1f} s", flush=True)  # noqa: T201 - a script


def _digest(module: Path, program: Program | None) -> str:
    """Name everything a program is made of: its module's locks and how it is compiled."""
    digest = hashlib.sha256()
    for lock in ("go.mod", "go.sum"):
        digest.update((module / lock).read_bytes())
    if program and program.package.startswith("."):
        for source in sorted((module / program.package).glob("*.go")):
            digest.update(source.read_bytes())
    digest.update(json.dumps([program.package, program.tags] if program else []).encode("utf-8"))
    return digest.hexdigest()


def _compile(program: Program, target: Path) -> None:
    tags = ["-tags", program.tags] if program.tags else []
    _go(program.module, "build", "-buildvcs=false", *tags, "-o", str(target), program.package)


def _copy_schema(target: Path) -> None:
    package = "github.com/google/trillian/storage/mysql"
    folder = _go(HERE, "list", "-f", "{{.Dir}}", package).strip()
    shutil.copyfile(Path(folder, "schema", "storage.sql"), target)


def _go(module: Path, *arguments: str) -> str:
    """Run Go in a module's folder, never fetching another Go and never changing the locks."""
    go = _find_go(module)
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-trimpath -mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    run = subprocess.run(
        [go, *arguments],
        cwd=module,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if run.returncode:
        last = "\n".join(run.stderr.strip().splitlines()[-5:])
        message = f"go {arguments[0]} for {arguments[-1]} failed in {module}: {last}"
        raise Unmeasured(message)
    return run.stdout


def _find_go(module: Path) -> str:
    """Return a Go that is new enough for the module."""
    go = shutil.which("go") or next(
        (str(folder / "go") for folder in _GO_INSTALLATIONS if (folder / "go").is_file()), None
    )
    need = _version((module / "go.mod").read_text(encoding="utf-8"), r"^go (\S+)$")
    spoken = ".".join(map(str, need))
    if go is None:
        message = f"no Go on this machine; the stack needs Go {spoken} or newer, or {READY_MADE}"
        raise Unmeasured(message)
    told = subprocess.run(
        [go, "version"],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    ).stdout
    have = _version(told, r"\bgo(\d\S*)")
    if have < need:
        message = f"{go} is {'.'.join(map(str, have))}; the stack needs Go {spoken} or newer, or {READY_MADE}"
        raise Unmeasured(message)
    return go


def _version(text: str, pattern: str) -> tuple[int, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    return tuple(int(part) for part in re.findall(r"\d+", found[1])) if found else (0,)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time build: the others find the work done."""
    with path.open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    """Build what the command line names and print where it lies."""
    unknown = sorted(set(arguments) - set(PROGRAMS) - {TRILLIAN_SCHEMA})
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(PROGRAMS)}", file=sys.stderr)  # noqa: T201 - a script
        return 2
    try:
        paths = build(arguments, say=True)
    except Unmeasured as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - a script
        return UNMEASURED_STATUS
    for path in paths.values():
        print(path)  # noqa: T201 - a script
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
