"""``goldmine audit``: the audit log checked, shown and archived."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.commands import Language, WorkFolder, app
from goldmine.core.i18n import LocalizedText, _, in_language

if TYPE_CHECKING:
    from goldmine.core.audit.check import AuditCheck

_SIGNATURES: dict[str, LocalizedText] = {
    "signed": _("signed by this bank's key"),
    "unsigned": _("not signed"),
    "forged": _("FORGED: not signed by this bank's key"),
    "unverifiable": _("signed, but there is no key here to check it by"),
}

audit = typer.Typer(name="audit", help="The audit log: who did what, when; whether it is whole.", no_args_is_help=True)
app.add_typer(audit)

Archive = Annotated[
    Path | None,
    typer.Option("--archive", readable=False, metavar="DIR", help="Folder with archived months, to be checked too."),
]
Noted = Annotated[
    str,
    typer.Option("--noted", metavar="NUMBER:SEAL", help="A line that an earlier check ended with, noted elsewhere."),
]


@audit.command()
def verify(work: WorkFolder = Path("data"), archive: Archive = None, noted: Noted = "") -> None:
    """Check every line of the log and of the models' journals; names the first fault and then exits with code 26."""
    from goldmine.cli.output import say
    from goldmine.core.audit.head import parse_head
    from goldmine.core.errors import AuditError
    from goldmine.core.workspace import Workspace
    from goldmine.governance.audit import check_audit

    found = check_audit(Workspace(work.absolute()).bank_name(), archive, parse_head(noted) if noted else None)
    _show_reach(found)
    if found.fault:
        where = f"{found.fault.file} line {found.fault.line}" if found.fault.line else found.fault.file
        raise AuditError(
            _("audit log: {where}: {what}.", where=where, what=found.fault.what),
            _("Compare the file with a backup from before that line; keep both, and tell the auditor."),
        )
    if found.last:
        say(f"Whole. Note its end where nobody can write both: {found.last.number}:{found.last.seal}")
        say("A later check finds an end that was cut off or rewritten: goldmine audit verify --noted NUMBER:SEAL")


@audit.command()
def show(  # noqa: PLR0913, PLR0917 - the command's own options
    work: WorkFolder = Path("data"),
    who: Annotated[str, typer.Option("--who", metavar="USER", help="One user's lines.")] = "",
    action: Annotated[str, typer.Option("--action", metavar="ACTION", help="One action's, such as sign_in.")] = "",
    subject: Annotated[str, typer.Option("--subject", metavar="KIND:ID", help="Such as customer:000123.")] = "",
    on: Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="One day's.")] = "",
    last: Annotated[int, typer.Option("--last", min=1, help="How many, the newest first.")] = 50,
    language: Language = "en",
) -> None:
    """Show lines of the log, the newest first."""
    from itertools import islice

    from rich.console import Console
    from rich.table import Column, Table

    from goldmine.core.audit.actions import TITLES, require_action
    from goldmine.core.audit.details import details_in_words
    from goldmine.core.audit.log import AuditLog, Filter
    from goldmine.core.dates import parse_day
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace

    wanted = Filter(
        who=who,
        action=require_action(action) if action else "",
        subject=subject,
        day=parse_day(on, "--on") if on else None,
    )
    titles = (_("Number"), _("Time"), _("User"), _("Role"), _("Action"), _("Subject"), _("Details"))
    number, when, *middle, details_title = (in_language(title, language) for title in titles)
    heads = (number, Column(when, no_wrap=True), *middle)
    table = Table(*heads, Column(details_title, overflow="fold"), box=None, pad_edge=False)
    log = AuditLog.of_bank(Workspace(work.absolute()).bank_name())
    for line in islice(log.newest_first(wanted), last):
        details = details_in_words(line.details, language)
        when = line.at[:19].replace("T", " ")
        cells = [str(line.number), when, line.who, line.role or "-", in_language(TITLES[line.action], language)]
        table.add_row(*map(_plain, [*cells, line.subject or "-", details]))
    empty = in_language(_("The log has no such line."), language)
    Console(highlight=False).print(table if table.row_count else empty)


@audit.command()
def archive(
    to: Annotated[Path, typer.Option("--to", readable=False, metavar="DIR", help="The archive's folder.")],
    work: WorkFolder = Path("data"),
) -> None:
    """Move months into an archive that pipelines/retention.yaml need not keep at hand; the log stays verifiable."""
    from goldmine.cli.output import near, say
    from goldmine.core.audit.log import AuditLog
    from goldmine.core.audit.retention import archive as archived
    from goldmine.core.dates import today
    from goldmine.core.workspace import Workspace
    from goldmine.governance.retention import retention

    keep = retention().audit_log_months
    log = AuditLog.of_bank(Workspace(work.absolute()).bank_name())
    line = archived(log, to.absolute(), keep, today())
    if line is None:
        say(f"Nothing to archive: no month is older than the {keep} that are kept.")
    else:
        say(f"Archived to {near(to.absolute())}: {', '.join(line.details['months'])}")


@audit.command()
def releases(work: WorkFolder = Path("data"), language: Language = "en") -> None:
    """Check every release: each file by its checksum, each manifest by its signature; exits with 19 at a fault."""
    from goldmine.cli.output import errors_in, say
    from goldmine.contactability.past_offers import releases_out
    from goldmine.core.errors import ReleaseError
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.parameters import parse_language
    from goldmine.publishing.release_store import read_latest, read_release
    from goldmine.publishing.signature import signature_state

    language = parse_language(language)
    with errors_in(language):
        workspace = Workspace(work.absolute())
        folders, faults = releases_out(workspace), 0
        if not folders:
            say(in_language(_("No release has been published here yet."), language))
        for folder in folders:
            state, whole = signature_state(folder / "manifest.json"), _("whole")
            try:
                redacted = bool(read_release(folder).manifest.redactions)
            except ReleaseError as error:
                whole, redacted, faults = _("NOT WHOLE: {why}", why=error.what), False, faults + 1
            texts = [whole, _SIGNATURES[state], *([_("redacted")] if redacted else [])]
            told = ", ".join(in_language(text, language) for text in texts)
            say(f"{folder.parent.name}/{folder.name}: {told}")
        if folders:
            read_latest(workspace)
        if faults:
            raise ReleaseError(
                _("{n} releases are not as they were published.", n=faults),
                _("Compare them with a backup; publishing again makes a damaged one anew."),
            )


def _show_reach(found: "AuditCheck") -> None:
    from goldmine.cli.output import say

    if found.first is None or found.last is None:
        say("The log has no line yet.")
        return
    first, last = (f"{line.number} of {line.at[:19].replace('T', ' ')}" for line in (found.first, found.last))
    say(f"{found.lines:,} lines are as they were written: line {first} to line {last}")
    if found.clock_set_back:
        say(f"The clock was set back before {found.clock_set_back:,} of them; their order is that of their numbers.")


def _plain(text: str) -> str:
    """A cell's text as it stands; brackets in it are no markup."""
    from rich.markup import escape

    return escape("".join(sign if sign.isprintable() else "?" for sign in text))
