import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from goldmine.core.i18n import LocalizedText, in_language
from goldmine.features import Feature
from goldmine.features.reason_text import not_explainable
from goldmine.governance.bootstrap import Interval
from goldmine.governance.calibration import Calibration, calibration
from goldmine.governance.compare import Comparison
from goldmine.governance.drift.reference import learn_reference
from goldmine.governance.limits import read_limits
from goldmine.governance.model_card import Subject, model_card
from goldmine.governance.model_card_page import Card, CardTable, Section, card_html
from goldmine.labels import Cutoffs
from goldmine.labels.outcomes.external_label import ExternalLabel
from goldmine.models.registry import Registration
from goldmine.models.run_log import TrainingRecord
from goldmine.models.training_set import TrainingSet
from tests.models.made import rows, use_case
from tests.tiny import make_bank

AGE = LocalizedText("Age", translations={"zh": "年龄"})

CUTOFFS = Cutoffs((date(2023, 7, 31), date(2023, 8, 31)), date(2023, 11, 30), date(2024, 2, 29))
REFUSED = LocalizedText(
    "lift at list size is -0.08 beside champion version 2",
    translations={"zh": "名单容量提升度与冠军模型第2版相比为-0.08"},
)


def held(judged) -> Calibration:
    """Calibration over everyone and two branches."""
    groups = pd.DataFrame({"branch": np.where(np.arange(len(judged.outcome)) % 2, "B1", "B2")})
    return calibration(judged.outcome, judged.probability, groups, read_limits())


@pytest.fixture(scope="module")
def subject(fitted, evaluation, tmp_path_factory):
    """A version that was refused; one of its columns stands for age."""
    learnt = TrainingSet(rows(seed=1), rows(seed=3), rows(seed=2), CUTOFFS)
    bank = make_bank(tmp_path_factory.mktemp("bank"), {"customers": [{"customer_id": "C1"}]})
    training = TrainingRecord(bank, use_case(), "2024-06-30", "mark-of-data", learnt, fitted, evaluation)
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


def texts(card: Card, language: str = "en") -> str:
    """All that a card says, a paragraph or row of a table a line."""
    lines = [[card.title], [card.subtitle]]
    for section in card.sections:
        lines += [[section.heading], *([paragraph] for paragraph in section.paragraphs)]
        lines += [section.table.headings, *section.table.rows] if section.table else []
    return "\n".join(" | ".join(in_language(text, language) for text in line) for line in lines)


def test_card_holds_use_data_figures_groups_limits_and_trace(subject):
    said = texts(model_card(subject, {}))
    for words in (
        "Model card: Mine",
        "tiny.mine, version 3 · tiny · trained at 2024-06-30",
        "makes no transaction of their own",
        "Not intended for: granting or refusing credit",
        "2023-07-31, 2023-08-31",
        "0.79",
        "2.25 – 2.75",
        "Tested once, on the rows of 2024-02-29 and",
        "mark-of-data",
        "mark-of-rows",
        "run-7",
    ):
        assert words in said
    assert "branch | B1 | " in said
    assert "gender | F | 40 | 30 | 25%" in said
    assert "AUC | 0.8123 | 0.7900 – 0.8300 | " in said


def test_card_holds_refusals_and_protected_traits(subject):
    said = texts(model_card(subject, {}))
    assert REFUSED in said
    assert "The model uses protected traits or proxies of them: age. None is given as a reason." in said


def test_card_says_that_rows_were_drawn_where_their_share_is_that_of_all(subject):
    outcome = rows(seed=1)["outcome"].to_numpy()
    drawn = rows(seed=1).append_column("weight", pa.array(np.where(outcome == 1, 1, 10), pa.float32()))
    training = replace(subject.training, rows=replace(subject.training.rows, train=drawn))
    said = texts(model_card(replace(subject, training=training), {}))
    share = outcome.sum() / (outcome.sum() + 10 * (1_500 - outcome.sum()))
    assert f"| 1,500 | {outcome.sum():,} | {share:.2%}" in said
    words = "rows and outcomes are those drawn, and the share is that of all customers"
    assert (words in said, words in texts(model_card(subject, {}))) == (True, False)


def test_card_names_what_the_village_does_as_a_protected_trait(subject):
    village = Feature("noise_b", LocalizedText("Mean AUM"), "yuan", None, (), reason_text=not_explainable("village"))
    card = model_card(replace(subject, features=(*subject.features, village)), {})
    assert "protected traits or proxies of them: age, village. None is given" in texts(card)
    assert "受保护属性或其替代信息：年龄、村组网格；" in texts(card, "zh")
    alone = texts(model_card(replace(subject, features=(village,)), {}))
    assert "The model uses no protected trait" not in alone


def test_card_says_if_trees_were_grown_again_with_the_calibration_rows(subject):
    few = texts(model_card(subject, {}))
    training = replace(subject.training, fitted=replace(subject.training.fitted, saw_calibration=False))
    many = texts(model_card(replace(subject, training=training), {}))
    assert ("Outcomes are few" in few, "Outcomes are few" in many) == (True, False)


def test_card_of_an_external_table_claims_nothing_of_its_columns(subject):
    """Goldmine knows neither when a column was known, nor what its label counts, nor which column is somebody's age."""
    given = use_case(eligible=[], gap_days=0, outcome=ExternalLabel(kind="external_label"))
    training = replace(subject.training, use_case=given, rows=TrainingSet(rows(seed=1), rows(seed=2)))
    card = model_card(replace(subject, training=training, features=()), {})
    said = texts(card)
    assert "Asked of the rows of a table made elsewhere: who has the outcome that the table holds?" in said
    assert "The list holds up to 100 rows and may be worked for 90 days." in said
    assert "6 columns of the table. Whether each was known before the outcome, and which of them are protected" in said
    assert "Once tested, the model was fitted on all labelled rows." in said
    for claim in ("Asked of customers", "days after the snapshot", "no protected trait", "Outcomes are few"):
        assert claim not in said
    assert "共6列。" in texts(card, "zh")


def test_card_in_chinese(subject):
    card = model_card(subject, {})
    headings = [in_language(section.heading, "zh") for section in card.sections]
    assert headings[:4] == ["用途", "状态", "数据", "跨期检验结果"]
    chinese = texts(card, "zh")
    assert "仅检验过一次（2024-02-29，" in chinese
    assert "村组网格 | 其余合并 | 40 | 30 | 25%" in chinese
    assert in_language(REFUSED, "zh") in chinese
    assert REFUSED not in chinese


def test_page_needs_no_network_and_escapes_its_texts():
    title = LocalizedText("Title", translations={"en": "Title", "zh": "<b>标题"})
    figure = Figure()
    table = CardTable(("<a>",), (("<script>",),))
    page = card_html(Card(title, "sub", (Section("Use", ("1 < 2",), table, (figure,)),)), "zh")
    assert '<html lang="zh-CN">' in page
    assert "<h1>&lt;b&gt;标题</h1>" in page
    assert "1 &lt; 2" in page
    assert "<th>&lt;a&gt;</th>" in page
    assert "<script>" not in page
    assert '<img alt="" src="data:image/png;base64,iVBOR' in page
    assert not re.search(r"https?://|src=\"(?!data:)", page)
