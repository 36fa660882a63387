"""What a command works on: the bank at a month end, under the work folder's lock, in a language."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goldmine.contract.bank import Bank
    from goldmine.core.i18n import LocalizedText
    from goldmine.core.placeholders import BankSettings
    from goldmine.core.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    """The bank, the work folder, the month end and the language."""

    bank: "Bank"
    work: "Workspace"
    day: date
    language: str

    def say(self, text: "LocalizedText") -> None:
        """Print a line in the command's language."""
        from goldmine.cli.output import say
        from goldmine.core.i18n import in_language

        say(in_language(text, self.language))

    def say_placeholders(self, rules: "BankSettings", file: str) -> None:
        """Say which values of a settings file the bank has not set yet."""
        from goldmine.core.placeholders import placeholders_note

        if note := placeholders_note(rules, file):
            self.say(note)

    def say_path(self, path: Path) -> None:
        """Print where a file is."""
        from goldmine.cli.output import near, say

        say(near(path))


@contextmanager
def open_desk(work: Path, as_of: str, language: str) -> Iterator[Desk]:
    """Open the bank at a month end under the work folder's lock; errors are said in the language."""
    from goldmine.cli.output import errors_in
    from goldmine.contract.intake import load_bank
    from goldmine.core.dates import snapshot_date
    from goldmine.core.workspace import Workspace

    workspace = Workspace(work.absolute())
    with errors_in(language):
        bank = load_bank(workspace)
        day = snapshot_date(as_of, bank.data_until)
        with workspace.lock():
            yield Desk(bank, workspace, day, language)
