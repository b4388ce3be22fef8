"""The whole release of this repository against syft and cosign, on the local Sigstore."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Comparison, compare

__all__ = ["release"]

ROOT = Path(__file__).resolve().parents[1]
FILE = "app-1.2.3.tar.gz"


def release() -> Comparison | str:
    """Compare `release` with syft for both SBOMs and cosign signing and verifying each file; Rekor v1, one file built.

    Returns why not where Go or a server is missing.
    """
    from tests.stack import build  # noqa: PLC0415 - only this benchmark needs the servers
    from tests.stack.stack import Stack, Unmeasured  # noqa: PLC0415 - likewise

    try:
        build.build(("cosign", "syft"))
        with Stack() as stack, tempfile.TemporaryDirectory() as folder:
            return _compare(stack, Path(folder))
    except Unmeasured as reason:
        return str(reason)


def _compare(stack: object, home: Path) -> Comparison:
    from tests.stack.stack import Stack  # noqa: PLC0415 - for the type checker, loaded already

    assert isinstance(stack, Stack)  # noqa: S101 - narrows for the type checker
    tree = home / "tree"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(tree)], check=True)
    (tree / "dist").mkdir(exist_ok=True)
    (tree / "dist" / FILE).write_bytes(b"what a build made\n" * 1000)
    job = stack.environment()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_"))}
    ours_environment = plain | job | {"XDG_CACHE_HOME": str(home / "cache")}
    ours_environment.pop("GITHUB_TOKEN", None)
    trust, root, config = stack.trust_v1, stack.trusted_root, stack.signing_config(1)
    python = getattr(sys, "_base_executable", sys.executable)

    def ours() -> None:
        out = home / "ours"
        shutil.rmtree(out, ignore_errors=True)
        command = [python, "-I", str(ROOT / "actions"), "release", "--path", str(tree), "--files", "dist/*"]
        _run([*command, "--folder", str(out), "--trust-config", str(trust)], ours_environment)

    identity = f"https://github.com/{job['GITHUB_WORKFLOW_REF']}"

    def peer() -> None:
        out = home / "peer"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        shutil.copy(tree / "dist" / FILE, out)
        formats = ["-o", f"spdx-json={out}/sbom.spdx.json", "-o", f"cyclonedx-json={out}/sbom.cdx.json"]
        _run([stack.bin("syft"), "scan", f"dir:{tree}", "-q", *formats], plain | {"SYFT_CHECK_FOR_APP_UPDATE": "false"})
        for file in sorted(out.iterdir()):
            bundle = f"{file}.sigstore.json"
            trusted = ["--trusted-root", str(root), "--bundle", bundle]
            signing = ["--yes", "--signing-config", str(config)]
            _run([stack.bin("cosign"), "sign-blob", *signing, *trusted, str(file)], plain | job)
            who = ["--certificate-identity", identity, "--certificate-oidc-issuer", stack.issuer_url]
            _run([stack.bin("cosign"), "verify-blob", *trusted, *who, str(file)], plain)

    return compare("release / syft + cosign sign-blob and verify-blob each", ours, peer, runs=5, reach=1.5)


def _run(command: list[str | Path], environment: dict[str, str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        message = f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        raise SystemExit(message)
