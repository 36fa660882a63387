from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import in_language
from goldmine.governance.calibration import Calibration, calibration
from goldmine.governance.groups import groups_of
from goldmine.governance.limits import Limits, read_limits
from tests.tiny import make_bank

CHANCE = np.random.default_rng(11)
PROMISED = CHANCE.uniform(0.02, 0.6, 6000)
CAME = (CHANCE.random(6000) < PROMISED).astype(np.int8)
TOWN = pd.DataFrame({"branch": ["east", "west"] * 3000})


def verdicts(found):
    return dict(zip(found.table.by + " " + found.table.group, found.table.verdict, strict=True))


def test_true_probabilities_are_at_their_noise_floor():
    found = calibration(CAME, PROMISED, TOWN, Limits())
    assert verdicts(found) == {"all ": "ok", "branch east": "ok", "branch west": "ok"}
    whole = found.table.iloc[0]
    assert 0.005 < whole.floor < 0.025
    assert whole.excess < 0.01
    assert (found.warnings, found.stops) == ((), ())


def test_noise_floor_is_higher_for_fewer_rows():
    few = calibration(CAME[:400], PROMISED[:400], TOWN[:400], Limits())
    many = calibration(CAME, PROMISED, TOWN, Limits())
    assert few.table.floor[0] > 1.5 * many.table.floor[0]


def test_counts_of_runs_vary_as_outcomes_of_single_rows(monkeypatch):
    came, promised = np.tile(CAME, 8), np.tile(PROMISED, 8)
    told = calibration(came, promised, TOWN[:0], Limits()).table.iloc[0]
    monkeypatch.setattr("goldmine.governance.calibration._RUNS", len(came))
    drawn = calibration(came, promised, TOWN[:0], Limits()).table.iloc[0]
    assert told.floor == pytest.approx(drawn.floor, rel=0.1)
    assert told.chance == pytest.approx(drawn.chance, rel=0.15)
    assert told.floor != drawn.floor


def test_slight_overprediction_gives_a_warning():
    found = calibration(CAME, PROMISED + 0.045, TOWN[:0], Limits())
    assert found.table.verdict.tolist() == ["warning"]
    assert found.warnings[0].startswith("calibration error of all is 0.04")
    assert found.stops == ()


def test_large_overprediction_stops_the_promotion():
    found = calibration(CAME, PROMISED + 0.1, TOWN[:0], Limits())
    assert found.table.verdict.tolist() == ["stop"]
    assert found.stops[0].endswith("above its noise floor (above 0.02 a warning, above 0.05 not promoted)")


def test_warning_and_stop_state_the_same_limits():
    """ "0.020 above its noise floor; the limit is 0.02" was said of a model that then became champion."""
    limits = Limits(calibration_warning=0.01, calibration_stop=0.04)
    warned = calibration(CAME, PROMISED + 0.03, TOWN[:0], limits).warnings[0]
    stopped = calibration(CAME, PROMISED + 0.1, TOWN[:0], limits).stops[0]
    assert warned.endswith("(above 0.01 a warning, above 0.04 not promoted)")
    assert stopped.endswith("(above 0.01 a warning, above 0.04 not promoted)")
    assert "高于0.01为预警，高于0.04不予启用" in in_language(stopped, "zh")


def test_base_rate_other_than_predicted_is_a_warning():
    promised = np.full(4_000, 0.272)
    came = np.zeros(4_000, np.int8)
    came[:928] = 1
    found = calibration(came, promised, TOWN[:0], Limits())
    assert found.warnings[-1] == (
        "base rate: 27.2% were predicted and 23.2% were observed, 15% fewer (limit 10%, beyond chance)"
    )
    more = calibration(1 - came, 1 - promised - 0.1, TOWN[:0], Limits())
    assert more.warnings[-1].startswith("base rate: 62.8% were predicted and 76.8% were observed, 22% more")


def test_overpredicted_group_is_found_though_the_whole_is_calibrated():
    east = (TOWN.branch == "east").to_numpy()
    bent = np.clip(PROMISED + np.where(east, 0.12, -0.12), 0.001, 1)
    found = calibration(CAME, bent, TOWN, Limits())
    assert verdicts(found)["branch east"] == verdicts(found)["branch west"] == "stop"


def test_groups_of_fewer_than_200_customers_are_left_out():
    found = calibration(CAME[:398], PROMISED[:398], TOWN[:398], Limits())
    assert found.table.by.tolist() == ["all"]


def test_groups_come_from_features_and_the_customers_table(tmp_path):
    people = [{"customer_id": "a", "branch_id": "B1", "grid_id": "G1"}, {"customer_id": "b", "branch_id": "B2"}]
    bank = make_bank(tmp_path, {"customers": people}, date(2024, 6, 30))
    rows = pa.table(
        {
            "customer_id": ["b", "a", "gone"],
            "age_years": pa.array([64.9, 65.0, None], pa.float32()),
            "gender": ["F", None, "M"],
            "aum_avg_30d": pa.array([9_999.0, 50_000.0, None], pa.float32()),
        }
    )
    found = groups_of(bank, rows).astype(object).where(lambda frame: frame.notna(), None)
    assert found.to_dict("list") == {
        "aum_level": ["0+", "50,000+", None],
        "age_band": ["55-64", "65+", None],
        "gender": ["F", None, "M"],
        "branch": ["B2", "B1", None],
        "village": [None, "G1", None],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calibration_stop: 2", "calibration_stop: Input should be less than or equal to 1"),
        ("patience: 3", "patience: unknown key"),
        ("a: [", "governance.yaml: line 1 cannot be read"),
        ("banks: {mine: {patience: 3}}", "patience: unknown key"),
    ],
)
def test_invalid_limits_are_refused(tmp_path, monkeypatch, text, said):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "governance.yaml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        read_limits("mine")


def test_file_holds_the_default_limits():
    assert read_limits() == Limits()


def test_bank_may_have_its_own_limits(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    (tmp_path / "pipelines").mkdir()
    text = "group_loss: 0.1\nbanks: {shop: {calibration_stop: 0.12}}\n"
    (tmp_path / "pipelines" / "governance.yaml").write_text(text)
    assert read_limits("shop") == Limits(group_loss=0.1, calibration_stop=0.12)
    assert read_limits("other") == Limits(group_loss=0.1)


def notes_of(observed):
    rows = [("all", "", 0.2, 0.19), *[("branch", f"B{n}", 0.2, share) for n, share in enumerate(observed)]]
    table = pd.DataFrame(rows, columns=["by", "group", "predicted", "observed"])
    return Calibration(table.assign(rows=900, error=0.01, excess=0.0, floor=0.01, verdict="ok"), Limits()).notes


def test_notes_say_on_which_side_the_groups_lie():
    assert notes_of([0.21, 0.2, 0.18]) == (
        "everyone: 20.0% predicted, 19.0% observed",
        "observed is below predicted in 1 of 3 groups, and above it in 1",
        "no calibration error is above its limit of a warning (0.02 above the noise floor)",
    )


def test_groups_that_all_came_in_low_are_not_called_right():
    assert "every group came in lower than predicted: the probabilities are too high throughout" in notes_of(
        [0.19] * 13
    )
    assert "every group came in higher than predicted: the probabilities are too low throughout" in notes_of(
        [0.21] * 13
    )
    assert len(notes_of([0.19] * 4)) == 3
