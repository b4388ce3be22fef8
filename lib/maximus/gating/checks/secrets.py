"""`secrets`: gitleaks finds no secret of high or critical severity in the files of the tree.

    - id: t2
      type: secrets
      allow: ["tests/fixtures/**"]
      source: T2

gitleaks runs with its own default rules: a `.gitleaks.toml` of the tree, which a pull request could bring along, is not
read, and `gitleaks:allow` beside a secret excuses nothing. What `allow` names must be fixtures, and what a
`.gitleaksignore` passes over too. gitleaks states no severity, so a finding counts as high unless its rule's tags say
otherwise. Where it is not installed the check is unmeasured.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maximus.documents import load_json
from maximus.errors import Error
from maximus.files import write_whole
from maximus.gating.check import Finding, Place, Status
from maximus.gating.checks.command import last_words
from maximus.gating.languages import is_test
from maximus.gating.processes import run_program
from maximus.globs import compile_globs

if TYPE_CHECKING:
    from maximus.gating.check import Context, Fields
    from maximus.gating.worktree import Tree

__all__ = ["Secrets", "read"]

TIMEOUT: Final = 600
"""Seconds that gitleaks may take where the policy does not say."""
MAX_REPORT: Final = 64 << 20
"""Bytes of the largest report that is read."""
IGNORE: Final = ".gitleaksignore"
_CONFIG: Final = "[extend]\nuseDefault = true\n"
_LESS: Final = frozenset({"low", "medium", "info"})


@dataclass(frozen=True, slots=True)
class Secrets:
    """The options."""

    allow: tuple[str, ...]
    """Patterns of fixtures whose secrets are made up."""
    timeout: int

    def judge(self, context: Context) -> Finding:
        """Run gitleaks on the tree and read its report."""
        tree = context.tree
        if not tree.files:
            return Finding(Status.UNMEASURED, 0, reason="the tree has no files that belong to it")
        findings = self._findings(context)
        if isinstance(findings, str):
            return Finding(Status.UNMEASURED, 0, reason=findings)
        mine, allowed = set(tree.files), compile_globs(self.allow)
        places = _ignored(tree)
        counts = {"excused": 0, "less": 0}
        for found in findings:
            path = str(found.get("File", "")).replace("\\", "/").removeprefix("./")
            if path not in mine:
                continue
            if allowed and allowed.fullmatch(path):
                counts["excused"] += 1
            elif _severity(found) in _LESS:
                counts["less"] += 1
            else:
                line = found.get("StartLine")
                what = f"{found.get('RuleID', 'a secret')}: {found.get('Description', '')}"
                places.append(Place(path, line if type(line) is int else 0, what))
        count = len(places)
        excused = f"{counts['excused']} in fixtures excused" if counts["excused"] else ""
        less = f"{counts['less']} of lower severity" if counts["less"] else ""
        return Finding(
            Status.FAIL if places else Status.PASS,
            len(tree.files),
            measured=count,
            threshold=0,
            unit="secrets of high or critical severity",
            reason="; ".join(part for part in (f"{count} found" if count else "", excused, less) if part),
            hint="Revoke the secret first, then take it out; what was pushed once is known.",
            places=tuple(sorted(places, key=lambda place: (place.path, place.line, place.text))),
        )

    def _findings(self, context: Context) -> list[dict[str, Any]] | str:
        """Return what gitleaks found, or why that is not known."""
        with tempfile.TemporaryDirectory(prefix="maximus-secrets-") as folder:
            report, config = Path(folder) / "report.json", Path(folder) / "gitleaks.toml"
            write_whole(config, _CONFIG)
            command = ["gitleaks", "dir", ".", "--config", str(config), "--report-format", "json"]
            command += ["--report-path", str(report), "--gitleaks-ignore-path", folder, "--exit-code", "0"]
            command += ["--ignore-gitleaks-allow", "--redact", "--no-banner"]
            environment = {k: v for k, v in context.environment.items() if not k.startswith("GITLEAKS_")}
            ran = run_program(command, context.tree.root, environment, self.timeout)
            if ran.status is None:
                return f"gitleaks did not end within {self.timeout} seconds"
            if ran.status != 0:
                return f"gitleaks ended with {ran.status}: {last_words(ran)}"
            try:
                found = load_json(report, limit=MAX_REPORT)
            except Error as fault:
                return f"gitleaks wrote no report that can be read: {fault.what}"
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            return "gitleaks wrote a report of another form"
        return found


def _severity(found: dict[str, Any]) -> str:
    """Return the severity that a finding's rule states in its tags, such as `severity:low`; high where it does not."""
    tags = [str(tag).lower().rpartition(":")[2] for tag in found.get("Tags") or ()]
    return next((tag for tag in tags if tag in _LESS), "high")


def _ignored(tree: Tree) -> list[Place]:
    """Return the lines of a `.gitleaksignore` that pass over something else than a fixture."""
    if IGNORE not in tree.files:
        return []
    lines = (tree.read(IGNORE) or b"").decode("utf-8", "replace").splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        # `path:rule:line`, or the same behind a commit.
        parts = line.strip().split(":")
        path = parts[-3] if len(parts) >= 3 else ""  # noqa: PLR2004 - path, rule and line
        if line.strip() and not line.lstrip().startswith("#") and not is_test(path):
            found.append(Place(IGNORE, number, f"{path or line.strip()} is no fixture, so nothing in it is excused"))
    return found


def read(fields: Fields) -> Secrets:
    """Take `allow` and `timeout` out of a policy's entry."""
    allow = fields.paths("allow", ()) if fields.has("allow") else ()
    for pattern in allow:
        if pattern.startswith("!") or not is_test(pattern.removesuffix("/**").rstrip("*") + "/x"):
            fields.fault("allow", f"{pattern!r} names more than fixtures: a folder such as `tests/fixtures/` is needed")
    return Secrets(allow, fields.whole("timeout", TIMEOUT, least=1, most=3600))
