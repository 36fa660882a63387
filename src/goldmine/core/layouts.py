"""Layouts of the files that Goldmine makes and checks: their columns in order, and which of them may be empty."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Parameters
    ----------
    columns : tuple of str
        Columns that must be there, in their order.
    may_be_empty : tuple of str
        Those among them that need not be filled in every row.
    """

    columns: tuple[str, ...]
    may_be_empty: tuple[str, ...] = ()

    @property
    def filled(self) -> tuple[str, ...]:
        """Columns that every row fills."""
        return tuple(name for name in self.columns if name not in self.may_be_empty)


REASONS = tuple(f"reason_{number}" for number in range(1, 4))
MOVE = ("biggest_move", "biggest_move_months")
"""The biggest recent move of a customer's money, whatever its sign."""
_TRACE = ("as_of", "valid_until", "expires_with", "model_version", "release_id")
_ASSIGNMENT = (
    *("campaign_id", "customer_id", "use_case", "offer", "product_id", "channel", "time_band", "probability", "decile"),
    *("uplift", "expected_value", "branch_id", "manager_id", "stratum", "group", *_TRACE),
)
_CONTACT_TEXTS = ("name", "phone", "say_zh", "say_en", "reason_zh", "reason_en", "offer_zh", "offer_en")

FEATURES = Layout(("customer_id", "cutoff"))
SCORES = Layout(("customer_id", "probability", "decile", "rank"))
LISTS = Layout(
    (
        *("rank", "customer_id", "branch_id", "manager_id", "use_case", "probability", "decile"),
        *(*REASONS, "segment", *MOVE, *_TRACE),
    ),
    ("branch_id", "manager_id", "segment", "expires_with", *REASONS, *MOVE),
)
"""A released list, best first."""
CONTROL = Layout(_ASSIGNMENT, ("product_id", "time_band", "uplift", "branch_id", "manager_id", "expires_with"))
"""A campaign's `control.parquet`; codes are English."""
OFFERS = Layout(
    (*_ASSIGNMENT, *_CONTACT_TEXTS, *MOVE),
    ("product_id", "uplift", "branch_id", "manager_id", "stratum", "expires_with", *_CONTACT_TEXTS, *MOVE),
)
"""A campaign's `offers.parquet`: those to be contacted, best first."""

LAYOUTS = {"features": FEATURES, "scores": SCORES, "lists": LISTS, "offers": OFFERS, "control": CONTROL}
"""By the suite that checks the file."""
