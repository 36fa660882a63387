"""``goldmine users``: users of the portal, and tokens of other systems."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.commands import WorkFolder, app
from goldmine.cli.portal import open_portal

if TYPE_CHECKING:
    from goldmine.portal.users import NewUser

users = typer.Typer(help="Users of the portal, and tokens of other systems.", no_args_is_help=True)
app.add_typer(users, name="users")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]


@users.command()
def add(  # noqa: PLR0917 - the command's own options
    name: Name,
    role: Annotated[
        str, typer.Option("--role", help="head_office, branch, manager, counter, operator, auditor, system")
    ],
    branch: Annotated[str, typer.Option("--branch", help="Branch's number in the bank's tables.")] = "",
    staff: Annotated[str, typer.Option("--staff", help="Staff number in the bank's tables.")] = "",
    external: Annotated[
        bool, typer.Option("--external", help="The user signs in through the bank's directory: no password here.")
    ] = False,
    work: WorkFolder = Path("data"),
) -> None:
    """Make a user and print the one-time password, once."""
    open_portal(work.absolute())
    from goldmine.portal.users import Place, add_user

    _show([add_user(name, Place(role, branch, staff), external=external)])


@users.command()
def first(work: WorkFolder = Path("data")) -> None:
    """Make one user a role where there are no users yet, for the branch and the manager with most rows."""
    open_portal(work.absolute())
    from goldmine.portal.users import first_users

    _show(first_users())


@users.command()
def reset(name: Name, work: WorkFolder = Path("data")) -> None:
    """Give a user a new one-time password; sessions end."""
    open_portal(work.absolute())
    from goldmine.portal.users import reset_password

    _show([reset_password(name)])


@users.command()
def lock(name: Name, work: WorkFolder = Path("data")) -> None:
    """Lock a user: sessions and tokens end at once."""
    open_portal(work.absolute())
    from goldmine.cli.output import say
    from goldmine.portal.users import set_locked

    set_locked(name, locked=True)
    say(f"{name} is locked")


@users.command()
def unlock(name: Name, work: WorkFolder = Path("data")) -> None:
    """Unlock a user, and forget failed attempts."""
    open_portal(work.absolute())
    from goldmine.cli.output import say
    from goldmine.portal.users import set_locked

    set_locked(name, locked=False)
    say(f"{name} may sign in again")


@users.command("list")
def list_users(work: WorkFolder = Path("data")) -> None:
    """Show all users and their tokens."""
    open_portal(work.absolute())
    from goldmine.cli.output import say
    from goldmine.portal.models import ApiToken, User

    for user in User.objects.order_by("role", "username"):
        place = " ".join(part for part in (user.branch_id, user.staff_id) if part)
        say(f"{user.username:<24}{user.role:<14}{place:<20}{'' if user.is_active else 'locked'}".rstrip())
        for token in ApiToken.objects.filter(user=user).order_by("id"):
            state = "revoked" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}"
            say(f"    token {token.id}  {token.name}  [{', '.join(token.scopes)}]  {state}")


@users.command()
def token(
    name: Name,
    scope: Annotated[
        list[str], typer.Option("--scope", help="lists, customers, results or releases; may be repeated.")
    ],
    days: Annotated[int, typer.Option("--days", help="How long it is good for.")] = 90,
    purpose: Annotated[str, typer.Option("--for", help="What it is for, as `goldmine users list` shows it.")] = "",
    work: WorkFolder = Path("data"),
) -> None:
    """Make a token of the API for a user and print it, once."""
    open_portal(work.absolute())
    from goldmine.cli.output import say
    from goldmine.portal.tokens import make_token

    say(make_token(name, scope, days, purpose))


@users.command()
def revoke(
    number: Annotated[
        int, typer.Argument(metavar="TOKEN", help="The token's number, as `goldmine users list` shows it.")
    ],
    work: WorkFolder = Path("data"),
) -> None:
    """Stop a token at once."""
    open_portal(work.absolute())
    from goldmine.cli.output import say
    from goldmine.portal.tokens import revoke_token

    say(f"token {revoke_token(number).id} is revoked")


def _without_password(user: "NewUser") -> str:
    return (
        "signs in by token: goldmine users token" if user.role == "system" else "signs in through the bank's directory"
    )


def _show(made: "list[NewUser]") -> None:
    from goldmine.cli.output import say

    for user in made:
        say(f"{user.name:<24}{user.role:<14}{user.password or _without_password(user)}")
    if any(user.password for user in made):
        say("One-time passwords are shown only now; each is replaced at the first sign-in.")
