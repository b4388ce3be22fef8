"""Makes what the README shows of a run: the text, and the picture of the terminal.

Runs `python3 actions release` for real, on a small project that it makes in a temporary folder with git,
so that the run does not depend on what lies about here; only the path of that folder is shortened.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python3 actions release --files 'dist/*'"
WIDTH = 110


def _git(folder: Path, *arguments: str) -> None:
    fixed = {
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    subprocess.run(  # noqa: S603 - an argument list of our own
        ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],  # noqa: S607
        check=True,
        capture_output=True,
        env=os.environ | fixed,
    )


def make_project(folder: Path) -> None:
    """Make a project with a lock file, a built file and two commits since its last tag."""
    (folder / "dist").mkdir(parents=True)
    shutil.copy(ROOT / "requirements" / "sign.txt", folder / "requirements.txt")
    (folder / "app.py").write_text('print("hello")\n', encoding="utf-8")
    (folder / ".gitignore").write_text("dist/\nrelease/\n", encoding="utf-8")
    _git(folder, "init", "--initial-branch=main")
    _git(folder, "remote", "add", "origin", "https://github.com/octo/app.git")
    _git(folder, "add", ".")
    _git(folder, "commit", "-m", "feat: say hello")
    _git(folder, "tag", "v1.1.0")
    (folder / "app.py").write_text('print("hello, world")\n', encoding="utf-8")
    _git(folder, "commit", "-am", "feat: greet the world (#12)")
    (folder / "app.py").write_text('print("Hello, world")\n', encoding="utf-8")
    _git(folder, "commit", "-am", "fix: begin with a capital (#13)")
    (folder / "dist" / "app-1.2.0.tar.gz").write_bytes(b"what a build would have made\n")


def run_release(project: Path, home: Path) -> str:
    """Run the command in a pseudo-terminal, so that it shows what a person sees, and return that."""
    import pty  # noqa: PLC0415 - not on Windows, where the README is not made

    shown = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 4096)
        shown.extend(data)
        return data

    os.environ.update(
        HOME=str(home), XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        XDG_CONFIG_HOME=str(home / ".config"), COLUMNS=str(WIDTH), TERM="xterm-256color",
    )  # fmt: skip
    for name in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "MAXIMUS_INPUTS"):
        os.environ.pop(name, None)
    os.chdir(project)
    command = [sys.executable, "-I", str(ROOT / "actions"), "release", "--files", "dist/*"]
    # The first run installs the dependencies and makes the key; the second is what is shown.
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - an argument list of our own
    shutil.rmtree(project / "release")
    status = pty.spawn(command, read)
    if status != 0:
        raise SystemExit(f"the run ended with status {os.waitstatus_to_exitcode(status)}")
    return shown.decode("utf-8").replace("\r\n", "\n").replace(str(home), "~")


def main() -> None:
    """Write docs/release.svg and the README's block."""
    with tempfile.TemporaryDirectory() as folder:
        project, home = Path(folder) / "app", Path(folder) / "home"
        home.mkdir()
        make_project(project)
        shown = run_release(project, home)
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Text.from_ansi(f"$ {COMMAND}\n{shown}"))
    picture = console.export_svg(title="maximus release", unique_id="release")
    # The reader's own monospaced font will do: a picture that loads fonts from elsewhere tells who looks at it.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (ROOT / "docs" / "release.svg").write_text(picture, encoding="utf-8", newline="\n")
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    block = f"```console\n$ {COMMAND}\n{plain.rstrip()}\n```\n"
    text = re.sub(r"(<!-- run -->\n).*?(<!-- /run -->)", lambda m: m[1] + block + m[2], text, flags=re.DOTALL)
    readme.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
