"""Accounts and products held, bought and lapsed; contacts made; facts from outside."""

from goldmine.contract.tables import PRODUCT_CLASSES
from goldmine.features.define import Defined, number
from goldmine.features.side import EVENTS, FACTS
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


def products(v: View) -> list[Defined]:
    """Features from accounts, balances by class, product events, contacts and outside facts."""
    return [*_accounts(v), *_events(v), *_contacts(v), *_facts(v)]


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
