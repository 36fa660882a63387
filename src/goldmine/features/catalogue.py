"""All features, and which of them a bank has the tables and columns for."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module, invalidate_caches
from pathlib import Path
from pkgutil import iter_modules

import ibis
import ibis.expr.operations as ops

from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.features import families as package
from goldmine.features.definition import Feature, FeatureDefinition
from goldmine.features.family_check import require_known_tables, require_views
from goldmine.features.peer_aggregates import coming_peer_inputs, peer_features, peer_inputs, peer_sums
from goldmine.features.view import View, view

Family = Callable[[View], list[FeatureDefinition]]


def families() -> tuple[Family, ...]:
    """The families whose features use one customer's rows, by name; features of peers come after them.

    Each is a file of the folder ``families`` with a function of the file's name; dropping one in is enough. Files of a
    folder on trial (`try_folder`) count too.

    Raises
    ------
    SettingsError
        If a file does not have such a function.
    """
    functions = []
    for module in sorted(iter_modules(package.__path__), key=lambda module: module.name):
        family = getattr(import_module(f"{package.__name__}.{module.name}"), module.name, None)
        if family is None:
            raise SettingsError(
                _("features/families/{name}.py: has no function {name!r}.", name=module.name),
                _("Define a function of the file's name that takes the View and returns a list of FeatureDefinition."),
            )
        functions.append(family)
    return tuple(functions)


def try_folder(folder: Path | None) -> None:
    """Add the families of one more folder, in this process only; None removes an earlier one.

    Earlier imports from such a folder are forgotten.
    """
    own = Path(package.__path__[0])
    for module in [module for module in iter_modules(package.__path__) if Path(module.module_finder.path) != own]:  # type: ignore[union-attr]
        sys.modules.pop(f"{package.__name__}.{module.name}", None)
    package.__path__[:] = [str(own), *([str(folder)] if folder else [])]
    invalidate_caches()


@contextmanager
def without_trial() -> Iterator[None]:
    """Leave the families on trial out for a while."""
    tried = package.__path__[1:]
    package.__path__[1:] = []
    try:
        yield
    finally:
        package.__path__[1:] = tried


def tried_folders() -> list[Path]:
    """The folders on trial, for fingerprints."""
    return [Path(folder) for folder in package.__path__[1:]]


@dataclass(frozen=True)
class Plan:
    """The features as queries over the views of a cutoff.

    Parameters
    ----------
    base : str
        SQL of the features of customers' own rows, with the keys and whole numbers for the peers' sums.
    peer_sums : dict of str to str
        SQL of the peers' sums, from that result as the table ``base``, by name.
    full : str
        SQL of the feature table, from those sums under their names, for the rows of ``base`` in ``part``.
    features : tuple of Feature
        The features, in the order of the columns.
    """

    base: str
    peer_sums: dict[str, str]
    full: str
    features: tuple[Feature, ...]


_view = cache(view)
"""The customers' row, which all families share: built once a process."""


def _on_trial() -> str:
    """What the folders on trial hold, as a key of what is compiled with them."""
    return fingerprint.of_code(*tried_folders())


@lru_cache(maxsize=64)
def _definitions(family: Family) -> tuple[FeatureDefinition, ...]:
    """What a family gives; found once, since a file on trial that has changed is imported as another function."""
    definitions = family(_view())
    require_views(family.__name__, definitions, _view().rows)
    return tuple(definitions)


def _own() -> list[FeatureDefinition]:
    """The features of customers' own rows."""
    own = [definition for family in families() for definition in _definitions(family)]
    _check_names(definition.feature for definition in own)
    return own


@lru_cache(maxsize=2)
def _expressions(on_trial: str) -> tuple[ibis.Table, dict[str, ibis.Table], ibis.Table, tuple[Feature, ...]]:
    own, customer_view = _own(), _view()
    base = customer_view.rows.select(
        "customer_id",
        "cutoff",
        "grid_id",
        "employer_id",
        **{
            f"input_{name}": value
            for name, value in (peer_inputs(customer_view) | coming_peer_inputs(customer_view)).items()
        },
        **{d.feature.name: d.value for d in own},
    )
    sums = peer_sums(ibis.table(base.schema(), name="base"))
    sum_tables = {name: ibis.table(rows.schema(), name=name) for name, rows in sums.items()}
    joined, others = peer_features(ibis.table(base.schema(), name="part"), sum_tables)
    full = joined.select(
        "customer_id",
        "cutoff",
        **{d.feature.name: joined[d.feature.name] for d in own},
        **{d.feature.name: d.value for d in others},
    )
    require_known_tables((base, *sums.values(), full), ("base", "part", *sums))
    return base, sums, full, tuple(d.feature for d in [*own, *others])


@cache
def _peer_features() -> tuple[Feature, ...]:
    """The features of peers, which are the same whatever is on trial."""
    return _expressions(_on_trial())[3][len(_own()) :]


def _check_names(features: Iterable[Feature]) -> None:
    """Refuse a name that two features have."""
    names = [feature.name for feature in features]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise SettingsError(
            _("features: {duplicates} is defined twice.", duplicates=repr(duplicates[0])),
            _("Give the feature of your family another name."),
        )


def plan() -> Plan:
    """Compile all features; once a process, since no bank and no cutoff changes the queries."""
    return _plan(_on_trial())


@lru_cache(maxsize=2)
def _plan(on_trial: str) -> Plan:
    base, sums, full, features = _expressions(on_trial)
    peer_sql = {name: _sql(rows) for name, rows in sums.items()}
    return Plan(_sql(base), peer_sql, _sql(full), features)


def plan_on_trial() -> tuple[str, tuple[str, ...]]:
    """SQL of the features of the families on trial alone, for all customers, and their names.

    The query gives customer_id and a column a feature.
    """
    return _plan_on_trial(_on_trial())


@lru_cache(maxsize=2)
def _plan_on_trial(on_trial: str) -> tuple[str, tuple[str, ...]]:
    _own()  # refuses what a family must not read, in the words for its author
    folders = {str(folder) for folder in tried_folders()}
    tried = [family for family in families() if str(Path(family.__code__.co_filename).parent) in folders]
    # Over the row as a table by name: its joins are compiled once, and only those whose columns are read.
    row = View(ibis.table(_view().rows.schema(), name="customer_row"))
    values = {definition.feature.name: definition.value for family in tried for definition in family(row)}
    columns = frozenset(field.name for value in values.values() for field in value.op().find(ops.Field))
    own = row.rows.select("customer_id", **values)
    require_known_tables([own], [row.rows.get_name()])
    return f"WITH {row.rows.get_name()} AS ({_row_sql(columns)}) {_sql(own)}", tuple(values)


@lru_cache(maxsize=4)
def _row_sql(columns: frozenset[str]) -> str:
    """SQL of the customers' row with some columns; a formula that changes seldom changes its columns."""
    rows = view(columns).rows
    require_known_tables([rows], [])
    return _sql(rows)


def _sql(expression: ibis.Table) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))


def catalogue() -> tuple[Feature, ...]:
    """Every feature, in the order of the feature table."""
    features = (*(definition.feature for definition in _own()), *_peer_features())
    _check_names(features)
    return features


def carried(bank: Bank, feature: Feature) -> bool:
    """Whether the bank has every table and column that the feature needs."""
    return all(bank.has(*need.split(".")) for need in feature.needs)


def switched_off(bank: Bank) -> dict[str, list[str]]:
    """Features that the bank does not have, by the missing table or column."""
    missing: dict[str, list[str]] = {}
    for feature in catalogue():
        for need in feature.needs:
            if not bank.has(*need.split(".")):
                missing.setdefault(need, []).append(feature.name)
    return missing
