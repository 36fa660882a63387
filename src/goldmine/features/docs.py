"""docs/features.md, generated from the features themselves and the docstrings of their families."""

import inspect
from types import ModuleType

from goldmine.core.i18n import in_language, pgettext
from goldmine.features import peer_aggregates
from goldmine.features.catalogue import catalogue, families
from goldmine.features.definition import Feature

_HEAD = """# Features

Generated from code by `python -m goldmine.features.docs > docs/features.md`; do not edit by hand.

A feature table has a row a customer on the books at its cutoff, and sees only rows dated and known by then.
Numbers are stored as float32, empty where unknown; categories as text. Windows are whole months, whatever is counted in
them: 30 days are the month that ends at the cutoff, 90, 180 and 365 days are 3, 6 and 12 months, with or without a
29 February. A feature whose table or column the bank does not have is left out, and the run says so.

## How they are counted

A share or a ratio is empty where it would be over nothing. A transaction that the books hold twice under one number
counts once, and so do equal rows of an account, product event, contact or deposit.

A window counts the months that are on the books. Where balances begin later than the transactions, a month before them
is unknown, and so are features of balances that read it: averages, changes, lows, trends, amounts of a year ago.

{families}
## All features

| feature | unit | window, days | needs | meaning | {meaning} |
|---|---|---|---|---|---|
"""


def features_page() -> str:
    """The page as Markdown."""
    meaning = in_language(pgettext("feature", "meaning"), "zh")
    counted = "".join(_family(module) for module in (*map(inspect.getmodule, families()), peer_aggregates))
    return _HEAD.format(meaning=meaning, families=counted) + "".join(_line(feature) for feature in catalogue())


def _family(module: ModuleType | None) -> str:
    """How a family is counted: its module's docstring."""
    title, _blank, counted = (inspect.getdoc(module) or "").partition("\n\n")
    return f"\n**{title.rstrip('.')}.**\n\n{counted}\n" if counted else f"\n**{title.rstrip('.')}.**\n"


def _line(feature: Feature) -> str:
    cells = (
        f"`{feature.name}`",
        feature.unit,
        str(feature.window or ""),
        ", ".join(feature.needs),
        feature.title,
        in_language(feature.title, "zh"),
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(features_page())
