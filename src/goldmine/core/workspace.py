"""Paths: the project's own folders, and one bank's work folder with all its results."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

from goldmine.core.errors import WorkFolderError
from goldmine.core.file_modes import protect
from goldmine.core.files import disk_errors, read_record, remove_unfinished, write_json
from goldmine.core.i18n import _
from goldmine.core.processes import process_mark
from goldmine.core.seals import discard_damaged
from goldmine.core.work_layout import LAYOUT, bring_up_to_date, require_known_layout


def home() -> Path:
    """The project's folder: ``GOLDMINE_HOME``, or the checkout that holds this package."""
    return Path(os.environ.get("GOLDMINE_HOME") or Path(__file__).parents[3]).resolve()


def at_home(path: str | Path) -> Path:
    """An absolute path; a relative one is taken from the project's folder, wherever the kernel runs."""
    return home() / Path(path)


_HELD = "GOLDMINE_LOCK_HELD"
_KERNELS = ".kernels.lock"
_OTHERS = ("dagster", "portal", "releases")
"""Folders in which others than the holder of the lock write, or which are tidied up by whoever writes there."""
KERNEL_SECONDS = 30.0
"""How long a run waits for the kernels of one that was killed."""
_AGAIN_SECONDS, _LOOK_SECONDS = 0.5, 0.3
"""Between two tries; and how long the watch over runs may hold a lock to look whether it is free."""
_held_for_life: list[TextIO] = []


@dataclass(frozen=True)
class Workspace:
    """Paths inside one bank's work folder.

    Parameters
    ----------
    root : Path
        The folder, created when something is first written.

    Raises
    ------
    WorkFolderError
        If a newer Goldmine has written it.
    """

    root: Path

    def __post_init__(self) -> None:
        require_known_layout(self.root)

    @property
    def tables(self) -> Path:
        """Canonical tables as Parquet, if the bank's own are in another format."""
        return self.root / "tables"

    @property
    def activity(self) -> Path:
        """Month x customer aggregates."""
        return self.root / "activity"

    @property
    def dagster(self) -> Path:
        """Dagster's store of this bank's runs and schedules."""
        return self.root / "dagster"

    @property
    def docs(self) -> Path:
        """Great Expectations' Data Docs, a local site."""
        return self.root / "data_docs"

    @property
    def releases(self) -> Path:
        """Published lists."""
        return self.root / "releases"

    @property
    def runs(self) -> Path:
        """Reports of runs."""
        return self.root / "runs"

    @property
    def returned(self) -> Path:
        """Contacts imported from results; the intake adds them to the bank's own."""
        return self.root / "returned" / "contacts.parquet"

    def returned_visits(self, table: str) -> Path:
        """Rows of ``visits`` or ``external_facts`` that visitors brought back; the intake adds them to the bank's."""
        return self.root / "returned" / f"{table}.parquet"

    @property
    def same_person(self) -> Path:
        """Decisions on pairs of customer numbers: one person or not."""
        return self.root / "returned" / "same_person.parquet"

    @property
    def mergers(self) -> Path:
        """Mergers that follow from those decisions; the intake adds them to the bank's customers."""
        return self.root / "returned" / "mergers.parquet"

    def linkage(self, as_of: date) -> Path:
        """Pairs of customer numbers that may be one person, and what the model learnt, at one snapshot."""
        return self.root / "linkage" / str(as_of)

    def features(self, cutoff: date) -> Path:
        """Feature table of one cutoff: a row a customer."""
        return self.root / "features" / f"{cutoff}.parquet"

    def scores(self, as_of: date, use_case: str) -> Path:
        """Scores of one use case at one snapshot: a row an eligible customer."""
        return self.root / "scores" / str(as_of) / f"{use_case}.parquet"

    def drift(self, as_of: date | str, use_case: str) -> Path:
        """Drift report of one use case's scoring at one snapshot."""
        return self.root / "drift" / str(as_of) / f"{use_case}.json"

    def tuning(self, use_case: str, fingerprint: str) -> Path:
        """Finished trials of a search for one use case's settings, on rows and code of one fingerprint."""
        return self.root / "tuning" / f"{use_case}-{fingerprint[:12]}.log"

    def notebooks(self, as_of: date) -> Path:
        """Executed notebooks of one snapshot."""
        return self.root / "notebooks" / str(as_of)

    def validation(self, suite: str) -> Path:
        """Last validation result of a suite: rules and counts."""
        return self.root / "validation" / f"{suite}.json"

    def bank_name(self) -> str:
        """Name of the bank that the folder belongs to.

        Raises
        ------
        WorkFolderError
            If it belongs to none yet.
        """
        owner = self._owner()
        if not owner:
            raise WorkFolderError(
                _("{root}: is no bank's work folder yet.", root=self.root), _("Run `goldmine run` there first.")
            )
        return str(owner["bank"])

    def source(self) -> Path | None:
        """The folder that the bank's tables were last imported from; None if none were."""
        folder = self._owner().get("source")
        return Path(folder) if folder else None

    def claim(self, bank: str, source: Path | None = None) -> None:
        """Assign the folder to a bank, or check that it is this bank's; record the source of its tables, if given.

        Raises
        ------
        WorkFolderError
            If it holds another bank's data.
        """
        owner: dict[str, Any] = dict(self._owner()) or {"bank": bank}
        if owner["bank"] != bank:
            raise self._other_bank(owner["bank"], bank)
        write_json(
            self.root / "bank.json", owner | {"layout": LAYOUT} | ({"source": str(source.absolute())} if source else {})
        )

    def _owner(self) -> dict[str, str]:
        """What ``bank.json`` says: the bank, and the source of its tables; empty where there is none."""
        path = self.root / "bank.json"
        advice = 'Restore it from a backup, or write {"bank": "NAME"} into it with the bank\'s name of bank.yaml.'
        owner: dict[str, str] = read_record(path, {}, advice)
        if path.exists() and not isinstance(owner.get("bank"), str):
            raise WorkFolderError(_("{path}: names no bank.", path=path), advice)
        return owner

    def require_bank(self, bank: str, source: Path | None = None) -> None:
        """Check that the folder is this bank's, or nobody's yet; if a source is given, that its tables came from there.

        Raises
        ------
        WorkFolderError
            If it holds another bank's data, or tables that came from another folder.
        """
        owner = self._owner()
        if not owner:
            return
        if owner["bank"] != bank:
            raise self._other_bank(owner["bank"], bank)
        before = owner.get("source")
        if source is not None and before and Path(before).resolve() != source.resolve():
            raise WorkFolderError(
                _(
                    "{root}: its tables came from {before}, not from {source}.",
                    root=self.root,
                    before=before,
                    source=source,
                ),
                _("Take the other folder's tables in with `goldmine validate --bank`, or leave --bank out."),
            )

    def _other_bank(self, holds: str, asked: str) -> WorkFolderError:
        return WorkFolderError(
            _("{root}: holds the bank {holds!r}, not {asked!r}.", root=self.root, holds=holds, asked=asked),
            _("Give each bank a work folder of its own with --work."),
        )

    def make_folder(self, folder: Path) -> None:
        """Make the work folder, or one below it, if it is not there.

        Raises
        ------
        WorkFolderError
            If no folder can be made there.
        DiskError
            If the disk is full or read-only.
        """
        try:
            with disk_errors(self.root):
                folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:  # of the system's own, such as /proc
            raise WorkFolderError(
                _("{root}: no folder can be made there.", root=self.root), _("Give another with --work.")
            ) from error

    @contextmanager
    def lock(self, wait_seconds: float = 0.0) -> Iterator[None]:
        """Hold the folder for one run; kernels that the run starts share its hold, and keep it as long as they live.

        Derived tables that are not as they were written are removed first, so that the run makes them again.

        Parameters
        ----------
        wait_seconds : float
            How long to wait for another run.

        Raises
        ------
        WorkFolderError
            If another run holds it, or kernels of a run that was killed still do.
        """
        me = str(self.root.resolve())
        if os.environ.get(_HELD) == me:
            yield
            return
        self.make_folder(self.root)
        with disk_errors(self.root):
            protect(self.root)
            stream = (self.root / ".lock").open("a+")
        with stream:
            if not _locked(stream, max(wait_seconds, _LOOK_SECONDS)):
                raise WorkFolderError(
                    _("{root}: another run is at work here{holder}.", root=self.root, holder=_holder(stream)),
                    _("Wait until it has ended, or give this run another folder with --work."),
                )
            self._require_no_kernel()
            stream.truncate(0)
            stream.write(f"{process_mark()} {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
            stream.flush()
            os.environ[_HELD] = me
            try:
                remove_unfinished(self.root, _OTHERS)
                bring_up_to_date(self.root)
                discard_damaged(self.root)
                yield
            finally:
                del os.environ[_HELD]

    def is_free(self) -> bool:
        """Whether no run, and no kernel of one that was killed, holds the folder."""
        for name in (".lock", _KERNELS):
            if (self.root / name).exists():
                with (self.root / name).open("a+") as stream:
                    if not _locked(stream, 0):
                        return False
        return True

    def _require_no_kernel(self) -> None:
        """Wait for the kernels of a run that was killed: they end by themselves within seconds."""
        with disk_errors(self.root), (self.root / _KERNELS).open("a+") as stream:
            if not _locked(stream, KERNEL_SECONDS):
                raise WorkFolderError(
                    _("{root}: kernels of a run that was killed are still at work here.", root=self.root),
                    _("End the processes `ipykernel_launcher` that hold it, then run again."),
                )


def hold_with_the_run() -> None:
    """Hold the work folder of the run that started this process, a kernel, until the process ends, however it ends."""
    root = os.environ.get(_HELD)
    if root:
        stream = (Path(root) / _KERNELS).open("a+")
        fcntl.flock(stream, fcntl.LOCK_SH)
        _held_for_life.append(stream)


def _locked(stream: TextIO, wait_seconds: float) -> bool:
    """Whether the lock of an open file was got; it is tried until the time is over."""
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(min(_AGAIN_SECONDS, wait_seconds / 2))
        else:
            return True


def _holder(stream: TextIO) -> str:
    """Who holds the lock and since when, as its holder wrote it; empty where nobody did."""
    stream.seek(0)
    mark, _, since = stream.read(200).strip().partition(" ")
    machine, _, rest = mark.partition(":")
    return f" (process {rest.partition(':')[0]} on {machine}, since {since})" if since else ""
