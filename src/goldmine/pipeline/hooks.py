"""Hooks, ``pipelines/hooks.yaml``: who is told that a run ended, or that a release that is due is not there.

A hook that fails is named on standard error and fails no run. What it sends holds no customer's values: lines of our
errors, which carry columns, rules and counts, and the names of steps.
"""

import json
import os
import smtplib
import ssl
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from email.message import EmailMessage
from typing import Any, Literal
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.notice import shout
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import Workspace, home
from goldmine.pipeline.run_report import RunReport

Event = Literal["success", "failure", "overdue"]
Message = dict[str, Any]
_FILE = "hooks.yaml"
_COMMAND_SECONDS, _NETWORK_SECONDS = 60.0, 20.0


class Webhook(SettingsModel):
    """An address that takes the message by POST; the token, if any, goes as ``Authorization: Bearer``."""

    url: str = Field(pattern=r"^https?://[^\s@]+$")
    token_from: str = ""


class Mail(SettingsModel):
    """A mail server: ``implicit`` is TLS from the start (465), ``starttls`` from a plain start (587)."""

    host: str
    port: int = Field(ge=1, le=65535)
    tls: Literal["implicit", "starttls", "none"]
    sender: str = Field(pattern=r"^[^\s@]+@[^\s@]+$")
    to: list[str] = Field(min_length=1)
    user: str = ""
    password_from: str = ""


class Hook(SettingsModel):
    """One hook: the events that it is told, and exactly one way.

    Parameters
    ----------
    on : list of str
        ``success``: a run ended well. ``failure``: it failed, something was refused, or it could not start.
        ``overdue``: `goldmine status --check` finds that the release that is due is not there.
    command : list of str
        A program with arguments; the message is its standard input. No shell reads it.
    webhook, mail : Webhook, Mail
        See there.
    """

    on: list[Event] = Field(min_length=1)
    command: list[str] = []
    webhook: Webhook | None = None
    mail: Mail | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Hook":
        if sum(bool(way) for way in (self.command, self.webhook, self.mail)) != 1:
            raise ValueError(_("give one of command, webhook and mail"))
        return self


class _Hooks(SettingsModel):
    hooks: list[Hook] = []


def load_hooks() -> list[Hook]:
    """Read ``pipelines/hooks.yaml``; none where there is no such file.

    Raises
    ------
    SettingsError
        If it has an unknown key or a value of the wrong type.
    """
    return typed(_Hooks, read_yaml(home() / "pipelines" / _FILE), _FILE).hooks


def report_message(report: RunReport, page: str, language: str) -> Message:
    """The message of a run that has ended."""
    return {
        "event": "success" if report.state in ("published", "unchanged", "no_release") else "failure",
        "bank": report.bank,
        "as_of": str(report.as_of),
        "state": report.state,
        "line": str(in_language(report.line, language)),
        "current": report.current.release_id if report.current else "",
        "missing": [str(in_language(text, language)) for text in report.missing],
        "report": page,
    }


def send(message: Message) -> int:
    """Tell everybody who is to be told of the message's event; returns how many were."""
    try:
        hooks = load_hooks()
    except SettingsError as error:
        shout(f"{error.what} {error.do}")
        return 0
    return sum(_sent(number, hook, message) for number, hook in enumerate(hooks, 1) if message["event"] in hook.on)


def tell_overdue_once(work: Workspace, now: datetime, line: str, as_of: date | None) -> int:
    """Tell that a release is overdue, once a day; returns how many were told.

    Parameters
    ----------
    line : str
        What is due since when, and what is current.
    as_of : date, optional
        Snapshot of the release that is due.
    """
    told, day = work.runs / ".overdue", f"{as_of} {now:%Y-%m-%d}"
    if told.is_file() and told.read_text("utf-8", errors="replace") == day:
        return 0
    about = {"event": "overdue", "bank": work.bank_name(), "as_of": str(as_of), "state": "overdue", "line": line}
    sent = send(about | {"current": "", "missing": [], "report": ""})
    if sent:
        with whole_file(told) as part:
            part.write_text(day, "utf-8")
    return sent


def _sent(number: int, hook: Hook, message: Message) -> bool:
    """Whether one hook was told; what failed is said without addresses and texts of others, which may hold secrets."""
    way: Callable[[], None]
    if hook.webhook is not None:
        webhook, name = hook.webhook, "webhook"
        way = lambda: _post(webhook, message)  # noqa: E731 - one of three ways
    elif hook.mail is not None:
        mail, name = hook.mail, "mail"
        way = lambda: _mail(mail, message)  # noqa: E731
    else:
        name = "command"
        way = lambda: _run(hook.command, message)  # noqa: E731
    try:
        way()
    except SettingsError as error:
        shout(f"{_FILE}: hook {number}: {error.what} {error.do}")
        return False
    except (OSError, subprocess.SubprocessError, smtplib.SMTPException, ValueError) as error:
        shout(f"{_FILE}: hook {number} ({name}): {message['event']} could not be told ({type(error).__name__}).")
        return False
    return True


def _run(command: list[str], message: Message) -> None:
    text = json.dumps(message, ensure_ascii=False)
    subprocess.run(
        command, input=text, text=True, encoding="utf-8", check=True, capture_output=True, timeout=_COMMAND_SECONDS
    )


class _NoRedirect(HTTPRedirectHandler):
    """A token is not carried to another address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow no redirection."""


def _post(webhook: Webhook, message: Message) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if webhook.token_from:
        headers["Authorization"] = f"Bearer {_secret(webhook.token_from)}"
    body = json.dumps(message, ensure_ascii=False).encode()
    with build_opener(_NoRedirect).open(
        Request(webhook.url, data=body, headers=headers, method="POST"), timeout=_NETWORK_SECONDS
    ):
        pass


def _mail(mail: Mail, message: Message) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = mail.sender, ", ".join(mail.to)
    letter["Subject"] = " ".join(f"Goldmine {message['bank']} {message['as_of']}: {message['event']}".split())
    letter.set_content("\n".join([message["line"], *message["missing"], "", message["report"]]))
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=_NETWORK_SECONDS, context=context)
        if mail.tls == "implicit"
        else smtplib.SMTP(mail.host, mail.port, timeout=_NETWORK_SECONDS)
    ) as server:
        if mail.tls == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, _secret(mail.password_from))
        server.send_message(letter)


def _secret(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(
            _("the environment variable {name} is not set.", name=name), _("Set it where the job runs.")
        )
    return value
