"""`verify` of an image: from the registry to the verdict, as a person or a job runs it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from actions import verify
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from tests.stack.images import push_image, repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

IMAGE = "octo/verified"


@pytest.fixture(scope="module")
def image(registry: str, stack: Stack, cosign: Cosign) -> str:
    """A signed image, by digest."""
    pushed = push_image(repository(registry, IMAGE), b"verified", "v1")
    name = f"{registry}/{IMAGE}@{pushed.digest}"
    done = cosign.run(
        *("sign", "--yes", "--allow-http-registry", "--signing-config", stack.signing_config(1)),
        *("--trusted-root", stack.trusted_root, name),
        environment=stack.environment(),
    )
    assert done.returncode == 0, done.stderr
    return name


def run(stack: Stack, home: Path, **changes: object) -> tuple[verify.Outputs, TerminalFace, str]:
    """Run the action; return its outputs, the face and what it said."""
    errors = io.StringIO()
    face = TerminalFace({"HOME": str(home)}, "verify", as_json=True, stream=io.StringIO(), errors=errors)
    given = {
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "issuer": stack.issuer_url,
        "trust_config": str(stack.trusted_root),
        **changes,
    }
    return verify.run(verify.Inputs(**given), face), face, errors.getvalue()  # type: ignore[arg-type]  # by name


def test_an_image_by_tag_is_compliant_by_its_digest(stack: Stack, image: str, tmp_path: Path) -> None:
    """The tag is resolved once, and said; no SBOM is required of an image."""
    outputs, face, said = run(stack, tmp_path, image=image.partition("@")[0] + ":v1")
    assert (outputs.compliant, face.record.exit_status) == ("true", ExitStatus.PASS)
    assert f":v1 is {image}" in said


def test_an_image_that_nobody_signed_is_not_compliant(stack: Stack, registry: str, tmp_path: Path) -> None:
    """The fault names the image."""
    pushed = push_image(repository(registry, "octo/naked"), b"naked", "v1")
    outputs, face, said = run(stack, tmp_path, image=f"{registry}/octo/naked:v1")
    assert (outputs.compliant, face.record.exit_status) == ("false", ExitStatus.FAILED)
    assert f"{registry}/octo/naked@{pushed.digest} is not signed" in said


@pytest.mark.parametrize("other", [{"folder": "release"}, {"files": ("*",)}, {"bundles": "x"}, {"search": True}])
def test_an_image_is_verified_alone(stack: Stack, image: str, tmp_path: Path, other: dict[str, object]) -> None:
    """What else there would be to verify is a second run."""
    with pytest.raises(Error, match="VERIFY095") as caught:
        run(stack, tmp_path, image=image, **other)
    assert caught.value.status is ExitStatus.USAGE


def test_leaves_nothing_behind(stack: Stack, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Manifests and payloads are kept for the run alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(stack, tmp_path, image=image)
    assert list(tmp_path.iterdir()) == []
