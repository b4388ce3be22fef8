"""What the guide tells people to type is run as it stands, and what the README shows is what they see."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import verify
from actions.declare import find_action, inputs_from_texts
from actions.terminal import TerminalFace, options_of
from maximus import documents
from maximus.errors import ExitStatus
from maximus.files import hash_file
from maximus.signing.signers import KeySigner
from tests.actions.verify.test_tag import KEY, stranger, world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

ROOT = Path(verify.__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "supply-chain" / "signing-verification.md").read_text(encoding="utf-8")
README = (ROOT / "verify" / "README.md").read_text(encoding="utf-8")
GITHUB = "https://token.actions.githubusercontent.com"
SBOM = documents.pretty(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "app",
                "version": "1.2.3",
                "purl": "pkg:github/octo/app@v1.2.3",
            }
        },
        "components": [
            {"type": "library", "name": "attrs", "version": "25.3.0", "purl": "pkg:pypi/attrs@25.3.0"},
            {"type": "library", "name": "packaging", "version": "26.0", "purl": "pkg:pypi/packaging@26.0"},
        ],
    }
)
BUILT = {"app-1.2.3-py3-none-any.whl": "wheel", "app-1.2.3.tar.gz": "source", "sbom.cdx.json": SBOM}


@pytest.fixture(scope="module")
def assets(stack: Stack, cosign: Cosign, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a release workflow attached: what it built, each file with its bundle."""
    folder = tmp_path_factory.mktemp("built")
    assert stack.issuer_url
    made = dict(BUILT)
    for name, content in BUILT.items():
        (folder / name).write_text(content, encoding="utf-8")
        done = cosign.sign_blob(folder / name, folder / f"{name}.sigstore.json", rekor=1)
        assert done.returncode == 0, done.stderr
        made[f"{name}.sigstore.json"] = (folder / f"{name}.sigstore.json").read_text(encoding="utf-8")
    return made


def run(inputs: verify.Inputs, environment: Mapping[str, str]) -> tuple[ExitStatus, str]:
    """Run the action at a terminal and return how it ended and what was seen."""
    shown = io.StringIO()
    face = TerminalFace(environment, "verify", stream=shown, errors=shown)
    verify.run(inputs, face)
    face.conclude({})
    return face.record.exit_status, shown.getvalue()


def as_public(text: str, stack: Stack) -> str:
    """Return what was seen as it looks with the public instance, and without what differs from run to run."""
    text = text.replace(stack.issuer_url, GITHUB)
    text = re.sub(r"http://127\.0\.0\.1:\d+(?=[,\s]|$)", "https://rekor.sigstore.dev", text, flags=re.MULTILINE)
    text = re.sub(r"sha256:[0-9a-f…]+", "sha256:…", text)
    text = re.sub(r"(?m)^trusted root of .*$", "trusted root of the public Sigstore instance (sha256:…)", text)
    text = re.sub(r"\d+ bytes", "… bytes", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def shown_in_readme(title: str) -> str:
    """Return the block that stands in the README behind a heading."""
    found = re.search(rf"(?s)### {title}\n.*?```text\n(.*?)```", README)
    assert found is not None
    return found[1]


def asked(stack: Stack, **changes: Any) -> verify.Inputs:  # noqa: ANN401 - inputs of several types
    """Return the inputs that the README names, for the local Sigstore."""
    good: dict[str, Any] = {
        "tag": "v1.2.3",
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "issuer": stack.issuer_url,
        "trust_config": "root.json",
    }
    return verify.Inputs(**(good | changes))


@pytest.fixture
def here(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A laptop's working folder, with the local Sigstore's root."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root.json").write_bytes(stack.trusted_root.read_bytes())
    return tmp_path


@pytest.mark.usefixtures("here")
def test_the_readme_shows_what_compliant_looks_like(stack: Stack, assets: dict[str, str], fakehub: FakeHub) -> None:
    """The sample is what a run prints."""
    status, shown = run(asked(stack), stranger(fakehub(world(assets))))
    assert (status, as_public(shown, stack)) == (ExitStatus.PASS, shown_in_readme("COMPLIANT"))


@pytest.mark.usefixtures("here")
def test_the_readme_shows_what_not_compliant_looks_like(stack: Stack, assets: dict[str, str], fakehub: FakeHub) -> None:
    """The sample is what a run prints over a wheel that was replaced, a file nobody signed, and one that is gone."""
    changed = assets | {"app-1.2.3-py3-none-any.whl": "another wheel", "extra.sh": "echo"}
    del changed["app-1.2.3.tar.gz"]
    status, shown = run(asked(stack), stranger(fakehub(world(changed))))
    assert (status, as_public(shown, stack)) == (ExitStatus.FAILED, shown_in_readme("NOT COMPLIANT"))


def test_the_commands_of_the_guide_verify_a_real_release(
    stack: Stack, assets: dict[str, str], fakehub: FakeHub, here: Path
) -> None:
    """Every command of the verifying half is run in its order, on a release that was really signed: each passes."""
    commands = re.findall(r"(?m)^maximus verify .*$", GUIDE.partition("## Verifying")[2])
    assert len(commands) > 9
    hub = fakehub(world(assets))
    _prepare(here, assets)
    for command in commands:
        status, shown = _typed(command, stack, hub)
        assert status is ExitStatus.PASS, f"{command}\n{shown}"


def _prepare(here: Path, assets: Mapping[str, str]) -> None:
    """Put there what the guide speaks of: a download, a key's release, the trusted root under the guide's name."""
    (here / "trusted_root.json").write_bytes((here / "root.json").read_bytes())
    for folder, files in (("release", assets), ("dist", assets)):
        (here / folder).mkdir()
        for name, content in files.items():
            (here / folder / name).write_text(content, encoding="utf-8")
    (here / "keyed").mkdir()
    for name, content in BUILT.items():
        path = here / "keyed" / name
        path.write_text(content, encoding="utf-8")
        path.with_name(f"{name}.sigstore.json").write_text(KeySigner(KEY).sign_file(hash_file(path)), encoding="utf-8")
    (here / "keyed" / "README.txt").write_text("prose", encoding="utf-8")
    (here / "release-key.pub").write_bytes(KEY.public.pem)


def _typed(command: str, stack: Stack, hub: Hub) -> tuple[ExitStatus, str]:
    """Run a command as somebody typed it, with the local Sigstore in the public one's place."""
    digest = hash_file(Path("release/app-1.2.3.tar.gz")).sha256
    words = shlex.split(command.replace("sha256:0f1e…", f"sha256:{digest}"))[2:]
    texts, _, _ = options_of(find_action("verify"), words, {})
    if "--key" not in words:
        texts = {"issuer": stack.issuer_url, "trust-config": "root.json"} | texts
        texts.pop("instance", None)
    if "policy" in texts:
        texts.pop("issuer")
    return run(inputs_from_texts(find_action("verify"), texts), stranger(hub))
