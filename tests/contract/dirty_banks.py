"""Banks of different make, dirty as real books are, made from one sample bank."""

import sqlite3
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from goldmine.sample import write_bank

CLASSES = {"demand": "活期", "time": "定期", "wealth": "理财", "loan": "贷款", "other": "其他"}
SEXES = {"F": "女", "M": "男"}
KINDS = {
    "salary": "代发工资",
    "pension": "养老金",
    "subsidy": "财政补贴",
    "transfer": "转账",
    "cash": "现金",
    "purchase": "消费",
    "merchant": "商户收款",
    "utility": "缴费",
    "investment": "理财购买",
    "loan": "贷款归还",
    "interest": "结息",
    "fee": "手续费",
}
CHANNELS = {
    "counter": "柜面",
    "atm": "自助设备",
    "pos": "POS机",
    "mobile": "手机银行",
    "online": "网上银行",
    "third_party": "支付宝",
    "batch": "批量",
}
CONTACT = {"call": "电话", "visit": "上门", "sms": "短信", "app": "手机银行", "counter": "柜面", "wechat": "企业微信"}
ANSWERS = {
    "yes": "愿意",
    "bought": "已办理",
    "no": "不愿意",
    "later": "再联系",
    "not_reached": "未接通",
    "opt_out": "拒绝营销",
}
REASONS = {"do_not_call": "免打扰", "complaint": "投诉", "opted_out": "拒绝营销", "deceased": "身故", "frozen": "冻结"}
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def sample(folder: Path, customers: int) -> dict[str, pd.DataFrame]:
    """Tables of a sample bank of 14 months, all as texts and dates."""
    write_bank(folder, customers=customers, months=14, seed=1, end=date(2024, 6, 30))
    tables = {}
    for path in sorted(folder.iterdir()):
        files = f"{path}/*.parquet" if path.is_dir() else str(path)
        if path.suffix == ".parquet" or path.name in ("balances", "transactions"):
            tables[path.stem] = duckdb.sql(f"SELECT * FROM '{files}'").df()
    return tables


def days(values: pd.Series, form: str) -> pd.Series:
    """Dates as texts of a form."""
    return pd.to_datetime(values).dt.strftime(form)


def core_dump(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """A core system's dump: CSV in GB18030, Chinese headings, fen, padded numbers, no customer in the flow."""
    customers, accounts = tables["customers"], tables["accounts"]
    flow, held = tables["transactions"], tables["balances"]
    frames = {
        "客户信息表": pd.DataFrame(
            {
                "核心客户号": customers.customer_id.str.ljust(20),
                "客户姓名": customers.name,
                "性别": customers.gender.map(SEXES),
                "出生日期": days(customers.birth_date, "%Y%m%d"),
                "开户日期": days(customers.opened_on, "%Y%m%d"),
                "销户日期": days(customers.closed_on, "%Y%m%d").fillna("99991231"),
                "所属机构": customers.branch_id,
                "客户经理": customers.manager_id.fillna("NULL"),
                "手机号码": customers.phone.str.translate(WIDE),
                "风险等级": customers.risk_grade,
                "是否同意营销": customers.marketing_consent.map({True: "是", False: "否"}),
                "更新柜员": "SYS001",
            }
        ),
        "账户主档": pd.DataFrame(
            {
                "账号": accounts.account_id,
                "客户号": accounts.customer_id.str.ljust(20),
                "业务种类": accounts.product_class.map(CLASSES),
                "开户日期": days(accounts.opened_on, "%Y%m%d"),
                "销户日期": days(accounts.closed_on, "%Y%m%d"),
            }
        ),
        "交易流水_202406": pd.DataFrame(
            {
                "流水号": flow.transaction_id,
                "账号": flow.account_id.where(flow.account_id.notna(), flow.customer_id.map(first_account(accounts))),
                "交易日期": days(flow.time, "%Y%m%d%H%M%S"),
                "交易金额(分)": (flow.amount.astype(float) * 100).round().astype(int).astype(str),
                "借贷标志": flow.direction.map({"in": "贷", "out": "借"}),
                "渠道": flow.channel.replace(CHANNELS),
                "摘要": flow.kind.map(KINDS),
            }
        ).dropna(subset=["账号"]),
        "月末余额": pd.DataFrame(
            {
                "客户号": held.customer_id,
                "数据日期": days(held.month_end, "%Y%m%d"),
                "产品类别": held.product_class.map(CLASSES),
                "余额": held.balance.map(lambda yuan: f"{yuan:,.2f}"),
                "月日均": held.average_daily_balance.map(lambda yuan: f"{yuan:,.2f}"),
            }
        ),
        "免打扰名单": pd.DataFrame(
            {
                "客户号": tables["suppressions"].customer_id.str.ljust(20),
                "原因": tables["suppressions"].reason.map(REASONS),
                "生效日期": days(tables["suppressions"].start_date, "%Y%m%d"),
                "失效日期": "99991231",
            }
        ),
    }
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, encoding="gb18030")


def first_account(accounts: pd.DataFrame) -> pd.Series:
    """An account of each customer."""
    return accounts.drop_duplicates("customer_id").set_index("customer_id").account_id


def excel_exports(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Excel workbooks: an index column, a title above the headings, dates as numbers of days, thousands, NULL."""
    folder.mkdir(parents=True)
    customers, flow = tables["customers"], tables["transactions"]
    with pd.ExcelWriter(folder / "客户及账户.xlsx") as book:
        pd.DataFrame(
            {
                "客户编号": customers.customer_id,
                "姓名": customers.name,
                "性别": customers.gender.map(SEXES),
                "生日": serial(customers.birth_date),
                "开户日期": serial(customers.opened_on),
                "归属网点": customers.branch_id,
                "职业": customers.identity.map({"farmer": "农户", "worker": "工人", "student": "学生"}).fillna("NULL"),
                "备注": "",
            }
        ).to_excel(book, sheet_name="客户", startrow=1, index=False)
        book.sheets["客户"].write(0, 0, "客户清单(内部资料)")
        pd.DataFrame(
            {
                "账号": tables["accounts"].account_id,
                "客户编号": tables["accounts"].customer_id,
                "账户类型": tables["accounts"].product_class.map(CLASSES),
                "开户日": pd.to_datetime(tables["accounts"].opened_on),
            }
        ).to_excel(book, sheet_name="账户", index=False)
    for month, rows in flow.groupby(flow.time.dt.strftime("%Y%m")):
        pd.DataFrame(
            {
                "交易流水号": rows.transaction_id,
                "客户编号": rows.customer_id,
                "交易时间": rows.time.dt.strftime("%Y/%m/%d %H:%M:%S"),
                "交易金额(元)": rows.amount.map(lambda yuan: f"{yuan:,.2f}"),
                "收支": rows.direction.map({"in": "收入", "out": "支出"}),
                "交易渠道": rows.channel.replace(CHANNELS),
                "交易类型": rows.kind.map(KINDS),
            }
        ).to_excel(folder / f"交易明细{month}.xlsx")
    with pd.ExcelWriter(folder / "余额.xlsx") as book:
        held = tables["balances"]
        pd.DataFrame(
            {
                "客户编号": held.customer_id,
                "月末日期": pd.to_datetime(held.month_end),
                "产品类型": held.product_class.map(CLASSES),
                "月末余额": held.balance.astype(float),
                "日均余额": held.average_daily_balance.astype(float),
            }
        ).to_excel(book, sheet_name="Sheet1", index=False)


def serial(values: pd.Series) -> pd.Series:
    """Dates as Excel's numbers of days."""
    return (pd.to_datetime(values) - pd.Timestamp("1899-12-30")).dt.days.astype("Int64")


def sqlite_file(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """One SQLite file with English names, dates as whole numbers and full-width digits."""
    folder.mkdir(parents=True)
    customers, flow, contacts = tables["customers"], tables["transactions"], tables["contacts"]
    held = tables["balances"]
    frames = {
        "t_cust_info": pd.DataFrame(
            {
                "cust_no": customers.customer_id,
                "cust_name": customers.name,
                "sex": customers.gender.map({"F": "2", "M": "1"}),
                "dob": days(customers.birth_date, "%Y%m%d").astype("Int64"),
                "open_dt": days(customers.opened_on, "%Y%m%d").astype("Int64"),
                "branch_no": customers.branch_id,
                "tel": customers.phone.str.translate(WIDE),
                "etl_ts": "2024-07-01 02:00:00",
            }
        ),
        "t_txn": pd.DataFrame(
            {
                "txn_id": flow.transaction_id,
                "cust_no": flow.customer_id + "   ",
                "acct_no": flow.account_id,
                "txn_time": flow.time.dt.strftime("%Y-%m-%d %H:%M:%S"),
                "amt": flow.amount.astype(float),
                "dc_flag": flow.direction.map({"in": "C", "out": "D"}),
                "chnl": flow.channel.replace(CHANNELS),
                "txn_type": flow.kind.map(KINDS),
            }
        ),
        "t_bal": pd.DataFrame(
            {
                "cust_no": held.customer_id,
                "month_end": days(held.month_end, "%Y%m%d").astype(int),
                "prod_type": held.product_class.map(CLASSES),
                "bal": held.balance.astype(float),
                "avg_bal": held.average_daily_balance.astype(float),
            }
        ),
        "campaign_contact": pd.DataFrame(
            {
                "campaign_no": contacts.campaign_id,
                "cust_no": contacts.customer_id,
                "contact_date": days(contacts.contacted_on, "%Y/%m/%d"),
                "contact_channel": contacts.channel.map(CONTACT),
                "response": contacts.answer.map(ANSWERS),
            }
        ),
        "etl_log": pd.DataFrame({"job": ["load"], "status": ["ok"]}),
    }
    with sqlite3.connect(folder / "mart.db") as connection:
        for name, frame in frames.items():
            frame.to_sql(name, connection, index=False)
    connection.close()


def parquet_lake(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """A lake by month folders, typed and with pinyin names; each month has all customers and its own flow."""
    customers, flow, held = tables["customers"], tables["transactions"], tables["balances"]
    for month, rows in flow.groupby(flow.time.dt.strftime("%Y-%m")):
        place = folder / f"dt={month}"
        place.mkdir(parents=True)
        known = customers[pd.to_datetime(customers.opened_on) <= pd.Period(month).end_time]
        pd.DataFrame(
            {
                "khh": known.customer_id,
                "khmc": known.name,
                "xb": known.gender.map(SEXES),
                "csrq": days(known.birth_date, "%Y%m%d"),
                "khrq": pd.to_datetime(known.opened_on),
                "jgh": known.branch_id,
                "khjl": known.manager_id,
                "load_id": range(len(known)),
            }
        ).to_parquet(place / "ods_khxx.parquet", index=False)
        pd.DataFrame(
            {
                "lsh": rows.transaction_id,
                "khh": rows.customer_id,
                "jysj": rows.time,
                "jyje": rows.amount.astype(float),
                "jdbz": rows.direction.map({"in": "贷方", "out": "借方"}),
                "jyqd": rows.channel.replace(CHANNELS),
                "zy": rows.kind.map(KINDS),
            }
        ).to_parquet(place / "ods_jyls.parquet", index=False)
        then = held[pd.to_datetime(held.month_end).dt.strftime("%Y-%m") == month]
        pd.DataFrame(
            {
                "khh": then.customer_id,
                "sjrq": days(then.month_end, "%Y%m%d"),
                "cplb": then.product_class.map(CLASSES),
                "ye": (then.balance.astype(float) * 100).round().astype("int64"),
                "rjye": (then.average_daily_balance.astype(float) * 100).round().astype("int64"),
            }
        ).to_parquet(place / "ods_khye.parquet", index=False)


MAKERS = {"core": core_dump, "excel": excel_exports, "sqlite": sqlite_file, "lake": parquet_lake}
