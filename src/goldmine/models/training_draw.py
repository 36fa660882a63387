"""The draw of training rows: by customer number, whatever the machine and the order in which they are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from goldmine.core.sql import literal

_DIGITS = 13


@dataclass(frozen=True)
class Draw:
    """Shares of the rows without and with the outcome that are drawn; a drawn row stands for 1 / share rows.

    Parameters
    ----------
    negatives, positives : float
        The shares.
    seed : int
        Same seed, same rows.
    rows : int
        Where all rows have one share: how many there are, which the drawn rows stand for together; else 0.
    """

    negatives: float
    positives: float
    seed: int
    rows: int = 0

    def rows_of(self, connection: SQLBackend, labels: pa.Table, cutoff: date) -> pa.Table:
        """The drawn rows of a cutoff, or of a part of it.

        A row is drawn if the MD5 of seed, cutoff and customer number, as a fraction of its range, lies below its
        share. MD5 is the same in every version of every library, costs DuckDB a quarter of a microsecond a row, and
        nobody gains by forging a customer number.

        Parameters
        ----------
        labels : pyarrow.Table
            customer_id and outcome.
        """
        connection.con.register("labels_to_draw", labels)
        drawn = connection.con.sql(
            f"FROM labels_to_draw WHERE left(md5({literal(f'{self.seed}|{cutoff}|')} || customer_id), {_DIGITS}) "
            f"< CASE outcome WHEN 1 THEN {_threshold(self.positives)} ELSE {_threshold(self.negatives)} END"
        ).to_arrow_table()
        connection.con.unregister("labels_to_draw")
        return drawn.cast(labels.schema)

    def weighted(self, drawn: pa.Table) -> pa.Table:
        """The drawn rows of a cutoff with their sample weight."""
        if self.rows:
            weight = np.full(drawn.num_rows, self.rows / max(drawn.num_rows, 1))
        else:
            weight = 1 / np.choose(drawn["outcome"].to_numpy(), (self.negatives, self.positives))
        return drawn.append_column("weight", pa.array(weight, pa.float32()))


def draw_balanced(counts: Iterable[tuple[int, int]], max_rows: int, seed: int) -> Draw | None:
    """A draw of about `max_rows` rows in all, which leaves out rows without the outcome first; None where all are few.

    Positives are all kept as long as they are no more than half of `max_rows`; of more, a half is drawn.

    Parameters
    ----------
    counts : iterable of tuple of int
        Rows and positives of each cutoff.
    """
    rows, positives = (sum(numbers) for numbers in zip(*counts, strict=True))
    if rows <= max_rows:
        return None
    kept_positives = min(positives, max(max_rows // 2, max_rows - (rows - positives)))
    return Draw((max_rows - kept_positives) / max(rows - positives, 1), kept_positives / max(positives, 1), seed)


def draw_uniform(rows: int, max_rows: int, seed: int) -> Draw | None:
    """A draw of about `max_rows` rows with one weight for all; None where there are no more."""
    share = max_rows / max(rows, 1)
    return Draw(share, share, seed, rows) if rows > max_rows else None


def _threshold(share: float) -> str:
    """What the digits of a drawn row come before, as SQL; hexadecimal numbers of one length sort like their digits."""
    return literal(f"{int(share * 16**_DIGITS):0{_DIGITS}x}" if share < 1 else "g")
