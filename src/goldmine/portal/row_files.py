"""Rows of lists as a file, CSV or workbook, with the headings, formats and words of the files of a release."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from goldmine.campaigns.contact_hours import load_contact_hours
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core import columns as catalogue
from goldmine.core.column import Column
from goldmine.core.excel import Look, NotesSheet, workbook, write_table
from goldmine.core.i18n import _, in_language
from goldmine.core.layouts import MOVE
from goldmine.portal.models import ListRow, Release, User
from goldmine.portal.roles import ROLES, may
from goldmine.portal.words import filter_words, names_of
from goldmine.publishing.campaigns import RETURNED_COLUMNS
from goldmine.publishing.listing import write_csv
from goldmine.publishing.staff_words import in_staff_words

FileFormat = Literal["csv", "xlsx", "channel"]
FORMATS: tuple[FileFormat, ...] = ("xlsx", "csv", "channel")

_PERSON = ("customer_id", "name", "phone", "branch_id", "manager_id", "grid_id")
_OFFER = ("campaign_id", "offer_name", "product_id", "channel", "time_band", "valid_until", "expires_with", "say")
_FIGURES = (*MOVE, "probability", "decile", "expected_value")
_ORIGIN = ("use_case", "as_of", "model_version", "release_id")
COLUMNS = ("number", *_PERSON, *_OFFER, "reason", *RETURNED_COLUMNS, "status", "segment", *_FIGURES, *_ORIGIN)
"""Columns of a download; those of `RETURNED_COLUMNS` are empty, for `goldmine outcomes import` to read when filled."""
_ASIDE = ("number", "campaign_id", "offer_name", "say", "reason", "as_of", "release_id", *RETURNED_COLUMNS)
_AS_STORED = tuple(name for name in COLUMNS if name not in _ASIDE)
_BATCH = 2000


def rows_as_table(rows: Any, release: Release, language: str) -> pa.Table:
    """The rows of a query in its order, with words for codes, numbered.

    Parameters
    ----------
    rows : QuerySet
        Of `ListRow`, of one release.
    """
    values: dict[str, list[Any]] = {name: [] for name in COLUMNS if name not in RETURNED_COLUMNS}
    for number, row in enumerate(rows.iterator(chunk_size=_BATCH), start=1):
        for name in _AS_STORED:
            value = getattr(row, name)
            values[name].append(None if value == "" else value)
        values["number"].append(number)
        values["campaign_id"].append(_campaign(row))
        values["offer_name"].append(getattr(row, f"offer_{language}") or row.offer or None)
        values["say"].append(getattr(row, f"say_{language}") or None)
        values["reason"].append("; ".join(getattr(row, f"reasons_{language}").splitlines()) or None)
        values["as_of"].append(release.as_of)
        values["release_id"].append(release.release_id)
    values["time_band"] = _hours(values["channel"], values["time_band"], language)
    table = pa.table({name: pa.array(own, catalogue.column(name).type) for name, own in values.items()})
    return catalogue.in_words(table, language)


def _campaign(row: ListRow) -> str | None:
    return {"campaign": row.list_name, "service": RELATIONSHIP}.get(row.kind)


def _hours(channels: Iterable[Any], bands: Iterable[Any], language: str) -> list[str | None]:
    words = load_contact_hours().in_words([name or "" for name in channels], [band or "" for band in bands], language)
    return [word or None for word in words]


def write_rows(path: Path, table: pa.Table, about: "About", language: str) -> None:
    """Write rows as CSV or as a workbook, by the file's suffix; the workbook has a sheet on who took it and when."""
    columns = catalogue.columns(COLUMNS) if about.whole_bank else catalogue.for_branches(COLUMNS)
    if path.suffix == ".csv":
        for name in RETURNED_COLUMNS:
            table = table.append_column(name, pa.nulls(table.num_rows, catalogue.column(name).type))
        write_csv(path, table, columns, language)
        return
    title, release = in_language(_("List"), language), about.release
    with workbook(path, title, release.as_of, language, rows=table.num_rows) as book:
        shown = in_staff_words(table, names_of(release.release_id), language, release.as_of)
        sheet = write_table(book, title, shown, columns, language=language)
        _offer_answers(sheet, columns, table.num_rows, language)
        about.write(book, table.num_rows, language)


def _offer_answers(sheet: Any, columns: tuple[Column, ...], rows: int, language: str) -> None:
    position = [column.name for column in columns].index("answer")
    answers = columns[position].in_words(columns[position].words, language)
    sheet.data_validation(1, position, max(rows, 1), position, {"validate": "list", "source": answers})


class About:
    """Who takes a file, when, and by which filter.

    Parameters
    ----------
    user : User
        Who takes it.
    at : datetime
        In the bank's time zone.
    release : Release
        Whose rows it holds.
    given : dict of str to str
        The filter, see `goldmine.portal.filters.RowFilter.given`.
    """

    def __init__(self, user: User, at: datetime, release: Release, given: dict[str, str]) -> None:
        self.user, self.at, self.release, self.given = user, at, release, given

    @property
    def whole_bank(self) -> bool:
        """Whether the file may hold what does not leave head office."""
        return may(self.user.role, "head_office")

    def write(self, book: Any, rows: int, language: str) -> None:
        """Add the sheet."""

        def cell(text: str) -> tuple[str, Look]:
            return str(in_language(text, language)), "text"

        sheet = NotesSheet(book, str(in_language(_("Download"), language)), (28, 60))
        sheet.row((str(in_language(_("Download"), language)), "title"))
        sheet.skip()
        who = self.user.get_full_name() or self.user.username
        for what, value in (
            (_("Downloaded by"), f"{who} ({self.user.username})" if who != self.user.username else who),
            (_("Role"), ROLES[self.user.role]),
            (_("Branch"), self.user.branch_id or "–"),
            (_("Downloaded at"), f"{self.at:%Y-%m-%d %H:%M:%S}"),
            (_("Rows"), f"{rows:,}"),
            (_("Bank"), self.release.bank),
            (_("As of"), str(self.release.as_of)),
            (_("Release"), self.release.release_id),
            (_("Filter"), filter_words(self.given, self.release, language)),
        ):
            sheet.row(cell(what), cell(value))
