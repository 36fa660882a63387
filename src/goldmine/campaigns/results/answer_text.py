"""Understand what people write into the answer cell in their own words; a refusal above all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import Field

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

OPT_OUT = "opt_out"
_MEANINGS = (OPT_OUT, "wrong_number", "bought", "not_reached", "may_refuse", "later", "no", "yes")
_CODES = {"wrong_number": "not_reached"}
"""The contract's code of a meaning that is none itself: nobody is reached under a wrong number."""
_AMOUNT = re.compile(
    r"(?P<number>\d[\d,\uff0c]*(?:\.\d+)?)\s*(?P<unit>\u4e07|\u4ebf|\u5343|(?:w|k|m|million)(?![a-z]))?\s*"
    r"(?P<yuan>yuan|rmb|cny|\u5143|\u5757)?",
    re.IGNORECASE,
)
_UNITS = {
    **{"\u4e07": 10_000, "w": 10_000, "\u4ebf": 100_000_000, "\u5343": 1000},
    **{"k": 1000, "m": 1_000_000, "million": 1_000_000},
}
_COUNTED = re.compile(r"[\u5e74\u6708\u65e5\u53f7\u671f\u4e2a\u5929]")
"""What a number before it counts: year, month, day (two words), number, issue, piece and days."""
_DATE = re.compile(r"[-/.]\d")
"""What goes on behind the first number of a date or of a telephone number."""
_PLAIN_AMOUNT = 100
"""A number without a unit is an amount from here on; a smaller one counts months, times or shares."""
_LONGEST_AMOUNT = 8
"""Digits of an amount without a unit; a longer one is the number of a telephone, an account or a contract."""


class AnswerPhrases(SettingsModel):
    """Phrases by meaning, from ``pipelines/answers.yaml``: regular expressions, tried in the order of the fields.

    Parameters
    ----------
    negated : list of str
        What takes a refusal back where it stands directly before it.
    opt_out, wrong_number, bought, not_reached, later, no, yes : list of str
        Phrases of each meaning.
    may_refuse : list of str
        What counts as a refusal until someone corrects the row, unless a meaning before it fits.
    """

    negated: list[str]
    opt_out: list[str] = Field(min_length=1)
    wrong_number: list[str] = []
    bought: list[str] = []
    not_reached: list[str] = []
    may_refuse: list[str] = []
    later: list[str] = []
    no: list[str] = []
    yes: list[str] = []


@dataclass(frozen=True)
class Answer:
    """What an answer cell means.

    Parameters
    ----------
    code : str
        A code of ``contacts.answer``.
    certain : bool
        Whether it was understood; a refusal that is only possible is not certain.
    amount : Decimal, optional
        Yuan, where the text says that something was bought and for how much.
    product : str, optional
        What was bought, in the words of the text.
    """

    code: str
    certain: bool = True
    amount: Decimal | None = None
    product: str | None = None


def understand(text: str) -> Answer | None:
    """The meaning of a text; None where it is empty, or says that nobody refused.

    Whatever may be a refusal counts as one: a refusal is heard before anything else in the text, and a text that is not
    understood is a possible refusal.

    Examples
    --------
    >>> understand("Not interested, please stop calling").code
    'opt_out'
    >>> understand("Did not pick up").code, understand("Bought, 50,000 yuan time deposit").amount
    ('not_reached', Decimal('50000'))
    """
    meanings, negated = _compiled(home() / "pipelines" / "answers.yaml")
    refusals = list(meanings[OPT_OUT].finditer(text))
    if any(not negated.search(text[: refusal.start()]) for refusal in refusals):
        return Answer(OPT_OUT)
    # A refusal that is taken back says nothing more; the rest of the text may.
    rest = meanings[OPT_OUT].sub(" ", text)
    for meaning, pattern in meanings.items():
        match = pattern.search(rest)
        if match is None or meaning == OPT_OUT or (meaning == "may_refuse" and refusals):
            continue
        if meaning == "may_refuse":
            break
        if meaning == "bought":
            return Answer("bought", amount=_amount(rest), product=_product(rest, match.end()))
        return Answer(_CODES.get(meaning, meaning))
    return None if refusals or not text.strip() else Answer(OPT_OUT, certain=False)


def refusal_in(note: str) -> Answer | None:
    """The refusal that a note holds, certain or possible; None where it holds none.

    A note is no answer: one that no phrase explains is no possible refusal.

    Examples
    --------
    >>> refusal_in("please stop calling").certain, refusal_in("no phone at work").certain
    (True, False)
    >>> refusal_in("son works in Shanghai") is None
    True
    """
    answer = understand(note)
    if answer is None or answer.code != OPT_OUT:
        return None
    possible = _compiled(home() / "pipelines" / "answers.yaml")[0].get("may_refuse")
    return answer if answer.certain or (possible is not None and possible.search(note)) else None


@cache
def _compiled(file: Path) -> tuple[dict[str, re.Pattern[str]], re.Pattern[str]]:
    """The pattern of each meaning, and of negation at the end of a text."""
    phrases = typed(AnswerPhrases, read_yaml(file), str(file))
    patterns = {name: _pattern(getattr(phrases, name), file) for name in _MEANINGS if getattr(phrases, name)}
    negated = _pattern([rf"(?:{phrase})$" for phrase in phrases.negated], file)
    return patterns, negated


def _pattern(phrases: Sequence[str], file: Path) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.IGNORECASE)
    except re.error as error:
        raise SettingsError(
            _("{file}: a phrase is no regular expression ({error}).", file=file, error=error), _("Correct it there.")
        ) from error


def _amount(text: str) -> Decimal | None:
    """The first amount of money in a text, in yuan; one with a unit before those without."""
    found = list(_AMOUNT.finditer(text))
    for match in found:
        if _has_unit(match):
            return _number(match) * _UNITS.get((match["unit"] or "").lower(), 1)
    return next((_number(match) for match in found if _is_plain_amount(match)), None)


def _has_unit(match: re.Match[str]) -> bool:
    return bool(match["unit"] or match["yuan"])


def _number(match: re.Match[str]) -> Decimal:
    return Decimal(re.sub(r"[,\uff0c]", "", match["number"]))


def _is_plain_amount(match: re.Match[str]) -> bool:
    """Whether a number without a unit may be yuan, and is no date, term or number of something."""
    if _counts(match) or _DATE.match(match.string, match.end()) or match.string[: match.start()].endswith(("-", "/")):
        return False
    number = _number(match)
    return number >= _PLAIN_AMOUNT and number < 10**_LONGEST_AMOUNT


def _counts(match: re.Match[str]) -> bool:
    return not _has_unit(match) and _COUNTED.match(match.string, match.end()) is not None


def _product(text: str, start: int) -> str | None:
    """The words behind the purchase, without its amount; years, terms and issues are part of the name."""
    words = _AMOUNT.sub(lambda match: match[0] if _counts(match) else " ", text[start:])
    words = re.sub(r"\b(of|for|a|an|the)\b", " ", words)
    return words.strip(" \t.,;:!\u3000\u3001\u3002\uff0c\uff1b\uff1a\uff01\u4e86\u7684") or None
