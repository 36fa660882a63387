"""What every notebook opens first: a work folder with its bank's tables, at a snapshot."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank, open_bank
from goldmine.core.dates import snapshot_date
from goldmine.core.engine import Engine
from goldmine.core.i18n import LocalizedText
from goldmine.core.notebook_text import CONTEXT
from goldmine.core.workspace import Workspace, at_home
from goldmine.plots.style import localized, use_language


@dataclass(frozen=True)
class Session:
    """A bank's tables, a work folder, a snapshot.

    Parameters
    ----------
    bank : Bank
        The bank's canonical tables, as a run imported them.
    work : Workspace
        Folder of the features; a session that tries a family has its own folder, so that no list changes.
    as_of : date
        The snapshot.
    language : str
        ``en`` or ``zh``, of figures and texts.
    family : str
        The file of features that is tried; empty if there is none.
    standing : Workspace, optional
        Where a file is tried: the work folder whose feature tables it adds to.
    """

    bank: Bank
    work: Workspace
    as_of: date
    language: str = "en"
    family: str = ""
    standing: Workspace | None = None


def open_session(
    work: str = "data", as_of: str = "", language: str = "en", *, source: str = "", engine: Engine | None = None
) -> Session:
    """Open a work folder that a run has filled.

    Parameters
    ----------
    work : str
        The bank's work folder.
    as_of : str
        Snapshot date, ``YYYY-MM-DD``; empty for the last month end of the books.
    language : str
        ``en`` or ``zh``, of figures and texts.
    source : str
        The bank's own folder, whose tables are imported first; empty if a run has done so.
    engine : Engine, optional
        Where tables are cast then; if not given, as ``bank.yaml`` says.
    """
    use_language(language)
    workspace = Workspace(at_home(work))
    bank = open_bank(at_home(source), workspace, engine) if source else load_bank(workspace)
    snapshot = snapshot_date(as_of, bank.data_until)
    bank.require_balances(snapshot)
    return Session(bank, workspace, snapshot, language)


def say(message: str, /, **values: Any) -> None:
    """Print a line of a notebook in the session's language.

    Parameters
    ----------
    message : str
        A message of `notebooks.po` with named placeholders, or a text that knows its languages itself.
    **values
        Values of the placeholders.

    Examples
    --------
    >>> say("{n} features", n=3)
    3 features
    """
    text = message if isinstance(message, LocalizedText) else LocalizedText(message, values, context=CONTEXT)
    sys.stdout.write(f"{localized(text)}\n")


def say_each(texts: Iterable[str], otherwise: str = "") -> None:
    """Print each text as a line in the session's language; if there is none, what is said otherwise.

    Examples
    --------
    >>> say_each([], otherwise="no warnings")
    no warnings
    """
    lines = list(texts)
    for line in lines or [otherwise] * bool(otherwise):
        say(line)
