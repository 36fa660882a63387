"""What an unattended run says: short lines on standard error, beside papermill's bars."""

import sys


def tell(line: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
