"""The canonical tables: the one place that says what a bank's data looks like to Goldmine."""

from goldmine.contract.field_tables import FIELD_TABLES
from goldmine.contract.lending import BUREAU_SCORES, LOAN_APPLICATIONS, LOAN_MONTHS, LOANS, MERCHANTS
from goldmine.contract.schema import Column, TableSpec
from goldmine.contract.ties import ASSOCIATION_MEMBERS, ASSOCIATIONS, EMPLOYERS, RELATIONS, TURNOVER

PRODUCT_CLASSES = ("demand", "time", "wealth", "loan", "other")
RISK_GRADES = ("C1", "C2", "C3", "C4", "C5")
PRODUCT_RISKS = ("R1", "R2", "R3", "R4", "R5")
CONTACT_CHANNELS = ("call", "visit", "sms", "app", "counter", "wechat")
SUPPRESSION_REASONS = (
    "deceased",
    "frozen",
    "opted_out",
    "complaint",
    "litigation",
    "debt_collection",
    "do_not_call",
    "other",
)
RELATIONSHIP = "relationship"
"""What `contacts.campaign_id` holds of a contact that no campaign asked for: a courtesy call, a customer taken over."""
CHANNELS = ("counter", "atm", "pos", "mobile", "online", "third_party", "batch")
TRANSACTION_KINDS = (
    "salary",
    "pension",
    "subsidy",
    "transfer",
    "cash",
    "purchase",
    "merchant",
    "utility",
    "investment",
    "loan",
    "interest",
    "fee",
)
NOT_OWN_KINDS = ("interest", "fee")
"""Kinds of transaction that the bank makes, not the customer; so is everything in the batch channel."""
IDENTITIES = ("farmer", "worker", "public_servant", "merchant", "student", "retired", "migrant", "other")

CUSTOMERS = TableSpec(
    "customers",
    "A row a customer on the books.",
    (
        Column("customer_id", "text", "the bank's customer number", required=True),
        Column("birth_date", "day", "date of birth", after_books="allowed", whole_years=True),
        Column("gender", "text", "F or M", codes=("F", "M")),
        Column("kind", "text", "person, sole trader or firm", codes=("person", "sole_trader", "firm")),
        Column("opened_on", "day", "day the customer came onto the books"),
        Column("closed_on", "day", "day the customer left the books"),
        Column("branch_id", "text", "branch that keeps the customer"),
        Column("grid_id", "text", "grid (village or block) the customer lives in"),
        Column("manager_id", "text", "customer manager in charge (a staff_id)"),
        Column("employer_id", "text", "employer, where known"),
        Column("identity", "text", "identity attribute", codes=IDENTITIES),
        Column("risk_grade", "text", "assessed risk tolerance, C1 (lowest) to C5", codes=RISK_GRADES),
        Column("risk_grade_on", "day", "day of that assessment"),
        Column(
            "marketing_consent",
            "flag",
            "false where the customer opted out of automated marketing; nobody is contacted whose is empty",
            fail_closed=True,
        ),
        Column("social_security_card_on", "day", "day the social security card was issued here"),
        Column("mobile_bank_on", "day", "day mobile banking was activated"),
        Column("merged_into", "text", "customer_id of the same person that this number was merged into"),
        Column("merged_on", "day", "day of that merger; one without a day counts from the beginning"),
        Column("name", "text", "the customer's name; leaves the bank's tables masked only"),
        Column("phone", "text", "telephone number; leaves the bank's tables masked only"),
        Column("id_number_hash", "text", "identity-document number, hashed with the bank's own key"),
        Column("phone_hash", "text", "telephone number, hashed with the bank's own key"),
        Column("address", "text", "home address as it was written down; never leaves the bank's tables"),
        Column(
            "link_consent",
            "flag",
            "whether ties to others may be used for marketing, the customer's own and others' to them; nobody's are "
            "used whose is empty",
            fail_closed=True,
        ),
        Column("credit_card_on", "day", "day the credit card was issued here; empty for who has none"),
    ),
    key=("customer_id",),
    compulsory=True,
)

ACCOUNTS = TableSpec(
    "accounts",
    "A row an account.",
    (
        Column("account_id", "text", "account number", required=True),
        Column("customer_id", "text", "its owner", required=True),
        Column("product_class", "text", "class of the account", codes=PRODUCT_CLASSES),
        Column("opened_on", "day", "day opened"),
        Column("closed_on", "day", "day closed"),
    ),
    key=("account_id",),
)

BALANCES = TableSpec(
    "balances",
    "A row a customer, month end and product class with a balance.",
    (
        Column("customer_id", "text", "whose", required=True),
        Column("month_end", "day", "last day of the month", required=True),
        Column("product_class", "text", "class of product", required=True, codes=PRODUCT_CLASSES),
        Column("balance", "money", "balance at the month end, yuan; a loan's is what is owed", required=True),
        Column("average_daily_balance", "money", "mean of the month's daily balances, yuan"),
    ),
    key=("customer_id", "month_end", "product_class"),
    month_of="month_end",
)

TRANSACTIONS = TableSpec(
    "transactions",
    "A row a movement on an account.",
    (
        Column("transaction_id", "text", "number of the movement", required=True),
        Column("customer_id", "text", "whose", required=True),
        Column("account_id", "text", "on which account"),
        Column("time", "moment", "when it happened", required=True),
        Column(
            "known_on", "day", "day it reached the books, where later than the day it happened", after_books="warning"
        ),
        Column("amount", "money", "yuan, never negative: the direction says which way", required=True),
        Column("direction", "text", "into or out of the account", required=True, codes=("in", "out")),
        Column("channel", "text", "where it was made", codes=CHANNELS),
        Column("kind", "text", "what it was", codes=TRANSACTION_KINDS),
        Column(
            "counterparty", "text", "account, merchant or bank on the other side, as a code; accounts may be hashed"
        ),
        Column("counterparty_name", "text", "name of the other side, as the channel gives it"),
        Column("counterparty_customer_id", "text", "the other side's customer number, where it banks here"),
    ),
    key=("transaction_id",),
    month_of="time",
    compulsory=True,
)

PRODUCT_EVENTS = TableSpec(
    "product_events",
    "A row a product bought or redeemed, a loan drawn or repaid.",
    (
        Column("event_id", "text", "number of the event", required=True),
        Column("customer_id", "text", "whose", required=True),
        Column("happened_on", "day", "when", required=True),
        Column("event", "text", "what", required=True, codes=("bought", "redeemed", "loan_drawn", "loan_repaid")),
        Column("product_class", "text", "class of product", codes=PRODUCT_CLASSES),
        Column("product_id", "text", "which product"),
        Column("amount", "money", "yuan"),
    ),
    key=("event_id",),
)

TERM_HOLDINGS = TableSpec(
    "term_holdings",
    "A row a time deposit or a wealth product with an end.",
    (
        Column("holding_id", "text", "number of the deposit or the holding", required=True),
        Column("customer_id", "text", "whose", required=True),
        Column("product_class", "text", "a time deposit or a wealth product", codes=PRODUCT_CLASSES),
        Column("product_id", "text", "which product, where it has a number"),
        Column("amount", "money", "yuan put in", required=True),
        Column("rate_bp", "whole", "interest, basis points a year (1.50% is 150)"),
        Column("started_on", "day", "day it began"),
        Column("matures_on", "day", "day it ends", required=True, after_books="allowed"),
        Column("rolls_over", "flag", "true where it renews by itself"),
        Column("closed_on", "day", "day it was paid out; empty while it runs"),
    ),
    key=("holding_id",),
)

CONTACTS = TableSpec(
    "contacts",
    "A row a marketing contact and what came of it.",
    (
        Column("campaign_id", "text", f"which campaign; `{RELATIONSHIP}` where none asked for it", required=True),
        Column("customer_id", "text", "who was contacted", required=True),
        Column("contacted_on", "day", "when", required=True),
        Column("channel", "text", "how", codes=CONTACT_CHANNELS),
        Column(
            "answer",
            "text",
            "what the customer said",
            codes=("yes", "bought", "no", "later", "not_reached", "opt_out"),
            fail_closed=True,
        ),
        Column("outcome", "text", "what came of it", codes=("converted", "not_converted", "open")),
        Column("note", "text", "what the caller wrote down"),
    ),
    key=("campaign_id", "customer_id", "contacted_on"),
)

SUPPRESSIONS = TableSpec(
    "suppressions",
    "A row a time during which a customer may not be marketed to, and why; the ledger of refusals and of the law.",
    (
        Column("customer_id", "text", "who may not be contacted", required=True),
        Column(
            "reason",
            "text",
            "why; one that is missing or unknown keeps the customer off all the same",
            codes=SUPPRESSION_REASONS,
        ),
        Column(
            "start_date", "day", "first day on which it holds", required=True, after_books="warning", since_ever=True
        ),
        Column(
            "end_date",
            "day",
            "last day on which it holds; empty while no end is known",
            after_books="allowed",
            fail_closed=True,
        ),
        Column("channel", "text", "the only channel it holds for; empty: all of them", codes=CONTACT_CHANNELS),
    ),
    key=("customer_id", "reason", "start_date", "channel"),
)

STAFF = TableSpec(
    "staff",
    "A row a member of staff.",
    (
        Column("staff_id", "text", "number of the member of staff", required=True),
        Column("name", "text", "their name, which stands beside the number in what staff get"),
        Column("branch_id", "text", "branch"),
        Column(
            "role", "text", "role", codes=("staff", "manager", "supervisor", "branch_head", "department_head", "leader")
        ),
        Column("customer_id", "text", "their own customer number, where they bank here"),
        Column("left_on", "day", "day they left; from then on they are named as nobody's customer manager"),
    ),
    key=("staff_id",),
)

BRANCHES = TableSpec(
    "branches",
    "A row a branch.",
    (
        Column("branch_id", "text", "branch number", required=True),
        Column("name", "text", "its name"),
        Column("town", "text", "the town it stands in"),
    ),
    key=("branch_id",),
)

GRIDS = TableSpec(
    "grids",
    "A row a grid: a village or a block of a town.",
    (
        Column("grid_id", "text", "grid number", required=True),
        Column("name", "text", "its name"),
        Column("branch_id", "text", "branch that serves it"),
        Column("visitor_id", "text", "staff_id of its visitor"),
    ),
    key=("grid_id",),
)

EXTERNAL_FACTS = TableSpec(
    "external_facts",
    "A row a fact from outside the bank.",
    (
        Column("customer_id", "text", "about whom", required=True),
        Column("fact", "text", "which fact", required=True, codes=("property", "tax", "provident_fund")),
        Column("amount", "money", "yuan: value of the property, tax or fund payments of a year", required=True),
        Column("observed_on", "day", "day it became known", required=True),
        Column("source", "text", "where it comes from: a register, or `visit` for what a visitor brought back"),
    ),
    key=("customer_id", "fact", "observed_on"),
)

PRODUCTS = TableSpec(
    "products",
    "A row a product on offer.",
    (
        Column("product_id", "text", "product number", required=True),
        Column("name", "text", "its name"),
        Column("product_class", "text", "class", codes=PRODUCT_CLASSES),
        Column("risk_grade", "text", "risk, R1 (lowest) to R5", codes=PRODUCT_RISKS),
    ),
    key=("product_id",),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        CUSTOMERS,
        ACCOUNTS,
        BALANCES,
        TRANSACTIONS,
        PRODUCT_EVENTS,
        TERM_HOLDINGS,
        CONTACTS,
        SUPPRESSIONS,
        STAFF,
        BRANCHES,
        GRIDS,
        EMPLOYERS,
        RELATIONS,
        ASSOCIATIONS,
        ASSOCIATION_MEMBERS,
        TURNOVER,
        EXTERNAL_FACTS,
        PRODUCTS,
        *FIELD_TABLES,
        LOAN_APPLICATIONS,
        LOANS,
        LOAN_MONTHS,
        BUREAU_SCORES,
        MERCHANTS,
    )
}
