"""Limits of whole villages from the raw tables alone, by exact fractions of a yuan; imports nothing of the project."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

ZERO = Fraction(0)
Money = dict[str, Fraction]


class Recomputed:
    """One bank's limits at a month end.

    Parameters
    ----------
    bank : Path
        Folder of the raw tables.
    grid_file : Path
        Which household and grid each customer is of.
    day : date
        The month end.
    rules : dict
        The YAML as it is written.
    """

    def __init__(self, bank: Path, grid_file: Path, day: date, rules: dict[str, Any]) -> None:
        self.bank, self.day, self.rules = bank, day, rules
        self.home = {who: (own, grid) for who, own, grid in self.rows(grid_file, "customer_id, household_id, grid_id")}
        into = self.rows(self.table("customers"), "customer_id, merged_into", "merged_into IS NOT NULL")
        self.merged = dict(into)

    def table(self, name: str) -> Path:
        return self.bank / f"{name}.parquet"

    def rows(self, file: Path, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        return duckdb.sql(f"SELECT {columns} FROM '{file}' WHERE {where}").fetchall()

    def household(self, customer: str) -> str | None:
        return self.home.get(self.merged.get(customer, customer), (None, None))[0]

    def money(self) -> dict[str, Money]:
        """By household: deposits, owed, and the sum of the members' latest facts."""
        held: dict[str, Money] = defaultdict(lambda: defaultdict(lambda: ZERO))  # type: ignore[arg-type]
        first = date(self.day.year - 1, self.day.month, self.day.day) + timedelta(days=1)
        days = (self.day - first).days + 1
        columns = "customer_id, product_class, month_end, average_daily_balance"
        for customer, product, month, average in self.rows(
            self.bank / "balances" / "*.parquet", columns, f"month_end BETWEEN '{first}' AND '{self.day}'"
        ):
            own = self.household(customer)
            if own and product in ("demand", "time"):
                held[own]["deposits"] += Fraction(average) * month.day / days
        owed = dict(self.rows(self.table("loan_months"), "loan_id, owed", f"month_end = '{self.day}'"))
        running = f"granted_on <= '{self.day}' AND (closed_on IS NULL OR closed_on > '{self.day}')"
        for loan, customer, limit in self.rows(self.table("loans"), "loan_id, customer_id, credit_limit", running):
            if own := self.household(customer):
                held[own]["owed"] += Fraction(owed.get(loan, limit))
        for (customer, fact), (_day, amount) in self.latest_facts().items():
            if own := self.household(customer):
                held[own][fact] += Fraction(amount)
        return held

    def latest_facts(self) -> dict[tuple[str, str], tuple[date, Decimal]]:
        known: dict[tuple[str, str], tuple[date, Decimal]] = {}
        columns = "customer_id, fact, amount, observed_on"
        for customer, fact, amount, day in self.rows(
            self.table("external_facts"), columns, f"observed_on <= '{self.day}'"
        ):
            key = (self.merged.get(customer, customer), fact)
            if key not in known or (day, -amount) > (known[key][0], -known[key][1]):
                known[key] = (day, amount)
        return known

    def ratings(self) -> dict[str, tuple[str, Fraction]]:
        """By household, the latest rating of any member and its land; of one day the lower."""
        lower = ["excellent", "good", "fair", "not_recommended"]
        latest: dict[str, tuple[date, int, Fraction]] = {}
        columns = "customer_id, rating, rated_on, land_mu"
        for customer, grade, day, mu in self.rows(self.table("village_ratings"), columns, f"rated_on <= '{self.day}'"):
            own, rated = self.household(customer), (day, lower.index(grade), -Fraction(mu))
            if own and (own not in latest or rated > latest[own]):
                latest[own] = rated
        return {own: (lower[grade], -mu) for own, (_day, grade, mu) in latest.items()}

    def refused(self) -> set[str]:
        """Households with a member on the ledger, on the staff, or in arrears."""
        reasons = ", ".join(f"'{reason}'" for reason in self.rules["ledger"])
        open_rows = f"reason IN ({reasons}) AND (end_date IS NULL OR end_date >= '{self.day}')"
        off = self.rows(self.table("suppressions"), "customer_id", open_rows)
        serving = f"customer_id IS NOT NULL AND (left_on IS NULL OR left_on > '{self.day}')"
        off += self.rows(self.table("staff"), "customer_id", serving)
        off += self.late()
        return {own for (customer,) in off if (own := self.household(customer))}

    def late(self) -> list[tuple[Any, ...]]:
        """Who is in arrears, or was by more than 30 days within 24 months."""
        owner = dict(self.rows(self.table("loans"), "loan_id, customer_id"))
        first = date(self.day.year - 2, self.day.month, self.day.day)
        behind = f"month_end = '{self.day}' AND days_overdue > 0 OR days_overdue > 30"
        within = f"month_end > '{first}' AND month_end <= '{self.day}' AND ({behind})"
        return [(owner[loan],) for (loan,) in self.rows(self.table("loan_months"), "DISTINCT loan_id", within)]

    def limits(self, off: set[str]) -> dict[str, tuple[int, int]]:
        """Business and consumption limit of every household that is not refused; `off` are refused besides."""
        villages = {
            grid: (cap, grade) for grid, cap, grade in self.rows(self.table("villages"), "grid_id, credit_cap, rating")
        }
        money, off = self.money(), off | self.refused()
        household_grid = dict(self.home.values())
        queues: dict[str, list[tuple[int, Fraction, str, Fraction, Fraction]]] = defaultdict(list)
        for own, (grade, mu) in self.ratings().items():
            grid = household_grid[own]
            if grid in villages and own not in off and grade not in self.rules["refused_ratings"]:
                amounts = {**money[own], "land_mu": mu}
                amounts["deposits"] = floor(amounts.get("deposits", ZERO), Fraction(1, 100))
                order = list(self.rules["rating_factor"]).index(grade)
                both = self.both(amounts, grade, villages[grid][1])
                queues[grid].append((order, -amounts["deposits"], own, *both))
        result = {}
        for grid, queue in queues.items():
            left = Fraction(villages[grid][0])
            for _order, _deposits, own, business, consumption in sorted(queue):
                room = max(left, ZERO)
                first = self.step(min(business, room), "business")
                result[own] = (int(first), int(self.step(min(consumption, room - first), "consumption")))
                left -= business + consumption
        return result

    def both(self, amounts: Money, grade: str, village: str) -> tuple[Fraction, Fraction]:
        factor = Fraction(str(self.rules["rating_factor"][grade]))
        if village == "credit_village":
            factor *= Fraction(str(self.rules["credit_village_factor"]))
        room = max(self.rules["household_max"] - amounts.get("owed", ZERO), ZERO)
        business = self.limit(amounts, factor, room, "business")
        return business, self.limit(amounts, factor, room - business, "consumption")

    def limit(self, amounts: Money, factor: Fraction, room: Fraction, kind: str) -> Fraction:
        rule = self.rules[kind]
        parts = sum((amounts.get(name, ZERO) * Fraction(str(times)) for name, times in rule["parts"].items()), ZERO)
        return self.step(min(parts * factor, Fraction(rule["max"]), room), kind)

    def step(self, amount: Fraction, kind: str) -> Fraction:
        rounded = floor(amount, Fraction(self.rules["round_to"]))
        return rounded if rounded >= max(self.rules[kind]["min"], 1) else ZERO


def floor(amount: Fraction, to: Fraction) -> Fraction:
    return (amount // to) * to
