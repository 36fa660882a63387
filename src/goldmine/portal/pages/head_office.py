"""Head office: funnels and capacity of campaigns, progress by branch and day, measured effects, releases, origins."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from goldmine.campaigns.record import LIMIT_KINDS, CampaignRecord, Limit
from goldmine.contactability.funnel import STAGES
from goldmine.contactability.past_offers import campaign_titles, releases_out
from goldmine.core.columns import column
from goldmine.core.i18n import LocalizedText, in_language, join_texts
from goldmine.core.workspace import Workspace
from goldmine.measurement.kept_figures import kept_figures
from goldmine.portal.access import page
from goldmine.portal.clock import today
from goldmine.portal.models import Release
from goldmine.portal.progress import progress
from goldmine.portal.scope import current_release
from goldmine.portal.templating import language
from goldmine.portal.words import answer_words, list_titles, names_of
from goldmine.publishing.campaign_report import verdict

_MOST_LIMITS = 40
_RELEASES = 10


@dataclass(frozen=True)
class Stage:
    """One stage of a funnel: customers who left there, and who remain."""

    title: LocalizedText
    left: int
    remain: int


@dataclass(frozen=True)
class CampaignView:
    """A campaign of the release as the page shows it."""

    name: str
    record: CampaignRecord
    verdict: LocalizedText
    stages: list[Stage]
    limits: list[tuple[str, Limit]]


@require_GET
@page("head_office")
def head_office(request: HttpRequest) -> HttpResponse:
    """The figures of the release that is shown; ``list_name`` narrows the progress to one list."""
    user: Any = request.user
    release = current_release()
    if release is None:
        return render(request, "portal/head_office.html.jinja", {"release": None})
    titles, names = list_titles(release, language()), names_of(release.release_id)
    chosen = request.GET.get("list_name", "")
    chosen = chosen if chosen in titles else ""
    made = progress(user, release, chosen)
    work = Workspace(settings.GOLDMINE_WORK)
    measured, effects = campaign_titles(releases_out(work)), kept_figures(work)
    branches = names.beside("branch_id", list(made.branches), language())
    all_rows = {"list_name": chosen} if chosen else {}
    context = {
        "release": release,
        "titles": titles,
        "chosen": chosen,
        "branches": [
            (title, counts, all_rows | {"branch_id": branch} if branch else all_rows)
            for title, (branch, counts) in zip(branches, made.branches.items(), strict=True)
        ],
        "all_rows": all_rows,
        "total": made.total,
        "elsewhere": made.elsewhere,
        "days": made.days,
        "week": made.weeks(today()),
        "most": max((sum(counts.values()) for counts in made.days.values()), default=0),
        "answers": answer_words(language()),
        "campaigns": [
            _campaign(name, record, release) for name, record in (release.manifest.get("campaigns") or {}).items()
        ],
        "effects": effects,
        "some_drawn_before": any(kept.figures.get("drawn_before") for kept in effects),
        "measured_titles": {code: in_language(title, language()) for code, title in measured.items()},
        "releases": list(Release.objects.order_by("-as_of", "-created_at")[:_RELEASES]),
        "files": _origins(release.manifest.get("files") or []),
        "way_back": _way_back(release),
    }
    return render(request, "portal/head_office.html.jinja", context)


def _campaign(name: str, stored: Any, release: Release) -> CampaignView | None:
    """A campaign's record; None where the manifest holds only a part of it."""
    if "funnel" not in stored:
        return None
    record = CampaignRecord.model_validate(stored)
    stages: dict[str, Stage] = {}
    for step in record.funnel.steps:
        before = stages.get(step.stage)
        left = step.left + (before.left if before else 0)
        stages[step.stage] = Stage(STAGES[step.stage], left, step.remain)
    limits = [(_limit_word(limit, release), limit) for limit in record.limits[:_MOST_LIMITS]]
    return CampaignView(name, record, verdict(record.power), list(stages.values()), limits)


def _limit_word(limit: Limit, release: Release) -> str:
    """Whose capacity it is: a channel in words, or the name of a branch, a manager or a grid."""
    if limit.kind == "channel":
        key: Any = column("channel").words[limit.key]
    else:
        table = {"branch": "branches", "manager": "staff", "grid": "grids"}[limit.kind]
        key = names_of(release.release_id).of_table(table, [limit.key], language())[0]
    return join_texts([LIMIT_KINDS[limit.kind], key], " ").to(language())


def _way_back(release: Release) -> dict[str, dict[str, tuple[str, str] | None]]:
    """By use case, the executed notebooks that its rows come from: of training, scoring, validation and release.

    Each is a month end and a name, as the page of an executed notebook takes them; None where it is not there.
    """
    links: dict[str, dict[str, tuple[str, str] | None]] = {}
    for file in _origins(release.manifest.get("files") or []):
        name, shown = file["use_case"], str(release.as_of)
        wanted = {
            "train": (str(file.get("model_as_of") or ""), f"train_{name}"),
            "score": (shown, f"score_{name}"),
            "validate": (shown, "validate"),
            "publish": (shown, "publish"),
        }
        links[name] = {what: _notebook(day, ending) for what, (day, ending) in wanted.items()}
    return links


def _notebook(as_of: str, ending: str) -> tuple[str, str] | None:
    folder = settings.GOLDMINE_WORK / "notebooks" / as_of
    pages = sorted(folder.glob(f"*_{ending}.html")) if as_of else []
    return (as_of, pages[0].stem) if pages else None


def _origins(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One file a use case, the Parquet one: where its rows come from."""
    return [file for file in files if file["path"].endswith(".parquet")]
