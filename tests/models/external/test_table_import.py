from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.intake import load_bank
from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import load_use_case
from goldmine.models.external.columns import read_label, refuse_copies, usable_columns
from goldmine.models.external.table import INTEGER_IDS, read_external_table, table_path
from goldmine.models.external.table_import import TableSpec, import_table

AS_OF = date(2024, 6, 30)


def label(values, kind=None):
    return read_label(pa.chunked_array([pa.array(values, kind)]), "y").to_pylist()


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, None],
        [0.0, 1.0, float("nan")],
        ["no", "Yes", ""],
        [False, True, None],
        ["0", " 1 ", None],
        ["否", "是", None],
    ],
)
def test_labels_are_read_from_numbers_flags_and_words(values):
    assert label(values) == [0, 1, None]


@pytest.mark.parametrize("values", [[0, 1, 2], ["no", "maybe", "yes"], [0.0, 0.5, 1.0]])
def test_other_labels_are_refused_by_count(values):
    with pytest.raises(UseCaseError, match="label column y: 1 rows hold a label that is neither 0 nor 1"):
        label(values)


def test_one_class_is_refused():
    with pytest.raises(UseCaseError, match="label column y: its 2 labels are all the same"):
        label([1, 1, None])
    with pytest.raises(UseCaseError, match="label column y: no row holds a label"):
        label([None, None], pa.int8())


def test_useless_columns_are_dropped_with_a_note():
    table = pa.table(
        {
            "good": [1.0, 2.0, float("inf"), None] * 30,
            "constant": ["x"] * 120,
            "empty": pa.array([float("nan"), None] * 60, pa.float64()),
            "own": [f"name {n}" for n in range(120)],
            "weight": list(range(120)),
            "bytes": [b"x", b"y"] * 60,
        }
    )
    columns = usable_columns(table, table.column_names)
    assert columns.features.column_names == ["good", "weight_"]
    assert columns.features["good"].to_pylist()[:4] == [1.0, 2.0, None, None]
    assert columns.notes == (
        "column good: 30 infinite values are taken as missing",
        "column constant: dropped, it has the same value in every row",
        "column empty: dropped, all its values are missing",
        "column own: dropped, nearly every row has a text of its own",
        "column bytes: dropped, as binary cannot be learnt from",
    )
    assert in_language(columns.notes[1], "zh") == "列constant：不使用，每行的值都相同"


def test_texts_that_look_like_numbers_or_days_are_told():
    table = pa.table(
        {
            "income": ["1,234", "12,345.50", None, "800"] * 30,
            "opened": ["31/01/2024", "1/2/2024", "28/02/2024", None] * 30,
            "share": ["12%", "7.5 %", "8%", "9%"] * 30,
            "chinese": ["2024\u5e741\u67083\u65e5", "2024\u5e741\u670831\u65e5"] * 60,
            "job": ["farmer", "teacher", "7", "farmer"] * 30,
        }
    )
    days, numbers = "write days as 2024-01-31", "write numbers as 1234.5"
    assert usable_columns(table, table.column_names).notes == (
        f"column income: its texts look like numbers and are taken as texts; {numbers}",
        f"column opened: its texts look like days and are taken as texts; {days}",
        f"column share: its texts look like numbers and are taken as texts; {numbers}",
        f"column chinese: its texts look like days and are taken as texts; {days}",
    )


def test_table_of_text_only_gets_a_count_feature():
    columns = usable_columns(pa.table({"a": ["x", None, "y"], "b": ["p", "q", "q"]}), ["a", "b"])
    assert columns.features["known_columns"].to_pylist() == [2, 1, 2]


def test_table_without_features_is_refused():
    with pytest.raises(UseCaseError, match="no column is left to learn from"):
        usable_columns(pa.table({"a": [1, 1]}), ["a"])


def test_copy_of_the_label_is_refused():
    outcome = np.array([0, 1, 1, 0])
    refuse_copies(pa.table({"honest": [1, 1, 0, 0]}), outcome)
    for values in ([0, 1, 1, 0], [1, 0, 0, 1], ["n", "j", "j", "n"], [None, 5, 5, None]):
        with pytest.raises(UseCaseError, match="column copy: determines the label of every row"):
            refuse_copies(pa.table({"copy": values}), outcome)


@pytest.fixture
def spec(tmp_path):
    """Spec of a table of 100 rows with their days: 80 are labelled, every fourth of them 1."""
    rows = {
        "no": [f"{n:04}" for n in range(100)],
        "y": [int(n % 4 == 0) if n < 80 else None for n in range(100)],
        "on": [date(2024, 1, 1 + n % 20) for n in range(100)],
        "x": [float(n % 7) for n in range(100)],
        "w": ["a", "b"] * 50,
    }
    pq.write_table(pa.table(rows), tmp_path / "made.parquet")

    def spec(**changes):
        roles = {"file": tmp_path / "made.parquet", "label": "y", "key": "no", "time": "", "drop": (), "name": "made"}
        return TableSpec(**roles | changes)

    return spec


def test_fifth_of_each_class_is_test_and_unlabelled_rows_are_scored(spec, tmp_path):
    work = Workspace(tmp_path / "work")
    imported = import_table(spec(), work, AS_OF, 0, seed=1)
    assert (imported.rows, imported.labelled, imported.positives, imported.to_score) == (100, 80, 20, 20)
    assert imported.use_case.list_size == 2
    train, test = read_external_table(work, "made")
    assert (train.num_rows, test.num_rows, test["outcome"].to_numpy().sum()) == (64, 16, 4)
    assert pq.read_table(work.features(AS_OF))["customer_id"].to_pylist() == [f"{n:04}" for n in range(80, 100)]
    assert load_use_case("made", work) == imported.use_case
    assert load_bank(work).has("customers", "customer_id")


def test_latest_rows_are_test_rows_where_there_is_time(spec, tmp_path):
    work = Workspace(tmp_path / "work")
    import_table(spec(time="on"), work, AS_OF, 5, seed=1)
    train, test = read_external_table(work, "made")
    assert train["moment"].to_numpy().max() < test["moment"].to_numpy().min()
    assert test.num_rows == 16
    assert "on" not in train.column_names


def test_rows_after_the_earliest_time_are_test_rows_where_it_holds_most(tmp_path):
    days = [date(2024, 1, 31)] * 90 + [date(2024, 2, 29)] * 10
    labels = [0, 1] * 50 + [None] * 10
    rows = {"no": list(range(110)), "y": labels, "on": days + days[-10:], "x": [n % 7 for n in range(110)]}
    pq.write_table(pa.table(rows), tmp_path / "made.parquet")
    work = Workspace(tmp_path / "work")
    import_table(TableSpec(tmp_path / "made.parquet", "y", "no", "on", (), "made"), work, AS_OF, 0, seed=1)
    train, test = read_external_table(work, "made")
    assert (train.num_rows, test["customer_id"].to_pylist()) == (90, [str(n) for n in range(90, 100)])


def test_labelled_rows_of_one_time_are_refused(tmp_path):
    days = [date(2024, 1, 31)] * 100 + [date(2024, 2, 29)] * 10
    rows = {"no": list(range(110)), "y": [0, 1] * 50 + [None] * 10, "on": days, "x": [n % 7 for n in range(110)]}
    pq.write_table(pa.table(rows), tmp_path / "made.parquet")
    spec = TableSpec(tmp_path / "made.parquet", "y", "no", "on", (), "made")
    with pytest.raises(UseCaseError, match=r"time column on: holds .* one value only in labelled rows"):
        import_table(spec, Workspace(tmp_path / "work"), AS_OF, 0, seed=1)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"label": "z"}, r"--label z: made\.parquet has no such column"),
        ({"drop": ("z",)}, r"--drop z: made\.parquet has no such column"),
        ({"drop": ("y",)}, "column y: is named for more than one role"),
        ({"key": "y"}, "column y: is named for more than one role"),
        ({"key": "x"}, "id column x: 93 rows repeat the id of an earlier row"),
        ({"time": "w"}, "time column w: is string, which has no order in time"),
        ({"drop": ("x", "on", "w")}, "no column is left to learn from"),
    ],
)
def test_wrong_roles_of_columns_are_refused(spec, tmp_path, changes, what):
    with pytest.raises(UseCaseError, match=what):
        import_table(spec(**changes), Workspace(tmp_path / "work"), AS_OF, 0, seed=1)


def test_long_ids_keep_all_digits(tmp_path):
    lines = [f"123456789012345678{n},{n},{n % 2}" for n in range(10, 90)]
    (tmp_path / "made.csv").write_text("\n".join(["no,x,y", *lines]), "utf-8")
    work = Workspace(tmp_path / "work")
    import_table(TableSpec(tmp_path / "made.csv", "y", "no", "", (), "made"), work, AS_OF, 0, seed=1)
    assert pq.read_table(table_path(work, "made"))["customer_id"][0].as_py() == "12345678901234567810"


@pytest.mark.parametrize(
    ("ids", "whole"), [("{}", True), ("0{}", False), ("A{}", False), ("123456789012345678{}", False)]
)
def test_whole_number_ids_are_flagged_in_the_schema(tmp_path, ids, whole):
    lines = [f"{ids.format(n)},{n},{n % 2}" for n in range(10, 90)]
    (tmp_path / "made.csv").write_text("\n".join(["no,x,y", *lines]), "utf-8")
    work = Workspace(tmp_path / "work")
    import_table(TableSpec(tmp_path / "made.csv", "y", "no", "", (), "made"), work, AS_OF, 0, seed=1)
    assert (INTEGER_IDS.encode() in (pq.read_schema(table_path(work, "made")).metadata or {})) == whole
