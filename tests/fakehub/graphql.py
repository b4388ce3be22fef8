"""Answer GraphQL queries out of the world: GitHub's official schema, and the rules it adds to GraphQL."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_named_type,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values, get_directive_values, get_variable_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from tests.fakehub.descriptions import descriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphql import GraphQLResolveInfo, SelectionSetNode

    from tests.fakehub.world import (
        Account,
        Commit,
        Comparison,
        PullRequest,
        Release,
        Repository,
        Sha,
        Signature,
        World,
    )

__all__ = ["NODE_LIMIT", "Answer", "answer", "schema"]

NODE_LIMIT = 500_000
"""How many nodes one call may ask for."""

_PAGE_LIMIT = 100

_BOUNDS = ("first", "last")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the fake says to one GraphQL request."""

    body: dict[str, Any]
    """`data`, `errors` or both, with status 200."""
    operation: str
    """The operation's name, empty where it has none."""
    points: int = 1
    """What GitHub charges for it."""
    nodes: int = 0
    """How many nodes it could return."""
    violations: tuple[str, ...] = ()
    """What is wrong with it, one sentence each."""


class Refused(GraphQLError):  # noqa: N818 - GitHub refuses, the fake does not fail
    """An error that GitHub answers with, with its own `type` beside the message."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep GitHub's word for the error."""
        super().__init__(message)
        self.kind = kind


class Unserved(Exception):  # noqa: N818 - the fake's own gap, not a fault of the caller
    """The schema has it, the fake does not: a test that relies on it would prove nothing."""


@dataclass(slots=True)
class Scope:
    """What the resolvers of one request share."""

    world: World
    may_write: bool
    server: str
    points: int
    nodes: int
    left: Mapping[str, int]
    """The state of the GraphQL rate limit."""
    unserved: list[str] = field(default_factory=list)
    """Fields that were asked for and that the fake has nothing for."""


@cache
def schema() -> GraphQLSchema:
    """Return GitHub's schema, read once in a process.

    It is assumed to be valid because it is not, strictly: version 15.26.1 defines two fields twice.
    """
    sdl = descriptions().graphql.read_text(encoding="utf-8")
    built = build_schema(sdl, assume_valid=True, assume_valid_sdl=True, no_location=True)
    for name, check in {"DateTime": _date_time, "GitTimestamp": _date_time, "URI": _uri, "GitObjectID": _oid}.items():
        scalar = built.type_map[name]
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_output_value = check
    return built


def answer(  # noqa: PLR0911, PLR0913 - a return for each of GitHub's rules; a request and its circumstances
    world: World,
    sent: Any,  # noqa: ANN401 - JSON as the client sent it
    *,
    may_write: bool,
    may_read: bool,
    server: str,
    left: Mapping[str, int],
) -> Answer:
    """Check a GraphQL request by GitHub's rules and answer it."""
    if not isinstance(sent, dict) or not isinstance(sent.get("query"), str):
        said = "A query attribute must be specified and must be a string."
        return Answer({"errors": [{"message": said}]}, "", violations=(said,))
    strange = sorted(set(sent) - {"query", "variables", "operationName"})
    violations = [f"property {name} does not exist beside query, variables and operationName" for name in strange]
    try:
        document = parse(sent["query"])
    except GraphQLError as error:
        return _refused("", violations, [error])
    operation = get_operation_ast(document, sent.get("operationName"))
    if operation is None:
        return _refused("", violations, [GraphQLError("No operation named " + repr(sent.get("operationName")))])
    name = operation.name.value if operation.name else ""
    errors: list[GraphQLError] = list(validate(schema(), document))
    if errors:
        return _refused(name, violations, errors)
    if operation.operation is not OperationType.QUERY:
        return _refused(name, violations, [GraphQLError("The fake has no mutations; releases are written by REST.")])
    coerced = get_variable_values(schema(), operation.variable_definitions or (), sent.get("variables") or {})
    if isinstance(coerced, list):
        return _refused(name, violations, coerced)
    meter = Meter(document, coerced)
    meter.run(operation)
    if meter.nodes > NODE_LIMIT:
        message = f"This query requests up to {meter.nodes:,} possible nodes which exceeds the maximum limit of "
        meter.errors.append(Refused("MAX_NODE_LIMIT_EXCEEDED", f"{message}{NODE_LIMIT:,}."))
    if meter.errors:
        return _refused(name, violations, meter.errors)
    scope = Scope(world, may_write, server, meter.points, meter.nodes, left)
    result = execute_sync(
        schema(),
        document,
        _root(scope, may_read=may_read),
        scope,
        sent.get("variables"),
        sent.get("operationName"),
        field_resolver=_resolve,
    )
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_shown(error) for error in result.errors]
        violations += [
            f"the fake failed: {error.message}"
            for error in result.errors
            if not isinstance(error.original_error or error, (Refused, Unserved))
        ]
        # A thing that is not there may well be asked for; a cursor that was made up may not.
        refused = [error.original_error or error for error in result.errors]
        violations += [error.message for error in refused if isinstance(error, Refused) and error.kind != "NOT_FOUND"]
    violations += [f"the fake does not serve {what}" for what in scope.unserved]
    return Answer(body, name, meter.points, meter.nodes, tuple(violations))


def _refused(name: str, violations: Sequence[str], errors: Sequence[GraphQLError]) -> Answer:
    """Return the reply to a request that is not executed."""
    said = tuple(error.message for error in errors)
    return Answer({"errors": [_shown(error) for error in errors]}, name, violations=(*violations, *said))


def _shown(error: GraphQLError) -> dict[str, Any]:
    """Return an error as GitHub writes one."""
    shown: dict[str, Any] = {"message": error.message}
    cause = error.original_error or error
    if isinstance(cause, Refused):
        shown["type"] = cause.kind
    if error.path:
        shown["path"] = list(error.path)
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return shown


# What GitHub adds to GraphQL: page sizes, node limits, points.


class Meter:
    """Count what a query may return and costs, and find connections without a proper size.

    Requests are one for each parent of a connection, points a hundredth of them.
    See https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.
    """

    def __init__(self, document: DocumentNode, variables: Any) -> None:  # noqa: ANN401 - graphql-core's own form
        """Take a document that is valid and variables that are coerced."""
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._variables = variables
        self.nodes = 0
        self.requests = 0
        self.errors: list[GraphQLError] = []

    @property
    def points(self) -> int:
        """What GitHub charges."""
        return max(1, round(self.requests / 100))

    def run(self, operation: OperationDefinitionNode) -> None:
        """Walk the whole query."""
        root = schema().query_type
        if root is not None:
            self._walk(root, [operation.selection_set], 1)

    def _walk(self, parent: GraphQLObjectType | Any, selections: Sequence[SelectionSetNode], parents: int) -> None:  # noqa: ANN401 - an object or interface
        """Walk the fields below one type, of which there may be `parents` objects."""
        merged: dict[str, tuple[Any, list[FieldNode]]] = {}
        for selection in selections:
            for owner, node in self._fields(parent, selection):
                key = node.alias.value if node.alias else node.name.value
                merged.setdefault(key, (owner, []))[1].append(node)
        for owner, nodes in merged.values():
            definition = owner.fields.get(nodes[0].name.value) if hasattr(owner, "fields") else None
            if definition is None:
                continue
            below = [node.selection_set for node in nodes if node.selection_set]
            named = get_named_type(definition.type)
            count = parents
            if all(bound in definition.args for bound in _BOUNDS):
                arguments = get_argument_values(definition, nodes[0], self._variables)
                size = self._size(nodes[0], arguments)
                self.requests += parents
                self.nodes += parents * size
                count = parents * size
            self._walk(named, below, count)

    def _size(self, node: FieldNode, arguments: Mapping[str, Any]) -> int:
        """Return a connection's page size, noting where GitHub would refuse it."""
        name = node.name.value
        given = {bound: arguments[bound] for bound in _BOUNDS if arguments.get(bound) is not None}
        if not given:
            said = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            self.errors.append(Refused("MISSING_PAGINATION_BOUNDARIES", said))
            return 0
        for bound, size in given.items():
            if size > _PAGE_LIMIT:
                said = (
                    f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of 100 records."
                )
                self.errors.append(Refused("EXCESSIVE_PAGINATION", said))
            elif size < 1:
                said = f"`{bound}` on the `{name}` connection is {size}, GitHub takes 1 to 100."
                self.errors.append(Refused("INVALID_PAGINATION", said))
        return max(int(size) for size in given.values())

    def _fields(self, parent: Any, selection: SelectionSetNode) -> Iterator[tuple[Any, FieldNode]]:  # noqa: ANN401 - any composite type
        """Yield the fields of a selection with the type they are asked of, through fragments."""
        for node in selection.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield parent, node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                narrowed = schema().type_map[condition.name.value] if condition else parent
                yield from self._fields(narrowed, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                yield from self._fields(schema().type_map[fragment.type_condition.name.value], fragment.selection_set)

    def _included(self, node: Any) -> bool:  # noqa: ANN401 - any selection
        """Return whether the directives let a selection take part."""
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])


# The resolvers. An object is a dict of values and of functions of the field's arguments.


def _resolve(source: Any, info: GraphQLResolveInfo[Scope], **arguments: Any) -> Any:  # noqa: ANN401 - graphql-core's contract
    """Take a field out of a dict; one that is not in it is the fake's gap and is reported."""
    try:
        if info.field_name not in source:
            raise Unserved(f"{info.parent_type.name}.{info.field_name}")  # noqa: TRY301 - caught with those of the functions
        value = source[info.field_name]
        return value(**arguments) if callable(value) else value
    except Unserved as gap:
        info.context.unserved.append(str(gap))
        raise


def _root(scope: Scope, *, may_read: bool) -> dict[str, Any]:
    """Return what `Query` has."""

    def repository(owner: str, name: str, followRenames: bool = True) -> dict[str, Any]:  # noqa: ARG001, FBT001, FBT002, N803 - GitHub's names
        found = scope.world.repository(f"{owner}/{name}")
        if found is None or (found.private and not may_read):
            raise Refused("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return _repository(scope, found)

    def search(query: str, type: str, **page: Any) -> dict[str, Any]:  # noqa: A002, ANN401 - GitHub's names
        found = _search(scope, query, type)
        shown = _connection(found, lambda request: _pull_request(scope, request), **page)
        return {**shown, "issueCount": len(found)}

    return {
        "repository": repository,
        "search": search,
        "viewer": {"__typename": "User", "login": "github-actions[bot]"},
        "rateLimit": lambda **_: _rate_limit(scope),
    }


def _rate_limit(scope: Scope) -> dict[str, Any]:
    """Return what is left, after this query."""
    reset = datetime.fromtimestamp(scope.left["reset"]).astimezone()
    return {
        "cost": scope.points,
        "limit": scope.left["limit"],
        "nodeCount": scope.nodes,
        "remaining": max(0, scope.left["remaining"] - scope.points),
        "used": scope.left["used"] + scope.points,
        "resetAt": reset.isoformat(timespec="seconds"),
    }


def _connection(  # noqa: PLR0913 - the four arguments of a connection are GraphQL's
    items: Sequence[Any],
    show: Callable[[Any], Any],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """Return one page of a connection."""
    start = _position(after) + 1 if after else 0
    end = _position(before) if before else len(items)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    shown = [show(item) for item in items[start:end]]
    cursors = [_cursor(position) for position in range(start, start + len(shown))]
    return {
        "nodes": shown,
        "edges": [{"node": node, "cursor": cursor} for node, cursor in zip(shown, cursors, strict=True)],
        "totalCount": len(items),
        "pageInfo": {
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _in_usual_order(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection's arguments without the order, which the schema always fills in.

    The world's own order stands for the usual one. Raises Unserved for another.
    """
    order = arguments.get("orderBy")
    if order and order["field"] != "CREATED_AT":
        raise Unserved(f"an order by {order['field']}")
    return {name: value for name, value in arguments.items() if name != "orderBy"}


def _cursor(position: int) -> str:
    """Return an opaque cursor."""
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: str) -> int:
    """Return a cursor's position. Raises Refused for one that the fake did not give out."""
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:"))
    except ValueError as error:
        raise Refused("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from error


def _repository(scope: Scope, repository: Repository) -> dict[str, Any]:
    """Return a repository."""
    return {
        "__typename": "Repository",
        "id": f"R_{repository.id}",
        "databaseId": repository.id,
        "isPrivate": repository.private,
        **_name(scope, repository.full_name),
        **_git(scope, repository),
        **_requests(scope, repository),
        **_releases(scope, repository),
    }


def _name(scope: Scope, full_name: str) -> dict[str, Any]:
    """Return what is known of a repository by its name alone, in this world or not."""
    owner, _, name = full_name.partition("/")
    return {
        "name": name,
        "nameWithOwner": full_name,
        "owner": {"__typename": "Organization", "login": owner, "url": f"{scope.server}/{owner}"},
        "url": f"{scope.server}/{full_name}",
    }


def _git(scope: Scope, repository: Repository) -> dict[str, Any]:
    """Return a repository's refs and objects."""
    default = f"refs/heads/{repository.default_branch}"

    def ref(qualifiedName: str) -> dict[str, Any] | None:  # noqa: N803 - GitHub's name
        name = repository.full_ref(qualifiedName)
        return _ref(scope, repository, name) if name else None

    def refs(
        refPrefix: str,  # noqa: N803 - GitHub's names
        query: str = "",
        direction: str | None = None,
        orderBy: Mapping[str, str] | None = None,  # noqa: N803
        **page: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        names = sorted(name for name in repository.refs if name.startswith(refPrefix))
        names = [name for name in names if query in name.removeprefix(refPrefix)]
        if orderBy and orderBy["field"] == "TAG_COMMIT_DATE":
            names.sort(key=lambda name: repository.commit(repository.refs[name]).date)
        if "DESC" in {direction, (orderBy or {}).get("direction")}:
            names.reverse()
        return _connection(names, lambda name: _ref(scope, repository, name), **page)

    def git_object(expression: str = "", oid: str = "") -> dict[str, Any] | None:
        return _object(scope, repository, expression or oid)

    return {
        "defaultBranchRef": lambda: _ref(scope, repository, default) if default in repository.refs else None,
        "ref": ref,
        "refs": refs,
        "object": git_object,
    }


def _requests(scope: Scope, repository: Repository) -> dict[str, Any]:
    """Return a repository's pull requests."""

    def pull_request(number: int) -> dict[str, Any]:
        found = scope.world.pull_request(repository, number)
        if found is None:
            raise Refused("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return _pull_request(scope, found)

    def pull_requests(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        return _pull_requests(scope, list(scope.world.of(repository)), **arguments)

    return {"pullRequest": pull_request, "pullRequests": pull_requests}


def _releases(scope: Scope, repository: Repository) -> dict[str, Any]:
    """Return a repository's releases; drafts are only there for those who may write."""

    def releases(orderBy: Mapping[str, str] | None = None, **page: Any) -> dict[str, Any]:  # noqa: ANN401, N803 - GitHub's names
        found = [release for release in repository.releases if scope.may_write or not release.draft]
        if orderBy:
            by_name = orderBy["field"] == "NAME"
            found.sort(key=lambda release: (release.name or "") if by_name else release.created_at)
            if orderBy["direction"] == "DESC":
                found.reverse()
        return _connection(found, lambda release: _release(scope, repository, release), **page)

    def release(tagName: str) -> dict[str, Any] | None:  # noqa: N803 - GitHub's name
        found = repository.published(tagName)
        return _release(scope, repository, found) if found else None

    def latest() -> dict[str, Any] | None:
        found = repository.latest_release()
        return _release(scope, repository, found) if found else None

    return {"releases": releases, "release": release, "latestRelease": latest}


def _ref(scope: Scope, repository: Repository, name: str) -> dict[str, Any]:
    """Return a ref."""
    oid = repository.refs[name]
    prefix = next((prefix for prefix in ("refs/heads/", "refs/tags/") if name.startswith(prefix)), "refs/")

    def compare(headRef: str) -> dict[str, Any] | None:  # noqa: N803 - GitHub's name
        compared = repository.compare(name, headRef)
        return _comparison(scope, repository, compared, oid, repository.resolve(headRef)) if compared else None

    return {
        "__typename": "Ref",
        "id": f"REF_{name}",
        "name": name.removeprefix(prefix),
        "prefix": prefix,
        "target": lambda: _commit(scope, repository, repository.commit(oid)),
        "compare": compare,
        "associatedPullRequests": lambda **arguments: _pull_requests(
            scope,
            [request for request in scope.world.of(repository) if f"refs/heads/{request.head}" == name],
            **arguments,
        ),
    }


def _comparison(
    scope: Scope, repository: Repository, compared: Comparison, base: Sha, head: Sha | None
) -> dict[str, Any]:
    """Return a comparison."""

    def commits(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        shown = _connection(compared.commits, lambda commit: _commit(scope, repository, commit), **page)
        return {**shown, "authorCount": len({commit.author for commit in compared.commits})}

    last = compared.commits[-1].oid if compared.commits else base
    return {
        "__typename": "Comparison",
        "id": f"COMP_{base}",
        "aheadBy": len(compared.commits),
        "behindBy": compared.behind,
        "status": compared.status.upper(),
        "baseTarget": lambda: _commit(scope, repository, repository.commit(base)),
        "headTarget": lambda: _commit(scope, repository, repository.commit(head or last)),
        "commits": commits,
    }


def _object(scope: Scope, repository: Repository, expression: str) -> dict[str, Any] | None:
    """Return what a revision names: a commit, or a file at one."""
    revision, colon, path = expression.partition(":")
    oid = repository.resolve(revision)
    if not colon:
        return _commit(scope, repository, repository.commit(oid)) if oid else None
    content = (repository.tree(revision) or {}).get(path)
    if content is None:
        return None
    raw = content.encode() if isinstance(content, str) else content
    text = raw.decode("utf-8", "replace")
    return {
        "__typename": "Blob",
        "byteSize": len(raw),
        "isBinary": b"\0" in raw,
        "isTruncated": False,
        "text": None if b"\0" in raw else text,
    }


def _commit(scope: Scope, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a commit."""
    headline, _, rest = commit.message.partition("\n")

    def history(
        since: str | None = None,
        until: str | None = None,
        author: Any = None,  # noqa: ANN401 - not served
        path: str | None = None,
        **page: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        if author is not None or path is not None:
            raise Unserved("Commit.history by author or path")
        found = [
            ancestor
            for ancestor in repository.history(commit.oid)
            if (since is None or ancestor.date >= since) and (until is None or ancestor.date <= until)
        ]
        return _connection(found, lambda ancestor: _commit(scope, repository, ancestor), **page)

    def associated(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        found = scope.world.associated(commit)
        return _connection(found, lambda request: _pull_request(scope, request), **_in_usual_order(page))

    def parents(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        found = [repository.commit(oid) for oid in commit.parents or ()]
        return _connection(found, lambda parent: _commit(scope, repository, parent), **page)

    return {
        "__typename": "Commit",
        "id": f"C_{commit.oid}",
        "oid": commit.oid,
        "abbreviatedOid": commit.oid[:7],
        "url": f"{scope.server}/{repository.full_name}/commit/{commit.oid}",
        "message": commit.message,
        "messageHeadline": headline,
        "messageBody": rest.lstrip("\n"),
        "committedDate": commit.date,
        "authoredDate": commit.date,
        "author": _signature(commit.author, commit.date),
        "authors": lambda **page: _connection(commit.authors, lambda author: _signature(author, commit.date), **page),
        "associatedPullRequests": associated,
        "parents": parents,
        "history": history,
    }


def _signature(author: Signature, date: str) -> dict[str, Any]:
    """Return an author of a commit."""
    user = None
    if author.login:
        user = {"__typename": "User", "login": author.login, "url": f"https://github.com/{author.login}"}
    return {"name": author.name, "email": author.email, "date": date, "user": user}


def _actor(account: Account | None) -> dict[str, Any] | None:
    """Return who did something; None for a deleted account."""
    if account is None:
        return None
    return {"__typename": account.kind, "login": account.login, "url": account.url}


def _pull_requests(  # noqa: PLR0913 - GitHub's arguments
    scope: Scope,
    found: list[PullRequest],
    *,
    states: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    baseRefName: str | None = None,  # noqa: N803
    headRefName: str | None = None,  # noqa: N803
    orderBy: Mapping[str, str] | None = None,  # noqa: N803
    **page: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return a connection of pull requests, filtered and sorted as asked."""
    found = [
        request
        for request in found
        if (states is None or request.state in states)
        and (labels is None or set(labels) & set(request.labels))
        and baseRefName in {None, request.base}
        and headRefName in {None, request.head}
    ]
    keys: dict[str, Callable[[PullRequest], Any]] = {
        "UPDATED_AT": lambda request: (request.updated_at, request.number),
        "CREATED_AT": lambda request: (request.created_at, request.number),
    }
    order = orderBy or {"field": "CREATED_AT", "direction": "ASC"}
    if order["field"] not in keys:
        raise Unserved(f"pull requests ordered by {order['field']}")
    found.sort(key=keys[order["field"]], reverse=order["direction"] == "DESC")
    return _connection(found, lambda request: _pull_request(scope, request), **page)


def _pull_request(scope: Scope, request: PullRequest) -> dict[str, Any]:
    """Return a pull request."""
    home = scope.world.repository(request.repository)

    def labels(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        found = request.labels
        return _connection(found, lambda name: {"__typename": "Label", "name": name}, **_in_usual_order(page))

    def commit(oid: Sha | None) -> dict[str, Any] | None:
        return _commit(scope, home, home.commit(oid)) if home and oid else None

    def commits(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - GitHub's arguments
        key = f"{request.repository}#{request.number}"
        own = [found for found in home.commits.values() if key in found.pull_requests] if home else []
        return _connection(own, lambda found: {"commit": commit(found.oid)}, **page)

    return {
        "__typename": "PullRequest",
        "id": f"PR_{request.number}",
        "number": request.number,
        "title": request.title,
        "body": request.body or "",
        "bodyText": request.body or "",
        "url": request.url,
        "state": request.state,
        "isDraft": request.draft,
        "merged": request.merged,
        "createdAt": request.created_at,
        "updatedAt": request.updated_at,
        "mergedAt": request.merged_at,
        "closedAt": None if request.state == "OPEN" else request.merged_at or request.updated_at,
        "author": _actor(request.author),
        "baseRefName": request.base,
        "headRefName": request.head,
        "headRefOid": request.head_oid,
        "isCrossRepository": request.cross_repository,
        "repository": lambda: _repository(scope, home) if home else _name(scope, request.repository),
        "baseRepository": lambda: _repository(scope, home) if home else _name(scope, request.repository),
        "mergeCommit": lambda: commit(request.merge_commit),
        "potentialMergeCommit": lambda: commit(request.potential_merge_commit),
        "labels": labels,
        "changedFiles": len(request.files),
        "files": lambda **page: _connection(
            request.files,
            lambda path: {"path": path, "additions": 1, "deletions": 0, "changeType": "MODIFIED"},
            **page,
        ),
        "commits": commits,
    }


def _release(scope: Scope, repository: Repository, release: Release) -> dict[str, Any]:
    """Return a release."""
    latest = repository.latest_release()
    tag = f"refs/tags/{release.tag}"
    oid = repository.refs.get(tag)
    page = release.slug if release.draft else release.shown_tag
    return {
        "__typename": "Release",
        "id": f"RE_{release.id}",
        "databaseId": release.id,
        "name": release.name,
        "tagName": release.shown_tag,
        "tag": lambda: _ref(scope, repository, tag) if oid else None,
        "tagCommit": lambda: _commit(scope, repository, repository.commit(oid)) if oid else None,
        "description": release.body,
        "url": f"{scope.server}/{repository.full_name}/releases/tag/{page}",
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "isLatest": latest is not None and latest.id == release.id,
        "immutable": release.immutable,
        "createdAt": release.created_at,
        "updatedAt": release.updated_at,
        "publishedAt": release.published_at,
        "author": _actor(release.author),
    }


# Search, as far as finding pull requests needs it.

_WORD = re.compile(r'(-?)(?:([a-z]+):)?("[^"]*"|\S+)')
_RANGE = re.compile(r"(>=|<=|>|<)?(\S+)")


def _search(scope: Scope, query: str, kind: str) -> list[PullRequest]:
    """Return the pull requests that a search finds, newest first as GitHub's best match is unknowable."""
    if kind not in {"ISSUE", "ISSUE_ADVANCED"}:
        raise Unserved(f"search of type {kind}")
    found = list(scope.world.pull_requests.values())
    sort = "created-desc"
    words = [(bool(minus), name, text.strip('"')) for minus, name, text in _WORD.findall(query)]
    homes = {text.lower() for _, name, text in words if name == "repo"}
    if homes:
        found = [request for request in found if request.repository.lower() in homes]
    for minus, name, text in words:
        if name == "repo":
            continue
        if name == "sort":
            sort = text
            continue
        test = _test(name, text)
        found = [request for request in found if test(request) is not minus]
    by, _, direction = sort.partition("-")
    if by not in {"created", "updated"}:
        raise Unserved(f"search with sort:{sort}")
    found.sort(key=lambda request: (request.updated_at if by == "updated" else request.created_at, request.number))
    return found if direction == "asc" else found[::-1]


def _test(name: str, text: str) -> Callable[[PullRequest], bool]:
    """Return what one qualifier of a search asks of a pull request."""
    lower = text.lower()
    tests: dict[str, Callable[[PullRequest], bool]] = {
        "": lambda request: lower in request.title.lower(),
        "author": lambda request: _is_author(request, lower),
        "label": lambda request: lower in {label.lower() for label in request.labels},
        "base": lambda request: request.base == text,
        "head": lambda request: request.head == text,
        "state": lambda request: (request.state == "OPEN") is (lower == "open"),
        "merged": lambda request: _in_range(request.merged_at, text),
        "created": lambda request: _in_range(request.created_at, text),
        "updated": lambda request: _in_range(request.updated_at, text),
    }
    states: dict[str, Callable[[PullRequest], bool]] = {
        "pr": lambda _: True,
        "issue": lambda _: False,
        "merged": lambda request: request.merged,
        "unmerged": lambda request: not request.merged,
        "open": lambda request: request.state == "OPEN",
        "closed": lambda request: request.state != "OPEN",
        "draft": lambda request: request.draft,
    }
    test = states.get(lower) if name in {"is", "type"} else tests.get(name)
    if test is None:
        raise Unserved(f"search with {name}:{text}")
    return test


def _is_author(request: PullRequest, wanted: str) -> bool:
    """Return whether a search's `author:` means who opened the pull request; apps are `app/name`."""
    if request.author is None:
        return wanted == "ghost"
    login = request.author.login.lower()
    return wanted in ({f"app/{login}", f"{login}[bot]"} if request.author.kind == "Bot" else {login})


def _in_range(moment: str | None, text: str) -> bool:
    """Return whether a moment lies in a search's range: `>=x`, `x..y`, or a day by itself."""
    if moment is None:
        return False
    if ".." in text:
        low, _, high = text.partition("..")
        return (low == "*" or moment[: len(low)] >= low) and (high == "*" or moment[: len(high)] <= high)
    match = _RANGE.fullmatch(text)
    if match is None:
        return False
    sign, date = match.groups()
    cut = moment[: len(date)]
    return {">": cut > date, ">=": cut >= date, "<": cut < date, "<=": cut <= date, None: cut == date}[sign]


# What the fake puts into GitHub's own scalars.


def _date_time(value: object) -> str:
    """Return a moment. Raises ValueError where it is none."""
    datetime.fromisoformat(str(value))
    return str(value)


def _uri(value: object) -> str:
    """Return an address. Raises ValueError where it is none."""
    if not re.match(r"https?://[^\s]+$", str(value)):
        message = f"{value} is not an address"
        raise ValueError(message)
    return str(value)


def _oid(value: object) -> str:
    """Return a commit's name. Raises ValueError where it is none."""
    if not re.fullmatch(r"[0-9a-f]{40}", str(value)):
        message = f"{value} is not a commit's name"
        raise ValueError(message)
    return str(value)
