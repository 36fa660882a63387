"""Linkage on public data with known truth, beside the models that Splink's manual gives for the same data.

    python bench/linkage.py                       # FEBRL 3, FEBRL 4 and 50,000 historical figures
    python bench/linkage.py febrl3 --only ours

Prints the best F1 over all thresholds, and F1, precision and recall at some probabilities; recall counts all pairs of
one person, those that no key brings together included. GOLDMINE_SHARED_DATA names the folder of the data, by default
../shared/data.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from goldmine.core.settings import typed
from goldmine.core.sql import literal
from goldmine.core.workspace import at_home
from goldmine.identity.linkage.model import PAIRS, score_pairs
from goldmine.identity.linkage.settings import LinkageSettings

THRESHOLDS = (0.5, 0.8, 0.95, 0.99)
_SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"


@dataclass(frozen=True)
class Task:
    """Records, how we link them, and how Splink's manual does."""

    files: tuple[str, ...]
    unique_id: str
    person: str
    ours: dict[str, Any]
    manual: dict[str, Any]


def _compared(**kinds: str) -> list[dict[str, Any]]:
    """Columns to compare; a kind that ends in ``*`` counts rare values more."""
    return [
        {"column": name, "kind": kind.rstrip("*"), "rare_counts_more": kind.endswith("*")}
        for name, kind in kinds.items()
    ]


_FEBRL = {
    "blocking": [
        ["soc_sec_id"], ["given_name", "surname"], ["given_name", "postcode"], ["surname", "postcode"],
        ["date_of_birth"], ["postcode", "street_number"], ["address_1"], ["given_name", "address_2"],
    ],
    "training": [["date_of_birth"], ["postcode"]],
    "known_matches": {"keys": [["soc_sec_id"], ["given_name", "surname", "date_of_birth"]], "recall": 0.9},
    "comparisons": _compared(
        given_name="latin_name*", surname="latin_name*", date_of_birth="date", soc_sec_id="digits",
        street_number="exact*", postcode="digits*", address_1="text*",
    ),
}  # fmt: skip
_FIGURES = {
    "blocking": [
        ["first_name:3", "surname:4"], ["surname", "dob_text"], ["first_name", "dob_text"],
        ["postcode_fake", "first_name"], ["postcode_fake", "surname"], ["dob_text", "birth_place"],
        ["postcode_fake:3", "dob_text"], ["postcode_fake:3", "first_name"], ["postcode_fake:3", "surname"],
        ["first_name:2", "surname:2", "dob_text:4"], ["full_name"], ["postcode_fake"],
    ],
    "training": [["first_name", "surname"], ["dob"], ["postcode_fake"]],
    "known_matches": {
        "keys": [["first_name", "surname", "dob"], ["first_name:2", "surname", "postcode_fake:2"],
                 ["dob", "postcode_fake"]],
        "recall": 0.6,
    },
    "comparisons": _compared(
        first_name="latin_name*", surname="latin_name*", dob="date*", postcode_fake="text*", birth_place="exact*",
        occupation="exact*",
    ),
}  # fmt: skip


def _frequent(comparison: Any) -> Any:
    return comparison.configure(term_frequency_adjustments=True)


def _manual_febrl3() -> dict[str, Any]:
    return {
        "blocking": [block_on(name) for name in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")],
        "comparisons": [
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=False),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            _frequent(cl.ExactMatch("street_number")),
            _frequent(cl.ExactMatch("postcode")),
        ],
        "known": [
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            f"{_SWAPPED} and l.date_of_birth = r.date_of_birth",
        ],
        "recall": 0.9,
        "pairs": 1e6,
        "training": [block_on("date_of_birth"), block_on("postcode")],
    }


def _manual_febrl4() -> dict[str, Any]:
    return {
        "blocking": [
            block_on("given_name", "surname"), _SWAPPED, block_on("date_of_birth"), block_on("soc_sec_id"),
            block_on("state", "address_1"), block_on("street_number", "address_1"), block_on("postcode"),
        ],
        "comparisons": [
            _frequent(cl.NameComparison("given_name")),
            _frequent(cl.NameComparison("surname")),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=False),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            _frequent(cl.ExactMatch("street_number")),
            _frequent(cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])),
        ],
        "known": [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        "recall": 0.8,
        "pairs": 1e6,
        "training": [block_on("date_of_birth"), block_on("postcode")],
    }  # fmt: skip


def _manual_figures() -> dict[str, Any]:
    return {
        "blocking": [
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"), block_on("surname", "dob_text"),
            block_on("first_name", "dob_text"), block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"), block_on("dob_text", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob_text"), block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob_text,1,4)"),
        ],
        "comparisons": [
            cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="both_names"),
            cl.DateOfBirthComparison("dob_text", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            _frequent(cl.ExactMatch("birth_place")),
            _frequent(cl.ExactMatch("occupation")),
        ],
        "known": [
            block_on("first_name", "surname", "dob_text"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob_text", "postcode_fake"),
        ],
        "recall": 0.6,
        "pairs": 1e7,
        "training": [block_on("first_name", "surname"), block_on("dob_text")],
    }  # fmt: skip


TASKS: dict[str, Callable[[], Task]] = {
    "febrl3": lambda: Task(("febrl_dataset3.csv",), "rec_id", "person", _FEBRL, _manual_febrl3()),
    "febrl4": lambda: Task(
        ("febrl_dataset4a.csv", "febrl_dataset4b.csv"), "rec_id", "person", _FEBRL, _manual_febrl4()
    ),
    "figures": lambda: Task(("historical_figures_50k.parquet",), "unique_id", "cluster", _FIGURES, _manual_figures()),
}


def main() -> None:
    """Run the tasks asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--only", choices=["ours", "manual"])
    arguments = parser.parse_args()
    for name in arguments.tasks or TASKS:
        for who, run in (("ours", _ours), ("manual", _manual)):
            if arguments.only in (None, who):
                start = time.process_time()
                with duckdb.connect() as connection:
                    task = TASKS[name]()
                    run(connection, task, tables := _load(connection, task))
                    _evaluate(connection, task, tables, f"{name} {who}")
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                print(f"{'':<16}{time.process_time() - start:.0f} CPU seconds, peak so far {peak:,} MiB\n")


def _load(connection: duckdb.DuckDBPyConnection, task: Task) -> list[str]:
    folder = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / "linkage"
    for number, name in enumerate(task.files):
        path = literal(folder / name)
        if name.endswith(".parquet"):
            connection.execute(
                f"CREATE TABLE people_{number} AS SELECT * EXCLUDE (dob), try_cast(dob AS DATE) AS dob, "
                f"dob AS dob_text, first_name || ' ' || surname AS both_names FROM {path}"
            )
        else:
            connection.execute(
                f"CREATE TABLE people_{number} AS SELECT nullif(trim(COLUMNS(* EXCLUDE (date_of_birth))), ''), "
                "try_strptime(trim(date_of_birth), '%Y%m%d')::DATE AS date_of_birth, "
                "regexp_extract(trim(rec_id), '^rec-[0-9]+') AS person "
                f"FROM read_csv({path}, all_varchar = true, normalize_names = true)"
            )
    return [f"people_{number}" for number in range(len(task.files))]


def _ours(connection: duckdb.DuckDBPyConnection, task: Task, tables: list[str]) -> None:
    raw = {"sure": 0.99, "review": 0.01, "max_block": 1000, **task.ours}
    score_pairs(connection, tables, typed(LinkageSettings, raw, "bench"), unique_id=task.unique_id)


def _manual(connection: duckdb.DuckDBPyConnection, task: Task, tables: list[str]) -> None:
    manual = task.manual
    settings = SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        comparisons=manual["comparisons"],
        blocking_rules_to_generate_predictions=manual["blocking"],
        unique_id_column_name=task.unique_id,
    )
    api = DuckDBAPI(connection=connection)
    registered = [api.register(table) for table in tables]
    linker = Linker(registered if len(tables) > 1 else registered[0], settings, log_level="CRITICAL")
    training = linker.training
    training.estimate_probability_two_random_records_match(manual["known"], recall=manual["recall"])
    training.estimate_u_using_random_sampling(max_pairs=manual["pairs"], seed=1)
    for rule in manual["training"]:
        training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    scored = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never").physical_name
    left, right = f"{task.unique_id}_l", f"{task.unique_id}_r"
    connection.execute(
        f"CREATE TABLE {PAIRS} AS SELECT least({left}, {right}) AS id_l, greatest({left}, {right}) AS id_r, "
        f"match_probability AS probability FROM {scored}"
    )


def _evaluate(connection: duckdb.DuckDBPyConnection, task: Task, tables: list[str], who: str) -> None:
    people = " UNION ALL ".join(
        f"SELECT {task.unique_id} AS id, {task.person} AS person, '{table}' AS source FROM {table}" for table in tables
    )
    connection.execute(f"CREATE TABLE everyone AS {people}")
    apart = "l.source < r.source" if len(tables) > 1 else "l.id < r.id"
    total = connection.execute(
        f"SELECT count(*) FROM everyone AS l JOIN everyone AS r ON l.person = r.person AND {apart}"
    ).fetchall()[0][0]
    rows = connection.execute(
        "WITH judged AS (SELECT round(probability, 4) AS p, l.person = r.person AS right_one "
        f"FROM {PAIRS} JOIN everyone AS l ON id_l = l.id JOIN everyone AS r ON id_r = r.id) "
        "SELECT DISTINCT p, sum(right_one::INTEGER) OVER down, count(*) OVER down FROM judged "
        "WINDOW down AS (ORDER BY p DESC RANGE UNBOUNDED PRECEDING)"
    ).fetchall()
    best = max((2 * right / (found + total), p) for p, right, found in rows)
    print(f"{who:<16}{total:,} true pairs; best F1 {best[0]:.4f} from {best[1]} on")
    for threshold in THRESHOLDS:
        _, right, found = max((row for row in rows if row[0] >= threshold), key=lambda row: row[2])
        f1, precision, recall = 2 * right / (found + total), right / found, right / total
        print(f"{'':<16}from {threshold}: F1 {f1:.4f}, precision {precision:.4f}, recall {recall:.4f}")


if __name__ == "__main__":
    main()
