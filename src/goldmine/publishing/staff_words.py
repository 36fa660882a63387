"""What staff read in a workbook instead of codes: names of branches and staff, titles of campaigns and use cases."""

from collections import Counter
from datetime import date

import pyarrow as pa

from goldmine.campaigns.load import load_campaigns
from goldmine.contract.display_names import DisplayNames
from goldmine.core.i18n import in_language
from goldmine.labels.use_case import readable_use_cases


def in_staff_words(rows: pa.Table, names: DisplayNames, language: str, as_of: date) -> pa.Table:
    """The rows of a workbook with names beside numbers, and titles for the codes of campaigns and use cases.

    A code without a title of its own stays.
    """
    rows = names.in_table(rows, language)
    if "campaign_id" in rows.column_names:
        rows = _with_titles(rows, "campaign_id", campaign_titles(language, as_of))
    if "use_case" in rows.column_names:
        rows = _with_titles(rows, "use_case", use_case_titles(language))
    return rows


def use_case_titles(language: str) -> dict[str, str]:
    """Titles of the use cases by their names."""
    return {name: str(in_language(case.title, language)) for name, case in readable_use_cases().items()}


def campaign_titles(language: str, as_of: date) -> dict[str, str]:
    """Titles of the campaigns by their codes; those at a snapshot, and not one that two campaigns share."""
    titles = {campaign.campaign_id: str(in_language(campaign.title, language)) for campaign in load_campaigns(as_of)}
    times = Counter(titles.values())
    return {name: title for name, title in titles.items() if times[title] == 1}


def _with_titles(rows: pa.Table, name: str, titles: dict[str, str]) -> pa.Table:
    shown = [titles.get(code, code) for code in rows[name].to_pylist()]
    return rows.set_column(rows.column_names.index(name), name, pa.array(shown, pa.string()))
