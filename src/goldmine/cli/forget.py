"""``goldmine forget``: a customer found in all that the workbench derived, and taken out of it."""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.commands import Language, WorkFolder, app
from goldmine.core.i18n import LocalizedText, _, in_language, ngettext

if TYPE_CHECKING:
    from goldmine.core.customer_rows import Person
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.forget import Place

_KINDS: dict[str, LocalizedText] = {
    "table": _("Tables"),
    "file": _("Derived files"),
    "release": _("Releases"),
    "run": _("Files of runs"),
    "portal": _("Portal"),
}


@app.command()
def forget(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="One of the person's customer numbers.")],
    work: WorkFolder = Path("data"),
    yes: Annotated[
        bool, typer.Option("--yes", help="Take the person out; without it, only show where the person is found.")
    ] = False,
    language: Language = "en",
) -> None:
    """Show where a person is in what was derived from the bank's tables; with --yes, take them out for good."""
    from goldmine.cli.output import errors_in, say
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.forget import find_person, forget_person, person_of
    from goldmine.pipeline.forget.tracking import is_elsewhere
    from goldmine.pipeline.parameters import parse_language

    language = parse_language(language)
    with errors_in(language):
        workspace = Workspace(work.absolute())
        person = person_of(workspace, customer)
        if not yes:
            _show(find_person(workspace, person), _in_portal(workspace, person), person, language)
            say(in_language(_("Nothing was changed. Add --yes to take the person out."), language))
            return
        with workspace.lock():
            done = forget_person(workspace, person)
            rows = _in_portal(workspace, person, erase=True)
        _show(list(done.places), rows, person, language)
        for text, names in (
            (_("removed whole, made again by the next run or its command"), done.removed),
            (_("NAMES THE PERSON STILL, since Goldmine cannot change it"), done.kept),
        ):
            for name in names:
                say(in_language(_("{file}: {what}", file=name, what=text), language))
        if is_elsewhere():
            say(in_language(_("Files of runs lie on the tracking server and were not searched."), language))
        say(in_language(_("Forgotten. The audit log calls the person {name}.", name=done.person.pseudonym), language))


def _in_portal(work: "Workspace", person: "Person", *, erase: bool = False) -> dict[str, int]:
    from goldmine.pipeline.portal_step import has_portal

    if not has_portal(work):
        return {}
    from goldmine.cli.portal import open_portal

    open_portal(work.root)
    from goldmine.portal.forget import forget_in_portal, rows_in_portal

    return forget_in_portal(work, person) if erase else rows_in_portal(person)


def _show(places: "list[Place]", portal: dict[str, int], person: "Person", language: str) -> None:
    """Print where the person is: by table, release, folder of derived files and table of the portal, a line each."""
    from goldmine.cli.output import say

    count = len(person.numbers)
    text = ngettext("{n} customer number of this person", "{n} customer numbers of this person", n=count)
    say(in_language(text, language))
    found: dict[str, dict[str, list[int]]] = {kind: defaultdict(list) for kind in _KINDS}
    for place in places:
        found[place.kind][_folder(place)].append(place.count)
    for name, rows in portal.items():
        found["portal"][name].append(rows)
    for kind, title in _KINDS.items():
        if not found[kind]:
            say(f"{in_language(title, language)}: -")
            continue
        say(f"{in_language(title, language)}:")
        for name, counts in found[kind].items():
            told = {"name": name, "rows": sum(counts), "files": len(counts)}
            by_files = kind in ("file", "release", "run")
            line = _("{name}: {rows} rows in {files} files", **told) if by_files else _("{name}: {rows} rows", **told)
            say("  " + in_language(line, language))


def _folder(place: "Place") -> str:
    """A release, the first folder of a derived file, or the name itself."""
    parts = Path(place.name).parts
    if place.kind == "release":
        return "/".join(parts[1:3])
    return parts[0] if place.kind == "file" else place.name
