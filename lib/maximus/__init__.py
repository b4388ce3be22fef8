"""What maximus/actions knows: inventory, signing, verification, notes.

No module of this package knows that GitHub Actions exists, except `maximus.github`.
"""

__all__ = ["__version__"]

__version__ = "1.0.0"
"""The version of the suite; the only place where it is written."""
