"""Real trees at fixed commits, out of mirrors of their repositories that the machine holds.

`MAXIMUS_BENCH_MIRRORS` names a folder with one bare clone for each, `OWNER+NAME/repo`
(`git clone --mirror` makes one). Without it what needs a tree is unmeasured.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["TREES", "RealTree"]

MIRRORS: Final = "MAXIMUS_BENCH_MIRRORS"
CACHE = Path(__file__).resolve().parents[1] / "tests" / ".cache" / "bench"


@dataclass(frozen=True, slots=True)
class RealTree:
    """One commit of somebody's repository."""

    repository: str
    commit: str
    is_large: bool = False
    """Whether syft takes more than four seconds on a machine with nothing else to do."""

    @property
    def name(self) -> str:
        """The repository's own name."""
        return self.repository.partition("/")[2].lower()

    def checkout(self) -> Path:
        """Return a folder with the commit's files, kept for the next run.

        Raises Unmeasured where there is no mirror of the repository, or none that has the commit.
        """
        from tests.stack.build import Unmeasured  # noqa: PLC0415 - only what needs real parts needs it

        folder = CACHE / f"{self.name}-{self.commit[:12]}"
        if (folder / ".git").is_dir():
            return folder
        mirror = Path(os.environ.get(MIRRORS, "")) / self.repository.replace("/", "+") / "repo"
        if not os.environ.get(MIRRORS) or not mirror.is_dir():
            message = (
                f"no mirror of {self.repository}: `git clone --mirror` it into the folder OWNER+NAME/repo "
                f"below the one that {MIRRORS} names"
            )
            raise Unmeasured(message)
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        try:
            _git(fresh.parent, "clone", "--quiet", "--shared", "--no-checkout", str(mirror), fresh.name)
            _git(fresh, "update-ref", "--no-deref", "HEAD", self.commit)
            _git(fresh, "read-tree", self.commit)
        except subprocess.CalledProcessError as fault:
            message = f"the mirror of {self.repository} has no commit {self.commit}: {fault.stderr.strip()[-200:]}"
            raise Unmeasured(message) from fault
        _leave_out_absent(fresh, self.commit)
        _git(fresh, "checkout-index", "--all", "--quiet")
        fresh.rename(folder)
        return folder


def _leave_out_absent(folder: Path, commit: str) -> None:
    """Take files out of the index whose content a mirror without its largest objects does not have."""
    listed = [line.partition("\t") for line in _git(folder, "ls-tree", "-r", "-z", commit).split("\0") if line]
    blobs = {path: facts.split()[2] for facts, _, path in listed if facts.split()[1] == "blob"}
    told = _git(folder, "cat-file", "--batch-check", standard_input="\n".join(sorted(set(blobs.values()))))
    absent = {line.split()[0] for line in told.splitlines() if line.endswith(" missing")}
    gone = [path for path, blob in blobs.items() if blob in absent]
    if gone:
        _git(folder, "update-index", "--force-remove", "-z", "--stdin", standard_input="\0".join(gone))


def _git(folder: Path, *arguments: str, standard_input: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        encoding="utf-8",
        input=standard_input,
        env=os.environ | {"GIT_NO_LAZY_FETCH": "1"},
    )
    return done.stdout


TREES: Final = {
    tree.name: tree
    for tree in (
        RealTree("pypi/warehouse", "6b62157124ab7865029afeeadf282bce27d601d9"),
        RealTree("astral-sh/uv", "26a9dd4b2125bc271b47855e1fa0c49af3365db5"),
        RealTree("paperless-ngx/paperless-ngx", "b0e0e8a35373a5d9d588a507cb63c79e50a23403"),
        RealTree("medusajs/medusa", "59e6747800133e091d20c2c167f600981abc5c0d"),
        RealTree("open-telemetry/opentelemetry-demo", "054282e318317f2be09f67dd9b0d7d1278566cfa", is_large=True),
        RealTree("prometheus/prometheus", "d15adb9ad7e5d9fbde3a9a8f30200593a5a14d86", is_large=True),
        RealTree("JuanCS-Dev/V-rtice", "3791fdaed9cdeb34f03b23b98f26c0849985931a", is_large=True),
    )
}
"""By name. Sorted by how long syft takes, the longest last."""
