"""Errors a user can act on: one line says what happened and where, one what to do.

The command prints them without a traceback and exits with the code of their class.
No message may carry a customer's values: columns, rules and counts only.
"""

import os


class GoldmineError(Exception):
    """Base class of all errors that a user can correct.

    Parameters
    ----------
    what : str
        What happened and where: table, column, rule, count.
    do : str
        What the reader should do about it.
    """

    exit_code = 1
    language = "en"
    """Language in which the command says it."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.what = what
        self.do = do

    def __reduce__(self) -> tuple[type["GoldmineError"], tuple[str, str]]:
        """What another process makes the same error of."""
        return type(self), (self.what, self.do)

    def __str__(self) -> str:
        return f"{self.what}\n{self.do}"

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython shows in place of a traceback; a run recognises our errors by them."""
        from goldmine.core.i18n import ERROR_LANGUAGE, in_language

        language = os.environ.get(ERROR_LANGUAGE, "en")
        return [f"{type(self).__name__}: {in_language(self.what, language)}", in_language(self.do, language)]


class SettingsError(GoldmineError):
    """A setting or YAML file that cannot be used: unknown key, wrong type."""

    exit_code = 3


class ContractError(GoldmineError):
    """A bank's table breaks the contract: missing, mistyped, unreadable."""

    exit_code = 10


class ValidationError(GoldmineError):
    """A fatal Great Expectations rule failed."""

    exit_code = 11


class HistoryError(GoldmineError):
    """A snapshot date that cannot be used: not a month end, or too little history."""

    exit_code = 12


class UseCaseError(GoldmineError):
    """A use case that is unknown, or whose rows cannot train a model."""

    exit_code = 13


class ParameterError(GoldmineError):
    """A notebook parameter that is unknown, missing or of the wrong type."""

    exit_code = 14


class NotebookError(GoldmineError):
    """A notebook's cell failed, or its run took longer than its limit."""

    exit_code = 15
    may_pass = False
    """Whether the fault is one of the machine or the network that may be gone at the next attempt."""


class WorkFolderError(GoldmineError):
    """The work folder belongs to another bank, or another run holds it."""

    exit_code = 16


class DiskError(GoldmineError):
    """No space left, or a file that cannot be written."""

    exit_code = 17


class ModelError(GoldmineError):
    """No usable model: nothing registered, or its features are not there."""

    exit_code = 18


class ReleaseError(GoldmineError):
    """A release that is missing or not whole."""

    exit_code = 19


class LeakError(GoldmineError):
    """Training rows that hold what was not known at their cutoff."""

    exit_code = 20


class DriftError(GoldmineError):
    """The scored customers differ from those that the model was trained on."""

    exit_code = 24


class EngineError(GoldmineError):
    """Spark does not start or has failed: no Java, no master, too little memory."""

    exit_code = 25


class AuditError(GoldmineError):
    """The audit log was changed, or cannot take a line."""

    exit_code = 26


class PortalError(GoldmineError):
    """A user, token or file of the portal that cannot be used."""

    exit_code = 27


class IncompleteError(GoldmineError):
    """A release was published, but something that belongs to it was refused."""

    exit_code = 28


class OverdueError(GoldmineError):
    """The release that is due was not published: a run failed, or did not run."""

    exit_code = 29
