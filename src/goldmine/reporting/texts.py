"""What the reports say: above each of their parts, as headings of their tables, and in their cells."""

from IPython.display import Markdown

from goldmine.core.i18n import _, in_language
from goldmine.core.page_text import markdown_text

_TEXTS = {
    "head_office": _(
        "# Head office · {as_of}\nAll figures here and in the branches' and employees' "
        "reports use the same definitions; the branches' figures add up to these to the fen."
    ),
    "branch": _(
        "# Branch {unit} · {as_of}\nFor the branch head. Figures about fewer than five customers are not shown. "
        "Internal: must not leave the bank."
    ),
    "employee": _("# {unit} ({role}) · {as_of}\nOwn customers only. Internal: personal data, must not leave the bank."),
    "key_figures": _("## Key figures\nEach with the department in charge of its definition."),
    "growth": _(
        "## Growth\nThe change of the quarter is split by the customers' movement: joined, moved up, "
        "same level, moved down, left."
    ),
    "ladder": _(
        "## The ladder\nCustomers on each of the seven levels of average daily AUM, now and a quarter earlier."
    ),
    "branches": _(
        "## Branches\nA figure of a branch with fewer than five customers in it is hidden (*), and so is that of the "
        "smallest other one if the total would reveal it."
    ),
    "ranking": _(
        "## Branches compared\nSmall branches swing by chance. Each is drawn towards the whole bank's "
        "figure, the more the smaller it is; red and green mark differences that chance alone "
        "does not explain."
    ),
    "campaigns": _(
        "## Campaigns\nConversion of those who answered, but for those of whom it is still open what came of it. It "
        "includes customers who would have converted anyway; the effect is measured against the control group if a "
        "campaign has one."
    ),
    "models": _(
        "## Model health\nChampions in the registry, evaluated out of time. A model older than six "
        "months, or barely better than its baseline, is due for retraining."
    ),
    "not_made": _(
        "## What could not be computed\nMonths or tables are missing; such a figure is left out "
        "rather than computed from half of its data."
    ),
    "targets": _("## Targets\nOf the quarter, from the table of definitions, against what has been reached."),
    "standing": _("## Where the branch stands\nThe weakest figure first. A rank with a wide range says little."),
    "weakest": _("## The weakest link: {metric}\n{verdict} {remedy}"),
    "employees": _(
        "## Who looks after the customers\nA figure of somebody with fewer than five customers in it is hidden (*), "
        "and so is the smallest other one if the total would reveal it."
    ),
    "calls": _(
        "## The queue of the day\nOffers of campaigns, agreed call-backs, overdue contacts, customers taken over, near "
        "the next level or lost: the highest expected value first, as many as one person can work in a day."
    ),
    "coming_days": _(
        "## The days after\nWhat does not fit into the day is spread over the working days until it lapses."
    ),
    "overdue": _("## Overdue contacts\nAll of them, by the rhythm of the customer's level."),
    "near": _("## Near the next level\nWithin 20% below it; the nearest first."),
    "own": _("## Own results\nThe customers whom you look after, beside the branch's and the whole bank's."),
}
BETWEEN = _("; ")
"""Between two reasons in one cell."""
_VERDICTS = {
    "worse": _("Worse than the bank by more than chance."),
    "chance": _("The lowest of the branch's figures, though chance could explain it."),
    "better": _("No figure is weaker than the whole bank's."),
    "none": _("No figure of the branch can be compared with the bank's."),
}
_REMEDIES = {
    "own": _("The list below, of the branch's own customers, can remedy it."),
    "other": _("The list below, of the branch's own customers, is for the weakest figure that has one: {metric}."),
    "none": _("There is no list of the branch's customers that could remedy a figure."),
}
_WORDS = {
    "unknown": _("(not known)"),
    "better": _("better"),
    "worse": _("worse"),
    "chance": _("no more than chance"),
    "overdue": _("Contact overdue by {days} days"),
    "core_overdue": _("Core customer, contact overdue by {days} days"),
    "near_next_by": _("{yuan} yuan below the next level"),
    "call_back": _("Asked to be contacted later"),
    "lost_deposit": _("Deposits flowed out by {year}-{month:02d}"),
    "lost_loan": _("Loan gone by {year}-{month:02d}"),
    "no_number": _("no number: visit"),
    "handed_over": _("Taken over from {before}"),
}


def section(name: str, language: str, **words: object) -> Markdown:
    """Heading and explanation of a part of a report; `words` fill in what stands in braces."""
    safe = {key: markdown_text(value) for key, value in words.items()}
    return Markdown(in_language(_TEXTS[name], language).format(**safe))


def verdict_text(verdict: str, language: str) -> str:
    """What a verdict on the weakest figure means."""
    return str(in_language(_VERDICTS[verdict], language))


def remedy_text(remedy: str, metric: str, language: str) -> str:
    """Which figure a list of a branch's customers can remedy: see `views.WeakestLink.remedy`; `metric` is its name."""
    return str(in_language(_REMEDIES[remedy], language)).format(metric=metric)


def word(name: str, language: str, **values: object) -> str:
    """A word of a cell; `values` fill in what stands in braces."""
    return str(in_language(_WORDS[name], language)).format(**values)
