"""How the suite is run: one module an action, and two faces.

In a checkout this package is `actions`; in an installed wheel it is `maximus.actions`.
"""
