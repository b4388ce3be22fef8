"""An OIDC issuer that speaks GitHub's `ACTIONS_ID_TOKEN_REQUEST_URL` and signs what a test asks for.

See: https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["AUDIENCE", "DEFAULT_LIFETIME", "Claim", "Claims", "Issuer", "job_claims", "request_url"]

Claim = str | int | bool | None
Claims = Mapping[str, Claim]
"""Claims by name. `None` leaves the claim out of the token."""

AUDIENCE = "sigstore"
DEFAULT_LIFETIME = 600
"""Seconds until a token expires."""
_BACKDATED = 5
"""Seconds that `nbf` lies in the past: sigstore-python compares it with no leeway."""
_KEY_ID = "stack"
_GITHUB = "https://github.com/"

_JOB: Mapping[str, str] = MappingProxyType(
    {
        "actor": "octocat",
        "actor_id": "583231",
        "base_ref": "",
        "event_name": "push",
        "head_ref": "",
        "ref": "refs/tags/v1.2.3",
        "ref_protected": "true",
        "repository": "octo/app",
        "repository_id": "1296269",
        "repository_owner_id": "583231",
        "repository_visibility": "public",
        "run_attempt": "1",
        "run_id": "9876543210",
        "run_number": "42",
        "runner_environment": "github-hosted",
        "sha": "0123456789abcdef0123456789abcdef01234567",
        "workflow": "Release",
    }
)
"""The job every test is in unless it says otherwise."""


def job_claims(claims: Claims | None = None) -> Claims:
    """Return all claims of a GitHub job's token, with those that follow from others filled in.

    `{"repository": "evil/fork"}` moves the workflow, the owner and the subject along with it; a claim
    that is given stays as given. A called workflow is `{"job_workflow_ref": "other/repo/.github/..."}`.
    Times, issuer and audience are added when the token is made.
    """
    chosen: dict[str, Claim] = {**_JOB, **(claims or {})}
    repository, ref, sha = (str(chosen[name]) for name in ("repository", "ref", "sha"))
    tag = ref.startswith("refs/tags/")
    followed: dict[str, Claim] = {
        "ref_type": "tag" if tag else "branch",
        "repository_owner": repository.split("/", maxsplit=1)[0],
        "workflow_ref": f"{repository}/.github/workflows/release.yml@{ref}",
        "workflow_sha": sha,
        "sub": f"repo:{repository}:ref:{ref}",
    }
    followed |= chosen
    followed.setdefault("job_workflow_ref", followed["workflow_ref"])
    followed.setdefault("job_workflow_sha", followed["workflow_sha"])
    return followed


def request_url(issuer: str, claims: Claims | None = None, *, lifetime: int | None = None) -> str:
    """Return what GitHub would put into `ACTIONS_ID_TOKEN_REQUEST_URL`, carrying the chosen claims.

    It has a query as GitHub's has: cosign appends `&audience=` without looking.
    """
    query = {"api-version": "2.0"}
    if claims:
        query["claims"] = json.dumps(dict(claims), sort_keys=True)
    if lifetime is not None:
        query["lifetime"] = str(lifetime)
    return f"{issuer}/token?{urlencode(query, quote_via=quote)}"


@dataclass(frozen=True, slots=True)
class _Signer:
    """What makes a token: the key, and the issuer it speaks for."""

    key: rsa.RSAPrivateKey
    url: str

    def token(self, audience: str, claims: Claims, lifetime: int) -> str:
        """Return a signed token; a claim given here wins over the computed one."""
        now = int(time.time())
        payload: dict[str, Claim] = {
            "iss": self.url,
            "aud": audience,
            "iat": now,
            "nbf": now - _BACKDATED,
            "exp": now + lifetime,
            "jti": f"{time.time_ns()}",
            **job_claims(claims),
        }
        if lifetime <= 0:  # an expired token was once valid
            payload |= {"iat": now + lifetime - _BACKDATED, "nbf": now + lifetime - 2 * _BACKDATED}
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, self.key, algorithm="RS256", headers={"kid": _KEY_ID})

    def keys(self) -> dict[str, Any]:
        """Return the JSON Web Key Set with the one public key."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": _KEY_ID, "alg": "RS256", "use": "sig"}]}


class Issuer:
    """The issuer as a server on loopback, in a thread.

    Used as a context manager; `url` is its address and its `iss`. The stack's Fulcio trusts only the
    stack's own issuer: another one is for tests of the token exchange itself.
    """

    def __init__(self, port: int = 0, key: rsa.RSAPrivateKey | None = None) -> None:
        """Bind the port (0 takes a free one); nothing is served before `with` or `serve`."""
        self._key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._server.signer = _Signer(self._key, self.url)
        self._thread: threading.Thread | None = None

    def token(self, claims: Claims | None = None, *, audience: str = AUDIENCE, lifetime: int = DEFAULT_LIFETIME) -> str:
        """Return a token without a request."""
        return self._server.signer.token(audience, claims or {}, lifetime)

    def serve(self) -> None:
        """Answer until `close`, in this thread."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop answering; called from another thread than `serve`."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Serve in the background."""
        self._thread = threading.Thread(target=self.serve, name="issuer", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and wait for the thread."""
        self.close()
        if self._thread:
            self._thread.join()


class _Server(ThreadingHTTPServer):
    """A threaded server that knows its signer."""

    daemon_threads = True
    signer: _Signer


class _Handler(BaseHTTPRequestHandler):
    """The three addresses of the issuer."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer discovery, keys, health and tokens."""
        url = urlsplit(self.path)
        signer = self.server.signer
        match url.path:
            case "/.well-known/openid-configuration":
                self._answer(
                    HTTPStatus.OK,
                    {
                        "issuer": signer.url,
                        "jwks_uri": f"{signer.url}/keys",
                        "response_types_supported": ["id_token"],
                        "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"],
                    },
                )
            case "/keys":
                self._answer(HTTPStatus.OK, signer.keys())
            case "/token":
                self._token(dict(parse_qsl(url.query)))
            case _:
                self._answer(HTTPStatus.NOT_FOUND, {"message": f"nothing at {url.path}"})

    def _token(self, query: Mapping[str, str]) -> None:
        scheme, _, secret = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            self._answer(HTTPStatus.UNAUTHORIZED, {"message": "a bearer token is required"})
            return
        # GitHub's own default audience is the owner's address.
        audience = query.get("audience") or f"{_GITHUB}{_JOB['repository'].split('/', maxsplit=1)[0]}"
        claims = json.loads(query.get("claims", "{}"))
        lifetime = int(query.get("lifetime", DEFAULT_LIFETIME))
        self._answer(HTTPStatus.OK, {"value": self.server.signer.token(audience, claims, lifetime)})

    def _answer(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing: a request line holds the claims a test chose, which nobody reads."""


def main() -> None:
    """Serve on a fixed port with a key from a file until SIGTERM; the keeper runs this."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    key = load_pem_private_key(options.key.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        parser.error(f"{options.key} holds no RSA key")
    issuer = Issuer(options.port, key)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=issuer.close).start())
    issuer.serve()


if __name__ == "__main__":
    main()
