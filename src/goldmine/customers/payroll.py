"""Payrolls found in transactions: one payer, the same day of the month, several payees, amounts that repeat.

A payer's payees are split by the day they are usually paid on, since an account may pay for several employers. Whose
staff a group is follows, in this order, from the firm that the account belongs to, the payer's name, and the employer
that most of the group have on record. A labour agency's payees belong to no employer that their group does not show.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from goldmine.contract.bank import Bank
from goldmine.core.dates import month_key, months_back
from goldmine.customers.employer_rules import EmployerRules
from goldmine.customers.source_tables import SourceTables

MAX_PERSONS_NAME = 4
"""Most characters of a person's name in Chinese."""
PAYER_KINDS = ("own", "shared", "agency", "private")
"""An account of the employer's, one that pays for several employers, a labour agency's, a person's."""
_CONCENTRATED = 0.6
"""Least share of a payer's payments that fall on days on which it pays several."""
_SPREAD, _SPREAD_OVER = 0.1, 3
"""An account without an employer's name that pays for so many employers, each with this share, is an agency's."""
_MAJORITY, _MAJORITY_OF = 0.6, 5
"""Share of a group with one employer on record from which the group is that employer's, of so many people or more."""
_MINORITY = 0.08
"""Share of an agency's group from which those with one employer on record are taken to work there."""
_LEAST_NAME = 4
"""Fewest characters of a name that was cut off."""


@dataclass(frozen=True)
class Payrolls:
    """Payrolls of a bank.

    Parameters
    ----------
    payers : pandas.DataFrame
        A row a payer and pay day: payer, day (of the month), payer_name, payer_kind (one of `PAYER_KINDS`),
        payer_customer_id, employer_id, employer_name; payees (in the latest month).
    payments : pandas.DataFrame
        A row a payee, payer and month: customer_id, payer, day, month (YYYY-MM), amount (yuan), employer_id (missing
        where it is not known).
    """

    payers: pd.DataFrame
    payments: pd.DataFrame


def find_payrolls(sources: SourceTables, as_of: date, rules: EmployerRules) -> Payrolls:
    """Find the payrolls of the months up to a snapshot, and the employers they are of.

    Transactions that reached the books after the snapshot are not seen, numbers that were merged by then count as one.
    """
    payments = _payments(sources, as_of, rules)
    payments = _usual(payments[payments["payer"].isin(_payers(payments, rules))])
    payments = payments.drop(columns="day").merge(_pay_days(payments), on=["payer", "customer_id"])
    payments["day"] = _large_groups(payments, rules.min_payees)
    known = _employers(sources, as_of)
    payments = payments.merge(known.on_record, "left", "customer_id")
    accounts = _accounts(payments, known, rules)
    staff = payments.join(accounts[["named", "is_agency"]], on="payer")
    staff["employer_id"] = _works_at(staff, rules)
    payers = _groups(staff, accounts, known)
    columns = ["customer_id", "payer", "day", "month", "amount", "employer_id"]
    return Payrolls(payers, staff[columns].sort_values(columns[:4], ignore_index=True))


def _payments(sources: SourceTables, as_of: date, rules: EmployerRules) -> pd.DataFrame:
    """What payers with enough payees on one day, in two months or more, paid to whom in which month."""
    months = [month_key(day) for day in months_back(as_of, rules.months)]
    moves = sources.bank.read(sources.connection, "transactions", months)
    payer = ibis.coalesce(moves.counterparty, moves.counterparty_name)
    known = moves.known_on.isnull() | (moves.known_on <= ibis.literal(as_of))
    public = ibis.coalesce(moves.counterparty_name, "").re_search("|".join(map(re.escape, rules.public_words)))
    wages = (moves.kind == "salary") | ((moves.kind.isnull() | (moves.kind == "transfer")) & ~public)
    moves = moves.filter(moves.direction == "in", payer.notnull(), known, wages, moves.time.date() <= as_of)
    moves = moves.distinct(on="transaction_id", keep="first")
    moves = moves.select(
        "customer_id",
        "counterparty_customer_id",
        "counterparty_name",
        payer=ibis.coalesce(moves.counterparty, moves.counterparty_name),
        month=moves.time.strftime("%Y-%m"),
        day=moves.time.day().cast("int64"),
        amount=moves.amount.cast("float64"),
    )
    moves = sources.under_survivors(moves, as_of, ("customer_id", "counterparty_customer_id"))
    many = moves.group_by("payer", "month", "day").agg(payees=moves.customer_id.nunique())
    many = many.filter(many.payees >= rules.min_payees)
    often = many.group_by("payer").agg(months=many.month.nunique())
    moves = moves.semi_join(often.filter(often.months > 1), "payer")
    days = many.select("payer", "month", "day", many_on_day=ibis.literal(True))
    moves = moves.left_join(days, ["payer", "month", "day"])
    grouped = moves.group_by("payer", "customer_id", "month").agg(
        day=moves.day.min(),
        amount=moves.amount.sum(),
        name=moves.counterparty_name.max(),
        longest_name=moves.counterparty_name.argmax(moves.counterparty_name.length()),
        payer_customer_id=moves.counterparty_customer_id.max(),
        on_payday=moves.many_on_day.fill_null(False).any(),
    )
    return (
        sources.connection.to_pyarrow(grouped)
        .to_pandas()
        .sort_values(["payer", "customer_id", "month"], ignore_index=True)
    )


def _payers(payments: pd.DataFrame, rules: EmployerRules) -> pd.Index:
    """Payers whose payees, days and amounts repeat."""
    number = payments["month"].str[:4].astype(int) * 12 + payments["month"].str[5:].astype(int)
    by_payee = payments.assign(number=number).groupby(["payer", "customer_id"])
    gap, before = by_payee["number"].diff(), by_payee["amount"].shift()
    change = (payments["amount"] / before - 1).abs().where(gap == 1)
    first = number.groupby(payments["payer"]).transform("min")
    later = number > first
    figures = pd.DataFrame(
        {
            "payer": payments["payer"],
            "on_payday": payments["on_payday"].astype(float),
            "repeat": (gap == 1).astype(float).where(later),
            "change": change,
        }
    ).groupby("payer")
    mean, middle = figures[["on_payday", "repeat"]].mean(), figures["change"].median()
    like = (mean["on_payday"] >= _CONCENTRATED) & (mean["repeat"] >= rules.min_repeat) & (middle <= rules.max_change)
    return like.index[like]


def _usual(payments: pd.DataFrame) -> pd.DataFrame:
    """The payments on pay days, and those to people whom the payer pays in other months too."""
    months = payments.groupby(["payer", "customer_id"])["month"].transform("size")
    return payments[payments["on_payday"] | (months > 1)].copy()


def _pay_days(payments: pd.DataFrame) -> pd.DataFrame:
    """The day on which each payer paid each payee most often, of equals the earliest."""
    counts = payments.groupby(["payer", "customer_id", "day"]).size().rename("times").reset_index()
    counts = counts.sort_values(["payer", "customer_id", "times", "day"], ascending=[True, True, False, True])
    return counts.drop_duplicates(["payer", "customer_id"])[["payer", "customer_id", "day"]]


def _large_groups(payments: pd.DataFrame, least: int) -> pd.Series:
    """Each payment's pay day, that of the payer's largest group where its own group is too small."""
    size = payments.groupby(["payer", "day"])["customer_id"].nunique().rename("size").reset_index()
    size = size.sort_values(["payer", "size", "day"], ascending=[True, False, True])
    largest = size.drop_duplicates("payer").set_index("payer")["day"]
    small = size[size["size"] < least].set_index(["payer", "day"]).index
    is_small = pd.MultiIndex.from_frame(payments[["payer", "day"]]).isin(small)
    return payments["day"].where(~is_small, payments["payer"].map(largest))


@dataclass(frozen=True)
class _Employers:
    """What the books say: employers by number, firm and name; each customer's employer on record; who is a firm."""

    names: dict[str, str]
    by_firm: dict[str, str]
    by_name: dict[str, str]
    on_record: pd.DataFrame
    firms: dict[str, str]

    def named(self, name: str, account_words: list[str]) -> str | None:
        """The employer that a payer's name is of, whole or cut off."""
        plain = plain_name(name, account_words)
        if plain in self.by_name:
            return self.by_name[plain]
        if len(plain) < _LEAST_NAME:
            return None
        begun = {employer for known, employer in self.by_name.items() if known.startswith(plain)}
        return begun.pop() if len(begun) == 1 else None


def plain_name(name: str, account_words: list[str]) -> str:
    """A payer's name as it is compared: without gaps, and without the word for the account at its end.

    Examples
    --------
    >>> plain_name("River Mill Payroll ", ["payroll"]), plain_name("Abc Ltd", [])
    ('rivermill', 'abcltd')
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).lower()
    for word in sorted(account_words, key=len, reverse=True):
        plain = plain.removesuffix(re.sub(r"\s+", "", word).lower())
    return plain


def _employers(sources: SourceTables, as_of: date) -> _Employers:
    bank, connection = sources.bank, sources.connection
    rows = sources.employers(as_of)
    customers = bank.read(connection, "customers").select("customer_id", "employer_id", "kind", "name", "opened_on")
    customers = customers.filter(customers.opened_on.isnull() | (customers.opened_on <= ibis.literal(as_of)))
    employed = sources.under_survivors(customers.filter(customers.employer_id.notnull()), as_of)
    on_record = employed.group_by("customer_id").agg(on_record=employed.employer_id.max())
    firms = connection.to_pyarrow(customers.filter(customers.kind == "firm").select("customer_id", "name")).to_pandas()
    named = rows.dropna(subset=["name"])
    plain = [plain_name(name, []) for name in named["name"]]
    once = pd.Series(plain).duplicated(keep=False).to_numpy()
    owned = rows.dropna(subset=["customer_id"])
    return _Employers(
        dict(zip(named["employer_id"], named["name"], strict=True)),
        dict(zip(owned["customer_id"], owned["employer_id"], strict=True)),
        {name: employer for name, employer, twice in zip(plain, named["employer_id"], once, strict=True) if not twice},
        connection.to_pyarrow(on_record).to_pandas(),
        dict(zip(firms["customer_id"], firms["name"].fillna(""), strict=True)),
    )


def _accounts(payments: pd.DataFrame, known: _Employers, rules: EmployerRules) -> pd.DataFrame:
    """By payer: payer_name (the longest), payer_customer_id, named (employer of its names), is_agency, is_private."""
    once = payments.drop_duplicates(["payer", "customer_id"])
    shares = once.groupby(["payer", "on_record"]).size() / once.groupby("payer")["on_record"].count()
    employers = (shares >= _SPREAD).groupby("payer").sum().to_dict()
    texts = payments.dropna(subset=["longest_name"]).groupby("payer")["longest_name"].unique().to_dict()
    ours = payments.groupby("payer")["payer_customer_id"].first()
    rows = []
    for payer, customer in ours.astype(object).where(ours.notna(), None).items():
        names = sorted(texts.get(payer, ()), key=lambda text: (len(text), text))
        name = next((text for text in names if len(text) == len(names[-1])), "")
        named = known.by_firm.get(customer or "") or next(
            (found for text in names if (found := known.named(text, rules.account_words))), None
        )
        person = named is None and _is_person(customer, name, known)
        agency = any(word.lower() in name.lower() for word in rules.agency_words) or (
            named is None and not person and employers.get(payer, 0) >= _SPREAD_OVER
        )
        private = person and not agency
        rows.append((payer, name, customer, None if agency else named, agency, private))
    columns = ["payer", "payer_name", "payer_customer_id", "named", "is_agency", "is_private"]
    types = {"is_agency": bool, "is_private": bool}
    return pd.DataFrame(rows, columns=columns, dtype=object).astype(types).set_index("payer")


def _works_at(staff: pd.DataFrame, rules: EmployerRules) -> pd.Series:
    """The employer of each payment: that of most of the group on record, else the one that the payer's name is of.

    Of an agency's groups it is the one on record, where enough of the group have it.
    """
    group = ["payer", "day"]
    counts = staff.drop_duplicates([*group, "customer_id"]).groupby([*group, "on_record"]).size().rename("people")
    counts = counts.reset_index()
    share = counts["people"] / counts.groupby(group)["people"].transform("sum")
    top = counts[share >= _MAJORITY].rename(columns={"on_record": "top", "people": "top_people"})
    likely = counts.loc[(share >= _MINORITY) & (counts["people"] >= rules.min_payees), [*group, "on_record"]]
    rows = staff[[*group, "on_record", "named", "is_agency"]].merge(top, "left", group)
    rows = rows.merge(likely.assign(is_likely=True), "left", [*group, "on_record"])
    of_record = rows["on_record"].astype(object).where(rows["is_likely"].notna(), rows["top"].astype(object))
    least = rows["named"].isna().map({True: rules.min_payees, False: _MAJORITY_OF})
    of_name = rows["named"].where(~(rows["top_people"] >= least), rows["top"].astype(object))
    return of_record.where(rows["is_agency"], of_name).set_axis(staff.index)


def _groups(staff: pd.DataFrame, accounts: pd.DataFrame, known: _Employers) -> pd.DataFrame:
    """A row a payer, pay day and employer: the account, and how many it pays in its latest month."""
    latest = staff["month"] == staff.groupby("payer")["month"].transform("max")
    groups = staff.assign(payee=staff["customer_id"].where(latest)).groupby(
        ["payer", "day", "employer_id"], dropna=False
    )
    payers = groups["payee"].nunique().rename("payees").reset_index().astype({"employer_id": object})
    payers = payers.join(accounts, on="payer")
    several = payers.groupby("payer")["employer_id"].transform("nunique") > 1
    payers["payer_kind"] = np.select(
        [payers["is_agency"], payers["is_private"], several], ["agency", "private", "shared"], "own"
    )
    title = payers["employer_id"].map(known.names).astype(object).fillna("")
    account = payers["payer_customer_id"].map(known.firms).astype(object).fillna("")
    account = account.where(account != "", payers["payer_name"])
    own = (title != "") | payers["is_agency"] | payers["is_private"]
    payers["employer_name"] = title.where(own, account)
    return payers[_PAYER_COLUMNS]


_PAYER_COLUMNS = [
    *("payer", "day", "payer_name", "payer_kind", "payer_customer_id"),
    *("employer_id", "employer_name", "payees"),
]


def _is_person(customer: str | None, name: str, known: _Employers) -> bool:
    """Whether an account is a person's: a customer who is no firm, or a name of two to four characters."""
    if customer is not None:
        return customer not in known.firms
    return 1 < len(name) <= MAX_PERSONS_NAME and not name.isascii()


def has_payers(bank: Bank) -> bool:
    """Whether transactions say who is on the other side."""
    return bank.has("transactions", "counterparty") or bank.has("transactions", "counterparty_name")
