"""Why a step does nothing for a bank: empty where it runs.

Each function takes the snapshot that a step runs for; the table in ``pipelines/definitions.py`` names them.
"""

from goldmine.contract.tables import TABLES
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.customers.graph.consent import has_link_consent
from goldmine.customers.payroll import has_payers
from goldmine.identity.linkage.settings import load_linkage
from goldmine.labels.use_case import load_use_case
from goldmine.pipeline import inputs
from goldmine.pipeline.selection import missing
from goldmine.pipeline.snapshot import Snapshot


def no_balances(run: Snapshot) -> str:
    """Why a list of balances is not made."""
    return "" if run.bank.has("balances") else _("switched off: this bank has no table {table}", table="balances")


def no_payers(run: Snapshot) -> str:
    """Why employers are not looked for."""
    if has_payers(run.bank):
        return ""
    return _("switched off: transactions do not say who paid ({column})", column="counterparty")


def nothing_to_link(run: Snapshot) -> str:
    """Why customers are not compared: the bank has too few of the columns."""
    from goldmine.identity.linkage.comparisons import SOUND  # Splink takes seconds to load

    settings = load_linkage()
    columns = {
        name for name in (column.name for column in TABLES["customers"].columns) if run.bank.has("customers", name)
    }
    try:
        settings.within(frozenset(columns | {f"{name}{SOUND}" for name in columns}), "")
    except SettingsError:
        return _("switched off: customers have too few of the columns that {file} compares", file="linkage.yaml")
    return ""


def no_grids(run: Snapshot) -> str:
    """Why there is no grid."""
    if not run.bank.has("grids"):
        return _("switched off: this bank has no table {table}", table="grids")
    return no_balances(run)


def no_link_consent(run: Snapshot) -> str:
    """Why nobody's ties are used."""
    if has_link_consent(run.bank):
        return ""
    column = "customers.link_consent"
    return _("switched off: this bank does not say whose ties may be used ({column})", column=column)


def not_served(run: Snapshot) -> str:
    """Why a use case is not trained; a use case that was asked for by name raises an error later on instead."""
    if run.use_case in run.use_cases:
        return ""
    if run.use_cases:
        return _("not among the use cases asked for")
    absent = missing(run.bank, load_use_case(run.use_case), run.work, run.as_of)
    return _("switched off: this bank lacks {absent}", absent=", ".join(absent)) if absent else ""


def not_scored(run: Snapshot) -> str:
    """Why a use case is not scored."""
    if not_served(run) or inputs.champion(run):
        return not_served(run)
    return _("no champion, so no scores and no list; the notebook 4_train says why")
