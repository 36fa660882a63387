"""The catalogue of tags, ``pipelines/tags.yaml``: typed, unknown keys refused, each tag with its own test.

The tags of an exclusive set are ordered cases, as in SQL's CASE: a customer has the first whose condition holds.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import ibis
import pyarrow as pa
from ibis.expr.types import Value
from pydantic import Field, model_validator

from goldmine.core.engine import connect
from goldmine.core.errors import SettingsError
from goldmine.core.expression import Condition, read_condition
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

Dimension = Literal["value", "behaviour", "type", "life_cycle", "age", "identity"]
Example = dict[str, float | int | str | None]


class Tag(SettingsModel):
    """One tag.

    Parameters
    ----------
    name : str
        Its code name.
    title : LocalizedText
        Its name for people.
    owner : LocalizedText
        Who is responsible for its meaning.
    when : str
        The condition, on columns of the feature table and the ladder.
    match, no_match : list of dict
        Its test: rows that have the tag, and rows that do not. A row gives the columns in the condition, and in an
        exclusive set those in the earlier cases too.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    owner: LocalizedText
    when: str
    match: list[Example] = Field(min_length=1)
    no_match: list[Example] = Field(min_length=1)

    @property
    def condition(self) -> Condition:
        """The parsed condition."""
        return read_condition(self.when)


class TagSet(SettingsModel):
    """Tags that answer one question.

    Parameters
    ----------
    name : str
        The question's code name.
    title : LocalizedText
        Its name for people.
    dimension : str
        The dimension of customer analysis.
    exclusive : bool
        Whether a customer has only the first tag whose condition holds; otherwise tags are independent.
    tags : list of Tag
        The tags, in the order in which they are tried.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    dimension: Dimension
    exclusive: bool
    tags: list[Tag] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once(self) -> "TagSet":
        names = [tag.name for tag in self.tags]
        if len(set(names)) < len(names):
            raise ValueError(_("has two tags of one name"))
        return self

    def column(self, tag: Tag | None = None) -> str:
        """Column of the customers table: one for an exclusive set, otherwise one per tag."""
        return f"tag_{self.name}" if tag is None or self.exclusive else f"tag_{self.name}_{tag.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the set."""
        return tuple(dict.fromkeys(self.column(tag) for tag in self.tags))

    def expressions(self, columns: Mapping[str, Value]) -> dict[str, Value]:
        """The set's tag columns; a tag whose condition uses a missing column is empty."""
        conditions = {
            tag.name: tag.condition.of(columns)
            for tag in self.tags
            if all(name in columns for name in tag.condition.names)
        }
        if not self.exclusive:
            return {self.column(tag): conditions.get(tag.name, ibis.null("boolean")) for tag in self.tags}
        cases = [(condition, name) for name, condition in conditions.items()]
        return {self.column(): ibis.cases(*cases) if cases else ibis.null("string")}


class Catalogue(SettingsModel):
    """All tag sets."""

    sets: list[TagSet]

    @model_validator(mode="after")
    def _columns_once(self) -> "Catalogue":
        columns = [column for tag_set in self.sets for column in tag_set.columns]
        if len(set(columns)) < len(columns):
            raise ValueError(_("two sets or tags make the same column"))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that any condition uses."""
        return tuple(
            dict.fromkeys(name for tag_set in self.sets for tag in tag_set.tags for name in tag.condition.names)
        )


def catalogue_path() -> Path:
    """Path of the catalogue."""
    return home() / "pipelines" / "tags.yaml"


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read the catalogue and parse every condition.

    Raises
    ------
    SettingsError
        If it is missing, is no YAML, has an unknown key or a value of the wrong type, or a condition cannot be parsed.
    """
    path = path or catalogue_path()
    if not path.exists():
        raise SettingsError(
            _("{name}: there is no catalogue of tags.", name=path.name), _("Put pipelines/tags.yaml back.")
        )
    catalogue = typed(Catalogue, read_yaml(path), path.name)
    for tag_set in catalogue.sets:
        for tag in tag_set.tags:
            try:
                read_condition(tag.when)
            except SettingsError as error:
                where = f"{path.name}: {tag_set.name}.{tag.name}"
                raise SettingsError(_("{where}: {what}", where=where, what=error.what), error.do) from error
    return catalogue


def check_examples(catalogue: Catalogue) -> int:
    """Run the test of every tag.

    Returns
    -------
    int
        Number of rows tested.

    Raises
    ------
    SettingsError
        If a test row does not give the expected result, or lacks a column that decides it.
    """
    return sum(_check_set(tag_set) for tag_set in catalogue.sets)


def _check_set(tag_set: TagSet) -> int:
    examples = [
        (tag, example, expected)
        for tag in tag_set.tags
        for rows, expected in ((tag.match, True), (tag.no_match, False))
        for example in rows
    ]
    for tag, example, _holds in examples:
        cases = tag_set.tags[: tag_set.tags.index(tag)] if tag_set.exclusive else []
        left_out = [name for case in (tag, *cases) for name in case.condition.names if name not in example]
        if left_out:
            raise SettingsError(
                _(
                    "tags.yaml: {tag}: a test row leaves out {column}, which decides it.",
                    tag=f"{tag_set.name}.{tag.name}",
                    column=repr(left_out[0]),
                ),
                _("Give that column a value, or null for unknown."),
            )
    tagged = _tagged(tag_set, [example for _tag, example, _holds in examples])
    for (tag, example, expected), row in zip(examples, tagged, strict=True):
        value = row[tag_set.column(tag)]
        if (value == tag.name if tag_set.exclusive else value) is not expected:
            told = {"tag": f"{tag_set.name}.{tag.name}", "row": example, "other": repr(value)}
            what = _("tags.yaml: {tag}: a row of its test, {row}, should not have the tag and does.", **told)
            if expected:
                what = _("tags.yaml: {tag}: a row of its test, {row}, should have the tag and does not.", **told)
            if expected and tag_set.exclusive and value:
                what = _(
                    "tags.yaml: {tag}: a row of its test, {row}, should have the tag and does not (it has {other}).",
                    **told,
                )
            raise SettingsError(what, _("Correct the condition, the order of the set's tags, or the test."))
    return len(examples)


def _tagged(tag_set: TagSet, examples: list[Example]) -> list[dict[str, Any]]:
    """The tags of the test rows, in one query."""
    names = dict.fromkeys(name for tag in tag_set.tags for name in tag.condition.names)
    texts = {name for name in names if any(isinstance(example.get(name), str) for example in examples)}
    types = {name: pa.string() if name in texts else pa.float64() for name in names}
    rows = [{"position": position, **example} for position, example in enumerate(examples)]
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=pa.schema({"position": pa.int64(), **types})))
    columns = {name: table[name] for name in names}
    result: list[dict[str, Any]] = (
        connect().to_pyarrow(table.order_by("position").select(**tag_set.expressions(columns))).to_pylist()
    )
    return result
