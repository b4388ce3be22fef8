"""SLSA provenance of a release, from the claims of the job that made it.

See: https://slsa.dev/spec/v1.0/provenance and https://actions.github.io/buildtypes/workflow/v1
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROVENANCE_PREDICATE", "provenance_predicate"]

PROVENANCE_PREDICATE: Final = "https://slsa.dev/provenance/v1"
_BUILD_TYPE: Final = "https://actions.github.io/buildtypes/workflow/v1"
_NEEDED: Final = (
    *("event_name", "job_workflow_ref", "ref", "repository", "repository_id", "repository_owner_id"),
    *("run_attempt", "run_id", "runner_environment", "sha", "workflow_ref"),
)


def provenance_predicate(claims: Mapping[str, Any], server: str) -> dict[str, Any]:
    """Return what a job's identity token says of how the release was made; `server` is such as `https://github.com`.

    Nothing in it is the job's own word: the certificate that signs it vouches for the same claims.
    Two calls in one job give the same; no time is in it. Raises Error SIGN013 where claims are missing.
    """
    said = {name: str(claims.get(name) or "") for name in _NEEDED}
    workflow = re.fullmatch(r"[^/]+/[^/]+/(?P<path>[^@]+)@(?P<ref>.+)", said["workflow_ref"])
    missing = [name for name, text in said.items() if not text]
    if missing or workflow is None:
        raise Error(
            "SIGN013",
            "the job's token does not say enough for its provenance",
            why=f"it lacks {', '.join(missing)}" if missing else f"its workflow is {said['workflow_ref']!r:.120}",
            fix="Leave `provenance` out, or run the job on a server whose tokens have GitHub's claims.",
            where="input `provenance`",
            status=ExitStatus.OUTSIDE,
        )
    repository = f"{server}/{said['repository']}"
    github = ("event_name", "repository_id", "repository_owner_id", "runner_environment")
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE,
            "externalParameters": {
                "workflow": {"path": workflow["path"], "ref": workflow["ref"], "repository": repository}
            },
            "internalParameters": {"github": {name: said[name] for name in github}},
            "resolvedDependencies": [{"digest": {"gitCommit": said["sha"]}, "uri": f"git+{repository}@{said['ref']}"}],
        },
        "runDetails": {
            "builder": {"id": f"{server}/{said['job_workflow_ref']}"},
            "metadata": {"invocationId": f"{repository}/actions/runs/{said['run_id']}/attempts/{said['run_attempt']}"},
        },
    }
