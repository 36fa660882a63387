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
        The universal hold-out and the control in force; for a campaign, the control of other campaigns in force.
    purpose : {"marketing_list", "wealth_list", "campaign", "on_request_list"}
        Wealth products need suitability; who refused calls is not on a list made on request.
    """
    tables, people = books.tables, books.tables["customers"].set_index("customer_id")
    ledger = _open_ledger(books, as_of)
    whole = ledger[ledger.channel.isna()]
    survivors = books.survivors(as_of)
    survivor = ledger.customer_id.map(lambda number: survivors.get(number, number))
    by_channel = ledger.groupby(survivor).channel.nunique()
    staff = tables["staff"]
    staff = staff.customer_id[staff.left_on.isna() | (staff.left_on > as_of)].dropna()
    excluded = {
        "closed": set(people.index[people.closed_on.notna()]),
        "merged": set(people.index[people.merged_into.notna()]),
        "deceased": person(books, as_of, whole.customer_id[whole.reason == "deceased"]),
        "frozen": person(books, as_of, whole.customer_id[whole.reason == "frozen"]),
        "staff": person(books, as_of, staff),
        "minor": set(people.index[people.birth_date > as_of - pd.DateOffset(years=18)]),
        "opted_out": person(books, as_of, people.index[people.marketing_consent.eq(False)]),
        "consent_unknown": set(people.index[people.marketing_consent.isna()]),
        "refused": person(books, as_of, tables["contacts"].customer_id[tables["contacts"].answer == "opt_out"]),
        "complained": person(books, as_of, whole.customer_id[whole.reason == "complaint"]),
        "disputed": person(books, as_of, whole.customer_id[whole.reason.isin(["litigation", "debt_collection"])]),
        "suppressed": person(books, as_of, [*whole.customer_id, *by_channel.index[by_channel == len(CHANNELS)]]),
        "channel": refused_channel(books, as_of, "call") if purpose == "on_request_list" else set(),
        **(_unsuitable(books, as_of) if purpose == "wealth_list" else {}),
        "other_control" if purpose == "campaign" else "control": held,
    }
    rules = pd.Series(None, customers, dtype=object)
    for rule, numbers in excluded.items():
        rules[rules.isna() & rules.index.isin(numbers)] = rule
    return rules


def refused_channel(books: Books, as_of: pd.Timestamp, channel: str) -> set[str]:
    """Who refused one channel, or whom the ledger excludes from it."""
    ledger = _open_ledger(books, as_of)
    return person(books, as_of, ledger.customer_id[ledger.channel == channel])


def _open_ledger(books: Books, as_of: pd.Timestamp) -> pd.DataFrame:
    """Rows that are not over; one that begins later counts too."""
    ledger = books.tables["suppressions"]
    return ledger[ledger.end_date.isna() | (ledger.end_date >= as_of)]


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


def person(books: Books, as_of: pd.Timestamp, numbers: pd.Index | pd.Series | list[str]) -> set[str]:
    """Numbers, and those that survive them: a refusal under one number is one of the person."""
    return set(numbers) | set(books.survivors(as_of).reindex(list(numbers)).dropna())


def in_holdout(books: Books, work: Path, settings: Path, as_of: pd.Timestamp) -> set[str]:
    """The universal hold-out at a day."""
    holdout = yaml.safe_load((settings / "offers.yaml").read_text("utf-8"))["holdout"]
    numbers = books.tables["customers"].customer_id
    drawn = numbers.map(lambda number: hashed(salt_of(work), number))
    return person(books, as_of, numbers[drawn < holdout["share"]])


def salt_of(work: Path) -> str:
    """The bank's salt."""
    return (work / "holdout.salt").read_text("utf-8")


def hashed(*texts: str) -> float:
    """A number from 0 to 1: the first 15 hexadecimal digits of the SHA-256 of the texts."""
    return int(hashlib.sha256("|".join(texts).encode()).hexdigest()[:15], 16) / 16**15


def held_back(books: Books, work: Path, settings: Path, as_of: pd.Timestamp) -> set[str]:
    """The universal hold-out at a day, and the control of the newest release while its offers are valid."""
    held = in_holdout(books, work, settings, as_of)
    release = newest_release(work, as_of)
    for path in release.glob("campaigns/*/control.parquet") if release else ():
        held |= person(books, as_of, pd.read_parquet(path).customer_id)
    return held


def newest_release(work: Path, as_of: pd.Timestamp) -> Path | None:
    """The newest release of a snapshot, if there is one."""
    found = (work / "releases" / str(as_of.date())).glob("*/manifest.json")
    newest = max(found, key=lambda path: json.loads(path.read_text("utf-8"))["created_at"], default=None)
    return newest.parent if newest else None


def earlier_offers(books: Books, work: Path, as_of: pd.Timestamp, before: str) -> pd.DataFrame:
    """Contacts and control of the releases made before a moment, under surviving numbers, by time of making.

    A release of a snapshot earlier than one that had been published is a backfill and binds nobody. The last release of
    a snapshot replaces the ones before it (`replaced`), that of `as_of` is the one to be audited.
    """
    manifests = [json.loads(path.read_text("utf-8")) | {"folder": path.parent} for path in _manifests(work)]
    made, latest, rows = sorted(manifests, key=lambda manifest: manifest["created_at"]), "", []
    for manifest in (entry for entry in made if entry["created_at"] < before):
        if manifest["as_of"] >= latest:
            latest = manifest["as_of"]
            files = [*manifest["folder"].glob("campaigns/*/control.parquet")]
            files += manifest["folder"].glob("campaigns/*/offers.parquet")
            rows += [pd.read_parquet(path).assign(release=manifest["created_at"]) for path in sorted(files)]
    columns = ["campaign_id", "customer_id", "use_case", "group", "as_of", "valid_until", "release"]
    offers = pd.concat(rows)[columns] if rows else pd.DataFrame(columns=columns, dtype=object)
    offers = books.under_survivors(offers, as_of, ("customer_id",))
    last = offers.groupby("as_of").release.transform("max")
    return offers.assign(replaced=(offers.release != last) | (pd.to_datetime(offers["as_of"]) == as_of))


def _manifests(work: Path) -> list[Path]:
    return sorted((work / "releases").glob("*/*/manifest.json"))


def in_force(offers: pd.DataFrame, settings: Path, as_of: pd.Timestamp) -> set[str]:
    """Control whose outcome is still counted, or whose offers are valid; of releases that were not replaced."""
    control = offers[(offers.group == "control") & ~offers.replaced.astype(bool)]
    last_days = []
    for row in control.itertuples():
        case = yaml.safe_load((settings / "use_cases" / f"{row.use_case}.yaml").read_text("utf-8"))
        counted = pd.Timestamp(row.as_of) + pd.Timedelta(days=case["gap_days"] + case["horizon_days"])
        last_days.append(max(counted, pd.Timestamp(row.valid_until)))
    return set(control.customer_id[[day >= as_of for day in last_days]])
