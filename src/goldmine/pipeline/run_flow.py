"""Customers and yuan through a run: what entered each step, who left and why, what came out, what is unexplained."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.activity.measures import ASSET_CLASSES
from goldmine.contactability.funnel import Funnel
from goldmine.contract.bank import Bank
from goldmine.contract.manifest import read_intake
from goldmine.contract.reconciliation import TableIntake
from goldmine.core.dates import month_key
from goldmine.core.engine import connect, read_parquet
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.parquet import count_rows, parquet_files
from goldmine.core.settings import RecordModel
from goldmine.core.workspace import Workspace
from goldmine.customers.table import customers_path
from goldmine.identity import merged_numbers, surviving_customers, under_survivors
from goldmine.labels.eligibility import eligible
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.manifest import Manifest

_FEN = Decimal("0.01")


class Exit(RecordModel):
    """Who or what leaves at a step, and how many; below zero: what a step adds."""

    who: LocalizedText
    count: int | Decimal


class Flow(RecordModel):
    """One step of the way from source to release.

    Parameters
    ----------
    step : LocalizedText
        The step, with its table, use case or campaign.
    unit : str
        ``rows``, ``customers`` or ``yuan``.
    entered, came_out : int or Decimal
        What the step was given, and what stands in what it made.
    exits : tuple of Exit
        What left, each counted by itself.
    """

    step: LocalizedText
    unit: str
    entered: int | Decimal
    came_out: int | Decimal
    exits: tuple[Exit, ...] = ()

    @property
    def unexplained(self) -> int | Decimal:
        """What neither came out nor left."""
        return self.entered - self.came_out - sum(leaving.count for leaving in self.exits)


def intake_flows(work: Workspace) -> list[Flow]:
    """Rows and yuan of each table, from its sources into the contract's tables."""
    intake, _unused = read_intake(work)
    return [flow for table in intake for flow in _of_table(table)]


def customer_flows(bank: Bank, work: Workspace, as_of: date, manifest: Manifest | None) -> list[Flow]:
    """Customers of a snapshot: from the books through features, eligibility and each funnel to lists and campaigns.

    Parameters
    ----------
    manifest : Manifest, optional
        Of the release; without it the way ends with the features.
    """
    connection = connect()
    flows = [_on_the_books(connection, bank, work, as_of)]
    customers = customers_path(work, as_of)
    if customers.exists():
        flows.append(
            Flow(
                step=_("customers table"), unit="customers", entered=flows[0].came_out, came_out=_rows(customers)
            )  # everyone on the books
        )
        if bank.has("balances"):
            flows.append(_assets(connection, bank, as_of, customers))
    if manifest is not None:
        flows += _listed(connection, work, as_of, manifest)
    return flows


def _of_table(table: TableIntake) -> Iterator[Flow]:
    own = [rows for name, rows in table.sources.items() if name not in table.looked_up]
    entered = sum(own) if own else table.read
    exits = [Exit(who=_("by the SELECT"), count=entered - table.read)] if entered != table.read else []
    exits += [Exit(who=_("of forgotten customers"), count=table.forgotten)] if table.forgotten else []
    step, came_out = _("intake of {table}", table=table.table), table.written - table.forgotten
    yield Flow(step=step, unit="rows", entered=entered, came_out=came_out, exits=tuple(exits))
    for amount in table.amounts:
        source = amount.read if amount.source is None else amount.source
        adding = amount.written - amount.read - amount.rounding - amount.unexplained
        parts = (
            (_("by the SELECT"), source - amount.read),
            (_("by rounding"), -amount.rounding),
            (_("by adding floating numbers"), -adding),
        )
        yield Flow(
            step=_("intake of {table}", table=f"{table.table}.{amount.column}"),
            unit="yuan",
            entered=source,
            came_out=amount.written,
            exits=tuple(Exit(who=who, count=yuan) for who, yuan in parts if yuan),
        )


def _on_the_books(connection: SQLBackend, bank: Bank, work: Workspace, as_of: date) -> Flow:
    """From the bank's customers to the rows of the feature table."""
    customers = bank.read(connection, "customers")
    merged = merged_numbers(connection, customers, as_of)
    survivors = surviving_customers(customers, merged)
    late = survivors.opened_on.notnull() & (survivors.opened_on > as_of)
    gone = survivors.closed_on.notnull() & (survivors.closed_on <= as_of)
    entered, left = _number(connection, customers.count()), _number(connection, survivors.count())
    exits = (
        Exit(who=_("numbers merged into another"), count=entered - left),
        Exit(who=_("not yet opened"), count=_number(connection, survivors.filter(late).count())),
        Exit(who=_("closed"), count=_number(connection, survivors.filter(gone, ~late).count())),
    )
    rows = _rows(work.features(as_of))
    return Flow(step=_("features"), unit="customers", entered=entered, came_out=rows, exits=exits)


def _assets(connection: SQLBackend, bank: Bank, as_of: date, customers: Path) -> Flow:
    """Average daily AUM of the month, from the balances to the customers table, to the fen."""
    rows = bank.read(connection, "balances", [month_key(as_of)])
    held = rows.filter(rows.month_end == as_of, rows.product_class.isin(ASSET_CLASSES))
    yuan = held.average_daily_balance.fill_null(held.balance).cast("decimal(38, 2)")
    merged = merged_numbers(connection, bank.read(connection, "customers"), as_of)
    held = under_survivors(held.select("customer_id", yuan=yuan), merged)
    made = read_parquet(connection, parquet_files(customers), ["customer_id", "aum_avg"])
    table = made.select("customer_id", yuan=made.aum_avg.round(2).cast("decimal(38, 2)"))
    off = held.filter(held.customer_id.notin(table.customer_id))
    return Flow(
        step=_("assets of the customers table"),
        unit="yuan",
        entered=_yuan(connection, held),
        came_out=_yuan(connection, table),
        exits=(Exit(who=_("of customers not on the books"), count=_yuan(connection, off)),),
    )


def _listed(connection: SQLBackend, work: Workspace, as_of: date, manifest: Manifest) -> Iterator[Flow]:
    """From the features to the scores, the lists and the campaigns."""
    features = _rows(work.features(as_of))
    lists = {file.use_case: file.rows for file in manifest.files}
    for name, funnel in manifest.funnels.items():
        scored = _rows(work.scores(as_of, name))
        able = _number(connection, eligible(connection, work, load_use_case(name, work), as_of).count())
        exits = (Exit(who=_("not eligible"), count=features - able),)
        yield Flow(
            step=_("scores of {name}", name=name), unit="customers", entered=features, came_out=scored, exits=exits
        )
        step = _("list {name}", name=name)
        yield Flow(step=step, unit="customers", entered=scored, came_out=lists[name], exits=_exits(funnel))
    for name, campaign in manifest.campaigns.items():
        yield Flow(
            step=_("campaign {name}, to contact", name=name),
            unit="customers",
            entered=campaign.funnel.scored,
            came_out=campaign.power.contact,
            exits=_exits(campaign.funnel),
        )


def _exits(funnel: Funnel) -> tuple[Exit, ...]:
    return tuple(Exit(who=step.who, count=step.left) for step in funnel.steps if step.left)


def _rows(table: Path) -> int:
    return count_rows(parquet_files(table))


def _number(connection: SQLBackend, count: ibis.Value) -> int:
    return int(connection.to_pyarrow(count).as_py())


def _yuan(connection: SQLBackend, rows: ibis.Table) -> Decimal:
    total = connection.to_pyarrow(rows.yuan.sum()).as_py()
    return Decimal(total or 0).quantize(_FEN)
