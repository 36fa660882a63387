"""What has to be counted of a table, in jobs whose counts add up."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from goldmine.contract.bank import Bank, selected_columns
from goldmine.validation.keys import KeyCount
from goldmine.validation.month_profiles import MEASURED, every_customer
from goldmine.validation.rules import Rule, load_rules
from goldmine.validation.subject import Sizes, Subject
from goldmine.validation.tally import (
    Lookup,
    Parameters,
    RowCount,
    lookup_of,
    needs_other_rows,
    views_for,
)

Job = RowCount | KeyCount


def until(bank: Bank) -> Parameters:
    """What rules on a bank's tables can read: the last day of its books."""
    return {"data_until": bank.data_until}


@dataclass(frozen=True)
class Case:
    """A subject with the rules that apply to it, and the bank and parameters that they can read."""

    subject: Subject
    rules: tuple[Rule, ...]
    skipped: dict[str, list[str]]
    parameters: Parameters
    bank: Bank | None

    def of(self, grain: str) -> tuple[Rule, ...]:
        """The rules on rows, keys, months, parts, columns or the table."""
        return tuple(rule for rule in self.rules if rule.of == grain)

    @property
    def tables(self) -> dict[str, Subject]:
        """What rules can look up."""
        held = self.bank.tables.values() if self.bank else ()
        others = (Subject(table.name, table.columns, table.files, selected_columns(table)) for table in held)
        return {table.table: table for table in (*others, self.subject)}


def case_of(subject: Subject, bank: Bank | None, parameters: Parameters) -> Case:
    """The rules of a subject's suite that apply to it."""
    rules = load_rules(subject.table)
    absent = {rule.name: [need for need in rule.needs if not _there(need, subject, bank, parameters)] for rule in rules}
    applying = tuple(rule for rule in rules if not absent[rule.name])
    return Case(subject, applying, {name: needs for name, needs in absent.items() if needs}, parameters, bank)


def _there(need: str, subject: Subject, bank: Bank | None, parameters: Parameters) -> bool:
    if need.startswith("$"):
        return need[1:] in parameters
    table, dot, column = need.partition(".")
    if not dot:
        return need in subject.columns
    return bank is not None and bank.has(table, column)


def jobs_of(case: Case, sizes: Sizes) -> Iterator[Job]:
    """Cut a table into pieces, and what looks up many rows into partitions by hash.

    Each piece is read once for all rules that need nothing but the row, or a table that is small enough. Rules that
    look up a large table go by partitions of the key on both sides, and keys that repeat by ranges of their hashes.
    What looks at other rows in another way, as at the row before in some order, stays in one job.
    """
    subject, tables = case.subject, case.tables
    pieces = subject.pieces(sizes.piece)
    each: list[Rule] = []
    whole: list[Rule] = []
    divided: dict[tuple[Lookup, int], list[Rule]] = defaultdict(list)
    for rule in case.of("row"):
        lookup = lookup_of(rule)
        parts = _parts(tables[lookup.table].rows, sizes.looked_up) if lookup else 1
        if lookup and parts > 1:
            divided[lookup, parts].append(rule)
        elif lookup or len(pieces) == 1 or not needs_other_rows(rule):
            each.append(rule)
        else:
            whole.append(rule)
    sql = {name: table.whole for name, table in tables.items()}
    size = subject.rows // len(pieces)
    columns = subject.columns if case.of("column") else ()
    every = every_customer(subject.rows) if subject.table in MEASURED else 0
    for piece in pieces:
        yield RowCount(subject.table, piece, size, tuple(each), views_for(each, sql), columns, every)
        for (lookup, parts), rules in divided.items():
            for part in range(parts):
                rows, found = lookup.partition(piece, sql[lookup.table], part, parts)
                yield RowCount(subject.table, rows, size, tuple(rules), {lookup.table: found})
    if whole:
        yield RowCount(subject.table, subject.whole, subject.rows, tuple(whole), views_for(whole, sql))
    for key in dict.fromkeys(rule.key for rule in case.of("key")):
        about = tuple(rule for rule in case.of("key") if rule.key == key)
        yield KeyCount(subject.whole, tuple(pieces), subject.rows, key, about, _parts(subject.rows, sizes.key))


def _parts(rows: int, most: int) -> int:
    return max(1, -(-rows // most))
