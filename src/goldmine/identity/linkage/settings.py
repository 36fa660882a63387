"""The settings in ``pipelines/linkage.yaml``: what is compared, which records meet, and from where a pair is sure."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

Kind = Literal["exact", "chinese_name", "latin_name", "date", "digits", "text", "address"]
"""How two values of a column are compared; `goldmine.identity.linkage.comparisons` has the levels of each."""

_PART = re.compile(r"([a-z][a-z0-9_]*)(?::([1-9][0-9]?))?")


class ComparedColumn(SettingsModel):
    """A column that is compared.

    Parameters
    ----------
    column : str
        Column of the records.
    kind : str
        How its values are compared.
    rare_counts_more : bool
        Whether agreement on a rare value weighs more than on a frequent one.
    no_doubt : bool
        Whether a pair that differs here is never sure, whatever else agrees, such as in the identity number.
    """

    column: str
    kind: Kind
    rare_counts_more: bool = False
    no_doubt: bool = False


class KeyPart(SettingsModel):
    """A part of a key: a column, or its first characters.

    Examples
    --------
    >>> KeyPart.parse("name:1").sql
    'substr(CAST("name" AS VARCHAR), 1, 1)'
    >>> KeyPart.parse("phone_hash").sql
    '"phone_hash"'
    """

    column: str
    characters: int = 0

    @classmethod
    def parse(cls, text: str) -> "KeyPart":
        """A part from ``column`` or ``column:characters``."""
        match = _PART.fullmatch(text)
        if match is None:
            raise ValueError(_("{text} is neither a column nor column:characters, such as name:1", text=repr(text)))
        return cls(column=match[1], characters=int(match[2] or 0))

    @property
    def sql(self) -> str:
        """Its value in SQL."""
        name = f'"{self.column}"'
        return f"substr(CAST({name} AS VARCHAR), 1, {self.characters})" if self.characters else name


class Key(SettingsModel):
    """Columns that two records have to share; in YAML a list such as ``[name, birth_date]`` or ``[phone, name:1]``."""

    parts: tuple[KeyPart, ...]

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            return raw
        if not isinstance(raw, list) or not raw or not all(isinstance(text, str) for text in raw):
            raise ValueError(_("write a list of columns, such as [name, birth_date]"))
        return {"parts": tuple(KeyPart.parse(text) for text in raw)}

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset(part.column for part in self.parts)


class KnownMatches(SettingsModel):
    """Keys that hardly anybody but one person shares, from which the share of matches among all pairs is estimated.

    Parameters
    ----------
    keys : list of Key
        Such keys.
    recall : float
        The share of all true pairs that they find, roughly.
    """

    keys: list[Key] = Field(min_length=1)
    recall: float = Field(gt=0, le=1)


class LinkageSettings(SettingsModel):
    """The settings of linkage.

    Parameters
    ----------
    sure, review : float
        Probabilities from which a pair is sure, and from which it is to be looked at; below, the two are different.
    merge_alone : float or None
        Probability from which a pair is merged without anybody's decision; None merges nothing without one.
    max_block : int
        A key's value that more records share, such as a firm's telephone, brings none of them together.
    blocking : list of Key
        Two records are compared if they share one of these keys.
    training : list of Key
        Keys of the pairs from which weights are learnt: a key teaches the columns that it does not hold.
    known_matches : KnownMatches
        For the share of matches.
    comparisons : list of ComparedColumn
        The columns compared.
    seed : int
        The same seed draws the same pairs to learn from.
    """

    sure: float = Field(gt=0.5, lt=1)
    review: float = Field(gt=0, lt=1)
    merge_alone: float | None = Field(default=None, gt=0.5, lt=1)
    max_block: int = Field(ge=2, le=5_000)
    blocking: list[Key] = Field(min_length=1)
    training: list[Key] = Field(min_length=2)
    known_matches: KnownMatches
    comparisons: list[ComparedColumn] = Field(min_length=2)
    seed: int = 1

    @field_validator("comparisons")
    @classmethod
    def _once(cls, comparisons: list[ComparedColumn]) -> list[ComparedColumn]:
        names = [compared.column for compared in comparisons]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(_("{columns} is compared twice", columns=", ".join(twice)))
        return comparisons

    @model_validator(mode="after")
    def _in_order(self) -> "LinkageSettings":
        if self.review >= self.sure:
            raise ValueError(_("review ({review}) must be below sure ({sure})", review=self.review, sure=self.sure))
        if self.merge_alone is not None and self.merge_alone < self.sure:
            raise ValueError(_("merge_alone ({n}) must not be below sure ({sure})", n=self.merge_alone, sure=self.sure))
        return self

    def zone(self, probability: float) -> str:
        """``sure``, ``review`` or ``different``."""
        if probability >= self.sure:
            return "sure"
        return "review" if probability >= self.review else "different"

    def within(self, columns: frozenset[str], where: str) -> "LinkageSettings":
        """The settings without comparisons and keys of columns that a bank does not have.

        Raises
        ------
        SettingsError
            If too little is left to link anybody.
        """

        def possible(keys: list[Key]) -> list[Key]:
            return [key for key in keys if key.columns <= columns]

        comparisons = [compared for compared in self.comparisons if compared.column in columns]
        left = {
            "blocking": possible(self.blocking),
            "training": possible(self.training),
            "known_matches.keys": possible(self.known_matches.keys),
        }
        lacking = [name for name, keys in left.items() if len(keys) < (2 if name == "training" else 1)]
        if len(comparisons) < 2:
            lacking.append("comparisons")
        if lacking:
            missing = sorted({compared.column for compared in self.comparisons} - columns)
            raise SettingsError(
                _(
                    "{where}: without the columns {names} too little is left in {keys}.",
                    where=where,
                    names=", ".join(missing),
                    keys=", ".join(lacking),
                ),
                _("Deliver these columns of customers, or name keys of the columns that are there."),
            )
        return self.model_copy(
            update={
                "comparisons": comparisons,
                "blocking": left["blocking"],
                "training": left["training"],
                "known_matches": self.known_matches.model_copy(update={"keys": left["known_matches.keys"]}),
            }
        )


def linkage_file() -> Path:
    """Where the settings are."""
    return home() / "pipelines" / "linkage.yaml"


def load_linkage(path: Path | None = None) -> LinkageSettings:
    """Read the settings of linkage.

    Raises
    ------
    SettingsError
        If a key is unknown or missing, or a value cannot be used.
    """
    path = path or linkage_file()
    return typed(LinkageSettings, read_yaml(path), str(path))
