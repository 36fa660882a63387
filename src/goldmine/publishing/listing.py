"""One list: its customers, its rows, and its three files, Parquet, CSV and Excel."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import Funnel, SkippedRule
from goldmine.contactability.rules import Purpose, assessed_until, validity
from goldmine.contract.display_names import DisplayNames
from goldmine.contract.serving_staff import without_leavers
from goldmine.core import columns as catalogue
from goldmine.core import fingerprint
from goldmine.core.column import Column
from goldmine.core.excel import Look, NotesSheet, workbook, write_table
from goldmine.core.formula import escape_formula
from goldmine.core.i18n import _, in_language
from goldmine.core.layouts import LISTS, MOVE, REASONS
from goldmine.core.parquet import parquet_schema
from goldmine.labels.eligibility import customers_meeting
from goldmine.labels.use_case import UseCase
from goldmine.models.champion import younger_model
from goldmine.publishing.manifest import ListFile, ModelRef
from goldmine.publishing.staff_words import in_staff_words

NOT_CHECKED = _("Not checked: the bank has no such data")
_SCHEMA = catalogue.schema(LISTS.columns)


@dataclass(frozen=True)
class Listing:
    """One list, ready to be written.

    Parameters
    ----------
    use_case : UseCase
        The list's use case.
    rows : pyarrow.Table
        The layout `LISTS`.
    funnel : Funnel
        Who was left out.
    model : ModelRef
        The model that ranked it.
    """

    use_case: UseCase
    rows: pa.Table
    funnel: Funnel
    model: ModelRef


@dataclass(frozen=True)
class ReleaseMetadata:
    """Bank, snapshot, id and language of a release, which each of its files names; names of staff and branches."""

    bank: str
    as_of: date
    release_id: str
    language: str
    names: DisplayNames = field(default_factory=DisplayNames)


_BEYOND = _("ranked below the list's size")


@dataclass(frozen=True)
class Chosen:
    """The customers on a list.

    Parameters
    ----------
    rows : pyarrow.Table
        `customer_id`, `branch_id`, `manager_id`, `probability`, `decile`, `assessed_on` (day of the risk assessment),
        most probable first.
    funnel : Funnel
        How many were scored, how many left at each step, and which rules could not be applied.
    """

    rows: pa.Table
    funnel: Funnel


def choose(
    tables: ContactTables, scores: Path, use_case: UseCase, held_back: Collection[str] = (), *, features: Path
) -> Chosen:
    """Apply the rules to a use case's scores and keep the top `list_size` of those whom its list names.

    Parameters
    ----------
    tables : ContactTables
        The bank's tables.
    scores : Path
        Parquet with `customer_id`, `probability`, `decile` and `rank`.
    use_case : UseCase
        Its list size, and whether it offers a wealth product.
    held_back : collection of str
        The control of the campaigns of the same release, and everyone held out of all.
    features : Path
        The snapshot's feature table, which is read where the use case's list names only some.
    """
    purpose: Purpose = "wealth_list" if use_case.wealth_product else "marketing_list"
    scored = tables.connection.read_parquet(str(scores)).select("customer_id", "probability", "decile", "rank")
    permitted = may_contact(tables, scored, purpose, also_held_back=held_back)
    counter, allowed, skipped = permitted.counter(), permitted.allowed, permitted.skipped
    only = use_case.list_only
    if only is not None:
        missing = {condition.feature for condition in only.when} - set(parquet_schema(features).names)
        if missing:
            skipped = (*skipped, SkippedRule(name="list_only", who=only.left_out, missing=tuple(sorted(missing))))
        else:
            named = customers_meeting(tables.connection, features, use_case, only.when)
            allowed = tables.store(allowed.semi_join(named, "customer_id"))
            counter.leave("list_only", only.left_out, counter.remain - allowed.count().to_pyarrow().as_py(), "capacity")
    rows = _with_homes(tables, allowed.order_by("rank").limit(use_case.list_size)).to_pyarrow()
    counter.leave("beyond_list", _BEYOND, counter.remain - rows.num_rows, "capacity")
    return Chosen(rows, counter.funnel(skipped))


def _with_homes(tables: ContactTables, rows: ibis.Table) -> ibis.Table:
    customers = tables.table("customers")
    # A duplicate number in dirty data gives one row here too, and always the same one.
    homes = customers.semi_join(rows, "customer_id").group_by("customer_id")
    homes = homes.agg(
        branch_id=customers.branch_id.min(),
        manager_id=customers.manager_id.min(),
        assessed_on=customers.risk_grade_on.min(),
    )
    homes = without_leavers(tables.connection, tables.bank, homes, tables.as_of)
    joined = rows.left_join(homes, "customer_id").order_by("rank")
    return joined.select("customer_id", "branch_id", "manager_id", "probability", "decile", "assessed_on")


def make_rows(
    chosen: pa.Table, reasons: Sequence[Sequence[str]], use_case: UseCase, *, as_of: date, stamp: tuple[str, str]
) -> pa.Table:
    """Rows of a published list.

    Parameters
    ----------
    chosen : pyarrow.Table
        `customer_id`, `branch_id`, `manager_id`, `probability`, `decile`, and of a wealth product `assessed_on`, most
        probable first; and, where they are known, `segment`, `biggest_move` and `biggest_move_months`.
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
        The layout `LISTS`, a row a customer.
    """
    padded = [[*words, *[None] * len(REASONS)][: len(REASONS)] for words in reasons]
    values = {name: chosen[name] for name in chosen.column_names}
    values |= {name: pa.array([words[n] for words in padded], pa.string()) for n, name in enumerate(REASONS)}
    values["rank"] = pa.array(range(1, chosen.num_rows + 1))
    same = {
        "use_case": use_case.name,
        "as_of": as_of,
        "model_version": stamp[0],
        "release_id": stamp[1],
    }
    values |= {name: pa.repeat(value, chosen.num_rows) for name, value in same.items()}
    assessed_on = chosen["assessed_on"].to_pandas() if use_case.wealth_product else [None] * chosen.num_rows
    limits = validity(
        as_of + timedelta(days=use_case.valid_days), assessed_until(pd.Series(assessed_on, dtype="object"))
    )
    values |= {name: pa.array(limit, _SCHEMA.field(name).type) for name, limit in limits.items()}
    values |= {name: pa.nulls(chosen.num_rows) for name in ("segment", *MOVE) if name not in values}
    return pa.table([values[field.name].cast(field.type) for field in _SCHEMA], schema=_SCHEMA)


def write_listing(folder: Path, listing: Listing, release: ReleaseMetadata) -> list[ListFile]:
    """Write a list's three files below ``lists/``.

    Parameters
    ----------
    folder : Path
        The release's folder.
    listing, release : Listing, ReleaseMetadata
        The list, and the release that every file names.

    Returns
    -------
    list of ListFile
        For the manifest, the Parquet file first; they have not been checked yet.
    """
    lists = folder / "lists"
    lists.mkdir(exist_ok=True)
    name, language = listing.use_case.name, release.language
    paths = [lists / f"{name}.{suffix}" for suffix in ("parquet", "csv", "xlsx")]
    columns = catalogue.columns(LISTS.columns)
    # Through Python's own file, so that a full disk comes back as an OSError with its number.
    with paths[0].open("wb") as stream:
        pq.write_table(listing.rows, stream, compression="zstd")
    rows = catalogue.in_words(listing.rows, language)
    write_csv(paths[1], rows, columns, language)
    title = in_language(listing.use_case.title, language)
    with workbook(paths[2], title, release.as_of, language, rows=listing.rows.num_rows) as book:
        shown = in_staff_words(rows, release.names, language, release.as_of)
        write_table(book, in_language(_("List"), language), shown, columns, language=language)
        _write_about(book, title, listing, release)
    return [
        ListFile(
            path=path.relative_to(folder).as_posix(),
            sha256=fingerprint.of_file(path),
            rows=listing.rows.num_rows,
            columns=LISTS.columns,
            use_case=name,
            validation={},
            **listing.model.model_dump(),
        )
        for path in paths
    ]


def write_csv(path: Path, rows: pa.Table, columns: Sequence[Column], language: str) -> None:
    """Write rows as CSV with headings in a language; dates as ``YYYY-MM-DD``, probabilities as they are.

    It is UTF-8 with a byte order mark for Excel, every text quoted and formulas escaped. Ids are written in quotes,
    so programs that read the file as text get them whole. Excel still drops leading zeros of an id of digits when the
    file is opened by a double click, and no CSV syntax prevents that without changing the id; people who work in Excel
    use the workbook, where ids are text.
    """
    cells = [_escaped(rows[c.name]) if c.is_text else rows[c.name].to_pylist() for c in columns]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow([c.heading(language) for c in columns])
        writer.writerows(zip(*cells, strict=True))


def _escaped(texts: pa.ChunkedArray) -> list[str]:
    return ["" if text is None else escape_formula(text) for text in texts.to_pylist()]


def _write_about(book: Any, title: str, listing: Listing, release: ReleaseMetadata) -> None:
    """The workbook's second sheet: the list, its origin and the customers that rules left out."""
    language = release.language

    def cell(text: str) -> tuple[str, Look]:
        return in_language(text, language), "text"

    use_case, model, funnel = listing.use_case, listing.model, listing.funnel
    sheet = NotesSheet(book, in_language(_("About"), language), (48, 14, 14))
    sheet.sheet.set_row(0, 26)
    sheet.row((title, "title"))
    sheet.skip()
    if use_case.expected_rate is None:
        version = _("{model}, version {version}", model=model.model_name, version=model.model_version)
        trained = [(_("MLflow run"), model.mlflow_run), (_("Model trained at"), model.model_as_of)]
    else:
        version, trained = _("none; {rate:.1%} of the eligible are expected", rate=use_case.expected_rate), []
    for what, value in (
        (_("Bank"), release.bank),
        (_("As of"), str(release.as_of)),
        (_("Valid until"), str(release.as_of + timedelta(days=use_case.valid_days))),
        (_("Customers on the list"), f"{listing.rows.num_rows:,}"),
        (_("Model"), version),
        *trained,
        (_("Release"), release.release_id),
    ):
        sheet.row(cell(what), cell(value))
    younger = younger_model(model.model_version, model.model_as_of, release.as_of)
    if younger:
        sheet.row(cell(_("Note")), cell(younger))
    sheet.skip()
    heads = [in_language(text, language) for text in (_("Who was left out"), _("Left"), _("Remain"))]
    sheet.row((heads[0], "head"), (heads[1], "head_right"), (heads[2], "head_right"))
    entered = _("Scored by the model") if trained else _("Eligible customers")
    sheet.row(cell(entered), (0, "count"), (funnel.scored, "count"))
    for step in funnel.steps:
        sheet.row(cell(step.who), (step.left, "count"), (step.remain, "count"))
    if funnel.skipped:
        sheet.skip()
        heads = [in_language(text, language) for text in (NOT_CHECKED, _("Absent"))]
        sheet.row(*((text, "head") for text in heads))
        for rule in funnel.skipped:
            sheet.row(cell(rule.who), cell(", ".join(rule.missing)))
