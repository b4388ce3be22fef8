"""Inventories against syft's: trees by others, an image, 10,000 and 100,000 components, and a release's difference.

syft writes CycloneDX and SPDX in one run; ours are both written and validated. `bench/trees.py` says where
the trees come from.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import PYTHON, Comparison, compare
from bench.trees import TREES
from bench.verify import ROOT, Peak, measured, peak, plain_environment, run_quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from packageurl import PackageURL

__all__ = ["SBOM_BENCHMARKS", "Amount", "sbom_command", "syft_command"]

SMALL, LARGE = 0.5, 0.3
"""What of syft's time a tree may take: a small one, and one for which syft needs long."""
MEMORY: Final = 0.4
IMAGE, IMAGE_MEMORY = 0.15, 0.2
IMAGE_BYTES: Final = 3_000_000_000
COMPARED: Final = frozenset({"deb", "npm", "pypi"})
"""What both read out of databases and metadata; of programs syft guesses more than their build information says."""
MANY: Final = 10_000
MOST_MEMORY: Final = 150_000
"""Kilobytes that an inventory of 10,000 components may take."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Something that is counted or timed by itself, and what it should come to."""

    name: str
    value: float
    reach: float
    unit: str
    detail: str = ""
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Tell whether it lies within the aim."""
        return self.value >= self.reach if self.at_least else self.value <= self.reach

    def line(self) -> str:
        """Return the row that is printed."""
        bound = ">=" if self.at_least else "<="
        return (
            f"{'reached' if self.is_reached else 'MISSED ':7}  {self.name:58}  {self.value:5.2f} {self.unit}  "
            f"(aim {bound} {self.reach:g} {self.unit})  {self.detail}"
        )


Result = Comparison | Peak | Amount


def sbom_command(path: Path, folder: Path, *options: str, what: str = "--path") -> list[str]:
    """Return our command, which starts as on a laptop: from a checkout with its packages installed."""
    return [PYTHON, "-I", str(ROOT / "actions"), "sbom", what, str(path), "--folder", str(folder), *options]


def syft_command(source: str, folder: Path) -> list[str]:
    """Return syft's command for both documents. Raises Unmeasured where syft cannot be built."""
    from tests.stack.build import locate  # noqa: PLC0415 - only what is compared with syft needs it

    documents = [word for form in ("cyclonedx", "spdx") for word in ("-o", f"{form}-json={folder / f'{form}.json'}")]
    return [str(locate("syft")), "scan", "--quiet", source, *documents]


def _environment() -> dict[str, str]:
    return plain_environment() | {"SYFT_CHECK_FOR_APP_UPDATE": "false"}


def _run(command: list[str]) -> None:
    """Run to the end; a lock of theirs that is broken is a verdict, and no reason to stop."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment())
    if done.returncode not in (0, 1) or (done.returncode == 1 and "Traceback" in done.stderr):
        message = f"{command[:4]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        raise SystemExit(message)


def _tree(name: str) -> Result | str:
    """Compare the time for one tree with syft's, in the same run."""

    def work() -> Comparison:
        tree = TREES[name].checkout()
        with tempfile.TemporaryDirectory() as home:
            ours, theirs = sbom_command(tree, Path(home) / "release"), syft_command(f"dir:{tree}", Path(home))
            reach = LARGE if TREES[name].is_large else SMALL
            return compare(f"sbom of {name} / syft", lambda: _run(ours), lambda: _run(theirs), runs=5, reach=reach)

    return measured(work)


def _tree_memory(name: str) -> Result | str:
    """Measure the memory that one tree takes, and syft's for the same."""

    def work() -> Peak:
        tree = TREES[name].checkout()
        with tempfile.TemporaryDirectory() as home:
            theirs = peak(_whatever_it_ends_with(syft_command(f"dir:{tree}", Path(home))), _environment())
            ours = peak(_whatever_it_ends_with(sbom_command(tree, Path(home) / "release")), _environment())
        return Peak(f"sbom of {name}, memory / syft", ours, theirs, int(MEMORY * theirs))

    return measured(work)


def _whatever_it_ends_with(command: list[str]) -> list[str]:
    """Return the command as one that ends well although a lock in the tree is broken."""
    return ["sh", "-c", '"$@"; [ $? -le 1 ]', "sh", *command]


def write_lock(folder: Path, count: int) -> None:
    """Write a package-lock of that many packages, each with an address, a digest, a licence and three needs."""
    packages: dict[str, object] = {
        "": {"name": "large", "version": "1.0.0", "dependencies": {f"package-{n}": "^1.0.0" for n in range(50)}}
    }
    for number in range(count):
        digest = hashlib.sha512(str(number).encode()).digest()
        needs = {f"package-{(number * 3 + step) % count}": "^1.0.0" for step in (1, 2, 3)}
        packages[f"node_modules/package-{number}"] = {
            "version": f"1.{number % 10}.{number % 7}",
            "resolved": f"https://registry.example/package-{number}/-/package-{number}-1.0.0.tgz",
            "integrity": f"sha512-{_base64(digest)}",
            "license": ("MIT", "Apache-2.0", "ISC", "(MIT OR BSD-3-Clause)")[number % 4],
            "dependencies": needs,
        }
    lock = {"name": "large", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2), encoding="utf-8")


def _base64(raw: bytes) -> str:
    import base64  # noqa: PLC0415 - only a lock needs it

    return base64.b64encode(raw).decode("ascii")


_DOCUMENTS = """
import gc, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from maximus.sbom import checking, inventory, rendering, scan, subject
gc.disable()
found = scan.scan(Path(sys.argv[2]))
start = time.process_time()
made = inventory.build(subject.describe(subject.Facts("large")), found.readings)
both = rendering.render(made, seconds=0, tool_version="1.0.0")
for verdict in (checking.judge_documents(both), checking.judge_references(both, made)):
    assert verdict.status.value == "pass", verdict.reason
for document in (both.cyclonedx, both.spdx):
    rendering.as_bytes(document)
print(time.process_time() - start)
"""
"""An inventory from what its locks say to the bytes of both documents; the first argument is where the library lies."""


def _many() -> Result | str:
    """Time 10,000 components: build, write and validate, in both formats, in seconds of one processor.

    Not by the clock: what else a machine does would be counted with it, and there is no peer that it slows as well.
    """
    with tempfile.TemporaryDirectory() as home:
        write_lock(Path(home) / "tree", MANY)
        command = [sys.executable, "-c", _DOCUMENTS, str(ROOT / "lib"), str(Path(home) / "tree")]
        took = [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(5)]
    return Amount(f"sbom of {MANY} components: build, write, validate", statistics.median(took), 1.0, "s")


def _many_memory() -> Result | str:
    with tempfile.TemporaryDirectory() as home:
        write_lock(Path(home) / "tree", MANY)
        ours = peak(sbom_command(Path(home) / "tree", Path(home) / "release"))
    return Amount(f"sbom of {MANY} components, memory", ours / 1000, MOST_MEMORY / 1000, "MB")


def _linear() -> Result | str:
    """Compare 100,000 components with 10,000: ten times the work may take ten times as long."""
    with tempfile.TemporaryDirectory() as home:
        commands = []
        for count in (10 * MANY, MANY):
            write_lock(Path(home) / str(count), count)
            commands.append(sbom_command(Path(home) / str(count), Path(home) / "release"))
        return compare(
            f"sbom of {10 * MANY} components / {MANY}",
            lambda: run_quietly(commands[0]),
            lambda: run_quietly(commands[1]),
            runs=2,
            reach=10,
        )


def _difference() -> Result | str:
    """Compare an inventory that is compared with a tag's, read out of git, with one that is not."""

    def work() -> Comparison:
        tree = TREES["paperless-ngx"].checkout()
        with tempfile.TemporaryDirectory() as home:
            plain = sbom_command(tree, Path(home) / "release")
            compared = sbom_command(tree, Path(home) / "compared", "--base", "v3.0.0")
            return compare(
                "sbom of paperless-ngx with `base` a tag / without",
                lambda: _run(compared),
                lambda: _run(plain),
                runs=5,
                reach=1.5,
            )

    return measured(work)


def _share(name: str, document: Path, of: Callable[[Mapping[str, object]], bool], reach: float) -> Amount:
    """Return how many percent of a CycloneDX document's components have something."""
    components = json.loads(document.read_text(encoding="utf-8"))["components"]
    found = sum(1 for component in components if of(component))
    return Amount(name, 100 * found / len(components), reach, "%", f"{found} of {len(components)}", at_least=True)


def _has_licence(component: Mapping[str, object]) -> bool:
    """Tell whether a component has a licence that is an SPDX expression."""
    licences = component.get("licenses")
    entries = licences if isinstance(licences, list) else []
    return any("expression" in entry or "id" in entry.get("license", {}) for entry in entries)


def _has_sha256(component: Mapping[str, object]) -> bool:
    references = component.get("externalReferences")
    entries = references if isinstance(references, list) else []
    return any(found["alg"] == "SHA-256" for entry in entries for found in entry.get("hashes", ()))


@functools.cache
def _installed(ecosystem: str) -> Path:
    """Return the CycloneDX document of a tree in which warehouse's npm or Python packages are installed.

    Raises Unmeasured where the client is missing or its registry cannot be reached.
    """
    import atexit  # noqa: PLC0415 - only these two need it
    import shutil  # noqa: PLC0415 - likewise

    from tests.stack.build import Unmeasured  # noqa: PLC0415 - as in `syft_command`

    tree = TREES["warehouse"].checkout()
    home = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    here = home / "tree"
    here.mkdir()
    environment = _environment() | {"npm_config_cache": str(home / "cache")}
    if ecosystem == "npm":
        for name in ("package.json", "package-lock.json"):
            shutil.copy(tree / name, here)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    else:
        shutil.copy(tree / "requirements" / "main.txt", here / "requirements.txt")
        uv = str(Path(os.environ.get("VIRTUAL_ENV", ROOT / ".venv")) / "bin" / "uv")
        command = [uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python-version", "3.11"]
        command += ["--target", "lib", "-r", "requirements.txt"]
    try:
        done = subprocess.run(command, cwd=here, check=False, capture_output=True, text=True, env=environment)
    except OSError as fault:
        message = f"{command[0]} is not on this machine"
        raise Unmeasured(message) from fault
    if done.returncode:
        message = f"{' '.join(command[:3])} failed: {done.stderr.strip()[-300:]}"
        raise Unmeasured(message)
    ours = sbom_command(here, home / "release", "--installed", "--caches")
    subprocess.run(ours, check=True, capture_output=True, env=environment)
    return home / "release" / "sbom.cdx.json"


def _npm_licences() -> Result | str:
    return measured(lambda: _share("licences after `npm ci` of warehouse", _installed("npm"), _has_licence, 95))


def _npm_hashes() -> Result | str:
    name = "SHA-256 after `npm ci` of warehouse, from npm's cache"
    return measured(lambda: _share(name, _installed("npm"), _has_sha256, 90))


def _python_licences() -> Result | str:
    name = "licences of warehouse's installed environment"

    def is_python(component: Mapping[str, object]) -> bool:
        return str(component["purl"]).startswith("pkg:pypi/")

    def work() -> Amount:
        whole = json.loads(_installed("pypi").read_text(encoding="utf-8"))
        packages = [component for component in whole["components"] if is_python(component)]
        found = sum(1 for component in packages if _has_licence(component))
        told = f"{found} of {len(packages)}"
        return Amount(name, 100 * found / len(packages), 95, "%", told, at_least=True)

    return measured(work)


@contextlib.contextmanager
def _image() -> Iterator[tuple[Path, Path, int]]:
    """Yield a large image, a folder beside it, and how many entries the image has."""
    from bench.image import write_image  # noqa: PLC0415 - only these write one
    from tests.stack.build import PROGRAMS, locate  # noqa: PLC0415 - as in `syft_command`

    programs = [locate(name) for name in sorted(PROGRAMS)]
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "large.tar"
        yield path, Path(home), write_image(path, Path(home), programs, IMAGE_BYTES)


def _image_time() -> Result | str:
    """Compare the time for an image with syft's, and require that both find the same packages in it."""

    def work() -> Comparison:
        with _image() as (path, home, entries):
            ours = sbom_command(path, home / "release", what="--image")
            theirs = syft_command(f"docker-archive:{path}", home)
            found = compare(
                f"sbom of an image of {path.stat().st_size / 1e9:.0f} GB, {entries} entries / syft",
                lambda: _run(ours),
                lambda: _run(theirs),
                runs=2,
                reach=IMAGE,
            )
            _require_same(home / "release" / "sbom.cdx.json", home / "cyclonedx.json")
            return found

    return measured(work)


def _require_same(ours: Path, theirs: Path) -> None:
    """End the benchmark where the packages of the system and of the languages are not the same, with the difference."""
    found = [
        {(purl.type, purl.namespace, purl.name, purl.version) for purl in _purls(path) if purl.type in COMPARED}
        for path in (ours, theirs)
    ]
    if found[0] != found[1]:
        only = [sorted(one - other, key=str)[:9] for one, other in (found, found[::-1])]
        message = f"only ours: {only[0]}\nonly theirs: {only[1]}"
        raise SystemExit(message)


def _purls(path: Path) -> list[PackageURL]:
    from packageurl import PackageURL  # noqa: PLC0415 - only a comparison of packages needs it

    components = json.loads(path.read_text(encoding="utf-8"))["components"]
    return [PackageURL.from_string(component["purl"]) for component in components if component.get("purl")]


def _image_memory() -> Result | str:
    def work() -> Peak:
        with _image() as (path, home, _):
            theirs = peak(syft_command(f"docker-archive:{path}", home), _environment())
            ours = peak(sbom_command(path, home / "release", what="--image"), _environment())
        return Peak("sbom of an image, memory / syft", ours, theirs, int(IMAGE_MEMORY * theirs))

    return measured(work)


SBOM_BENCHMARKS: Mapping[str, Callable[[], Result | str]] = {
    **{f"sbom-{name}": functools.partial(_tree, name) for name in TREES},
    **{f"sbom-{name}-memory": functools.partial(_tree_memory, name) for name in TREES},
    "sbom-many": _many,
    "sbom-many-memory": _many_memory,
    "sbom-linear": _linear,
    "sbom-difference": _difference,
    "sbom-image": _image_time,
    "sbom-image-memory": _image_memory,
    "sbom-npm-licences": _npm_licences,
    "sbom-npm-hashes": _npm_hashes,
    "sbom-python-licences": _python_licences,
}
