"""One bank at one month end: the folders that a run reads and writes, and its use cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import typer

from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank
from goldmine.contract.mapping import load_mapping
from goldmine.core.engine import Engine, engine_of
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.measurement.campaign_results import Campaign
from goldmine.pipeline.run_record import RunRecord
from goldmine.pipeline.selection import required_cutoffs, selected_use_cases


@dataclass(frozen=True)
class Snapshot:
    """Bank, month end and settings of a run.

    Parameters
    ----------
    source : Path
        The bank's folder.
    work : Workspace
        Its work folder.
    as_of : date
        The month end that the books are read at.
    language : str
        ``en`` or ``zh``, of figures, lists and the lines on the terminal.
    use_cases : tuple of str
        Use cases asked for; none means all that the bank's tables support.
    parameters : mapping of str to str
        More parameters for the steps' notebooks, as text.
    asked_engine, asked_master : str
        Engine and Spark's master that replace those of ``bank.yaml``; empty: no replacement.
    quarterly : bool
        Whether it is a scheduled run, which includes the use cases whose file says ``schedule: quarterly``.
    use_case : str
        The use case that a step runs for; empty for a step that serves all.
    campaign : Campaign, optional
        The campaign that a step runs for.
    cores : int
        How many cores a step's notebook uses; 0 is all.
    record : RunRecord
        What the run has done so far; all its steps share it.
    """

    source: Path
    work: Workspace
    as_of: date
    language: str = "en"
    use_cases: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    asked_engine: str = ""
    asked_master: str = ""
    quarterly: bool = False
    use_case: str = ""
    campaign: Campaign | None = None
    cores: int = 0
    record: RunRecord = field(default_factory=RunRecord, compare=False)

    @cached_property
    def engine(self) -> Engine:
        """The engine that makes activity, features and scores, and draws rows to train on.

        Raises
        ------
        SettingsError
            If there is no such engine or master.
        """
        settings = load_mapping(self.source).engine
        name, master = self.asked_engine or settings.name, self.asked_master or settings.spark_master
        return engine_of(name, master, settings.slice_customers)

    @property
    def engine_parameters(self) -> dict[str, str | int]:
        """The engine as parameters of a notebook."""
        return {
            "engine": self.engine.name,
            "spark_master": self.engine.spark_master,
            "slice_customers": self.engine.slice_customers,
        }

    @cached_property
    def bank_name(self) -> str:
        """The bank's name, from its ``bank.yaml``."""
        return load_mapping(self.source).name

    @property
    def bank(self) -> Bank:
        """The bank's canonical tables, once they have been imported."""
        return load_bank(self.work)

    @cached_property
    def selected(self) -> list[str]:
        """Use cases of the run; see `selected_use_cases`."""
        return selected_use_cases(self.bank, self.work, self.as_of, self.use_cases, quarterly=self.quarterly)

    @cached_property
    def cutoffs(self) -> list[date]:
        """Cutoffs whose features the run needs, or those that its one use case needs."""
        return required_cutoffs(self.bank, [self.use_case] if self.use_case else self.selected, self.as_of)

    def tell(self, subject: str, text: str) -> None:
        """Print a step's line on standard error, in the run's language.

        Parameters
        ----------
        subject : str
            The step, use case or campaign that the line is of.
        text : str
            What is said of it.
        """
        typer.echo(f"  {subject:<20} {in_language(text, self.language)}", err=True)
