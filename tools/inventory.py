"""Makes what sbom/README.md shows of a real run: the text, and the picture of the page.

Runs `python3 actions sbom` for real, on a project of several languages that it makes in a temporary folder out of the
locks that the tests read. The picture needs a browser; a test holds the text to what the command says now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "lib")]

from tests.browser.chromium import running_browser  # noqa: E402 - after the path is arranged
from tests.lib.sbom.samples import SAMPLES, make  # noqa: E402 - likewise
from tests.trees import commit_all, git  # noqa: E402 - likewise

COMMAND = "python3 actions sbom --formats cyclonedx --formats spdx --formats html"
PICTURE = ROOT / "docs" / "sbom-page.png"
README = ROOT / "sbom" / "README.md"
_PLACES = {
    "web": "npm-3",
    "web/legacy": "yarn-1",
    "api": "uv",
    "worker": "poetry-2.1",
    "agent": "go",
    "core": "cargo-4",
}
_WORKFLOW = """on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
"""


def make_project(folder: Path) -> Path:
    """Make a committed project of several languages and return its folder."""
    files = {f"{place}/{name}": text for place, sample in _PLACES.items() for name, text in SAMPLES[sample].items()}
    make(folder, files | {".github/workflows/test.yml": _WORKFLOW, ".gitignore": "release/\n"})
    git(folder, "init", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/octo/shop.git")
    commit_all(folder, "feat: open the shop")
    git(folder, "tag", "v1.2.0")
    return folder


def run_sbom(project: Path) -> str:
    """Run the command in the project and return what it says, its warnings included."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_", "LC_"))
    }
    for name in ("MAXIMUS_INPUTS", "SOURCE_DATE_EPOCH"):
        environment.pop(name, None)
    ran = subprocess.run(  # noqa: S603 - an argument list of our own
        [sys.executable, "-I", str(ROOT / "actions"), *COMMAND.split()[2:]],
        cwd=project, env=environment | {"LANG": "C.UTF-8", "TERM": "xterm"}, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    # The first run of all says besides that it installs its packages.
    return "".join(line for line in ran.stdout.splitlines(keepends=True) if not line.startswith("installing "))


def block_of(shown: str) -> str:
    """Return what stands in the README between its marks."""
    return f"```console\n$ {COMMAND}\n{shown.rstrip()}\n```\n"


def picture(page: Path) -> None:
    """Write the picture of the page as it opens."""
    with running_browser() as browser, browser.page(page, width=1180, height=700) as shown:
        shown.value("document.documentElement.style.scrollbarWidth = 'none'")
        shown.picture(PICTURE)


def main() -> None:
    """Write docs/sbom-page.png and the README's block."""
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "shop")
        block = block_of(run_sbom(project))
        picture(project / "release" / "sbom.html")
    text = README.read_text(encoding="utf-8")
    text = re.sub(r"(<!-- run -->\n).*?(<!-- /run -->)", lambda m: m[1] + block + m[2], text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
