"""Limits by age band, gender and village: who gets one, how much, and whether a group falls below four fifths.

Gender enters no rule or model of credit. Age enters only as the limits min_age and max_age, and village only as a cap
in group_caps. Here the three are read to see how the rules fall on people. A group below the line is a question to
answer, not a proof: the table says its most frequent reason.
"""

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import columns
from goldmine.core.engine import parquet_rows
from goldmine.core.errors import UseCaseError
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import Workspace
from goldmine.credit.exclusions import REFUSALS
from goldmine.credit.limits import limits_path, people_on_books
from goldmine.credit.rules import CreditRules

MIN_GROUP = 30
"""Customers of the smallest group that is compared: fewer say nothing, and might be recognised."""
COLUMNS = (
    *("credit_product", "compared_by", "group_name", "asked_about", "with_limit", "approval"),
    *("mean_limit", "four_fifths", "main_refusal"),
)
_BANDS = (
    "CASE WHEN age < 35 THEN 'young' WHEN age < 50 THEN 'middle' WHEN age < 60 THEN 'mature' "
    "WHEN age >= 60 THEN 'senior' END"
)


def fairness_table(bank: Bank, work: Workspace, as_of: date) -> pd.DataFrame:
    """A row a product and group with at least `MIN_GROUP` customers.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: of the customers with a row in the table of limits how many have one, their share, the mean limit,
        the share over that of the best group of the product and trait (empty where no group has one), and the code of
        the most frequent refusal.

    Raises
    ------
    UseCaseError
        If the limits of the month end were not worked out.
    """
    path = limits_path(work, as_of)
    if not path.exists():
        raise UseCaseError(_("credit: there are no limits at {day}.", day=as_of), _("Run goldmine credit limits."))
    tables = ContactTables.open(bank, work, as_of)
    people_on_books(tables)
    customers = ibis.to_sql(tables.table("customers").select("customer_id", "gender"), dialect="duckdb")
    age = f"datediff('year', birth_date, DATE '{as_of}') - (strftime(birth_date, '%m%d') > '{as_of:%m%d}')::INTEGER"
    rows = f"""
        SELECT l.credit_product, l.refusal, l.limit_amount::DOUBLE AS limit_amount,
            unnest([{{'by': 'age', 'name': {_BANDS}}}, {{'by': 'gender', 'name': gender}},
                {{'by': 'village', 'name': l.grid_id}}]) AS trait
        FROM {parquet_rows([path])} AS l
        JOIN (SELECT customer_id, {age} AS age FROM credit_people) USING (customer_id)
        JOIN ({customers}) AS c USING (customer_id)"""
    found = (
        tables.connection.con.execute(f"""
        SELECT credit_product, trait.by AS compared_by, trait.name AS group_name, count(*)::INTEGER AS asked_about,
            count(*) FILTER (refusal IS NULL)::INTEGER AS with_limit,
            count(*) FILTER (refusal IS NULL) / count(*) AS approval,
            coalesce(avg(limit_amount) FILTER (refusal IS NULL), 0) AS mean_limit,
            mode(refusal ORDER BY refusal) AS main_refusal
        FROM ({rows}) WHERE trait.name IS NOT NULL GROUP BY ALL HAVING count(*) >= {MIN_GROUP} ORDER BY ALL
    """)
        .to_arrow_table()
        .to_pandas()
    )
    best = found.groupby(["credit_product", "compared_by"])["approval"].transform("max")
    # Where nobody of any group has a limit there is nothing to compare.
    found["four_fifths"] = (found["approval"] / best).where(best > 0)
    return found[list(COLUMNS)]


def write_fairness(
    work: Workspace, rows: pd.DataFrame, rules: CreditRules, look: tuple[DisplayNames, str], *, as_of: date
) -> Path:
    """Write the comparison as a workbook, with words for codes; it holds counts and no customer.

    Parameters
    ----------
    look : tuple of DisplayNames and str
        Names of villages, and the language.
    """
    names, language = look
    titles = {name: str(in_language(product.title, language)) for name, product in rules.products.items()}
    reasons = {name: str(in_language(text, language)) for name, text in REFUSALS.items()}
    layout = columns(COLUMNS)
    ages = columns(["age"])[0]
    shown = rows.assign(
        credit_product=rows["credit_product"].replace(titles),
        main_refusal=rows["main_refusal"].replace(reasons),
        group_name=names.of_table("grids", ages.in_words(rows["group_name"], language), language),
    )
    words = {one.name: one.in_words(shown[one.name], language) for one in layout if one.words}
    path = work.root / "credit" / str(as_of) / "fairness.xlsx"
    title = str(in_language(_("Limits by group"), language))
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        write_table(
            book, title, pa.Table.from_pandas(shown.assign(**words), preserve_index=False), layout, language=language
        )
    return path
