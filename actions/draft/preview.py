"""What a pull request will add to the next draft, shown in the summary of its own run; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.changes import Change, Person, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maximus.notes.forecast import Forecast

    from ..face import Face

__all__ = ["OpenPullRequest", "read_pull_request", "show"]


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """The pull request that started the run, as its event tells it."""

    number: int
    change: Change


def read_pull_request(event: object, repository: str) -> OpenPullRequest | None:
    """Return the pull request of an event, or None where it holds none that can be read."""
    pull = event.get("pull_request") if isinstance(event, dict) else None
    if not isinstance(pull, dict) or type(pull.get("number")) is not int or not isinstance(pull.get("title"), str):
        return None
    labels = pull.get("labels")
    named = [item.get("name") for item in labels if isinstance(item, dict)] if isinstance(labels, list) else []
    return OpenPullRequest(
        pull["number"],
        Change(
            title=well_formed(pull["title"]),
            number=pull["number"],
            repository=repository,
            author=_author(pull.get("user")),
            labels=tuple(well_formed(name) for name in named if isinstance(name, str)),
            body=_text(pull.get("body")),
            url=_text(pull.get("html_url")),
            base_ref=_ref(pull.get("base")),
            head_ref=_ref(pull.get("head")),
        ),
    )


def _text(value: object) -> str:
    return well_formed(value) if isinstance(value, str) else ""


def _ref(side: object) -> str:
    return _text(side.get("ref")) if isinstance(side, dict) else ""


def _author(user: Any) -> Person | None:  # noqa: ANN401 - foreign JSON
    found: Mapping[str, Any] = user if isinstance(user, dict) else {}
    login = _text(found.get("login"))
    if not login:
        return None
    return Person(
        login=login.removesuffix("[bot]"), url=_text(found.get("html_url")), is_bot=found.get("type") == "Bot"
    )


def show(face: Face, pull: OpenPullRequest, forecast: Forecast) -> str:
    """Say what becomes of the pull request, and return it in half a sentence."""
    leads = (
        f"from {forecast.before} to {forecast.after}"
        if forecast.after != forecast.before
        else f"stays {forecast.after}"
    )
    face.table(
        f"What pull request #{pull.number} adds",
        ("What", "Value"),
        (("in the notes", "yes" if forecast.is_listed else "no, the configuration leaves it out"), ("version", leads)),
    )
    if forecast.is_listed:
        face.preview(f"What pull request #{pull.number} adds to the notes", forecast.text)
    return f"pull request #{pull.number} leads to {forecast.after}"
