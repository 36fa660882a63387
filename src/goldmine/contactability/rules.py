"""Who may not stand on a list, whatever the model says: the rules, in the order in which they are counted."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from goldmine.contactability.tables import Books
from goldmine.contract.tables import PRODUCT_RISKS, RISK_GRADES

ADULT_YEARS = 18
ASSESSMENT_MONTHS = 12
"""Months for which a risk assessment is in date."""


@dataclass(frozen=True)
class Rule:
    """One reason to keep customers off a list.

    Parameters
    ----------
    name, en, zh : str
        Its code name, and who leaves by it in English and Chinese.
    needs : tuple of str
        Columns (``table.column``) without which it cannot be applied.
    out : callable
        From the books to a table with one column, `customer_id`: those who leave.
    stage : str
        Stage of the funnel: ``eligible``, ``consent``, or ``suitability``, which is for wealth products only.
    """

    name: str
    en: str
    zh: str
    needs: tuple[str, ...]
    out: Callable[[Books], ibis.Table]
    stage: str = "eligible"

    def missing(self, books: Books) -> tuple[str, ...]:
        """Which of the columns it needs the bank does not have."""
        return tuple(need for need in self.needs if not books.has(*need.split(".")))


def _closed(books: Books) -> ibis.Table:
    customers = books.table("customers")
    return customers.filter(customers.closed_on.notnull()).select("customer_id")


def _merged(books: Books) -> ibis.Table:
    customers = books.table("customers")
    return customers.filter(customers.merged_into.notnull()).select("customer_id")


def _opted_out(books: Books) -> ibis.Table:
    customers = books.table("customers")
    return books.with_survivors(customers.filter(~customers.marketing_consent))


def _refused(books: Books) -> ibis.Table:
    contacts = books.table("contacts")
    return books.with_survivors(contacts.filter(contacts.answer == "opt_out"))


def _staff(books: Books) -> ibis.Table:
    staff = books.table("staff")
    serving = staff.left_on.isnull() | (staff.left_on > books.as_of)
    return books.with_survivors(staff.filter(staff.customer_id.notnull() & serving))


def _minor(books: Books) -> ibis.Table:
    customers = books.table("customers")
    return customers.filter(customers.birth_date > _years_before(books, ADULT_YEARS)).select("customer_id")


def _age_unknown(books: Books) -> ibis.Table:
    customers = books.table("customers")
    return customers.filter(customers.birth_date.isnull()).select("customer_id")


def _not_assessed(books: Books) -> ibis.Table:
    customers = books.table("customers")
    known = customers.risk_grade.isin(RISK_GRADES).fill_null(False)
    return customers.filter(~known).select("customer_id")


def _assessment_old(books: Books) -> ibis.Table:
    customers = books.table("customers")
    oldest = ibis.literal(books.as_of) - ibis.interval(months=ASSESSMENT_MONTHS)
    # Up to the books' last day, not the snapshot's: an assessment renewed since counts, one dated later is wrong.
    in_date = (customers.risk_grade_on > oldest) & (customers.risk_grade_on <= books.bank.data_until)
    return customers.filter(~in_date.fill_null(False)).select("customer_id")


def _unsuited(books: Books) -> ibis.Table:
    customers, products = books.table("customers"), books.table("products")
    offered = products.filter((products.product_class == "wealth") & products.risk_grade.isin(PRODUCT_RISKS))
    lowest = offered.risk_grade.substr(1).cast("int64").min().as_scalar()
    grade = customers.risk_grade.substr(1).try_cast("int64")
    # No graded product leaves `lowest` empty: then nothing is known to suit anybody.
    return customers.filter(~(grade >= lowest).fill_null(False)).select("customer_id")


def _years_before(books: Books, years: int) -> ibis.Value:
    return ibis.literal(books.as_of) - ibis.interval(years=years)


def _on_ledger(*reasons: str) -> Callable[[Books], ibis.Table]:
    """Who stands on the ledger for one of some reasons, for every channel: all rows that are not over."""

    def out(books: Books) -> ibis.Table:
        rows = open_rows(books)
        return books.with_survivors(rows.filter(rows.reason.isin(reasons) & rows.channel.isnull()))

    return out


def _suppressed(books: Books) -> ibis.Table:
    rows = open_rows(books)
    return books.with_survivors(rows.filter(rows.channel.isnull()))


def open_rows(books: Books) -> ibis.Table:
    """Rows of the ledger that are not over at the snapshot; those that begin later count too."""
    rows = books.table("suppressions")
    return rows.filter(rows.to_on.isnull() | (rows.to_on >= books.as_of))


_LEDGER = ("suppressions.reason",)
_SUIT = "suitability"

RULES = (
    Rule("closed", "has left the books", "已销户", ("customers.closed_on",), _closed),
    Rule("merged", "merged into another customer number", "已并入其他客户号", ("customers.merged_into",), _merged),
    Rule("deceased", "has died", "已故", _LEDGER, _on_ledger("deceased")),
    Rule("frozen", "frozen by order", "账户冻结", _LEDGER, _on_ledger("frozen")),
    Rule("staff", "own staff", "本行员工", ("staff.customer_id",), _staff),
    Rule("minor", "under 18", "未满18周岁", ("customers.birth_date",), _minor),
    Rule(
        "opted_out",
        "opted out of automated marketing (PIPL art. 24)",
        "已拒绝自动化营销(个保法第24条)",
        ("customers.marketing_consent",),
        _opted_out,
        "consent",
    ),
    Rule("refused", "asked not to be contacted again", "回访中要求不再联系", ("contacts.answer",), _refused, "consent"),
    Rule("complained", "has complained", "投诉未了结", _LEDGER, _on_ledger("complaint"), "consent"),
    Rule(
        "disputed",
        "under litigation or debt collection",
        "涉诉或处于催收",
        _LEDGER,
        _on_ledger("litigation", "debt_collection"),
        "consent",
    ),
    Rule(
        "suppressed",
        "on the ledger of those not to be contacted",
        "在禁止营销台账内",
        ("suppressions.customer_id",),
        _suppressed,
        "consent",
    ),
    Rule("age_unknown", "age not known", "年龄不详", ("customers.birth_date",), _age_unknown, _SUIT),
    Rule("not_assessed", "no risk assessment", "未做风险测评", ("customers.risk_grade",), _not_assessed, _SUIT),
    Rule(
        "assessment_old",
        "risk assessment older than 12 months",
        "风险测评已过期(超过12个月)",
        ("customers.risk_grade_on",),
        _assessment_old,
        _SUIT,
    ),
    Rule(
        "unsuited",
        "risk grade below every wealth product's",
        "风险等级低于在售理财产品",
        ("customers.risk_grade", "products.risk_grade", "products.product_class"),
        _unsuited,
        _SUIT,
    ),
)


def rules_for(wealth_product: bool) -> tuple[Rule, ...]:
    """The rules of a list, in order; those of suitability only where it offers a wealth product."""
    return tuple(rule for rule in RULES if wealth_product or rule.stage != _SUIT)


CONTACT_RULES = tuple(rule for rule in RULES if rule.stage != _SUIT)
"""The rules of a campaign up to its suitability, which is judged offer by offer."""
