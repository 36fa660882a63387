"""The canonical tables of ties: employers, relations, associations and their members, trade between firms."""

from goldmine.contract.schema import Column, TableSpec

EMPLOYERS = TableSpec(
    "employers",
    "A row an employer.",
    (
        Column("employer_id", "text", "employer number", required=True),
        Column("name", "text", "its name"),
        Column("industry", "text", "its industry"),
        Column("customer_id", "text", "its own customer number, where it banks here"),
    ),
    key=("employer_id",),
)

RELATIONS = TableSpec(
    "relations",
    "A row a known relation between two customers.",
    (
        Column("customer_id", "text", "one side", required=True),
        Column("related_id", "text", "the other side (a customer_id)", required=True),
        Column(
            "relation",
            "text",
            "what the other side is to the first",
            required=True,
            codes=("family", "guarantor", "supplier", "buyer", "shareholder", "executive"),
        ),
        Column("since", "day", "day from which it is known"),
        Column("ended_on", "day", "day on which it ended; empty while it holds"),
    ),
    key=("customer_id", "related_id", "relation"),
)

ASSOCIATIONS = TableSpec(
    "associations",
    "A row an association: of a trade, or of people from here who live elsewhere.",
    (
        Column("association_id", "text", "association number", required=True),
        Column("name", "text", "its name"),
        Column("kind", "text", "of a trade, or of emigrants elsewhere", codes=("trade", "emigrant")),
        Column("industry", "text", "its trade"),
        Column("place", "text", "where it is, for one elsewhere"),
    ),
    key=("association_id",),
)

ASSOCIATION_MEMBERS = TableSpec(
    "association_members",
    "A row a customer's membership of an association.",
    (
        Column("association_id", "text", "which association", required=True),
        Column("customer_id", "text", "who", required=True),
        Column("joined_on", "day", "day from which the membership is known"),
        Column("left_on", "day", "day on which it ended; empty while it holds"),
    ),
    key=("association_id", "customer_id"),
)

TURNOVER = TableSpec(
    "turnover",
    "A row a business, month and trading partner: what it invoiced, was invoiced, or took in by card and code.",
    (
        Column("customer_id", "text", "whose", required=True),
        Column("month_end", "day", "last day of the month", required=True),
        Column(
            "kind",
            "text",
            "invoices to buyers, invoices from suppliers, or takings by card and code",
            required=True,
            codes=("sales_invoices", "purchase_invoices", "acquiring"),
        ),
        Column("counterparty", "text", "the trading partner's tax number, hashed; empty for takings"),
        Column("counterparty_name", "text", "the trading partner's name"),
        Column("counterparty_customer_id", "text", "the trading partner's customer number, where it banks here"),
        Column("amount", "money", "yuan of the month", required=True),
    ),
    key=("customer_id", "month_end", "kind", "counterparty"),
)
