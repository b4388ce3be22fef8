"""Prove a release from the outside: signatures, log entries, SBOMs, identity.

Believes nothing that the producing job said: every file of the folder is accounted for, and each
signature must come from the identity that is named here. COMPLIANT only when all four facts hold.
"""

from .action import run
from .inputs import Inputs, Outputs

__all__ = ["Inputs", "Outputs", "run"]
