"""Roll calls that village committees sign, the reasons behind each limit, and the progress of all villages."""

from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.core.excel import NotesSheet, workbook
from goldmine.core.file_names import file_names
from goldmine.core.files import whole_file
from goldmine.core.i18n import LocalizedText, _, in_language, join_texts, pgettext
from goldmine.grid.village_credit import ON_ROLL, VillageCredit
from goldmine.grid.village_rules import LimitRule, Part, VillageRules
from goldmine.grid.workbook import Sheets, write_sheets

_PARTS: dict[Part, LocalizedText] = {
    "deposits": pgettext("part", "average deposits"),
    "land_mu": pgettext("part", "mu of land"),
    "tax": pgettext("part", "a year's tax"),
    "provident_fund": pgettext("part", "a year's provident fund"),
    "property": pgettext("part", "property"),
}
_ROLL = (
    "number",
    "head_name",
    "members",
    "rating",
    "business_limit",
    "consumption_limit",
    "head_signs",
    "committee_says",
)
_REASONS = (
    *("number", "household_head_id", "rating", "limit_status", "business_limit", "consumption_limit"),
    *("business_why", "consumption_why"),
)
_OFF = ("household_head_id", "members", "rating", "limit_status")
_PROGRESS = (
    *("branch_id", "grid_id", "grid_name", "households", "banked_households", "rated_households", "listed_households"),
    *("waiting_households", "refused_households", "borrowers", "limits_yuan", "credit_cap", "cap_used"),
)


def limit_in_words(row: "pd.Series[object]", rule: LimitRule, kind: str, rules: VillageRules) -> LocalizedText:
    """How a limit was worked out, to the yuan: the parts, the ratings' factors, what bounds it.

    Parameters
    ----------
    kind : str
        ``business`` or ``consumption``.
    """
    parts = [
        _("{amount} {part} × {multiple}", amount=f"{row[name]:,.2f}", part=_PARTS[name], multiple=f"{multiple:.10g}")
        for name, multiple in rule.parts.items()
        if row[name]
    ]
    if not parts:
        return _("nothing to work it out from")
    text = _("({parts}) × {rating} for the rating × {village} for the village", parts=join_texts(parts, " + "),
             rating=f"{row['rating_factor']:g}", village=f"{row['village_factor']:g}")  # fmt: skip
    text = _("{sum}; from {least} to {most}, with what is owed ({owed}) at most {all}, in steps of {step}", sum=text,
             least=f"{rule.min:,}", most=f"{rule.max:,}", owed=f"{row['owed']:,.2f}", all=f"{rules.household_max:,}",
             step=f"{rules.round_to:,}")  # fmt: skip
    granted, worked_out = row[f"{kind}_limit"], row[kind]
    if granted != worked_out:
        return _("{sum}: {amount}, of which the village's cap leaves {granted}", sum=text, amount=f"{worked_out:,.0f}",
                 granted=f"{granted:,.0f}")  # fmt: skip
    return _("{sum}: {amount}", sum=text, amount=f"{worked_out:,.0f}")


def write_villages(folder: Path, credit: VillageCredit, as_of: date, rules: VillageRules, language: str) -> list[Path]:
    """A workbook a village (roll call, reasons, who must not be on it), and one of all villages' progress."""
    names = credit.names.by_table.get("grids", {})
    progress = credit.villages.assign(grid_name=credit.villages["grid_id"].map(names))
    look = (credit.names, language)
    title = _("Whole-village credit")
    written = [write_sheets(folder / "all villages.xlsx", title, as_of, {_("Progress"): (progress, _PROGRESS)}, look)]
    rows = credit.households.rename(columns={"head_id": "household_head_id", "rating": "rating"})
    files = file_names(credit.villages["grid_id"])
    for grid, own in rows[rows["grid_id"].isin(list(files))].groupby("grid_id", sort=True):
        on_roll = own[own["limit_status"].isin(ON_ROLL[:2])].reset_index(drop=True)
        on_roll = on_roll.assign(number=range(1, len(on_roll) + 1))
        for kind, rule in (("business", rules.business), ("consumption", rules.consumption)):
            words = [limit_in_words(row, rule, kind, rules).to(language) for _place, row in on_roll.iterrows()]
            on_roll[f"{kind}_why"] = words
        sheets: Sheets = {
            _("Roll call"): (on_roll, _ROLL),
            _("How each limit came about"): (on_roll, _REASONS),
            _("Not on the roll"): (own[~own["limit_status"].isin(ON_ROLL[:2])], _OFF),
        }
        heading = _("Whole-village credit: {village}", village=names.get(str(grid), str(grid)))
        written.append(write_sheets(folder / f"{files[str(grid)]}.xlsx", heading, as_of, sheets, look))
        written.append(_signatures(folder / f"{files[str(grid)]} signatures.xlsx", heading, as_of, on_roll, language))
    return written


def _signatures(path: Path, heading: LocalizedText, as_of: date, roll: pd.DataFrame, language: str) -> Path:
    """The page that the committee signs: how many households, the sums, and lines for three members and the day."""

    def word(text: LocalizedText) -> str:
        return str(in_language(text, language))

    with whole_file(path) as temporary, workbook(temporary, word(heading), as_of, language) as book:
        sheet = NotesSheet(book, word(_("Signatures")), (44, 28))
        sheet.row((word(heading), "title"))
        sheet.row((word(_("As of")), "text"), (as_of, "day"))
        sheet.row((word(_("Households on the roll")), "text"), (len(roll), "count"))
        for name, text in (
            ("business_limit", _("Business limits, yuan")),
            ("consumption_limit", _("Consumption limits, yuan")),
        ):
            sheet.row((word(text), "text"), (float(roll[name].sum()), "money"))
        sheet.skip()
        sheet.row((word(_("Limits are proposals. The bank decides on every loan when it is asked for.")), "text"))
        sheet.skip()
        for _line in range(3):
            sheet.row((word(_("Committee member, signature and day:")), "text"), ("________________", "text"))
            sheet.skip()
        sheet.row((word(_("Customer manager, signature and day:")), "text"), ("________________", "text"))
    return path
