"""Import of an external table into a work folder of its own, laid out as the notebooks expect a use case."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.csv_file import is_value
from goldmine.contract.external_files import is_parquet, read_table
from goldmine.contract.external_types import emptied_days, require_learnable
from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.core.errors import UseCaseError
from goldmine.core.files import whole_file, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint
from goldmine.labels.outcomes.external_label import ExternalLabel
from goldmine.labels.use_case import UseCase, own_use_case
from goldmine.models.encoding import is_number
from goldmine.models.external.columns import best_column, read_label, refuse_copies, usable_columns
from goldmine.models.external.table import INTEGER_IDS, IS_TEST, LISTED_FROM, table_path

_TEST_SHARE = 0.2


@dataclass(frozen=True)
class TableSpec:
    """An external table and the roles of its columns.

    Parameters
    ----------
    file : Path
        Parquet or CSV.
    label, key : str
        Columns of the label and of the row id.
    time : str
        Column of each row's time; empty where rows have no order in time.
    drop : tuple of str
        Columns that are no features.
    name : str
        Name of the table, its model and its list.
    """

    file: Path
    label: str
    key: str
    time: str
    drop: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class ImportedTable:
    """An external table in its work folder.

    Parameters
    ----------
    use_case : UseCase
        The use case made for it.
    rows, labelled, positives : int
        All rows, those with a label, and those whose label is 1.
    notes : tuple of str
        Columns dropped and values set to missing.
    """

    use_case: UseCase
    rows: int
    labelled: int
    positives: int
    notes: tuple[str, ...]

    @property
    def to_score(self) -> int:
        """Rows without a label."""
        return self.rows - self.labelled


def import_table(spec: TableSpec, work: Workspace, as_of: date, list_size: int, seed: int) -> ImportedTable:
    """Read a table, check it, and write it into the work folder as a bank of one use case.

    Parameters
    ----------
    as_of : date
        The snapshot of its list.
    list_size : int
        Maximum rows on the list; 0: a tenth of the rows without a label.
    seed : int
        Samples the test rows where there is no time column.

    Raises
    ------
    ContractError
        If the file cannot be read.
    UseCaseError
        If a column is missing, an id is not unique, or the labels cannot train a model.
    """
    table = read_table(spec.file, (spec.key,))
    _check_columns(spec, table.column_names)
    require_learnable(table, [spec.label, spec.key, *([spec.time] if spec.time else [])], spec.file.name)
    keys = _keys(table[spec.key], spec.key)
    outcome = read_label(table[spec.label], spec.label)
    other_roles = {spec.label, spec.key, spec.time, *spec.drop}
    columns = usable_columns(table, [name for name in table.column_names if name not in other_roles])
    is_labelled = outcome.is_valid()
    refuse_copies(columns.features.filter(is_labelled), outcome.drop_null().to_numpy())
    moment = _moment(table[spec.time], spec.time, np.asarray(is_labelled)) if spec.time else None
    test = _test_rows(outcome, moment, seed)
    imported = columns.features.add_column(0, "customer_id", keys).append_column("outcome", outcome)
    imported = imported.append_column(IS_TEST, pa.array(test))
    if moment is not None:
        imported = imported.append_column("moment", pa.array(moment))
    whole_numbers = {INTEGER_IDS: "yes"} if _whole_numbers(table[spec.key], keys, spec.file) else {}
    imported = imported.replace_schema_metadata({**whole_numbers, LISTED_FROM: str(_listed_from(imported))})
    train_rows = imported.filter(pc.and_(is_labelled, pc.invert(imported[IS_TEST])))
    case = _use_case(spec, best_column(train_rows, columns.features.column_names), _size(imported, list_size))
    _write(work, as_of, case, imported)
    labels = outcome.drop_null().to_numpy()
    notes = (*columns.notes, *emptied_days(table, columns.features.column_names))
    return ImportedTable(case, imported.num_rows, len(labels), int(labels.sum()), notes)


def _check_columns(spec: TableSpec, names: list[str]) -> None:
    options = {"--label": spec.label, "--id": spec.key, **({"--time": spec.time} if spec.time else {})}
    for option, name in [*options.items(), *(("--drop", name) for name in spec.drop)]:
        if name not in names:
            raise UseCaseError(
                _("{option} {name}: {file} has no such column.", option=option, name=name, file=spec.file.name),
                _("Its first line seems to hold values, not names of columns.")
                if any(map(is_value, names))
                else _("Its columns are {names}.", names=", ".join(names)),
            )
    names_used = [*options.values(), *set(spec.drop)]
    for name in names_used:
        if names_used.count(name) > 1:
            raise UseCaseError(
                _("column {name}: is named for more than one role.", name=name),
                _("Name different columns for --label, --id, --time and --drop; none of them is learnt from."),
            )


def _keys(column: pa.ChunkedArray, name: str) -> pa.Array:
    keys = column.cast(pa.string()).combine_chunks()
    missing = keys.null_count + (pc.sum(pc.equal(pc.utf8_trim_whitespace(keys), "")).as_py() or 0)
    duplicates = len(keys) - pc.count_distinct(keys, mode="all").as_py()
    if missing or duplicates:
        what = _("id column {name}: {n:,} rows repeat the id of an earlier row.", name=name, n=duplicates)
        if missing:
            what = _("id column {name}: {n:,} rows have none.", name=name, n=missing)
        raise UseCaseError(what, _("Give each row a number of its own."))
    return keys


def _whole_numbers(column: pa.ChunkedArray, keys: pa.Array, file: Path) -> bool:
    """Whether the ids are whole numbers: by their type in Parquet, by how they are written in CSV."""
    if pa.types.is_integer(column.type):
        return True
    if is_parquet(file):
        return False
    return bool(pc.all(pc.match_substring_regex(keys, r"^(0|[1-9][0-9]{0,17})$")).as_py())


def _moment(column: pa.ChunkedArray, name: str, labelled: np.ndarray) -> np.ndarray:
    kind = column.type
    if column.null_count or not (is_number(kind) or pa.types.is_temporal(kind)):
        what = _("time column {name}: is {type}, which has no order in time.", name=name, type=kind)
        if column.null_count:
            what = _("time column {name}: {n:,} rows have none.", name=name, n=column.null_count)
        raise UseCaseError(what, _("Give a day, a moment or a number that rises with time."))
    if pa.types.is_temporal(kind):
        column = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    moment = column.cast(pa.float64(), safe=False).to_numpy()
    if not np.isfinite(moment).all() or np.ptp(moment[labelled]) == 0:
        raise UseCaseError(
            _("time column {name}: holds values that are no number, or one value only in labelled rows.", name=name),
            _("Give a day, a moment or a number that rises with time, or leave --time out."),
        )
    return moment


def _test_rows(outcome: pa.Array, moment: np.ndarray | None, seed: int) -> np.ndarray:
    """Labelled rows to test on: the latest fifth, rows of one time together, or a stratified random fifth."""
    labelled = np.flatnonzero(outcome.is_valid())
    test = np.zeros(len(outcome), bool)
    if moment is not None:
        times = moment[labelled]
        first = np.quantile(times, 1 - _TEST_SHARE, method="higher")
        # Where the earliest time holds more than four fifths, what comes later is tested on: less than a fifth.
        test[labelled[(times >= first) & (times > times.min())]] = True
        return test
    labels = outcome.drop_null().to_numpy()
    for label in (0, 1):
        candidates = labelled[labels == label]
        count = round(_TEST_SHARE * len(candidates))
        test[np.random.default_rng([seed, label]).choice(candidates, count, replace=False)] = True
    return test


def _listed_from(imported: pa.Table) -> int:
    """The rows that the list is chosen from: those without a label, or all where each has one."""
    return imported["outcome"].null_count or imported.num_rows


def _size(imported: pa.Table, list_size: int) -> int:
    return list_size or max(1, _listed_from(imported) // 10)


def _use_case(spec: TableSpec, baseline: tuple[str, bool], list_size: int) -> UseCase:
    return UseCase.model_validate(
        {
            "name": spec.name,
            "title": _("Table {name}", name=spec.name),
            "eligible": [],
            "outcome": ExternalLabel(kind="external_label"),
            "gap_days": 0,
            "horizon_days": 90,
            "baseline": {"feature": baseline[0], "highest_first": baseline[1]},
            "list_size": list_size,
        }
    )


def _write(work: Workspace, as_of: date, case: UseCase, imported: pa.Table) -> None:
    """Write the table, its use case, a bank of one table (customers), and the unlabelled rows as features to score."""
    work.claim(case.name)
    _parquet(table_path(work, case.name), imported)
    fingerprint = of_file(table_path(work, case.name))
    with whole_file(own_use_case(work, case.name)) as temporary:
        temporary.write_text(
            yaml.safe_dump(case.model_dump(mode="json", exclude_defaults=True), allow_unicode=True, sort_keys=False),
            "utf-8",
        )
    customers = work.tables / "customers.parquet"
    # The fingerprint is part of the customers' file, so that whatever depends on the customers depends on the table.
    _parquet(customers, imported.select(["customer_id"]).replace_schema_metadata({"table": fingerprint}))
    file = TableFile(customers, of_file(customers), imported.num_rows)
    bank = Bank(case.name, as_of, {"customers": CanonicalTable("customers", (file,), ("customer_id",))})
    write_manifest(work, bank, {"customers": fingerprint}, Hashes({}))
    scored = imported.filter(imported["outcome"].is_null()).drop_columns(
        [name for name in ("outcome", IS_TEST, "moment") if name in imported.column_names]
    )
    day = pa.repeat(pa.scalar(as_of, pa.date32()), scored.num_rows)
    _parquet(work.features(as_of), scored.add_column(1, "cutoff", day).sort_by("customer_id"))
    write_json(work.features(as_of).with_suffix(".json"), feature_fingerprint(bank, work, as_of))


def _parquet(path: Path, table: pa.Table) -> None:
    with sealed_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
