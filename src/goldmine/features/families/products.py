"""Accounts and products held, bought and lapsed; contacts made; facts from outside."""

from goldmine.contract.tables import PRODUCT_CLASSES
from goldmine.features.customer_aggregates import EVENTS, FACTS
from goldmine.features.definition import Defined, number, tell
from goldmine.features.reason_text import Told
from goldmine.features.view import View

EVENT_WORDS = {
    "bought": ("Products bought", "购买产品"),
    "redeemed": ("Products redeemed", "赎回产品"),
    "loan_drawn": ("Loans drawn", "贷款发放"),
    "loan_repaid": ("Loans repaid", "贷款结清"),
}
FACT_WORDS = {
    "property": ("Property value", "不动产价值"),
    "tax": ("Yearly tax paid", "年纳税额"),
    "provident_fund": ("Yearly provident-fund payments", "公积金年缴存额"),
}

SAID = {
    "accounts_open_count": Told("accounts", up=("Open accounts: {value}", "在用账户{value}个")),
    "accounts_time_count": Told(
        "time",
        up=("Open time-deposit accounts: {value}", "定期账户{value}个"),
        none=("No time-deposit account", "没有定期账户"),
    ),
    "accounts_closed_count": Told(
        "accounts",
        up=("Accounts closed within a year: {value}", "近一年销户{value}个"),
        none=("No account closed within a year", "近一年没有销户"),
    ),
    "accounts_opened_count": Told(
        "accounts",
        up=("Accounts opened within a year: {value}", "近一年新开账户{value}个"),
        none=("No account opened within a year", "近一年没有新开账户"),
    ),
    "classes_held": Told(
        "products_held",
        up=("Kinds of products held: {value}", "持有{value}类产品"),
        none=("Holds no product", "没有持有产品"),
    ),
    "wealth_bought_count_365d": Told(
        "wealth",
        up=("Wealth products bought within a year: {value}", "近一年购买理财{value}次"),
        none=("No wealth product bought within a year", "近一年没有购买理财"),
    ),
    "wealth_bought_count_ever": Told(
        "wealth",
        up=("Wealth products ever bought: {value}", "累计购买理财{value}次"),
        none=("Has never bought a wealth product here", "从未在本行购买理财"),
    ),
    "wealth_bought_days_since": Told(
        "wealth",
        up=("Bought a wealth product {value} ago", "{value}前购买过理财"),
        unknown=("Has never bought a wealth product here", "从未在本行购买理财"),
        usual=False,
    ),
    "bought_count_365d": Told(
        "products_bought",
        up=("Products bought within a year: {value}", "近一年购买产品{value}次"),
        none=("No product bought within a year", "近一年没有购买产品"),
    ),
    "bought_days_since": Told(
        "products_bought",
        up=("Bought a product {value} ago", "{value}前购买过产品"),
        unknown=("No product bought so far", "没有购买产品的记录"),
        usual=False,
    ),
    "redeemed_count_365d": Told(
        "products_redeemed",
        up=("Products redeemed within a year: {value}", "近一年赎回产品{value}次"),
        none=("No product redeemed within a year", "近一年没有赎回产品"),
    ),
    "redeemed_days_since": Told(
        "products_redeemed",
        up=("Redeemed a product {value} ago", "{value}前赎回过产品"),
        unknown=("No product redeemed so far", "没有赎回产品的记录"),
        usual=False,
    ),
    "loan_drawn_count_365d": Told(
        "loan",
        up=("Loans drawn within a year: {value}", "近一年用信{value}次"),
        none=("No loan drawn within a year", "近一年没有用信"),
    ),
    "loan_drawn_days_since": Told(
        "loan",
        up=("Drew a loan {value} ago", "{value}前用信"),
        unknown=("No loan drawn so far", "没有用信记录"),
        usual=False,
    ),
    "loan_repaid_count_365d": Told(
        "loan",
        up=("Loans paid off within a year: {value}", "近一年结清贷款{value}笔"),
        none=("No loan paid off within a year", "近一年没有结清贷款"),
    ),
    "loan_repaid_days_since": Told(
        "loan",
        up=("Paid off a loan {value} ago", "{value}前结清贷款"),
        unknown=("No loan paid off so far", "没有结清贷款的记录"),
        usual=False,
    ),
    "contacts_count_*": Told(
        "contacts",
        up=("Contacts by the bank over {window}: {value}", "{window}营销触达{value}次"),
        none=("Not contacted by the bank over {window}", "{window}没有营销触达"),
    ),
    "contacts_yes_count": Told(
        "contacts",
        up=("Contacts answered with yes: {value}", "营销应答同意{value}次"),
        none=("No contact answered with yes so far", "营销应答没有同意过"),
    ),
    "contacts_no_count": Told(
        "contacts",
        up=("Contacts answered with no: {value}", "营销应答拒绝{value}次"),
        none=("No contact answered with no so far", "营销应答没有拒绝过"),
    ),
    "contact_days_since": Told(
        "contacts",
        up=("Last contacted {value} ago", "{value}前有过营销触达"),
        unknown=("Never contacted by the bank so far", "没有营销触达记录"),
        usual=False,
    ),
    "property_amount": Told(
        "property",
        up=("Owns property, on the bank's record", "有不动产登记信息"),
        unknown=("No property on the bank's record", "没有不动产登记信息"),
        usual=False,
    ),
    "tax_amount": Told(
        "tax",
        up=("Pays {value} of tax a year", "年纳税{value}"),
        unknown=("No tax on the bank's record", "没有纳税信息"),
        usual=False,
    ),
    "provident_fund_amount": Told(
        "provident_fund",
        up=("Pays {value} a year into the provident fund", "公积金年缴存{value}"),
        unknown=("No provident fund on the bank's record", "没有公积金信息"),
        usual=False,
    ),
}
"""How a customer manager says each feature."""


def products(v: View) -> list[Defined]:
    """Features from accounts, balances by class, product events, contacts and outside facts."""
    return tell([*_accounts(v), *_events(v), *_contacts(v), *_facts(v)], SAID)


def _accounts(v: View) -> list[Defined]:
    words = {
        "accounts_open": ("Open accounts", "在用账户数"),
        "accounts_time": ("Open time-deposit accounts", "定期账户数"),
        "accounts_closed": ("Accounts closed in a year", "近一年销户数"),
        "accounts_opened": ("Accounts opened in a year", "近一年新开账户数"),
    }
    held = [(v.zero(f"{name}_a0") > 0).cast("int64") for name in PRODUCT_CLASSES]
    return [
        *[
            number(f"{name}_count", v.zero(name), en=en, zh=zh, unit="count", needs=("accounts",))
            for name, (en, zh) in words.items()
        ],
        number(
            "classes_held",
            sum(held[1:], held[0]),
            en="Product classes held",
            zh="持有产品大类数",
            unit="count",
            needs=("balances",),
        ),
    ]


def _events(v: View) -> list[Defined]:
    needs = ("product_events",)
    found = []
    for event in EVENTS:
        en, zh = EVENT_WORDS[event]
        found += [
            number(
                f"{event}_count_365d",
                v.zero(f"{event}_count_365d"),
                en=f"{en} in a year",
                zh=f"近一年{zh}次数",
                unit="count",
                needs=needs,
                window=365,
            ),
            number(
                f"{event}_days_since",
                v.days_since(v.rows[f"{event}_last"]),
                en=f"{en}: days since the last",
                zh=f"距上次{zh}天数",
                unit="days",
                needs=needs,
            ),
        ]
    return [
        *found,
        number(
            "wealth_bought_count_365d",
            v.zero("wealth_bought_365d"),
            en="Wealth products bought in a year",
            zh="近一年购买理财次数",
            unit="count",
            needs=needs,
            window=365,
        ),
        number(
            "wealth_bought_count_ever",
            v.zero("wealth_bought_ever"),
            en="Wealth products ever bought",
            zh="累计购买理财次数",
            unit="count",
            needs=needs,
        ),
        number(
            "wealth_bought_days_since",
            v.days_since(v.rows.wealth_last),
            en="Days since a wealth product was bought",
            zh="距上次购买理财天数",
            unit="days",
            needs=needs,
        ),
    ]


def _contacts(v: View) -> list[Defined]:
    needs = ("contacts",)
    return [
        *[
            number(
                f"contacts_count_{days}d",
                v.zero(f"contacts_{days}d"),
                en=f"Marketing contacts in {days} days",
                zh=f"近{days}天营销触达次数",
                unit="count",
                needs=needs,
                window=days,
            )
            for days in (90, 365)
        ],
        number(
            "contacts_yes_count",
            v.zero("contacts_yes"),
            en="Contacts answered with yes",
            zh="营销应答同意次数",
            unit="count",
            needs=needs,
        ),
        number(
            "contacts_no_count",
            v.zero("contacts_no"),
            en="Contacts answered with no",
            zh="营销拒绝次数",
            unit="count",
            needs=needs,
        ),
        number(
            "contact_days_since",
            v.days_since(v.rows.contact_last),
            en="Days since the last contact",
            zh="距上次营销触达天数",
            unit="days",
            needs=needs,
        ),
    ]


def _facts(v: View) -> list[Defined]:
    return [
        number(
            f"{fact}_amount",
            v.rows[f"fact_{fact}"],
            en=FACT_WORDS[fact][0],
            zh=FACT_WORDS[fact][1],
            unit="yuan",
            needs=("external_facts",),
        )
        for fact in FACTS
    ]
