"""`sign` with `images`, as a job or a person runs it: against real registries, with cosign and `verify` as judges."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import shlex
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import sign, verify
from actions.sign import Inputs, pushed
from maximus.errors import Error, ExitStatus
from maximus.signing.bundles import MEDIA_TYPE
from maximus.signing.transport import Limits
from maximus.verdict import Status, overall
from tests.actions.sign.test_sign import Face, Run, pem
from tests.stack import build
from tests.stack.faults import Answer, Cut, Drip, Drop, Faults, Hang
from tests.stack.images import push_image, push_index, repository

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping

    from tests.stack.cosign import Cosign
    from tests.stack.faults import Fault
    from tests.stack.stack import Stack

KINDS = ("registry", "referring_registry")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which registry: one without the referrers API, and one with it."""
    found: str = request.param
    return found


@pytest.fixture
def address(request: pytest.FixtureRequest, kind: str) -> str:
    """Where that registry is."""
    found: str = request.getfixturevalue(kind)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def person(tmp_path: Path) -> dict[str, str]:
    """A person with a key and no registry's password."""
    return {"KEY": pem(), "HOME": str(tmp_path)}


def run(environment: Mapping[str, str], *images: str, **changes: Any) -> Run:  # noqa: ANN401 - the inputs' own types
    """Run `sign` over images."""
    face = Face(environment)
    return Run(face, sign.run(Inputs(images=images, **changes), face))


def verdicts(done: Run) -> dict[str, Status]:
    """Return the verdicts by their checks."""
    return {verdict.check: verdict.status for verdict in done.face.record.verdicts}


def verified(command: str, home: Path, **changes: str) -> ExitStatus:
    """Run a line that `sign` printed; return how it ended."""
    program, action, *options = shlex.split(command)
    assert (program, action) == ("maximus", "verify")
    texts = dict(zip((each.removeprefix("--") for each in options[::2]), options[1::2], strict=True)) | changes
    inputs = verify.Inputs(**{name.replace("-", "_"): text for name, text in texts.items()})  # type: ignore[arg-type]  # by name
    face = Face({"HOME": str(home)})
    verify.run(inputs, face)
    return face.record.exit_status


@pytest.mark.usefixtures("here")
def test_a_job_signs_and_attests_an_image_and_its_platforms(
    kind: str, address: str, stack: Stack, cosign: Cosign, tmp_path: Path
) -> None:
    """The printed line verifies it, cosign does, and the provenance is the job's."""
    into = repository(address, "octo/job")
    child = push_image(into, b"job")
    index = push_index(into, "v1", amd64=child)
    job = stack.environment() | {"HOME": str(tmp_path)}
    done = run(job, f"{address}/octo/job:v1", provenance=True, trust_config=str(stack.trust_v1))
    names = [f"{address}/octo/job@{digest}" for digest in (index.digest, child.digest)]
    assert json.loads(done.outputs.signed_images) == sorted(names)
    assert verdicts(done) == {"sign.images": Status.PASS}
    # Where the registry keeps no referrers the signature has an older form besides, with its own entry.
    assert done.face.record.headline.endswith(f": {4 if 'referring' in kind else 6} log entries")
    assert f"{address}/octo/job:v1 is {names[0]}" in done.face.shown
    for name in names:
        assert verified(done.outputs.image_verify_command, tmp_path, image=name) is ExitStatus.PASS
    expected = (
        *("--allow-http-registry", "--trusted-root", stack.trusted_root),
        *("--certificate-identity", done.outputs.identity, "--certificate-oidc-issuer", done.outputs.issuer),
    )
    assert [cosign.run("verify", *expected, name).returncode for name in names] == [0, 0]
    attested = [cosign.run("verify-attestation", "--type", "slsaprovenance1", *expected, name) for name in names]
    assert [each.returncode for each in attested] == [0, 0], attested[0].stderr
    statement = json.loads(base64.b64decode(json.loads(attested[0].stdout.splitlines()[0])["payload"]))
    assert statement["predicate"]["buildDefinition"]["externalParameters"]["workflow"]["repository"].endswith(
        "octo/app"
    )


def test_a_person_signs_an_image_with_a_key(address: str, person: dict[str, str], here: Path, cosign: Cosign) -> None:
    """It says so everywhere; the public key lies in the working folder, and cosign takes it."""
    image = push_image(repository(address, "octo/person"), b"person", "v1")
    done = run(person, f"{address}/octo/person:v1", key="env:KEY")
    name = f"{address}/octo/person@{image.digest}"
    assert done.face.record.headline.endswith(f": {sign.NOT_LOGGED}")
    (verdict,) = done.face.record.verdicts
    assert (verdict.check, verdict.status, verdict.reason) == ("sign.images", Status.PASS, sign.NOT_LOGGED)
    assert {row[3] for table in done.face.record.tables for row in table.rows} == {sign.NOT_LOGGED}
    assert verified(done.outputs.image_verify_command, here) is ExitStatus.PASS
    judged = cosign.run(
        "verify", "--allow-http-registry", "--insecure-ignore-tlog", "--key", here / "maximus.pub", name
    )
    assert judged.returncode == 0, judged.stderr


def test_a_predicate_is_attested_of_an_image(registry: str, person: dict[str, str], here: Path, cosign: Cosign) -> None:
    """Beside its signature, under the type that was named."""
    push_image(repository(registry, "octo/scanned"), b"scanned", "v1")
    (here / "scan.json").write_text('{"found": 0}', encoding="utf-8")
    kind = "https://example.com/scan/v1"
    done = run(person, f"{registry}/octo/scanned:v1", key="env:KEY", predicate="scan.json", predicate_type=kind)
    (name,) = json.loads(done.outputs.signed_images)
    judged = cosign.run(
        *("verify-attestation", "--allow-http-registry", "--insecure-ignore-tlog", "--type", kind),
        *("--key", here / "maximus.pub", name),
    )
    assert judged.returncode == 0, judged.stderr


def test_files_and_images_are_signed_in_one_run(registry: str, person: dict[str, str], here: Path) -> None:
    """Each has its verdict, its line, and its part of the headline."""
    push_image(repository(registry, "octo/both"), b"both", "v1")
    (here / "release").mkdir()
    (here / "release" / "app.whl").write_bytes(b"app")
    done = run(person, f"{registry}/octo/both:v1", key="env:KEY")
    assert verdicts(done) == {"sign.files": Status.PASS, "sign.images": Status.PASS}
    assert done.bundles == ["release/app.whl.sigstore.json"]
    assert done.face.record.headline.count("signed by") == 2
    assert done.outputs.verify_command
    assert done.outputs.image_verify_command.startswith("maximus verify --image ")


def test_an_image_that_is_named_twice_is_signed_once(registry: str, person: dict[str, str], here: Path) -> None:
    """And what was signed before is kept: the statement, and the form of it for older readers."""
    into = repository(registry, "octo/once")
    image = push_image(into, b"once", "v1")
    text = f"{registry}/octo/once:v1"
    run(person, text, text, key="env:KEY")
    done = run(person, text, key="env:KEY")
    assert [row[2] for row in done.face.record.tables[0].rows] == ["was signed already", "was signed already"]
    assert len(into.referrers(image.digest)) == 1
    assert not (here / "release").exists()


@pytest.mark.usefixtures("here")
def test_one_image_that_cannot_be_signed_leaves_the_others(registry: str, person: dict[str, str]) -> None:
    """It is named in the outputs, in the verdict and in an error; the exit status is a fault's."""
    push_image(repository(registry, "octo/good"), b"good", "v1")
    missing = f"{registry}/octo/missing:v1"
    done = run(person, missing, f"{registry}/octo/good:v1", key="env:KEY")
    assert (done.status, done.failed, verdicts(done)) == (ExitStatus.FAILED, [missing], {"sign.images": Status.FAIL})
    assert len(json.loads(done.outputs.signed_images)) == 1
    assert "IMAGE005" in done.face.shown
    assert done.outputs.image_verify_command.count("\n") == 0
    assert done.face.record.headline == "1 of 2 images not signed"


@pytest.fixture
def crane(tmp_path: Path) -> Callable[..., str]:
    """A second opinion on registries: runs crane and returns what it prints."""
    program = build.locate("crane")

    def ask(*arguments: str | Path) -> str:
        done = subprocess.run(
            [program, *arguments],
            env={"HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return ask


def test_crane_sees_what_was_signed_and_can_move_it(
    kind: str, address: str, person: dict[str, str], here: Path, crane: Callable[..., str]
) -> None:
    """An image that crane made keeps its digest, is whole, and takes its signature along when its tags are copied."""
    name = f"{address}/octo/crane"
    with tarfile.open(here / "layer.tar", "w") as layer:
        layer.addfile(tarfile.TarInfo("app"), io.BytesIO())
    crane("append", "--new_layer", here / "layer.tar", "--new_tag", f"{name}:v1")
    digest = crane("digest", f"{name}:v1")
    done = run(person, f"{name}:v1", key="env:KEY", predicate_type="https://example.com/x", predicate=_predicate(here))
    assert json.loads(done.outputs.signed_images) == [f"{name}@{digest}"]
    assert crane("digest", f"{name}:v1") == digest
    crane("validate", "--remote", f"{name}:v1")
    stem = digest.replace(":", "-")
    kept = crane("ls", name).split()
    if "referring" in kind:
        assert kept == ["v1"]
        return
    assert sorted(kept) == sorted(["v1", stem, f"{stem}.sig", f"{stem}.att"])
    listed = json.loads(crane("manifest", f"{name}:{stem}"))["manifests"]
    assert [each["artifactType"] for each in listed] == [MEDIA_TYPE, MEDIA_TYPE]
    for tag in kept:
        crane("copy", f"{name}:{tag}", f"{name}-copy:{tag}")
    assert verified(done.outputs.image_verify_command, here, image=f"{name}-copy:v1") is ExitStatus.PASS


def _predicate(folder: Path) -> str:
    (folder / "x.json").write_text("{}", encoding="utf-8")
    return "x.json"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Answer(401), "IMAGE004"),
        (Answer(429, retry_after=1), "IMAGE003"),
        (Answer(502), "IMAGE003"),
        (Answer(200, body=b"<html>Sorry</html>", headers={"Content-Type": "text/html"}), "IMAGE003"),
        (Cut(), "IMAGE003"),
        (Drip(), "IMAGE003"),
        (Drop(forwarded=False), "IMAGE003"),
        (Hang(), "IMAGE003"),
    ],
    ids=["401", "429", "502", "page", "cut", "slow bytes", "closed", "hang"],
)
def test_a_registry_that_does_not_serve_ends_with_3(
    registry: str, person: dict[str, str], fault: Fault, code: str
) -> None:
    """Nothing was measured of the image, and a later run can sign it."""
    push_image(repository(registry, "octo/any"), b"any", "v1")
    with Faults(f"http://{registry}") as faults:
        faults.inject(fault, times=99)
        image = f"{faults.url.removeprefix('http://')}/octo/any:v1"
        done = run(person, image, key="env:KEY", retry_budget="0", timeout="1")
    assert (done.status, verdicts(done)) == (ExitStatus.OUTSIDE, {"sign.images": Status.UNMEASURED})
    assert code in done.face.shown


@pytest.mark.usefixtures("here")
def test_a_key_steps_in_for_a_service_that_is_away_and_not_for_a_registry(
    registry: str, stack: Stack, person: dict[str, str], tmp_path: Path
) -> None:
    """Where it does, nothing is the same green; where the registry is away a key would help nobody."""
    push_image(repository(registry, "octo/instead"), b"instead", "v1")
    job = stack.environment() | person
    asked = Inputs(images=(f"{registry}/octo/instead:v1",), key="env:KEY", fallback="key")
    with Faults(stack.urls["rekor-v1"]) as faults, faults.down():
        trust = stack.write_trust(tmp_path / "trust.json", through={"rekor-v1": faults.url})
        inputs = dataclasses.replace(asked, trust_config=str(trust))
        done = Run(face := Face(job), sign.run(inputs, face, limits=Limits(budget=0.3)))
    assert (done.outputs.signing, done.failed) == ("key", [])
    assert verdicts(done) == {"sign.images": Status.PASS, "sign.log": Status.UNMEASURED}
    assert overall(face.record.verdicts) is Status.WAIVED
    assert verified(done.outputs.image_verify_command, tmp_path) is ExitStatus.PASS
    done = run(job, f"{registry}/octo/nothing:v1", trust_config=str(stack.trust_v1), key="env:KEY", fallback="key")
    assert (done.outputs.signing, done.status) == ("keyless", ExitStatus.FAILED)


@pytest.mark.usefixtures("here")
def test_a_private_repositorys_images_stay_out_of_the_public_log(registry: str, stack: Stack) -> None:
    """Before anything is asked or pushed."""
    job = stack.environment(repository_visibility="private")
    (event := Path("event.json")).write_text('{"repository": {"private": true}}', encoding="utf-8")
    with pytest.raises(Error, match="SIGN009"):
        run({**job, "GITHUB_EVENT_PATH": str(event)}, f"{registry}/octo/private:v1")


@pytest.mark.usefixtures("here")
def test_a_registry_is_shown_the_docker_configurations_password(
    registry: str, person: dict[str, str], tmp_path: Path
) -> None:
    """It goes to the registry it is for, and nowhere into what is shown."""
    push_image(repository(registry, "octo/secret"), b"secret", "v1")
    with Faults(f"http://{registry}") as faults:
        host = faults.url.removeprefix("http://")
        faults.inject(Answer(401, headers={"WWW-Authenticate": 'Basic realm="r"'}), times=1)
        auth = base64.b64encode(b"octo:hunter2hunter2").decode()
        (tmp_path / "docker").mkdir()
        (tmp_path / "docker" / "config.json").write_text(
            json.dumps({"auths": {host: {"auth": auth}}}), encoding="utf-8"
        )
        done = run({**person, "DOCKER_CONFIG": str(tmp_path / "docker")}, f"{host}/octo/secret:v1", key="env:KEY")
        shown = {request.headers.get("authorization") for request in faults.requests}
    assert done.status is ExitStatus.PASS
    assert f"Basic {auth}" in shown
    assert auth not in done.face.shown
    assert "hunter2hunter2" not in done.face.shown


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("image", ["app", "app:v1", "registry.example/App:v1", "registry.example/app", "--force"])
def test_a_text_that_names_no_image_is_refused_before_anything_is_signed(person: dict[str, str], image: str) -> None:
    """No registry and no tag is assumed."""
    with pytest.raises(Error, match="IMAGE001") as caught:
        run(person, image, key="env:KEY")
    assert (caught.value.status, caught.value.where) == (ExitStatus.USAGE, "input `images`")


@pytest.mark.usefixtures("here")
def test_more_images_than_one_run_signs_are_refused(person: dict[str, str]) -> None:
    """The bound is told."""
    many = [f"registry.example/app:v{number}" for number in range(pushed.MAX_IMAGES + 1)]
    with pytest.raises(Error, match="SIGN052"):
        run(person, *many, key="env:KEY")


@pytest.mark.usefixtures("here")
def test_an_elsewhere_is_never_spoken_to_in_plain_http(person: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine is."""
    asked: list[str] = []

    def refuse(_: object, __: str, address: str, **___: object) -> contextlib.AbstractContextManager[object]:
        asked.append(address)
        message = "no network here"
        raise OSError(message)

    monkeypatch.setattr("requests.Session.request", refuse)
    run(person, "registry.example:5000/app:v1", key="env:KEY", retry_budget="0")
    assert asked
    assert all(address.startswith("https://registry.example:5000/") for address in asked)
