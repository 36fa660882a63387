"""What refused a use case at a snapshot: kept in the work folder until its step has gone through.

A use case that is refused stops no other. The release leaves out those whose scores were refused, and says so.
"""

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from goldmine.core.errors import GoldmineError
from goldmine.core.files import write_json
from goldmine.core.i18n import _
from goldmine.core.settings import RecordModel
from goldmine.core.workspace import Workspace

MODEL, SCORES = "model", "scores"
"""Steps. Refused scores leave a use case without a list; where training was refused, an earlier champion scores."""


class Refusal(RecordModel):
    """One refused step of a use case.

    Parameters
    ----------
    use_case, step : str
        The use case, and ``model`` or ``scores``.
    family : str
        The error's class in `goldmine.core.errors`.
    what, do : str
        The error's two lines.
    """

    use_case: str
    step: str
    family: str
    what: str
    do: str

    @classmethod
    def of(cls, use_case: str, step: str, error: GoldmineError) -> "Refusal":
        """The refusal that an error is."""
        return cls(use_case=use_case, step=step, family=type(error).__name__, what=error.what, do=error.do)

    def error(self) -> GoldmineError:
        """The error again, of its class and so with its exit code."""
        families = {family.__name__: family for family in GoldmineError.__subclasses__()}
        return families.get(self.family, GoldmineError)(self.what, self.do)


def keep_refusal(work: Workspace, as_of: date, refusal: Refusal) -> None:
    """Keep a refusal in the work folder."""
    write_json(_path(work, as_of, refusal.use_case, refusal.step), refusal.model_dump())


def clear_refusal(work: Workspace, as_of: date, use_case: str, step: str) -> None:
    """Forget a refusal, since the step has gone through."""
    _path(work, as_of, use_case, step).unlink(missing_ok=True)


def refused(work: Workspace, as_of: date, step: str = SCORES) -> dict[str, Refusal]:
    """Refusals of a step at a snapshot, by use case."""
    found: dict[str, Refusal] = {}
    for path in sorted((work.root / "refused" / str(as_of)).glob(f"*.{step}.json")):
        use_case = path.name.removesuffix(f".{step}.json")
        found[use_case] = _read(path, use_case, step)
    return found


def _read(path: Path, use_case: str, step: str) -> Refusal:
    """A refusal; one that cannot be read refuses all the same."""
    try:
        return Refusal.model_validate_json(path.read_bytes())
    except ValidationError:
        return Refusal.of(
            use_case,
            step,
            GoldmineError(_("{path}: cannot be read.", path=path), _("Run the step again, which writes it anew.")),
        )


def _path(work: Workspace, as_of: date, use_case: str, step: str) -> Path:
    return work.root / "refused" / str(as_of) / f"{use_case}.{step}.json"
