"""Signed timestamps, held against the timestamp authorities of a trusted root.

Every timestamp must hold, none is passed over. sigstore-python ignores one that does not hold as long as another
time is there, compares the end of an authority's period with `<` though it is closed, and builds the verifiers
anew for each bundle, which was almost half of all its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rfc3161_client.verify import Verifier

    from .roots import Authority

__all__ = ["Stampers"]

_WHOLE_CHAIN: Final = 2
"""Certificates of the shortest chain: who stamps, and a root."""


class Stampers:
    """The timestamp authorities that are believed, with a verifier for each, built once."""

    def __init__(self, authorities: Sequence[Authority]) -> None:
        """Build the verifiers; an authority whose chain is not whole is as good as absent."""
        self._stampers = [
            (authority, _verifier(authority))
            for authority in authorities
            if len(authority.certificates) >= _WHOLE_CHAIN
        ]

    def times(self, stamps: Sequence[bytes], signature: bytes) -> tuple[tuple[datetime, ...], int]:
        """Return the times at which authorities say that the signature was there, and how many authorities say so.

        Several timestamps of one authority are one authority's word, as cosign counts them.
        Raises ValueError in words for one that does not hold, or that stands twice in whatever envelope.
        """
        times: dict[tuple[int, int], datetime] = {}
        for stamp in stamps:
            number, serial, time = self._time(stamp, signature)
            if (number, serial) in times:
                msg = "a timestamp stands twice"
                raise ValueError(msg)
            times[number, serial] = time
        return tuple(times.values()), len({number for number, _ in times})

    def _time(self, stamp: bytes, signature: bytes) -> tuple[int, int, datetime]:
        """Return which authority gave the timestamp, its serial number and its time."""
        try:
            response = decode_timestamp_response(stamp)
            serial, time = response.tst_info.serial_number, response.tst_info.gen_time
        except ValueError as fault:
            msg = "a timestamp cannot be parsed"
            raise ValueError(msg) from fault
        why = "no timestamp authority of the trusted root signed it"
        for number, (authority, verifier) in enumerate(self._stampers):
            try:
                verifier.verify_message(response, signature)
            except VerificationError as fault:
                why = " ".join(str(fault).split())[:200] or why
                continue
            if authority.period.holds(time):
                return number, serial, time
            why = f"the authority was not trusted then ({time:%Y-%m-%dT%H:%M:%SZ})"
        msg = f"a timestamp does not hold: {why}"
        raise ValueError(msg)


def _verifier(authority: Authority) -> Verifier:
    leaf, *others = authority.certificates
    builder = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(others[-1])
    for certificate in others[:-1]:
        builder = builder.add_intermediate_certificate(certificate)
    return builder.build()
