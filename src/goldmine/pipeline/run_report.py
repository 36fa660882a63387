"""The report of a run, as JSON and as a page: which release is current and why, steps, rows and yuan, warnings."""

import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pydantic

from goldmine.contract.schema_drift import accept_shapes, schema_changes
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ReleaseError
from goldmine.core.files import whole_file, write_json
from goldmine.core.i18n import LocalizedText, _, in_language, pgettext, stored_text
from goldmine.core.page_text import page_templates
from goldmine.core.settings import RecordModel
from goldmine.core.workspace import Workspace
from goldmine.pipeline.run_flow import Flow, customer_flows, intake_flows
from goldmine.pipeline.run_record import RunRecord, StepRecord
from goldmine.pipeline.snapshot import Snapshot
from goldmine.publishing.manifest import Manifest, younger_models
from goldmine.publishing.release_store import Release, read_latest
from goldmine.validation.results import broken_rules

RunState = Literal["published", "unchanged", "incomplete", "failed", "no_release"]
_SUITES = (*TABLES, "features", "scores", "lists", "offers", "control")


class CurrentRelease(RecordModel):
    """The release that ``latest.json`` names."""

    release_id: str
    as_of: date
    created_at: datetime


class RunReport(RecordModel):
    """The report of one run.

    Parameters
    ----------
    run_id, bank, who : str
        Dagster's run, the bank, and who started the run.
    as_of : date
        Snapshot.
    started, ended : datetime
        When (UTC).
    state : str
        ``published``: a new release is current; ``unchanged``: the release was current already, or is of an earlier
        month; ``incomplete``: published, with something refused; ``failed``; ``no_release``: it was to publish none.
    line : LocalizedText
        The morning line: which release is current, and why.
    current : CurrentRelease, optional
        None where none is.
    steps : tuple of StepRecord
        Steps in the order they began.
    flows : tuple of Flow
        Rows, customers and yuan from the sources to the release.
    warnings, missing : tuple of LocalizedText
        What somebody should look at; what is not in the release, and why.
    """

    run_id: str
    bank: str
    who: str
    as_of: date
    started: datetime
    ended: datetime
    state: RunState
    line: LocalizedText
    current: CurrentRelease | None
    steps: tuple[StepRecord, ...]
    flows: tuple[Flow, ...]
    warnings: tuple[LocalizedText, ...]
    missing: tuple[LocalizedText, ...]

    def page(self, work: Workspace) -> Path:
        """The page of the report; the JSON stands beside it."""
        return work.runs / f"{self.started:%Y%m%dT%H%M%SZ}_{self.run_id[:8]}.html"


def write_report(
    run: Snapshot, *, run_id: str, who: str, started: datetime, before: CurrentRelease | None
) -> RunReport:
    """Write the report of a run that has ended, well or not, into ``runs`` of the work folder.

    The page of the run that published a release stands beside the release too.

    Parameters
    ----------
    run : Snapshot
        What the run was for, with its record.
    before : CurrentRelease, optional
        The release that was current when the run began.
    """
    release, current = _current(run.work)
    flows, uncounted = _flows(run, release)
    state = _state(run.record, before, current)
    report = RunReport(
        run_id=run_id,
        bank=run.bank_name,
        who=who,
        as_of=run.as_of,
        started=started,
        ended=datetime.now(UTC),
        state=state,
        line=_line(run, state, current),
        current=current,
        steps=tuple(run.record.steps),
        flows=tuple(flows),
        warnings=(*uncounted, *_shape_changes(run), *_warnings(run.work, flows, release)),
        missing=tuple(_missing(run, release)),
    )
    if state in ("published", "unchanged", "incomplete"):
        accept_shapes(run.work)
    page = report.page(run.work)
    write_json(page.with_suffix(".json"), report.model_dump(mode="json"))
    with whole_file(page) as part:
        part.write_text(report_html(report, run.language), "utf-8")
    if state in ("published", "incomplete") and current is not None and current != before:
        beside = run.work.releases / str(current.as_of) / f"{current.release_id}.html"
        with whole_file(beside) as part:
            shutil.copyfile(page, part)
    return report


def report_html(report: RunReport, language: str) -> str:
    """A report as one HTML file that needs no network."""
    environment = page_templates("goldmine.pipeline")
    environment.filters["text"] = lambda value: str(in_language(value, language))
    environment.filters["figure"] = lambda value: f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return environment.get_template("run_report.html.jinja").render(report=report, language=language, words=_WORDS)


def read_reports(work: Workspace) -> list[RunReport]:
    """The reports of a work folder, the newest first; one that cannot be read is left out."""
    reports = []
    for path in sorted(work.runs.glob("*.json"), reverse=True):
        try:
            reports.append(RunReport.model_validate_json(path.read_bytes()))
        except (pydantic.ValidationError, OSError):
            continue
    return reports


def current_release(work: Workspace) -> CurrentRelease | None:
    """The release that is current and whole; None if there is none."""
    return _current(work)[1]


def _current(work: Workspace) -> tuple[Release | None, CurrentRelease | None]:
    try:
        release = read_latest(work)
    except ReleaseError:
        return None, None
    known = release.manifest
    return release, CurrentRelease(release_id=known.release_id, as_of=known.as_of, created_at=known.created_at)


def _state(record: RunRecord, before: CurrentRelease | None, current: CurrentRelease | None) -> RunState:
    if "release" in record.done:
        if record.refused or record.failed is not None:
            return "incomplete"
        return "unchanged" if current == before else "published"
    return "failed" if record.failed is not None or record.refused else "no_release"


def _line(run: Snapshot, state: RunState, current: CurrentRelease | None) -> LocalizedText:
    failed = run.record.failed
    refused = run.record.refused
    if failed is not None and refused and failed.why == refused[0].what:
        failed = None  # the release says why there is nothing to list; the line names the step that was refused
    if state == "incomplete":
        why: str = _("this run published it, and something is missing")
    elif failed is not None:
        why = _("{step} failed: {why}", step=failed.name, why=failed.why or "")
    elif refused:
        why = _("{step} failed: {why}", step=f"{refused[0].use_case}/{refused[0].step}", why=refused[0].what)
    elif state == "published":
        why = _("this run published it")
    elif state == "no_release":
        why = _("this run was not to publish any")
    elif current is not None and current.as_of > run.as_of:
        why = _("this run was of the earlier month {as_of}", as_of=run.as_of)
    else:
        why = _("nothing has changed since")
    if current is None:
        return _("No release is current: {why}.", why=_bare(why))
    known = {"release": current.release_id, "as_of": current.as_of, "at": f"{current.created_at:%Y-%m-%d %H:%M} UTC"}
    return _("Current: release {release} of {as_of}, made {at}: {why}.", **known, why=_bare(why))


def _bare(text: str) -> LocalizedText:
    """A text in every language without its full stop."""
    texts = {language: str(in_language(text, language)).rstrip(".\u3002") for language in ("en", "zh")}
    return stored_text(texts)


def _flows(run: Snapshot, release: Release | None) -> tuple[list[Flow], list[LocalizedText]]:
    """Rows and yuan as far as the run came; what cannot be counted is a warning and no failure."""
    done = run.record.done
    if not done:
        return [], []
    own = release if "release" in done and release is not None and release.manifest.as_of == run.as_of else None
    try:
        flows = intake_flows(run.work)
        if "features" in done:
            flows += customer_flows(run.bank, run.work, run.as_of, own.manifest if own else None)
    except Exception as error:
        return [], [_("rows and yuan could not be counted: {kind}", kind=type(error).__name__)]
    return flows, []


def _shape_changes(run: Snapshot) -> list[LocalizedText]:
    """What is new in the shape of the tables, if the run came as far as to take them in."""
    if "tables" not in run.record.done:
        return []
    return [_("changed since the last accepted run: {what}", what=change) for change in schema_changes(run.work)]


def _warnings(work: Workspace, flows: Iterable[Flow], release: Release | None) -> list[LocalizedText]:
    warnings = [
        _("{step}: {n} {unit} are unexplained", step=flow.step, n=f"{flow.unexplained:,}", unit=_WORDS[flow.unit])
        for flow in flows
        if flow.unexplained
    ]
    for suite, rule in broken_rules(work, _SUITES):
        about = {"column": f"{suite}.{rule['column']}", "rule": rule["rule"]}
        counts = {"failing": f"{rule['failing']:,}", "rows": f"{rule['rows']:,}"}
        warnings.append(_("{column}: {rule}, {failing} of {rows}", **about, **counts))
    return warnings + [_as_it_is(note) for note in (younger_models(release.manifest) if release else ())]


def _missing(run: Snapshot, release: Release | None) -> list[LocalizedText]:
    last = {step.name: step for step in run.record.steps}
    missing = [
        _("{step}: {why}", step=step.name, why=step.why or _WORDS[step.outcome])
        for step in last.values()
        if step.outcome not in ("made", "reused")
    ]
    if "release" in run.record.done and release is not None:
        missing += _not_listed(release.manifest)
    return missing


def _not_listed(manifest: Manifest) -> list[LocalizedText]:
    lists = [_("list {name}: {why}", name=name, why=why) for name, why in manifest.left_out.items()]
    return lists + [
        _("campaign {name}: for want of {why}", name=name, why=why) for name, why in manifest.campaigns_off.items()
    ]


def _as_it_is(text: str) -> LocalizedText:
    return text if isinstance(text, LocalizedText) else LocalizedText(text, translations={"en": text, "zh": text})


_WORDS: dict[str, LocalizedText] = {
    "made": _("made"),
    "reused": _("taken as it was"),
    "off": _("switched off"),
    "left_out": _("left out"),
    "refused": pgettext("run", "refused"),
    "failed": _("failed"),
    "rows": pgettext("run", "rows"),
    "customers": _("customers"),
    "yuan": _("yuan"),
    "title": _("Run of {as_of}"),
    "steps": _("Steps"),
    "step": _("Step"),
    "outcome": _("what happened"),
    "seconds": _("seconds"),
    "flow": _("From source to release"),
    "unit": _("unit"),
    "in": _("in"),
    "out": _("out"),
    "exits": _("left by the way"),
    "unexplained": _("unexplained"),
    "warnings": _("Warnings"),
    "missing": _("Missing"),
    "none": _("none"),
    "by": _("{bank}; started by {who}; {started} to {ended} UTC"),
}
"""Words of the page and of the lines."""
