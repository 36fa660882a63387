import json
import sys

import numpy as np
import pandas as pd
import pytest

from goldmine.cli import main


@pytest.fixture
def uplift_table(tmp_path, monkeypatch, capsys):
    """Call the command on a table; gives exit code, standard output and standard error."""

    def call(frame, *words):
        frame.to_csv(tmp_path / "table.csv", index=False)
        given = ["goldmine", "uplift-table", str(tmp_path / "table.csv"), "--treatment", "arm", "--outcome", "came"]
        monkeypatch.setattr(sys, "argv", [*given, *words])
        with pytest.raises(SystemExit, match=r"^\d+$") as left:
            main()
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return call


def table(effect: float, rows: int = 1000) -> pd.DataFrame:
    random = np.random.default_rng(3)
    arm = random.random(rows) < 0.5
    came = random.random(rows) < 0.2 + effect * arm
    return pd.DataFrame(
        {
            "customer": [f"{n:05d}" for n in range(rows)],
            "arm": np.where(arm, "contact", "control"),
            "came": came.astype(int),
            "age": random.integers(18, 80, rows),
        }
    )


def test_clear_effect_has_its_interval_and_every_row_a_score(uplift_table, tmp_path):
    given = table(0.2)
    given["came"] = given["came"].astype("Int64").where(given.index > 9, pd.NA)
    code, out, _ = uplift_table(given, "--id", "customer", "--scores", str(tmp_path / "out.parquet"))
    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["effect"]) == (0, "yes")
    assert summary["interval"][0] < 0.2 < summary["interval"][1]
    assert "yes: +" in out
    scores = pd.read_parquet(tmp_path / "out.parquet")
    assert scores["customer"].tolist() == given["customer"].tolist()
    assert scores["uplift"].notna().all()


def test_no_effect_is_not_claimed(uplift_table):
    code, out, _ = uplift_table(table(0.0), "--drop", "customer", "--language", "zh")
    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["effect"], summary["ranks"]) == (0, "no", "no")
    assert "未见效果" in out


def test_too_few_rows_exit_with_their_own_code_and_no_figure(uplift_table, tmp_path):
    code, out, _ = uplift_table(table(0.2, rows=60), "--scores", str(tmp_path / "out.parquet"))
    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["effect"], summary["estimate"], summary["interval"]) == (4, "not measurable", None, None)
    assert "at least 50 are needed" in summary["reason"]
    assert not (tmp_path / "out.parquet").exists()


def test_arms_that_depend_on_a_column_raise_warning(uplift_table):
    given = table(0.0)
    given["arm"] = (given["age"] > 40).astype(int)
    code, out, err = uplift_table(given)
    assert (code, json.loads(out.splitlines()[-1])["warnings"]) == (4, ["not_randomised"])
    assert "age most" in err


def test_shares_that_differ_by_a_column_are_said_and_adjusted_for(uplift_table):
    given = table(0.0, rows=4000)
    random = np.random.default_rng(5)
    given["town"] = random.choice(["east", "west"], 4000)
    given["arm"] = np.where(random.random(4000) < np.where(given["town"] == "east", 0.8, 0.2), "coupon", "control")
    code, out, err = uplift_table(given, "--drop", "customer")
    summary = json.loads(out.splitlines()[-1])
    assert (code, summary["warnings"], summary["strata"]) == (0, ["shares_differ"], ["town"])
    assert (summary["randomised"], summary["adjusted"]) == (True, True)
    assert err.startswith("Warning: treatment was given at random with shares that differ by town, from ")
    assert "Effect, adjusted" in out
    assert "adjusted difference" in out


def test_outcomes_missing_in_one_arm_raise_warning(uplift_table):
    given = table(0.0)
    given["came"] = given["came"].astype("Int64").where((given["arm"] == "control") | (given.index % 3 > 0), pd.NA)
    _, out, err = uplift_table(given)
    assert json.loads(out.splitlines()[-1])["warnings"] == ["outcomes_lost_unequally"]
    assert "0 control rows" in err


def test_unknown_language_is_refused(uplift_table):
    code, out, err = uplift_table(table(0.0, rows=60), "--language", "fr")
    assert (code, out) == (14, "")
    assert "language: 'fr' is not known." in err


def test_days_that_stand_for_none_and_faults_are_said_in_the_language(uplift_table):
    given = table(0.2).assign(opened="2020-01-31")
    given.loc[:4, "opened"] = "9999-12-31"
    assert "opened 列：5 个占位日期按缺失处理" in uplift_table(given, "--language", "zh")[2]
    given["opened"] = "1700-01-31"
    code, _, err = uplift_table(given, "--language", "zh")
    assert code == 10
    assert err.splitlines() == [
        "table.csv：opened 列：有 1,000 个日期早于 1900 年或晚于 2100 年。",
        "请更正，或留空。",
    ]


def test_rows_that_repeat_an_id_are_warned_of_as_they_narrow_the_interval(uplift_table):
    once = table(0.2)
    code, out, err = uplift_table(pd.concat([once, once[:300]]), "--id", "customer")
    assert (code, json.loads(out.splitlines()[-1])["warnings"]) == (0, ["ids_repeated"])
    assert err.startswith(
        "Warning: 300 rows repeat the id of an earlier row; they are counted as customers of their own"
    )
    assert json.loads(uplift_table(once, "--id", "customer")[1].splitlines()[-1])["warnings"] == []
