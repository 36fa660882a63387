import re

import pandas as pd
import pytest
from matplotlib.figure import Figure

from goldmine.core.i18n import _
from goldmine.governance.bootstrap import Interval
from goldmine.governance.compare import Comparison
from goldmine.pipeline.lab.training import ChampionChallenge
from goldmine.plots import style


@pytest.fixture
def _chinese():
    style.use_language("zh")
    yield
    style.use_language("en")


def shown(version, reason, *names):
    figures = {name: {"auc": Interval(0.81, 0.79, 0.83)} for name in names}
    comparison = Comparison(version, reason, figures, pd.DataFrame(), None, "", ())
    page = ChampionChallenge(comparison, Figure())._repr_html_()
    caption = re.search(r"<caption>(.*?)</caption>", page).group(1)
    return caption, [text.strip() for text in re.findall(r"<th[^>]*>(.*?)</th>", page) if text.strip(" &nbsp;")]


@pytest.mark.usefixtures("_chinese")
def test_comparison_is_shown_in_the_language_of_the_session():
    assert shown("", _("there is no champion yet"), "challenger") == (
        "尚无冠军模型",
        ["挑战模型", "下限", "上限", "AUC"],
    )
    assert shown("3", "", "champion", "challenger", "difference")[0] == "与第3版对比"


def test_champion_that_cannot_score_is_not_said_to_be_compared():
    reason = _("champion version {version} cannot score: {why}", version="3", why="a feature is gone")
    caption, heads = shown("3", reason, "challenger")
    assert caption == "champion version 3 cannot score: a feature is gone"
    assert heads == ["challenger", "low", "high", "auc"]
