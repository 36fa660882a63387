"""LightGBM, imported so that it shares the machine politely."""

import os
from types import ModuleType


def lightgbm() -> ModuleType:
    """The LightGBM package.

    Its threads wait for one another after each step of a tree. By default they spin meanwhile, and where another
    process needs the core a training takes five times as long; sent to sleep at once, they take twice as long on a
    quiet machine. So they spin shortly and then sleep. OpenMP reads this once, when it is loaded, so the package is
    imported here and nowhere else.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    import lightgbm as found

    return found
