"""``goldmine uplift-table``: whether a treatment worked, and for which rows most."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.core.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from goldmine.core.i18n import LocalizedText
    from goldmine.models.uplift.effect import Estimate
    from goldmine.models.uplift.study import Study
    from goldmine.models.uplift.table import TrialTable

NOT_MEASURABLE = 4
"""Exit code if the effect is not measurable; yes and no both exit with 0."""


def uplift_table(  # noqa: PLR0913, PLR0917 - the command's own options
    file: Annotated[Path, typer.Argument(readable=False, metavar="FILE", help="Parquet or CSV, a row a customer.")],
    treatment: Annotated[str, typer.Option(metavar="COL", help="1 treated, 0 control; assigned at random.")],
    outcome: Annotated[str, typer.Option(metavar="COL", help="1 or 0 (yes, no), or a number.")],
    row_id: Annotated[str, typer.Option("--id", metavar="COL", help="Each row's id.")] = "",
    scores: Annotated[
        Path | None, typer.Option(readable=False, metavar="OUT.parquet", help="Write each row's id and uplift.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="COL", help="Leave out; may be repeated.")] = None,
    treated: Annotated[str, typer.Option(metavar="VALUE", help="Value of the treatment for treated rows.")] = "",
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    language: Annotated[str, typer.Option(help="en or zh: of what people read.")] = "en",
) -> None:
    """Show whether a treatment in an external table had an effect, and whether uplift ranks; the last line is JSON.

    All other columns must have been known before the treatment. Exits with 0 if the answer is yes or no, and with 4 if
    it is not measurable.
    """
    import pyarrow as pa

    from goldmine.cli.output import errors_in
    from goldmine.contract.external_files import read_table
    from goldmine.contract.external_types import days_since_1970, emptied_days, learnable, require_learnable
    from goldmine.core.errors import ParameterError
    from goldmine.core.i18n import LANGUAGES, in_language
    from goldmine.models.uplift.study import study
    from goldmine.models.uplift.summary import summary, warnings, write_scores
    from goldmine.models.uplift.table import Roles, trial_table

    if language not in LANGUAGES:
        raise ParameterError(
            _("language: {language} is not known.", language=repr(language)),
            _("Use one of {names}.", names=", ".join(LANGUAGES)),
        )
    with errors_in(language):
        rows = read_table(file, texts=[row_id] if row_id else [])
        require_learnable(rows, [treatment, outcome, *([row_id] if row_id else [])], file.name)
        for line in emptied_days(rows, [name for name in rows.column_names if name not in (drop or ())]):
            typer.echo(in_language(line, language), err=True)
        for name in (name for name in rows.column_names if name not in (drop or ())):
            kind = rows.schema.field(name).type
            if not learnable(kind):
                left_out = _("column {name}: left out, as {kind} cannot be learnt from", name=name, kind=kind)
                typer.echo(in_language(left_out, language), err=True)
                rows = rows.drop_columns([name])
            elif pa.types.is_timestamp(kind) and name not in (treatment, outcome, row_id):
                rows = rows.set_column(rows.column_names.index(name), name, days_since_1970(rows[name]))
        frame = rows.to_pandas()
        table = trial_table(frame, Roles(treatment, outcome, row_id, tuple(drop or ()), treated))
        result = study(table.known.rows(table.used), table.treated, table.outcome, level)
        noted = warnings(table, result)
        typer.echo(study_text(table, result, level, language))
        for warning in noted:
            typer.echo(in_language(warning.text, language), err=True)
        if scores is not None and result.ranking is not None:
            write_scores(scores, frame[row_id] if row_id else None, table, result)
        typer.echo(json.dumps(summary(table, result, level) | {"warnings": [warning.code for warning in noted]}))
        if result.verdict == "not measurable":
            raise typer.Exit(NOT_MEASURABLE)


def study_text(table: "TrialTable", result: "Study", level: float, language: str) -> str:
    """A study as lines of text in a language; an effect that was not measured has no figure.

    Where the table has further columns, effect and differences allow for them, so that they are not those of the means.
    """
    from goldmine.core.i18n import pgettext
    from goldmine.models.uplift.effect import NotMeasurable

    treated, control = int(table.treated.sum()), int((~table.treated).sum())
    lines = [(_("Rows"), _("{treated:,} treated, {control:,} control", treated=treated, control=control))]
    adjusted = bool(table.known.names)
    heading = _("Effect, adjusted") if adjusted else _("Effect on average")
    if isinstance(result.effect, NotMeasurable):
        why = _("{what}: {figure}", what=_("not measurable"), figure=result.effect.why)
        return _lines([*lines, (heading, why)], language)
    share = bool(((table.outcome == 0) | (table.outcome == 1)).all())
    shown = pgettext("effect", "yes") if result.verdict == "yes" else _("none shown")
    effect = _("{what}: {figure}", what=shown, figure=_interval(result.effect, share, level))
    lines.append((heading, effect))
    if result.detectable is not None:
        detectable = _("{value} or more, four times out of five", value=_number(result.detectable, share))
        lines.append((_("Would have shown"), detectable))
    if result.ranking is None:
        return _lines(lines, language)
    refused = _("no: the interval holds zero, rank by propensity")
    lines.append((_("Uplift ranks"), pgettext("may rank", "yes") if result.ranks else refused))
    method = {"two_model": _("two models"), "transformed_outcome": _("transformed outcome")}[result.ranking.method]
    qini = _("{what}: {figure}", what=method, figure=_interval(result.ranking.qini, share, level))
    return "\n".join([_lines([*lines, (_("Qini a row"), qini)], language), "", *_fifths(result, share, language)])


def _fifths(result: "Study", share: bool, language: str) -> list[str]:
    from goldmine.core.i18n import in_language, pgettext
    from goldmine.models.uplift.effect import NotMeasurable

    head = [_("By uplift"), _("Rows"), pgettext("arm", "treated"), pgettext("arm", "control"), _("adjusted difference")]
    rows: list[list[str]] = [list(head)]
    for fifth in result.fifths:
        if isinstance(fifth.effect, NotMeasurable):
            rows.append([str(fifth.fifth), f"{fifth.rows:,}", "-", "-", _("not measurable")])
            continue
        low, high = _number(fifth.effect.low, share), _number(fifth.effect.high, share)
        means = [_number(mean, share, sign="") for mean in (fifth.treated, fifth.control)]
        difference = f"{_number(fifth.effect.value, share)} ({low} .. {high})"
        rows.append([str(fifth.fifth), f"{fifth.rows:,}", *means, difference])
    return ["  ".join(f"{in_language(cell, language):>12}" for cell in row) for row in rows]


def _lines(pairs: "Sequence[tuple[str, str]]", language: str) -> str:
    from goldmine.core.i18n import in_language

    return "\n".join(f"{in_language(what, language):<20}{in_language(value, language)}" for what, value in pairs)


def _interval(estimate: "Estimate", share: bool, level: float) -> "LocalizedText":

    value, low, high = (_number(number, share) for number in (estimate.value, estimate.low, estimate.high))
    return _("{value} ({low} to {high}, {level:.0%} interval)", value=value, low=low, high=high, level=level)


def _number(value: float, share: bool, sign: str = "+") -> str:
    return format(value, f"{sign}.2%" if share else f"{sign},.4g")
