"""``goldmine tidy``: what is older than the bank's periods is removed."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import Language, WorkFolder, app
from goldmine.core.i18n import LocalizedText, _, in_language

_KINDS: dict[str, LocalizedText] = {
    "release": _("releases"),
    "scores": _("scores of a snapshot"),
    "notebooks": _("executed notebooks of a snapshot"),
    "run_report": _("reports of runs"),
    "job_run": _("runs in Dagster's store"),
    "mlflow_run": _("MLflow runs"),
    "error": _("texts of unknown errors"),
}
_NAMED = 5


@app.command()
def tidy(
    work: WorkFolder = Path("data"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is older than its period.")] = False,
    language: Language = "en",
) -> None:
    """Remove what is older than pipelines/retention.yaml keeps; never what is current, measured or a champion's."""
    from goldmine.cli.output import errors_in, say
    from goldmine.core.dates import today
    from goldmine.core.workspace import Workspace
    from goldmine.governance.retention import retention
    from goldmine.pipeline.environment import QUIET, environment
    from goldmine.pipeline.parameters import parse_language
    from goldmine.pipeline.portal_step import has_portal
    from goldmine.pipeline.tidy import outdated

    language = parse_language(language)
    with errors_in(language), environment(QUIET):
        workspace = Workspace(work.absolute())
        workspace.bank_name()
        with workspace.lock():
            found = outdated(workspace, retention(), today())
            named: dict[str, list[str]] = defaultdict(list)
            for entry in found:
                named[entry.kind].append(entry.name)
                if not dry_run:
                    entry.remove()
        for kind, title in _KINDS.items():
            rest = "..." if len(named[kind]) > _NAMED else ""
            names = ", ".join([*named[kind][:_NAMED], *filter(None, [rest])])
            say(f"{in_language(title, language)}: {len(named[kind])}{f' ({names})' if names else ''}")
        if dry_run:
            say(in_language(_("Nothing was removed."), language))
        elif has_portal(workspace):
            from goldmine.cli.portal import open_portal, tidy_portal

            open_portal(workspace.root)
            tidy_portal(language)
