"""The app, and its commands that run steps of the job; ``pipelines/definitions.py`` defines the job itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.campaigns import learn_uplift, outcomes, sample_campaign, sample_quarter
from goldmine.cli.credit import app as credit_app
from goldmine.cli.field_work import cards, grid, routes, village, visit_results, visits
from goldmine.cli.link import app as link_app
from goldmine.cli.map_tables import map_tables
from goldmine.cli.tags import app as tags_app
from goldmine.cli.train_table import train_table
from goldmine.cli.uplift_table import uplift_table
from goldmine.cli.wealth import app as wealth_app

if TYPE_CHECKING:
    from goldmine.core.workspace import Workspace

app = typer.Typer(
    name="goldmine",
    help="From a bank's tables to lists that a branch can work from.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Bank = Annotated[
    Path | None,
    typer.Option(
        "--bank",
        readable=False,
        help="Folder of the bank's tables, with bank.yaml; if not given, the one that the work folder's came from, "
        "or data/sample_bank.",
    ),
]
WorkFolder = Annotated[
    # That it may be read is asked when it is: the answer then has the words and the code of a work folder's.
    Path, typer.Option("--work", readable=False, help="The bank's work folder; all results go there.")
]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="A month end; if not given, the last one of the books.")
]
UseCases = Annotated[
    list[str] | None,
    typer.Option("--use-case", metavar="NAME", help="May be repeated; if not given, all that the tables support."),
]
Language = Annotated[str, typer.Option("--language", help="en or zh: of figures and lists.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", metavar="NAME=VALUE", help="A parameter of the step's notebook; may be repeated."),
]
FailOnDrift = Annotated[
    bool,
    typer.Option("--fail-on-drift", help="When scoring: exit with code 24 if drift raises an alarm; results stay."),
]
EngineName = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="duckdb or spark; if not given, as bank.yaml says.")
]
SparkMaster = Annotated[
    str, typer.Option("--spark-master", metavar="URL", help="Spark's master; if not given, as bank.yaml says.")
]

Strict = Annotated[bool, typer.Option("--strict", help="Warnings of the validation are fatal too.")]

STEPS = {
    "validate": (("tables",), "Import a bank's tables and check them; fails if a fatal rule is broken."),
    "features": (("features",), "Make the feature tables of a snapshot and of the cutoffs that training needs."),
    "customers": (("customers",), "Assign every customer a layer, a level and tags; count moves within the quarter."),
    "near-threshold": (("near_threshold",), "List who may reach the next level, or drop below theirs, by quarter end."),
    "segments": (("segments",), "Find segments of customers from their behaviour, and name them."),
    "screening": (("screening",), "Split the long tail into workable groups; count the quarter's conversions."),
    "lost": (("lost",), "List lost deposit and loan customers: what they held, when, and where it went."),
    "employers": (
        ("tables", "employers"),
        "Find employers from payrolls; list what their people lack, and firms without payroll.",
    ),
    "households": (("tables", "households"), "Find who lives together: head, members, assets and products."),
    "prospects": (
        ("tables", "prospects"),
        "Find ties and communities of customers; list who is next to those who took a product, with the reason.",
    ),
    "train": (("model",), "Train models; each becomes champion only if it beats its baseline."),
    "score": (("scores", "expected"), "Score everyone eligible with the champions, or by the expected rate."),
    "publish": (("release",), "Publish the lists of a snapshot as one release."),
    "measure": (
        ("tables", "features", "measured"),
        "Measure every campaign that is complete and was not measured yet: contacted against control.",
    ),
    "run": (
        ("tables", "features", "customers", "model", "scores", "expected", "release"),
        "Do the whole job, from tables to published lists; what is unchanged is not made again.",
    ),
}


def source_folder(bank: Path | None, work: "Workspace") -> Path:
    """Folder of the bank that a command works on."""
    return (bank or work.source() or Path("data/sample_bank")).absolute()


def _command(steps: tuple[str, ...]) -> Callable[..., None]:
    def command(  # noqa: PLR0913, PLR0917 - the command's own options
        bank: Bank = None,
        work: WorkFolder = Path("data"),
        as_of: AsOf = "",
        use_case: UseCases = None,
        language: Language = "en",
        parameters: Parameters = None,
        fail_on_drift: FailOnDrift = False,
        engine: EngineName = "",
        spark_master: SparkMaster = "",
        strict: Strict = False,
    ) -> None:
        from goldmine.cli.output import errors_in
        from goldmine.pipeline.left_over import use_run_folder
        from goldmine.pipeline.preloaded_kernels import loaded_kernels

        use_run_folder()
        with errors_in(language), loaded_kernels():  # they load while this process imports its own packages
            from goldmine.cli.findings import validate_tables
            from goldmine.cli.output import show_morning_line, show_places
            from goldmine.contract.mapping import load_mapping
            from goldmine.core.dates import snapshot_date
            from goldmine.core.errors import IncompleteError
            from goldmine.core.workspace import Workspace
            from goldmine.pipeline.dagster_job import run_job
            from goldmine.pipeline.parameters import parse_language, split_assignment
            from goldmine.pipeline.snapshot import Snapshot

            given = dict(split_assignment(text) for text in parameters or ())
            language = parse_language(language)
            workspace = Workspace(work.absolute())
            source = source_folder(bank, workspace)
            # A step that takes no tables in would go on with those of another folder.
            taken_in = None if "tables" in steps or bank is None else source
            workspace.require_bank(load_mapping(source).name, taken_in)
            snapshot = Snapshot(
                source=source,
                work=workspace,
                as_of=snapshot_date(as_of, load_mapping(source).data_until),
                language=language,
                use_cases=tuple(dict.fromkeys(use_case or ())),
                parameters=given,
                asked_engine=engine,
                asked_master=spark_master,
            )
            incomplete: IncompleteError | None = None
            began = datetime.now(UTC)
            try:
                if strict or steps == ("tables",):
                    validate_tables(snapshot, strict=strict)
                if steps != ("tables",):
                    run_job(snapshot, steps)
            except IncompleteError as error:
                incomplete = error
            except KeyboardInterrupt:
                typer.echo("\nStopped. Finished steps are kept; run again to continue from there.", err=True)
                raise typer.Exit(130) from None
            finally:
                if "release" in steps:
                    show_morning_line(workspace, began, language)
            if "release" in steps:
                _show_release(workspace, language)
            show_places(snapshot, steps)
            if fail_on_drift:
                from goldmine.governance.drift.report import require_stable

                require_stable(snapshot.work, snapshot.as_of, snapshot.use_cases)
            if incomplete is not None:
                raise incomplete

    return command


def _show_release(work: "Workspace", language: str) -> None:
    """Print the current release's lists, and load it into the portal where one was opened."""
    from goldmine.cli.output import show_lists
    from goldmine.pipeline.portal_step import has_portal, load_into_portal

    show_lists(work, language)
    if has_portal(work):
        load_into_portal(work.root)


for _name, (_steps, _help) in STEPS.items():
    app.command(_name, help=_help)(_command(_steps))


app.add_typer(tags_app, name="tags")
app.add_typer(link_app, name="link")
link_app.command("find", help="Compare all customers; write a review sheet of pairs that may be one person.")(
    _command(("tables", "links"))
)
app.add_typer(credit_app, name="credit")
app.add_typer(wealth_app, name="wealth")
app.command("grid")(grid)
app.command("visits")(visits)
app.command("routes")(routes)
app.command("visit-results")(visit_results)
app.command("cards")(cards)
app.command("village")(village)
app.command("map")(map_tables)
app.command("train-table")(train_table)
app.add_typer(outcomes, name="outcomes")


@app.command()
def lists(work: WorkFolder = Path("data")) -> None:
    """Show the current release."""
    from goldmine.cli.output import show_lists
    from goldmine.core.workspace import Workspace

    show_lists(Workspace(work.absolute()))


@app.command()
def reproduce(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="Its id, or the beginning of it.")],
    work: WorkFolder = Path("data"),
    language: Language = "en",
) -> None:
    """Make a release again from what the work folder holds and name what differs, byte for byte; the folder stays."""
    from goldmine.cli.output import errors_in, show_reproduction
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.parameters import parse_language
    from goldmine.publishing.reproduce import find_release
    from goldmine.publishing.reproduce import reproduce as make_again

    language = parse_language(language)
    with errors_in(language):
        workspace = Workspace(work.absolute())
        made = make_again(workspace, find_release(workspace, release))
        show_reproduction(made, language)
        if not made.same:
            raise typer.Exit(1)


@app.command("sample-bank")
def sample_bank(
    folder: Annotated[
        Path, typer.Argument(readable=False, metavar="DIR", help="Where to; what stands there is replaced.")
    ],
    customers: Annotated[int, typer.Option(help="How many customers after 30 months of books.")] = 20_000,
    months: Annotated[int, typer.Option(help="How many months of books.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bank.")] = 1,
    end: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day of the books, a month end.")] = "2024-06-30",
) -> None:
    """Write a made-up bank to try things on."""
    from goldmine.core.dates import parse_month_end
    from goldmine.sample import write_bank

    write_bank(folder.absolute(), customers=customers, months=months, seed=seed, end=parse_month_end(end))


app.command("learn-uplift")(learn_uplift)
app.command("sample-campaign")(sample_campaign)
app.command("sample-quarter")(sample_quarter)
app.command("uplift-table")(uplift_table)
