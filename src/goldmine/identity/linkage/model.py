"""The model: keys bring records together, weights are learnt from them, every pair gets a probability.

It is the model of Fellegi and Sunter as Splink learns it: per column and level of agreement the ratio of its share
among pairs of one person to its share among others, by expectation maximisation; nobody labels a pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Any

from duckdb import DuckDBPyConnection
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.identity.linkage.comparisons import splink_comparison
from goldmine.identity.linkage.settings import Key, LinkageSettings

PAIRS = "linkage_pairs"
"""Table of scored pairs: id_l, id_r, probability, and per column ``level_NAME`` and ``weight_NAME``."""

_RECORDS = "linkage_records"
_PAIRS_TO_LEARN_FROM = 2_000_000
_PAIRS_AT_ONCE = 10_000_000
"""Candidate pairs scored in one query: what Splink holds of them at once decides the memory."""
_DIGITS = 9
_RARE_AMONG_MATCHES, _RARE_AMONG_OTHERS = 0.002, 1e-7
"""Least share of a level: one that the few pairs learnt from never showed is rare, not impossible."""


@dataclass(frozen=True)
class LinkageModel:
    """A learnt model and what it was asked.

    Parameters
    ----------
    candidates : dict of str to int
        Pairs that each key brings together, by the key's columns.
    large_blocks : dict of str to int
        Values of each key that too many records share.
    weights : list of dict
        Column, level, weight (log2 of the ratio), m and u of each level.
    prior : float
        Probability that two records drawn at random are one person's.
    """

    candidates: dict[str, int]
    large_blocks: dict[str, int]
    weights: list[dict[str, Any]]
    prior: float


def score_pairs(
    connection: DuckDBPyConnection, records: Sequence[str], settings: LinkageSettings, *, unique_id: str
) -> LinkageModel:
    """Learn the weights, and store the pairs from the review threshold on as the table `PAIRS`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the records are.
    records : sequence of str
        One table, whose records are compared with each other; or several, whose records are compared with those of the
        others.
    settings : LinkageSettings
        Its columns must be in the tables.
    unique_id : str
        The column that names a record.

    Raises
    ------
    ModelError
        If no two records share a key, or none could be learnt from.
    """
    candidates, large = _block(connection, records, settings)
    if not sum(candidates.values()):
        raise ModelError(
            _("linkage: no two records share a key of blocking."), _("Name keys in linkage.yaml that records share.")
        )
    api = DuckDBAPI(connection=connection)
    tables = [api.register(f"{_RECORDS}_{number}") for number in range(len(records))]
    registered = tables if len(tables) > 1 else tables[0]
    untrained = Linker(registered, _splink_settings(settings, unique_id, len(tables)), log_level="CRITICAL")
    learnt = _learn(untrained, settings)
    linker = Linker(registered, learnt, log_level="CRITICAL")
    chunks = ceil(sum(candidates.values()) / _PAIRS_AT_ONCE)
    scored = linker.inference.predict(
        threshold_match_probability=settings.review, num_chunks_left=1, num_chunks_right=chunks, warning_mode="never"
    )
    _store(connection, scored.physical_name, settings, unique_id)
    linker.table_management.delete_tables_created_by_splink_from_db()
    for number in range(len(records)):
        connection.execute(f"DROP TABLE {_RECORDS}_{number}")
    return LinkageModel(candidates, large, _weights(learnt), learnt["probability_two_random_records_match"])


def key_sql(key: Key) -> str:
    """A key's value in SQL; none where one of its columns is unknown."""
    known = " AND ".join(f"{part.sql} IS NOT NULL" for part in key.parts)
    return f"CASE WHEN {known} THEN hash({', '.join(part.sql for part in key.parts)}) END"


def _block(
    connection: DuckDBPyConnection, records: Sequence[str], settings: LinkageSettings
) -> tuple[dict[str, int], dict[str, int]]:
    """Give the records a column per key, empty where a block is too large or has one record; count the pairs."""
    keys = [key_sql(key) for key in settings.blocking]
    everyone = " UNION ALL BY NAME ".join(f"SELECT {_listed(keys, 'key_')} FROM {table}" for table in records)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE linkage_keys AS {everyone}")
    candidates, large = {}, {}
    for number, key in enumerate(settings.blocking):
        name = "+".join(f"{part.column}:{part.characters}" if part.characters else part.column for part in key.parts)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE linkage_block_{number} AS SELECT key_{number} AS key, count(*) AS records "
            f"FROM linkage_keys WHERE key_{number} IS NOT NULL GROUP BY ALL HAVING count(*) > 1"
        )
        candidates[name], large[name] = _one(
            connection,
            f"SELECT coalesce(sum(records * (records - 1) // 2) FILTER (records <= {settings.max_block}), 0)::BIGINT, "
            f"count(*) FILTER (records > {settings.max_block}) FROM linkage_block_{number}",
        )
    for table_number, table in enumerate(records):
        joins = " ".join(
            f"LEFT JOIN linkage_block_{n} AS b{n} ON b{n}.key = {key} AND b{n}.records <= {settings.max_block}"
            for n, key in enumerate(keys)
        )
        blocks = ", ".join(f"b{n}.key AS block_{n}" for n in range(len(keys)))
        connection.execute(f"CREATE TABLE {_RECORDS}_{table_number} AS SELECT r.*, {blocks} FROM {table} AS r {joins}")
    for name in ("linkage_keys", *(f"linkage_block_{number}" for number in range(len(keys)))):
        connection.execute(f"DROP TABLE {name}")
    return candidates, large


def _listed(expressions: Sequence[str], prefix: str) -> str:
    return ", ".join(f"{sql} AS {prefix}{number}" for number, sql in enumerate(expressions))


def _one(connection: DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return connection.execute(query).fetchall()[0]


def _splink_settings(settings: LinkageSettings, unique_id: str, tables: int) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only" if tables == 1 else "link_only",
        comparisons=[splink_comparison(compared) for compared in settings.comparisons],
        blocking_rules_to_generate_predictions=[block_on(f"block_{n}") for n in range(len(settings.blocking))],
        unique_id_column_name=unique_id,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        linker_uid="linkage",
    )


def _learn(linker: Linker, settings: LinkageSettings) -> dict[str, Any]:
    """Learn the share of matches, then each level's share among others, then among matches; the model as Splink's."""
    training = linker.training
    known: list[Any] = [block_on(*(part.sql for part in key.parts)) for key in settings.known_matches.keys]
    training.estimate_probability_two_random_records_match(known, recall=settings.known_matches.recall)
    training.estimate_u_using_random_sampling(max_pairs=_PAIRS_TO_LEARN_FROM, seed=settings.seed)
    for key in settings.training:
        training.estimate_parameters_using_expectation_maximisation(
            block_on(*(part.sql for part in key.parts)),
            estimate_without_term_frequencies=True,
            max_pairs=_PAIRS_TO_LEARN_FROM,
        )
    model = linker.misc.save_model_to_json()
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level["m_probability"] = max(level.get("m_probability") or 0.0, _RARE_AMONG_MATCHES)
                level["u_probability"] = max(level.get("u_probability") or 0.0, _RARE_AMONG_OTHERS)
    return dict(model)


def _store(connection: DuckDBPyConnection, scored: str, settings: LinkageSettings, unique_id: str) -> None:
    names = [compared.column for compared in settings.comparisons]
    there = {row[0] for row in connection.execute(f"DESCRIBE {scored}").fetchall()}
    weights = {
        name: [f'"mw_{name}"', *(f'"mw_tf_adj_{name}"' for _ in (0,) if f"mw_tf_adj_{name}" in there)] for name in names
    }
    columns = ", ".join(
        f'"gamma_{name}"::TINYINT AS level_{name}, round({" + ".join(weights[name])}, 3) AS weight_{name}'
        for name in names
    )
    left, right = f'"{unique_id}_l"', f'"{unique_id}_r"'
    connection.execute(
        f"CREATE OR REPLACE TABLE {PAIRS} AS SELECT least({left}, {right}) AS id_l, greatest({left}, {right}) AS id_r, "
        f"round(match_probability, {_DIGITS}) AS probability, {columns} FROM {scored} ORDER BY ALL"
    )


def _weights(learnt: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for comparison in learnt["comparisons"]:
        for level in comparison["comparison_levels"]:
            m, u = level.get("m_probability"), level.get("u_probability")
            if level.get("is_null_level"):
                continue
            weight = round(log2(m / u), 3) if m and u else None
            rows.append(
                {
                    "column": comparison["output_column_name"],
                    "level": level["label_for_charts"],
                    "weight": weight,
                    "m": m,
                    "u": u,
                }
            )
    return rows
