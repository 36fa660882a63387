"""docs/measures.md, generated: every measure that a feature family may use, and how."""

import inspect
from types import SimpleNamespace

from goldmine.activity.measures import FLOWS, PEAKS, SUMS
from goldmine.contract.tables import CHANNELS, PRODUCT_CLASSES, TABLES
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
from goldmine.features.view import view
from goldmine.features.windows import BUCKETS, SNAPSHOT_AGES, WINDOW_MONTHS

MEASURES = SimpleNamespace(**{name: name for name in (*SUMS, *PEAKS)})
"""Names of the measures of activity, for completion in a notebook: ``MEASURES.in_salary_sum``."""
_OTHERS = {
    "own_count": "transactions of the customer's own: no batch, no interest, fee or the like",
    "own_in_sum": "amount of the customer's own transactions that came in",
    "own_out_sum": "amount of the customer's own transactions that went out",
    "weekend_count": "transactions on Saturday or Sunday",
    "in_max": "largest single inflow",
    "out_max": "largest single outflow",
    "last_own": "last day with a transaction of the customer's own",
}
_HEAD = """# Measures for feature families

Generated from code by `python -m goldmine.features.measure_docs > docs/measures.md`; do not edit by hand.

A family is a function of a `View`, one row a customer: `v.total("in_salary_sum", 90)` adds a measure up over a window
of {windows} days (1, 3, 6, 12 whole months), `v.previous(...)` over the three months before the last three,
`v.peak(...)` takes the largest; `v.rows.<column>` is a column as it is, `v.zero("<column>")` with zero for empty.
`v.if_on_books(13, change)` leaves what reads 13 months of balances empty where they begin later.
Amounts are whole fen. In a notebook `MEASURES.<Tab>` of `goldmine.features.measure_docs` completes the names.
"""


def measures_page() -> str:
    """The page as Markdown."""
    windows = ", ".join(str(days) for days in WINDOW_MONTHS)
    parts = [_HEAD.format(windows=windows), _section("Activity: `v.total`, `v.previous`", _sums())]
    parts.append(_section("Peaks: `v.peak`", [(name, _unit(name), _OTHERS[name]) for name in PEAKS]))
    parts.append(_section("Balances: `v.rows`", _balances()))
    columns = view().rows.columns
    own = [column for column in TABLES["customers"].columns if column.name in columns]
    parts.append(_section("The customer: `v.rows`", [(c.name, c.kind, c.meaning) for c in own]))
    for name, aggregate in CUSTOMER_AGGREGATES.items():
        title = f"Of `{name}`: `v.rows`, `v.zero`"
        made = _made_by(name)
        parts.append(_section(title, [(column, _unit(column), "") for column in made], inspect.getdoc(aggregate) or ""))
    return "\n".join(parts)


def _sums() -> list[tuple[str, str, str]]:
    rows = []
    for name in SUMS:
        subject, _separator, part = name.rpartition("_")
        rows.append((name, _unit(name), _OTHERS.get(name) or f"{_amount_or_count(part)} of {_flow(subject)}"))
    return rows


def _flow(subject: str) -> str:
    """The transactions that a measure's name begins with."""
    direction, _separator, kind = subject.partition("_")
    if subject in FLOWS:
        towards = "inflows" if direction == "in" else "outflows"
        return f"{towards} of the kind {kind}" if kind else f"all {towards}"
    return f"transactions by the channel {subject}" if subject in CHANNELS else subject


_UNITS = {"trade": "category", "season_months_until": "months"}


def _amount_or_count(part: str) -> str:
    return "amount" if part == "sum" else "number"


def _unit(name: str) -> str:
    if name.startswith("fact_") or name.endswith("_yuan"):
        return "yuan"
    if name in _UNITS:
        return _UNITS[name]
    if name.endswith(("_sum", "_max")):
        return "fen"
    return "day" if "last" in name else "count"


def _balances() -> list[tuple[str, str, str]]:
    ages = ", ".join(str(age) for age in SNAPSHOT_AGES)
    last = BUCKETS[-1][-1]
    rows = [
        ("aum_a<age>", "fen", f"average daily AUM of the month that ended <age> months before the cutoff: 0 to {last}"),
        ("aum_end_a<age>", "fen", f"AUM at that month's end: {ages}"),
    ]
    for name in PRODUCT_CLASSES:
        rows.append((f"{name}_a<age>", "fen", f"average daily balance of {name}: {ages}"))
        rows.append((f"{name}_peak_<bucket>", "fen", f'highest monthly average: `v.peak("{name}_peak", days)`'))
    return rows


def _made_by(name: str) -> list[str]:
    """Columns that an aggregate of a table adds."""
    from goldmine.features.sources import table

    made = CUSTOMER_AGGREGATES[name](table(name)).columns
    return [column for column in made if column != "customer_id"]


def _section(title: str, rows: list[tuple[str, str, str]], text: str = "") -> str:
    told = any(meaning for _name, _unit, meaning in rows)
    lines = [f"## {title}\n", *([f"{text}\n"] if text else [])]
    lines.append("| name | unit | meaning |\n|---|---|---|" if told else "| name | unit |\n|---|---|")
    lines += [f"| `{name}` | {unit} |" + (f" {meaning} |" if told else "") for name, unit, meaning in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(measures_page())
