"""The catalogue of tags, ``pipelines/tags.yaml``: typed, with unknown keys refused."""

from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.project import home
from goldmine.customers.expression import Condition, read_condition

Dimension = Literal["value", "behaviour", "type", "life_cycle", "age", "identity"]
Example = dict[str, float | int | str | None]


class _Typed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tag(_Typed):
    """One tag.

    Parameters
    ----------
    name, title_en, title_zh : str
        Its code name and its names for people.
    owner : str
        Who answers for its meaning.
    when : str
        Who has it: a condition on the columns of the feature table and the ladder.
    has, has_not : list of dict
        Its test: rows, as far as the condition looks at them, that have the tag, and rows that do not.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title_en: str
    title_zh: str
    owner: str
    when: str
    has: list[Example] = Field(min_length=1)
    has_not: list[Example] = Field(min_length=1)

    @property
    def condition(self) -> Condition:
        """The condition, read."""
        return read_condition(self.when)


class TagSet(_Typed):
    """Tags that answer one question.

    Parameters
    ----------
    name, title_en, title_zh : str
        The question's code name and its names for people.
    dimension : str
        Which side of the customer it is about.
    exclusive : bool
        Whether a customer has at most one of the tags; if not, each stands for itself.
    tags : list of Tag
        The answers.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title_en: str
    title_zh: str
    dimension: Dimension
    exclusive: bool
    tags: list[Tag] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once(self) -> "TagSet":
        names = [tag.name for tag in self.tags]
        if len(set(names)) < len(names):
            raise ValueError("has two tags of one name")
        return self

    def column(self, tag: Tag | None = None) -> str:
        """Column of the customers table: of an exclusive set one for all its tags, otherwise one a tag."""
        return f"tag_{self.name}" if tag is None or self.exclusive else f"tag_{self.name}_{tag.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the set."""
        return tuple(dict.fromkeys(self.column(tag) for tag in self.tags))


class Catalogue(_Typed):
    """All tags there are."""

    sets: list[TagSet]

    @model_validator(mode="after")
    def _columns_once(self) -> "Catalogue":
        columns = [column for one in self.sets for column in one.columns]
        if len(set(columns)) < len(columns):
            raise ValueError("two sets or tags make the same column")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that any condition looks at."""
        return tuple(dict.fromkeys(n for one in self.sets for tag in one.tags for n in tag.condition.names))


def catalogue_path() -> Path:
    """Where the catalogue is."""
    return home() / "pipelines" / "tags.yaml"


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read the catalogue and every condition in it.

    Raises
    ------
    SettingsError
        If it is not there, is no YAML, has an unknown key or a value of the wrong type, or a condition cannot be read.
    """
    path = path or catalogue_path()
    if not path.exists():
        raise SettingsError(f"{path.name}: there is no catalogue of tags.", "Put pipelines/tags.yaml back.")
    try:
        found = Catalogue.model_validate(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path.name}{line}: is not YAML.", "Mend the indentation or the quotes there.") from error
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(f"{path.name}: {_where(first['loc'])}: {first['msg']}.", "Correct that entry.") from error
    for one in found.sets:
        for tag in one.tags:
            try:
                read_condition(tag.when)
            except SettingsError as error:
                raise SettingsError(f"{path.name}: {one.name}.{tag.name}: {error.what}", error.do) from error
    return found


def _where(place: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in place) or "the file"
