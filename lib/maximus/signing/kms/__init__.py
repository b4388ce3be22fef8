"""Keys that never leave their service: named by a reference as cosign spells it, and asked to sign."""
