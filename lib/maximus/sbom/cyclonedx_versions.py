"""A CycloneDX 1.6 document said in another version of the format: what an older one has no word for is left out.

See https://cyclonedx.org/docs/ for each version; the schema of the version judges the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEFAULT", "as_version"]

DEFAULT: Final = "1.6"


def as_version(document: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the document in that version; it is changed in place, and is 1.6 before.

    1.7 takes everything that 1.6 says. 1.5 knows neither a component's manufacturer nor who acknowledged a licence nor
    the line of an occurrence; 1.4 knows neither occurrences nor lifecycles, and tools only as a list of names.
    """
    document["$schema"] = f"http://cyclonedx.org/schema/bom-{version}.schema.json"
    document["specVersion"] = version
    if version < "1.6":
        _before_1_6(document)
    if version < "1.5":
        _before_1_5(document)
    return document


def _before_1_6(document: dict[str, Any]) -> None:
    metadata = document["metadata"]
    metadata["manufacture"] = metadata.pop("manufacturer")
    for component in _components(document):
        component.pop("manufacturer", None)
        for choice in component.get("licenses", ()):
            choice.pop("acknowledgement", None)
            choice.get("license", {}).pop("acknowledgement", None)
        if "licenses" in component:
            component["licenses"] = _once(component["licenses"])
        occurrences = component.get("evidence", {}).get("occurrences")
        if occurrences:
            component["evidence"]["occurrences"] = _once([{"location": item["location"]} for item in occurrences])


def _before_1_5(document: dict[str, Any]) -> None:
    metadata = document["metadata"]
    metadata.pop("lifecycles", None)
    metadata["tools"] = [{"name": tool["name"], "version": tool["version"]} for tool in metadata["tools"]["components"]]
    for component in _components(document):
        component.pop("evidence", None)


def _components(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every component of a document, the nested ones too."""
    waiting = [document["metadata"]["component"], *document.get("components", ())]
    while waiting:
        component = waiting.pop()
        yield component
        waiting += component.get("components", ())


def _once(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the values, each once: two that differed only in what was left out are one."""
    return list({repr(value): value for value in values}.values())
