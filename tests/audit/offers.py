"""What a release's campaigns hold, row by row, beside what docs/campaigns.md says of each row."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from tests.audit.campaigns import Candidates, Snapshot, arbitrate, candidates, contact_value, is_wealth, time_bands
from tests.audit.compare import Agreement, compare
from tests.audit.contacts import hashed, in_holdout, last_day_of_assessment, salt_of

STRATA = {"branch": "branch_id", "decile": "decile", "channel": "channel", "offer": "offer"}
UNITS = {"branch": "branch_id", "manager": "manager_id", "grid": "grid_id"}
UNKNOWN = {"cost": float("nan")}
"""A channel that the campaign does not have."""
MOVES = {"aum_change_30d": 1, "aum_change_90d": 3, "aum_change_180d": 6}


def audit_campaigns(
    snapshot: Snapshot, release: Path, recorded: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, list[Agreement]]]:
    """Refusals, rows, capacities, funnels and totals of all campaigns of a release.

    Parameters
    ----------
    release : Path
        Holds ``campaigns/<campaign>/``.
    recorded : mapping
        By campaign, what the manifest says of it.
    """
    found = {name: candidates(snapshot, campaign) for name, campaign in snapshot.live.items()}
    reached = arbitrate(snapshot, found)
    written = {name: _written(release / "campaigns" / name) for name in found}
    yield "Campaigns", _whole_release(snapshot, reached, written, recorded)
    for name, candidates_of in found.items():
        refusals = pd.read_parquet(release / "campaigns" / name / "refusals.parquet")
        yield f"Refusals of {name}", _refusals(snapshot.live[name], refusals, candidates_of)
        rows = written[name]
        yield f"Rows of {name}", compare(rows[_row_columns(rows)], _expected_rows(snapshot, name, rows, reached[name]))
        yield f"Sentences of {name}", _sentences(snapshot, name, rows[rows.group == "contact"])
        yield f"Funnel of {name}", _funnel(reached[name], rows, recorded[name])


def _written(folder: Path) -> pd.DataFrame:
    parts = [pd.read_parquet(folder / f"{name}.parquet") for name in ("offers", "control")]
    return pd.concat(parts).set_index("customer_id")


def _refusals(campaign: Mapping[str, Any], refusals: pd.DataFrame, found: Candidates) -> list[Agreement]:
    product = {offer["offer"]: offer.get("product_id", "") for offer in campaign["offers"]}
    expected = found.refusals.rename("rule").rename_axis(["customer_id", "offer"]).reset_index()
    expected = expected.assign(product_id=expected.offer.map(product)).set_index(["customer_id", "offer"])
    return compare(refusals.set_index(["customer_id", "offer"])[["product_id", "rule"]], expected)


def _row_columns(rows: pd.DataFrame) -> list[str]:
    names = "campaign_id use_case offer product_id channel time_band probability decile expected_value branch_id"
    names += " manager_id stratum group valid_until expires_with biggest_move biggest_move_months"
    return [name for name in names.split() if name in rows]


def _expected_rows(snapshot: Snapshot, name: str, rows: pd.DataFrame, reached: pd.DataFrame) -> pd.DataFrame:
    """What each row has to say, with the channel and the manager that it was given where these were open to it."""
    campaign, people = snapshot.live[name], snapshot.books.tables["customers"].set_index("customer_id")
    won = reached[reached.rule.isna()].reindex(rows.index)
    offers = [campaign["offers"][int(place)] if not np.isnan(place) else {} for place in won.offer]
    expected = won[["use_case", "probability", "decile"]].assign(campaign_id=name)
    expected["decile"] = expected.decile.astype("Int64")
    expected["offer"] = [offer.get("offer") for offer in offers]
    expected["product_id"] = [offer.get("product_id") or None for offer in offers]
    open_to = [
        isinstance(left, list) and channel in left for channel, left in zip(rows.channel, won.channels, strict=True)
    ]
    expected["channel"] = rows.channel.where(pd.Series(open_to, rows.index))
    expected["expected_value"] = [
        round(contact_value(row.probability, row.value, campaign["channels"].get(channel, UNKNOWN)), 2)
        for row, channel in zip(won.itertuples(), rows.channel, strict=True)
    ]
    expected["branch_id"] = people.branch_id.reindex(rows.index)
    expected["manager_id"] = _managers(snapshot, rows)
    expected["grid_id"] = people.grid_id.reindex(rows.index)
    expected["time_band"] = time_bands(snapshot, rows.channel, campaign["time_band"])
    strata = [
        expected[STRATA[part]].astype(object).fillna("-").astype(str) for part in campaign["control"]["stratify_by"]
    ]
    expected["stratum"] = pd.concat(strata, axis=1).agg("|".join, axis=1)
    expected["group"] = _groups(snapshot, campaign, rows.index)
    expected["valid_until"], expected["expires_with"] = _validity(snapshot, campaign, expected)
    if "biggest_move" in rows:
        expected = expected.join(_moves(snapshot, rows.index[rows.group == "contact"]))
    return expected[_row_columns(expected)]


def _managers(snapshot: Snapshot, rows: pd.DataFrame) -> pd.Series:
    """The customer's own manager; the row's, if their own has left and the row's serves at their branch."""
    people = snapshot.books.tables["customers"].set_index("customer_id").reindex(rows.index)
    serving = serving_managers(snapshot)
    left = people.manager_id.isin(snapshot.books.leavers(snapshot.as_of))
    own, given = people.manager_id.mask(left), rows.manager_id
    at_branch = given.map(serving).eq(people.branch_id) | (given.isna() & ~people.branch_id.isin(serving))
    return own.where(own.notna(), given.where(at_branch))


def serving_managers(snapshot: Snapshot) -> pd.Series:
    """The branch of each manager who has not left."""
    staff = snapshot.books.tables["staff"]
    staff = staff[~staff.staff_id.isin(snapshot.books.leavers(snapshot.as_of)) & (staff.role == "manager")]
    return staff.dropna(subset=["branch_id", "staff_id"]).drop_duplicates("staff_id").set_index("staff_id").branch_id


def _groups(snapshot: Snapshot, campaign: Mapping[str, Any], customers: pd.Index) -> pd.Series:
    """The first decision stays; else control by the salted hash of campaign and number, and who is held out of all."""
    decided = snapshot.earlier[snapshot.earlier.campaign_id == campaign["campaign_id"]]
    decided = decided.drop_duplicates("customer_id").set_index("customer_id").group
    salt, share = salt_of(snapshot.work), campaign["control"]["share"]
    held_out = in_holdout(snapshot.books, snapshot.work, snapshot.settings, snapshot.as_of)
    drawn = [hashed(salt, campaign["campaign_id"], number) < share or number in held_out for number in customers]
    return decided.reindex(customers).fillna(pd.Series(drawn, customers).map({True: "control", False: "contact"}))


def _validity(snapshot: Snapshot, campaign: Mapping[str, Any], rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    last = min(snapshot.as_of + pd.Timedelta(days=campaign["valid_days"]), pd.Timestamp(campaign["end_date"]))
    until = last_day_of_assessment(snapshot.books).reindex(rows.index)
    short = rows.offer.map(is_wealth(snapshot, campaign)).eq(True) & (until < last)
    return until.where(short, last), short.map({True: "assessment", False: None})


def _moves(snapshot: Snapshot, customers: pd.Index) -> pd.DataFrame:
    """The largest change of average daily AUM over one, three or six months, whole yuan; of equal ones the shortest."""
    changes = snapshot.facts.features.reindex(customers)[list(MOVES)].astype(float).fillna(0).round()
    most = changes.abs().idxmax(axis=1)
    value = pd.Series({number: changes.loc[number, name] for number, name in most.items()}, dtype=float)
    moved = value != 0
    return pd.DataFrame({"biggest_move": value.where(moved), "biggest_move_months": most.map(MOVES).where(moved)})


def _sentences(snapshot: Snapshot, name: str, rows: pd.DataFrame) -> list[Agreement]:
    """What is said beside what is to be said: of those that a reason may have displaced, what was said counts."""
    offers = {offer["offer"]: offer for offer in snapshot.live[name]["offers"]}
    quoted = {case: _quotable(snapshot.case(case)) for case in snapshot.live[name]["use_cases"]}
    expected = []
    for row in rows.reset_index().itertuples():
        choice = snapshot.facts.sentences(row.customer_id, offers[row.offer], quoted[row.use_case])
        forms = [sentence.get("by_channel", {}).get(row.channel, sentence["say"]) for sentence in choice]
        filled = [_filled(form, offers[row.offer], pd.Timestamp(row.valid_until)) for form in forms]
        expected.append(next((pair for pair in filled if pair == (row.say_zh, row.say_en)), filled[0]))
    titles = [(offers[offer]["title"]["zh"], offers[offer]["title"]["en"]) for offer in rows.offer]
    said = pd.DataFrame(expected, rows.index, ["say_zh", "say_en"]).join(
        pd.DataFrame(titles, rows.index, ["offer_zh", "offer_en"])
    )
    return compare(rows[["say_zh", "say_en", "offer_zh", "offer_en"]], said)


def _quotable(case: Mapping[str, Any]) -> list[str]:
    """Patterns of the features that a use case's reasons may quote; of plain figures quoted instead of others, any."""
    named = case.get("reasons")
    return ["*"] if named is None else [name for side in ("high", "low", "unknown") for name in named.get(side, [])]


def _filled(say: Mapping[str, str], offer: Mapping[str, Any], day: pd.Timestamp) -> tuple[str, str]:
    days = {"zh": f"{day.month}月{day.day}日", "en": f"{day.day} {day.month_name()}"}
    zh, en = (say[name].format(offer=offer["title"][name], valid_until=days[name]) for name in ("zh", "en"))
    return zh, en


def _funnel(reached: pd.DataFrame, rows: pd.DataFrame, recorded: Mapping[str, Any]) -> list[Agreement]:
    """Who left at each step, and how many remained; the steps after the assignment by the rows that there are."""
    steps = recorded["funnel"]["steps"]
    left = Counter(reached.rule.dropna())
    held = int(recorded["power"]["held_out"])
    left |= {
        "capacity": int(reached.rule.isna().sum()) - len(rows),
        "held_out": held,
        "control": int((rows.group == "control").sum()) - held,
    }
    written = pd.DataFrame(steps).set_index("name")[["left", "remain"]]
    expected = pd.DataFrame({"left": [left[name] for name in written.index]}, written.index)
    expected["remain"] = len(reached) - expected.left.cumsum()
    figures = {
        "scored": (recorded["funnel"]["scored"], len(reached)),
        "unaccounted": (0, sum(left.values()) - int(expected.left.sum())),
        "expected value": (recorded["expected_value"], rows.expected_value[rows.group == "contact"].sum().round(2)),
        "contact": (recorded["power"]["contact"], int((rows.group == "contact").sum())),
        "control": (recorded["power"]["control"], int((rows.group == "control").sum())),
    }
    for entry in recorded.get("offers", []):
        group = rows.group[rows.offer == entry["offer"]]
        for kind in ("contact", "control"):
            figures[f"{kind}, {entry['offer']}"] = (entry[kind], int((group == kind).sum()))
    return compare(written, expected) + _figures(figures)


def _figures(figures: Mapping[str, tuple[float, float]]) -> list[Agreement]:
    return [Agreement(name, 1, int(np.isclose(written, due, atol=0.005))) for name, (written, due) in figures.items()]


def _whole_release(
    snapshot: Snapshot,
    reached: Mapping[str, pd.DataFrame],
    written: Mapping[str, pd.DataFrame],
    recorded: Mapping[str, Mapping[str, Any]],
) -> list[Agreement]:
    """One offer a person, places kept, and as much expected value as the places allow."""
    every = pd.concat([rows.reset_index() for rows in written.values()])
    people = snapshot.books.tables["customers"].set_index("customer_id")
    every["grid_id"] = every.customer_id.map(people.grid_id)
    once = Agreement("one offer a person", len(every), every.customer_id.nunique())
    places, kept = _places(snapshot, every, recorded)
    options = _options(snapshot, reached)
    most = _most_value(snapshot, options)
    best = options.set_index(["customer_id", "channel"]).value_of_contact
    best = best[~best.index.duplicated()]
    given = float(best.reindex(pd.MultiIndex.from_frame(every[["customer_id", "channel"]])).sum())
    ranked = [recorded[name]["ranking"]["by"] == "propensity" for name in written]
    return [
        once,
        Agreement("places kept", places, kept),
        Agreement("ranked by propensity, without a history", len(ranked), sum(ranked)),
        Agreement(f"expected value, {given:,.2f} of at most {most:,.2f}", 1, int(abs(given - most) < 0.01)),
    ]


def _places(snapshot: Snapshot, every: pd.DataFrame, recorded: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
    """Limits of branches, managers, grids and channels, and those that are kept and told as they are used."""
    kept = []
    for name, rows in every.groupby("campaign_id"):
        for kind, key, lowest, highest in limits(snapshot.live[name], rows):
            used = int((rows["channel" if kind == "channel" else UNITS[kind]] == key).sum())
            told = [limit["used"] for limit in recorded[name]["limits"] if (limit["kind"], limit["key"]) == (kind, key)]
            kept.append(lowest <= used <= highest and all(number == used for number in told))
    return len(kept), sum(kept)


def limits(campaign: Mapping[str, Any], rows: pd.DataFrame) -> Iterator[tuple[str, str, float, float]]:
    """Kind, key, minimum and maximum of each limit that some rows count towards."""
    for key, channel in campaign["channels"].items():
        yield "channel", key, channel.get("min", 0), channel["max"]
    for kind, column in UNITS.items():
        capacity = campaign["capacity"].get(kind)
        for key in sorted(rows[column].dropna().unique()) if capacity else ():
            own = capacity.get("overrides", {}).get(key, {})
            yield kind, key, own.get("min", 0), own.get("max", capacity["default"])


def _options(snapshot: Snapshot, reached: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per customer, channel and manager that may be combined and is worth its cost."""
    people, serving = snapshot.books.tables["customers"].set_index("customer_id"), serving_managers(snapshot)
    of_branch = {branch: list(names.index) for branch, names in serving.groupby(serving)}
    left = set(snapshot.books.leavers(snapshot.as_of))
    options = []
    for name, rows in reached.items():
        for row in rows[rows.rule.isna()].itertuples():
            who = people.loc[row.Index]
            own = pd.notna(who.manager_id) and who.manager_id not in left
            managers = [who.manager_id] if own else of_branch.get(who.branch_id, [None])
            for channel in row.channels:
                value = contact_value(row.probability, row.value, snapshot.live[name]["channels"][channel])
                shared = {"campaign_id": name, "customer_id": row.Index, "channel": channel, "value_of_contact": value}
                units = {"branch_id": who.branch_id, "grid_id": who.grid_id}
                options += [shared | units | {"manager_id": manager} for manager in managers if value > 0]
    return pd.DataFrame(options)


def _most_value(snapshot: Snapshot, options: pd.DataFrame) -> float:
    """The most expected value that all limits allow, by a mixed-integer programme."""
    once = pd.factorize(options.customer_id)[0]
    members, lowest, highest = [once], [0.0] * (once.max() + 1), [1.0] * (once.max() + 1)
    for name, rows in options.groupby("campaign_id"):
        for kind, key, least, most in limits(snapshot.live[name], rows):
            inside = (options.campaign_id == name) & (options["channel" if kind == "channel" else UNITS[kind]] == key)
            members.append(np.where(inside, len(lowest), -1))
            lowest.append(least)
            highest.append(most)
    entries = [(line, option) for lines in members for option, line in enumerate(lines) if line >= 0]
    lines, columns = zip(*entries, strict=True)
    matrix = csr_array((np.ones(len(lines)), (lines, columns)), shape=(len(lowest), len(options)))
    result = milp(
        -options.value_of_contact.to_numpy(),
        constraints=LinearConstraint(matrix, lowest, highest),
        integrality=np.ones(len(options)),
        bounds=(0, 1),
        options={"mip_rel_gap": 1e-9},
    )
    return -float(result.fun)
