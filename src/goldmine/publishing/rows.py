"""The rows of a list, from those chosen and the reasons for each."""

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from goldmine.labels.use_case import UseCase
from goldmine.publishing.list_columns import LIST_SCHEMA, REASONS


def make_rows(
    chosen: pa.Table, reasons: Sequence[Sequence[str]], use_case: UseCase, *, as_of: date, stamp: tuple[str, str]
) -> pa.Table:
    """Rows of a published list.

    Parameters
    ----------
    chosen : pyarrow.Table
        `customer_id`, `branch_id`, `manager_id`, `probability`, `decile`, most probable first.
    reasons : sequence of sequence of str
        Up to three reasons for each row of `chosen`, strongest first; a missing one is left empty.
    use_case : UseCase
        Its name and for how many days its list is valid.
    as_of : date
        Snapshot date.
    stamp : tuple of str
        Model version and release id.

    Returns
    -------
    pyarrow.Table
        `LIST_SCHEMA`, a row a customer.
    """
    padded = [[*words, *[None] * REASONS][:REASONS] for words in reasons]
    values = {name: chosen[name] for name in chosen.column_names}
    values |= {f"reason_{n + 1}": pa.array([words[n] for words in padded], pa.string()) for n in range(REASONS)}
    values["rank"] = pa.array(range(1, chosen.num_rows + 1))
    same = {
        "use_case": use_case.name,
        "as_of": as_of,
        "valid_until": as_of + timedelta(days=use_case.valid_days),
        "model_version": stamp[0],
        "release_id": stamp[1],
    }
    values |= {name: pa.repeat(value, chosen.num_rows) for name, value in same.items()}
    return pa.table([values[field.name].cast(field.type) for field in LIST_SCHEMA], schema=LIST_SCHEMA)
