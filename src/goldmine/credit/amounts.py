"""From a base to a limit, in whole fen and in SQL; every limit of the bank is worked out here."""

from goldmine.credit.rules import AmountRule


def amounts(rows: str, rule: AmountRule, person_cap: int, share: str = "10000") -> str:
    """SQL that works out the limit of each row.

    The amount is the multiple of the base, its share by risk, at most the cap; less what is owed on the product; at
    most what the person may still owe; rounded down to whole steps. Below the minimum nothing is offered.

    Parameters
    ----------
    rows : str
        SQL of rows with `base_fen`, `owed_product_fen` (owed on this product) and `owed_fen` (owed in all), whole fen.
    rule : AmountRule
        Multiple, cap, minimum and step; yuan.
    person_cap : int
        Yuan that the person may owe in all.
    share : str
        SQL of the share by risk in ten thousandths; all of it by default.

    Returns
    -------
    str
        The rows with `calculated_fen` (multiple of the base), `limit_fen`, `bound_by` (what decided the amount:
        ``rule``, ``risk``, ``cap``, ``owed``, ``person_cap``) and `too_small`.

    Examples
    --------
    >>> import duckdb
    >>> rows = "SELECT 3641250 AS base_fen, 1200000 AS owed_product_fen, 1200000 AS owed_fen"
    >>> rule = AmountRule(multiple=5, cap=500_000)
    >>> duckdb.sql(amounts(rows, rule, 1_000_000)).fetchone()[3:]
    (18206250, 17000000, 'owed', False)
    """
    cap, person = rule.cap * 100, person_cap * 100
    minimum, step = rule.minimum * 100, rule.step * 100
    return f"""
    SELECT * EXCLUDE (by_risk_fen, room_fen), greatest(room_fen, 0) // {step} * {step} AS limit_fen,
        CASE WHEN room_fen < least(by_risk_fen, {cap}) - owed_product_fen THEN 'person_cap'
             WHEN owed_product_fen > 0 THEN 'owed'
             WHEN by_risk_fen > {cap} THEN 'cap'
             WHEN by_risk_fen < calculated_fen THEN 'risk' ELSE 'rule' END AS bound_by,
        greatest(room_fen, 0) // {step} * {step} < {minimum} AS too_small
    FROM (SELECT *, least(least(by_risk_fen, {cap}) - owed_product_fen, {person} - owed_fen) AS room_fen
        FROM (SELECT *, (calculated_fen::HUGEINT * ({share}) // 10000)::BIGINT AS by_risk_fen
            FROM (SELECT *, greatest(base_fen::HUGEINT * {rule.ten_thousandths} // 10000, 0)::BIGINT AS calculated_fen
                FROM ({rows}) AS given) AS calculated) AS by_risk) AS with_room"""


def yuan(fen: str) -> str:
    """SQL of fen as yuan with two decimals, exactly."""
    return f"({fen})::DECIMAL(16, 0) * 0.01::DECIMAL(3, 2)"
