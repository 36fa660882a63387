"""The words of tiered maintenance in Chinese and English: headings, roles, reasons."""

ROLES = {
    "staff": ("staff", "员工"),
    "manager": ("customer manager", "客户经理"),
    "supervisor": ("business supervisor", "业务主管"),
    "branch_head": ("branch head", "支行长"),
    "department_head": ("department head", "部门总经理"),
    "leader": ("leadership", "领导班子"),
}
REASONS = {
    "kept": ("same owner", "维护人不变"),
    "new": ("first owner", "新纳入维护"),
    "level": ("level changed", "层级变动"),
    "branch": ("branch changed", "客户转支行"),
    "staff_left": ("owner left", "人员离岗"),
    "limit": ("owner over the limit", "超出管户上限"),
    "relieved": ("role above not needed any more", "上级岗位退出代管"),
}
HEADINGS = {
    "customer_id": ("customer", "客户号"),
    "branch_id": ("branch", "支行"),
    "level": ("level", "资产等级"),
    "aum": ("AUM, yuan", "月日均资产(元)"),
    "core": ("core customer", "核心客户"),
    "owner_id": ("owner", "维护人"),
    "owner_role": ("role", "岗位"),
    "previous_id": ("owner before", "原维护人"),
    "reason": ("reason", "变动原因"),
    "since": ("owner since", "维护起始日"),
    "last_contact_on": ("last contact", "上次联系日"),
    "due_on": ("contact due on", "应联系日"),
    "overdue_days": ("days overdue", "逾期天数"),
    "staff_id": ("person", "员工号"),
    "role": ("role", "岗位"),
    "max_customers": ("most customers", "管户上限"),
    "customers": ("customers", "管户数"),
    "overdue": ("overdue", "逾期未联系户数"),
    "min_aum": ("from, yuan", "资产起点(元)"),
    "above": ("with a role above", "由上级岗位代管户数"),
    "nobody": ("without an owner", "无人维护户数"),
}
SHEETS = {
    "overdue": ("Overdue", "逾期未联系"),
    "handover": ("Hand-over", "离岗交接"),
    "moves": ("Moves", "维护人变动"),
    "loads": ("Load", "管户情况"),
    "shortage": ("Shortage", "人手缺口"),
}


SHORTAGE = {
    "en": "too few people: {above:,} customers go to a role above, {nobody:,} have nobody; most at branch {at}",
    "zh": "人手不足:{above:,}户由上级岗位代管,{nobody:,}户无人维护;缺口最大的是{at}",
}
"""Said beside an assignment where the roles of a tier have nobody, or no room."""


def word(words: dict[str, tuple[str, str]], name: str, language: str) -> str:
    """A name in words; one that has none stays as it is."""
    en, zh = words.get(name, (name, name))
    return zh if language == "zh" else en
