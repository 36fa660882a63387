"""Publishing: from scores to a release that a branch can work from."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import held_back_at
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import display_names
from goldmine.core.errors import ParameterError, UseCaseError
from goldmine.core.i18n import _, in_language
from goldmine.core.progress import track
from goldmine.core.workspace import Workspace
from goldmine.labels.eligibility import segments_of
from goldmine.publishing.campaigns import contact_texts, plan_release, write_campaigns
from goldmine.publishing.changes import replaced_release, write_changes
from goldmine.publishing.listing import Listing, ReleaseMetadata, choose, make_rows, write_listing
from goldmine.publishing.manifest import ListFile, Manifest
from goldmine.publishing.moves import biggest_moves
from goldmine.publishing.reasons import reasons_in_words
from goldmine.publishing.release_inputs import (
    Scored,
    left_out,
    model_of,
    read_scored,
    release_id_of,
    release_marks,
    write_customers,
)
from goldmine.publishing.release_store import Release, release_once
from goldmine.validation import FileToCheck, SuiteResult, require, validate_files

LANGUAGES = ("en", "zh")


def publish(bank: Bank, work: Workspace, use_cases: list[str], as_of: date, *, language: str = "en") -> Release:
    """Publish the lists of some use cases as one release, and make it the current one.

    The same inputs give the same release; if it exists, nothing is written. A snapshot older than the current release's
    is published beside it and does not become current. If the process is killed at any moment, or the disk is full, the
    current release stays as it was.

    Parameters
    ----------
    bank : Bank
        The bank's tables; customers, contacts, staff and products decide who may be on a list.
    work : Workspace
        Work folder of the scores and the releases.
    use_cases : list of str
        Names of the use cases; each must have been scored at `as_of`.
    as_of : date
        Snapshot date.
    language : str
        ``en`` or ``zh``: of the reasons, and of the headings in CSV and XLSX.

    Raises
    ------
    ReleaseError
        If a use case was not scored.
    ValidationError
        If a list breaks a fatal rule of its suite.
    DiskError
        If the disk is full or cannot be written.
    """
    if language not in LANGUAGES:
        raise ParameterError(
            _("language: {language} is not known.", language=repr(language)),
            _("Use one of {names}.", names=", ".join(LANGUAGES)),
        )
    if not use_cases:
        raise UseCaseError(_("publish: no use case was named."), _("Name at least one, for example longtail."))
    with work.lock():
        scored = [read_scored(work, name, as_of) for name in sorted(set(use_cases))]
        release_id = release_id_of(bank, work, scored, as_of, language)
        release = ReleaseMetadata(bank.name, as_of, release_id, language, display_names(bank))
        return release_once(work, as_of, release_id, lambda folder: _fill(bank, work, scored, release, folder))


def _fill(bank: Bank, work: Workspace, scored: list[Scored], release: ReleaseMetadata, folder: Path) -> Manifest:
    """Write every campaign and every list into a folder and check the lists."""
    held_back = held_back_at(work, release.as_of, before=release.as_of)
    tables = ContactTables.open(bank, work, release.as_of, held_back=held_back)
    plan, language = plan_release(tables, work, scored)
    texts = contact_texts(tables, work, scored, plan)
    campaign_files = write_campaigns(folder, plan, texts, release, language)
    listings = [
        _listing(tables, work, planned, release, plan.held_back)
        for planned in track(scored, "lists: rules and reasons")
    ]
    written = [write_listing(folder, listing, release) for listing in track(listings, "lists: files")]
    to_check = _lists_to_check(release, folder, written)
    if plan.planned:
        to_check += _campaigns_to_check(tables, release, folder)
    results = validate_files(to_check, work, bank)
    require(results)
    tables.bank.require_unchanged()
    list_results, campaign_results = results[: len(written)], results[len(written) :]
    return Manifest(
        as_of=release.as_of,
        release_id=release.release_id,
        created_at=datetime.now(UTC),
        bank=release.bank,
        language=release.language,
        funnels={listing.use_case.name: listing.funnel for listing in listings},
        files=tuple(
            file.model_copy(update={"validation": _summary(result)})
            for files, result in zip(written, list_results, strict=True)
            for file in files
        ),
        campaigns={planned.campaign.campaign_id: planned.record for planned in plan.planned},
        campaigns_off=dict(plan.off or {}),
        campaign_files=tuple(campaign_files),
        customers=write_customers(folder, work, release.as_of),
        campaign_validation={result.suite: _summary(result) for result in campaign_results},
        replaces=write_changes(folder, replaced_release(work, release), release),
        left_out=left_out(work, release.as_of, [listing.use_case.name for listing in listings]),
        inputs=release_marks(bank, work, scored, release.as_of, release.language),
    )


def _listing(
    tables: ContactTables, work: Workspace, scored: Scored, release: ReleaseMetadata, held_back: frozenset[str]
) -> Listing:
    features = work.features(release.as_of)
    chosen = choose(tables, scored.path, scored.use_case, held_back, features=features)
    customers = chosen.rows["customer_id"].to_pylist()
    words = reasons_in_words(
        model_of(tables.bank, work, scored, release.as_of),
        work,
        scored.use_case,
        customers,
        as_of=release.as_of,
        languages=[release.language],
    ).phrases[release.language]
    stamp = (scored.model.model_version, release.release_id)
    moves = biggest_moves(tables.connection, work, release.as_of, customers)
    titles = {segment.name: in_language(segment.title, release.language) for segment in scored.use_case.segments}
    segments = segments_of(tables.connection, work, scored.use_case, release.as_of, customers)
    known = chosen.rows.append_column("segment", pa.array([titles.get(name) for name in segments], pa.string()))
    for name in moves.column_names:
        known = known.append_column(name, moves[name])
    rows = make_rows(known, words, scored.use_case, as_of=release.as_of, stamp=stamp)
    return Listing(scored.use_case, rows, chosen.funnel, scored.model)


def _lists_to_check(release: ReleaseMetadata, folder: Path, written: list[list[ListFile]]) -> list[FileToCheck]:
    """Each list's Parquet file, with the values that it must hold."""
    about: dict[str, str | date] = {"as_of": release.as_of, "release_id": release.release_id}
    return [FileToCheck("lists", folder / files[0].path, {**about, "use_case": files[0].use_case}) for files in written]


def _campaigns_to_check(tables: ContactTables, release: ReleaseMetadata, folder: Path) -> list[FileToCheck]:
    """All campaigns' offers as one table, and all their control."""
    files = {name: folder / "campaigns" / "*" / f"{name}.parquet" for name in ("offers", "control")}
    says: dict[str, str | date] = {"as_of": release.as_of, "release_id": release.release_id}
    says |= {"data_until": tables.bank.data_until, "control": str(files["control"])}
    if tables.returned is not None and tables.returned.exists():
        says["returned"] = str(tables.returned)
    return [FileToCheck(name, path, says) for name, path in files.items()]


def _summary(result: SuiteResult) -> dict[str, Any]:
    """A suite's result for the manifest: rules and counts."""
    return {
        "suite": result.suite,
        "success": result.success,
        "rules": len(result.rules),
        "fatal": len(result.failed("fatal")),
        "warnings": [
            f"{rule.column}: {rule.rule} ({rule.failing} of {rule.rows})" for rule in result.failed("warning")
        ],
        "skipped": result.skipped,
    }
