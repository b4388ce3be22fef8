"""What `sbom` wrote, of the whole and of its units, is signed, attested, and proved by others."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest

from actions import verify
from actions.declare import find_action, inputs_from_texts
from actions.sign import Inputs
from actions.sign.consumers import TRUSTED_ROOT
from actions.terminal import options_of
from maximus import documents
from maximus.errors import ExitStatus
from maximus.signing.bundles import Envelope, read_bundle
from maximus.signing.statements import parse_statement
from tests.actions.sbom import test_sbom
from tests.actions.sbom.test_units import LOCK
from tests.actions.sign.test_sign import Face, run
from tests.lib.sbom.samples import make

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

BUILT = ("app.tar.gz", "app.whl")


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release folder with two artifacts and every document that `sbom` writes of a workspace."""
    tree = make(tmp_path / "mono", {"package-lock.json": json.dumps(LOCK)})
    folder = tmp_path / "release"
    face = test_sbom.face_of()
    test_sbom.run(tree, folder, face, units=True, formats=("spdx", "cyclonedx", "html"))
    assert face.record.exit_status is ExitStatus.PASS
    for name in BUILT:
        (folder / name).write_text(name, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("mode", ["each", "statement"])
def test_the_documents_of_a_release_are_signed_attested_and_proved(
    release: Path, stack: Stack, trust_v1: Path, cosign: Cosign, mode: str
) -> None:
    """Every document is signed; the two of the whole are attested over the artifacts alone, word for word."""
    written = sorted(path.name for path in release.iterdir() if path.name not in BUILT)
    assert {"sbom.cdx.json", "sbom.html", "sbom.packages-api.cdx.json", "sbom.packages-api.dev.spdx.json"} <= set(
        written
    )
    shutil.copy(stack.trusted_root, TRUSTED_ROOT)
    done = run(stack.environment(), Inputs(trust_config=str(trust_v1), sbom=True, mode=mode))
    assert done.status is ExitStatus.PASS, done.face.shown
    assert done.face.record.verdicts[0].measured == len(written) + len(BUILT)
    for stem, document in (("sbom-cyclonedx", "sbom.cdx.json"), ("sbom-spdx", "sbom.spdx.json")):
        content = read_bundle(release / f"{stem}.sigstore.json").content
        assert isinstance(content, Envelope)
        statement = parse_statement(content.payload, stem)
        assert [subject.name for subject in statement.subjects] == list(BUILT)
        assert statement.predicate == documents.load_json(release / document)
    for line in done.outputs.cosign_command.splitlines():
        judged = cosign.run(*shlex.split(line)[1:])
        assert judged.returncode == 0, f"{line}\n{judged.stderr}"
    texts, _, _ = options_of(find_action("verify"), shlex.split(done.outputs.verify_command)[2:], {})
    face = Face({})
    # All that `verify` asks of a folder, SBOMs included.
    outputs = verify.run(inputs_from_texts(find_action("verify"), texts), face)
    assert (face.record.exit_status, outputs.compliant) == (ExitStatus.PASS, "true"), face.shown
