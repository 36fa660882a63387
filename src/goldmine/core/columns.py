"""The column catalogue: every column that people get, in one place.

Lists, campaign files, on-request lists, the coverage workbook, reports, returned results and ``docs/columns.md`` take
their headings, formats, widths and words from here. A new column is one line, and the expression that fills it.
"""

from collections.abc import Iterable

import pyarrow as pa

from goldmine.core import code_words
from goldmine.core.column import Column
from goldmine.core.i18n import pgettext

_CATALOGUE = (
    # the customer and their owner
    Column("rank", pgettext("heading", "Rank"), "count", 7),
    Column("number", pgettext("heading", "No."), "count", 6),
    Column(
        "customer_id",
        pgettext("heading", "Customer"),
        "text",
        13,
        synonyms=pgettext("other headings", "customer number"),
    ),
    Column("name", pgettext("heading", "Name"), "centred", 10),
    Column("phone", pgettext("heading", "Telephone"), "centred", 14),
    Column("other_customer_id", pgettext("heading", "Other number"), "text", 13),
    Column("other_name", pgettext("heading", "Name, other number"), "centred", 10),
    Column("opened_on", pgettext("heading", "Opened"), "day", 12),
    Column("other_opened_on", pgettext("heading", "Opened, other number"), "day", 12),
    Column("linkage_zone", pgettext("heading", "Zone"), "centred", 12, words=code_words.LINKAGE_ZONES),
    Column("reasons_for", pgettext("heading", "Speaks for one person"), "wrapped", 40),
    Column("reasons_against", pgettext("heading", "Speaks against"), "wrapped", 30),
    Column("same_person", pgettext("heading", "One person? (yes/no)"), "centred", 14),
    Column("branch_id", pgettext("heading", "Branch"), "centred", 12, named_in="branches"),
    Column("manager_id", pgettext("heading", "Customer manager"), "centred", 12, named_in="staff"),
    Column("grid_id", pgettext("heading", "Grid"), "centred", 12),
    Column("staff_id", pgettext("heading", "Employee"), "centred", 12, named_in="staff"),
    Column("owner_id", pgettext("heading", "Owner"), "centred", 12, named_in="staff"),
    Column("owner_role", pgettext("heading", "Owner's role"), "centred", 18, words=code_words.ROLES),
    Column("role", pgettext("heading", "Role"), "centred", 18, words=code_words.ROLES),
    Column("previous_id", pgettext("heading", "Owner before"), "centred", 12, named_in="staff"),
    Column(
        "change_reason", pgettext("heading", "Why the owner changed"), "centred", 18, words=code_words.CHANGE_REASONS
    ),
    Column("since", pgettext("heading", "Owner since"), "day", 12),
    Column("core", pgettext("heading", "Core customer"), "centred", 12),
    Column("level", pgettext("heading", "Level"), "centred", 14),
    Column("age", pgettext("heading", "Age"), "centred", 14, words=code_words.AGES),
    Column("kind", pgettext("heading", "Main kind of transaction"), "centred", 14, words=code_words.KINDS),
    # what is offered, how, and why
    Column(
        "campaign_id",
        pgettext("heading", "Campaign"),
        "centred",
        15,
        words=code_words.NO_CAMPAIGN,
        synonyms=pgettext("other headings", "campaign"),
    ),
    Column("offer", pgettext("heading", "Offer code"), "centred", 12),
    Column("offer_name", pgettext("heading", "Offer"), "wrapped", 16),
    Column("product_id", pgettext("heading", "Product"), "centred", 10),
    Column(
        "channel",
        pgettext("heading", "Channel"),
        "centred",
        11,
        words=code_words.CHANNELS,
        synonyms=pgettext("other headings", "channel"),
    ),
    Column("time_band", pgettext("heading", "Best time"), "centred", 18, words=code_words.TIME_BANDS),
    Column("say", pgettext("heading", "What to say"), "wrapped", 38),
    Column("avoid", pgettext("heading", "What not to say"), "wrapped", 24),
    Column("say_zh", pgettext("heading", "What to say (Chinese)"), "wrapped", 38),
    Column("say_en", pgettext("heading", "What to say (English)"), "wrapped", 38),
    Column("offer_zh", pgettext("heading", "Offer (Chinese)"), "wrapped", 16),
    Column("offer_en", pgettext("heading", "Offer (English)"), "wrapped", 16),
    Column("reason", pgettext("heading", "Reason"), "wrapped", 40),
    Column("reason_1", pgettext("heading", "Reason 1"), "text", 40),
    Column("reason_2", pgettext("heading", "Reason 2"), "text", 40),
    Column("reason_3", pgettext("heading", "Reason 3"), "text", 40),
    Column("reason_zh", pgettext("heading", "Reasons (Chinese)"), "wrapped", 40),
    Column("reason_en", pgettext("heading", "Reasons (English)"), "wrapped", 40),
    Column("segment", pgettext("heading", "Worked as"), "centred", 12),
    Column("biggest_move", pgettext("heading", "Biggest recent move, yuan"), "money", 18, unit="yuan"),
    Column("biggest_move_months", pgettext("heading", "Within the last months"), "count", 12, unit="months"),
    Column("why", pgettext("heading", "Why"), "wrapped", 30),
    Column("use_case", pgettext("heading", "Use case"), "centred", 12),
    Column("probability", pgettext("heading", "Probability"), "percent", 12, unit="share"),
    Column("decile", pgettext("heading", "Decile"), "count", 9),
    Column("uplift", pgettext("heading", "Uplift"), "percent", 12, unit="share", leaves_head_office=False),
    Column("expected_value", pgettext("heading", "Expected value, yuan"), "money", 13, unit="yuan"),
    Column("stratum", pgettext("heading", "Stratum"), "centred", 12, leaves_head_office=False),
    Column("change", pgettext("heading", "Change"), "centred", 16, words=code_words.CHANGES),
    Column("changed_columns", pgettext("heading", "What changed"), "text", 24),
    Column("group", pgettext("heading", "Group"), "centred", 8, words=code_words.GROUPS),
    Column("rule", pgettext("heading", "Rule"), "centred", 18, leaves_head_office=False),
    Column("ranked_by", pgettext("heading", "Ranked by"), "centred", 14, words=code_words.RANKED_BY),
    # when, and where it comes from
    Column("as_of", pgettext("heading", "As of"), "day", 12),
    Column("valid_until", pgettext("heading", "Valid until"), "day", 12),
    Column("expires_with", pgettext("heading", "Expires with"), "centred", 16, words=code_words.EXPIRES_WITH),
    Column("model_version", pgettext("heading", "Model version"), "centred", 14),
    Column("release_id", pgettext("heading", "Release"), "centred", 16),
    # results that marketing returns
    Column(
        "contacted_on", pgettext("heading", "Contacted on"), "day", 12, synonyms=pgettext("other headings", "contacted")
    ),
    Column(
        "answer",
        pgettext("heading", "Answer"),
        "centred",
        12,
        words=code_words.ANSWERS,
        synonyms=pgettext("other headings", "answer"),
    ),
    Column("note", pgettext("heading", "Note"), "text", 24),
    Column("status", pgettext("heading", "Status"), "centred", 12, words=code_words.STATUSES),
    Column("rejected_because", pgettext("heading", "Why the row goes back"), "text", 24),
    # contacts that are due
    Column("on_day", pgettext("heading", "Planned for"), "day", 12),
    Column("last_contact_on", pgettext("heading", "Last contact"), "day", 12),
    Column("due_on", pgettext("heading", "Contact due on"), "day", 12),
    Column("overdue_days", pgettext("heading", "Days overdue"), "count", 12, unit="days"),
    # amounts and moves of a customer
    Column("aum_avg", pgettext("heading", "Average daily AUM, yuan"), "money", 18, unit="yuan"),
    Column("direction", pgettext("heading", "Direction"), "centred", 14, words=code_words.DIRECTIONS),
    Column("step", pgettext("heading", "Threshold, yuan"), "money", 18, unit="yuan"),
    Column("to_step", pgettext("heading", "To the threshold, yuan"), "money", 18, unit="yuan"),
    Column("to_next", pgettext("heading", "To the next level, yuan"), "money", 18, unit="yuan"),
    Column("peak_balance", pgettext("heading", "Most held within a year, yuan"), "money", 18, unit="yuan"),
    Column("peak_month", pgettext("heading", "Peak month"), "centred", 14),
    Column("outflow_amount", pgettext("heading", "Lost, yuan"), "money", 18, unit="yuan"),
    Column("outflow_month", pgettext("heading", "Month it had gone"), "centred", 14),
    Column("outflow_counterparty", pgettext("heading", "Where most of it went"), "centred", 14),
    Column("outflow_type", pgettext("heading", "Kind of outflow"), "centred", 14, words=code_words.OUTFLOWS),
    Column("outflow_share", pgettext("heading", "Share of the outflow"), "percent", 14, unit="share"),
    Column("expected_yuan", pgettext("heading", "Expected to come back, yuan"), "money", 18, unit="yuan"),
    # employers and their people
    Column("employer_name", pgettext("heading", "Employer"), "text", 24),
    Column("industry", pgettext("heading", "Industry"), "centred", 14, words=code_words.INDUSTRIES),
    Column("payer_kind", pgettext("heading", "Wages come from"), "centred", 18, words=code_words.PAYER_KINDS),
    Column("pay_status", pgettext("heading", "On the payroll"), "centred", 18, words=code_words.PAY_STATUSES),
    Column("pay_level", pgettext("heading", "Level of pay"), "centred", 12, words=code_words.PAY_LEVELS),
    Column("last_paid", pgettext("heading", "Last paid here"), "centred", 12),
    Column("next_best", pgettext("heading", "Next best product"), "centred", 18, words=code_words.STAFF_PRODUCTS),
    Column("paid_staff", pgettext("heading", "People paid here"), "count", 12, unit="customers"),
    Column("middle_staff", pgettext("heading", "of them of the middle level"), "count", 12, unit="customers"),
    Column("senior_staff", pgettext("heading", "of them of the senior level"), "count", 12, unit="customers"),
    Column("new_staff", pgettext("heading", "Paid here for the first time"), "count", 12, unit="customers"),
    Column("left_staff", pgettext("heading", "Paid here no longer"), "count", 12, unit="customers"),
    Column("elsewhere_staff", pgettext("heading", "Paid elsewhere"), "count", 12, unit="customers"),
    Column("staff_on_record", pgettext("heading", "People on record"), "count", 12, unit="customers"),
    # credit
    Column("credit_product", pgettext("heading", "Credit product"), "text", 22),
    Column("trade", pgettext("heading", "Trade"), "centred", 14, words=code_words.TRADES),
    Column("season_start", pgettext("heading", "Season begins"), "day", 12),
    Column("offer_from", pgettext("heading", "Offer from"), "day", 12),
    Column("base_amount", pgettext("heading", "Worked out from, yuan"), "money", 18, unit="yuan"),
    Column("owed", pgettext("heading", "Owed here, yuan"), "money", 18, unit="yuan"),
    Column("limit_amount", pgettext("heading", "Limit, yuan"), "money", 18, unit="yuan"),
    Column("refusal", pgettext("heading", "Refused because"), "wrapped", 40),
    # deposits and wealth products with an end
    Column("ending_class", pgettext("heading", "What ends"), "centred", 14, words=code_words.TERM_CLASSES),
    Column("ending_amount", pgettext("heading", "Amount, yuan"), "money", 16, unit="yuan"),
    Column("matures_on", pgettext("heading", "Ends on"), "day", 12),
    Column("rolls_over", pgettext("heading", "Renews by itself"), "centred", 10, words=code_words.YES_NO),
    Column("idle_amount", pgettext("heading", "Lies idle, yuan"), "money", 16, unit="yuan"),
    Column("money_comes_in", pgettext("heading", "Months in which money comes"), "centred", 14),
    Column("money_needed_in", pgettext("heading", "Months in which money is needed"), "centred", 14),
    Column("term_offer", pgettext("heading", "Offer"), "text", 18),
    Column("term_months", pgettext("heading", "Months"), "count", 8),
    Column("term_rate", pgettext("heading", "Rate a year"), "centred", 10),
    Column("term_why", pgettext("heading", "Why this one"), "wrapped", 60),
    # the grid and its visitors
    Column("grid_name", pgettext("heading", "Village or block"), "text", 14),
    Column(
        "grid_source", pgettext("heading", "Where the grid comes from"), "centred", 20, words=code_words.GRID_SOURCES
    ),
    Column("visitor_id", pgettext("heading", "Visitor"), "centred", 12, named_in="staff"),
    Column("proposed_visitor_id", pgettext("heading", "Proposed visitor"), "centred", 12, named_in="staff"),
    Column(
        "visitor_change",
        pgettext("heading", "Why the visitor changes"),
        "centred",
        22,
        words=code_words.VISITOR_CHANGES,
    ),
    Column("grids", pgettext("heading", "Grids"), "count", 10),
    Column("proposed_grids", pgettext("heading", "Grids as proposed"), "count", 10),
    Column("proposed_customers", pgettext("heading", "Customers as proposed"), "number", 12, unit="customers"),
    Column("members", pgettext("heading", "Members banking here"), "count", 12, unit="customers"),
    Column("household_aum", pgettext("heading", "Household's assets, yuan"), "money", 16, unit="yuan"),
    Column("visit_reason", pgettext("heading", "Reason for the visit"), "centred", 22, words=code_words.VISIT_REASONS),
    Column("visit_reach", pgettext("heading", "Chance to meet them"), "percent", 12, unit="share"),
    Column("call_reach", pgettext("heading", "Chance to reach by phone"), "percent", 12, unit="share"),
    Column("visit_yuan", pgettext("heading", "Worth of a visit, yuan"), "money", 14, unit="yuan"),
    Column("call_yuan", pgettext("heading", "Worth of a call, yuan"), "money", 14, unit="yuan"),
    Column("last_met_on", pgettext("heading", "Last met on"), "day", 12),
    Column("visit_order", pgettext("heading", "Visit"), "count", 8),
    Column("arrive_at", pgettext("heading", "Arrive"), "centred", 9),
    Column("leave_at", pgettext("heading", "Leave"), "centred", 9),
    Column("candidates", pgettext("heading", "Worth a visit"), "number", 12),
    Column("planned", pgettext("heading", "Visits planned"), "number", 12),
    Column("kilometres", pgettext("heading", "Kilometres"), "number", 12, unit="km"),
    Column("hours", pgettext("heading", "Hours"), "number", 10, unit="hours"),
    Column("net_yuan", pgettext("heading", "Worth less time and way, yuan"), "money", 16, unit="yuan"),
    # what a visitor fills in
    Column("visited_on", pgettext("heading", "Visited on"), "day", 12),
    Column("visit_result", pgettext("heading", "Found"), "centred", 12, words=code_words.VISIT_RESULTS),
    Column("fact_property", pgettext("heading", "Value of property, yuan"), "money", 14, unit="yuan"),
    Column("fact_tax", pgettext("heading", "Tax of a year, yuan"), "money", 14, unit="yuan"),
    Column("fact_provident_fund", pgettext("heading", "Provident fund of a year, yuan"), "money", 14, unit="yuan"),
    # credit by village
    Column("household_head_id", pgettext("heading", "Head of the household"), "text", 13),
    Column("head_name", pgettext("heading", "Head's name"), "centred", 12),
    Column("rating", pgettext("heading", "Committee's rating"), "centred", 14, words=code_words.HOUSEHOLD_RATINGS),
    Column("business_limit", pgettext("heading", "Business limit, yuan"), "number", 14, unit="yuan"),
    Column("consumption_limit", pgettext("heading", "Consumption limit, yuan"), "number", 14, unit="yuan"),
    Column("limit_status", pgettext("heading", "Result"), "centred", 24, words=code_words.LIMIT_STATUSES),
    Column("business_why", pgettext("heading", "How the business limit came about"), "wrapped", 48),
    Column("consumption_why", pgettext("heading", "How the consumption limit came about"), "wrapped", 48),
    Column("head_signs", pgettext("heading", "Head's signature"), "text", 16),
    Column("committee_says", pgettext("heading", "Committee's remark"), "text", 20),
    Column("households", pgettext("heading", "Households"), "number", 12, unit="households"),
    Column("banked_households", pgettext("heading", "of them banking here"), "number", 12, unit="households"),
    Column("rated_households", pgettext("heading", "Rated"), "number", 10, unit="households"),
    Column("listed_households", pgettext("heading", "On the roll"), "number", 10, unit="households"),
    Column("waiting_households", pgettext("heading", "Beyond the cap"), "number", 10, unit="households"),
    Column("refused_households", pgettext("heading", "Not on the roll"), "number", 10, unit="households"),
    Column("borrowers", pgettext("heading", "Have a loan"), "number", 10, unit="households"),
    Column("limits_yuan", pgettext("heading", "Limits, yuan"), "number", 16, unit="yuan"),
    Column("credit_cap", pgettext("heading", "Village's cap, yuan"), "number", 16, unit="yuan"),
    Column("cap_used", pgettext("heading", "Share of the cap"), "percent", 12, unit="share"),
    # the social security card
    Column("card_status", pgettext("heading", "Social security card"), "centred", 18, words=code_words.CARD_STATUSES),
    Column("agency", pgettext("heading", "Agency"), "centred", 18, words=code_words.AGENCIES),
    Column("entitled_by", pgettext("heading", "Who would pay or collect through it"), "wrapped", 30),
    Column("life_event", pgettext("heading", "Event of life"), "centred", 20, words=code_words.LIFE_EVENTS),
    Column("event_on", pgettext("heading", "Day of the event"), "day", 12),
    Column("residents", pgettext("heading", "Residents banking here"), "number", 12, unit="customers"),
    Column("card_holders", pgettext("heading", "Have a card"), "number", 12, unit="customers"),
    Column("active_cards", pgettext("heading", "Activated"), "number", 12, unit="customers"),
    Column("used_cards", pgettext("heading", "In use"), "number", 12, unit="customers"),
    Column("card_share", pgettext("heading", "Coverage"), "percent", 10, unit="share"),
    Column("active_share", pgettext("heading", "Activation"), "percent", 10, unit="share"),
    Column("credit_decision", pgettext("heading", "Granted? (yes/no)"), "centred", 14),
    Column("decided_amount", pgettext("heading", "Granted, yuan"), "money", 16, unit="yuan"),
    Column("compared_by", pgettext("heading", "Compared by"), "centred", 14, words=code_words.COMPARED),
    Column("group_name", pgettext("heading", "Group"), "centred", 14, words=code_words.GENDERS),
    Column("asked_about", pgettext("heading", "Customers looked at"), "count", 12, unit="customers"),
    Column("with_limit", pgettext("heading", "With a limit"), "count", 12, unit="customers"),
    Column("approval", pgettext("heading", "Share with a limit"), "percent", 12, unit="share"),
    Column("mean_limit", pgettext("heading", "Mean limit, yuan"), "money", 18, unit="yuan"),
    Column("four_fifths", pgettext("heading", "Against the best group"), "percent", 14, unit="share"),
    Column("feature_name", pgettext("heading", "Feature"), "text", 20),
    Column("bin", pgettext("heading", "Values"), "text", 20),
    Column("points", pgettext("heading", "Points"), "number", 10, unit="points"),
    Column("share", pgettext("heading", "Share of applicants"), "percent", 12, unit="share"),
    Column("rate", pgettext("heading", "Failed"), "percent", 12, unit="share"),
    Column("main_refusal", pgettext("heading", "Most frequent reason for no limit"), "wrapped", 40),
    # prospects, communities, and payees who are not customers
    Column("path", pgettext("heading", "Found through"), "centred", 16, words=code_words.PATHS),
    Column("association_name", pgettext("heading", "Association"), "text", 18),
    Column("taken", pgettext("heading", "of them took it"), "count", 12, unit="customers"),
    Column("community", pgettext("heading", "Community"), "count", 12),
    Column("main_tie", pgettext("heading", "Tied mostly by"), "centred", 14, words=code_words.TIES),
    Column("ties_inside", pgettext("heading", "Ties that stay inside"), "percent", 14, unit="share"),
    Column("firm_name", pgettext("heading", "Firm"), "text", 24),
    Column("firm_yuan", pgettext("heading", "Paid to it, yuan"), "money", 18, unit="yuan"),
    Column("outside_firms", pgettext("heading", "Firms paid outside"), "count", 12),
    Column("outside_persons", pgettext("heading", "Persons paid outside"), "count", 12),
    # loads and shortages of owners
    Column("max_customers", pgettext("heading", "Most customers"), "count", 12, unit="customers"),
    Column("owned_customers", pgettext("heading", "Customers looked after"), "count", 12, unit="customers"),
    Column("overdue_customers", pgettext("heading", "Customers overdue"), "count", 12, unit="customers"),
    Column("min_aum", pgettext("heading", "From, yuan"), "money", 18, unit="yuan"),
    Column("above", pgettext("heading", "With a role above"), "count", 12, unit="customers"),
    Column("nobody", pgettext("heading", "Without an owner"), "count", 12, unit="customers"),
    # groups of customers
    Column("band", pgettext("heading", "Model score"), "centred", 22, words=code_words.BANDS),
    Column("customers", pgettext("heading", "Customers"), "number", 22, unit="customers"),
    Column("group_aum", pgettext("heading", "AUM, yuan"), "number", 22, unit="yuan"),
    Column("expected_conversions", pgettext("heading", "Expected conversions"), "number", 22, unit="customers"),
    Column("expected_rate", pgettext("heading", "Expected rate"), "percent", 22, unit="share"),
    Column("expected_aum", pgettext("heading", "Expected AUM, yuan"), "number", 22, unit="yuan"),
    # figures of the reports
    Column("figure", pgettext("heading", "Figure"), "text", 24),
    Column("now", pgettext("heading", "Now"), "text", 14),
    Column("before", pgettext("heading", "A quarter earlier"), "text", 14),
    Column("department", pgettext("heading", "Department"), "text", 14),
    Column("missing", pgettext("heading", "Missing"), "text", 24),
    Column("lacking", pgettext("heading", "Products not held"), "text", 24),
    Column("own", pgettext("heading", "This branch"), "text", 14),
    Column("bank", pgettext("heading", "Whole bank"), "text", 14),
    Column("likely", pgettext("heading", "True value, most likely (90%)"), "text", 18),
    Column("rank_range", pgettext("heading", "Rank (likely range)"), "text", 18),
    Column("verdict", pgettext("heading", "Against the bank"), "text", 18),
    Column("target", pgettext("heading", "Target"), "text", 14),
    Column("actual", pgettext("heading", "Actual"), "text", 14),
    Column("reached", pgettext("heading", "Reached"), "centred", 10),
    Column("started_on", pgettext("heading", "From"), "day", 12),
    Column("contacts", pgettext("heading", "Contacts"), "count", 12, unit="customers"),
    Column("answered", pgettext("heading", "Answered"), "count", 12, unit="customers"),
    Column("converted", pgettext("heading", "Converted"), "count", 12, unit="customers"),
    Column("conversion", pgettext("heading", "Conversion of those reached"), "percent", 14, unit="share"),
    Column("contact_group", pgettext("heading", "Contact group"), "count", 12, unit="customers"),
    Column("control", pgettext("heading", "Control group"), "count", 12, unit="customers"),
    Column("effect", pgettext("heading", "Effect"), "percent", 12, unit="share"),
    Column("low", pgettext("heading", "At least"), "percent", 12, unit="share"),
    Column("high", pgettext("heading", "At most"), "percent", 12, unit="share"),
    Column("trained_at", pgettext("heading", "Trained at"), "text", 12),
    Column("age_months", pgettext("heading", "Months old"), "count", 10, unit="months"),
    Column("auc", pgettext("heading", "AUC"), "number", 10),
    Column("baseline_auc", pgettext("heading", "AUC of the baseline"), "number", 10),
    Column("lift", pgettext("heading", "Lift of the list"), "number", 10),
    Column("calibration", pgettext("heading", "Calibration error"), "number", 10),
)
_BY_NAME = {column.name: column for column in _CATALOGUE}


def all_columns() -> tuple[Column, ...]:
    """Every column that people get."""
    return _CATALOGUE


def column(name: str) -> Column:
    """One column by its code name.

    Examples
    --------
    >>> column("customer_id").heading("en")
    'Customer'
    """
    return _BY_NAME[name]


def is_column(name: str) -> bool:
    """Whether a name is one of the catalogue's."""
    return name in _BY_NAME


def columns(names: Iterable[str]) -> tuple[Column, ...]:
    """Several columns by their code names, in their order."""
    return tuple(_BY_NAME[name] for name in names)


def for_branches(names: Iterable[str]) -> tuple[Column, ...]:
    """Those of several columns that branches and customer managers may get."""
    return tuple(entry for entry in columns(names) if entry.leaves_head_office)


def headings(names: Iterable[str], language: str) -> dict[str, str]:
    """Headings of several columns in a language, by their code names."""
    return {name: _BY_NAME[name].heading(language) for name in names}


def in_words(rows: pa.Table, language: str) -> pa.Table:
    """The rows with words in a language for the codes of their columns; other columns stay as they are."""
    for position, column in enumerate(columns(rows.column_names)):
        if column.words:
            words = column.in_words(rows[column.name].to_pylist(), language)
            rows = rows.set_column(position, column.name, pa.array(words, pa.string()))
    return rows


def schema(names: Iterable[str]) -> pa.Schema:
    """A Parquet schema of some columns, in their order."""
    return pa.schema([(entry.name, entry.type) for entry in columns(names)])
