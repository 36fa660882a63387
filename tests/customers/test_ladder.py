"""The ladder: levels and layers of average daily AUM."""

import ibis
import pytest

from goldmine.core.errors import SettingsError
from goldmine.customers import ladder, layer_of, level_of
from goldmine.customers.ladder import layer_expression, level_expression

AUM = [0.0, 9_999.99, 10_000.0, 49_999.99, 50_000.0, 200_000.0, 499_999.0, 500_000.0, 2_000_000.0, 5_000_000.0]
LEVEL = [0, 0, 1, 1, 2, 3, 3, 4, 5, 6]
LAYER = ["basic"] * 4 + ["wealth"] * 3 + ["high_end"] * 3


def test_amount_is_on_the_level_it_has_reached() -> None:
    assert level_of(AUM).tolist() == LEVEL


def test_unknown_and_overdrawn_count_as_zero() -> None:
    assert level_of([float("nan"), -5.0]).tolist() == [0, 0]


def test_layers_begin_at_50_000_and_500_000_yuan() -> None:
    assert layer_of(LEVEL).tolist() == LAYER


def test_query_gives_the_levels_of_the_arrays() -> None:
    rows = ibis.memtable({"place": range(len(AUM)), "aum": AUM})
    rows = rows.mutate(level=level_expression(rows.aum))
    found = rows.mutate(layer=layer_expression(rows.level)).order_by("place").to_pyarrow().to_pandas()
    assert found.level.tolist() == LEVEL
    assert found.layer.tolist() == LAYER


def test_empty_amount_in_a_query_counts_as_zero() -> None:
    rows = ibis.memtable({"aum": [None]}, schema={"aum": "float64"})
    assert rows.select(level=level_expression(rows.aum)).to_pyarrow().to_pandas().level.tolist() == [0]


def test_levels_out_of_order_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"level 2 begins at 5,000 yuan, which is not above level 1 \(10,000\)"):
        level_of([1.0], levels=(0, 10_000, 5_000))


def test_query_with_levels_out_of_order_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LEVELS", (0, 50_000, 10_000))
    with pytest.raises(SettingsError, match=r"level 2 begins at 10,000 yuan, which is not above level 1 \(50,000\)"):
        level_expression(ibis.literal(1.0))


def test_levels_that_do_not_begin_at_zero_are_refused() -> None:
    with pytest.raises(SettingsError, match="does not begin at 0 yuan"):
        level_of([1.0], levels=(10_000, 50_000))
