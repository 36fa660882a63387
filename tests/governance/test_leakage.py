"""A planted leak of each kind is caught."""

import re
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.errors import LeakError, SettingsError
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.features.catalogue import try_folder
from goldmine.governance import limits as limits_module
from goldmine.governance.leak_check import require_none
from goldmine.governance.leakage import (
    ageing_out_of_range,
    point_in_time_check,
    row_checks,
    row_warnings,
)
from goldmine.governance.limits import Limits, read_signatures
from goldmine.governance.outcome_in_values import encoding_p_values
from goldmine.governance.point_in_time_check import check_point_in_time
from goldmine.governance.univariate import out_of_range, univariate_auc
from goldmine.labels import Cutoffs
from goldmine.labels.outcomes.external_label import ExternalLabel
from goldmine.models.training_set import TrainingSet
from goldmine.sample import write_bank
from tests.models.made import rows, use_case

AS_OF = date(2024, 6, 30)
CUTOFF = date(2024, 1, 31)
DAYS = {"train": date(2023, 9, 30), "calibrate": date(2023, 10, 31), "test": date(2024, 2, 29)}


def at(name, seed, **columns):
    table = rows(1500, seed).append_column("cutoff", pa.array([DAYS[name]] * 1500, pa.date32()))
    for column, values in columns.items():
        table = table.append_column(column, values(table))
    return table


def gate(parts=None, **columns):
    """Run the gate on rows to which columns are added."""
    parts = parts or {name: at(name, seed, **columns) for seed, name in enumerate(DAYS)}
    require_none("mine", row_checks(parts, use_case(), AS_OF, Limits()))


def outcome_of(table):
    return table["outcome"].to_numpy()


def test_leak_of_an_external_table_names_the_drop_option():
    """It has no use case's file that could exclude it."""
    given = use_case(outcome=ExternalLabel(kind="external_label"))
    known = rows(1500, 1)
    known = known.append_column("paid_out", known["outcome"])
    parts = {"train": known.slice(0, 900), "test": known.slice(900)}
    with pytest.raises(LeakError, match="paid_out alone") as caught:
        require_none("mine", row_checks(parts, given, AS_OF, Limits()))
    remedy = "Find out how it knows; correct it, or leave it out with --drop paid_out."
    assert str(caught.value).splitlines()[1] == remedy


def test_rows_without_leaks_pass():
    gate()


def test_feature_that_predicts_the_outcome_alone_is_caught():
    chance = np.random.default_rng(99)
    with pytest.raises(LeakError, match=r"mine: leakage gate: paid_out alone has an AUC of 0\.9\d\d \(limit 0\.95\)\."):
        gate(paid_out=lambda table: pa.array(outcome_of(table) * 3 + chance.normal(0, 1, table.num_rows)))


def test_feature_that_predicts_by_low_values_or_both_ends_is_caught():
    chance = np.random.default_rng(99)
    both = lambda table: pa.array(np.where(outcome_of(table) == 1, chance.choice([-9.0, 9.0], 1500), 0.0))  # noqa: E731
    with pytest.raises(LeakError, match=r"ends alone has an AUC of 1\.000 .* \(1 more: falls alone"):
        gate(falls=lambda table: pa.array(outcome_of(table) * -3 + chance.normal(0, 1, 1500)), ends=both)


def test_feature_known_only_for_positives_is_caught():
    with pytest.raises(LeakError, match=r"closed_reason_days alone has an AUC of 1\.000"):
        gate(closed_reason_days=lambda table: pa.array(np.ones(1500), pa.float32(), mask=outcome_of(table) == 0))


def test_categorical_feature_that_predicts_the_outcome_is_caught():
    words = np.array(["open", "won"])
    with pytest.raises(LeakError, match=r"status alone has an AUC of 1\.000"):
        gate(status=lambda table: pa.array(words[outcome_of(table)].tolist()))


def test_text_of_many_levels_that_predicts_the_outcome_is_caught():
    level = np.arange(1500) % 30
    with pytest.raises(LeakError, match=r"reason alone has an AUC of 1\.000"):
        gate(reason=lambda table: pa.array([f"R{code}" for code in 30 * outcome_of(table) + level]))


def test_category_unique_to_each_customer_has_no_auc():
    table = at("train", 1, number=lambda table: pa.array([f"N{place}" for place in range(table.num_rows)]))
    assert univariate_auc(table, ["number"])["number"] == pytest.approx(0.5, abs=0.02)


def test_feature_that_grows_with_time_is_caught():
    days = lambda table: pa.array(  # noqa: E731
        table["cutoff"].to_pandas().map(date.toordinal).to_numpy() + np.arange(table.num_rows) % 9, pa.float32()
    )
    with pytest.raises(LeakError, match="day_number is out of its past range at 100% of the calib"):
        gate(day_number=days)


def test_few_outcomes_are_not_taken_for_a_leak():
    """Bins that knew the ranked rows would isolate 13 positives: 0.996 where the plain AUC is 0.5."""
    chance = np.random.default_rng(1)
    outcome = np.zeros(3000, np.int8)
    outcome[chance.choice(3000, 13, replace=False)] = 1
    table = pa.table({"balance": chance.lognormal(10, 2, 3000), "outcome": outcome})
    assert univariate_auc(table, ["balance"])["balance"] < 0.7


def test_own_ageing_feature_is_set_aside_and_a_banks_own_is_refused():
    """All customers joined in the quarter before the first cutoff, or a migration stamped one day on all."""
    opened = np.arange(1500) % 90
    months = lambda table: pa.array(  # noqa: E731
        (table["cutoff"].to_pandas().map(date.toordinal).to_numpy() - date(2023, 9, 1).toordinal() + opened) / 30.4375,
        pa.float32(),
    )
    parts = {name: at(name, seed, tenure_months=months) for seed, name in enumerate(DAYS)}
    assert ageing_out_of_range(parts, use_case(), Limits()) == {
        "tenure_months": "tenure_months, which grows with time by itself, is out of its past range at 100% of the test "
        "rows (limit 50%)"
    }
    own = {name: at(name, seed, shop_months=months) for seed, name in enumerate(DAYS)}
    assert ageing_out_of_range(own, use_case(), Limits()) == {}
    with pytest.raises(LeakError, match="shop_months is out of its past range at 100% of the test rows"):
        gate(own)


@pytest.mark.parametrize("size", [10, 50])
@pytest.mark.parametrize("smoothing", [0, 20])
def test_target_encoding_of_all_rows_is_caught(size, smoothing):
    table = rows(6000, 3)
    outcome = outcome_of(table).astype(float)
    cell = np.random.default_rng(4).permutation(6000) // size
    hits = np.bincount(cell, outcome)
    rate = ((hits + smoothing * outcome.mean()) / (size + smoothing))[cell]
    parts = {"train": table.append_column("village_rate", pa.array(rate, pa.float32()))}
    parts = {"train": parts["train"].slice(0, 4000), "test": parts["train"].slice(4000)}
    with pytest.raises(LeakError, match="village_rate is computed from the outcomes of these very rows") as caught:
        gate(parts)
    assert str(caught.value).splitlines()[1] == (
        "Give the group as a text, whose rates are learnt inside the folds, or exclude it in the use case's file."
    )


def test_rate_of_a_group_in_earlier_months_is_no_encoding_of_these_rows():
    chance = np.random.default_rng(5)
    village = chance.integers(0, 60, 6000)
    true_rate = chance.beta(2, 8, 60)
    earlier = chance.binomial(100, true_rate) / 100
    outcome = (chance.random(6000) < true_rate[village]).astype(np.int8)
    table = pa.table({"rate": earlier[village], "visits": chance.poisson(3, 6000) * 1.0, "outcome": outcome})
    p_values = encoding_p_values({"train": table}, ["rate", "visits"])
    assert min(p_values.values()) > 0.001


def test_rows_of_quite_different_rates_are_no_encoding_however_many_they_are():
    chance = np.random.default_rng(6)
    likely = np.where(chance.random(400_000) < 0.2, 0.8, 0.04)
    outcome = (chance.random(400_000) < likely).astype(np.int8)
    amount = pa.array(chance.permutation(400_000) // 10, pa.float32())
    assert encoding_p_values({"train": pa.table({"amount": amount, "outcome": outcome})}, ["amount"]) == {"amount": 1.0}


def test_parts_that_were_drawn_to_different_rates_are_not_taken_as_one():
    chance = np.random.default_rng(6)
    parts = {}
    for name, rate in (("train", 0.2), ("test", 0.02)):
        outcome = (chance.random(60_000) < rate).astype(np.int8)
        amount = pa.array(chance.permutation(60_000) // 5, pa.float32())
        parts[name] = pa.table({"amount": amount, "outcome": outcome, "weight": np.ones(60_000, np.float32)})
    assert encoding_p_values(parts, ["amount"])["amount"] > 0.001


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_encoding_is_caught_when_rows_without_the_outcome_were_drawn(share):
    chance = np.random.default_rng(6)
    outcome = (chance.random(200_000) < 0.03).astype(np.int8)
    group = chance.integers(0, 500, 200_000)
    rate = (np.bincount(group, outcome) / np.bincount(group))[group]
    kept = (outcome == 1) | (chance.random(200_000) < share)
    table = pa.table({"rate": pa.array(rate[kept], pa.float32()), "outcome": outcome[kept]})
    assert encoding_p_values({"train": table}, ["rate"])["rate"] < 1e-12


def flipped(table, share=0.2):
    chance = np.random.default_rng(7).random(table.num_rows)
    return np.where(chance < share, 1 - outcome_of(table), outcome_of(table))


class TestWarnings:
    """What may be true and may be a leak waits for a person."""

    @staticmethod
    def parts(**columns):
        made = {name: rows(1500, seed, skill=0.4) for seed, name in enumerate(DAYS)}
        for column, values in columns.items():
            made = {name: made[name].append_column(column, pa.array(values(made[name]), pa.float32())) for name in made}
        return made

    def test_outcome_with_a_fifth_flipped_is_far_above_the_second_best(self):
        parts = self.parts(answered=flipped)
        (warning,) = row_warnings(parts, use_case(), Limits())
        assert warning.feature == "answered"
        assert re.fullmatch(
            r"answered alone has an AUC of 0\.790, 0\.179 above the second best, inflow_sum_90d \(limit 0\.10\)",
            warning.text,
        )
        assert "answered" in in_language(warning.text, "zh")
        assert in_language(warning.text, "zh") != warning.text

    def test_feature_that_knew_only_the_training_rows_changes(self):
        def known_at_training(table):
            noise = np.random.default_rng(8).normal(0, 1.1, table.num_rows)
            return noise + outcome_of(table) * (table["outcome"].equals(rows(1500, 0, skill=0.4)["outcome"]))

        found = row_warnings(self.parts(learnt_rate=known_at_training), use_case(), Limits(univariate_lead=0.5))
        assert [warning.feature for warning in found] == ["learnt_rate"]
        assert re.search(r"0\.7\d\d at the training cutoffs and 0\.5\d\d at the test cutoff", found[0].text)

    def test_honest_rows_warn_of_nothing(self):
        assert row_warnings(self.parts(), use_case(), Limits(univariate_lead=0.2)) == ()

    def test_few_outcomes_warn_of_nothing(self):
        few = {name: table.slice(0, 40) for name, table in self.parts(answered=flipped).items()}
        assert row_warnings(few, use_case(), Limits()) == ()

    def test_signature_of_a_feature_and_use_case_is_read(self, tmp_path, monkeypatch):
        (tmp_path / "pipelines").mkdir()
        (tmp_path / "pyproject.toml").write_text("")
        (tmp_path / "pipelines" / "governance.yaml").write_text(
            "signed:\n  - {feature: answered, use_case: mine, name: Li Wei, date: 2024-07-05, reason: asked before}\n"
        )
        monkeypatch.setattr(limits_module, "home", lambda: tmp_path)
        (warning,) = row_warnings(self.parts(answered=flipped), use_case(), Limits())
        assert warning.signed_in(read_signatures(), "mine")
        assert not warning.signed_in(read_signatures(), "other")
        assert warning.refusal("mine").endswith(
            "find out why, and let a person sign for it: an entry under `signed` in pipelines/governance.yaml with "
            "feature: answered, use_case: mine, name, date and reason"
        )

    def test_signature_without_a_reason_is_refused(self, tmp_path, monkeypatch):
        (tmp_path / "pipelines").mkdir()
        (tmp_path / "pipelines" / "governance.yaml").write_text(
            "signed:\n  - {feature: answered, use_case: mine, name: Li Wei, date: 2024-07-05}\n"
        )
        monkeypatch.setattr(limits_module, "home", lambda: tmp_path)
        with pytest.raises(SettingsError, match="reason"):
            read_signatures()


def test_unseen_category_and_newly_known_value_are_out_of_range():
    past = pa.table({"batch": ["2023"] * 10, "rate": pa.nulls(10, pa.float32())})
    later = pa.table({"batch": ["2024"] * 6 + ["2023"] * 4, "rate": pa.array([1.0, None] * 5, pa.float32())})
    assert out_of_range(past, later, ["batch", "rate"]) == {"batch": 0.6, "rate": 0.5}


def test_unseen_levels_of_a_text_of_many_are_out_of_range():
    past = pa.table({"employer": [f"E{number}" for number in range(12_000)]})
    later = pa.table({"employer": [f"E{number}" for number in range(4_000, 16_000)]})
    assert out_of_range(past, later, ["employer"]) == {"employer": pytest.approx(1 / 3, abs=0.02)}


def test_feature_constant_in_training_is_no_leak():
    year_ago = lambda table: 0.0 if table["cutoff"][0].as_py() == DAYS["train"] else 5.0  # noqa: E731
    gate(year_ago=lambda table: pa.array([None, *np.full(1499, year_ago(table))], pa.float32()))


def test_customers_on_both_sides_of_a_split_are_caught():
    table = rows(1500, 1)
    parts = {"train": table.slice(0, 1000), "test": table.slice(990)}
    with pytest.raises(LeakError, match="10 customers are in train and in test, which are not apart in time"):
        gate(parts)


def test_customer_twice_at_a_cutoff_is_caught():
    parts = {name: at(name, seed) for seed, name in enumerate(DAYS)}
    parts["train"] = pa.concat_tables([parts["train"], parts["train"].slice(0, 3)])
    with pytest.raises(LeakError, match="3 rows of train are of a customer who is there already"):
        gate(parts)


def test_incomplete_outcomes_are_caught():
    parts = {name: at(name, seed) for seed, name in enumerate(DAYS)}
    late = pa.array([date(2024, 4, 30)] * 1500, pa.date32())
    parts["test"] = parts["test"].set_column(parts["test"].column_names.index("cutoff"), "cutoff", late)
    with pytest.raises(LeakError, match="2024-08-13") as caught:
        gate(parts)
    assert str(caught.value).splitlines() == [
        "mine: leakage gate: test rows of 2024-04-30 have outcomes that are complete on 2024-08-13 only, after the "
        "snapshot 2024-06-30.",
        "Use an earlier cutoff or a later snapshot, so that every outcome has had its time.",
    ]


PEEKING = """
from goldmine.features.definition import category


def peeking(v):
    grade = v.rows.risk_grade  # whatever the day on which it was given
    return [category("grade_of_any_day", grade, title="Grade", needs=("customers.risk_grade",))]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Features of a small bank at one cutoff, with five months of books after it."""
    folder = tmp_path_factory.mktemp("books")
    write_bank(folder / "bank", customers=400, months=12, seed=5, end=AS_OF)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    return bank, work


class TestTheFuture:
    def test_point_in_time_features_do_not_change(self, made):
        found = check_point_in_time(*made, CUTOFF)
        assert (found.features > 150, found.customers > 300, found.changed) == (True, True, {})

    def test_large_bank_is_sampled_without_peer_aggregates(self, made):
        found = check_point_in_time(*made, CUTOFF, sample=100)
        assert found.changed == {}
        assert 40 < found.customers < 200

    def test_result_of_the_check_is_cached(self, made, monkeypatch):
        from goldmine.governance import point_in_time_check as future

        first = check_point_in_time(*made, CUTOFF)
        monkeypatch.setattr(future, "_compared", None)
        assert check_point_in_time(*made, CUTOFF) == first

    def test_feature_that_saw_a_later_row_is_caught(self, made):
        bank, work = made
        last = bank.tables["transactions"].files[-1].path
        later = f"(SELECT count(*) FROM '{last}' t WHERE t.customer_id = q.customer_id)"
        path = work.features(CUTOFF)
        before = path.read_bytes()
        query = f"SELECT q.* REPLACE (q.own_count_30d + {later} AS own_count_30d) FROM '{path}' q"
        duckdb.sql(f"COPY ({query}) TO '{path}.new' (FORMAT parquet)")
        path.with_name(f"{path.name}.new").replace(path)
        try:
            check = point_in_time_check(check_point_in_time(bank, work, CUTOFF))
        finally:
            path.write_bytes(before)
        with pytest.raises(
            LeakError, match=r"own_count_30d at 2024-01-31 changes for \d+ of \d+ customers without later"
        ):
            require_none("mine", [check])

    def test_family_that_reads_unknown_values_is_caught(self, made, tmp_path):
        bank, work = made
        apart, folder = Workspace(tmp_path / "work"), tmp_path / "families"
        folder.mkdir()
        (folder / "peeking.py").write_text(PEEKING)
        apart.root.mkdir()
        apart.activity.symlink_to(work.activity)
        try_folder(folder)
        try:
            build_features(bank, apart, [CUTOFF])
            found = [check_point_in_time(bank, apart, CUTOFF)]
            apart.features(CUTOFF).with_suffix(".future.json").unlink()
            found.append(check_point_in_time(bank, apart, CUTOFF, standing=work))
            found.append(check_point_in_time(bank, apart, CUTOFF, sample=100))
        finally:
            try_folder(None)
        assert found[1] == found[0], "a trial rebuilds its own features alone and reports on all"
        whole, _trial, share = (one.changed for one in found)
        assert list(whole) == list(share) == ["grade_of_any_day"]
        later = duckdb.sql(
            f"SELECT count(*) FROM '{bank.tables['customers'].files[0].path}' WHERE risk_grade_on > DATE '{CUTOFF}' "
            f"AND opened_on <= DATE '{CUTOFF}' AND (closed_on IS NULL OR closed_on > DATE '{CUTOFF}') AND "
            "risk_grade IS NOT NULL"
        ).fetchone()[0]
        assert later == whole["grade_of_any_day"] > share["grade_of_any_day"] > 0


def test_gate_reads_all_parts_of_a_training(monkeypatch):
    from goldmine.governance import leakage
    from goldmine.governance.point_in_time_check import PointInTimeCheck

    asked = []

    def looked(_bank, _work, cutoff, **_):
        asked.append(cutoff)
        return PointInTimeCheck(str(cutoff), 10, 3, {})

    monkeypatch.setattr(leakage, "check_point_in_time", looked)
    parts = {name: at(name, seed) for seed, name in enumerate(DAYS)}
    learnt = TrainingSet(cutoffs=Cutoffs((DAYS["train"],), DAYS["calibrate"], DAYS["test"]), **parts)
    told = leakage.leak_gate(Bank("tiny", AS_OF, {}), None, use_case(), learnt, AS_OF)
    assert asked == [DAYS["train"]]
    assert told.summary.found.tolist() == ["nothing"] * 6
    assert "3 features of 10 customers" in told.summary.among[5]
    assert (told.use_case, len(told.unsigned)) == (use_case(), 1)
    assert told.notes.startswith(
        "warning: inflow_sum_90d alone has an AUC of 0.752, 0.154 above the second best, village"
    )


def test_gate_leaves_out_what_it_sets_aside_and_says_what_is_unsigned(monkeypatch):
    from goldmine.governance import leakage
    from goldmine.governance.point_in_time_check import PointInTimeCheck

    monkeypatch.setattr(leakage, "check_point_in_time", lambda *_, **__: PointInTimeCheck("2023-09-30", 10, 3, {}))
    day = lambda table: pa.array([float(table["cutoff"][0].as_py().toordinal())] * 1499 + [0.0], pa.float32())  # noqa: E731
    parts = {
        name: at(name, seed, tenure_months=day, answered=lambda t: pa.array(flipped(t, 0.08)))
        for seed, name in enumerate(DAYS)
    }
    learnt = TrainingSet(cutoffs=Cutoffs((DAYS["train"],), DAYS["calibrate"], DAYS["test"]), **parts)
    monkeypatch.setattr(leakage, "read_limits", lambda _: Limits(univariate_lead=0.01))
    found = leakage.leak_gate(Bank("tiny", AS_OF, {}), None, use_case(), learnt, AS_OF)
    assert found.use_case.exclude == ["tenure_months"]
    first, second = found.notes.splitlines()
    assert first.startswith(
        "set aside: tenure_months, which grows with time by itself, is out of its past range at 100%"
    )
    assert second.startswith("warning: ")
    assert second.endswith("use_case: mine, name, date and reason")
    assert len(found.unsigned) == 1
