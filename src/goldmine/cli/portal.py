"""Commands of the portal: load the newest release, and serve the pages."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.commands import AsOf, WorkFolder, app
from goldmine.core.i18n import _

if TYPE_CHECKING:
    from rich.table import Table

    from goldmine.measurement.effect import Cut

if TYPE_CHECKING:
    from goldmine.core.workspace import Workspace

SampleDay = Annotated[
    bool,
    typer.Option("--sample-day", help="Take the day after the snapshot for today: of a bank whose time is past."),
]

portal = typer.Typer(help="The pages where marketing pulls lists, works them and gives results back.")
app.add_typer(portal, name="portal")


@portal.callback()
def pages() -> None:
    """The pages where marketing pulls lists, works them and gives results back."""


@portal.command()
def load(
    work: WorkFolder = Path("data"),
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="The portal's user who loads; somebody else has to approve.")
    ] = "",
    services: Annotated[
        bool,
        typer.Option("--services", help="With service contacts, even if the month's reports were not made: longer."),
    ] = False,
    sample_day: SampleDay = False,
) -> None:
    """Load the newest release into the portal's database; branches see it from then on, or when it was approved."""
    from goldmine.core.workspace import Workspace

    if sample_day:
        os.environ["GOLDMINE_PORTAL_DAY"] = _day_after_snapshot(work)
    workspace = Workspace(work.absolute())
    open_portal(workspace.root)
    load_newest(workspace, user, services=services)


def load_newest(work: "Workspace", user: str = "", *, services: bool = False) -> None:
    """Load the newest release into the portal, which is open, and say whether it is shown."""
    from goldmine.cli.output import say
    from goldmine.portal.loading import load_release
    from goldmine.portal.users import find_user

    release, is_shown = load_release(work, find_user(user) if user else None, services=services)
    what = "is shown" if is_shown else "is loaded; the one before stays shown, as it was not approved"
    say(f"release {release.release_id} of {release.as_of} {what}")


@portal.command()
def serve(
    work: WorkFolder = Path("data"),
    port: Annotated[int, typer.Option("--port", help="Port on this machine.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="Processes that answer.")] = 4,
    sample_day: SampleDay = False,
) -> None:
    """Serve the pages on this machine; a bank's proxy with TLS stands before it (docs/portal.md)."""
    if sample_day:
        os.environ["GOLDMINE_PORTAL_DAY"] = _day_after_snapshot(work)
    open_portal(work.absolute())
    arguments = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", "4", "--timeout", "60"]
    arguments.append("--no-control-socket")  # it would lie in the home of whoever serves
    arguments += ["--umask", "0o077"]
    sys.stderr.write(f"http://127.0.0.1:{port} (Ctrl-C ends it)\n")
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "goldmine.portal.wsgi"])


def _day_after_snapshot(work: Path) -> str:
    from datetime import timedelta

    from goldmine.core.workspace import Workspace
    from goldmine.publishing import read_latest

    return str(read_latest(Workspace(work.absolute())).manifest.as_of + timedelta(days=1))


@portal.command()
def collect(work: WorkFolder = Path("data")) -> None:
    """Give the work folder the results that branches gave; each run of the job does so first of all."""
    from goldmine.cli.output import say
    from goldmine.core.errors import WorkFolderError
    from goldmine.core.workspace import Workspace

    workspace = Workspace(work.absolute())
    try:
        open_portal(workspace.root)
        from django.db import DatabaseError, InterfaceError

        from goldmine.campaigns.results.result_check import REASONS
        from goldmine.portal.returning import return_results

        returned = return_results(workspace)
    except (DatabaseError, InterfaceError) as error:
        raise WorkFolderError(
            _("The portal's database does not answer."), _("Start it, then run this again.")
        ) from error
    say(f"{returned.results} results of the portal returned")
    for reason, count in returned.waiting.items():
        say(f"{count} wait: {REASONS[reason]}")


@portal.command()
def tidy(work: WorkFolder = Path("data")) -> None:
    """Erase names and numbers of lists that are over and old rows; encrypt the others with the first key again."""
    open_portal(work.absolute())
    tidy_portal("en")


def tidy_portal(language: str) -> None:
    """Tidy the portal, which is open, and say what went."""
    from goldmine.cli.output import say
    from goldmine.core.i18n import _, in_language
    from goldmine.portal import numbers
    from goldmine.portal.loading.old_work import drop_old_work
    from goldmine.portal.loading.retention import drop_old_releases

    told = {"releases": drop_old_releases(), "people": numbers.erase_ended(), "rows": drop_old_work()}
    text = _(
        "portal: {releases} releases dropped, {people} names and numbers erased, {rows} rows of old work dropped, "
        "{again} encrypted with the first key",
        **told,
        again=numbers.encrypt_again(),
    )
    say(in_language(text, language))


@portal.command()
def measure(work: WorkFolder = Path("data"), as_of: AsOf = "") -> None:
    """Measure what offers at the counter changed: customers drawn for them against those left out."""
    from rich.console import Console

    from goldmine.cli.output import say
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace
    from goldmine.measurement.lobby import measure_lobby

    workspace = Workspace(work.absolute())
    open_portal(workspace.root)
    from goldmine.portal.exposures import write_exposures

    say(f"{write_exposures(workspace):,} exposures")
    bank = load_bank(workspace)
    effects = measure_lobby(bank, workspace, snapshot_date(as_of, bank.data_until))
    if effects:
        Console(highlight=False).print(_effects(effects))
    else:
        say("No campaign whose horizon has ended was drawn for at the counter.")


def _effects(effects: "list[Cut]") -> "Table":
    from rich.table import Table

    from goldmine.models.uplift.effect import NotMeasurable

    shown = Table("Campaign", "drawn", "left out", "effect", "interval", box=None, pad_edge=False)
    for cut in effects:
        if isinstance(cut.effect, NotMeasurable):
            figures = ("-", cut.effect.why)
        else:
            figures = (f"{cut.effect.value:+.1%}", f"{cut.effect.low:+.1%} to {cut.effect.high:+.1%}")
        shown.add_row(cut.name, f"{cut.contact:,}", f"{cut.control:,}", *figures)
    return shown


def open_portal(work: Path) -> None:
    """Set up Django for a work folder's portal: its secret, and databases at the newest schema.

    From here on, files that this process makes are its user's alone.
    """
    from goldmine.portal.secrets import portal_secret

    os.umask(0o077)
    os.environ["GOLDMINE_WORK"] = str(work)
    os.environ["DJANGO_SETTINGS_MODULE"] = "goldmine.portal.settings"
    os.environ.setdefault("GOLDMINE_PORTAL_SECRET", portal_secret(work))
    import django
    from django.core.management import call_command

    django.setup()
    from goldmine.portal.row_security import become_system_task, require_row_security

    become_system_task()
    _keep_sample_key(work)
    for database in ("default", "numbers"):
        call_command("migrate", database=database, verbosity=0, interactive=False)
    require_row_security()
    for path in (work / "portal").glob("*.sqlite3*"):
        path.chmod(0o600)


def _keep_sample_key(work: Path) -> None:
    """Give the made-up bank a key of its own for names and numbers; a bank keeps its key outside of the work folder."""
    from cryptography.fernet import Fernet

    from goldmine.core.workspace import Workspace
    from goldmine.portal.numbers import KEY
    from goldmine.portal.secrets import kept_secret

    source = Workspace(work).source()
    if KEY not in os.environ and source is not None and (source / "truth" / "config.json").exists():
        os.environ[KEY] = kept_secret(work / "portal" / "numbers.key", Fernet.generate_key().decode())
