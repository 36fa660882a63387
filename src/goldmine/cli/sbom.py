"""``goldmine sbom``: the software bill of materials of the locked packages."""

import json
from pathlib import Path
from typing import Annotated

import typer

from goldmine.cli.commands import Language, app
from goldmine.core.i18n import _, in_language


@app.command()
def sbom(
    file: Annotated[
        Path, typer.Argument(readable=False, metavar="FILE", help="Where to write it, as CycloneDX 1.6 JSON.")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Also what the optional parts lock: Spark, benchmarks, the portal's proof.")
    ] = False,
    language: Language = "en",
) -> None:
    """Write every locked package with version, licence and hashes, and count the licences."""
    from collections import Counter

    from goldmine.cli.output import errors_in, near, say
    from goldmine.core.bill_of_materials import UNKNOWN, bill_of_materials
    from goldmine.core.files import whole_file
    from goldmine.core.workspace import home
    from goldmine.pipeline.parameters import parse_language

    language = parse_language(language)
    locks = sorted(home().glob("requirements*.lock")) if everything else [home() / "requirements.lock"]
    bill = bill_of_materials(locks)
    with errors_in(language), whole_file(file.absolute()) as part:
        part.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", "utf-8")
    licences = Counter(component["licenses"][0]["license"]["name"] for component in bill["components"])
    for name, packages in licences.most_common():
        known = in_language(_("unknown licence"), language) if name == UNKNOWN else name
        say(f"{packages:>5}  {known[:100]}")
    told = {"n": len(bill["components"]), "file": near(file.absolute())}
    say(in_language(_("{n} packages: {file}", **told), language))
