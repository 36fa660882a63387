"""What is new in the shape of a bank's tables, against what the last accepted run knew, and what it means.

A run is accepted when it ends with its release current; what it read is then what the next one is held against.
"""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

from goldmine.contract.manifest import read_manifest
from goldmine.core.files import read_json, write_json
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.workspace import Workspace

_FILE = "accepted_shapes.json"
_ALIKE = 0.6
"""From this likeness of two names on (0 to 1), a column that is gone and a new one of its type may be one, renamed."""
_MORE_UNKNOWN = 1.5
"""Rows with unknown codes may grow by this factor from run to run without a word."""


def accept_shapes(work: Workspace) -> None:
    """Keep the shape of the tables that are taken in, for the next run to be held against."""
    shapes = _shapes(work)
    if shapes and shapes != _accepted(work):
        write_json(work.root / _FILE, shapes)


def schema_changes(work: Workspace) -> list[LocalizedText]:
    """What changed since the last accepted run, a line each; none where no run was accepted yet."""
    before, now = _accepted(work), _shapes(work)
    if not before or not now:
        return []
    lines = [_("{table}: is new", table=name) for name in now if name not in before]
    lines += [
        _("{table}: is no longer delivered; what needs it is switched off", table=name)
        for name in before
        if name not in now
    ]
    for name in now:
        if name in before:
            lines += _columns(name, before[name], now[name])
            lines += _codes(name, before[name], now[name])
    return lines


def _accepted(work: Workspace) -> dict[str, Any]:
    shapes: dict[str, Any] = read_json(work.root / _FILE, {})
    return shapes


def _shapes(work: Workspace) -> dict[str, Any]:
    """By table: columns of its sources with their types, the contract's columns, codes, and rows with unknown codes."""
    shapes = {}
    for name, entry in read_manifest(work).get("tables", {}).items():
        intake = entry.get("intake") or {}
        unknown = {column["column"]: column["unknown_codes"] for column in intake.get("columns", ())}
        shapes[name] = {
            "source_columns": intake.get("source_columns", {}),
            "columns": entry["columns"],
            "codes": intake.get("codes", {}),
            "unknown_codes": {column: rows for column, rows in unknown.items() if rows},
        }
    return shapes


def _columns(table: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[LocalizedText]:
    old, new = before["source_columns"], now["source_columns"]
    if not old or not new:  # a record from before shapes were kept, or a table without rows
        old, new = dict.fromkeys(before["columns"], ""), dict.fromkeys(now["columns"], "")
    gone, added = [name for name in old if name not in new], [name for name in new if name not in old]
    for was, is_now in list(_renamed({name: old[name] for name in gone}, {name: new[name] for name in added})):
        gone.remove(was)
        added.remove(is_now)
        yield _(
            "{table}: column {old} is gone and {new} of the same type is new: where it was renamed, map it in "
            "bank.yaml",
            table=table,
            old=was,
            new=is_now,
        )
    for name in added:
        if name in now["columns"]:
            yield _("{table}: column {column} is new, and is taken in from now on", table=table, column=name)
        else:
            yield _("{table}: column {column} is new; nothing reads it unless bank.yaml does", table=table, column=name)
    for name in gone:
        if name in before["columns"]:
            text = _(
                "{table}: column {column} is gone; features, tags and rules that need it are switched off",
                table=table,
                column=name,
            )
        else:
            text = _("{table}: column {column} is gone from its source", table=table, column=name)
        yield text
    for name in new:
        if name in old and old[name] != new[name]:
            yield _(
                "{table}: column {column} was {old} and is {new}; values that cannot be read are left empty or refused",
                table=table,
                column=name,
                old=old[name],
                new=new[name],
            )


def _renamed(gone: dict[str, str], added: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of a column that is gone and a new one of the same type that may be the same: the likest names first."""
    pairs = [
        (SequenceMatcher(None, was.lower(), name.lower()).ratio(), was, name)
        for was, kind in gone.items()
        for name, new_kind in added.items()
        if kind == new_kind
    ]
    alone = len(gone) == len(added) == 1
    for alike, was, name in sorted(pairs, reverse=True):
        if was in gone and name in added and (alike >= _ALIKE or alone):
            del gone[was], added[name]
            yield was, name


def _codes(table: str, before: dict[str, Any], now: dict[str, Any]) -> Iterable[LocalizedText]:
    for column, codes in now["codes"].items():
        where = f"{table}.{column}"
        known = before["codes"].get(column)
        if known is None:
            continue
        if new := [code for code in codes if code not in known]:
            yield _("{column}: codes that no row had before: {codes}; no model has learnt them", column=where,
                    codes=", ".join(new))  # fmt: skip
        if gone := [code for code in known if code not in codes]:
            yield _("{column}: no row has these codes any more: {codes}", column=where, codes=", ".join(gone))
    for column, rows in now["unknown_codes"].items():
        last = before["unknown_codes"].get(column, 0)
        if rows > _MORE_UNKNOWN * last:
            yield _(
                "{column}: {n} rows have codes outside the list, {before} had at the last accepted run; say under "
                "codes in bank.yaml what they mean",
                column=f"{table}.{column}",
                n=f"{rows:,}",
                before=f"{last:,}",
            )
