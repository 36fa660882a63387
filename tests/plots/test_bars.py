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
