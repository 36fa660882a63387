"""An employer's people: who is paid here, is new, left or is paid elsewhere, at what level, and what each may lack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.contract.serving_staff import without_leavers
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.masked import masked_names
from goldmine.customers.employer_rules import EmployerRules
from goldmine.customers.payroll import Payrolls
from goldmine.customers.source_tables import SourceTables

STATUSES = ("paid", "new", "left", "elsewhere")
"""Paid here this month, for the first time, no longer, or not here though at an employer that pays here."""
LEVELS = ("staff", "middle", "senior")
YEAR = 12
ISSUED = ("social_security_card", "mobile_bank", "credit_card")
"""Products whose day, as `<product>_on`, stands with the customer."""
GROUPS = (
    *("employer_name", "industry", "payer_kind", "paid_staff", "middle_staff", "senior_staff", "new_staff"),
    *("left_staff", "elsewhere_staff", "expected_value"),
)
"""Columns of an employer that stand beside the lists."""


@dataclass(frozen=True)
class EmployerStaff:
    """Employers and their people at a snapshot.

    Parameters
    ----------
    people : pandas.DataFrame
        From `staff_on_books`.
    needs : pandas.DataFrame
        From `with_needs`.
    employers : pandas.DataFrame
        From `employer_table`.
    """

    people: pd.DataFrame
    needs: pd.DataFrame
    employers: pd.DataFrame

    @property
    def people_paid(self) -> int:
        """Customers whose wages come through the bank this month."""
        return int(self.needs.loc[self.needs["pay_status"].isin(["paid", "new"]), "customer_id"].nunique())

    @property
    def groups(self) -> pd.DataFrame:
        """The employers with the columns that people get."""
        return self.employers[list(GROUPS)]


def employer_staff(sources: SourceTables, payrolls: Payrolls, as_of: date, rules: EmployerRules) -> EmployerStaff:
    """Work out the month's roll, what everybody on it lacks, and the employers' table."""
    people = staff_on_books(sources, as_of)
    on_record = people.loc[people["employer_id"].notna(), ["customer_id", "employer_id"]]
    needs = with_needs(payroll_roll(payrolls, on_record, as_of, rules), people, rules)
    values = product_values(needs, _deposits(sources, as_of), rules)
    return EmployerStaff(people, needs, employer_table(needs, payrolls, sources.employers(as_of), values))


def product_values(needs: pd.DataFrame, deposits: pd.Series, rules: EmployerRules) -> dict[str, float]:
    """What each person who lacks a product is worth at a visit, yuan a year; products of known worth only.

    Parameters
    ----------
    needs : pandas.DataFrame
        customer_id and pay_status of an employer's people.
    deposits : pandas.Series
        Yuan by customer number; empty where the bank has no balances.
    """
    values: dict[str, float] = {
        name: worth.value * worth.rate
        for name, worth in rules.products.items()
        if worth.value is not None and worth.rate is not None
    }
    payroll = rules.products.get("payroll")
    if payroll is None or payroll.value is not None or payroll.rate is None or rules.deposit_margin is None:
        return values
    held = needs["customer_id"].map(deposits)
    paid, elsewhere = needs["pay_status"].isin(["paid", "new"]), needs["pay_status"] == "elsewhere"
    if deposits.empty or not paid.any() or not elsewhere.any():
        return values
    more = held[paid].fillna(0).mean() - held[elsewhere].fillna(0).mean()
    return values | {"payroll": round(max(more, 0.0) * rules.deposit_margin * payroll.rate, 2)}


def _deposits(sources: SourceTables, as_of: date) -> pd.Series:
    """Demand and time deposits at the month end by customer number, yuan."""
    bank, connection = sources.bank, sources.connection
    rows = bank.read(connection, "balances", [month_key(as_of)])
    rows = rows.filter(rows.product_class.isin(("demand", "time"))).select("customer_id", "balance")
    rows = sources.under_survivors(rows, as_of)
    sums = rows.group_by("customer_id").agg(yuan=rows.balance.sum().cast("float64"))
    return connection.to_pyarrow(sums).to_pandas().set_index("customer_id")["yuan"]


def payroll_roll(payrolls: Payrolls, on_record: pd.DataFrame, as_of: date, rules: EmployerRules) -> pd.DataFrame:
    """The roll of a month: a row a customer and employer, all employers that are not known as one.

    Who is paid by several payers of the employer stands by the one that pays now, else by the last, and of those by the
    one that pays most.

    Parameters
    ----------
    on_record : pandas.DataFrame
        customer_id and employer_id of customers on the books whose employer is on record.

    Returns
    -------
    pandas.DataFrame
        customer_id, payer and employer_id (each missing where it is not known), pay_status (one of `STATUSES`),
        pay_level (one of `LEVELS`) and last_paid (the month, YYYY-MM), both missing for who is paid elsewhere.
    """
    month, payments = month_key(as_of), payrolls.payments
    by_payee = payments.groupby(["customer_id", "payer", "day"], as_index=False).agg(
        first=("month", "min"), last=("month", "max"), amount=("amount", "median"), employer_id=("employer_id", "last")
    )
    # A payer that is known as no employer stands for itself.
    of_whom = by_payee["employer_id"].fillna("payer " + by_payee["payer"])
    began = by_payee.groupby(["customer_id", of_whom])["first"].transform("min")
    is_new = (began == month) & (by_payee.groupby(of_whom)["first"].transform("min") < month)
    status = np.select([by_payee["last"] < month, is_new], ["left", "new"], "paid")
    by_employer = by_payee.assign(employer=by_payee["employer_id"].fillna(""))
    middle = by_employer.groupby(["payer", "day", "employer"])["amount"].transform("median")
    level = np.digitize(by_payee["amount"] / middle, [rules.middle_pay, rules.senior_pay])
    roll = by_payee.assign(pay_status=status, pay_level=np.array(LEVELS)[level])
    # Who is paid by another payer of the employer now has not left it.
    order = roll["pay_status"].map({name: place for place, name in enumerate(("paid", "new", "left"))})
    best = {"customer_id": True, "order": True, "last": False, "amount": False, "payer": True}
    roll = roll.assign(order=order).sort_values(list(best), ascending=list(best.values()))
    roll = roll.drop_duplicates(["customer_id", "employer_id"])
    paying = set(payrolls.payers["employer_id"].dropna())
    paid_now = set(roll.loc[roll["pay_status"] != "left", "customer_id"])
    others = on_record[on_record["employer_id"].isin(paying) & ~on_record["customer_id"].isin(paid_now)]
    gone = roll.loc[roll["pay_status"] == "left", ["customer_id", "employer_id"]]
    others = others.merge(gone, "left", ["customer_id", "employer_id"], indicator="seen")
    others = others.loc[others["seen"] == "left_only", ["customer_id", "employer_id"]].assign(pay_status="elsewhere")
    roll = roll.rename(columns={"last": "last_paid"})
    columns = ["customer_id", "payer", "employer_id", "pay_status", "pay_level", "last_paid"]
    return pd.concat([roll[columns], others], ignore_index=True).reindex(columns=columns)


def staff_on_books(sources: SourceTables, as_of: date) -> pd.DataFrame:
    """Customers on the books: branch, manager, kind, employer on record, and what they have of what may be offered.

    Returns
    -------
    pandas.DataFrame
        customer_id, branch_id, manager_id, kind, employer_id, and a flag for each product that the bank's tables show:
        social_security_card, mobile_bank and credit_card (under any number of the person), utilities and wallet (used
        within a year), credit_line (a loan drawn within a year).
    """
    bank, connection = sources.bank, sources.connection
    day = ibis.literal(as_of)
    rows = without_leavers(connection, bank, bank.read(connection, "customers"), as_of)
    columns = ["customer_id", "branch_id", "manager_id", "kind", "employer_id"]
    here = rows.filter(
        rows.opened_on.isnull() | (rows.opened_on <= day), rows.closed_on.isnull() | (rows.closed_on > day)
    )
    survivors = sources.customers(as_of).select(kept="customer_id")
    kept = here.semi_join(survivors, here.customer_id == survivors.kept).select(*columns)
    people = connection.to_pyarrow(kept).to_pandas()
    for name, customers in (_issued(sources, as_of) | _used(sources, as_of)).items():
        people[name] = people["customer_id"].isin(customers)
    return people.sort_values("customer_id", ignore_index=True)


def _issued(sources: SourceTables, as_of: date) -> dict[str, set[str]]:
    """Who has a card or mobile banking, under any of their numbers, for what the bank's tables show."""
    rows = sources.bank.read(sources.connection, "customers")
    shown = [name for name in ISSUED if sources.bank.has("customers", f"{name}_on")]
    return {name: _numbers(sources, rows.filter(rows[f"{name}_on"] <= ibis.literal(as_of)), as_of) for name in shown}


def _used(sources: SourceTables, as_of: date) -> dict[str, set[str]]:
    """Who used what within a year, for what the bank's tables show."""
    bank, connection = sources.bank, sources.connection
    moves = bank.read(connection, "transactions", [month_key(day) for day in months_back(as_of, YEAR)])
    moves = moves.filter(moves.time.date() <= ibis.literal(as_of))
    events = bank.read(connection, "product_events")
    since, until = ibis.literal(month_end(as_of, -YEAR)), ibis.literal(as_of)
    shown = {
        "utilities": ("transactions", "kind", moves.filter(moves.kind == "utility", moves.direction == "out")),
        "wallet": ("transactions", "channel", moves.filter(moves.channel == "third_party")),
        "credit_line": (
            "product_events",
            "event",
            events.filter(events.event == "loan_drawn", events.happened_on > since, events.happened_on <= until),
        ),
    }
    return {
        name: _numbers(sources, rows, as_of) for name, (table, column, rows) in shown.items() if bank.has(table, column)
    }


def _numbers(sources: SourceTables, rows: ibis.Table, as_of: date) -> set[str]:
    """The surviving customer numbers of some rows."""
    numbers = sources.under_survivors(rows.select("customer_id"), as_of).distinct()
    return set(sources.connection.to_pyarrow(numbers)["customer_id"].to_pylist())


def with_needs(roll: pd.DataFrame, people: pd.DataFrame, rules: EmployerRules) -> pd.DataFrame:
    """The roll with branch and manager, a flag `lacks_<product>` each, and the next best product.

    Who left the employer is asked for nothing at it: `next_best` is empty.
    """
    rows = roll.merge(people.drop(columns=["employer_id", "kind"]), on="customer_id")
    is_paid = rows["pay_status"].isin(["paid", "new"])
    products = [name for name in rules.products if name == "payroll" or name in people]
    for name in products:
        has = is_paid if name == "payroll" else rows[name].astype(bool)
        rows[f"lacks_{name}"] = ~has & (rows["pay_status"] != "left")
    # The last column is of those who lack nothing; it is the only one where the bank knows none of the products.
    lacks = np.column_stack([*(rows[f"lacks_{name}"] for name in products), np.ones(len(rows), dtype=bool)])
    rows["next_best"] = np.array([*products, None], dtype=object)[lacks.argmax(axis=1)]
    return rows.drop(columns=[name for name in products if name in rows])


def employer_table(
    staff: pd.DataFrame, payrolls: Payrolls, employers: pd.DataFrame, values: Mapping[str, float]
) -> pd.DataFrame:
    """A row an employer whose payroll was found, the most promising visit first.

    Parameters
    ----------
    staff : pandas.DataFrame
        From `with_needs`.
    employers : pandas.DataFrame
        employer_id and industry, as the bank has them.
    values : mapping of str to float
        From `product_values`.

    Returns
    -------
    pandas.DataFrame
        employer_id, employer_name, industry, payer_kind; paid_staff, of them middle_staff and senior_staff; new_staff,
        left_staff and elsewhere_staff; `lacks_<product>` (people); expected_value (yuan a year of a visit: for each
        product, who lacks it times the share that takes it times what it is worth; missing where no worth is known,
        and those with the most people come first then).
    """
    known = payrolls.payers.dropna(subset=["employer_id"]).sort_values(["payees", "payer"], ascending=[False, True])
    table = known.drop_duplicates("employer_id")[["employer_id", "employer_name", "payer_kind"]]
    paid = staff["pay_status"].isin(["paid", "new"])
    flags = {
        "paid_staff": paid,
        "middle_staff": paid & (staff["pay_level"] == "middle"),
        "senior_staff": paid & (staff["pay_level"] == "senior"),
        **{f"{name}_staff": staff["pay_status"] == name for name in ("new", "left", "elsewhere")},
        **{column: staff[column] for column in staff if column.startswith("lacks_")},
    }
    counts = pd.DataFrame(flags).astype(int).groupby(staff["employer_id"]).sum()
    table = table.merge(counts, "left", left_on="employer_id", right_index=True).fillna(dict.fromkeys(flags, 0))
    table = table.astype(dict.fromkeys(flags, int))
    worth = [table[f"lacks_{name}"] * value for name, value in values.items() if f"lacks_{name}" in table]
    table = table.merge(employers[["employer_id", "industry"]], "left", "employer_id")
    table["expected_value"] = sum(worth).round(2) if worth else np.nan
    order = ["expected_value", "paid_staff", "employer_id"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def firms_without_payroll(sources: SourceTables, people: pd.DataFrame, payrolls: Payrolls, as_of: date) -> pd.DataFrame:
    """Corporate clients that pay no wages here, those with the most people on record first.

    Returns
    -------
    pandas.DataFrame
        customer_id, branch_id, manager_id, employer_name, industry, staff_on_record.
    """
    firms = people[people["kind"] == "firm"]
    rows = sources.employers(as_of).dropna(subset=["customer_id"]).drop_duplicates("customer_id")
    firms = firms[["customer_id", "branch_id", "manager_id"]].merge(rows, "left", "customer_id")
    pays = firms["customer_id"].isin(payrolls.payers["payer_customer_id"].dropna())
    pays |= firms["employer_id"].isin(payrolls.payers["employer_id"].dropna())
    firms = firms[~pays]
    on_record = people["employer_id"].value_counts()
    firms["staff_on_record"] = firms["employer_id"].map(on_record).fillna(0).astype(int)
    firms = firms.rename(columns={"name": "employer_name"}).drop(columns="employer_id")
    return firms.sort_values(["staff_on_record", "customer_id"], ascending=[False, True], ignore_index=True)


def key_people(sources: SourceTables, people: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Executives and shareholders of corporate clients: customer_id, branch_id, manager_id, employer_name.

    The name of a client that is no firm may be its owner's: it is masked.
    """
    bank, connection = sources.bank, sources.connection
    ties = bank.read(connection, "relations")
    day = ibis.literal(as_of)
    ties = ties.filter(
        ties.relation.isin(["executive", "shareholder"]),
        ties.since.isnull() | (ties.since <= day),
        ties.ended_on.isnull() | (ties.ended_on > day),
    )
    names = bank.read(connection, "customers").select(firm="customer_id", employer_name="name", firm_kind="kind")
    ties = ties.select(firm="customer_id", customer_id="related_id").join(names, "firm")
    rows = connection.to_pyarrow(sources.under_survivors(ties, as_of)).to_pandas()
    masked = masked_names(pa.array(rows["employer_name"], pa.string())).to_pandas()
    rows["employer_name"] = rows["employer_name"].where(rows["firm_kind"] == "firm", masked)
    persons = people.loc[people["kind"] != "firm", ["customer_id", "branch_id", "manager_id"]]
    found = persons.merge(rows[["customer_id", "employer_name"]], on="customer_id").drop_duplicates()
    return found.sort_values(["employer_name", "customer_id"], ignore_index=True)
