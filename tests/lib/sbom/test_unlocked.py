"""Manifests without a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.globs import compile_globs
from maximus.sbom import inventory, scan, subject, unlocked
from maximus.sbom.model import Known
from maximus.sbom.tree import Selection
from tests.lib.sbom.samples import NPM_3, SAMPLES, make

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Finding

CSPROJ = '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{}</ItemGroup></Project>'
NEED = '<PackageReference Include="Left.Pad" Version="1.*" />'
NPM = '{"name": "app", "dependencies": {"left-pad": "^1.0.0"}}'
PYTHON = '[project]\nname = "app"\ndependencies = ["left-pad>=1"]\n'


def told(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """Return place and text of the findings about a tree with these files."""
    return [(item.location.path, item.text) for item in findings(root, files)]


def findings(root: Path, files: dict[str, str]) -> tuple[Finding, ...]:
    """Return the findings about a tree with these files."""
    found = scan.scan(make(root, files))
    return unlocked.unlocked(found.tree, found.readings)


MANIFESTS = {
    "NuGet": ("src/App.csproj", CSPROJ.format(NEED)),
    "Python": ("pyproject.toml", PYTHON),
    "npm": ("package.json", NPM),
    "Cargo": ("Cargo.toml", '[package]\nname = "app"\n[target."cfg(unix)".dependencies]\nlibc = "0.2"\n'),
    "Bundler": ("Gemfile", 'source "https://registry.example"\ngem "rails", "~> 8"\n'),
    "Composer": ("composer.json", '{"require": {"php": ">=8", "monolog/monolog": "^3"}}'),
    "Gradle": ("app/build.gradle.kts", 'dependencies {\n    implementation("org.example:left:1.+")\n}\n'),
    "pub": ("pubspec.yaml", "name: app\ndependencies:\n  # of the web\n  http: ^1.0.0\n"),
    "Swift": ("Package.swift", '.package(url: "https://registry.example/a.git", from: "1.0.0"),\n'),
    "CocoaPods": ("ios/Podfile", "target 'App' do\n  pod 'Left'\nend\n"),
    "Mix": ("mix.exs", 'defp deps do\n  [{:plug, "~> 1.0"}]\nend\n'),
    "Deno": ("deno.json", '{"imports": {"left": "jsr:@acme/left@^1"}}'),
    "Conan": ("conanfile.txt", "[requires]\nzlib/[>=1.2]\n"),
    "Helm": ("Chart.yaml", "dependencies:\n  - name: db\n    repository: https://registry.example/charts\n"),
}


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_a_manifest_without_a_lock_is_told(tmp_path: Path, name: str) -> None:
    """It counts as something that the tree names and the inventory lacks, and says which command makes the lock."""
    path, text = MANIFESTS[name]
    (found,) = findings(tmp_path, {path: text})
    assert (found.kind, found.location.path, found.lost) == ("not-locked", path, True)
    assert found.text.startswith(f"1 manifest of {name} asks for packages and has no lock, so these are missing: ")
    assert "commit" in found.text


LOCKS = {
    "NuGet": ("src/packages.lock.json", '{"version": 1, "dependencies": {}}'),
    "Python": ("uv.lock", 'version = 1\nrequires-python = ">=3.11"\n'),
    "npm": ("package-lock.json", NPM_3),
    "Cargo": ("Cargo.lock", "version = 4\n"),
    "Bundler": ("Gemfile.lock", "GEM\n  specs:\n"),
    "Composer": ("composer.lock", '{"packages": []}'),
    "Gradle": ("gradle.lockfile", "empty=\n"),
    "pub": ("pubspec.lock", "packages: {}\n"),
    "Swift": ("App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved", '{"version": 2, "pins": []}'),
    "CocoaPods": ("Podfile.lock", "PODS: []\n"),
    "Mix": ("mix.lock", "%{\n}\n"),
    "Deno": ("deno.lock", '{"version": "5"}'),
    "Helm": ("Chart.lock", "dependencies: []\n"),
    "Conan": ("conan.lock", '{"version": "0.5", "requires": []}'),
}


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_a_lock_at_the_root_is_of_everything_below(tmp_path: Path, name: str) -> None:
    """So it is for members of a workspace; a lock further down or beside is of nothing above."""
    path, text = MANIFESTS[name]
    lock, content = LOCKS[name]
    assert told(tmp_path / "covered", {path: text, f"src/member/{path}": text, lock: content}) == []
    assert len(told(tmp_path / "open", {path: text, f"below/{lock}": content})) == 1


def test_a_lock_for_each_configuration_is_one_of_the_project(tmp_path: Path) -> None:
    """As Gradle kept them before 6.8, in a folder of their own."""
    path, text = MANIFESTS["Gradle"]
    lock = {"app/gradle/dependency-locks/runtimeClasspath.lockfile": "org.example:left:1.0\n"}
    assert told(tmp_path / "app", {path: text, **lock}) == []
    assert len(told(tmp_path / "other", {"web/build.gradle.kts": text, **lock})) == 1


def test_one_finding_names_the_nearest_to_the_root_and_counts_the_rest(tmp_path: Path) -> None:
    """Sixty projects of one solution are one thing to mend."""
    files = {f"{folder}/App.csproj": CSPROJ.format(NEED) for folder in ("a/b", "src", "tests")}
    ((path, text),) = told(tmp_path, files)
    assert path == "src/App.csproj"
    assert text == (
        "3 manifests of NuGet (this one first) ask for packages and have no lock, so these are missing: "
        "run `dotnet restore --use-lock-file` and commit each packages.lock.json"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", '{"name": "app", "scripts": {"build": "make"}}'),
        ("package.json", '{"dependencies": {"mine": "workspace:*", "other": "file:../other"}}'),
        ("package.json", '{"name": "{{name}}", "dependencies": {{'),
        ("pyproject.toml", '[build-system]\nrequires = ["hatchling"]\n[tool.ruff]\nline-length = 120\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\n'),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements.txt\n"),
        ("setup.py", "setup(install_requires=read('requirements.txt'))\n"),
        ("App.csproj", CSPROJ.format('<ProjectReference Include="..\\Other\\Other.csproj" />')),
        ("Cargo.toml", '[dependencies]\nmine = { path = "../mine" }\nours = { workspace = true }\n'),
        ("Gemfile", "# gem 'rails'\n"),
        ("composer.json", '{"require": {"php": ">=8", "ext-json": "*", "composer-plugin-api": "^2"}}'),
        ("pubspec.yaml", "dependencies:\n  flutter:\n    sdk: flutter\nversion: 1.0.0\n"),
        ("build.gradle", "dependencies {\n    implementation project(':core')\n}\n"),
        ("chart/Chart.yaml", "dependencies:\n- name: db\n  repository: file://../db\nhome: https://registry.example\n"),
        ("fixtures/package.json", NPM),
        ("web/node_modules/a/package.json", NPM),
        ("testdata/x/App.csproj", CSPROJ.format(NEED)),
    ],
)
def test_what_asks_for_nothing_is_no_alarm(tmp_path: Path, path: str, text: str) -> None:
    """Settings, parts of the tree, templates that nobody can read, test data and installed packages."""
    assert told(tmp_path, {path: text}) == []


def test_a_list_of_requirements_that_pins_one_of_them_is_the_lock(tmp_path: Path) -> None:
    """Which ones it lacks the list tells itself; a list of tools is none."""
    assert told(tmp_path / "a", {"pyproject.toml": PYTHON, "requirements/main.txt": "left_pad==1.0\n"}) == []
    assert told(tmp_path / "b", {"pyproject.toml": PYTHON, "requirements-dev.txt": "ruff==1.0\n"}) != []
    assert told(tmp_path / "c", {"pyproject.toml": PYTHON, "docs/requirements.txt": "left_pad==1.0\n"}) != []
    dynamic = "[options]\ninstall_requires =\n    left-pad\n"
    assert told(tmp_path / "d", {"setup.cfg": dynamic, "requirements.txt": "left_pad==1.0\n"}) == []


def test_what_is_told_elsewhere_is_not_told_again(tmp_path: Path) -> None:
    """A lock that is not read, central versions and a pom speak for themselves."""
    assert told(tmp_path / "a", {"package.json": NPM, "bun.lockb": "x"}) == []
    central = '<Project><ItemGroup><PackageVersion Include="A" Version="1.0.0" /></ItemGroup></Project>'
    assert told(tmp_path / "b", {"a/App.csproj": CSPROJ.format(NEED), "Directory.Packages.props": central}) == []
    assert told(tmp_path / "c", {"build.gradle": MANIFESTS["Gradle"][1], "pom.xml": "<project/>"}) == []


def test_what_its_user_leaves_out_is_not_told(tmp_path: Path) -> None:
    """`exclude` is how a sample is kept quiet."""
    make(tmp_path, {"samples/package.json": NPM})
    selection = Selection(exclude=compile_globs(["samples/**"]))
    found = scan.scan(tmp_path, selection=selection)
    assert unlocked.unlocked(found.tree, found.readings) == ()


def test_the_needs_of_a_tree_with_an_unlocked_manifest_are_not_all_known(tmp_path: Path) -> None:
    """The document must not claim that the root's needs are complete."""
    about = subject.describe(subject.Facts("app"))
    found = scan.scan(make(tmp_path, {**SAMPLES["cargo-4"], "web/package.json": NPM}))
    whole = inventory.build(about, found.readings)
    lacking = inventory.build(about, found.readings, missing=unlocked.unlocked(found.tree, found.readings))
    assert (whole.root.edges, lacking.root.edges) == (Known.COMPLETE, Known.INCOMPLETE)
    assert [item.location.path for item in lacking.findings] == ["web/package.json"]
    assert [item.ref for item in lacking.components] == [item.ref for item in whole.components]


def test_so_many_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAX_LOOKED_AT: behind it nothing is read, and that is a finding."""
    monkeypatch.setattr(unlocked, "MAX_LOOKED_AT", 2)
    found = findings(tmp_path, {f"{name}/package.json": NPM for name in "abcd"})
    assert [(item.kind, item.location.path) for item in found] == [
        ("not-locked", "a/package.json"),
        ("limit", "c/package.json"),
    ]
    assert found[0].text.startswith("2 manifests of npm")


HOSTILE = (
    "[" * 100_000,
    "{" * 100_000,
    "a" * 300_000,
    ".package(name:" * 30_000,
    "install_requires = [ " * 20_000,
    "{ :a , " * 50_000,
    "implementation(" * 30_000,
    "\n" + " " * 300_000,
    "dependencies:\n" + " a" * 200_000,
)


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_manifest_costs_nothing(tmp_path: Path, number: int) -> None:
    """No pattern goes back over what it has read, and no parser's fault gets out."""
    names = [path.rpartition("/")[2] for path, _ in MANIFESTS.values()]
    make(tmp_path, dict.fromkeys((*names, "setup.py", "setup.cfg", "Pipfile"), HOSTILE[number]))
    found = unlocked.unlocked(scan.find_locks(tmp_path), ())
    assert {item.kind for item in found} <= {"not-locked"}
