"""Sign the release folder's files, keyless or with a key; log the signatures publicly.

Each file gets a Sigstore bundle (v0.3) beside it, `NAME.sigstore.json`, which cosign and every other
Sigstore client verify too; or one statement covers them all (`mode: statement`).
In a job with `id-token: write` the signature is bound to the workflow and needs no key.
"""

from .action import run
from .inputs import Inputs, Outputs
from .plan import NOT_LOGGED, plan_signing

__all__ = ["NOT_LOGGED", "Inputs", "Outputs", "plan_signing", "run"]
