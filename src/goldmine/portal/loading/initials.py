"""First letters of names in pinyin, for search."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from goldmine.core.settings import read_yaml

_LONGEST = 16
_WORD = re.compile(r"[A-Za-z0-9]+")


def initials(name: str) -> str:
    """First letters of a name: of each Chinese character's pinyin, of each word in other letters; in lower case.

    Surnames whose character has several readings have the surname's.

    Examples
    --------
    >>> initials("Ouyang Nana")
    'on'
    """
    given = _surnames()
    own = next((part for part in (name[:2], name[:1]) if part in given), "")
    letters = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=_other_letters)
    return "".join([given[own], *letters[len(own) :]] if own else letters)[:_LONGEST].lower()


def _other_letters(text: str) -> str:
    return "".join(word[0] for word in _WORD.findall(text))


@cache
def _surnames() -> Mapping[str, str]:
    return dict(read_yaml(Path(__file__).with_name("surnames.yaml")))
