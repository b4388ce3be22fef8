"""AWS as moto plays it, on loopback, with one thing mended. A program of its own: moto is not in `develop`.

    PYTHONPATH=... python tests/stack/aws.py HTTP_PORT HTTPS_PORT CERTIFICATE KEY

moto 5.2 knows `MessageType` and passes it by: it hashes a digest once more, so that nothing which signs files through
KMS could be tried. Here a digest is signed as it is, and refused where its length is not the algorithm's, as AWS does.
The keys, their names and states, who may use them and what is answered are moto's own.
"""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey, RSAPrivateKey
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_IS_DIGEST: ContextVar[bool] = ContextVar("is_digest", default=False)
_answer = KmsResponse.sign


def _sign(self: KmsResponse) -> str:
    token = _IS_DIGEST.set(self._get_param("MessageType") == "DIGEST")
    try:
        return str(_answer(self))
    finally:
        _IS_DIGEST.reset(token)


def _hashed(message: bytes, algorithm: object) -> object:
    if not _IS_DIGEST.get():
        return algorithm
    if len(message) != algorithm.digest_size:  # type: ignore[attr-defined]  # moto names its type Any
        raise ValidationException("Digest is invalid length for algorithm.")
    return Prehashed(algorithm)  # type: ignore[arg-type]  # likewise


def _sign_ecdsa(self: ECDSAPrivateKey, message: bytes, signing_algorithm: str) -> bytes:
    algorithm = self._ECDSAPrivateKey__hash_algorithm(signing_algorithm)
    return bytes(self.private_key.sign(message, ECDSA(_hashed(message, algorithm))))  # type: ignore[arg-type]  # likewise


def _sign_rsa(self: RSAPrivateKey, message: bytes, signing_algorithm: str) -> bytes:
    padding, algorithm = self._RSAPrivateKey__padding_and_hash_algorithm(signing_algorithm)
    return bytes(self.private_key.sign(message, padding, _hashed(message, algorithm)))


def main() -> None:
    """Serve until the process is ended."""
    KmsResponse.sign = _sign
    ECDSAPrivateKey.sign = _sign_ecdsa
    RSAPrivateKey.sign = _sign_rsa
    application = DomainDispatcherApplication(create_backend_app)
    secure = (sys.argv[3], sys.argv[4])
    for port, context in ((int(sys.argv[2]), secure), (int(sys.argv[1]), None)):
        server = make_server("127.0.0.1", port, application, threaded=True, ssl_context=context)
        if context:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        else:
            server.serve_forever()


if __name__ == "__main__":
    main()
