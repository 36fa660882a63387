"""The same work as minimal scripts: one statement a month or a cutoff, and a ready matrix."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from bench.scale.stages import SEED, opened
from goldmine.activity.build import index_of, partition
from goldmine.activity.measures import FLOWS, PEAKS, SUMS
from goldmine.contract.bank import Bank
from goldmine.contract.tables import CHANNELS, PRODUCT_CLASSES, TABLES
from goldmine.core.dates import month_end, month_key
from goldmine.core.files import read_json, write_json
from goldmine.features.windows import BUCKETS, READ, STRETCHES
from goldmine.labels import eligible_rows, selected_features
from goldmine.labels.use_case import load_use_case
from goldmine.models.boosting import lightgbm
from goldmine.models.encoding import encode, fit_encoding, fit_target_encoding
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.training_set import outcomes, read_training_set, sample_weights
from goldmine.pipeline.selection import required_cutoffs, selected_use_cases
from goldmine.validation.month_profiles import MEASURED
from goldmine.validation.rules import load_rules

_MONTHLY = {"transactions": ("bit_or(own_days)", "sum(own_count)"), "balances": ("sum(aum_avg)",)}
"""What the features need of each month by itself."""


def validate(folder: Path, _folder: str) -> None:
    """One statement a table for the suite's conditions on rows, one for duplicate keys, three for months."""
    bank, _work = opened(folder)
    connection = duckdb.connect()
    connection.execute("SET VARIABLE data_until = ?", [bank.data_until])
    for name, table in bank.tables.items():
        connection.execute(f'CREATE VIEW "{name}" AS FROM read_parquet({[str(file.path) for file in table.files]})')
    for name in bank.tables:
        rules = [rule for rule in load_rules(name) if all(_is_present(bank, name, need) for need in rule.needs)]
        counted = ", ".join(f"count(*) FILTER ({rule.breaks})" for rule in rules if rule.of == "row")
        owners = "LEFT JOIN (SELECT customer_id AS owner_id, opened_on AS owner_opened_on FROM customers)"
        joined = f"{owners} ON customer_id = owner_id" if "owner_id" in counted else ""
        if counted:
            connection.execute(f'SELECT {counted} FROM "{name}" {joined}').fetchall()
        for key in {rule.key for rule in rules if rule.of == "key"}:
            twice = f'SELECT 1 FROM "{name}" GROUP BY {", ".join(key)} HAVING count(*) > 1'
            connection.execute(f"SELECT count(*) FROM ({twice})").fetchall()
        if name in MEASURED:
            _months(connection, name, bank.tables[name].rows // 1_000_000 + 1)


def _months(connection: DuckDBPyConnection, name: str, every: int) -> None:
    """What is compared of a table's months, of every n-th customer."""
    measures, day = MEASURED[name], TABLES[name].month_of
    read = {"customer_id", day, *TABLES[name].key, *measures.content, measures.part, measures.amount}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE sampled AS SELECT {', '.join(sorted(read))}, "
        f'month({day}) + 12 * year({day}) AS month FROM "{name}" WHERE hash(customer_id) % {every} = 0'
    )
    rows = ", ".join(f"count(DISTINCT ({', '.join(key)}))" for key in (TABLES[name].key, measures.content) if key)
    connection.execute(
        f"SELECT month, {rows}, count(DISTINCT customer_id), count(DISTINCT {day}::DATE) FROM sampled GROUP BY month"
    ).fetchall()
    connection.execute(
        f"SELECT {measures.part}, month, count(*), median({measures.amount}), sum({measures.amount}) FROM sampled "
        f"GROUP BY GROUPING SETS (({measures.part}, month), (month))"
    ).fetchall()


def activity(folder: Path) -> None:
    """One statement a month over the bank's Parquet."""
    bank, _work = opened(folder)
    connection, out = duckdb.connect(), folder / "floor"
    out.mkdir(exist_ok=True)
    for name, query in (("transactions", _transactions_sql()), ("balances", _balances_sql())):
        for month in bank.months(name):
            files = [str(file.path) for file in bank.tables[name].files if file.month == month]
            connection.execute(
                f"COPY ({query.format(files=files)}) TO '{out / f'{name}-{month}.parquet'}' "
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )


def features(folder: Path) -> None:
    """One statement a cutoff over the activity: every measure summed in each bucket and month, joined and written."""
    bank, work = opened(folder)
    connection, out = duckdb.connect(), folder / "floor"
    for cutoff in required_cutoffs(bank, selected_use_cases(bank, work, bank.data_until), bank.data_until):
        parts = []
        for name, measures in (("transactions", [*SUMS, *PEAKS]), ("balances", [f"{c}_avg" for c in PRODUCT_CLASSES])):
            for position in READ[name]:
                ends = {age: month_end(cutoff, -age) for age in STRETCHES[position]}
                months = [month_key(end) for end in ends.values()]
                files = [str(partition(work, name, month)) for month in months if month in bank.months(name)]
                if not files:
                    continue
                sums = [
                    f"{measure} FILTER (month = {index_of(month_key(end))}) AS {name}_{number}_{age}"
                    for age, end in ends.items()
                    for number, measure in enumerate(_MONTHLY[name])
                ]
                if position < len(BUCKETS):
                    sums += [f'{"max" if m in PEAKS else "sum"}({m}) AS "{name}_{m}_{position}"' for m in measures]
                parts.append(f"(SELECT customer_id, {', '.join(sums)} FROM read_parquet({files}) GROUP BY 1)")
        customers = [str(file.path) for file in bank.tables["customers"].files]
        joined = " ".join(f"LEFT JOIN {part} p{index} USING (customer_id)" for index, part in enumerate(parts))
        connection.execute(
            f"COPY (SELECT * FROM read_parquet({customers}) c {joined} ORDER BY customer_id) "
            f"TO '{out / f'features-{cutoff}.parquet'}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )


def matrix(folder: Path, name: str) -> None:
    """Lay the matrices of a use case ready; not measured."""
    bank, work = opened(folder)
    case, out = load_use_case(name), folder / "floor"
    learnt = read_training_set(bank, work, case, bank.data_until, SEED)
    outcome, weight = outcomes(learnt.train, name), sample_weights(learnt.train)
    learnable = fit_encoding(learnt.train, selected_features(case, learnt.train.column_names))
    encoding, rows = fit_target_encoding(learnable, learnt.train, outcome, SEED)
    write_json(out / f"{name}.json", lightgbm_settings(case.training, encoding, len(outcome), SEED))
    np.savez(
        out / f"{name}.npz",
        train=rows,
        outcome=outcome,
        weight=np.empty(0) if weight is None else weight,
        calibrate=encode(encoding, learnt.calibrate),
        later=outcomes(learnt.calibrate, name),
        categorical=np.array(encoding.categorical),
    )
    everyone = eligible_rows(work, case, bank.data_until)
    np.save(out / f"{name}-score.npy", encode(encoding, everyone))


def train(folder: Path, name: str) -> None:
    """LightGBM's own `train` on the ready matrix."""
    ready, case, lgb = np.load(folder / "floor" / f"{name}.npz"), load_use_case(name), lightgbm()
    outcome, weight = ready["outcome"], ready["weight"]
    settings = read_json(folder / "floor" / f"{name}.json")
    rows = lgb.Dataset(
        ready["train"],
        outcome,
        weight=weight if len(weight) else None,
        categorical_feature=ready["categorical"].tolist(),
        params=settings,
    )
    later = lgb.Dataset(ready["calibrate"], ready["later"], reference=rows)
    stop = lgb.early_stopping(case.training.early_stopping_rounds, verbose=False)
    booster = lgb.train(settings, rows, case.training.num_iterations, valid_sets=[rows, later], callbacks=[stop])
    booster.save_model(folder / "floor" / f"{name}.txt", num_iteration=booster.best_iteration)


def score(folder: Path, name: str) -> None:
    """LightGBM's own `predict` on the ready matrix, and the probabilities written."""
    booster = lightgbm().Booster(model_file=folder / "floor" / f"{name}.txt")
    probabilities = booster.predict(np.load(folder / "floor" / f"{name}-score.npy"))
    pq.write_table(pa.table({"probability": probabilities}), folder / "floor" / f"{name}.parquet")


def release(folder: Path) -> None:
    """LightGBM's SHAP values of the listed rows, and a copy of every table of the release."""
    bank, work = opened(folder)
    for name in selected_use_cases(bank, work, bank.data_until):
        case = load_use_case(name)
        booster = lightgbm().Booster(model_file=folder / "floor" / f"{name}.txt")
        booster.predict(np.load(folder / "floor" / f"{name}-score.npy")[: case.list_size], pred_contrib=True)
    out = folder / "floor" / "release"
    out.mkdir(exist_ok=True)
    for number, path in enumerate(sorted(work.releases.rglob("*.parquet"))):
        pq.write_table(pq.read_table(path), out / f"{number}.parquet", compression="zstd")


def _is_present(bank: Bank, table: str, need: str) -> bool:
    """Whether the bank has a rule's column, or column of another table; parameters are always present."""
    other, dot, column = need.partition(".")
    return need.startswith("$") or bank.has(*((other, column) if dot else (table, need)))


def _transactions_sql() -> str:
    flows = {}
    for flow in FLOWS:
        direction, _, kind = flow.partition("_")
        flows[flow] = f"direction = '{direction}'" + (f" AND kind = '{kind}'" if kind else "")
    flows |= {channel: f"channel = '{channel}'" for channel in CHANNELS}
    sums = ", ".join(
        f"sum(fen) FILTER ({where}) AS {name}_sum, count(*) FILTER ({where}) AS {name}_count"
        for name, where in flows.items()
    )
    return (
        f"SELECT customer_id, {sums}, max(fen) FILTER (direction = 'in') AS in_max, "
        "max(fen) FILTER (direction = 'out') AS out_max, max(time) AS last, "
        "bit_or(1::BIGINT << day(time)) AS days "
        "FROM (SELECT *, (amount * 100)::BIGINT AS fen FROM read_parquet({files})) GROUP BY 1 ORDER BY 1"
    )


def _balances_sql() -> str:
    sums = ", ".join(
        f"sum({part}) FILTER (product_class = '{name}') AS {name}_{part}"
        for name in PRODUCT_CLASSES
        for part in ("balance", "average_daily_balance")
    )
    return f"SELECT customer_id, {sums} FROM read_parquet({{files}}) GROUP BY 1 ORDER BY 1"
