"""Timestamp authorities: a signature's time, RFC 3161."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

if TYPE_CHECKING:
    from .transport import Session

__all__ = ["request_stamp"]


def request_stamp(session: Session, url: str, signature: bytes) -> bytes:
    """Return the authority's whole response in DER, of which nothing is verified yet but that it answers this request.

    Raises Refused, Error WIRE001, and ValueError in words for an answer that is not what was asked for.
    """
    builder = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(signature)
    request = builder.nonce(nonce=True).build()
    headers = {"Content-Type": "application/timestamp-query"}
    reply = session.post(url, request.as_bytes(), headers=headers)
    try:
        response = decode_timestamp_response(reply.content)
    except ValueError as fault:
        # The library speaks of its parser's inside.
        msg = "its answer is no timestamp"
        raise ValueError(msg) from fault
    if response.tst_info.nonce != request.nonce:
        msg = "it answered another request"
        raise ValueError(msg)
    return response.as_bytes()
