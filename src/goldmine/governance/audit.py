"""A bank's audit log checked together with the journals of its models, which it anchors."""

from pathlib import Path

from goldmine.core.audit.check import AuditCheck, Fault, check_log
from goldmine.core.audit.head import Head
from goldmine.core.audit.log import AuditLog
from goldmine.core.audit.sealed_file import BrokenSealError, SealedFile
from goldmine.core.i18n import _


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
