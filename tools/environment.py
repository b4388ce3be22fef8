"""Makes the developers' environment: a venv with exactly what a lock names. Standard library only.

python3 tools/environment.py FOLDER LOCK
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT)]


def main() -> int:
    """Make the environment anew and return the exit status."""
    folder, lock = Path(sys.argv[1]), Path(sys.argv[2])
    if sys.version_info < (3, 11):  # noqa: UP036 - the message is for who has an older one
        sys.stderr.write(f"maximus needs Python 3.11 or newer, this is {sys.version.split()[0]}\n")
        return 2
    uv = shutil.which("uv")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=uv is None)
    except (OSError, subprocess.CalledProcessError) as fault:
        sys.stderr.write(f"cannot make {folder}: {fault}\n  On Debian and Ubuntu: apt-get install python3-venv\n")
        return 3
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    strict = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)]
    if uv:
        command = [uv, "pip", "install", "--quiet", "--no-config", "--python", str(python), *strict]
    else:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *strict]
    sys.stdout.write(f"installing {lock.read_text(encoding='utf-8').count('==')} locked packages into {folder}\n")
    sys.stdout.flush()
    from actions.dependencies import run_installer  # noqa: PLC0415 - after the version check
    from maximus.errors import Error  # noqa: PLC0415 - likewise

    try:
        run_installer(command, os.environ)
    except Error as error:
        sys.stderr.write(f"{error}\n")
        return int(error.status)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the next `make` begins again\n")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
