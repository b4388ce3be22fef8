"""Makes what draft/README.md shows of a real release: its notes as text, and their picture.

Runs `consciousness` and `release` for real, on the small project of `screenshot.py` and a recording that it writes, and
renders what `evidence/notes.md` then holds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tools.screenshot import make_project  # noqa: E402 - after the path is arranged

WIDTH = 150


def _recording() -> str:
    """Return a minute of the protocol: arousal rises, two ignitions, one of them fails."""
    header: dict[str, object] = {"format": "maximus-recording/1", "profile": "cockpit/1.0", "transport": "websocket"}
    lines = [header]
    for second in range(60):
        stamp = f"2026-01-02T03:04:{second:02}.000Z"
        arousal = round(0.31 + second * 0.005, 3)
        level = "awake" if arousal < 0.6 else "alert"  # noqa: PLR2004 - the protocol's bound
        update = {"arousal": arousal, "level": level, "baseline": 0.4, "need_contribution": 0.1}
        frames = [("arousal_update", update | {"stress_contribution": 0.0})]
        if second % 5 == 0:
            tig = {"nodes_active": 100, "connectivity": 0.41, "integration": 0.83, "phi_proxy": 2.34}
            state = {"esgt_active": False, "arousal_level": arousal, "arousal_classification": level}
            frames.append(
                ("state_snapshot", state | {"tig_metrics": tig, "recent_events_count": 2, "system_health": "healthy"})
            )
        if second in (20, 40):
            event = {"event_id": f"6f1c1f0e-4a4e-4f7e-9d51-3b7f0d9d2a{second}", "success": second == 20}  # noqa: PLR2004 - the first
            salience = {"novelty": 0.5, "relevance": 0.6, "urgency": 0.7, "total": 1.8}
            frames.append(("esgt_event", event | {"salience": salience, "nodes_participating": 25}))
        lines += [{"t": second, "frame": {"type": kind, "data": data | {"timestamp": stamp}}} for kind, data in frames]
    return "".join(json.dumps(line) + "\n" for line in lines)


def make_notes(folder: Path) -> str:
    """Return the notes of a release with everything in them."""
    project, home = folder / "app", folder / "home"
    home.mkdir()
    make_project(project)
    (project / "requirements.txt").write_text(
        (project / "requirements.txt").read_text(encoding="utf-8") + "idle==1.0 --hash=sha256:" + "0" * 64 + "\n",
        encoding="utf-8",
    )
    (project / "stream.ndjson").write_text(_recording(), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACTIONS_"))}
    environment |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    environment.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    for command in (
        ("consciousness", "--recording", "stream.ndjson", "--mode", "metrics"),
        ("release", "--files", "dist/*", "--sbom-base", "v1.1.0", "--version", "1.2.0"),
    ):
        subprocess.run(  # noqa: S603 - an argument list of our own
            [sys.executable, "-I", str(ROOT / "actions"), *command],
            cwd=project, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    return (project / "release" / "evidence" / "notes.md").read_text(encoding="utf-8")


def main() -> None:
    """Write docs/notes.svg and the README's block."""
    with tempfile.TemporaryDirectory() as folder:
        notes = make_notes(Path(folder))
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Markdown(notes, code_theme="ansi_light"))
    picture = console.export_svg(title="the notes of a release", unique_id="notes")
    # The reader's own monospaced font will do: a picture that loads fonts from elsewhere tells who looks at it.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (ROOT / "docs" / "notes.svg").write_text(picture, encoding="utf-8", newline="\n")
    readme = ROOT / "draft" / "README.md"
    text = readme.read_text(encoding="utf-8")
    ticks = "`" * (max(len(run) for run in re.findall("`+", notes)) + 1)
    block = f"{ticks}markdown\n{notes.rstrip()}\n{ticks}\n"
    text = re.sub(r"(<!-- notes -->\n).*?(<!-- /notes -->)", lambda m: m[1] + block + m[2], text, flags=re.DOTALL)
    readme.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
