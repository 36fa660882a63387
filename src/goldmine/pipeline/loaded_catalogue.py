"""The catalogue of features, worked out by the fork server when it imports this.

Each kernel that asks for it would take a second and a half for the same.
"""

from contextlib import suppress

from goldmine.features import catalogue

with suppress(Exception):  # a family that cannot be read fails the kernel that needs it, which says why
    catalogue()
