"""Head office's first sheet: each campaign's funnel, its statistical power, and the value of more capacity."""

from collections.abc import Mapping

import xlsxwriter

from goldmine.campaigns.arbitration import TIE_BREAK
from goldmine.campaigns.ranking import COLON
from goldmine.campaigns.record import LIMIT_KINDS, CampaignRecord, Limit, Power
from goldmine.contactability.funnel import STAGES
from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import column
from goldmine.core.excel import Look, NotesSheet
from goldmine.core.i18n import LocalizedText, _, in_language, join_texts, pgettext
from goldmine.publishing.listing import NOT_CHECKED

_MAX_LIMITS = 40


def write_report(
    book: xlsxwriter.Workbook,
    records: Mapping[str, CampaignRecord],
    off: Mapping[str, str],
    names: DisplayNames,
    language: str,
) -> None:
    """Add the sheet, in a language (``en`` or ``zh``)."""
    report = _Report(book, names, language)
    for name, record in records.items():
        report.campaign(name, record)
    if off:
        report.row((_("Campaigns that this bank's tables do not carry"), "head"), ("", "head"))
        for name, why in off.items():
            report.row((name, "text"), (why, "text"))
        report.skip()
    report.row((TIE_BREAK, "text"))


def verdict(power: Power) -> LocalizedText:
    """What the measurement of a campaign will be able to say.

    *Not measurable* is what the measurement itself calls a campaign of which it gives no number.
    """
    if power.detects:
        return _("A useful effect can be detected.")
    if not power.measurable:
        return _("NOT MEASURABLE: there will be no number.")
    if power.more_contacts is None:
        return _("TOO FEW: a useful effect may be missed more often than one time in five.")
    return _(
        "TOO FEW: a useful effect may be missed more often than one time in five; {more} more contacts would find it.",
        more=f"{power.more_contacts:,}",
    )


class _Report(NotesSheet):
    """The sheet, written line by line."""

    def __init__(self, book: xlsxwriter.Workbook, names: DisplayNames, language: str) -> None:
        super().__init__(book, in_language(_("Funnel"), language), (24, 46, 14, 14, 22))
        self.names, self.language = names, language

    def row(self, *cells: tuple[object, Look]) -> None:
        """Write a line of values in the sheet's language, each with its look."""
        super().row(*((in_language(value, self.language), look) for value, look in cells))

    def campaign(self, name: str, record: CampaignRecord) -> None:
        self.row((f"{in_language(record.title, self.language)}  ({name})", "title"))
        by = in_language(column("ranked_by").words[record.ranking.by], self.language)
        why = in_language(record.ranking.why, self.language)
        self.row((_("Ranked by"), "text"), (in_language(COLON, self.language).join([by, why]), "text"))
        self.skip()
        self.funnel(record)
        self.offers(record)
        self.measure(record, record.power)
        self.limits(record.limits)
        if record.funnel.skipped:
            self.row((NOT_CHECKED, "head"), ("", "head"))
            for rule in record.funnel.skipped:
                self.row((rule.who, "text"), (", ".join(rule.missing), "text"))
        self.skip(2)

    def funnel(self, record: CampaignRecord) -> None:
        heads: list[tuple[object, Look]] = [(_("Stage"), "head"), (_("Who left"), "head")]
        self.row(*heads, (_("Left"), "head_right"), (_("Remain"), "head_right"))
        self.row(("", "text"), (_("Scored by the models"), "text"), (0, "count"), (record.funnel.scored, "count"))
        stage = ""
        for step in record.funnel.steps:
            title = STAGES[step.stage] if step.stage != stage else ""
            stage = step.stage
            self.row((title, "text"), (step.who, "text"), (step.left, "count"), (step.remain, "count"))
        self.skip()

    def offers(self, record: CampaignRecord) -> None:
        """Contacts and control of each offer, where a campaign makes several."""
        if len(record.offers) < 2:
            return
        heads: list[tuple[object, Look]] = [(_("Offers"), "head"), ("", "head")]
        self.row(*heads, (_("Contacted"), "head_right"), (column("control").title, "head_right"))
        for count in record.offers:
            self.row(("", "text"), (count.title, "text"), (count.contact, "count"), (count.control, "count"))
        self.skip()

    def measure(self, record: CampaignRecord, power: Power) -> None:
        self.row((_("What can be measured"), "head"), ("", "head"), ("", "head"))
        figures: list[tuple[object, object, Look]] = [
            (_("Contacted"), power.contact, "count"),
            (_("Control, held-out customers included"), power.control, "count"),
            (_("of these held out of all campaigns"), power.held_out, "count"),
            (_("Both groups, drawn by earlier releases and measured there"), power.drawn_before or None, "count"),
            (_("Rate that the model predicts"), power.base_rate, "percent"),
            (_("Smallest effect found at 80% power"), power.smallest_effect, "percent"),
            (_("Smallest effect worth knowing"), power.min_effect_of_interest, "percent"),
            (_("Expected value of all contacts, yuan"), record.expected_value, "money"),
            (_("Valid until"), str(record.valid_until), "text_right"),
        ]
        for title, value, look in figures:
            if value is not None:
                self.row(("", "text"), (title, "text"), (value, look))
        self.row((_("Verdict"), "text"), (verdict(power), "text" if power.detects else "alarm"))
        if not power.detects and record.ranking.by == "uplift":
            order = _("Its order by uplift rests on all complete campaigns together, not on this one alone.")
            self.row(("", "text"), (order, "text"))
        self.skip()

    def limited(self, limit: Limit) -> str:
        """The unit of a limit in words."""
        if limit.kind == "channel":
            return str(in_language(column("channel").words[limit.key], self.language))
        table = {"branch": "branches", "manager": "staff", "grid": "grids"}[limit.kind]
        return str(self.names.of_table(table, [limit.key], self.language)[0])

    def limits(self, limits: tuple[Limit, ...]) -> None:
        heads: list[tuple[object, Look]] = [(pgettext("sheet", "Capacity"), "head"), (_("Limit"), "head")]
        counts = (_("Used"), _("At most"), _("One more is worth, yuan"))
        self.row(*heads, *((text, "head_right") for text in counts))
        for limit in limits[:_MAX_LIMITS]:
            key = self.limited(limit)
            whose = "" if limit.campaign_id else _("all campaigns")
            maximum: tuple[object, Look] = ("", "text") if limit.max is None else (limit.max, "count")
            name = join_texts([LIMIT_KINDS[limit.kind], key], " ")
            self.row((whose, "text"), (name, "text"), (limit.used, "count"), maximum, (limit.worth, "money"))
        self.skip()
