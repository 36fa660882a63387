import re
from pathlib import Path

import pyarrow as pa

import goldmine
from goldmine.campaigns.results.parse_sheet import RESULT_COLUMNS
from goldmine.core.column_docs import PAGE, page
from goldmine.core.columns import all_columns, column, columns, headings, schema
from goldmine.core.sheet import known_headings
from goldmine.core.workspace import at_home


def test_each_column_has_one_row_and_a_heading_in_each_language():
    names = [entry.name for entry in all_columns()]
    assert len(names) == len(set(names))
    assert [entry.name for entry in all_columns() if entry.heading("zh") == entry.heading("en")] == ["auc"]


def test_headings_of_the_same_column_are_those_of_the_bank():
    names = ["level", "probability", "aum_avg", "branch_id", "rank", "number"]
    assert list(headings(names, "zh").values()) == [
        "资产等级",
        "预测概率",
        "月日均资产（元）",
        "所属支行",
        "排名",
        "序号",
    ]


def test_type_follows_from_the_format():
    assert schema(["rank", "customer_id", "probability", "as_of"]) == pa.schema(
        {"rank": pa.int32(), "customer_id": pa.string(), "probability": pa.float64(), "as_of": pa.date32()}
    )


def test_words_stand_for_codes_and_other_codes_stay():
    assert column("channel").in_words(["call", "pigeon", None], "zh") == ["电话", "pigeon", None]
    assert column("outflow_type").in_words(["cash"], "en") == ["cash withdrawn"]
    assert column("owner_role").in_words(["supervisor", "leader"], "en") == ["business supervisor", "leadership"]
    assert column("role").in_words(["branch_head"], "zh") == ["支行长"]


def test_only_head_office_gets_uplift_stratum_and_rule():
    assert [entry.name for entry in all_columns() if not entry.leaves_head_office] == ["uplift", "stratum", "rule"]
    assert all(entry.leaves_head_office for entry in columns(["customer_id", "phone"]))


def test_committed_page_of_columns_is_the_generated_one():
    assert at_home(PAGE).read_text("utf-8") == page()
    assert "| `uplift` | Uplift | 增益 | double | share | percent | head office |" in page()


def test_headings_are_given_in_the_catalogue_alone():
    root = Path(goldmine.__file__).parent
    heading = re.compile(r"pgettext\(\s*\"(heading|other headings)\"")
    given = {
        path.relative_to(root).as_posix() for path in root.rglob("*.py") if heading.search(path.read_text("utf-8"))
    }
    assert given == {"core/columns.py"}


def test_results_are_read_under_every_heading_that_files_carry():
    assert known_headings(column("campaign_id")) == ["campaign_id", "campaign", "营销活动", "活动", "活动代码"]
    for name in RESULT_COLUMNS:
        assert {column(name).heading(language).lower() for language in ("en", "zh")} <= set(
            known_headings(column(name))
        )
