"""SLSA provenance from a job's claims."""

from __future__ import annotations

import pytest

from maximus.errors import Error, ExitStatus
from maximus.signing.provenance import provenance_predicate

CLAIMS = {
    "event_name": "push",
    "job_workflow_ref": "shared/flows/.github/workflows/build.yml@refs/heads/main",
    "ref": "refs/tags/v1",
    "repository": "octo/app",
    "repository_id": "7",
    "repository_owner_id": "8",
    "run_attempt": "2",
    "run_id": "99",
    "runner_environment": "github-hosted",
    "sha": "a" * 40,
    "workflow_ref": "octo/app/.github/workflows/release.yml@refs/tags/v1",
}


def test_provenance_says_what_the_token_says() -> None:
    """The build is the caller's workflow, the builder is the one that it calls, the source is pinned by its commit."""
    assert provenance_predicate(CLAIMS, "https://ghes.example") == {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "path": ".github/workflows/release.yml",
                    "ref": "refs/tags/v1",
                    "repository": "https://ghes.example/octo/app",
                }
            },
            "internalParameters": {
                "github": {
                    "event_name": "push",
                    "repository_id": "7",
                    "repository_owner_id": "8",
                    "runner_environment": "github-hosted",
                }
            },
            "resolvedDependencies": [
                {
                    "digest": {"gitCommit": "a" * 40},
                    "uri": "git+https://ghes.example/octo/app@refs/tags/v1",
                }
            ],
        },
        "runDetails": {
            "builder": {"id": "https://ghes.example/shared/flows/.github/workflows/build.yml@refs/heads/main"},
            "metadata": {"invocationId": "https://ghes.example/octo/app/actions/runs/99/attempts/2"},
        },
    }


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("value", ["", None])
def test_a_claim_that_is_missing_is_named(name: str, value: str | None) -> None:
    """Provenance with a hole in it would claim what nobody said."""
    with pytest.raises(Error, match=name) as raised:
        provenance_predicate(CLAIMS | {name: value}, "https://github.com")
    assert (raised.value.code, raised.value.status) == ("SIGN013", ExitStatus.OUTSIDE)


def test_a_workflow_that_is_none_is_a_fault() -> None:
    """It is quoted."""
    with pytest.raises(Error, match=r"odd\.yml"):
        provenance_predicate(CLAIMS | {"workflow_ref": "odd.yml"}, "https://github.com")
