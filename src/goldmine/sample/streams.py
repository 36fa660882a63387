"""Streams of random numbers: one a purpose and block of customers, and one more a month where a month has draws.

No stream is shared by what depends on how many months the bank has, so that a longer bank begins with the rows of a
shorter one.
"""

from zlib import crc32

import numpy as np

from goldmine.sample.config import SampleConfig


def stream(config: SampleConfig, purpose: str, start: int = 0, month: int = -1) -> np.random.Generator:
    """A stream that depends on the seed and on what it is for, not on the bank's last month.

    Parameters
    ----------
    purpose : str
        What is drawn from it.
    start : int
        First customer of the block.
    month : int
        Month counted from the first simulated one; -1 where all months, oldest first, are drawn from one stream.

    Examples
    --------
    >>> from datetime import date
    >>> short, long = SampleConfig(100, 6, 1, date(2024, 3, 31)), SampleConfig(100, 9, 1, date(2024, 6, 30))
    >>> bool(stream(short, "people").random() == stream(long, "people").random())
    True
    """
    return np.random.default_rng(
        np.random.SeedSequence(config.seed, spawn_key=(crc32(purpose.encode()), start, month + 1))
    )
