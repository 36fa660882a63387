"""Tiered maintenance of one month end: made from customers, staff, rules and the previous assignment, and stored."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contactability import ContactTables, may_contact
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.contract.serving_staff import serving
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError, HistoryError
from goldmine.core.i18n import _
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.coverage.assign import People, assign
from goldmine.coverage.contact_cadence import last_contacts, with_due_dates
from goldmine.coverage.customer_balances import BankSnapshot
from goldmine.coverage.rules import CoverageRules
from goldmine.customers.ladder import level_expression

_NEEDS = {"staff": ("role",), "balances": (), "customers": ()}
_DAYS = ("since", "last_contact_on", "due_on")
COLUMNS = (
    "customer_id", "branch_id", "level", "aum_fen", "tier", "core", "owner_id", "owner_role", "above",
    "previous_id", "previous_branch_id", "change_reason", *_DAYS, "overdue_days",
)  # fmt: skip
"""Columns of an assignment, a row per customer; see `CHANGE_REASONS` and `with_due_dates`.

`overdue_days` is 0 of a customer whom the owner may not contact.
"""


@dataclass(frozen=True)
class Coverage:
    """Tiered maintenance at one month end.

    Parameters
    ----------
    as_of : date
        The month end.
    rows : pandas.DataFrame
        `COLUMNS`.
    people : pandas.DataFrame
        staff_id, branch_id, role, max_customers of the active staff.
    rules : CoverageRules
        The rules of the assignment.
    names : DisplayNames
        Names of staff and branches.
    """

    as_of: date
    rows: pd.DataFrame
    people: pd.DataFrame
    rules: CoverageRules
    names: DisplayNames = field(default_factory=DisplayNames)

    @property
    def moves(self) -> pd.DataFrame:
        """Customers with a new owner who had another one before, by branch and owner."""
        moved = self.rows[~self.rows["change_reason"].isin(["kept", "new"])]
        return moved.sort_values(["branch_id", "owner_id", "customer_id"])

    @property
    def moves_by_reason(self) -> pd.Series:
        """Number of customers with another owner, by the reason that ended the previous assignment."""
        return self.moves["change_reason"].value_counts()

    @property
    def overdue(self) -> pd.DataFrame:
        """Customers whose contact is overdue, the longest overdue first within each owner."""
        late = self.rows[self.rows["overdue_days"] > 0]
        order = ["owner_id", "overdue_days", "aum_fen", "customer_id"]
        return late.sort_values(order, ascending=[True, False, False, True], ignore_index=True)

    @property
    def handover(self) -> pd.DataFrame:
        """Customers of staff who left or moved, by previous and new owner, the most AUM first."""
        left = self.rows[self.rows["change_reason"] == "staff_left"]
        order = ["previous_id", "owner_id", "aum_fen", "customer_id"]
        return left.sort_values(order, ascending=[True, True, False, True], ignore_index=True)

    @property
    def shortage(self) -> pd.DataFrame:
        """Shortage of staff by branch and tier: branch_id, min_aum (yuan), customers, above, nobody; largest first.

        Above counts customers whose owner has a role above the tier's own, nobody those without an owner.
        """
        rows = self.rows.assign(nobody=self.rows["owner_id"].isna())
        table = rows.groupby(["branch_id", "tier"], as_index=False).agg(
            customers=("customer_id", "size"), above=("above", "sum"), nobody=("nobody", "sum")
        )
        table = table[table["above"] + table["nobody"] > 0]
        table = table.assign(min_aum=[self.rules.tiers[tier].min_aum for tier in table["tier"]]).drop(columns="tier")
        return table.sort_values(["nobody", "above", "branch_id"], ascending=[False, False, True], ignore_index=True)

    @property
    def loads(self) -> pd.DataFrame:
        """A row per active person: staff_id, branch_id, role, max_customers, owned_customers, overdue_customers."""
        counts = ("owned_customers", "overdue_customers")
        by_owner = self.rows.groupby("owner_id").agg(
            owned_customers=("customer_id", "size"),
            overdue_customers=("overdue_days", lambda days: int((days > 0).sum())),
        )
        table = self.people.merge(by_owner, how="left", left_on="staff_id", right_index=True)
        return table.fillna(dict.fromkeys(counts, 0)).astype(dict.fromkeys(counts, int))


def missing_for_coverage(bank: Bank) -> list[str]:
    """The tables and columns that tiered maintenance needs and the bank lacks; empty if none."""
    return [
        f"table {table}" if not bank.has(table) else f"column {table}.{', '.join(columns)}"
        for table, columns in _NEEDS.items()
        if not bank.has(table, *columns)
    ]


def coverage_path(work: Workspace, as_of: date) -> Path:
    """Path of a month end's assignment."""
    return work.root / "coverage" / f"{as_of}.parquet"


def make_coverage(bank: Bank, work: Workspace, as_of: date, rules: CoverageRules) -> Coverage:
    """Assign an owner to every customer of the tiers, and store the assignment in the work folder.

    The same inputs and previous assignment give the same result.

    Raises
    ------
    ContractError
        If the bank has no staff with roles, or no balances.
    HistoryError
        If the month end's balances are missing or its activity has not been built.
    """
    if missing := missing_for_coverage(bank):
        raise ContractError(
            _("coverage: this bank has no {names}.", names=", no ".join(missing)),
            _("Map what is missing in bank.yaml."),
        )
    books = BankSnapshot(connect(), bank, work, as_of)
    people = _people(books)
    before = _previous_assignment(books)
    rows = _customers(books).merge(before, how="left", on="customer_id")
    rows = rows.assign(
        # Without a previous assignment, the customer manager in the bank's tables is the previous owner.
        previous_id=rows["owner_id"].fillna(rows["manager_id"]),
        previous_branch_id=rows["previous_branch_id"].fillna(rows["branch_id"]),
        previous_above=rows["previous_above"].eq(True),
    )
    assigned = assign(rows.drop(columns=["owner_id", "manager_id"]), People(people), rules)
    unchanged = (assigned["change_reason"] == "kept") & assigned["since"].notna()
    assigned["since"] = assigned["since"].where(unchanged, pd.Timestamp(as_of))
    permitted = may_contact(ContactTables.open(bank, work, as_of), set(assigned["customer_id"]), "relationship")
    table = with_due_dates(assigned, last_contacts(books), rules, as_of)[list(COLUMNS)]
    # A contact that the rules forbid is nobody's delay.
    table["overdue_days"] = table["overdue_days"].where(table["customer_id"].isin(permitted.allowed_customers), 0)
    table = table.astype(dict.fromkeys(_DAYS, "datetime64[ms]"))
    with sealed_file(coverage_path(work, as_of)) as temporary:
        table.to_parquet(temporary, index=False)
    limits = people["role"].map(dict(rules.max_customers)).fillna(0).astype(int)
    people = people.assign(max_customers=limits)
    return Coverage(as_of, table, people, rules, display_names(bank))


def read_coverage(work: Workspace, as_of: date) -> pd.DataFrame:
    """Read a stored assignment: `COLUMNS`.

    Raises
    ------
    HistoryError
        If that month end has none.
    """
    path = coverage_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("coverage at {as_of}: nobody has been assigned yet.", as_of=as_of),
            _("Run `goldmine coverage` for it first."),
        )
    return pd.read_parquet(path)


def _customers(books: BankSnapshot) -> pd.DataFrame:
    """customer_id, branch_id, manager_id, level and aum_fen of all active customers at the snapshot."""
    people, balances = books.customers(), books.month("balances", books.as_of)
    people = people.filter(people.on_books).select("customer_id", "branch_id", "manager_id")
    balances = balances.group_by("customer_id").agg(aum_fen=balances.aum_avg.sum().cast("int64"))
    balances = balances.rename(holder="customer_id")
    rows = people.left_join(balances, people.customer_id == balances.holder).drop("holder")
    rows = rows.mutate(aum_fen=rows.aum_fen.fill_null(0))
    return rows.mutate(level=level_expression(rows.aum_fen / 100).cast("int64")).to_pandas()


def _people(books: BankSnapshot) -> pd.DataFrame:
    """staff_id, branch_id and role of the active staff at the snapshot, by staff_id."""
    rows = books.bank.read(books.connection, "staff").distinct(on="staff_id", keep="first")
    rows = serving(rows, books.as_of).filter(lambda staff: staff.role.notnull())
    rows = rows.select("staff_id", "role", branch_id=rows.branch_id.fill_null(""))
    return rows.order_by("staff_id").to_pandas()


def _previous_assignment(books: BankSnapshot) -> pd.DataFrame:
    """The latest earlier assignment: customer_id, owner_id, since, previous_branch_id and previous_above.

    A customer whose number was merged since keeps the owner; of several, that of the number that survives, else of the
    one that held most.
    """
    folder = coverage_path(books.work, books.as_of).parent
    earlier = sorted(path for path in folder.glob("*.parquet") if path.stem < str(books.as_of))
    if not earlier:
        names = ["customer_id", "owner_id", "previous_branch_id", "previous_above", "since"]
        return pd.DataFrame(columns=names, dtype="str").astype({"since": "datetime64[us]", "previous_above": "bool"})
    assignment = pd.read_parquet(earlier[-1]).dropna(subset="owner_id")
    # Assignments written before roles above could take over lack the column ``above``.
    number = books.surviving(assignment["customer_id"])
    assignment = assignment.assign(own=number == assignment["customer_id"], customer_id=number)
    assignment = assignment.sort_values(["own", "aum_fen"], ascending=False, kind="stable")
    assignment = assignment.drop_duplicates("customer_id")
    assignment = assignment.reindex(columns=["customer_id", "owner_id", "branch_id", "above", "since"])
    return assignment.rename(columns={"branch_id": "previous_branch_id", "above": "previous_above"})
