"""Hold every REST request and reply to GitHub's own OpenAPI description."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jsonschema_rs

from tests.fakehub.descriptions import descriptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["OpenAPI", "Operation", "load"]

_MULTI_SEGMENT = frozenset({"path", "ref", "tag", "basehead"})
"""Parameters at a path's end that may hold slashes; GitHub takes them written plainly and as `%2F`."""

_UNDOCUMENTED = frozenset({400, 401, 403, 404, 411, 422, 429})
"""Statuses that any operation may answer although its description rarely lists them."""

_PAGE_LIMIT = 100
"""GitHub takes a larger `per_page` and silently answers 100: a client that counts on more loses entries."""

_INTEGER = re.compile(r"-?[0-9]+")

_UNKNOWN = "https://example.invalid/not-in-the-fake"
"""What stands in required addresses that the world says nothing about; nobody can connect to it."""

_OPEN, _CLOSED = "urn:fakehub:open", "urn:fakehub:closed"


@dataclass(frozen=True)
class Operation:
    """One method on one path, as GitHub describes it."""

    id: str
    """GitHub's name for it, such as `repos/create-release`."""
    method: str
    """Upper case."""
    pattern: re.Pattern[str]
    """Matches the request's path, still percent-encoded."""
    parameters: Mapping[str, Mapping[str, Any]]
    """The schema of each path parameter."""
    query: Mapping[str, Mapping[str, Any]]
    """The schema of each query parameter."""
    required_query: frozenset[str]
    """The query parameters that must be there."""
    body: Mapping[str, Any] | None
    """The schema of the JSON body; None where the operation takes none or not JSON."""
    body_required: bool
    """Whether there must be a JSON body."""
    replies: Mapping[int, Mapping[str, Any] | None]
    """The schema of each documented status; None where the reply has no JSON body."""
    uploads: bool
    """Whether the operation lives on GitHub's other host, for uploads."""


class OpenAPI:
    """GitHub's description, compiled as far as it is used."""

    def __init__(self, path: Path) -> None:
        """Read the subset that `descriptions` made."""
        self._document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.operations = tuple(self._read_operations())
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator] = {}
        self._leasts: dict[tuple[str, ...], Any] = {}

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation that serves the path, and its decoded parameters."""
        for operation in self.operations:
            match = operation.pattern.fullmatch(path)
            if match and operation.method == method:
                return operation, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def request_faults(
        self,
        operation: Operation,
        parameters: Mapping[str, str],
        query: Mapping[str, str],
        body: Any,  # noqa: ANN401 - JSON as the client sent it; None where it sent none
    ) -> Iterator[str]:
        """Yield everything that is wrong with a request, one sentence each."""
        for name, value in parameters.items():
            yield from _value_faults(f"path parameter {name}", value, operation.parameters.get(name, {}))
        yield from _query_faults(operation, query)
        if body is not None:
            yield from self._body_faults(operation, body)
        elif operation.body_required:
            yield "the body is missing"

    def _body_faults(self, operation: Operation, body: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
        """Yield what is wrong with a JSON body."""
        if operation.body is None:
            yield "a body was sent where none is taken"
            return
        if operation.id == "issues/add-labels" and isinstance(body, list):
            # GitHub's prose takes a bare list as well, which its schema forgets.
            body = {"labels": body}
        validator = self._validator(operation, "request", operation.body)
        yield from (f"body{_where(error)}: {error.message}" for error in validator.iter_errors(body))
        known = operation.body.get("properties")
        if isinstance(body, dict) and known is not None:
            # GitHub ignores what it does not know, so a misspelt key would go unseen.
            yield from (f"body: property {name} does not exist" for name in sorted(set(body) - set(known)))

    def reply_faults(self, operation: Operation, status: int, body: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
        """Yield everything in which the fake's own reply is not one that GitHub describes.

        A reply is held to a closed reading: it has no property that the description lacks.
        """
        schema, use = operation.replies.get(status), f"reply {status}"
        if status not in operation.replies:
            if status not in _UNDOCUMENTED:
                yield f"status {status} is not documented for {operation.id}"
            use = "validation-error" if isinstance(body, dict) and "errors" in body else "basic-error"
            schema = {"$ref": f"#/components/schemas/{use}"}
        if schema is None:
            return
        validator = self._validator(operation, use, schema)
        yield from (f"reply {status}{_where(error)}: {error.message}" for error in validator.iter_errors(body))

    def filled(self, name: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return `known` with every property that the named schema requires besides.

        What is added is the least the schema allows and means nothing: the fake has no state for it.
        """
        return {**self.least(name), **known}

    def least(self, *path: str) -> Any:  # noqa: ANN401 - JSON
        """Return the least value of a property, by the names that lead to it from a named schema.

        It is shared between callers: copy it before changing it.
        """
        if path not in self._leasts:
            schema = self._resolved({"$ref": f"#/components/schemas/{path[0]}"})
            for name in path[1:]:
                schema = self._resolved(schema["properties"][name])
            self._leasts[path] = self._least(schema)
        return self._leasts[path]

    def _least(self, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the least value that the schema allows."""
        schema = self._resolved(schema)
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        for union in ("oneOf", "anyOf"):
            if union in schema:
                return self._least(schema[union][0])
        formats = {"uri": _UNKNOWN, "date-time": "2000-01-01T00:00:00Z"}
        plain = {"integer": 0, "number": 0, "boolean": False, "array": []}
        kind = schema.get("type", "object")
        if kind == "string":
            return formats.get(schema.get("format", ""), "")
        if kind in plain:
            return plain[kind]
        properties = schema.get("properties", {})
        return {name: self._least(properties[name]) for name in schema.get("required", ())}

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references until there is something to read."""
        while "$ref" in node:
            place: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            node = place
        return node

    def _read_operations(self) -> Iterator[Operation]:
        """Yield the operations, those with fewer parameters first: `latest` is not a release's number."""
        paths = self._document["paths"]
        for template in sorted(paths, key=lambda path: (path.count("{"), path)):
            for method, described in paths[template].items():
                yield self._operation(template, method, described)

    def _operation(self, template: str, method: str, described: Mapping[str, Any]) -> Operation:
        """Read one operation."""
        parameters = [self._resolved(parameter) for parameter in described.get("parameters", ())]
        places = {
            place: {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == place}
            for place in ("path", "query")
        }
        body = described.get("requestBody", {})
        return Operation(
            id=described["operationId"],
            method=method.upper(),
            pattern=_pattern(template),
            parameters=places["path"],
            query=places["query"],
            required_query=frozenset(
                parameter["name"]
                for parameter in parameters
                if parameter["in"] == "query" and parameter.get("required")
            ),
            body=body.get("content", {}).get("application/json", {}).get("schema"),
            body_required=body.get("required", False),
            replies={int(status): self._json_schema(reply) for status, reply in described["responses"].items()},
            uploads=any("uploads." in server["url"] for server in described.get("servers", ())),
        )

    def _json_schema(self, reply: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the schema of a reply's JSON body, None where it has none."""
        content = self._resolved(reply).get("content", {})
        schema: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
        return schema

    def _validator(self, operation: Operation, use: str, schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
        """Return the compiled validator of one use of a schema in an operation."""
        key = (operation.id, use)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                _json_schema(schema, closed=use != "request"), registry=self._registry, validate_formats=True
            )
        return self._validators[key]

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        """The components twice: as they are for requests, closed for replies."""
        components = {"components": self._document["components"]}
        return jsonschema_rs.Registry(
            [(_OPEN, _json_schema(components, closed=False)), (_CLOSED, _json_schema(components, closed=True))],
            draft=jsonschema_rs.Draft202012,
        )


@cache
def load() -> OpenAPI:
    """Return GitHub's description, read once in a process."""
    return OpenAPI(descriptions().openapi)


def _pattern(template: str) -> re.Pattern[str]:
    """Return the expression that matches a path template."""
    expression = ""
    for segment in template.split("/")[1:]:
        name = segment.removeprefix("{").removesuffix("}")
        if name == segment:
            expression += "/" + re.escape(segment)
        else:
            expression += f"/(?P<{name}>.+)" if name in _MULTI_SEGMENT else f"/(?P<{name}>[^/]+)"
    return re.compile(expression)


def _query_faults(operation: Operation, query: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with a query."""
    for name in sorted(operation.required_query - set(query)):
        yield f"query parameter {name} is missing"
    for name, value in query.items():
        if name not in operation.query:
            yield f"query parameter {name} does not exist"
            continue
        yield from _value_faults(f"query parameter {name}", value, operation.query[name])
        number = int(value) if _INTEGER.fullmatch(value) else 1
        if name == "per_page" and not 1 <= number <= _PAGE_LIMIT:
            yield f"query parameter per_page is {value}, GitHub takes 1 to {_PAGE_LIMIT}"
        if name == "page" and number < 1:
            yield f"query parameter page is {value}, pages count from 1"


def _value_faults(what: str, value: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one parameter, which arrives as text whatever its type."""
    kind = schema.get("type", "string")
    if kind == "integer" and not _INTEGER.fullmatch(value):
        yield f"{what} is {value!r}, not an integer"
    if kind == "boolean" and value not in {"true", "false"}:
        yield f"{what} is {value!r}, not a boolean"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{what} is {value!r}, not one of {', '.join(map(str, schema['enum']))}"


def _where(error: jsonschema_rs.ValidationError) -> str:
    """Return the path to a fault inside a document, with a blank before it; nothing for the whole."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return f" {steps.lstrip('.')}" if steps else ""


def _json_schema(node: Any, *, closed: bool, names: bool = False) -> Any:  # noqa: ANN401 - a foreign JSON tree
    """Return an OpenAPI 3.0 schema as JSON Schema 2020-12.

    References go to the registry, and a closed reading forbids properties that an object's schema does
    not name. `names` says that the keys here are names somebody chose.
    """
    if isinstance(node, list):
        return [_json_schema(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {name: _json_schema(value, closed=closed) for name, value in node.items()}
    if isinstance(node.get("$ref"), str):
        return {"$ref": (_CLOSED if closed else _OPEN) + node["$ref"]}
    schema = {key: _json_schema(value, closed=closed, names=key == "properties") for key, value in node.items()}
    if closed and "allOf" in node:
        # Each part names some of the properties only: they are closed together, over what is open each by itself.
        schema["allOf"] = _json_schema(node["allOf"], closed=False)
        schema["unevaluatedProperties"] = False
    elif closed and schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    return _or_null(schema) if schema.pop("nullable", False) else schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes null besides: OpenAPI 3.0 says `nullable`, JSON Schema has a type for it."""
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        return schema
    return {"anyOf": [schema, {"type": "null"}]}
