"""The one table that every figure is computed from, a row a customer and month end: its columns."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "fen", "flag"]


@dataclass(frozen=True)
class BaseColumn:
    """One column.

    Parameters
    ----------
    name, kind : str
        Its name; text, whole number, money in whole fen, or flag.
    meaning : str
        One line of business meaning.
    needs : str
        What a bank must have for it: a table, ``table before`` for the same a quarter earlier, ``coverage``, or
        nothing.
    """

    name: str
    kind: Kind
    meaning: str
    needs: str = ""


_NOW, _BEFORE, _OWN, _COVERAGE = "balances", "balances before", "transactions", "coverage"

COLUMNS: dict[str, BaseColumn] = {
    column.name: column
    for column in (
        BaseColumn("customer_id", "text", "who"),
        BaseColumn("branch_id", "text", "branch that the customer counts for; empty where unknown"),
        BaseColumn("employee_id", "text", "who looks after them: the owner, else the customer manager of the books"),
        BaseColumn("on_books", "flag", "on the books at the month end"),
        BaseColumn("on_books_before", "flag", "on the books a quarter earlier"),
        BaseColumn("came", "flag", "on the books now, not a quarter earlier"),
        BaseColumn("left", "flag", "on the books a quarter earlier, not now"),
        BaseColumn("moved_branch", "flag", "kept by another branch than a quarter earlier"),
        BaseColumn("level", "whole", "level on the ladder, 0 to 6", _NOW),
        BaseColumn("level_before", "whole", "level a quarter earlier", _BEFORE),
        BaseColumn("level_step", "text", "up, same or down against a quarter earlier, of those there at both", _BEFORE),
        BaseColumn("layer", "text", "basic, wealth or high_end", _NOW),
        BaseColumn("near_next", "flag", "within 20% below the next level", _NOW),
        BaseColumn("aum_fen", "fen", "average daily AUM of the month", _NOW),
        BaseColumn("aum_before_fen", "fen", "the same a quarter earlier", _BEFORE),
        BaseColumn("aum_change_fen", "fen", "the difference of the two; who left lost all", _BEFORE),
        BaseColumn("deposits_fen", "fen", "average daily deposits", _NOW),
        BaseColumn("wealth_fen", "fen", "average daily wealth products", _NOW),
        BaseColumn("loans_fen", "fen", "average daily loans", _NOW),
        BaseColumn("products", "whole", "product classes held, with mobile bank and social security card", _NOW),
        BaseColumn("has_wealth", "flag", "holds wealth products", _NOW),
        BaseColumn("mobile_bank", "flag", "has activated the mobile bank"),
        BaseColumn("active", "flag", "made a transaction of their own in the quarter", _OWN),
        BaseColumn("contacted", "flag", "was contacted in the quarter", "contacts"),
        BaseColumn("converted", "flag", "a contact of the quarter converted", "contacts"),
        BaseColumn("has_owner", "flag", "has an owner", _COVERAGE),
        BaseColumn("core", "flag", "core customer with a named owner", _COVERAGE),
        BaseColumn("overdue", "flag", "the owner's contact is overdue", _COVERAGE),
    )
}
