"""Accounts and products held, bought and lapsed; contacts made; facts from outside.

* A year and 90 days are 12 and 3 whole months, as everywhere. Days since the last look back over all of the books.
* A product class is held where its average daily balance of the last month is above zero, loans among them.
* Of each fact from outside, the highest amount known by the cutoff counts.
"""

from goldmine.contract.tables import PRODUCT_CLASSES
from goldmine.core.i18n import _
from goldmine.features.customer_aggregates import EVENTS, FACTS
from goldmine.features.definition import FeatureDefinition, NumberRow, numbers, sum_of, with_reason_texts
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View

EVENT_TITLES = {
    "bought": _("Products bought"),
    "redeemed": _("Products redeemed"),
    "loan_drawn": _("Loans drawn"),
    "loan_repaid": _("Loans repaid"),
}
FACT_TITLES = {
    "property": _("Property value"),
    "tax": _("Yearly tax paid"),
    "provident_fund": _("Yearly provident-fund payments"),
}

REASON_TEXTS = {
    "accounts_open_count": ReasonText("accounts", positive=_("Open accounts: {value}")),
    "accounts_time_count": ReasonText(
        "time", positive=_("Open time-deposit accounts: {value}"), zero=_("No time-deposit account")
    ),
    "accounts_closed_count": ReasonText(
        "accounts", positive=_("Accounts closed within a year: {value}"), zero=_("No account closed within a year")
    ),
    "accounts_opened_count": ReasonText(
        "accounts", positive=_("Accounts opened within a year: {value}"), zero=_("No account opened within a year")
    ),
    "classes_held": ReasonText(
        "products_held", positive=_("Kinds of products held: {value}"), zero=_("Holds no product")
    ),
    "wealth_bought_count_365d": ReasonText(
        "wealth",
        positive=_("Wealth products bought within a year: {value}"),
        zero=_("No wealth product bought within a year"),
    ),
    "wealth_bought_count_ever": ReasonText(
        "wealth", positive=_("Wealth products ever bought: {value}"), zero=_("Has never bought a wealth product here")
    ),
    "wealth_bought_days_since": ReasonText(
        "wealth",
        positive=_("Bought a wealth product {value} ago"),
        missing=_("Has never bought a wealth product here"),
        show_typical=False,
    ),
    "bought_count_365d": ReasonText(
        "products_bought",
        positive=_("Products bought within a year: {value}"),
        zero=_("No product bought within a year"),
    ),
    "bought_days_since": ReasonText(
        "products_bought",
        positive=_("Bought a product {value} ago"),
        missing=_("No product bought so far"),
        show_typical=False,
    ),
    "redeemed_count_365d": ReasonText(
        "products_redeemed",
        positive=_("Products redeemed within a year: {value}"),
        zero=_("No product redeemed within a year"),
    ),
    "redeemed_days_since": ReasonText(
        "products_redeemed",
        positive=_("Redeemed a product {value} ago"),
        missing=_("No product redeemed so far"),
        show_typical=False,
    ),
    "loan_drawn_count_365d": ReasonText(
        "loan", positive=_("Loans drawn within a year: {value}"), zero=_("No loan drawn within a year")
    ),
    "loan_drawn_days_since": ReasonText(
        "loan", positive=_("Drew a loan {value} ago"), missing=_("No loan drawn so far"), show_typical=False
    ),
    "loan_repaid_count_365d": ReasonText(
        "loan", positive=_("Loans paid off within a year: {value}"), zero=_("No loan paid off within a year")
    ),
    "loan_repaid_days_since": ReasonText(
        "loan", positive=_("Paid off a loan {value} ago"), missing=_("No loan paid off so far"), show_typical=False
    ),
    "contacts_count_*": ReasonText(
        "contacts",
        positive=_("Contacts by the bank over {window}: {value}"),
        zero=_("Not contacted by the bank over {window}"),
    ),
    "contacts_yes_count": ReasonText(
        "contacts",
        positive=_("Said yes to {value} contacts so far"),
        one=_("Said yes to one contact so far"),
        zero=_("No contact answered with yes so far"),
    ),
    "contacts_no_count": ReasonText(
        "contacts", positive=_("Contacts answered with no: {value}"), zero=_("No contact answered with no so far")
    ),
    "contact_days_since": ReasonText(
        "contacts",
        positive=_("Last contacted {value} ago"),
        missing=_("Never contacted by the bank so far"),
        show_typical=False,
    ),
    "property_amount": ReasonText(
        "property",
        positive=_("Owns property, on the bank's record"),
        missing=_("No property on the bank's record"),
        show_typical=False,
    ),
    "tax_amount": ReasonText(
        "tax", positive=_("Pays {value} of tax a year"), missing=_("No tax on the bank's record"), show_typical=False
    ),
    "provident_fund_amount": ReasonText(
        "provident_fund",
        positive=_("Pays {value} a year into the provident fund"),
        missing=_("No provident fund on the bank's record"),
        show_typical=False,
    ),
}
"""How a customer manager words each feature."""


def products(v: View) -> list[FeatureDefinition]:
    """Features from accounts, balances by class, product events, contacts and outside facts."""
    return with_reason_texts([*_accounts(v), *_events(v), *_contacts(v), *_facts(v)], REASON_TEXTS)


def _accounts(v: View) -> list[FeatureDefinition]:
    held = [(v.zero(f"{name}_a0") > 0).cast("int64") for name in PRODUCT_CLASSES]
    return [
        *numbers(
            ("accounts",),
            ("accounts_open_count", v.zero("accounts_open"), _("Open accounts"), "count", None),
            ("accounts_time_count", v.zero("accounts_time"), _("Open time-deposit accounts"), "count", None),
            ("accounts_closed_count", v.zero("accounts_closed"), _("Accounts closed in a year"), "count", None),
            ("accounts_opened_count", v.zero("accounts_opened"), _("Accounts opened in a year"), "count", None),
        ),
        *numbers(("balances",), ("classes_held", sum_of(held), _("Product classes held"), "count", None)),
    ]


def _events(v: View) -> list[FeatureDefinition]:
    rows: list[NumberRow] = []
    for event in EVENTS:
        title, since = EVENT_TITLES[event], v.days_since(v.rows[f"{event}_last"])
        rows += [
            (f"{event}_count_365d", v.zero(f"{event}_count_365d"), _("{event} in a year", event=title), "count", 365),
            (f"{event}_days_since", since, _("{event}: days since the last", event=title), "days", None),
        ]
    bought, ever, since = v.zero("wealth_bought_365d"), v.zero("wealth_bought_ever"), v.days_since(v.rows.wealth_last)
    return numbers(
        ("product_events",),
        *rows,
        ("wealth_bought_count_365d", bought, _("Wealth products bought in a year"), "count", 365),
        ("wealth_bought_count_ever", ever, _("Wealth products ever bought"), "count", None),
        ("wealth_bought_days_since", since, _("Days since a wealth product was bought"), "days", None),
    )


def _contacts(v: View) -> list[FeatureDefinition]:
    return numbers(
        ("contacts",),
        ("contacts_count_90d", v.zero("contacts_90d"), _("Marketing contacts in {days} days", days=90), "count", 90),
        (
            "contacts_count_365d",
            v.zero("contacts_365d"),
            _("Marketing contacts in {days} days", days=365),
            "count",
            365,
        ),
        ("contacts_yes_count", v.zero("contacts_yes"), _("Contacts answered with yes"), "count", None),
        ("contacts_no_count", v.zero("contacts_no"), _("Contacts answered with no"), "count", None),
        ("contact_days_since", v.days_since(v.rows.contact_last), _("Days since the last contact"), "days", None),
    )


def _facts(v: View) -> list[FeatureDefinition]:
    rows = [(f"{fact}_amount", v.rows[f"fact_{fact}"], FACT_TITLES[fact], "yuan", None) for fact in FACTS]
    return numbers(("external_facts",), *rows)
