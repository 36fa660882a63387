"""Lines on standard error that nobody should overlook."""

import sys


def shout(line: str) -> None:
    """Print a line on standard error, marked so that nobody overlooks it."""
    sys.stderr.write(f"!!! {line}\n")
    sys.stderr.flush()
