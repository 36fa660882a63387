"""Who is refused whatever the amount: the first rule that holds for each customer."""

from calendar import monthrange
from datetime import date

import ibis

from goldmine.contactability.rules import RULES
from goldmine.contactability.tables import ContactTables
from goldmine.core.dates import month_end
from goldmine.core.i18n import LocalizedText, _
from goldmine.credit.rules import Checked, CreditRules

REFUSALS: dict[str, LocalizedText] = {
    "unchecked": _("arrears, litigation, staff or age cannot be checked: the bank's tables lack them"),
    "staff": _("own staff"),
    "deceased": _("has died"),
    "frozen": _("frozen by order"),
    "disputed": _("under litigation or debt collection"),
    "firm": _("a firm: limits of firms are not worked out here"),
    "age_unknown": _("age not known"),
    "age_outside": _("outside the ages of the rule"),
    "too_new": _("with the bank for too short a time"),
    "arrears": _("in arrears"),
    "arrears_before": _("was in arrears within the months of the rule"),
    "no_base": _("nothing to work a limit out from"),
    "risk_unknown": _("no model of risk is in use"),
    "risk": _("risk above the highest of the rule"),
    "too_small": _("less than the least amount, after what is owed and the caps"),
}
"""Why a customer gets no limit, in the order of checking; the last four are of a product."""
_FROM_CONTACT_RULES = ("staff", "deceased", "frozen", "disputed")


def missing_tables(tables: ContactTables, rules: CreditRules) -> tuple[Checked, ...]:
    """Tables and columns that the exclusions need, the bank lacks, and the rules do not excuse.

    Loans by month count as lacking where they hold no row of the snapshot's month, and without `loans`, which say whose
    they are: who is in arrears now is not known.
    """
    needs: dict[Checked, tuple[str, ...]] = {
        "birth_date": ("customers", "birth_date"),
        "staff": ("staff", "customer_id"),
        "suppressions": ("suppressions", "reason"),
        "loan_months": ("loan_months", "days_overdue"),
    }
    lacking = [name for name, need in needs.items() if not tables.has(*need)]
    if "loan_months" not in lacking and not (tables.has("loans") and _has_loans_of(tables, tables.as_of)):
        lacking.append("loan_months")
    return tuple(name for name in lacking if name not in rules.exclusions.may_be_unchecked)


def _has_loans_of(tables: ContactTables, day: date) -> bool:
    months = tables.table("loan_months")
    return bool(months.filter(months.month_end == day).limit(1).count().to_pyarrow().as_py())


def refused_customers(tables: ContactTables, rules: CreditRules, people: ibis.Table) -> ibis.Table:
    """The customers whom a rule refuses, with the first one: customer_id and refusal.

    Parameters
    ----------
    people : ibis.Table
        Surviving customers on the books: customer_id, kind, birth_date, opened_on.
    """
    if missing_tables(tables, rules):
        return people.select("customer_id", refusal=ibis.literal("unchecked"))
    given, day = rules.exclusions, tables.as_of
    parts = {
        rule.name: rule.query(tables) for rule in RULES if rule.name in _FROM_CONTACT_RULES and not rule.missing(tables)
    }
    parts["firm"] = people.filter(people.kind == "firm")
    if tables.has("customers", "birth_date"):
        parts["age_unknown"] = people.filter(people.birth_date.isnull())
        young, old = _birthday(day, given.min_age), _birthday(day, given.max_age + 1)
        parts["age_outside"] = people.filter((people.birth_date > young) | (people.birth_date <= old))
    since = month_end(day, -given.min_months)
    parts["too_new"] = people.filter((people.opened_on > since) | people.opened_on.isnull())
    parts |= in_arrears(tables, rules)
    names = list(REFUSALS)
    every = ibis.union(
        *(rows.select("customer_id", place=ibis.literal(names.index(name), "int64")) for name, rows in parts.items())
    )
    first = every.group_by("customer_id").agg(place=every.place.min())
    return first.select("customer_id", refusal=ibis.array(names)[first.place])


def _birthday(day: date, years: int) -> date:
    """Day of birth of who becomes so many years old on a day."""
    year = day.year - years
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def in_arrears(tables: ContactTables, rules: CreditRules) -> dict[str, ibis.Table]:
    """Whose loans are in arrears at the snapshot, and whose were within the months of the rule.

    A loan that runs and has no row of the snapshot's month is judged by its last one: arrears do not end unseen. One
    with yuan in arrears of which nobody says for how many days is in arrears now.
    """
    if not tables.has("loan_months", "days_overdue") or not tables.has("loans"):
        return {}
    given, day = rules.exclusions, tables.as_of
    loans = tables.under_survivors(tables.table("loans").select("loan_id", "customer_id", "closed_on"))
    months = tables.table("loan_months").select("loan_id", "month_end", "days_overdue", "overdue")
    seen = months.filter(months.month_end <= day).inner_join(loans, "loan_id")
    newest = seen.month_end.max().over(group_by="loan_id")
    last = seen.mutate(newest=newest).filter(lambda row: row.month_end == row.newest)
    running = last.closed_on.isnull() | (last.closed_on > day)
    late = (last.days_overdue > given.max_days_overdue).fill_null(last.overdue > 0)
    now = last.filter((last.month_end == day) | running, late)
    recent = seen.filter(seen.month_end > month_end(day, -given.arrears_months))
    before = recent.filter(recent.days_overdue > given.max_days_overdue_before)
    return {"arrears": now, "arrears_before": before}
