"""The canonical tables of field work: places, visits, villages and their ratings, the social security card."""

from goldmine.contract.schema import Column, TableSpec

VISIT_RESULTS = ("met", "not_met", "moved")
HOUSEHOLD_RATINGS = ("excellent", "good", "fair", "not_recommended")
AGENCIES = ("human_resources", "finance", "civil_affairs", "agriculture", "medical_insurance")

PLACES = TableSpec(
    "places",
    "A row a place: where a grid's centre or a branch is; no customer has one of their own.",
    (
        Column("place_id", "text", "grid_id or branch_id", required=True),
        Column("kind", "text", "a grid or a branch", required=True, codes=("grid", "branch")),
        Column("latitude_e6", "whole", "degrees north in millionths: 34.315012 is 34315012", required=True),
        Column("longitude_e6", "whole", "degrees east in millionths: 117.958934 is 117958934", required=True),
    ),
    key=("kind", "place_id"),
)

VISITS = TableSpec(
    "visits",
    "A row a visit to a customer's home or shop.",
    (
        Column("visit_id", "text", "number of the visit", required=True),
        Column("customer_id", "text", "who was to be met", required=True),
        Column("visitor_id", "text", "who went (a staff_id)"),
        Column("visited_on", "day", "when", required=True),
        Column("result", "text", "what the visitor found", codes=VISIT_RESULTS),
    ),
    key=("visit_id",),
)

VILLAGES = TableSpec(
    "villages",
    "A row a village (a grid) that is given credit as a whole.",
    (
        Column("grid_id", "text", "the village's grid", required=True),
        Column("households", "whole", "households that live there, customers or not"),
        Column("land_mu", "decimal", "farmland, mu"),
        Column("credit_cap", "money", "most that all limits of the village may add up to, yuan"),
        Column("rating", "text", "whether it is a credit village", codes=("credit_village", "ordinary")),
        Column("rated_on", "day", "day of that rating"),
    ),
    key=("grid_id",),
)

VILLAGE_RATINGS = TableSpec(
    "village_ratings",
    "A row a household's rating by its village committee; any member stands for the household.",
    (
        Column("customer_id", "text", "a member of the household", required=True),
        Column("rating", "text", "what the committee says", required=True, codes=HOUSEHOLD_RATINGS),
        Column("rated_on", "day", "day of the rating", required=True),
        Column("land_mu", "decimal", "farmland that the household works, mu"),
    ),
    key=("customer_id", "rated_on"),
)

SOCIAL_SECURITY_CARDS = TableSpec(
    "social_security_cards",
    "A row a social security card with a bank account.",
    (
        Column("customer_id", "text", "whose", required=True),
        Column("issued_on", "day", "day it was issued", required=True),
        Column("activated_on", "day", "day its account was activated; empty while it is not"),
    ),
    key=("customer_id", "issued_on"),
)

CARD_USES = TableSpec(
    "card_uses",
    "A row a public agency that pays or collects through a customer's social security card.",
    (
        Column("customer_id", "text", "whose card", required=True),
        Column("agency", "text", "which agency", required=True, codes=AGENCIES),
        Column("since", "day", "day of the first payment", required=True),
        Column("ended_on", "day", "day of the last one, where they have ended"),
    ),
    key=("customer_id", "agency", "since"),
)

FIELD_TABLES = (PLACES, VISITS, VILLAGES, VILLAGE_RATINGS, SOCIAL_SECURITY_CARDS, CARD_USES)
