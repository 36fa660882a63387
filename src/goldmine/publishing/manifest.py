"""The manifest of a release: typed, with unknown keys refused on reading."""

from datetime import date, datetime
from typing import Any

from goldmine.campaigns.record import CampaignRecord
from goldmine.contactability.funnel import Funnel
from goldmine.core.i18n import LocalizedText
from goldmine.core.settings import RecordModel
from goldmine.models.champion import younger_model


class ModelRef(RecordModel):
    """The model that ranked a list, the MLflow run that trained it, and the snapshot it was trained at."""

    model_name: str
    model_version: str
    mlflow_run: str
    model_as_of: str = ""


class ListFile(RecordModel):
    """One file of a release.

    Parameters
    ----------
    path : str
        Path below the release's folder.
    sha256 : str
        SHA-256 of its content.
    rows : int
        Customers in it.
    columns : tuple of str
        Code names of its columns, in order.
    use_case, model_name, model_version, mlflow_run : str
        Its use case and model.
    validation : dict
        The result of its suite: rules and counts.
    model_as_of : str
        The snapshot that the model was trained at; later than the release's where no model was champion by then.
    """

    path: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    use_case: str
    model_name: str
    model_version: str
    mlflow_run: str
    validation: dict[str, Any]
    model_as_of: str = ""


class CampaignFile(RecordModel):
    """One file of a release's campaigns: path below its folder, SHA-256, rows."""

    path: str
    sha256: str
    rows: int


class CustomersFile(RecordModel):
    """The customers table as it stood when the lists were made: path below the release's folder, SHA-256, rows."""

    path: str
    sha256: str
    rows: int


class ChangeCounts(RecordModel):
    """Rows of the replaced release that are withdrawn, new ones, and those of both that changed."""

    withdrawn: int
    new: int
    changed: int


class Replaced(RecordModel):
    """The release of the same snapshot that a release replaces, and what changed.

    Parameters
    ----------
    release_id : str
        Of the replaced release.
    head_office : ChangeCounts
        All rows of lists and offers.
    branches : dict of str to ChangeCounts
        Those of each branch.
    files : tuple of CampaignFile
        Files below ``changes/``.
    """

    release_id: str
    head_office: ChangeCounts
    branches: dict[str, ChangeCounts]
    files: tuple[CampaignFile, ...]


class Redaction(RecordModel):
    """Rows that were taken out of a release after it was published, since somebody was to be forgotten.

    Parameters
    ----------
    at : datetime
        When (UTC).
    person : str
        The beginning of a salted hash, as the audit log calls the person; no number.
    files : dict of str to str
        SHA-256 before, by each file that changed; the manifest's own holds what is there now.
    manifest_sha256 : str
        SHA-256 of the manifest before.
    """

    at: datetime
    person: str
    files: dict[str, str]
    manifest_sha256: str


class Manifest(RecordModel):
    """A release's manifest.

    Parameters
    ----------
    as_of : date
        Snapshot date of the scores.
    release_id : str
        The same for the same inputs.
    created_at : datetime
        When it was published (UTC).
    bank, language : str
        Name of the bank; language of headings and reasons.
    funnels : dict of str to Funnel
        By use case.
    files : tuple of ListFile
        The lists' files.
    campaigns : dict of str to CampaignRecord
        By name: funnel, limits, statistical power.
    campaigns_off : dict of str to LocalizedText
        Live campaigns that the bank's tables do not support, and what is missing.
    campaign_files : tuple of CampaignFile
        The campaigns' files.
    customers : CustomersFile, optional
        Layer, level and tags of everyone on the books; None if they were not made.
    campaign_validation : dict of str to dict
        The results of the suites ``offers`` and ``control`` over all campaigns: rules and counts.
    replaces : Replaced, optional
        The release of the same snapshot that it replaces; None for the first.
    left_out : dict of str to str
        Use cases without a list because their scores were refused, and why.
    inputs : dict of str to str
        Fingerprint of each input that the id was made of, by name.
    redactions : tuple of Redaction
        What was taken out since it was published; counts of funnels and campaigns stay those of the publishing.
    """

    as_of: date
    release_id: str
    created_at: datetime
    bank: str
    language: str
    funnels: dict[str, Funnel]
    files: tuple[ListFile, ...]
    campaigns: dict[str, CampaignRecord] = {}
    campaigns_off: dict[str, LocalizedText] = {}
    campaign_files: tuple[CampaignFile, ...] = ()
    customers: CustomersFile | None = None
    campaign_validation: dict[str, dict[str, Any]] = {}
    replaces: Replaced | None = None
    left_out: dict[str, str] = {}
    inputs: dict[str, str] = {}
    redactions: tuple[Redaction, ...] = ()

    @property
    def all_files(self) -> tuple[ListFile | CampaignFile | CustomersFile, ...]:
        """Every file below the release's folder, besides the manifest."""
        changes = self.replaces.files if self.replaces else ()
        return (*self.files, *self.campaign_files, *changes, *((self.customers,) if self.customers else ()))


def younger_models(manifest: Manifest) -> list[str]:
    """What is to be said of lists whose model was trained at a later snapshot than the release's; by use case."""
    models = {file.use_case: (file.model_version, file.model_as_of) for file in manifest.files}
    notes = {name: younger_model(*model, manifest.as_of) for name, model in models.items()}
    return [f"{name}: {note}" for name, note in notes.items() if note]


class Latest(RecordModel):
    """What ``latest.json`` says: the current release, its folder below ``releases``, its manifest's SHA-256."""

    as_of: date
    release_id: str
    path: str
    manifest_sha256: str
