"""How the values of a matched table are written: the keys nulls, dates, thousands, unit and codes for bank.yaml."""

from dataclasses import dataclass, field
from typing import Any, Literal

from goldmine.contract.proposal.clock import clock_of
from goldmine.contract.proposal.matching import ColumnMatch, TableMatch
from goldmine.contract.proposal.names import null_words, standard_codes, unit_in
from goldmine.contract.proposal.profile import SEPARATORS, ColumnProfile
from goldmine.contract.value_forms import EXCEL_SERIAL, Unit, ValueForms, code_words, normal_code, says_year

Certainty = Literal["sure", "guessed", "tell"]
_LEAST_FEN_MEDIAN = 500


@dataclass(frozen=True)
class Finding:
    """One thing that a proposal says, with what it counted.

    Parameters
    ----------
    certainty : str
        ``sure``, ``guessed``, or ``tell``: what a person has to tell.
    column : str
        The contract's column; empty where it is about the table.
    text : str
        What was found, in counts and in the bank's words for codes; never a customer's values.
    """

    certainty: Certainty
    column: str
    text: str


@dataclass
class ValueKeys:
    """Keys of one table in bank.yaml and what is to be said about them."""

    keys: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    untold: dict[str, list[str]] = field(default_factory=dict)

    def add(self, certainty: Certainty, column: str, text: str) -> None:
        """Say one thing."""
        self.findings.append(Finding(certainty, column, text))


def value_keys(match: TableMatch) -> ValueKeys:
    """Find how the values of a matched table are written."""
    result = ValueKeys()
    pairs = [(column, match.table.columns[column.raw]) for column in match.columns]
    _add_nulls(result, match, pairs)
    for column, profile in pairs:
        if column.column.kind in ("day", "moment"):
            _add_dates(result, column, profile)
        elif column.column.kind in ("money", "decimal"):
            _add_amounts(result, column, profile)
        elif column.column.kind == "whole":
            _add_whole_numbers(result, column, profile)
        elif column.column.codes or column.column.kind == "flag":
            _add_codes(result, match.spec.name, column, profile)
    clock = clock_of(match)
    if clock:
        result.keys.setdefault("dates", {})[clock.column] = list(clock.forms)
        result.add("guessed", clock.column, f"the time of day is joined from {clock.raw}")
    return result


def _add_nulls(result: ValueKeys, match: TableMatch, pairs: list[tuple[ColumnMatch, ColumnProfile]]) -> None:
    """Words of machines count everywhere; a person's word only where it can mean nothing else."""
    counts: dict[str, int] = {}
    kept: set[str] = set()
    for column, profile in pairs:
        coded = column.column.codes or column.column.kind == "flag"
        known = code_words(match.spec.name, column.column, ValueForms()) if coded else {}
        for word, rows in profile.nulls.items():
            person = word not in null_words(machine=True)
            if person and column.column.fail_closed:
                kept.add(word)
                result.add("tell", column.column.name, f"{rows:,} rows with {word!r}: say under codes what it means")
            elif normal_code(word) in known:
                kept.add(word)
            else:
                counts[word] = counts.get(word, 0) + rows
    words = {word: rows for word, rows in counts.items() if word not in kept}
    if words:
        result.keys["nulls"] = list(words)
        listed = ", ".join(f"{word!r} in {rows:,} values" for word, rows in words.items())
        result.add("guessed", "", f"missing values: {listed}")


def _add_dates(result: ValueKeys, match: ColumnMatch, profile: ColumnProfile) -> None:
    forms, read, rivals = profile.dates
    column = match.column.name
    if forms:
        result.keys.setdefault("dates", {})[column] = list(forms)
        certain: Certainty = "guessed" if rivals or len(forms) > 1 or EXCEL_SERIAL in forms else "sure"
        more = f"; {' and '.join(rivals)} would read them too" if rivals else ""
        result.add(certain, column, f"dates are written {' or '.join(forms)}, {read:,} of {profile.filled:,}{more}")
    if not all(says_year(match.column, form) for form in forms):
        result.add("tell", column, "years have two digits, which do not say the century: make the dates in the SELECT")
    if read < profile.filled:
        result.add("tell", column, f"{profile.filled - read:,} of {profile.filled:,} values are no dates")


def _add_amounts(result: ValueKeys, match: ColumnMatch, profile: ColumnProfile) -> None:
    column, plain = match.column.name, profile.amounts()
    what = "amounts" if match.column.kind == "money" else "numbers"
    separator = max(SEPARATORS, key=profile.amounts)
    read = plain
    if profile.amounts(separator) > plain:
        read = profile.amounts(separator)
        result.keys["thousands"] = separator
        result.add("sure", column, f"{read - plain:,} {what} are written with {separator!r} between thousands")
    if read < profile.filled:
        result.add("tell", column, f"{profile.filled - read:,} of {profile.filled:,} values are no {what}")
    if match.column.kind == "money":
        _add_unit(result, match, profile)


def _add_whole_numbers(result: ValueKeys, match: ColumnMatch, profile: ColumnProfile) -> None:
    grouped = {separator: profile.rows_like(rf"[+-]?\d{{1,3}}({separator}\d{{3}})+") for separator in SEPARATORS}
    separator, rows = max(grouped.items(), key=lambda found: found[1])
    if rows:
        result.keys["thousands"] = separator
        result.add("sure", match.column.name, f"{rows:,} numbers are written with {separator!r} between thousands")


def _add_unit(result: ValueKeys, match: ColumnMatch, profile: ColumnProfile) -> None:
    """Yuan or fen, with both medians where it is a guess."""
    column, unit = match.column.name, unit_of(match.raw, profile)
    if unit == "fen":
        result.keys.setdefault("unit", {})[column] = unit
    if unit_in(match.raw) or profile.fractional or not profile.filled:
        if unit == "fen":
            result.add("sure", column, "the heading says fen")
        return
    median = profile.median
    figures = f"no amount has a fraction, {profile.not_hundreds:,} of {profile.filled:,} end in other than 00"
    medians = f"median about {median:,.0f} yuan if yuan, {median / 100:,.2f} if fen"
    result.add("guessed", column, f"unit {unit}: {figures}; {medians}")


def unit_of(raw: str, profile: ColumnProfile) -> Unit:
    """Yuan or fen: by the heading, by what stands after the point, by the distribution of whole numbers."""
    told = unit_in(raw)
    if told or profile.fractional or not profile.filled:
        return "fen" if told == "fen" else "yuan"
    return "fen" if profile.not_hundreds > 0.5 * profile.filled and profile.median >= _LEAST_FEN_MEDIAN else "yuan"


def _add_codes(result: ValueKeys, table: str, match: ColumnMatch, profile: ColumnProfile) -> None:
    column = match.column
    words = code_words(table, column, ValueForms())
    unknown = {word: rows for word, rows in profile.codes.items() if normal_code(word) not in words}
    if not unknown:
        return
    standard = standard_codes(table, column.name)
    guesses = {}
    if not column.fail_closed and column.kind != "flag":
        guesses = {word: standard.get(word) or _inside(word, words) for word in unknown}
        guesses = {word: ours for word, ours in guesses.items() if ours}
    if guesses:
        result.keys.setdefault("codes", {})[column.name] = guesses
        rows = sum(unknown[word] for word in guesses)
        result.add("guessed", column.name, f"codes {_pairs(guesses)}, {rows:,} rows")
    untold = [word for word in unknown if word not in guesses]
    if untold:
        result.untold[column.name] = untold
        rows = sum(unknown[word] for word in untold)
        result.add("tell", column.name, f"codes {', '.join(untold)} are not understood, {rows:,} rows")


def _inside(word: str, words: dict[str, str]) -> str:
    """The contract's code whose word stands inside of a longer one; empty where two could."""
    inside = [known for known in words if len(known) >= (4 if known.isascii() else 2) and known in normal_code(word)]
    codes = {words[known] for known in inside}
    return codes.pop() if len(codes) == 1 else ""


def _pairs(codes: dict[str, str]) -> str:
    return ", ".join(f"{theirs}: {ours}" for theirs, ours in codes.items())
