"""Data of the three views: owners, the customer mart, and the figures of the last quarters."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd
import pyarrow.parquet as pq

from goldmine.activity.build import partition_fingerprints
from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.past_offers import releases_out
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.contract.serving_staff import serving
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.dates import month_end
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json, write_json
from goldmine.core.fingerprint import of_code, of_file, of_value
from goldmine.core.i18n import _
from goldmine.core.seals import is_sealed
from goldmine.core.workspace import Workspace, home
from goldmine.coverage import BankSnapshot, load_coverage_rules, make_coverage, missing_for_coverage, read_coverage
from goldmine.coverage.plan import COLUMNS as COVERAGE_COLUMNS
from goldmine.coverage.plan import coverage_path
from goldmine.reporting.customer_mart import COLUMNS, make_mart, mart_path, read_mart
from goldmine.reporting.metric_definitions import Metrics, load_metrics
from goldmine.reporting.metrics import Figures, compute, figures_path, read_figures, save

QUARTERS = 5
"""Quarter ends that the head office's history shows, the snapshot's own included."""


@dataclass(frozen=True)
class ReportData:
    """Data of a view.

    Parameters
    ----------
    bank, work, as_of : Bank, Workspace, date
        The bank, its work folder, and the month end.
    metrics : Metrics
        The definitions.
    history : tuple of Figures
        The figures of the last quarter ends, oldest first; the last is the month end's own.
    """

    bank: Bank
    work: Workspace
    as_of: date
    metrics: Metrics
    history: tuple[Figures, ...]

    @property
    def figures(self) -> Figures:
        """The month end's own figures."""
        return self.history[-1]

    @property
    def figures_before(self) -> Figures | None:
        """The figures of a quarter earlier; None where there are none, such as where the books lack that month."""
        day = month_end(self.as_of, -3)
        return next((figures for figures in self.history if figures.as_of == day), None)

    @cached_property
    def customers(self) -> pd.DataFrame:
        """The month end's customer mart: customers on the books."""
        rows = pd.read_parquet(mart_path(self.work, self.as_of))
        return rows[rows["on_books"]].set_index("customer_id")

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """The month end's assignment of owners; no rows where there is none."""
        if not coverage_path(self.work, self.as_of).exists():
            return pd.DataFrame(columns=list(COVERAGE_COLUMNS))
        return read_coverage(self.work, self.as_of)

    @cached_property
    def contact_tables(self) -> ContactTables:
        """The tables that the contact rules read, with imported results."""
        return ContactTables.open(self.bank, self.work, self.as_of)

    @cached_property
    def contactable(self) -> frozenset[str]:
        """The customers whom staff may contact, as of when a page is made."""
        return may_contact(self.contact_tables, set(self.customers.index), "relationship").allowed_customers

    @cached_property
    def names(self) -> DisplayNames:
        """Names of staff and branches."""
        return display_names(self.bank)

    def named(self, column: str, number: str, language: str) -> str:
        """One number of a column of the column catalogue, such as ``branch_id``, with its name."""
        return str(self.names.beside(column, [number], language)[0])

    @cached_property
    def staff(self) -> pd.DataFrame:
        """Those at work at the month end, by staff_id: branch_id and role."""
        connection = connect()
        rows = self.bank.read(connection, "staff").distinct(on="staff_id", keep="first")
        rows = serving(rows, self.as_of)
        persons = rows.select("staff_id", branch_id=rows.branch_id.fill_null(""), role=rows.role.fill_null(""))
        return persons.to_pandas().set_index("staff_id").sort_index()


def prepare(bank: Bank, work: Workspace, as_of: date) -> ReportData:
    """Assign owners if the bank has staff, build the customer mart, and compute all figures of the last quarters.

    Earlier quarters' marts are built once and kept, since they hold the branches of that time.

    Raises
    ------
    HistoryError
        If the books do not hold the month end.
    GoldmineError
        If the definitions or the rules of coverage cannot be used.
    """
    metrics = load_metrics()
    books = BankSnapshot(connect(), bank, work, as_of)
    if not books.has_month("balances", as_of):
        raise HistoryError(
            _("figures at {as_of}: the books hold no balances of that month.", as_of=as_of),
            _("Read the books at another month end."),
        )
    days = [month_end(as_of, -3 * lag) for lag in reversed(range(QUARTERS))]
    fingerprint = _fingerprint(bank, work, as_of)
    fingerprint_file = mart_path(work, as_of).with_suffix(".fingerprint.json")
    stored = read_json(fingerprint_file, {})
    written = [work.root / name for name in stored.get("files", ())]
    if stored.get("made_from") == fingerprint and all(map(is_sealed, written)):
        return opened(bank, work, as_of)
    if not missing_for_coverage(bank):
        make_coverage(bank, work, as_of, load_coverage_rules())
    for day in days[:-1]:
        if books.has_month("balances", day) and not _is_current(work, day):
            make_mart(BankSnapshot(books.connection, bank, work, day), metrics.moved_in_quarter)
    make_mart(books, metrics.moved_in_quarter)
    current = [day for day in days if _is_current(work, day)]
    for day in current:
        save(work, compute(read_mart(work, day), metrics))
    tables = [path(work, day) for day in current for path in (mart_path, figures_path)]
    files = [file for table in tables for file in (table, table.with_suffix(".json"))]
    names = [file.relative_to(work.root).as_posix() for file in files]
    write_json(fingerprint_file, {"made_from": _fingerprint(bank, work, as_of), "files": names})
    return opened(bank, work, as_of)


def _fingerprint(bank: Bank, work: Workspace, as_of: date) -> str:
    """Fingerprint of all inputs of the figures; they are recomputed only if it changes."""
    settings = [home() / "pipelines" / name for name in ("metrics.yaml", "coverage.yaml")]
    earlier = [*coverage_path(work, as_of).parent.glob("*.parquet"), *mart_path(work, as_of).parent.glob("*.parquet")]
    # Whose contact may be overdue goes by results that came back and by the control of releases, too.
    contacts = [str(folder.relative_to(work.root)) for folder in releases_out(work)]
    contacts += [of_file(work.returned)] if work.returned.exists() else []
    return of_value(
        [
            code_fingerprint(__name__),
            of_code(*settings),
            partition_fingerprints(work),
            {name: sorted(file.fingerprint for file in table.files) for name, table in bank.tables.items()},
            {path.parent.name + path.name: of_file(path) for path in sorted(earlier) if path.stem <= str(as_of)},
            sorted(contacts),
        ]
    )


def opened(bank: Bank, work: Workspace, as_of: date) -> ReportData:
    """The data that `prepare` stored; `prepare` runs first if there are none.

    Raises
    ------
    GoldmineError
        See `prepare`.
    """
    if not figures_path(work, as_of).exists():
        return prepare(bank, work, as_of)
    earlier = [month_end(as_of, -3 * lag) for lag in reversed(range(1, QUARTERS))]
    days = [*(day for day in earlier if figures_path(work, day).exists()), as_of]
    return ReportData(bank, work, as_of, load_metrics(), tuple(read_figures(work, day) for day in days))


def _is_current(work: Workspace, day: date) -> bool:
    path = mart_path(work, day)
    whole = is_sealed(path) and is_sealed(path.with_suffix(".json"))
    return whole and pq.read_schema(path).names == list(COLUMNS)
