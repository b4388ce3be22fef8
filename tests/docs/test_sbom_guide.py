"""The SBOM guide: its commands are run in their order on a monorepo, and they print what the page shows."""

from __future__ import annotations

import http.client
import io
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from actions import sbom
from actions.declare import find_action, inputs_from_texts
from actions.terminal import TerminalFace, options_of
from maximus.sbom import transfer
from tests.docs.shop import company_index, make_shop
from tests.lib.sbom.samples import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "supply-chain" / "sbom-guide.md"
TEXT = PAGE.read_text(encoding="utf-8")
RUN = re.compile(r"```sh\n(?P<commands>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """Stand in the monorepo, after a build, with a company's index; yield the environment."""
    tree = make_shop(tmp_path)
    (tree / "sbom-overlay.yml").write_text(YAML.findall(TEXT)[0], encoding="utf-8")
    monkeypatch.chdir(tree)
    with company_index() as server:
        # The locks name the company's index, and nobody else is asked: here its name leads to loopback.
        place = ("127.0.0.1", server.server_address[1])
        monkeypatch.setattr(transfer, "connect", lambda *_, **__: http.client.HTTPConnection(*place))
        yield {
            "HOME": str(tmp_path / "home"),
            "npm_config_cache": str(tmp_path / "npm"),
            "npm_config_registry": f"{INDEX}/",
            "GOMODCACHE": str(tmp_path / "go"),
            "UV_DEFAULT_INDEX": f"{INDEX}/simple",
        }


def printed(line: str, environment: Mapping[str, str]) -> str:
    """Run a command as somebody typed it, and return what it prints; its status is the one that the page tells."""
    command, _, told = line.partition("  # ends with ")
    words = shlex.split(command)
    if words[0] == "cat":
        return Path(words[1]).read_text(encoding="utf-8")
    assert words[:2] == ["maximus", "sbom"]
    texts, _, _ = options_of(find_action("sbom"), words[2:], environment)
    shown = io.StringIO()
    face = TerminalFace(environment, "sbom", stream=shown, errors=shown)
    sbom.run(inputs_from_texts(find_action("sbom"), texts), face)
    face.conclude({})
    assert face.record.exit_status == int(told or 0), f"{line}\n{shown.getvalue()}"
    return shown.getvalue()


def blocks_run(environment: Mapping[str, str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield each block of commands, what the page shows of it, and what it prints."""
    for match in RUN.finditer(TEXT):
        parts = [printed(line, environment).strip("\n") for line in match["commands"].splitlines()]
        yield match["commands"], match["shown"], "\n\n".join(part for part in parts if part) + "\n"


def test_every_command_prints_what_is_shown(shop: Mapping[str, str]) -> None:
    """From the first inventory to the image, in the order of the page."""
    compared = 0
    for commands, shown, found in blocks_run(shop):
        if shown is not None:
            assert shown == plain(found), commands
            compared += 1
    assert compared > 8
    folder = Path("release")
    assert {"sbom.cdx.json", "sbom.spdx.json"} <= {path.name for path in folder.iterdir()}
    assert "hunter2" not in (folder / "sbom.cdx.json").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """Return what was printed without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_what_the_page_says_of_its_documents_is_so(shop: Mapping[str, str]) -> None:
    """Units apart from what develops them, the overlay's reason in both documents, the same bytes twice."""
    printed("maximus sbom --units --overlay sbom-overlay.yml", shop)
    folder = Path("release")
    assert "idna" in (folder / "sbom.api.cdx.json").read_text(encoding="utf-8")
    assert "pytest" not in (folder / "sbom.api.cdx.json").read_text(encoding="utf-8")
    assert "pytest" in (folder / "sbom.api.dev.cdx.json").read_text(encoding="utf-8")
    first = {name: (folder / name).read_bytes() for name in sbom.FILES.values()}
    for raw in first.values():
        assert b"compiled into the relay" in raw
    printed("maximus sbom --units --overlay sbom-overlay.yml", shop)
    assert {name: (folder / name).read_bytes() for name in sbom.FILES.values()} == first
    phase = json.loads(first["sbom.cdx.json"])["metadata"]["lifecycles"]
    assert phase == [{"phase": "pre-build"}]


def test_the_workflow_asks_for_what_there_is() -> None:
    """Each input is one of the root action's."""
    document = yaml.safe_load(YAML.findall(TEXT)[1])
    (step,) = (
        step for step in document["jobs"]["release"]["steps"] if step.get("uses", "").startswith("maximus/actions@")
    )
    known = {item.name for item in find_action("release").inputs()}
    assert set(step["with"]) - known == set()


def test_links_lead_somewhere() -> None:
    """Headings of this page, and files of the repository."""
    slugs = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.+)$", TEXT)
    }
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(targets) > 10
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in slugs
        else:
            assert (PAGE.parent / target).exists(), target
