"""`ruleset`: the branch's active rules require exactly these status checks, each from the app that it must come from.

    - id: t0
      type: ruleset
      branch: main
      checks:
        - { context: verdict, integration-id: 15368 }
      strict: true
      source: T0

Asks `GET /repos/{o}/{r}/rules/branches/{branch}`, which merges what all active rulesets say; the list of rulesets
holds no rules, and a list in a file proves nothing. Without the id of the app (15368 is GitHub Actions) anybody who may
set a status could pass the check. No answer ends the run with 3. What is required too much fails as what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from maximus.errors import Error, ExitStatus
from maximus.gating.check import Finding, Place, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.gating.check import Answer, Context, Fields

__all__ = ["Required", "Ruleset", "read"]

MAX_PAGES: Final = 10
"""How many pages of a hundred rules are read."""
_PAGE: Final = 100
_OK: Final = 200
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True, order=True)
class Required:
    """A status check that has to be required."""

    context: str
    integration_id: int
    """The app that it has to come from; 0 where the ruleset names none."""

    def __str__(self) -> str:
        """Return it as a person compares it."""
        return f"{self.context} from {f'app {self.integration_id}' if self.integration_id else 'anybody'}"


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The options."""

    checks: tuple[Required, ...]
    branch: str
    """Empty: the run's own."""
    repository: str
    """Empty: the run's own."""
    strict: bool
    """Whether the branch must be up to date before it is merged."""

    def judge(self, context: Context) -> Finding:
        """Ask what is required and compare."""
        branch, repository = self.branch or context.branch, self.repository or context.repository
        if context.ask is None:
            return Finding(Status.UNMEASURED, 0, reason="there is no token to ask GitHub for the branch's rules")
        if not branch or not repository:
            missing = "branch" if not branch else "repository"
            return Finding(Status.UNMEASURED, 0, reason=f"which {missing} is meant is not known")
        rules = _rules(context.ask, repository, branch)
        found = [rule.get("parameters") or {} for rule in rules if rule.get("type") == "required_status_checks"]
        required = {_required(check) for item in found for check in item.get("required_status_checks") or ()}
        where = f"rules of {branch}"
        texts = [f"{check} is not required" for check in sorted(set(self.checks) - required)]
        texts += [f"{check} is required and not in the policy" for check in sorted(required - set(self.checks))]
        if self.strict and not any(item.get("strict_required_status_checks_policy") is True for item in found):
            texts.append("the branch need not be up to date before it is merged")
        return Finding(
            Status.FAIL if texts else Status.PASS,
            max(len(required), 1),
            measured=len(required & set(self.checks)),
            threshold=len(self.checks),
            unit="required checks",
            reason=texts[0] if texts and found else "no active rule requires a status check" if texts else "",
            hint="Mend the ruleset under Settings, Rules; a list of rulesets proves nothing, the branch's rules do.",
            places=tuple(Place(where, 0, text) for text in texts),
        )


def _rules(ask: Callable[[str], Answer], repository: str, branch: str) -> list[dict[str, Any]]:
    """Return all active rules of a branch; raises Error GATE310 (outside) where they cannot be read whole."""
    found: list[dict[str, Any]] = []
    for page in range(1, MAX_PAGES + 1):
        answer = ask(f"/repos/{repository}/rules/branches/{quote(branch, safe='')}?per_page={_PAGE}&page={page}")
        listed = answer.document
        if answer.status != _OK or not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            break
        found += listed
        if len(listed) < _PAGE:
            return found
    raise Error(
        "GATE310",
        f"the rules of {branch} in {repository} could not be read whole",
        fix="Check the names, and that the token may read the repository's metadata.",
        status=ExitStatus.OUTSIDE,
    )


def _required(check: dict[str, Any]) -> Required:
    app = check.get("integration_id")
    return Required(str(check.get("context")), app if type(app) is int else 0)


def read(fields: Fields) -> Ruleset:
    """Take the options out of a policy's entry."""
    checks = [
        Required(item.text("context"), item.whole("integration-id", least=1, most=2**53))
        for item in fields.items("checks")
    ]
    repository = fields.text("repository", "") if fields.has("repository") else ""
    if repository and not _REPOSITORY.fullmatch(repository):
        fields.fault("repository", "`owner/name` is needed")
    branch = fields.text("branch", "") if fields.has("branch") else ""
    return Ruleset(tuple(checks), branch, repository, fields.flag("strict", default=False))
