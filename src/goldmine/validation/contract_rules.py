"""Rules that follow from the contract of a canonical table or from the layout of a file that Goldmine makes."""

from collections.abc import Iterable, Iterator
from typing import Any

from goldmine.contract.schema import Column, TableSpec
from goldmine.core.i18n import LocalizedText, _, in_language
from goldmine.core.layouts import Layout
from goldmine.core.sql import literal, quoted

MOSTLY = 0.95
"""Minimal share of rows whose code must be known, if an unknown code counts as missing."""

_TOTALS = "[\u5408\u603b\u5c0f][ \u3000]*\u8ba1[:\uff1a]?|(grand |sub)?totals?:?"
"""Pattern of what stands in the first cell of a row of totals, in Chinese and English."""


def contract_rules(spec: TableSpec) -> list[dict[str, Any]]:
    """The expectations that the contract implies for a table, in the form of a suite's file.

    Parameters
    ----------
    spec : TableSpec
        The canonical table.
    """
    return [
        _has_rows(),
        *_key(spec.key),
        *_totals_or_headings(spec),
        *(rule for column in spec.columns for rule in _column(column)),
    ]


def _totals_or_headings(spec: TableSpec) -> Iterator[dict[str, Any]]:
    """Of tables in whose compulsory columns such a row can pass; elsewhere it lacks a day, an amount or a code."""
    if any(column.kind != "text" or column.codes for column in spec.columns if column.required):
        return
    name = spec.key[0]
    found = f"regexp_full_match(lower({name}), {literal(f'{_TOTALS}|{name}')})"
    yield expectation("totals_or_headings", name, found, _("No row holds totals, or headings once more."))


def layout_rules(layout: Layout) -> list[dict[str, Any]]:
    """The expectations that a file's layout implies: its columns exist and are filled."""
    names = ", ".join(map(literal, layout.columns))
    present = f"NOT list_has_all(columns, [{names}])"
    complete = _("Every column of the layout is there.")
    return [
        expectation("columns_present", "*", present, complete, of="table", needs=()),
        *(_given(name) for name in layout.filled),
    ]


def _has_rows() -> dict[str, Any]:
    return expectation("has_rows", "*", "rows = 0", _("The table has rows."), of="table", needs=())


def _key(key: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    columns = ", ".join(key)
    yield expectation(
        "key_contradicted",
        key[0],
        "versions > 1",
        _("No two different rows have the same {columns}.", columns=columns),
        of="key",
        key=list(key),
        needs=key,
    )
    yield expectation(
        "row_repeated",
        key[0],
        "versions = 1",
        _("No row stands twice, the same in every column; of such rows one is used."),
        of="key",
        key=list(key),
        needs=key,
        severity="warning",
    )


def _column(column: Column) -> Iterator[dict[str, Any]]:
    name = column.name
    if column.required:
        yield _given(name)
    if column.codes:
        yield from _codes(column, f"{name} NOT IN ({', '.join(map(literal, column.codes))})")
    if column.kind in ("day", "moment") and column.after_books != "allowed":
        day = f"CAST({name} AS DATE)" if column.kind == "moment" else name
        yield expectation(
            f"{name}_after_books",
            name,
            f"{day} > getvariable('data_until')",
            _("No {column} lies after the last day of the books.", column=name),
            needs=(name, "$data_until"),
            severity=column.after_books,
        )


def _given(name: str) -> dict[str, Any]:
    column = quoted(name) if name == "group" else name
    return expectation(f"{name}_given", name, f"{column} IS NULL", _("{column} is never empty.", column=name))


def _codes(column: Column, breaks: str) -> Iterator[dict[str, Any]]:
    name = column.name
    if column.required:
        known = _("{column} is one of its code list.", column=name)
        yield expectation(f"{name}_outside_codes", name, breaks, known)
        return
    if column.fail_closed:
        understood = _("{column} is one of its code list or empty; an unknown code may be a refusal.", column=name)
        yield expectation(f"{name}_outside_codes", name, breaks, understood)
        return
    reported = _("{column} is one of its code list; other codes count as missing.", column=name)
    yield expectation(f"{name}_outside_codes", name, breaks, reported, severity="warning")
    mostly = _(
        "At least {percent} of the rows have a code of the list in {column}, or none.",
        percent=f"{MOSTLY:.0%}",
        column=name,
    )
    yield expectation(f"{name}_mostly_outside_codes", name, breaks, mostly, mostly=MOSTLY)


def expectation(
    rule: str,
    column: str,
    breaks: str,
    meaning: LocalizedText,
    *,
    severity: str = "fatal",
    needs: Iterable[str] | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """An expectation in the form of a suite's file.

    Parameters
    ----------
    rule, column, breaks : str
        As in `goldmine.validation.rules.Rule`.
    meaning : LocalizedText
        The rule in words.
    severity : str
        ``fatal`` or ``warning``.
    needs : iterable of str, optional
        What must be there; the column, if not given.
    **kwargs
        `of`, `key`, `mostly`.
    """
    return {
        "type": "expect_rows_to_keep_rule",
        "kwargs": {"column": column, "rule": rule, "breaks": breaks, **kwargs},
        "severity": "critical" if severity == "fatal" else severity,
        "description": str(meaning),
        "notes": in_language(meaning, "zh"),
        "meta": {"needs": [column] if needs is None else list(needs)},
    }
