"""The canonical tables of lending: applications, loans and their months, bureau scores, merchants' trades."""

from goldmine.contract.schema import Column, TableSpec

PURPOSES = ("business", "consumption", "farming", "housing", "other")

LOAN_APPLICATIONS = TableSpec(
    "loan_applications",
    "A row an application for a loan, granted or not.",
    (
        Column("application_id", "text", "number of the application", required=True),
        Column("customer_id", "text", "who applied", required=True),
        Column("product_id", "text", "for which product"),
        Column("applied_on", "day", "day of the application", required=True),
        Column("amount", "money", "yuan asked for"),
        Column("rate_bp", "whole", "interest that was offered, basis points a year (4.35% is 435)"),
        Column(
            "decision",
            "text",
            "what became of it: granted, refused by the bank, or granted and not taken up by the customer",
            codes=("granted", "refused", "not_taken"),
        ),
        Column("loan_id", "text", "the loan that came of it"),
    ),
    key=("application_id",),
)

LOANS = TableSpec(
    "loans",
    "A row a loan or a credit line.",
    (
        Column("loan_id", "text", "number of the loan", required=True),
        Column("customer_id", "text", "who borrows", required=True),
        Column("product_id", "text", "which product"),
        Column("purpose", "text", "what it is for", codes=PURPOSES),
        Column("credit_limit", "money", "yuan granted", required=True),
        Column("rate_bp", "whole", "interest, basis points a year (4.35% is 435)"),
        Column("granted_on", "day", "day it was granted", required=True),
        Column("due_on", "day", "day it is to be repaid by", after_books="allowed"),
        Column("closed_on", "day", "day it was repaid in full; empty while it runs"),
    ),
    key=("loan_id",),
)

LOAN_MONTHS = TableSpec(
    "loan_months",
    "A row a loan and month end while it runs: what is owed, and what is in arrears.",
    (
        Column("loan_id", "text", "which loan", required=True),
        Column("month_end", "day", "last day of the month", required=True),
        Column("owed", "money", "yuan owed", required=True),
        Column("overdue", "money", "yuan of it in arrears"),
        Column("days_overdue", "whole", "days since the oldest payment in arrears was due; 0 without arrears"),
    ),
    key=("loan_id", "month_end"),
)

BUREAU_SCORES = TableSpec(
    "bureau_scores",
    "A row a score of the credit bureau and day on which the bank asked for it.",
    (
        Column("customer_id", "text", "about whom", required=True),
        Column("score", "whole", "the bureau's score; more is safer", required=True),
        Column("observed_on", "day", "day it was given", required=True),
    ),
    key=("customer_id", "observed_on"),
)

MERCHANTS = TableSpec(
    "merchants",
    "A row a customer in trade and trade.",
    (
        Column("customer_id", "text", "who trades", required=True),
        Column("trade", "text", "in what, as the rule file of credit calls it", required=True),
        Column("season_start", "whole", "month in which their season begins, 1 to 12; empty: as the rule file says"),
        Column("season_end", "whole", "month in which it ends; one before the start lies in the next year"),
        Column("since", "day", "day from which it is known"),
        Column("ended_on", "day", "day on which the trade ended; empty while it holds"),
    ),
    key=("customer_id", "trade"),
)
