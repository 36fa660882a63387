"""Lists worked from beside the releases: the same rules on who may be contacted, a workbook and a Parquet each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from goldmine.contactability import ContactTables, Permissions, may_contact
from goldmine.contract.bank import Bank
from goldmine.core.excel import HEAD, INSIDE
from goldmine.core.files import whole_file
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace

HEADINGS = {
    "customer_id": ("customer", "客户号"),
    "branch_id": ("branch", "所属支行"),
    "manager_id": ("customer manager", "客户经理"),
    "level": ("level", "等级"),
    "direction": ("direction", "方向"),
    "step": ("step, yuan", "临界线(元)"),
    "aum_avg": ("average daily AUM, yuan", "月日均(元)"),
    "to_step": ("yuan to the step", "距临界线(元)"),
    "probability": ("probability", "概率"),
    "ranked_by": ("ranked by", "排序依据"),
    "peak_balance": ("most held within a year, yuan", "近一年最高持有(元)"),
    "peak_month": ("month it was held", "持有月份"),
    "outflow_amount": ("what has gone, yuan", "已流失金额(元)"),
    "outflow_month": ("month it had gone", "流失月份"),
    "outflow_counterparty": ("where most of it went", "主要去向"),
    "outflow_type": ("as what", "去向类型"),
    "outflow_share": ("share of what was paid out", "占流出比例"),
    "expected_yuan": ("expected to come back, yuan", "预计可挽回金额(元)"),
    "age": ("age", "年龄段"),
    "kind": ("main kind of transaction", "主要交易类型"),
}
"""What people read over each column, in English and Chinese."""

_SHARES = ("probability", "outflow_share")

_OTHER = {"other": ("others together", "其他合并")}
WORDS = {
    "direction": {"up": ("may move up", "有望提级"), "down": ("may move down", "有降级风险")},
    "ranked_by": {"model": ("model", "模型"), "nearest": ("nearest first", "距临界线由近及远")},
    "kind": {
        "salary": ("salary", "代发工资"),
        "pension": ("pension", "养老金"),
        "subsidy": ("subsidies", "惠农补贴"),
        "merchant": ("shop takings", "商户收单"),
        "transfer": ("transfers in", "转账转入"),
        "cash": ("cash paid in", "现金存入"),
        "purchase": ("purchases", "消费"),
        "utility": ("utility bills", "生活缴费"),
        "none": ("no transaction in 90 days", "90天无交易"),
        **_OTHER,
    },
    "age": {
        "minor": ("under 18", "未成年"),
        "young": ("18 to 34", "青年"),
        "middle": ("35 to 49", "中年"),
        "mature": ("50 to 59", "中老年"),
        "senior": ("60 and older", "老年"),
        **_OTHER,
    },
    "outflow_type": {
        "transfer": ("transfer", "转账转出"),
        "cash": ("cash withdrawn", "现金支取"),
        "purchase": ("purchases", "消费支出"),
        "investment": ("investment", "理财购买"),
        "utility": ("utility bills", "生活缴费"),
        "loan": ("loan service", "贷款还款"),
        "fee": ("fee", "手续费"),
    },
}
"""What people read for the codes of a column, in English and Chinese; other codes stand as they are."""


@dataclass(frozen=True)
class Worklist:
    """One list on disk.

    Parameters
    ----------
    path : Path
        The workbook; a Parquet of the same name stands beside it.
    rows : int
        Customers on it.
    left_out : dict of str to int
        By rule, how many may not be contacted and were left out.
    """

    path: Path
    rows: int
    left_out: dict[str, int]


def write_worklist(
    bank: Bank,
    work: Workspace,
    as_of: date,
    rows: Mapping[str, pd.DataFrame],
    language: str,
    *,
    groups: pd.DataFrame | None = None,
) -> dict[str, Worklist]:
    """Write lists below ``<work>/worklists/<as_of>``, each without those who may not be contacted.

    Parameters
    ----------
    rows : mapping of str to pandas.DataFrame
        Rows of each list, by its name; customer_id and columns of `HEADINGS`.
    language : str
        ``en`` or ``zh``: of the workbooks' headings and words.
    groups : pandas.DataFrame, optional
        What the lists' customers were drawn from, with headings in words: a last sheet of each workbook.
    """
    contact_tables = ContactTables.open(bank, work, as_of)
    found = {}
    for name, given in rows.items():
        permitted = may_contact(contact_tables, set(given["customer_id"]), "on_request_list")
        kept = given[given["customer_id"].isin(permitted.allowed_customers)].reset_index(drop=True)
        path = work.root / "worklists" / str(as_of) / f"{name}.xlsx"
        with whole_file(path.with_suffix(".parquet")) as temporary:
            kept.to_parquet(temporary, index=False)
        found[name] = Worklist(path, len(kept), permitted.counts)
        _write_workbook(path, kept, _about(permitted, found[name], language), language, groups)
    return found


def _about(permitted: Permissions, worklist: Worklist, language: str) -> list[tuple[str, str | int]]:
    """What the second sheet says: whose, when, how many, and who was left out by which rule."""
    zh = language == "zh"
    head: list[tuple[str, str | int]] = [
        ("银行" if zh else "Bank", permitted.tables.bank.name),
        ("数据日期" if zh else "As of", str(permitted.tables.as_of)),
        ("名单客户数" if zh else "Customers on the list", worklist.rows),
    ]
    left = "剔除:" if zh else "left out: "
    names = {name: in_language(who, language) for name, (who, _stage) in permitted.rules.items()}
    return [*head, *((left + names[name], count) for name, count in worklist.left_out.items())]


def _write_workbook(
    path: Path, rows: pd.DataFrame, about: list[tuple[str, str | int]], language: str, groups: pd.DataFrame | None
) -> None:
    zh = int(language == "zh")
    words = {name: {code: word[zh] for code, word in codes.items()} for name, codes in WORDS.items()}
    shown = rows.replace({name: codes for name, codes in words.items() if name in rows})
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with (
        whole_file(path) as temporary,
        pd.ExcelWriter(temporary, engine="xlsxwriter", engine_kwargs={"options": options}) as book,
    ):
        name = "名单" if zh else "List"
        shown.to_excel(book, sheet_name=name, index=False, header=False, startrow=1)
        _lay_out(book, book.sheets[name], rows, language)
        pd.DataFrame(about).to_excel(book, sheet_name="说明" if zh else "About", index=False, header=False)
        book.sheets["说明" if zh else "About"].set_column(0, 1, 44)
        if groups is not None:
            _add_groups(book, "分组" if zh else "Groups", groups)


def _add_groups(book: pd.ExcelWriter, name: str, groups: pd.DataFrame) -> None:
    """A sheet of groups: shares below one as such, all other numbers whole."""
    groups.to_excel(book, sheet_name=name, index=False)
    whole, share = (book.book.add_format({"num_format": shown}) for shown in ("#,##0", "0.0%"))
    for place, column in enumerate(groups.columns):
        values = groups[column]
        number = pd.api.types.is_numeric_dtype(values)
        look = (share if values.max() <= 1 else whole) if number else None
        book.sheets[name].set_column(place, place, 22, look)
    book.sheets[name].freeze_panes(1, 0)


def _lay_out(book: pd.ExcelWriter, sheet: Any, rows: pd.DataFrame, language: str) -> None:
    """Headings, widths, how numbers are shown, and how the sheet is printed."""
    head = book.book.add_format({**HEAD, "text_wrap": True})
    shares, money = (book.book.add_format({"num_format": shown}) for shown in ("0.0%", "#,##0.00"))
    for place, name in enumerate(rows.columns):
        words = HEADINGS[name]
        sheet.write_string(0, place, words[int(language == "zh")], head)
        look = shares if name in _SHARES else money if "yuan" in words[0] else None
        sheet.set_column(place, place, 18 if look is money else 14, look)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows), 1), len(rows.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L&8{INSIDE[language]}&R&8&P / &N")
