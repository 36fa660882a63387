"""A measured campaign's figures in the work folder, for pages that show them beside later work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from goldmine.core.file_names import file_name
from goldmine.core.files import read_json, write_json
from goldmine.core.workspace import Workspace


@dataclass(frozen=True)
class KeptFigures:
    """One campaign as it was measured last.

    Parameters
    ----------
    campaign, as_of, complete_on : str
        Its id, the snapshot of its release, and the last day of its horizon.
    figures : mapping of str to float
        See `goldmine.measurement.report.figures`; an effect that cannot be measured is missing.
    why : mapping of str to str
        Why it cannot be measured, by language; empty where it can, and in files that were kept before they said so.
    """

    campaign: str
    as_of: str
    complete_on: str
    figures: Mapping[str, float]
    why: Mapping[str, str] = field(default_factory=dict)


def keep_figures(work: Workspace, kept: KeptFigures) -> Path:
    """Write a campaign's figures; those of an earlier measurement are replaced."""
    path = _folder(work) / f"{file_name(f'{kept.campaign}-{kept.as_of}')}.json"
    write_json(path, {**vars(kept), "figures": dict(kept.figures), "why": dict(kept.why)})
    return path


def kept_figures(work: Workspace) -> list[KeptFigures]:
    """The figures of all measured campaigns, the latest complete one first."""
    stored = [read_json(path, {}) for path in _folder(work).glob("*.json")]
    kept = [KeptFigures(**figures) for figures in stored if figures]
    return sorted(kept, key=lambda one: (one.complete_on, one.campaign), reverse=True)


def _folder(work: Workspace) -> Path:
    return work.root / "measured"
