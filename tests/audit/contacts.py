"""Who may be contacted, and the draw of the universal hold-out, recomputed as docs/campaigns.md says."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import yaml

from tests.audit.books import Books

CHANNELS = ("call", "visit", "sms", "app", "counter", "wechat")


def first_rule(books: Books, customers: pd.Index, as_of: pd.Timestamp, held: set[str], purpose: str) -> pd.Series:
    """By customer, the first rule that excludes them, or empty.

    Parameters
    ----------
    held : set of str
        The universal hold-out and the control in force.
    purpose : {"marketing_list", "wealth_list", "on_request_list"}
        Wealth products need suitability; who refused calls is not on a list made on request.
    """
    tables, people = books.tables, books.tables["customers"].set_index("customer_id")
    ledger = tables["suppressions"]
    ledger = ledger[ledger.end_date.isna() | (ledger.end_date >= as_of)]
    whole = ledger[ledger.channel.isna()]
    by_channel = ledger.groupby("customer_id").channel.nunique()
    staff = tables["staff"]
    staff = staff.customer_id[staff.left_on.isna() | (staff.left_on > as_of)].dropna()
    excluded = {
        "closed": set(people.index[people.closed_on.notna()]),
        "merged": set(people.index[people.merged_into.notna()]),
        "deceased": _person(books, as_of, whole.customer_id[whole.reason == "deceased"]),
        "frozen": _person(books, as_of, whole.customer_id[whole.reason == "frozen"]),
        "staff": _person(books, as_of, staff),
        "minor": set(people.index[people.birth_date > as_of - pd.DateOffset(years=18)]),
        "opted_out": _person(books, as_of, people.index[people.marketing_consent.eq(False)]),
        "consent_unknown": set(people.index[people.marketing_consent.isna()]),
        "refused": _person(books, as_of, tables["contacts"].customer_id[tables["contacts"].answer == "opt_out"]),
        "complained": _person(books, as_of, whole.customer_id[whole.reason == "complaint"]),
        "disputed": _person(books, as_of, whole.customer_id[whole.reason.isin(["litigation", "debt_collection"])]),
        "suppressed": _person(books, as_of, [*whole.customer_id, *by_channel.index[by_channel == len(CHANNELS)]]),
        "channel": _person(books, as_of, ledger.customer_id[ledger.channel == "call"])
        if purpose == "on_request_list"
        else set(),
        **(_unsuitable(books, as_of) if purpose == "wealth_list" else {}),
        "control": held,
    }
    rules = pd.Series(None, customers, dtype=object)
    for rule, numbers in excluded.items():
        rules[rules.isna() & rules.index.isin(numbers)] = rule
    return rules


def last_day_of_assessment(books: Books) -> pd.Series:
    """The last of the 12 months of each customer's risk assessment."""
    people = books.tables["customers"].set_index("customer_id")
    return people.risk_grade_on + pd.DateOffset(months=12) - pd.Timedelta(days=1)


def _unsuitable(books: Books, as_of: pd.Timestamp) -> dict[str, set[str]]:
    """By rule, whom no wealth product suits on the day after the snapshot."""
    people, products = books.tables["customers"].set_index("customer_id"), books.tables["products"]
    lowest = products.risk_grade[products.product_class == "wealth"].str[1].astype(int).min()
    in_date = last_day_of_assessment(books) > as_of
    return {
        "age_unknown": set(people.index[people.birth_date.isna()]),
        "not_assessed": set(people.index[people.risk_grade.isna()]),
        "assessment_old": set(people.index[~in_date]),
        "unsuited": set(people.index[~(people.risk_grade.str[1].astype(float) >= lowest)]),
    }


def _person(books: Books, as_of: pd.Timestamp, numbers: pd.Index | pd.Series | list[str]) -> set[str]:
    """Numbers, and those that survive them: a refusal under one number is one of the person."""
    return set(numbers) | set(books.survivors(as_of).reindex(list(numbers)).dropna())


def held_back(books: Books, work: Path, settings: Path, as_of: pd.Timestamp) -> set[str]:
    """The universal hold-out at a day, and the control of the newest release while its offers are valid."""
    holdout = yaml.safe_load((settings / "offers.yaml").read_text("utf-8"))["holdout"]
    salt = (work / "holdout.salt").read_text("utf-8")
    numbers = books.tables["customers"].customer_id
    drawn = numbers.map(lambda number: int(hashlib.sha256(f"{salt}|{number}".encode()).hexdigest()[:15], 16) / 16**15)
    held = _person(books, as_of, numbers[drawn < holdout["share"]])
    release = newest_release(work, as_of)
    for path in release.glob("campaigns/*/control.parquet") if release else ():
        held |= _person(books, as_of, pd.read_parquet(path).customer_id)
    return held


def newest_release(work: Path, as_of: pd.Timestamp) -> Path | None:
    """The newest release of a snapshot, if there is one."""
    found = (work / "releases" / str(as_of.date())).glob("*/manifest.json")
    newest = max(found, key=lambda path: json.loads(path.read_text("utf-8"))["created_at"], default=None)
    return newest.parent if newest else None
