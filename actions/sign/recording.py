"""Whether `sign` has its signatures logged: always those of an identity, a key's where that is asked for."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.signing.keys import PublicKey
    from maximus.signing.signers import Logging
    from maximus.signing.transport import Limits

    from ..face import Face

__all__ = ["AUTO", "LOGS", "NONE", "REKOR", "check_log", "key_logging", "required_words"]

AUTO: Final = "auto"
REKOR: Final = "rekor"
NONE: Final = "none"
LOGS: Final = (AUTO, REKOR, NONE)
"""What the input `log` may say."""


def check_log(log: str, *, is_keyless: bool) -> None:
    """Return when signatures can be logged as asked; raise Error SIGN020 (usage) for an identity's without a log."""
    if log == NONE and is_keyless:
        raise Error(
            "SIGN020",
            "a keyless signature cannot do without the log",
            why="its certificate lasts ten minutes: the log is what shows later that it was signed in these, and to "
            "the job's owner what else was signed in its name",
            fix="Leave `log` out; or sign with a `key`, whose signatures need no log.",
            where="input `log`",
            status=ExitStatus.USAGE,
        )


@contextlib.contextmanager
def key_logging(  # noqa: PLR0913 - who signs, which log, and how it is asked
    public: PublicKey, log: str, *, trust_config: str, instance: str, limits: Limits, face: Face
) -> Iterator[Logging | None]:
    """Yield what logs a key's signatures; nothing where they are not to be logged.

    Raises Error KEY030 (usage), before anybody is asked, for a key whose signatures no log takes, and what trust
    configurations and instances are refused with.
    """
    if log != REKOR:
        yield None
        return
    # 0.2 s, for the few keys whose signatures are logged.
    from maximus.signing.instances import read_instance  # noqa: PLC0415
    from maximus.signing.probes import probe  # noqa: PLC0415
    from maximus.signing.recorder import Recorder  # noqa: PLC0415
    from maximus.signing.rekor import key_signatory  # noqa: PLC0415
    from maximus.signing.signers import Logging  # noqa: PLC0415
    from maximus.signing.transport import Transport  # noqa: PLC0415
    from maximus.signing.trust import find_trust  # noqa: PLC0415
    from maximus.verification.selfcheck import self_check  # noqa: PLC0415
    from maximus.verification.verifier import quiet  # noqa: PLC0415

    signatory = key_signatory(public)
    named = read_instance(instance)
    with quiet(), Transport(limits, face.warn) as transport:
        trust = find_trust(transport, named, Path(trust_config) if trust_config else None)
        recorder = Recorder(trust.services, self_check(trust.root, trust.source), transport)
        # Fulcio has no part in it.
        face.say(f"services: {', '.join(map(str, probe(trust.services.named[1:])))}")
        yield Logging(recorder, public, signatory)


def required_words(*, is_logged: bool, by_key: bool, is_folder: bool = False, has_sbom: bool = False) -> list[str]:
    """Return the options that have `verify` ask for what there is, where it would ask for something else by itself.

    Of a folder it asks for an SBOM too, and of a key's signatures for no log entries.
    """
    facts = ["sbom"] * has_sbom + ["signatures"] + ["log"] * is_logged + ["identity"]
    if (has_sbom, is_logged) == (is_folder, not by_key):
        return []
    return [word for fact in facts for word in ("--require", fact)]
