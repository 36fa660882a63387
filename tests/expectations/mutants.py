"""One mutant a rule: what to do to the clean tables so that just that rule fires."""

from dataclasses import dataclass

from goldmine.validation.rules import Rule

FIRST, SECOND = "rowid = 0", "rowid IN (0, 1)"


@dataclass(frozen=True)
class Mutant:
    """Statements that spoil the tables, and the rules that then fire beside the one that is meant."""

    spoil: str
    also: frozenset[str] = frozenset()


def mutant(suite: str, rule: Rule) -> Mutant:
    """The mutant of a rule.

    Raises
    ------
    LookupError
        If nobody wrote one.
    """
    special = SPECIAL.get(f"{suite}.{rule.name}") or _common(suite, rule)
    if special is None:
        raise LookupError(f"{suite}.{rule.name} has no mutant: write one in {__name__}")
    return special if isinstance(special, Mutant) else Mutant(special)


def _common(suite: str, rule: Rule) -> Mutant | str | None:
    """Mutants of the rules that most suites have."""
    column = rule.column
    later = LATER.get(column, "DATE '2024-07-01'")
    common = {
        "has_rows": f"DELETE FROM {suite}",
        "row_repeated": f"INSERT INTO {suite} FROM {suite} WHERE {FIRST}",
        "totals_or_headings": f"INSERT INTO {suite} SELECT * REPLACE ('Total' AS {column}) FROM {suite} WHERE {FIRST}",
        f"{column}_given": f"UPDATE {suite} SET {column} = NULL WHERE {FIRST}",
        f"{column}_after_books": f"UPDATE {suite} SET {column} = {later} WHERE {FIRST}",
        f"{column}_outside_codes": f"UPDATE {suite} SET {column} = 'odd' WHERE {FIRST}",
        f"{column}_mostly_outside_codes": Mutant(
            f"UPDATE {suite} SET {column} = 'odd' WHERE {SECOND}", frozenset({f"{column}_outside_codes"})
        ),
        f"{column}_unknown": f"UPDATE {suite} SET {column} = 'X' WHERE {FIRST}",
        f"{column}_often_missing": f"UPDATE {suite} SET {column} = NULL WHERE {SECOND}",
    }
    if suite in OTHERWISE:
        new = f"SELECT * REPLACE ({OTHERWISE[suite]}) FROM {suite} WHERE {FIRST}"
        common["key_contradicted"] = f"INSERT INTO {suite} {new}"
    return common.get(rule.name)


LATER = {"time": "TIMESTAMP '2024-07-01 00:00'", "month_end": "DATE '2024-07-31'"}

OTHERWISE = {
    "customers": "'M' AS gender",
    "accounts": "DATE '2011-01-01' AS opened_on",
    "balances": "11 AS balance",
    "transactions": "101 AS amount",
    "product_events": "1001 AS amount",
    "term_holdings": "501 AS amount",
    "contacts": "'no' AS answer",
    "suppressions": "DATE '2024-09-30' AS end_date",
    "staff": "'staff' AS role",
    "branches": "'Other' AS town",
    "grids": "'Other' AS name",
    "employers": "'garlic' AS industry",
    "relations": "DATE '2021-01-01' AS since",
    "associations": "'jade' AS industry",
    "association_members": "DATE '2021-01-01' AS joined_on",
    "turnover": "501 AS amount",
    "external_facts": "501 AS amount",
    "products": "'Other' AS name",
    "places": "34400000 AS latitude_e6",
    "visits": "'moved' AS result",
    "villages": "301 AS households",
    "village_ratings": "'fair' AS rating",
    "social_security_cards": "DATE '2020-03-01' AS activated_on",
    "card_uses": "DATE '2024-02-01' AS ended_on",
    "loan_applications": "501 AS amount",
    "loans": "501 AS credit_limit",
    "loan_months": "501 AS owed",
    "bureau_scores": "501 AS score",
    "merchants": "10 AS season_start",
}
"""What a second row of the same key says otherwise."""

_RANKED = {
    "columns_present": "ALTER TABLE {0} DROP COLUMN decile",
    "customer_twice": "UPDATE {0} SET customer_id = 'C1' WHERE rowid = 0",
    "probability_outside": "UPDATE {0} SET probability = 1.5 WHERE rowid = 0",
    "decile_outside": "UPDATE {0} SET decile = 11 WHERE rowid = 24",
    "rank_outside": "UPDATE {0} SET rank = 26 WHERE rowid = 24",
    "rank_twice": "UPDATE {0} SET rank = 1 WHERE rowid = 1",
    "rank_against_probability": "UPDATE {0} SET probability = 0 WHERE rowid = 0",
    "decile_against_rank": "UPDATE {0} SET decile = 10 WHERE rowid = 0",
}

_OFFERED = {
    "group_given": 'UPDATE {0} SET "group" = NULL WHERE rowid = 0',
    "customer_twice": "UPDATE {0} SET customer_id = 'C1' WHERE rowid = 0",
    "probability_outside": "UPDATE {0} SET probability = 1.5 WHERE rowid = 0",
    "decile_outside": "UPDATE {0} SET decile = 11 WHERE rowid = 0",
    "expected_value_negative": "UPDATE {0} SET expected_value = -1 WHERE rowid = 0",
    "as_of_other": "UPDATE {0} SET as_of = '2024-05-31' WHERE rowid = 0",
    "release_id_other": "UPDATE {0} SET release_id = 'r0' WHERE rowid = 0",
    "valid_until_passed": "UPDATE {0} SET valid_until = as_of WHERE rowid = 0",
    "columns_present": "ALTER TABLE {0} DROP COLUMN uplift",
}


def _ten_months(table: str, odd: str, spoilt: str) -> str:
    """Ten months of 1,200 rows each, up to June 2024; of the one that is `odd`, a column or the rows are `spoilt`."""
    last = "9" if odd == "snapshot" else "8"
    columns = {"j": "i", "people": "600", "days": "28", "typical": "100", "highest": "1e8", "drop": "false"}
    column, _, value = spoilt.partition(" = ")
    columns[column] = f"CASE WHEN m = {last} THEN {value} ELSE {columns[column]} END"
    drawn = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    rows = f"(SELECT m, i, {drawn} FROM range(10) AS months(m), range(1200) AS drawn(i))"
    people = "INSERT INTO customers (customer_id) SELECT 'M' || i FROM range(600) AS drawn(i)"
    amount = "CASE WHEN i % 300 < 2 THEN highest ELSE typical END"
    if table == "transactions":
        time = "TIMESTAMP '2023-09-01' + to_months(m::INTEGER) + to_days((j // 50 % days)::INTEGER) + to_seconds(j)"
        select = f"""'M' || m || '-' || i, 'M' || j % people, NULL, {time}, last_day({time}), {amount}, 'in', 'mobile',
            'salary', 'P1', NULL, NULL"""
        return f"{people}; INSERT INTO transactions SELECT {select} FROM {rows} WHERE NOT drop"
    product = "['demand', 'time', 'wealth', 'other'][1 + i // people]"
    select = f"'M' || i % people, last_day(DATE '2023-09-01' + to_months(m::INTEGER)), {product}, {amount}, {amount}"
    return f"{people}; INSERT INTO balances SELECT {select} FROM {rows} WHERE NOT drop"


_ODD_MONTHS: dict[str, Mutant | str] = {
    f"{table}.{'snapshot_' if odd == 'snapshot' else ''}{figure}_unlike_months": _ten_months(table, odd, spoilt)
    for odd in ("snapshot", "other")
    for table, figure, spoilt in (
        ("balances", "rows", "drop = i >= 600"),
        ("balances", "customers", "people = 300"),
        ("balances", "median", "typical = 10000"),
        ("balances", "total", "highest = 1e10"),
        ("transactions", "rows", "drop = (i // 600 + i) % 2 = 0"),
        ("transactions", "customers", "people = 300"),
        ("transactions", "days", "days = 12"),
        ("transactions", "repeated", "j = i - (i % 5 = 1)::INTEGER"),
        ("transactions", "median", "typical = 10000"),
        ("transactions", "total", "highest = 1e10"),
    )
}

SPECIAL: dict[str, Mutant | str] = {
    **_ODD_MONTHS,
    **{
        f"{table}.snapshot_month_without_rows": Mutant(
            f"{_ten_months(table, 'snapshot', 'drop = true')}; DELETE FROM {table} WHERE month({day}) = 6",
            frozenset({"month_without_rows"}),
        )
        for table, day in (("balances", "month_end"), ("transactions", "time"))
    },
    "customers.birth_date_implausible": "UPDATE customers SET birth_date = '1899-12-31' WHERE rowid = 0",
    "customers.closed_before_opened": "UPDATE customers SET closed_on = '2009-12-31' WHERE rowid = 0",
    **{
        f"customers.{rule}": f"UPDATE customers SET {change} WHERE {rows}"
        for rule, change, rows in (
            ("merged_on_after_books", "merged_into = 'C5', merged_on = '2024-07-01'", FIRST),
            ("merged_into_unknown", "merged_into = 'X', merged_on = '2024-05-01'", FIRST),
            ("merged_into_itself", "merged_into = customer_id, merged_on = '2024-05-01'", FIRST),
            ("merged_into_circle", "merged_into = 'C' || (1 - rowid), merged_on = '2024-05-01'", SECOND),
            ("merged_into_later", "merged_into = 'C5', merged_on = '2009-12-31'", FIRST),
            ("merged_on_missing", "merged_into = 'C5'", FIRST),
            ("consent_unknown", "marketing_consent = NULL", FIRST),
            ("merged_into_missing", "merged_on = '2024-05-01'", FIRST),
            ("id_number_hash_not_a_hash", "id_number_hash = '11010519491231002X'", FIRST),
            ("phone_hash_not_a_hash", "phone_hash = '12043057256'", FIRST),
            ("id_number_hash_of_many", "id_number_hash = sha256('none')", "rowid < 21"),
        )
    },
    "accounts.opened_on_after_books": (
        "UPDATE accounts SET opened_on = '2024-07-01', closed_on = NULL WHERE rowid = 0"
    ),
    "accounts.closed_before_opened": "UPDATE accounts SET closed_on = '2009-12-31' WHERE rowid = 0",
    "balances.month_end_not_last_day": "UPDATE balances SET month_end = '2024-04-29' WHERE rowid = 0",
    "balances.balance_negative": "UPDATE balances SET balance = -1 WHERE rowid = 0",
    "balances.average_negative": "UPDATE balances SET average_daily_balance = -1 WHERE rowid = 0",
    "balances.average_often_missing": "UPDATE balances SET average_daily_balance = NULL WHERE rowid < 2",
    "balances.month_without_rows": "DELETE FROM balances WHERE month_end = '2024-05-31'",
    "transactions.time_after_books": (
        "UPDATE transactions SET time = '2024-07-01 00:00', known_on = NULL WHERE rowid = 0"
    ),
    "transactions.amount_negative": "UPDATE transactions SET amount = -1 WHERE rowid = 0",
    "transactions.known_before_time": "UPDATE transactions SET known_on = '2024-04-09' WHERE rowid = 0",
    "transactions.before_customer_opened": "UPDATE customers SET opened_on = '2024-04-11' WHERE rowid = 0",
    "transactions.month_without_rows": "DELETE FROM transactions WHERE month(time) = 5",
    "product_events.amount_negative": "UPDATE product_events SET amount = -1 WHERE rowid = 0",
    "external_facts.amount_negative": "UPDATE external_facts SET amount = -1 WHERE rowid = 0",
    "relations.related_to_itself": "UPDATE relations SET related_id = customer_id WHERE rowid = 0",
    "relations.ended_before_since": "UPDATE relations SET ended_on = '2019-12-31' WHERE rowid = 0",
    "relations.since_after_books": "UPDATE relations SET since = '2024-07-01', ended_on = NULL WHERE rowid = 0",
    "association_members.joined_on_after_books": (
        "UPDATE association_members SET joined_on = '2024-07-01', left_on = NULL WHERE rowid = 0"
    ),
    "association_members.left_before_joined": ("UPDATE association_members SET left_on = '2019-12-31' WHERE rowid = 0"),
    "turnover.month_end_not_last_day": "UPDATE turnover SET month_end = '2024-05-30' WHERE rowid = 0",
    "turnover.amount_negative": "UPDATE turnover SET amount = -1 WHERE rowid = 0",
    "places.latitude_out_of_range": "UPDATE places SET latitude_e6 = 118000000 WHERE rowid = 0",
    "places.longitude_out_of_range": "UPDATE places SET longitude_e6 = 34300000 WHERE rowid = 0",
    "villages.households_negative": "UPDATE villages SET households = -1 WHERE rowid = 0",
    "villages.credit_cap_negative": "UPDATE villages SET credit_cap = -1 WHERE rowid = 0",
    "villages.land_negative": "UPDATE villages SET land_mu = -1 WHERE rowid = 0",
    "village_ratings.land_negative": "UPDATE village_ratings SET land_mu = -1 WHERE rowid = 0",
    "social_security_cards.issued_on_after_books": (
        "UPDATE social_security_cards SET issued_on = '2024-07-01', activated_on = NULL WHERE rowid = 0"
    ),
    "social_security_cards.activated_before_issued": (
        "UPDATE social_security_cards SET activated_on = '2019-12-31' WHERE rowid = 0"
    ),
    "card_uses.since_after_books": "UPDATE card_uses SET since = '2024-07-01', ended_on = NULL WHERE rowid = 0",
    "card_uses.ended_before_since": "UPDATE card_uses SET ended_on = '2020-12-31' WHERE rowid = 0",
    "loan_applications.amount_negative": "UPDATE loan_applications SET amount = -1 WHERE rowid = 0",
    "loan_applications.rate_outside": "UPDATE loan_applications SET rate_bp = 3601 WHERE rowid = 0",
    "loans.credit_limit_negative": "UPDATE loans SET credit_limit = -1 WHERE rowid = 0",
    "loans.rate_outside": "UPDATE loans SET rate_bp = -1 WHERE rowid = 0",
    "loans.granted_on_after_books": "UPDATE loans SET granted_on = '2024-07-01', closed_on = NULL WHERE rowid = 0",
    "loans.closed_before_granted": "UPDATE loans SET closed_on = '2024-01-09' WHERE rowid = 0",
    "loan_months.month_end_not_last_day": "UPDATE loan_months SET month_end = '2024-04-29' WHERE rowid = 0",
    "loan_months.owed_negative": "UPDATE loan_months SET owed = -1 WHERE rowid = 0",
    "loan_months.days_overdue_negative": "UPDATE loan_months SET days_overdue = -1 WHERE rowid = 0",
    "term_holdings.amount_negative": "UPDATE term_holdings SET amount = -1 WHERE rowid = 0",
    "term_holdings.matures_before_started": "UPDATE term_holdings SET matures_on = '2023-04-30' WHERE rowid = 0",
    "term_holdings.closed_before_started": "UPDATE term_holdings SET closed_on = '2023-04-30' WHERE rowid = 0",
    "term_holdings.started_on_after_books": Mutant(
        "UPDATE term_holdings SET started_on = '2024-07-01', closed_on = NULL WHERE rowid = 0"
    ),
    "bureau_scores.score_negative": "UPDATE bureau_scores SET score = -1 WHERE rowid = 0",
    "merchants.season_outside": "UPDATE merchants SET season_start = 13 WHERE rowid = 0",
    "merchants.since_after_books": "UPDATE merchants SET since = '2024-07-01', ended_on = NULL WHERE rowid = 0",
    "merchants.ended_before_since": "UPDATE merchants SET ended_on = '2019-12-31' WHERE rowid = 0",
    "contacts.opt_out_of_unknown": Mutant(
        "UPDATE contacts SET answer = 'opt_out', customer_id = 'X' WHERE rowid = 0", frozenset({"customer_id_unknown"})
    ),
    "suppressions.ends_before_it_begins": "UPDATE suppressions SET end_date = '2024-04-30' WHERE rowid = 0",
    "villages.totals_or_headings": Mutant(
        "INSERT INTO villages SELECT * REPLACE ('Total' AS grid_id) FROM villages WHERE rowid = 0",
        frozenset({"grid_id_unknown"}),
    ),
    "merchants.totals_or_headings": Mutant(
        "INSERT INTO merchants SELECT * REPLACE ('Total' AS customer_id) FROM merchants WHERE rowid = 0",
        frozenset({"customer_id_unknown"}),
    ),
    "association_members.totals_or_headings": Mutant(
        "INSERT INTO association_members SELECT * REPLACE ('association_id' AS association_id) "
        "FROM association_members WHERE rowid = 0",
        frozenset({"association_id_unknown"}),
    ),
    "features.columns_present": "ALTER TABLE features RENAME cutoff TO day",
    "features.no_features": "ALTER TABLE features DROP COLUMN balance",
    "features.customer_twice": "UPDATE features SET customer_id = 'C1' WHERE rowid = 0",
    "features.cutoff_other": "UPDATE features SET cutoff = '2024-05-31' WHERE rowid = 0",
    "features.number_infinite": "UPDATE features SET balance = 'inf'::FLOAT WHERE rowid = 0",
    "features.column_empty": "UPDATE features SET balance = NULL",
    **{f"scores.{rule}": spoil.format("scores") for rule, spoil in _RANKED.items()},
    **{f"lists.{rule}": spoil.format("lists") for rule, spoil in _RANKED.items()},
    "lists.reason_missing": "UPDATE lists SET reason_1 = ' ' WHERE rowid = 0",
    "lists.reason_repeated": "UPDATE lists SET reason_3 = reason_1 WHERE rowid = 0",
    "lists.branch_often_missing": "UPDATE lists SET branch_id = NULL WHERE rowid < 2",
    "lists.as_of_other": "UPDATE lists SET as_of = '2024-05-31' WHERE rowid = 0",
    "lists.use_case_other": "UPDATE lists SET use_case = 'wealth' WHERE rowid = 0",
    "lists.release_id_other": "UPDATE lists SET release_id = 'r0' WHERE rowid = 0",
    "lists.model_versions_mixed": "UPDATE lists SET model_version = '4' WHERE rowid = 0",
    "lists.valid_until_passed": "UPDATE lists SET valid_until = as_of WHERE rowid = 0",
    "lists.customer_closed": "UPDATE customers SET closed_on = '2024-06-30' WHERE rowid = 0",
    "lists.customer_merged": "UPDATE customers SET merged_into = 'C1' WHERE rowid = 0",
    "lists.customer_opted_out": "UPDATE customers SET marketing_consent = false WHERE rowid = 0",
    "lists.customer_refused": "UPDATE contacts SET answer = 'opt_out' WHERE rowid = 0",
    **{f"offers.{rule}": spoil.format("offers") for rule, spoil in _OFFERED.items()},
    **{f"control.{rule}": spoil.format("control") for rule, spoil in _OFFERED.items()},
    "control.group_other": 'UPDATE control SET "group" = $$contact$$ WHERE rowid = 0',
    "offers.group_other": 'UPDATE offers SET "group" = $$control$$ WHERE rowid = 0',
    "offers.customer_in_control": Mutant(
        "UPDATE offers SET customer_id = 'N1' WHERE rowid = 0", frozenset({"customer_id_unknown"})
    ),
    "offers.customer_refused_since": Mutant(
        "UPDATE offers SET customer_id = 'N2' WHERE rowid = 0", frozenset({"customer_id_unknown"})
    ),
    "offers.name_unmasked": "UPDATE offers SET name = '张三丰' WHERE rowid = 0",
    "offers.phone_unmasked": "UPDATE offers SET phone = '12012345678' WHERE rowid = 0",
    "offers.say_missing": "UPDATE offers SET say_en = ' ' WHERE rowid = 0",
    "offers.reason_missing": "UPDATE offers SET reason_zh = NULL WHERE rowid = 0",
    "offers.branch_often_missing": "UPDATE offers SET branch_id = NULL WHERE rowid < 2",
    "offers.wealth_above_grade": "UPDATE products SET risk_grade = 'R3' WHERE rowid = 0",
    "offers.wealth_assessment_old": Mutant(
        "UPDATE customers SET risk_grade_on = '2023-06-30' WHERE rowid = 0", frozenset({"valid_beyond_assessment"})
    ),
    "offers.valid_beyond_assessment": "UPDATE offers SET valid_until = '2025-06-01' WHERE rowid = 0",
    "offers.wealth_age_unknown": "UPDATE customers SET birth_date = NULL WHERE rowid = 0",
    "offers.customer_minor": "UPDATE customers SET birth_date = '2006-07-01' WHERE rowid = 0",
    "offers.customer_closed": "UPDATE customers SET closed_on = '2024-06-30' WHERE rowid = 0",
    "offers.customer_merged": "UPDATE customers SET merged_into = 'C1' WHERE rowid = 0",
    "offers.customer_opted_out": "UPDATE customers SET marketing_consent = false WHERE rowid = 0",
    "offers.customer_refused": "UPDATE contacts SET answer = 'opt_out' WHERE rowid = 0",
    "offers.customer_suppressed": "UPDATE suppressions SET channel = NULL WHERE rowid = 0",
}
