"""How the suite is run: one module or folder an action, and two faces.

In a checkout this package is `actions`; in an installed wheel it is `maximus.actions`.
"""

__all__ = ["ACTIONS"]

ACTIONS = ("release", "sbom", "sign", "verify", "draft", "label", "gate", "evidence", "consciousness")
"""The actions there are, in the order in which they are shown; `release` is the root action."""
