"""``goldmine map``: propose a bank.yaml and say what is sure, what is guessed and what must be told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.core.i18n import _

if TYPE_CHECKING:
    from goldmine.contract.proposal.propose import Proposal, TableProposal
    from goldmine.contract.proposal.unions import Part


def map_tables(
    target: Annotated[
        Path,
        typer.Argument(readable=False, metavar="DIR", help="Folder of the bank's tables, or one file or database."),
    ],
    postgres: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Environment variable with the address of a PostgreSQL server; DIR gets the bank.yaml.",
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a bank.yaml that is there.")] = False,
) -> None:
    """Propose a bank.yaml for a folder of tables, a database file or a PostgreSQL server."""
    from goldmine.cli.output import near, say
    from goldmine.contract.mapping import FILE
    from goldmine.contract.proposal.bank_yaml import bank_yaml
    from goldmine.contract.proposal.propose import propose
    from goldmine.core.errors import ContractError
    from goldmine.core.files import disk_errors, whole_file

    file = (target if target.is_dir() else target.parent) / FILE
    if file.exists() and not force:
        raise ContractError(_("{file}: is there already.", file=file), _("Move it away, or replace it with --force."))
    proposal = propose(target, postgres)
    with disk_errors(file.parent), whole_file(file) as temporary:
        temporary.write_text(bank_yaml(proposal), "utf-8")
    show_proposal(proposal)
    say("")
    say(f"Written: {near(file.absolute())}. Next: goldmine validate --bank {near(file.parent.absolute())} --work WORK")


def show_proposal(proposal: "Proposal") -> None:
    """Print a proposal: what is sure, guessed and to be told, in counts."""
    from goldmine.cli.output import say

    for certainty, title in (("sure", "Sure"), ("guessed", "Guessed"), ("tell", "To be told")):
        lines = [line for table in proposal.tables for line in _lines(table, certainty)]
        if certainty == "tell":
            lines = proposal.to_tell + lines
        elif certainty == "guessed" and proposal.data_until:
            lines = [f"data_until: the books seem to cover all until {proposal.data_until}", *lines]
        say(f"{title}:{'' if lines else ' nothing'}")
        for line in lines:
            say(f"  {line}")
    if proposal.unmatched:
        say("Not used:")
        for table in proposal.unmatched:
            say(f"  {table.raw.where}: {table.rows:,} rows, {len(table.columns)} columns")
    for file, reason in proposal.unused.items():
        say(f"  {file}: {reason}")


def _lines(table: "TableProposal", certainty: str) -> list[str]:
    name = table.match.spec.name
    lines = [line for part in table.parts for line in _of_part(table, part, certainty)]
    if certainty == "tell":
        lines += [f"{name}.{column}: no column was found; it is compulsory" for column in table.missing]
    return lines + [
        f"{name}{f'.{finding.column}' if finding.column else ''}: {finding.text}"
        for finding in table.values.findings
        if finding.certainty == certainty
    ]


def _of_part(table: "TableProposal", part: "Part", certainty: str) -> list[str]:
    match, name = part.match, part.match.spec.name
    inside = f" in {part.where}" if len(table.parts) > 1 else ""
    lines = []
    if certainty == ("sure" if match.named == 1 else "guessed"):
        lines.append(f"{name}: {part.where}, {match.table.rows:,} rows")
    columns = [f"{column.column.name} from {column.raw}" for column in match.columns]
    sure = [text for text, column in zip(columns, match.columns, strict=True) if column.sure]
    if certainty == "sure" and sure:
        lines.append(f"{name}: {', '.join(sure)}{inside}")
    guessed = [text for text, column in zip(columns, match.columns, strict=True) if not column.sure]
    if certainty == "guessed":
        lines += [f"{name}: {text}{inside}" for text in guessed]
        if part.join:
            only = f", rows with {part.join.only[0]} {part.join.only[1]}" if part.join.only else ""
            share = f"{part.join.shared:.1%} of the accounts{inside} are there"
            lines.append(
                f"{name}: customer_id joined by {part.join.own} from {part.join.table.raw.where}{only}; {share}"
            )
    if certainty == "tell":
        lines += [f"{name}: the last line of {file} does not end" for file in match.table.raw.unfinished]
    return lines
