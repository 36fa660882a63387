"""The feature table of a cutoff, recomputed from the raw tables as docs/features.md describes it."""

import numpy as np
import pandas as pd

from tests.audit.books import ASSETS, CHANNELS, CLASSES, Books, age_in_months, by_age, month_number, own_transactions
from tests.audit.books import ratio as over

MONTHS = {30: 1, 90: 3, 180: 6, 365: 12}
"""Windows in days, and how many whole months they are."""
INCOME = ("in_salary", "in_pension", "in_subsidy", "in_merchant", "out_utility", "out_loan", "in_loan")
KINDS = ("in_transfer", "in_cash", "in_investment", "out_transfer", "out_cash", "out_purchase", "out_investment")
EVENTS = ("bought", "redeemed", "loan_drawn", "loan_repaid")


def recompute_features(books: Books, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Every feature of everyone on the books at a cutoff, by customer_id."""
    customers = books.on_the_books(cutoff)
    holdings = Holdings(books, cutoff, customers.index)
    moves = Moves(books, cutoff, customers)
    tables = {
        **holdings.level(),
        **holdings.movement(),
        **holdings.classes(),
        **moves.channels(),
        **moves.flows(),
        **moves.sources(),
        **moves.rhythm(),
        **moves.habit(),
        **small_tables(books, cutoff, customers.index),
        **profile(customers, cutoff, moves),
        **peers(books, cutoff, customers, holdings, moves),
    }
    return pd.DataFrame(tables, index=customers.index)


class Holdings:
    """Monthly average daily balances in fen, by customer, class and age in months."""

    def __init__(self, books: Books, cutoff: pd.Timestamp, index: pd.Index) -> None:
        rows = books.known("balances", cutoff)
        ages = age_in_months(rows.month_end, cutoff)
        average = rows.average_daily_balance.fillna(rows.balance)
        self.average = {}
        for name in CLASSES:
            of = rows.product_class == name
            self.average[name] = by_age(average[of], ages[of], rows.customer_id[of], index)
        of = rows.product_class.isin(ASSETS)
        self.aum = by_age(average[of], ages[of], rows.customer_id[of], index)
        self.end = by_age(rows.balance[of], ages[of], rows.customer_id[of], index)
        in_books = rows.groupby(["customer_id", ages]).size().unstack()
        self.on_record = in_books.reindex(index=index, columns=range(24)).notna()

    def level(self) -> dict[str, pd.Series]:
        aum, now, year = self.aum, self.aum[0], self.aum[range(12)]
        values = {f"aum_avg_{days}d": aum[range(months)].mean(axis=1) / 100 for days, months in MONTHS.items()}
        return values | {
            "aum_end": self.end[0] / 100,
            "aum_end_to_avg": over(self.end[0], now),
            "aum_peak_365d": year.max(axis=1) / 100,
            "aum_trough_365d": year.min(axis=1) / 100,
            "aum_to_peak_365d": over(now, year.max(axis=1)),
            "aum_year_ago": aum[12] / 100,
            "aum_next_quarter_year_ago": aum[[9, 10, 11]].mean(axis=1) / 100,
            "months_below_level_365d": (year < 1_000_000).sum(axis=1),
        }

    def movement(self) -> dict[str, pd.Series]:
        aum = self.aum
        values = {}
        for days, months in MONTHS.items():
            values[f"aum_change_{days}d"] = (aum[0] - aum[months]) / 100
        for days in (90, 365):
            before = aum[MONTHS[days]]
            values[f"aum_growth_{days}d"] = (aum[0] - before) / (before + 100_00)
        for days in (180, 365):
            months = MONTHS[days]
            oldest_first = aum[range(months)].to_numpy()[:, ::-1]
            slope = np.polynomial.polynomial.polyfit(np.arange(months), oldest_first.T, 1)[1]
            values[f"aum_slope_{days}d"] = pd.Series(slope / 100, aum.index)
        year = aum[range(12)]
        values["aum_volatility_365d"] = over(year.std(axis=1, ddof=0), year.mean(axis=1))
        steps = pd.DataFrame({age: aum[age] - aum[age + 1] for age in range(6)})
        return values | {
            "aum_biggest_rise_180d": steps.max(axis=1) / 100,
            "aum_biggest_fall_180d": -steps.min(axis=1) / 100,
            "aum_falling_months_180d": (steps < 0).sum(axis=1),
        }

    def classes(self) -> dict[str, pd.Series]:
        values = {}
        for name, average in self.average.items():
            values |= {
                f"{name}_avg_30d": average[0] / 100,
                f"{name}_change_90d": (average[0] - average[3]) / 100,
                f"{name}_change_365d": (average[0] - average[12]) / 100,
                f"{name}_peak_365d": average[range(12)].max(axis=1) / 100,
            }
            if name in ("demand", "time", "wealth"):
                values[f"{name}_share_30d"] = over(average[0], self.aum[0])
        values["classes_held"] = sum((average[0] > 0).astype(int) for average in self.average.values())
        return values


class Moves:
    """Transactions as known at the cutoff, in fen, by customer and age in months."""

    def __init__(self, books: Books, cutoff: pd.Timestamp, customers: pd.DataFrame) -> None:
        rows = books.known("transactions", cutoff)
        self.cutoff, self.customers, self.index = cutoff, customers, customers.index
        self.rows = rows.assign(age=age_in_months(rows.time, cutoff), day=rows.time.dt.normalize())
        own = own_transactions(self.rows)
        self.own = self.counts(own)
        self.own_days = self.counts(own.drop_duplicates(["customer_id", "day"]))
        self.last_own = own[own.age < 15].groupby("customer_id").day.max().reindex(self.index)
        self.amounts = {flow: self.sums(self.of(flow)) for flow in ("in", "out", *INCOME, *KINDS)}
        self.numbers = {flow: self.counts(self.of(flow)) for flow in self.amounts}
        past = sorted(set(month_number(books.tables["transactions"].time)))
        now = cutoff.year * 12 + cutoff.month - 1
        self.first_month = min((month for month in past if now - 24 < month <= now), default=now)

    def of(self, flow: str) -> pd.DataFrame:
        """Rows of one direction, or of one direction and kind."""
        direction, _, kind = flow.partition("_")
        rows = self.rows[self.rows.direction == direction]
        return rows[rows.kind == kind] if kind else rows

    def counts(self, rows: pd.DataFrame) -> pd.DataFrame:
        return by_age(pd.Series(1, rows.index), rows.age, rows.customer_id, self.index)

    def sums(self, rows: pd.DataFrame) -> pd.DataFrame:
        return by_age(rows.amount, rows.age, rows.customer_id, self.index)

    @staticmethod
    def total(table: pd.DataFrame, days: int) -> pd.Series:
        return table[range(MONTHS[days])].sum(axis=1)

    def channels(self) -> dict[str, pd.Series]:
        all_of_year = self.total(self.numbers["in"], 365) + self.total(self.numbers["out"], 365)
        counts = {name: self.counts(self.rows[self.rows.channel == name]) for name in CHANNELS}
        values = {}
        for name, count in counts.items():
            values[f"{name}_count_90d"] = self.total(count, 90)
            values[f"{name}_share_365d"] = over(self.total(count, 365), all_of_year)
        year = pd.DataFrame({name: self.total(count, 365) for name, count in counts.items() if name != "batch"})
        values["channels_used_365d"] = (year > 0).sum(axis=1)
        values["main_channel"] = year.idxmax(axis=1).where(year.max(axis=1) > 0)
        return values

    def flows(self) -> dict[str, pd.Series]:
        values = {}
        for flow in ("in", "out"):
            amount, number = self.amounts[flow], self.numbers[flow]
            for days in MONTHS:
                values[f"{flow}flow_sum_{days}d"] = self.total(amount, days) / 100
                values[f"{flow}flow_count_{days}d"] = self.total(number, days)
            quarter, year = self.total(amount, 90), self.total(amount, 365)
            values |= {
                f"{flow}flow_change_90d": (quarter - amount[[3, 4, 5]].sum(axis=1)) / 100,
                f"{flow}flow_share_90d": over(quarter, year),
                f"{flow}flow_to_year_ago": over(quarter, amount[[12, 13, 14]].sum(axis=1)),
                f"{flow}flow_season_share": over(amount[[9, 10, 11]].sum(axis=1), year),
                f"{flow}flow_mean_365d": over(year, self.total(number, 365)) / 100,
            }
            rows = self.of(flow)
            for days in (90, 365):
                largest = rows[rows.age < MONTHS[days]].groupby("customer_id").amount.max()
                values[f"{flow}flow_max_{days}d"] = largest.reindex(self.index).fillna(0) / 100
        for days in MONTHS:
            values[f"netflow_sum_{days}d"] = values[f"inflow_sum_{days}d"] - values[f"outflow_sum_{days}d"]
        for kind in KINDS:
            for days in (90, 365):
                values[f"{kind}_sum_{days}d"] = self.total(self.amounts[kind], days) / 100
        investing = self.numbers["in_investment"] + self.numbers["out_investment"]
        for days in MONTHS:
            values[f"investing_count_{days}d"] = self.total(investing, days)
            values[f"investing_share_{days}d"] = over(self.total(investing, days), self.total(self.own, days))
        return values

    def sources(self) -> dict[str, pd.Series]:
        values = {}
        for source in INCOME:
            values[f"{source}_sum_90d"] = self.total(self.amounts[source], 90) / 100
            values[f"{source}_count_365d"] = self.total(self.numbers[source], 365)
        for source in ("in_salary", "in_merchant"):
            rows, amount = self.of(source), self.amounts[source]
            values[f"{source}_months_since"] = rows[rows.age < 15].groupby("customer_id").age.min().reindex(self.index)
            values[f"{source}_change_90d"] = (self.total(amount, 90) - amount[[3, 4, 5]].sum(axis=1)) / 100
        income = self.total(self.amounts["in_salary"], 365) + self.total(self.amounts["in_pension"], 365)
        net = self.total(self.amounts["in"], 365) - self.total(self.amounts["out"], 365)
        return values | {"income_kept_365d": over(net, income)}

    def rhythm(self) -> dict[str, pd.Series]:
        days, counts = self.own_days, self.own
        since = (self.cutoff - self.last_own).dt.days
        year_days = self.total(days, 365)
        gap = over(pd.Series(365.0, self.index), year_days)
        active = days[range(12)] > 0
        values = {
            "days_since_own": since,
            "gap_mean_365d": gap,
            "recency_to_gap_365d": since / gap,
            "silent_months": (~active).astype(int).cumprod(axis=1).sum(axis=1),
            "active_months_streak": active.astype(int).cumprod(axis=1).sum(axis=1),
            "own_months_180d": (days[range(6)] > 0).sum(axis=1),
            "own_months_365d": active.sum(axis=1),
        }
        for window in MONTHS:
            values[f"own_days_{window}d"] = self.total(days, window)
            values[f"own_count_{window}d"] = self.total(counts, window)
        year = counts[range(12)]
        weekend = self.counts(self.rows[self.rows.day.dt.day_of_week >= 5])
        everything = self.total(self.numbers["in"], 365) + self.total(self.numbers["out"], 365)
        return values | {
            "own_count_volatility_365d": over(year.std(axis=1, ddof=0), year.mean(axis=1)),
            "own_days_change_90d": self.total(days, 90) - days[[3, 4, 5]].sum(axis=1),
            "own_days_share_90d": over(self.total(days, 90), year_days),
            "own_days_season_share": over(days[[9, 10, 11]].sum(axis=1), year_days),
            "own_days_year_ago": days[[12, 13, 14]].sum(axis=1),
            "weekend_share_365d": over(self.total(weekend, 365), everything),
        }

    def habit(self) -> dict[str, pd.Series]:
        opened = month_number(self.customers.opened_on).fillna(0)
        first = opened.clip(lower=self.first_month)
        months = self.cutoff.year * 12 + self.cutoff.month - first
        values = {
            "own_count_per_month": self.own.sum(axis=1) / months,
            "own_days_per_month": self.own_days.sum(axis=1) / months,
            "own_months_share": (self.own > 0).sum(axis=1) / months,
        }
        for half in (2, 6, 12):
            weights = pd.Series(0.5 ** (np.arange(24) / half), range(24))
            observed = months.map(lambda count, w=weights: w[: int(count)].sum())
            values[f"own_count_per_month_half_{half}m"] = (self.own * weights).sum(axis=1) / observed
        return values


def small_tables(books: Books, cutoff: pd.Timestamp, index: pd.Index) -> dict[str, pd.Series]:
    """Features from accounts, product events, contacts and facts from outside."""

    def count(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("customer_id").size().reindex(index, fill_value=0)

    def since(rows: pd.DataFrame, day: str) -> pd.Series:
        return (cutoff - rows.groupby("customer_id")[day].max().reindex(index)).dt.days

    def within(rows: pd.DataFrame, day: str, days: int) -> pd.DataFrame:
        ages = age_in_months(rows[day], cutoff)
        return rows[(ages < MONTHS[days]) & (rows[day] <= cutoff)]

    accounts = books.known("accounts", cutoff)
    still_open = accounts[accounts.closed_on.isna() | (accounts.closed_on > cutoff)]
    values = {
        "accounts_open_count": count(still_open),
        "accounts_time_count": count(still_open[still_open.product_class == "time"]),
        "accounts_closed_count": count(within(accounts, "closed_on", 365)),
        "accounts_opened_count": count(within(accounts, "opened_on", 365)),
    }
    events = books.known("product_events", cutoff)
    for event in EVENTS:
        rows = events[events.event == event]
        values[f"{event}_count_365d"] = count(within(rows, "happened_on", 365))
        values[f"{event}_days_since"] = since(rows, "happened_on")
    wealth = events[(events.event == "bought") & (events.product_class == "wealth")]
    values |= {
        "wealth_bought_count_365d": count(within(wealth, "happened_on", 365)),
        "wealth_bought_count_ever": count(wealth),
        "wealth_bought_days_since": since(wealth, "happened_on"),
    }
    contacts = books.known("contacts", cutoff)
    for days in (90, 365):
        values[f"contacts_count_{days}d"] = count(within(contacts, "contacted_on", days))
    values |= {
        "contacts_yes_count": count(contacts[contacts.answer == "yes"]),
        "contacts_no_count": count(contacts[contacts.answer == "no"]),
        "contact_days_since": since(contacts, "contacted_on"),
    }
    members = books.known("association_members", cutoff)
    members = members[members.left_on.isna() | (members.left_on > cutoff)]
    values["association_member"] = pd.Series(index.isin(members.customer_id).astype(int), index)
    values |= trades(books, cutoff, index) | endings(books, cutoff, index)
    facts = books.known("external_facts", cutoff)
    for fact in ("property", "tax", "provident_fund"):
        highest = facts[facts.fact == fact].groupby("customer_id").amount.max()
        values[f"{fact}_amount"] = highest.reindex(index) / 100
    return values


def trades(books: Books, cutoff: pd.Timestamp, index: pd.Index) -> dict[str, pd.Series]:
    """The trade whose season begins next, and in how many months."""
    shops = books.known("merchants", cutoff)
    shops = shops[shops.ended_on.isna() | (shops.ended_on > cutoff)]
    ahead = []
    for start, end in zip(shops.season_start, shops.season_end, strict=True):
        known = start in range(1, 13) and end in range(1, 13) and end - start not in (11, -1)
        ahead.append(min(m for m in range(1, 13) if (cutoff.month + m - start) % 12 == 0) if known else np.nan)
    first = shops.assign(ahead=ahead).sort_values(["ahead", "trade"]).groupby("customer_id").head(1)
    first = first.set_index("customer_id")[["trade", "ahead"]].reindex(index)
    return {"trade": first.trade, "season_months_until": first.ahead}


def endings(books: Books, cutoff: pd.Timestamp, index: pd.Index) -> dict[str, pd.Series]:
    """Yuan that run on a day and end in the 30 days after it."""
    held = books.known("term_holdings", cutoff)
    left = (held.matures_on - cutoff).dt.days
    held = held[~(held.closed_on <= cutoff) & (left > 0) & (left <= 30)]
    wealth = held[held.product_class == "wealth"]
    kinds = {"ending_sum_next_30d": held, "ending_wealth_sum_next_30d": wealth}
    return {
        name: (rows.groupby("customer_id").amount.sum() / 100).reindex(index).fillna(0) for name, rows in kinds.items()
    }


def profile(customers: pd.DataFrame, cutoff: pd.Timestamp, moves: Moves) -> dict[str, pd.Series]:
    """Features from the customers' own rows."""

    def days_since(day: pd.Series) -> pd.Series:
        return (cutoff - day.where(day <= cutoff)).dt.days

    recent, before = moves.total(moves.own, 90), moves.own[[3, 4, 5]].sum(axis=1)
    stages = [
        days_since(customers.opened_on) < 182,
        moves.total(moves.own, 180) == 0,
        recent > 2 * before,
        2 * recent < before,
    ]
    grade = customers.risk_grade.str[1].astype(float)
    return {
        "age_years": days_since(customers.birth_date) / 365.25,
        "gender": customers.gender,
        "customer_kind": customers.kind,
        "identity": customers.identity,
        "life_cycle": pd.Series(np.select(stages, ["new", "asleep", "waking", "cooling"], "steady"), customers.index),
        "tenure_months": days_since(customers.opened_on) / 30.4375,
        "has_employer": customers.employer_id.notna().astype(int),
        "risk_grade_level": grade.where(customers.risk_grade_on.isna() | (customers.risk_grade_on <= cutoff)),
        "risk_grade_age_days": days_since(customers.risk_grade_on),
        "has_social_security_card": (customers.social_security_card_on <= cutoff).astype(int),
        "social_security_card_months": days_since(customers.social_security_card_on) / 30.4375,
        "has_mobile_bank": (customers.mobile_bank_on <= cutoff).astype(int),
        "mobile_bank_months": days_since(customers.mobile_bank_on) / 30.4375,
    }


def peers(
    books: Books, cutoff: pd.Timestamp, customers: pd.DataFrame, holdings: Holdings, moves: Moves
) -> dict[str, pd.Series]:
    """Means over the other customers of the village, the employer, the family and the identity."""
    days = moves.total(moves.own_days, 90)
    own = pd.DataFrame(
        {
            "aum_mean": holdings.aum[0] / 100,
            "rose_share": (holdings.aum[0] > holdings.aum[3]).astype(float),
            "wealth_share": (holdings.average["wealth"][0] > 0).astype(float),
            "own_days_mean": days,
            "asleep_share": (days == 0).astype(float),
        }
    )
    paid = pd.DataFrame({"salary_share": (moves.total(moves.numbers["in_salary"], 90) > 0).astype(float)})
    values = {}
    for group, key in (("village", customers.grid_id), ("employer", customers.employer_id)):
        known = own.join(paid) if group == "employer" else own
        members = known.groupby(key)
        others = key.map(members.size()) - 1
        for name in known:
            rest = key.map(members[name].sum()) - known[name]
            values[f"{group}_{name}"] = (rest / others.where(others > 0)).reindex(customers.index)
    relations = books.known("relations", cutoff)
    family = relations[(relations.relation == "family") & (relations.customer_id != relations.related_id)]
    if "ended_on" in family:
        family = family[~(family.ended_on <= cutoff)]
    pairs = family[["customer_id", "related_id"]]
    both = pd.concat([pairs, pairs.set_axis(["related_id", "customer_id"], axis=1)]).drop_duplicates()
    joined = both.join(own, on="related_id", how="inner").groupby("customer_id")
    for name in own:
        values[f"family_{name}"] = joined[name].mean().reindex(customers.index)
    before, after = holdings.aum[12], holdings.aum[9]
    both_known = holdings.on_record[12] & holdings.on_record[9]
    changed, rose = ((after != before) & both_known).astype(int), ((after > before) & both_known).astype(int)
    key = customers.identity
    others = key.map(changed.groupby(key).sum()) - changed
    share = (key.map(rose.groupby(key).sum()) - rose) / others.where(others > 0)
    return values | {"identity_coming_rose_share": share}
