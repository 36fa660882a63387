import csv
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contactability.funnel import Funnel, FunnelStep, SkippedRule
from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import schema
from goldmine.core.formula import escape_formula
from goldmine.core.i18n import LocalizedText
from goldmine.core.layouts import LISTS
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.listing import Listing, ReleaseMetadata, make_rows, write_listing
from goldmine.publishing.manifest import ListFile, Manifest, ModelRef, younger_models

AS_OF = date(2024, 6, 30)
LONGTAIL = load_use_case("longtail")
FUNNEL = Funnel(
    scored=1200,
    steps=(
        FunnelStep(
            name="closed", who=LocalizedText("has left the books", translations={"zh": "已销户"}), left=20, remain=1180
        ),
        FunnelStep(
            name="beyond_list",
            who=LocalizedText("ranked below the list's size", translations={"zh": "排名在名单容量之外"}),
            left=1178,
            remain=2,
        ),
    ),
    skipped=(
        SkippedRule(
            name="staff",
            who=LocalizedText("own staff", translations={"zh": "本行员工"}),
            missing=("staff.customer_id",),
        ),
    ),
)
MODEL = ModelRef(model_name="tiny.longtail", model_version="3", mlflow_run="abc")


def rows_of(customers: list[str], branch: str | None = "0012", reasons: list[str] | None = None) -> pa.Table:
    chosen = pa.table(
        {
            "customer_id": customers,
            "branch_id": pa.array([branch] * len(customers), pa.string()),
            "manager_id": pa.array([None] * len(customers), pa.string()),
            "probability": [0.875 - index / 32 for index in range(len(customers))],
            "decile": [1] * len(customers),
        }
    )
    words = [reasons or ["Salary 5,200 yuan", "Tenure 3 years"]] * len(customers)
    return make_rows(chosen, words, LONGTAIL, as_of=AS_OF, stamp=("3", "r1"))


def write(folder: Path, rows: pa.Table, language: str = "en") -> list[ListFile]:
    release = ReleaseMetadata("tiny", AS_OF, "r1", language)
    return write_listing(folder, Listing(LONGTAIL, rows, FUNNEL, MODEL), release)


def read_csv(folder: Path) -> list[list[str]]:
    with (folder / "lists" / "longtail.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def open_book(folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "lists" / "longtail.xlsx")


def test_wealth_row_expires_with_the_assessment(tmp_path):
    wealth = load_use_case("wealth")
    days = [date(2024, 6, 30), date(2023, 8, 1)]
    chosen = rows_of(["0007", "C2"]).select(["customer_id", "branch_id", "manager_id", "probability", "decile"])
    chosen = chosen.append_column("assessed_on", pa.array(days))
    rows = make_rows(chosen, [["Salary"]] * 2, wealth, as_of=AS_OF, stamp=("3", "r1"))
    assert rows.select(["valid_until", "expires_with"]).to_pylist() == [
        {"valid_until": date(2024, 9, 28), "expires_with": None},
        {"valid_until": date(2024, 7, 31), "expires_with": "assessment"},
    ]
    release = ReleaseMetadata("tiny", AS_OF, "r1", "zh")
    write_listing(tmp_path, Listing(wealth, rows, FUNNEL, MODEL), release)
    sheet = openpyxl.load_workbook(tmp_path / "lists" / "wealth.xlsx").worksheets[0]
    position = LISTS.columns.index("expires_with")
    assert [row[position].value for row in sheet.iter_rows()][-2:] == [None, "风险测评到期"]


def test_list_row_names_customer_reasons_validity_and_model():
    assert rows_of(["0007", "C2"]).to_pylist()[1] == {
        "rank": 2,
        "customer_id": "C2",
        "branch_id": "0012",
        "manager_id": None,
        "use_case": "longtail",
        "probability": 0.84375,
        "decile": 1,
        "reason_1": "Salary 5,200 yuan",
        "reason_2": "Tenure 3 years",
        "reason_3": None,
        "segment": None,
        "biggest_move": None,
        "biggest_move_months": None,
        "as_of": AS_OF,
        "valid_until": date(2024, 9, 28),
        "expires_with": None,
        "model_version": "3",
        "release_id": "r1",
    }


def test_list_without_rows_is_written(tmp_path):
    files = write(tmp_path, rows_of([]))
    assert [file.rows for file in files] == [0, 0, 0]
    assert pq.read_schema(tmp_path / "lists" / "longtail.parquet").equals(schema(LISTS.columns))
    assert len(read_csv(tmp_path)) == 1


def test_all_three_files_hold_the_same_rows(tmp_path):
    rows = rows_of(["0007", "C2"])
    write(tmp_path, rows)
    assert pq.read_table(tmp_path / "lists" / "longtail.parquet").equals(rows)
    line = ["1", "0007", "0012", "", "longtail", "0.875", "1", "Salary 5,200 yuan", "Tenure 3 years", "", "", "", ""]
    customer = ["Rank", "Customer", "Branch", "Customer manager", "Use case", "Probability", "Decile"]
    moved = ["Worked as", "Biggest recent move, yuan", "Within the last months"]
    origin = ["As of", "Valid until", "Expires with", "Model version", "Release"]
    heads = [*customer, "Reason 1", "Reason 2", "Reason 3", *moved, *origin]
    assert read_csv(tmp_path)[:2] == [heads, [*line, "2024-06-30", "2024-09-28", "", "3", "r1"]]
    cells = [cell.value for cell in open_book(tmp_path)["List"][2]]
    days = [datetime(2024, 6, 30), datetime(2024, 9, 28)]
    told = ["Salary 5,200 yuan", "Tenure 3 years", None, None, None, None]
    assert cells == [1, "0007", "0012", None, "Long-tail conversion", 0.875, 1, *told, *days, None, "3", "r1"]


def test_workbook_shows_names_beside_numbers_and_csv_numbers_alone(tmp_path):
    names = DisplayNames({"branches": {"0012": "柳河支行"}, "staff": {"S1": "王芳"}})
    rows = rows_of(["0007"])
    rows = rows.set_column(3, "manager_id", pa.array(["S1"]))
    release = ReleaseMetadata("tiny", AS_OF, "r1", "zh", names)
    write_listing(tmp_path, Listing(LONGTAIL, rows, FUNNEL, MODEL), release)
    sheet = open_book(tmp_path).worksheets[0]
    assert [cell.value for cell in sheet[2]][2:5] == ["柳河支行（0012）", "王芳（S1）", "长尾客户提级"]
    assert sheet.column_dimensions["C"].width > 17
    assert read_csv(tmp_path)[1][2:5] == ["0012", "S1", "longtail"]


def test_csv_starts_with_byte_order_mark_and_quotes_ids(tmp_path):
    write(tmp_path, rows_of(["0007"]))
    content = (tmp_path / "lists" / "longtail.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b'\r\n1,"0007","0012",' in content


def test_sheet_freezes_head_filters_and_prints_on_one_page_width(tmp_path):
    write(tmp_path, rows_of(["0007", "C2"]))
    book = open_book(tmp_path)
    sheet = book.active
    assert sheet.title == "List"
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:R3"
    assert sheet["F2"].number_format == "0.0%"
    assert sheet["B2"].number_format == "@"
    assert sheet["N2"].number_format == "yyyy-mm-dd"


def test_column_width_follows_longest_reason_up_to_a_limit(tmp_path):
    for reason, width in (("yes", 40), ("近一年月日均资产" * 3, 50), ("a" * 60, 62), ("a" * 500, 72)):
        write(tmp_path, rows_of(["C1"], reasons=[reason]))
        assert open_book(tmp_path)["List"].column_dimensions["H"].width == pytest.approx(width, abs=1)


def test_about_sheet_names_bank_model_and_funnel(tmp_path):
    write(tmp_path, rows_of(["0007", "C2"]))
    about = {row[0]: row[1:] for row in open_book(tmp_path)["About"].iter_rows(values_only=True) if row[0]}
    assert about["Long-tail conversion"] == (None, None)
    assert about["Model"][0] == "tiny.longtail, version 3"
    assert about["Scored by the model"] == (0, 1200)
    assert about["has left the books"] == (20, 1180)
    assert about["own staff"][0] == "staff.customer_id"


def test_a_list_without_a_model_says_its_rate_and_nothing_of_training(tmp_path):
    stated = LONGTAIL.model_copy(update={"expected_rate": 0.05})
    write_listing(
        tmp_path, Listing(stated, rows_of(["0007"]), FUNNEL, MODEL), ReleaseMetadata("tiny", AS_OF, "r1", "zh")
    )
    about = {row[0]: row[1] for row in open_book(tmp_path)["说明"].iter_rows(values_only=True) if row[0]}
    assert about["模型"] == "无模型；预计5.0%的符合条件客户达成"
    assert about["符合条件的客户"] == 0
    assert not {"MLflow 运行编号", "模型训练数据日期", "模型评分客户"} & set(about)


@pytest.mark.parametrize(
    ("trained_at", "note"),
    [
        ("2024-06-30", None),
        (
            "2024-09-30",
            "no model was champion on 2024-06-30: version 3 scored, the first one after, trained at 2024-09-30",
        ),
    ],
)
def test_release_says_that_its_model_is_younger(tmp_path, trained_at, note):
    model = MODEL.model_copy(update={"model_as_of": trained_at})
    release = ReleaseMetadata("tiny", AS_OF, "r1", "en")
    files = write_listing(tmp_path, Listing(LONGTAIL, rows_of(["0007"]), FUNNEL, model), release)
    about = {row[0]: row[1] for row in open_book(tmp_path)["About"].iter_rows(values_only=True) if row[0]}
    assert (about["Model trained at"], about.get("Note")) == (trained_at, note)
    manifest = Manifest(
        as_of=AS_OF,
        release_id="r1",
        created_at=datetime(2024, 7, 2, tzinfo=UTC),
        bank="tiny",
        language="en",
        funnels={},
        files=tuple(files),
    )
    assert [file.model_as_of for file in manifest.files] == [trained_at] * 3
    assert younger_models(manifest) == ([f"longtail: {note}"] if note else [])


def test_headings_and_about_sheet_are_chinese_in_chinese(tmp_path):
    write(tmp_path, rows_of(["0007"]), "zh")
    assert read_csv(tmp_path)[0][:6] == ["排名", "客户号", "所属支行", "客户经理", "营销场景", "预测概率"]
    assert open_book(tmp_path).sheetnames == ["名单", "说明"]
    assert open_book(tmp_path)["说明"]["A1"].value == "长尾客户提级"
    assert pq.read_schema(tmp_path / "lists" / "longtail.parquet").names == list(LISTS.columns)


HOSTILE = [
    "=1+1",
    "@x",
    "+1",
    "-1",
    "\t=1",
    "'=1",
    "＝1+1",
    " =1",
    "=HYPERLINK(A1)",
    "http://x.y",
    "0012",
    "1E5",
    "名😀",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_workbook_keeps_every_text_as_text(tmp_path, text):
    write(tmp_path, rows_of(["C1"], branch=text, reasons=[text]))
    sheet = open_book(tmp_path)["List"]
    for cell in (sheet["C2"], sheet["H2"]):
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
        assert cell.quotePrefix == 1


def test_csv_escapes_formulas(tmp_path):
    write(tmp_path, rows_of(HOSTILE, branch="=1+1", reasons=["@SUM(A1)"]))
    for line in read_csv(tmp_path)[1:]:
        for cell in line:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "＝"))


@pytest.mark.parametrize("text", HOSTILE)
def test_unescape_formula_restores_the_text(text):
    escaped = escape_formula(text)
    assert (escaped[1:] if escaped.startswith("'") else escaped) == text


def test_very_long_text_is_kept_whole(tmp_path):
    write(tmp_path, rows_of(["C1"], branch="长" * 5000))
    assert open_book(tmp_path)["List"]["C2"].value == "长" * 5000
    assert read_csv(tmp_path)[1][2] == "长" * 5000


def test_same_list_gives_same_bytes(tmp_path):
    first, second = (write(tmp_path, rows_of(["0007", "C2"])) for _ in range(2))
    assert [file.sha256 for file in first] == [file.sha256 for file in second]
