"""A column of what people get: its heading, type, unit, format and width."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from goldmine.core.i18n import LocalizedText, in_language

Format = Literal["text", "wrapped", "centred", "count", "number", "percent", "money", "day"]
"""How a cell is shown. A wrapped text keeps its column's width, any other text widens it; a count is a small number."""

_TYPES = {
    "count": pa.int32(),
    "number": pa.float64(),
    "percent": pa.float64(),
    "money": pa.float64(),
    "day": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column of the files, pages and tables that people get.

    Parameters
    ----------
    name : str
        Name in code and Parquet.
    title : LocalizedText
        Heading for people.
    format : str
        How its cells are shown; the type follows from it.
    width : int
        Characters that fit in a cell.
    unit : str
        Unit, such as ``yuan``, ``share``, ``days``; empty for texts and codes.
    words : mapping of str to LocalizedText
        Words that people read for its codes; other codes stay as they are.
    synonyms : LocalizedText or None
        Other headings under which people return the column, with commas between them.
    leaves_head_office : bool
        Whether branches and customer managers may get it.
    named_in : str
        Table whose `name` people read beside its numbers: ``staff`` or ``branches``; empty for none.
    """

    name: str
    title: LocalizedText
    format: Format
    width: int
    unit: str = ""
    words: Mapping[str, LocalizedText] = field(default_factory=dict)
    synonyms: LocalizedText | None = None
    leaves_head_office: bool = True
    named_in: Literal["", "staff", "branches"] = ""

    @property
    def type(self) -> pa.DataType:
        """Its type in Parquet."""
        return _TYPES.get(self.format, pa.string())

    @property
    def is_text(self) -> bool:
        """Whether its cells are texts."""
        return self.format in ("text", "wrapped", "centred")

    def heading(self, language: str) -> str:
        """Heading in a language."""
        return str(in_language(self.title, language))

    def in_words(self, codes: Iterable[Any], language: str) -> list[Any]:
        """Words for codes in a language; a code without words stays as it is."""
        words = {code: str(in_language(text, language)) for code, text in self.words.items()}
        return [words.get(code, code) for code in codes]
