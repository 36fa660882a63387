"""The command ``goldmine uplift-table``: did a treatment work, and on whom most?"""

import json
from pathlib import Path
from typing import Annotated

import typer

NOT_MEASURABLE = 4
"""Exit code where the table can tell nothing; yes and no both leave with 0."""


def uplift_table(  # noqa: PLR0913, PLR0917 - the command's own options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Parquet or CSV, a row a customer.")],
    treatment: Annotated[str, typer.Option(metavar="COL", help="1 where treated, 0 where control; chance decided.")],
    outcome: Annotated[str, typer.Option(metavar="COL", help="1 or 0 (yes, no), or a number.")],
    row_id: Annotated[str, typer.Option("--id", metavar="COL", help="The rows' number.")] = "",
    scores: Annotated[Path | None, typer.Option(metavar="OUT.parquet", help="Write each row's id and uplift.")] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="COL", help="Leave out; may be repeated.")] = None,
    treated: Annotated[str, typer.Option(metavar="VALUE", help="What the treatment says of the treated.")] = "",
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    language: Annotated[str, typer.Option(help="en or zh: of what people read.")] = "en",
) -> None:
    """Say whether a treatment had an effect, and whether it ranks; a table made elsewhere, the last line JSON.

    All other columns must have been known before the treatment. Leaves with 0 where the answer is yes or no, and with 4
    where it is not measurable.
    """
    from goldmine.cli.uplift_summary import LANGUAGES, in_words
    from goldmine.contract.external_files import read_table
    from goldmine.core.errors import ParameterError
    from goldmine.models.uplift.study import study
    from goldmine.models.uplift.summary import summary, warnings, write_scores
    from goldmine.models.uplift.table import Roles, trial_table

    if language not in LANGUAGES:
        raise ParameterError(f"language: {language!r} is not known.", f"Use one of {', '.join(LANGUAGES)}.")
    frame = read_table(file, texts=[row_id] if row_id else []).to_pandas()
    table = trial_table(frame, Roles(treatment, outcome, row_id, tuple(drop or ()), treated))
    found = study(table.known.rows(table.used), table.treated, table.outcome, level)
    noted = warnings(table, found)
    typer.echo(in_words(table, found, level, language))
    for warning in noted:
        typer.echo(warning.zh if language == "zh" else warning.en, err=True)
    if scores is not None and found.ranking is not None:
        write_scores(scores, frame[row_id] if row_id else None, table, found)
    typer.echo(json.dumps(summary(table, found, level) | {"warnings": [warning.code for warning in noted]}))
    if found.verdict == "not measurable":
        raise typer.Exit(NOT_MEASURABLE)
