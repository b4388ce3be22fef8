"""References are cosign's: what it takes is taken, with the same meaning, and all else is refused."""

from __future__ import annotations

import contextlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.signing.kms.references import MAX_REFERENCE, Provider, Reference, is_reference, parse_reference
from tests.stack import build

_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
_ARN = "arn:aws:kms:us-east-2:111122223333:"
_KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/k"

GOOD = {
    f"awskms:///{_ID}": (Provider.AWS, "", _ID, ""),
    f"awskms://localhost:4566/{_ID}": (Provider.AWS, "localhost:4566", _ID, ""),
    f"awskms:///{_ARN}key/{_ID}": (Provider.AWS, "", f"{_ARN}key/{_ID}", ""),
    f"awskms:///{_ARN}key/mrk-1234abcd12ab34cd56ef1234567890ab": (
        Provider.AWS,
        "",
        f"{_ARN}key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "",
    ),
    "awskms:///alias/team/release": (Provider.AWS, "", "alias/team/release", ""),
    f"awskms://localhost:4566/{_ARN}alias/release": (Provider.AWS, "localhost:4566", f"{_ARN}alias/release", ""),
    "awskms://vpce-1.kms.eu-central-1.vpce.amazonaws.com/alias/release": (
        Provider.AWS,
        "vpce-1.kms.eu-central-1.vpce.amazonaws.com",
        "alias/release",
        "",
    ),
    f"gcpkms://{_KEY}": (Provider.GCP, "", _KEY, ""),
    f"gcpkms://{_KEY}/cryptoKeyVersions/12": (Provider.GCP, "", _KEY, "12"),
    f"gcpkms://{_KEY}/versions/3": (Provider.GCP, "", _KEY, "3"),
    "gcpkms://projects/example.com:p/locations/eu-west1/keyRings/r/cryptoKeys/k": (
        Provider.GCP,
        "",
        "projects/example.com:p/locations/eu-west1/keyRings/r/cryptoKeys/k",
        "",
    ),
    "azurekms://v.vault.azure.net/release": (Provider.AZURE, "v.vault.azure.net", "release", ""),
    "azurekms://v.vault.azure.net/release/": (Provider.AZURE, "v.vault.azure.net", "release", ""),
    "azurekms://v.vault.azure.net/release/0af1": (Provider.AZURE, "v.vault.azure.net", "release", "0af1"),
    "hashivault://release": (Provider.VAULT, "", "release", ""),
    "hashivault://team-1.release_key": (Provider.VAULT, "", "team-1.release_key", ""),
}
BAD = (
    "awskms://",
    "awskms://alias/release",
    "awskms:///release",
    "awskms:///alias/",
    "awskms:///alias/re lease",
    "awskms://user:secret@localhost/alias/release",
    "awskms://localhost:4566/alias/a?b",
    f"awskms:///arn:other:kms:us-east-2:111122223333:key/{_ID}",
    "gcpkms://projects/p/locations/global/keyRings/r",
    f"gcpkms://{_KEY}/cryptoKeyVersions/",
    f"gcpkms://{_KEY}/cryptoKeyVersions/new",
    f"gcpkms://{_KEY}/../x",
    "azurekms://v.vault.azure.net",
    "azurekms:///release",
    "azurekms://v.vault.azure.net@evil.example/release",
    "azurekms://v.vault.azure.net/release/0/1",
    "hashivault://",
    "hashivault://transit/release",
    "hashivault://-release",
    "hashivault://../sys",
    "hashivault://release\n",
)


@pytest.mark.parametrize("text", GOOD)
def test_a_reference_names_one_key(text: str) -> None:
    """Provider, address, key and version are read as cosign reads them."""
    provider, host, key, version = GOOD[text]

    assert parse_reference(text) == Reference(text, provider, key, host, version)


@pytest.mark.parametrize("text", BAD)
def test_what_names_no_key_is_refused(text: str) -> None:
    """The error tells the form that this provider's references have."""
    with pytest.raises(Error) as caught:
        parse_reference(text)

    assert (caught.value.code, caught.value.status) == ("KMS001", ExitStatus.USAGE)
    assert caught.value.fix.startswith(f"A reference is {text.partition('://')[0]}://")


@pytest.mark.parametrize("text", ["k8s://space/key", "gitlab://octo", "AWSKMS:///alias/x", "https://x/awskms://y"])
def test_a_service_that_is_not_known_is_named(text: str) -> None:
    """It is not taken for a file that is missing; the error tells the services there are."""
    assert is_reference(text)
    with pytest.raises(Error) as caught:
        parse_reference(text)
    assert (caught.value.code, caught.value.status) == ("KMS010", ExitStatus.USAGE)
    assert all(f"{provider.value}://" in caught.value.fix for provider in Provider)


def test_a_long_reference_is_refused_whole() -> None:
    """The limit is met at its edge, and the error does not print it all."""
    longest = "hashivault://" + "k" * (MAX_REFERENCE - len("hashivault://"))
    parse_reference(longest)

    with pytest.raises(Error) as caught:
        parse_reference(longest + "k")

    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("text", ["key.pem", "env:KEY", "awskms", "keys/a://b", "pkcs11:token=x", ""])
def test_files_and_variables_are_no_references(text: str) -> None:
    """They stay what they are."""
    assert not is_reference(text)


@given(rest=st.text(max_size=80), provider=st.sampled_from(Provider))
def test_any_text_is_a_key_or_an_error(rest: str, provider: Provider) -> None:
    """Nothing else comes of it, and what is taken is ASCII on one line without a user or a query."""
    with contextlib.suppress(Error):
        found = parse_reference(f"{provider.value}://{rest}")
        assert found.key.isascii()
        assert not set("@?#\n\\ ") & set(found.host + found.key)


@pytest.mark.parametrize(
    "text", [text for text in (*GOOD, *BAD) if text.startswith("hashivault") and text.isprintable()]
)
def test_cosign_agrees_on_the_form(text: str) -> None:
    """What is taken here cosign takes too; of Vault's, because it looks at the others only after it asked a cloud."""
    done = subprocess.run(
        [build.locate("cosign"), "public-key", "--key", text],
        env={"HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ("VAULT_ADDR" in done.stderr) == (text in GOOD), done.stderr
