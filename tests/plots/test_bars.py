import numpy as np
import pandas as pd
import pytest

from goldmine.plots.reporting import campaign_results
from tests.plots.gallery import DRAWN


def test_auc_bars_begin_at_zero():
    (figure,) = DRAWN["models.beaten"]()
    assert figure.axes[0].get_ylim() == (0, 1)
    assert [round(bar.get_height(), 2) for bar in figure.axes[0].patches] == [0.81, 0.39, 0.5]


def test_probabilities_below_one_percent_have_tick_labels_of_their_own():
    axis = DRAWN["models.score_distribution"]()[1].axes[0]
    low, high = axis.get_xlim()
    shown = [axis.xaxis.get_major_formatter()(tick) for tick in axis.get_xticks() if low <= tick <= high]
    assert shown == ["0.001%", "0.01%", "0.1%", "1%", "10%", "100%"]


def test_own_results_name_whose_bars_they_are():
    (figure,) = DRAWN["reporting.own_results"]()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["own", "branch", "whole bank"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.3, 0.1, 0.25, 0.12, 0.2, 0.14]
    assert figure.axes[0].xaxis.get_major_formatter()(0.1) == "10%"


def test_range_of_a_conversion_is_of_the_contacts_that_it_is_of():
    """Of a hundred who answered it is known of 20, of 4 and of nobody what came of it."""
    shown = {"campaign_id": ["A", "B", "C"], "started_on": ["2024-01-08"] * 3, "answered": [100] * 3}
    counts = {"settled": [20, 4, 0], "converted": [10, 0, 0], "conversion": [0.5, 0.0, np.nan]}
    found = pd.DataFrame(shown | counts)
    (ranges,) = campaign_results(found).axes[0].collections
    ends = [segment[:, 0].tolist() for segment in ranges.get_segments() if len(segment)]
    assert ends[:2] == [pytest.approx([0.2993, 0.7007], abs=1e-4), pytest.approx([0.0, 0.4899], abs=1e-4)]
