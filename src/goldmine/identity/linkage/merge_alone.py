"""Pairs that merge without anybody's decision: only from the bank's own threshold on, and only if it set one."""

from datetime import date

from goldmine.contract.bank import Bank
from goldmine.core.workspace import Workspace
from goldmine.identity.linkage.decisions import Decision, read_decisions, store_decisions
from goldmine.identity.linkage.find import read_pairs
from goldmine.identity.linkage.review_sheet import standing_of
from goldmine.identity.linkage.settings import LinkageSettings

RULE = "merge_alone"
"""What stands in the place of who decided."""


def merge_alone(bank: Bank, work: Workspace, as_of: date, settings: LinkageSettings) -> int:
    """Decide on the sure pairs from the threshold on that nobody decided on; how many those are."""
    if settings.merge_alone is None:
        return 0
    decided = read_decisions(work)
    new = [
        Decision((row["id_l"], row["id_r"]), True, as_of, RULE)
        for row in read_pairs(work, as_of).select(["id_l", "id_r", "probability", "zone"]).to_pylist()
        if row["zone"] == "sure"
        and row["probability"] >= settings.merge_alone
        and (row["id_l"], row["id_r"]) not in decided
    ]
    if new:
        numbers = {number for pair in [*decided, *(decision.pair for decision in new)] for number in pair}
        store_decisions(work, new, standing_of(bank, numbers))
    return len(new)
