"""The bootstrap, with the real uv and pip, on wheels that were made here and lie in a folder."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from actions import dependencies
from actions.dependencies import install, make_importable
from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Tool = Literal["uv", "pip"]
TOOLS = pytest.mark.parametrize("tool", ["uv", "pip"])
NOTHING: list[str] = []
if TYPE_CHECKING:
    Machine = Callable[..., dict[str, str]]


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with two wheels, each a module that tells its own name."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("alpha_sample", "beta_sample"):
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
            info = f"{name}-1.0.dist-info"
            archive.writestr(f"{name}.py", f"NAME = {name!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
def lock(tmp_path: Path, wheels: Path) -> Path:
    """A lock that names both wheels with their hashes."""
    folder = tmp_path / "checkout" / "requirements"
    folder.mkdir(parents=True)
    lines = [
        f"{path.name.split('-')[0].replace('_', '-')}==1.0 ; python_version >= '3' \\\n"
        f"    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(wheels.iterdir())
    ]
    (folder / "sign.txt").write_text("# made here\n" + "".join(lines), encoding="utf-8")
    return folder / "sign.txt"


@pytest.fixture
def machine(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return the environment of a machine that has this tool and no index but the folder of wheels."""
    if importlib.util.find_spec("pip") is None:
        # An environment that uv made has no pip; the Python that it stands on has, as on a runner.
        monkeypatch.setattr(sys, "executable", getattr(sys, "_base_executable", sys.executable))

    def make(tool: Tool | None, **more: str) -> dict[str, str]:
        tools = tmp_path / "tools"
        tools.mkdir(exist_ok=True)
        if tool == "uv":
            found = shutil.which("uv") or str(Path(sysconfig.get_path("scripts")) / "uv")
            if not Path(found).is_file():
                pytest.fail("uv belongs to the group `develop` and is not installed")
            shutil.copy(found, tools / "uv")
        return {
            "PATH": str(tools),
            "HOME": str(tmp_path),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": str(wheels),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
        } | more

    return make


def put(lock: Path, cache: Path, environment: Mapping[str, str], said: list[str] | None = None) -> Path:
    """Install the lock and return the folder."""
    return install(lock, cache, (said if said is not None else []).append, environment)


@TOOLS
def test_installs_exactly_what_the_lock_names(lock: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """Both packages lie in the folder, and one line says so, with their number."""
    said: list[str] = []
    folder = put(lock, tmp_path / "cache", machine(tool), said)

    assert {path.name for path in folder.glob("*.py")} == {"alpha_sample.py", "beta_sample.py"}
    assert said == ["installing 2 locked packages for sign (once for this version)"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]


@TOOLS
def test_a_second_start_installs_nothing(lock: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """What is there is used, without a word and without a tool."""
    folder = put(lock, tmp_path / "cache", machine(tool))
    said: list[str] = []

    assert put(lock, tmp_path / "cache", {"PATH": ""}, said) == folder
    assert said == []


@TOOLS
def test_another_lock_has_another_folder(lock: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """The folder is named by the lock's content: an update does not meet what an older version installed."""
    first = put(lock, tmp_path / "cache", machine(tool))
    lock.write_text(lock.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")

    assert put(lock, tmp_path / "cache", machine(tool)) != first


@TOOLS
def test_a_wheel_with_other_bytes_is_refused(
    lock: Path, wheels: Path, machine: Machine, tmp_path: Path, tool: Tool
) -> None:
    """An index that hands out something else than what was locked ends the run, and nothing is left."""
    with zipfile.ZipFile(wheels / "beta_sample-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("evil.py", "")
    with pytest.raises(Error, match="cannot install the locked dependencies") as caught:
        put(lock, tmp_path / "cache", machine(tool))

    assert (caught.value.code, caught.value.status) == ("DEP001", ExitStatus.OUTSIDE)
    assert "hash" in caught.value.why.lower()
    assert "beta" in caught.value.why
    assert list((tmp_path / "cache").iterdir()) == []


@TOOLS
def test_a_lock_without_hashes_is_refused(lock: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """What is not locked by hash is not installed."""
    lock.write_text("alpha-sample==1.0\n", encoding="utf-8")
    with pytest.raises(Error) as caught:
        put(lock, tmp_path / "cache", machine(tool))

    assert caught.value.code == "DEP001"


@TOOLS
def test_source_code_is_never_built(lock: Path, wheels: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """Where there is only a source archive the run ends before any of it is executed."""
    source = tmp_path / "src" / "alpha_sample-1.0"
    source.mkdir(parents=True)
    (source / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    for wheel in wheels.iterdir():
        wheel.unlink()
    shutil.make_archive(str(wheels / "alpha_sample-1.0"), "gztar", tmp_path / "src")
    digest = hashlib.sha256((wheels / "alpha_sample-1.0.tar.gz").read_bytes()).hexdigest()
    lock.write_text(f"alpha-sample==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
    with pytest.raises(Error) as caught:
        put(lock, tmp_path / "cache", machine(tool))

    assert caught.value.code == "DEP001"
    assert not (tmp_path / "ran").exists()


@TOOLS
def test_an_index_that_is_away_is_the_outside(lock: Path, machine: Machine, tmp_path: Path, tool: Tool) -> None:
    """An index that cannot be reached ends with status 3 and says what to check."""
    gone = machine(tool, PIP_FIND_LINKS=str(tmp_path / "gone"), UV_FIND_LINKS=str(tmp_path / "gone"))
    with pytest.raises(Error, match="PIP_INDEX_URL") as caught:
        put(lock, tmp_path / "cache", gone)

    assert caught.value.status is ExitStatus.OUTSIDE


@pytest.mark.parametrize("settings", [{"PIP_USER": "1"}, {"PIP_REQUIRE_VIRTUALENV": "1"}])
def test_the_users_settings_of_pip_do_not_stand_in_the_way(
    lock: Path, machine: Machine, tmp_path: Path, settings: dict[str, str]
) -> None:
    """What a user prefers for their own packages does not concern a folder of ours."""
    assert put(lock, tmp_path / "cache", machine("pip", **settings)).is_dir()


@TOOLS
def test_the_workspace_cannot_redirect_the_index(
    lock: Path, machine: Machine, tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `uv.toml`, a `pip.conf` or a project of the checkout that is built is not read."""
    hostile = tmp_path / "workspace"
    hostile.mkdir()
    (hostile / "uv.toml").write_text('no-binary = true\nindex-url = "http://127.0.0.1:9/"\n', encoding="utf-8")
    (hostile / "pip.conf").write_text("[global]\nno-binary = :all:\n", encoding="utf-8")
    (hostile / "pyproject.toml").write_text("[tool.uv]\nno-binary = true\n", encoding="utf-8")
    monkeypatch.chdir(hostile)

    assert put(lock, tmp_path / "cache", machine(tool)).is_dir()


def test_without_a_tool_it_says_what_to_install(
    lock: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's own Python comes without pip: the error names the ways to get one."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(Error, match="neither uv nor pip") as caught:
        put(lock, tmp_path / "cache", machine(None))

    assert (caught.value.code, caught.value.status) == ("DEP003", ExitStatus.OUTSIDE)
    assert "python3-pip" in caught.value.fix


@pytest.mark.parametrize(
    ("platform", "machine_name", "says"), [("darwin", "x86_64", "Intel"), ("win32", "ARM64", "Arm")]
)
def test_a_machine_without_wheels_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, machine_name: str, says: str
) -> None:
    """Where no wheel of `cryptography` exists nothing is tried."""
    lock = tmp_path / "sign.txt"
    lock.write_text("cryptography==50.0 --hash=sha256:" + "0" * 64, encoding="utf-8")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("platform.machine", lambda: machine_name)
    with pytest.raises(Error, match=says) as caught:
        put(lock, tmp_path / "cache", {"PATH": ""})

    assert caught.value.code == "DEP002"


def test_a_cache_that_cannot_be_written_to_is_named(lock: Path, machine: Machine, tmp_path: Path) -> None:
    """A file in the place of the cache is an error that names the folder."""
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    with pytest.raises(Error, match=str(tmp_path / "cache")) as caught:
        put(lock, tmp_path / "cache", machine("pip"))

    assert caught.value.code == "DEP001"


def test_an_installation_that_hangs_is_given_up(
    lock: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that never answers costs its limit and no more, and nothing half-made is left."""
    environment = machine(None)
    uv = tmp_path / "tools" / "uv"
    uv.write_text("#!/bin/sh\nexec /bin/sleep 60\n", encoding="utf-8")
    uv.chmod(0o755)
    monkeypatch.setattr(dependencies, "TIMEOUT", 0.2)
    with pytest.raises(Error, match="more than") as caught:
        put(lock, tmp_path / "cache", environment)

    assert caught.value.code == "DEP001"
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the installer stands in as a shell script")
def test_the_installer_sees_nothing_that_only_the_step_was_given(lock: Path, machine: Machine, tmp_path: Path) -> None:
    """Inputs with their passwords, the job's bearer and private keys are not for it; an index's address is."""
    ours = {"MAXIMUS_INPUTS": "{}", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t", "KEY": "-----BEGIN EC PRIVATE KEY-----"}
    environment = machine(None, UV_INDEX_URL="https://index.example", **ours)
    uv = tmp_path / "tools" / "uv"
    script = f'/usr/bin/env > {tmp_path}/seen\nwhile [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2"'
    uv.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    uv.chmod(0o755)
    put(lock, tmp_path / "cache", environment)
    seen = {line.partition("=")[0] for line in (tmp_path / "seen").read_text(encoding="utf-8").splitlines()}

    assert "UV_INDEX_URL" in seen
    assert not seen & ours.keys()


def test_who_comes_second_uses_what_is_there(lock: Path, machine: Machine, tmp_path: Path) -> None:
    """Two steps that install at once end with one folder, whole, and no leftovers."""
    environment = machine("uv")
    code = (
        "import os, sys; from pathlib import Path; from actions.dependencies import install; "
        "print(install(Path(sys.argv[1]), Path(sys.argv[2]), lambda text: None, os.environ))"
    )
    root = Path(dependencies.__file__).parents[1]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(lock), str(tmp_path / "cache")],
            env=environment | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "lib")])},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    folders = {process.communicate(timeout=60)[0].strip() for process in both}

    assert [process.returncode for process in both] == [0, 0]
    assert folders == {str(path) for path in (tmp_path / "cache").iterdir()}


def test_the_folder_comes_before_the_pythons_own_packages(
    lock: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was locked is imported, whatever the machine's Python has of the same name."""
    monkeypatch.setattr(sys, "path", ["first", "machine"])
    environment = machine("uv", RUNNER_TEMP=str(tmp_path / "temp"))
    make_importable("sign", lock.parents[1], environment, NOTHING.append)

    assert [sys.path[0], sys.path[2]] == ["first", "machine"]
    assert Path(sys.path[1]).parent == tmp_path / "temp" / "maximus"


def test_in_a_wheel_there_is_nothing_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lock beside the code the path stays as it is."""
    monkeypatch.setattr(sys, "path", ["first"])
    make_importable("sign", tmp_path, {}, NOTHING.append)

    assert sys.path == ["first"]
