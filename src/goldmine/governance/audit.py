"""A bank's audit log checked together with the journals of its models, which it anchors."""

from pathlib import Path

from pydantic import Field

from goldmine.core.audit.check import AuditCheck, Fault, check_log
from goldmine.core.audit.head import Head
from goldmine.core.audit.log import AuditLog
from goldmine.core.audit.retention import MIN_MONTHS
from goldmine.core.audit.sealed_file import BrokenSealError, SealedFile
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "audit.yaml"


class Retention(SettingsModel):
    """How long the audit log stays at hand: ``pipelines/audit.yaml``.

    Parameters
    ----------
    keep_months : int
        Whole months before the current one, 6 or more.
    """

    keep_months: int = Field(default=24, ge=MIN_MONTHS)


def read_retention() -> Retention:
    """Read the setting.

    Raises
    ------
    SettingsError
        If the file has an unknown key, or keeps fewer than six months.
    """
    return typed(Retention, read_yaml(home() / "pipelines" / _FILE), _FILE)


def check_audit(bank_name: str, archive: Path | None = None, noted: Head | None = None) -> AuditCheck:
    """Check a bank's audit log and the journals of its models.

    Parameters
    ----------
    bank_name : str
        The bank.
    archive : Path, optional
        Folder with archived months, to be checked too.
    noted : Head, optional
        Where an earlier check ended, noted outside the log.
    """
    log = AuditLog.of_bank(bank_name)
    found = check_log(log, archive, noted)
    if found.fault is None:
        names = {path.stem for path in log.folder.parent.glob(f"{bank_name}.*.jsonl")} | set(found.anchors)
        faults = (_journal_fault(log.folder.parent / f"{name}.jsonl", found) for name in sorted(names))
        found.fault = next((fault for fault in faults if fault), None)
    return found


def _journal_fault(path: Path, found: AuditCheck) -> Fault | None:
    """The first fault of a journal; lines before the first that the log anchors are covered by its seal."""
    seals = {}
    try:
        for line in SealedFile(path).lines():
            seals[line["number"]] = line["seal"]
    except BrokenSealError as error:
        return Fault(path.name, error.line, _("is not as it was written, or does not follow the line before"))
    for model, number, seal in found.all_anchors:
        if model == path.stem and seals.get(number) != seal:
            return Fault(path.name, number, _("is missing or another than the audit log holds the seal of"))
    anchored = found.anchors.get(path.stem)
    if anchored and len(seals) > anchored[0]:
        return Fault(path.name, anchored[0] + 1, _("is not in the audit log"))
    return None
