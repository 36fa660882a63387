"""The text of a proposed bank.yaml: what is guessed and what must be told stands there in comments."""

import json
from typing import Any

from goldmine.contract.proposal.propose import Proposal, TableProposal
from goldmine.contract.proposal.values import ValueKeys


def bank_yaml(proposal: Proposal) -> str:
    """Write a proposal as the text of a bank.yaml."""
    lines = [
        "# Proposed by `goldmine map`. Look at each line marked `guessed` or `tell`, then run `goldmine validate`.",
        f"name: {_value(proposal.folder.name)}",
    ]
    if proposal.data_until:
        lines.append(f"data_until: {proposal.data_until}  # guessed: last day of the last month with transactions")
    else:
        lines.append("# data_until: YYYY-MM-DD  # tell: last day that the books cover")
    lines += ["", "sources:", *_sources(proposal), "", "tables:"]
    lines += [f"  # tell: {line}" for line in proposal.to_tell]
    for table in proposal.tables:
        lines += [*_table(table), ""]
    if proposal.unmatched:
        lines.append("# Not used:")
        lines += [f"#   {table.raw.where}: {', '.join(table.raw.columns)}" for table in proposal.unmatched]
    return "\n".join(lines).rstrip() + "\n"


def _sources(proposal: Proposal) -> list[str]:
    raws = {table.raw.source_name: table.raw for proposed in proposal.tables for table in proposed.tables}
    lines = []
    for name, raw in raws.items():
        lines.append(f"  {name}: {_flow(raw.source)}")
        if len(raw.files) == 1 and raw.source[raw.kind] == raw.files[0] and _has_older(proposal, raw.files[0]):
            lines.append("    # guessed: the last of several files that hold the same rows again")
        for file in raw.unfinished:
            lines.append(
                f"    # tell: the last line of {file} does not end; export it again, or set final_newline: false"
            )
    return lines


def _has_older(proposal: Proposal, file: str) -> bool:
    return any(table.match.table.raw.files == (file,) and "last" in table.match.table.view for table in proposal.tables)


def _table(table: TableProposal) -> list[str]:
    match, values = table.match, table.values
    lines = [f"  {match.spec.name}:"]
    names = list(dict.fromkeys(read.raw.source_name for read in table.tables))
    lines.append(f"    source: {names[0] if len(names) == 1 else _flow(names)}")
    if match.named < 1:
        lines.append("    # guessed: the table is recognised by its columns")
    lines += [f"    # tell: which column is {name}? It is compulsory." for name in table.missing]
    lines += [
        f"    # {finding.certainty}: {finding.column}{': ' if finding.column else ''}{finding.text}"
        for finding in values.findings
        if finding.certainty != "sure"
    ]
    ordered = sorted(values.keys.items(), key=lambda item: item[0] == "codes")
    lines += [f"    {key}: {_flow(value)}" for key, value in ordered]
    if values.untold:
        instead = " in place of the line above:" if "codes" in values.keys else ""
        lines += [f"    # tell:{instead or ' as'}", f"    # codes: {{{_with_untold(values)}}}"]
    lines.append("    select: |")
    lines += [f"      {line}" for line in table.select]
    return lines


def _with_untold(values: ValueKeys) -> str:
    """All code lists of a table, with dots where the contract's code must be written."""
    known: dict[str, dict[str, str]] = values.keys.get("codes", {})
    columns = []
    for column in dict.fromkeys([*known, *values.untold]):
        pairs = [f"{_value(theirs)}: {ours}" for theirs, ours in known.get(column, {}).items()]
        pairs += [f"{_value(word)}: ..." for word in values.untold.get(column, [])]
        columns.append(f"{column}: {{{', '.join(pairs)}}}")
    return ", ".join(columns)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(key)}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _value(value)


def _value(value: Any) -> str:
    """A scalar in YAML; a plain word stands without quotes unless YAML reads it as something else."""
    if isinstance(value, bool | int):
        return json.dumps(value)
    word = str(value)
    plain = word.isidentifier() and word.lower() not in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return word if plain else json.dumps(word, ensure_ascii=False)
