"""What a broken rule of validation means for the lists, and the key of bank.yaml that would correct it."""

from goldmine.core.i18n import LocalizedText, _

_MEANINGS = (
    ("_outside_codes", _("these values count as missing: what needs them leaves the customers out")),
    ("consent_unknown", _("these customers are on none")),
    ("merged_", _("the number is followed as far as docs/contract.md says, and no yuan is lost")),
    ("customer_id_unknown", _("these rows count for no customer")),
    ("related_id_unknown", _("these rows count for no customer")),
    ("_unknown", _("the number leads nowhere: what is known there stays empty")),
    ("row_repeated", _("of equal rows one counts")),
    ("_after_books", _("these rows count once the books reach their day")),
    ("unlike_months", _("what is counted over these months is as far off as they are")),
    ("month_without_rows", _("what is counted over these months finds nothing in them")),
)


_REMEDIES = (
    ("_outside_codes", _("under tables.{table} in bank.yaml {keys}; docs/contract.md has our codes")),
    ("consent_unknown", _("if the bank writes down refusals only, under tables.{table} in bank.yaml {keys}")),
    (
        "unlike_months",
        _("compare the months at their source; amounts of 100 times as much want unit: fen in bank.yaml"),
    ),
    (
        "month_without_rows",
        _("export the month, and look whether the path of the source in bank.yaml gives its file"),
    ),
    (
        "_unknown",
        _("export both tables on one day; numbers written in two ways are made one in the SELECT"),
    ),
    ("_after_books", _("data_until in bank.yaml, if the books reach further")),
    ("totals_or_headings", _("leave the row out at its source, or by WHERE in the SELECT")),
    ("row_repeated", _("let the path of the source give each export once; SELECT DISTINCT leaves out equal rows")),
)


def meaning_for_lists(rule: str, *, fatal: bool) -> str:
    """What a broken rule means for the lists.

    Examples
    --------
    >>> meaning_for_lists("row_repeated", fatal=False)
    'of equal rows one counts'
    """
    if fatal:
        return _("none is made until this is corrected")
    return next((meaning for part, meaning in _MEANINGS if part in rule), _("the rows are used as they stand"))


def remedy_of(table: str, rule: str, column: str) -> str:
    """The key of bank.yaml that corrects a broken rule, or what to look at; empty if only the source can be corrected.

    Examples
    --------
    >>> remedy_of("transactions", "channel_outside_codes", "channel")
    'under tables.transactions in bank.yaml codes: {channel: {THEIRS: OURS}}; docs/contract.md has our codes'
    """
    codes = '{"": true}' if "consent" in rule else "{THEIRS: OURS}"
    values = {"table": table, "keys": f"codes: {{{column}: {codes}}}"}
    return next((LocalizedText(str(remedy), values) for part, remedy in _REMEDIES if part in rule), "")
