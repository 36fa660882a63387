import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from goldmine.core.i18n import LocalizedText, Said, in_language
from goldmine.features import Feature
from goldmine.features.reason_text import not_explainable
from goldmine.governance.bootstrap import Interval
from goldmine.governance.calibration import Calibration, calibration
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import learn_reference
from goldmine.governance.limits import read_limits
from goldmine.governance.model_card import Card, Section, Subject, model_card
from goldmine.governance.model_card_page import card_page
from goldmine.labels import Cutoffs
from goldmine.models.registry import Registration
from goldmine.models.run_log import Training
from goldmine.models.training_set import TrainingSet
from tests.models.made import rows, use_case
from tests.tiny import make_bank

AGE = LocalizedText("Age", translations={"zh": "年龄"})

CUTOFFS = Cutoffs((date(2023, 7, 31), date(2023, 8, 31)), date(2023, 11, 30), date(2024, 2, 29))
REFUSED = Said("lift at list size is -0.08 beside champion version 2", "名单容量提升度与冠军模型第2版相比为-0.08")


def held(judged) -> Calibration:
    """Calibration over everyone and two branches."""
    groups = pd.DataFrame({"branch": np.where(np.arange(len(judged.outcome)) % 2, "B1", "B2")})
    return calibration(judged.outcome, judged.probability, groups, read_limits())


@pytest.fixture(scope="module")
def subject(fitted, evaluation, tmp_path_factory):
    """A version that was refused; one of its columns stands for age."""
    learnt = TrainingSet(rows(seed=1), rows(seed=3), rows(seed=2), CUTOFFS)
    bank = make_bank(tmp_path_factory.mktemp("bank"), {"customers": [{"customer_id": "C1"}]})
    training = Training(bank, use_case(), "2024-06-30", "mark-of-data", learnt, fitted, evaluation)
    figures = {"challenger": {"auc": Interval(0.8123, 0.79, 0.83), "lift_list": Interval(2.5, 2.25, 2.75)}}
    lost = pd.DataFrame(
        {
            "by": ["gender", "village"],
            "group": ["F", "others, together"],
            "champion": 40,
            "challenger": 30,
            "loss": 0.25,
        }
    )
    comparison = Comparison("2", "", figures, lost, held(evaluation), "mark-of-rows", (REFUSED,))
    features = (Feature("noise_a", AGE, "years", None, (), reason_text=not_explainable("age")),)
    reference = learn_reference(fitted, learnt, evaluation.probability, 100)
    made = Registration("tiny.mine", "3", champion=False, refusals=(REFUSED,), run="run")
    return Subject(training, comparison, made, reference, features, "run-7")


def texts(card: Card) -> str:
    """All that a card says."""
    tables = [section.table.to_string() for section in card.sections if section.table is not None]
    lines = [line for section in card.sections for line in (section.heading, *section.lines)]
    return "\n".join([card.title, card.subtitle, *lines, *tables])


def test_a_card_says_use_data_figures_with_intervals_groups_limits_and_trace(subject):
    said = texts(model_card(subject, {}))
    for words in (
        "Model card: Mine",
        "tiny.mine, version 3 · tiny · trained at 2024-06-30",
        "makes no transaction of their own",
        "Not meant for: granting or refusing credit",
        "2023-07-31, 2023-08-31",
        "0.79",
        "2.25 – 2.75",
        "Judged once, by the rows of 2024-02-29 and",
        "mark-of-data",
        "mark-of-rows",
        "run-7",
    ):
        assert words in said
    assert re.search(r"branch +B1", said)
    assert re.search(r"gender +F +40 +30 +25%", said)


def test_it_says_why_a_version_is_not_in_use_and_which_protected_traits_it_weighs(subject):
    said = texts(model_card(subject, {}))
    assert REFUSED in said
    assert "The model weighs protected traits or what stands for them: age. None is given as a reason." in said


def test_it_says_where_trees_learnt_from_the_calibration_rows_too(subject):
    few = texts(model_card(subject, {}))
    training = replace(subject.training, fitted=replace(subject.training.fitted, saw_calibration=False))
    many = texts(model_card(replace(subject, training=training), {}))
    assert ("Outcomes are few" in few, "Outcomes are few" in many) == (True, False)


def test_it_speaks_chinese(subject):
    card = model_card(subject, {}, "zh")
    assert [section.heading for section in card.sections][:4] == ["用途", "状态", "数据", "跨期检验结果"]
    assert "仅检验过一次（2024-02-29，" in texts(card)
    assert "其余合并" in texts(card)
    assert in_language(REFUSED, "zh") in texts(card)
    assert REFUSED not in texts(card)


def test_the_page_needs_no_network_and_escapes_what_it_is_given():
    table = pd.DataFrame({"<a>": ["<script>"]})
    page = card_page(Card("<b>Title", "sub", "zh", (Section("Use", ("1 < 2",), table),)))
    assert '<html lang="zh-CN">' in page
    assert "&lt;b&gt;Title" in page
    assert "1 &lt; 2" in page
    assert "<script>" not in page
    assert not re.search(r"https?://|src=\"(?!data:)", page)
