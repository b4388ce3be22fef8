"""Who makes a package, out of the fields in which people and organisations are named: `Name <mail> (address)`."""

from __future__ import annotations

import re
from typing import Any

from maximus.sbom import addresses
from maximus.sbom.model import Producer
from maximus.sbom.naming import visible

__all__ = ["is_mail", "of_entity", "of_people", "of_text"]

_LONGEST_NAME = 200
"""Characters of a producer's name."""
_LONGEST_FIELD = 2_000
"""Characters of a field that are looked at."""
# What both formats take for an address: no two dots in a row, no part of a host longer than 63 characters.
_MAIL = re.compile(
    r"(?=.{1,254}$)(?=[^@]{1,64}@)[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}"
)
_NOBODY = frozenset({"unknown", "none", "noassertion"})


def is_mail(text: str) -> bool:
    """Tell whether both formats take this for a mail address."""
    return _MAIL.fullmatch(text) is not None


def of_text(name: str, mail: str = "", url: str = "") -> Producer | None:
    """Return a producer of this name; None where it names nobody.

    A parenthesis would begin the mail address in SPDX, so it ends the name. What is no address is left out.
    """
    flat = " ".join(name.split("(", 1)[0].replace(")", " ").split()).strip("\"' ")[:_LONGEST_NAME].strip()
    if not flat or flat.lower() in _NOBODY:
        return None
    place = addresses.clean(url)
    return Producer(visible(flat), place if place.startswith("http") else "", mail if is_mail(mail) else "")


def of_people(text: str, mails: str = "") -> Producer | None:
    """Return whom `Name <mail>, Other <mail>` names, with the first address; a bare address names its owner.

    `mails` is another field with addresses, for those who keep names and addresses apart.
    """
    text, mails = (" ".join(part[:_LONGEST_FIELD].split()) for part in (text, mails))
    named = re.sub(r"\s*<[^<>]*>", "", text)
    mail = next((found for part in (text, mails) for found in _mails(part)), "")
    return of_text(named or text.strip("<> "), mail)


def _mails(text: str) -> list[str]:
    return [word for part in re.split(r"[\s<>,;()]+", text) if is_mail(word := part)]


def of_entity(value: Any) -> Producer | None:  # noqa: ANN401 - foreign JSON
    """Return whom npm's or CycloneDX's record names, or its text `Name <mail> (address)`; None for anything else."""
    if isinstance(value, str):
        found = of_people(re.sub(r"\([^()]*\)", "", value[:_LONGEST_FIELD]))
        place = re.search(r"\((https?://[^()\s]+)\)", value[:_LONGEST_FIELD])
        return of_text(found.name, found.email, place[1]) if found and place else found
    if not isinstance(value, dict):
        return None
    name, mail, place = value.get("name"), value.get("email"), value.get("url")
    if not isinstance(name, str):
        return None
    contacts = value.get("contact")
    if not isinstance(mail, str) and isinstance(contacts, list) and contacts and isinstance(contacts[0], dict):
        mail = contacts[0].get("email")
    if isinstance(place, list):
        place = place[0] if place else None
    return of_text(name, mail if isinstance(mail, str) else "", place if isinstance(place, str) else "")
