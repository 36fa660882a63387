"""Words for codes in the columns that people get, a mapping a kind of code; see `goldmine.core.columns`."""

from goldmine.core.i18n import pgettext

NO_CAMPAIGN = {
    "relationship": pgettext("code", "customer care"),
}
CHANNELS = {
    "call": pgettext("code", "phone call"),
    "visit": pgettext("code", "visit"),
    "sms": pgettext("code", "text message"),
    "app": pgettext("code", "mobile bank"),
    "counter": pgettext("code", "counter"),
    "wechat": pgettext("code", "WeChat"),
}
TIME_BANDS = {
    "morning": pgettext("code", "morning"),
    "noon": pgettext("code", "noon"),
    "afternoon": pgettext("code", "afternoon"),
    "evening": pgettext("code", "evening"),
}
ANSWERS = {
    "yes": pgettext("code", "yes"),
    "bought": pgettext("code", "has bought"),
    "no": pgettext("code", "no"),
    "later": pgettext("code", "later"),
    "not_reached": pgettext("code", "not reached"),
    "opt_out": pgettext("code", "never contact again"),
}
EXPIRES_WITH = {
    "assessment": pgettext("code", "risk assessment"),
}
YES_NO = {
    "yes": pgettext("value", "yes"),
    "no": pgettext("value", "no"),
}
TERM_CLASSES = {
    "time": pgettext("code", "time deposit"),
    "wealth": pgettext("code", "wealth product"),
}
STATUSES = {
    "open": pgettext("status", "to contact"),
    "call_back": pgettext("status", "call back"),
    "done": pgettext("status", "contacted"),
    "refused": pgettext("status", "opted out"),
}
CHANGES = {
    "withdrawn": pgettext("change", "withdrawn: do not contact"),
    "new": pgettext("change", "new"),
    "changed": pgettext("change", "changed"),
}
GROUPS = {
    "contact": pgettext("code", "contact"),
    "control": pgettext("code", "control"),
}
RANKED_BY = {
    "uplift": pgettext("code", "uplift (what a contact adds)"),
    "propensity": pgettext("code", "propensity (calibrated probability)"),
    "model": pgettext("code", "model"),
    "nearest": pgettext("code", "nearest first"),
}
DIRECTIONS = {
    "up": pgettext("code", "may move up"),
    "down": pgettext("code", "may move down"),
}
KINDS = {
    "salary": pgettext("inflow", "salary"),
    "pension": pgettext("inflow", "pension"),
    "subsidy": pgettext("inflow", "subsidies"),
    "merchant": pgettext("inflow", "shop takings"),
    "transfer": pgettext("inflow", "transfers in"),
    "cash": pgettext("inflow", "cash paid in"),
    "purchase": pgettext("inflow", "purchases"),
    "utility": pgettext("inflow", "utility bills"),
    "none": pgettext("inflow", "no transaction in 90 days"),
    "other": pgettext("inflow", "others together"),
}
AGES = {
    "minor": pgettext("code", "under 18"),
    "young": pgettext("code", "18 to 34"),
    "middle": pgettext("code", "35 to 49"),
    "mature": pgettext("code", "50 to 59"),
    "senior": pgettext("code", "60 and older"),
    "other": pgettext("code", "others together"),
}
OUTFLOWS = {
    "transfer": pgettext("outflow", "transfer"),
    "cash": pgettext("outflow", "cash withdrawn"),
    "purchase": pgettext("outflow", "purchases"),
    "investment": pgettext("outflow", "investment"),
    "utility": pgettext("outflow", "utility bills"),
    "loan": pgettext("outflow", "loan service"),
    "fee": pgettext("outflow", "fee"),
}
BANDS = {
    "high": pgettext("code", "best tenth"),
    "middle": pgettext("code", "next three tenths"),
    "low": pgettext("code", "others scored"),
    "unscored": pgettext("code", "not scored"),
}
ROLES = {
    "staff": pgettext("code", "staff"),
    "manager": pgettext("code", "customer manager"),
    "supervisor": pgettext("code", "business supervisor"),
    "branch_head": pgettext("code", "branch head"),
    "department_head": pgettext("code", "department head"),
    "leader": pgettext("code", "leadership"),
}
CHANGE_REASONS = {
    "kept": pgettext("code", "same owner"),
    "new": pgettext("code", "first owner"),
    "level": pgettext("code", "level changed"),
    "branch": pgettext("code", "branch changed"),
    "staff_left": pgettext("code", "owner left"),
    "limit": pgettext("code", "owner over the limit"),
    "relieved": pgettext("code", "role above not needed any more"),
}

LINKAGE_ZONES = {
    "sure": pgettext("linkage", "sure"),
    "review": pgettext("linkage", "to be looked at"),
}
PAYER_KINDS = {
    "own": pgettext("payer", "account of the employer"),
    "shared": pgettext("payer", "account for several employers"),
    "agency": pgettext("payer", "labour agency"),
    "private": pgettext("payer", "private account"),
}
PAY_STATUSES = {
    "paid": pgettext("payroll", "paid here"),
    "new": pgettext("payroll", "paid here for the first time"),
    "left": pgettext("payroll", "paid here no longer"),
    "elsewhere": pgettext("payroll", "paid elsewhere"),
}
PAY_LEVELS = {
    "staff": pgettext("pay level", "staff"),
    "middle": pgettext("pay level", "middle"),
    "senior": pgettext("pay level", "senior"),
}
GRID_SOURCES = {
    "books": pgettext("grid", "as in the books"),
    "household": pgettext("grid", "the household's grid"),
    "address": pgettext("grid", "of most at the same address"),
    "branch": pgettext("grid", "smallest grid of the branch"),
}
VISITOR_CHANGES = {
    "kept": pgettext("visitor", "same visitor"),
    "no_visitor": pgettext("visitor", "had none"),
    "visitor_unknown": pgettext("visitor", "the visitor is not in the staff table"),
    "visitor_left": pgettext("visitor", "the visitor has left"),
    "visitor_role": pgettext("visitor", "the visitor's role does not visit"),
    "relieved": pgettext("visitor", "the visitor had too many customers"),
    "nobody": pgettext("visitor", "nobody at the branch may visit"),
}
VISIT_REASONS = {
    "offer": pgettext("visit", "an offer that fits"),
    "care": pgettext("visit", "nobody spoke to them for long"),
}
HOUSEHOLD_RATINGS = {
    "excellent": pgettext("rating", "excellent"),
    "good": pgettext("rating", "good"),
    "fair": pgettext("rating", "fair"),
    "not_recommended": pgettext("rating", "not recommended"),
}
LIMIT_STATUSES = {
    "granted": pgettext("limit", "as worked out"),
    "reduced": pgettext("limit", "what the village's cap leaves"),
    "waiting": pgettext("limit", "nothing left of the village's cap"),
    "no_village": pgettext("limit", "the grid is no village"),
    "no_cap": pgettext("limit", "the village has no cap"),
    "not_rated": pgettext("limit", "not rated by the committee"),
    "refused_rating": pgettext("limit", "not recommended by the committee"),
    "ledger": pgettext("limit", "a member is on the ledger"),
    "staff": pgettext("limit", "a member is own staff"),
    "unchecked": pgettext("limit", "arrears cannot be checked: the bank's tables lack them"),
    "arrears": pgettext("limit", "a member is or was in arrears"),
    "age": pgettext("limit", "age of the head"),
    "not_contactable": pgettext("limit", "may not be contacted"),
    "too_small": pgettext("limit", "too little to work a limit out from"),
}
CARD_STATUSES = {
    "none": pgettext("card", "no card"),
    "not_activated": pgettext("card", "not activated"),
    "unused": pgettext("card", "active, never used"),
    "used_before": pgettext("card", "used before"),
    "used": pgettext("card", "in use"),
}
LIFE_EVENTS = {
    "first_card": pgettext("event", "first card"),
    "card": pgettext("event", "new card"),
    "comes_of_age": pgettext("event", "came of age"),
    "pension_age": pgettext("event", "reached the pension age"),
    "pension_card": pgettext("event", "first pension through the card"),
}
AGENCIES = {
    "human_resources": pgettext("agency", "social security office"),
    "finance": pgettext("agency", "finance bureau"),
    "civil_affairs": pgettext("agency", "civil affairs bureau"),
    "agriculture": pgettext("agency", "agriculture bureau"),
    "medical_insurance": pgettext("agency", "medical insurance office"),
}
VISIT_RESULTS = {
    "met": pgettext("visit", "met"),
    "not_met": pgettext("visit", "not met"),
    "moved": pgettext("visit", "moved away"),
}
STAFF_PRODUCTS = {
    "payroll": pgettext("product", "wages paid here"),
    "social_security_card": pgettext("product", "social security card"),
    "mobile_bank": pgettext("product", "mobile bank"),
    "utilities": pgettext("product", "utility bills"),
    "wallet": pgettext("product", "WeChat or Alipay bound"),
    "credit_card": pgettext("product", "credit card"),
    "credit_line": pgettext("product", "credit line"),
}

PATHS = {
    "association": pgettext("prospect", "trade association"),
    "emigrant_group": pgettext("prospect", "emigrant group"),
    "supply_chain": pgettext("prospect", "supply chain"),
}
TIES = {
    "family": pgettext("tie", "family"),
    "supply": pgettext("tie", "supply"),
    "association": pgettext("tie", "association"),
    "transfer": pgettext("tie", "transfers"),
    "employer": pgettext("tie", "employer"),
    "village": pgettext("tie", "village"),
}
TRADES = {
    "nut_roasting": pgettext("trade", "nut roasting"),
    "jade_carving": pgettext("trade", "jade carving"),
    "board_mill": pgettext("trade", "board making"),
    "garlic_trade": pgettext("trade", "garlic trade"),
    "grocery": pgettext("trade", "groceries"),
    "catering": pgettext("trade", "catering"),
}
INDUSTRIES = TRADES | {
    "school": pgettext("industry", "schools"),
    "health": pgettext("industry", "health"),
    "government": pgettext("industry", "government"),
    "other": pgettext("industry", "other"),
}
COMPARED = {
    "age": pgettext("compared", "age"),
    "gender": pgettext("compared", "gender"),
    "village": pgettext("compared", "village"),
}
GENDERS = {"F": pgettext("gender", "women"), "M": pgettext("gender", "men")}
PORTAL_ROLES = {
    "head_office": pgettext("role", "head office"),
    "branch": pgettext("role", "branch"),
    "manager": pgettext("role", "customer manager"),
    "counter": pgettext("role", "counter and lobby"),
    "operator": pgettext("role", "operator"),
    "auditor": pgettext("role", "auditor"),
    "system": pgettext("role", "other system"),
}
