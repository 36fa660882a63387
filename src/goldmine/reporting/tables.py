"""Frames for the three views: figures as tables, in words, with small groups hidden."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from goldmine.core.columns import column, headings
from goldmine.core.i18n import _, in_language
from goldmine.reporting.compare import compare
from goldmine.reporting.disclosure_control import MIN_CUSTOMERS, hidden
from goldmine.reporting.metric_definitions import Metric
from goldmine.reporting.metrics import Figures
from goldmine.reporting.prepare import ReportData
from goldmine.reporting.texts import word

UNKNOWN, FEW, HIDDEN = "—", f"<{MIN_CUSTOMERS}", "*"
STEPS = ("change_joined", "change_up", "change_same", "change_down", "change_closed")
"""Steps of the change of AUM, in order."""
LEVEL_METRICS = tuple(f"level_{level}" for level in range(7))


def written(value: float, metric: Metric, language: str, more: int = 0) -> str:
    """A figure as people read it: yuan in millions (Chinese: in ten thousands), shares in percent; a dash for none.

    ``more`` is how many decimals are added to the usual ones.
    """
    if pd.isna(value):
        return UNKNOWN
    if metric.unit == "yuan":
        if language == "zh":
            return str(in_language(_("{number}×10k", number=f"{value / 1e4:,.{1 + more}f}"), language))
        return f"{value / 1e6:,.{2 + more}f}M"
    if metric.unit == "share":
        return f"{value:.{1 + more}%}"
    decimals = 2 if metric.unit == "products" and metric.formula.kind == "ratio" else 0
    return f"{value:,.{decimals + more}f}"


def key_figures(data: ReportData, grain: str, unit_id: str, language: str) -> pd.DataFrame:
    """The figures of one unit in the order of the definitions, beside those of a quarter earlier.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    grain, unit_id : str
        ``head_office``, ``branch`` or ``employee``, and the unit's number.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    pandas.DataFrame
        Name, value, value a quarter earlier (a dash if unknown) and department in charge; in words.
    """
    now = data.figures.at(grain, unit_id)
    before = _before(data, grain, unit_id)
    rows = []
    for metric in data.metrics.metrics:
        if grain not in metric.grain or metric.name in (*LEVEL_METRICS, *STEPS) or metric.name not in now.index:
            continue
        values = {
            "now": now.loc[metric.name],
            "before": before.loc[metric.name] if metric.name in before.index else None,
        }
        shown = [_shown(figure, metric, grain, language) for figure in values.values()]
        rows.append(
            [in_language(metric.title, language), *shown, in_language(data.metrics.owners[metric.owner], language)]
        )
    return pd.DataFrame(rows, columns=_headings(("figure", "now", "before", "department"), language))


def _before(data: ReportData, grain: str, unit_id: str) -> pd.DataFrame:
    """The figures of one unit a quarter earlier; no rows where there are none."""
    before = data.figures_before
    return data.figures.at(grain, unit_id).iloc[:0] if before is None else before.at(grain, unit_id)


def _shown(figure: pd.Series | None, metric: Metric, grain: str, language: str) -> str:
    """A figure in words; suppressed for fewer than five customers, except for their owner."""
    if figure is None:
        return UNKNOWN
    if grain != "employee" and 0 < figure["customers"] < MIN_CUSTOMERS:
        return FEW
    return written(figure["value"], metric, language)


def targets(data: ReportData, grain: str, unit_id: str, language: str) -> pd.DataFrame:
    """Targets of one unit against actual values: figure, target, actual and whether it is reached, in words.

    A branch's own target overrides the general one. A target of growth is shown as the value to reach; it is left out
    if the figure of a quarter earlier is unknown, or about fewer than five customers.
    """
    by_metric = {target.metric: target for target in data.metrics.targets if target.branch in ("", unit_id)}
    by_metric |= {
        target.metric: target for target in data.metrics.targets if target.branch and target.branch == unit_id
    }
    now = data.figures.at(grain, unit_id)
    before = _before(data, grain, unit_id)
    rows = []
    for name, target in by_metric.items():
        metric, actual = data.metrics.by_name[name], now["value"].get(name, np.nan)
        then = before["value"].get(name, np.nan)
        goal = float(target.share or 0) if target.growth is None else _grown(then, target.growth, metric)
        if pd.isna(actual) or pd.isna(goal) or now.loc[name, "customers"] < MIN_CUSTOMERS:
            continue
        if target.growth is not None and 0 < before.loc[name, "customers"] < MIN_CUSTOMERS:
            continue  # the value to reach would tell what was there
        reached = actual <= goal if metric.better == "less" else actual >= goal
        # A missed target is told with as many decimals as show that it was missed.
        pairs = [[written(value, metric, language, more) for value in (goal, actual)] for more in range(4)]
        shown = pairs[0] if reached else next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        rows.append([in_language(metric.title, language), *shown, "✓" if reached else "✗"])
    return pd.DataFrame(rows, columns=_headings(("figure", "target", "actual", "reached"), language))


def _grown(then: float, growth: float, metric: Metric) -> float:
    """A figure grown by a share: what is counted, up to the next whole number, since a part of one is none."""
    grown = round(then * (1 + growth), 6)  # 110 x 1.1 is a little more than 121 to a machine
    return grown if metric.unit == "yuan" else float(np.ceil(grown))


def not_made(figures: Figures, data: ReportData, language: str) -> pd.DataFrame:
    """Figures that could not be computed, and their missing inputs; no rows if there are none."""
    rows = [(in_language(data.metrics.by_name[name].title, language), why) for name, why in figures.missing.items()]
    return pd.DataFrame(rows, columns=_headings(("figure", "missing"), language))


def history(data: ReportData, names: Sequence[str], grain: str, unit_id: str = "") -> pd.DataFrame:
    """Some metrics of one unit over the last quarter ends: as_of, metric, value; a quarter without it is left out."""
    rows = [
        (figures.as_of, name, unit["value"][name])
        for figures in data.history
        for unit in [figures.at(grain, unit_id)]
        for name in names
        if name in unit.index
    ]
    frame = pd.DataFrame(rows, columns=["as_of", "metric", "value"]).dropna()
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


def steps_of_change(data: ReportData, grain: str, unit_id: str, language: str) -> pd.DataFrame:
    """Where the quarter's change of AUM comes from: step (in words), yuan; no rows if it is unknown.

    A step of fewer than five customers is merged into those who stayed on their level.
    """
    unit, by_name = data.figures.at(grain, unit_id), data.metrics.by_name
    rows = unit.loc[[name for name in STEPS if name in unit.index], ["customers", "value"]].dropna()
    if "change_same" not in rows.index:
        return pd.DataFrame(columns=["step", "yuan"])
    few = hidden(rows["customers"])
    few["change_same"] = False
    if few.any():
        rows.loc["change_same", "value"] += rows.loc[few, "value"].sum()
    names = {str(name): by_name[str(name)].short_title for name in rows.index[~few]}
    if few.any():
        names["change_same"] = _("{step}, and few others", step=names["change_same"])
    yuan = rows.loc[list(names), "value"]
    return pd.DataFrame({"step": [in_language(name, language) for name in names.values()], "yuan": yuan.to_numpy()})


def ladder(data: ReportData, grain: str, unit_id: str, language: str) -> pd.DataFrame:
    """Customers on each level now and a quarter earlier: level (in words), now, before.

    A level of fewer than five customers, now or then, is merged with the one below it; the lowest, with the one above.
    """
    by_name = data.metrics.by_name
    quarters = {"now": data.figures.at(grain, unit_id), "before": _before(data, grain, unit_id)}
    counts = pd.DataFrame({name: unit["value"].reindex(LEVEL_METRICS) for name, unit in quarters.items()})
    counts = counts.dropna(subset="now")
    rows: list[list[object]] = []
    carried, joined = np.zeros(2), 0
    for name, level in reversed(list(counts.iterrows())):
        carried, joined = carried + level.to_numpy(dtype=float), joined + 1
        few = any(0 < count < MIN_CUSTOMERS for count in carried)
        if few and name != LEVEL_METRICS[0]:
            continue
        if few and rows:
            _title, *above = rows.pop()
            carried, joined = carried + above, joined + 1
        title = by_name[str(name)].short_title
        title = title if joined == 1 else _("{level}, and above", level=title)
        rows.append([in_language(title, language), *carried])
        carried, joined = np.zeros(2), 0
    return pd.DataFrame(rows[::-1], columns=["level", "now", "before"])


def unit_table(data: ReportData, grain: str, names: Sequence[str], units: Sequence[str], language: str) -> pd.DataFrame:
    """Some metrics of several units, one row per unit; small units are hidden, see `hidden`, and do not tell why.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    grain : str
        ``branch`` or ``employee``.
    names : sequence of str
        Metrics, one column each.
    units : sequence of str
        Units, one row each.
    language : str
        ``en`` or ``zh``.
    """
    columns = {}
    for name in names:
        metric = data.metrics.by_name[name]
        rows = data.figures.of(name, grain).reindex(list(units))
        small = hidden(rows["customers"].fillna(0))
        texts = [written(value, metric, language) for value in rows["value"]]
        columns[in_language(metric.title, language)] = [
            HIDDEN if hide else text for hide, text in zip(small, texts, strict=True)
        ]
    numbers = "branch_id" if grain == "branch" else "staff_id"
    labels = [data.named(numbers, unit, language) or word("unknown", language) for unit in units]
    return pd.DataFrame({column(numbers).heading(language): labels, **columns})


def ranked_metrics(data: ReportData) -> list[Metric]:
    """The computed metrics by which branches are compared."""
    return [metric for metric in data.metrics.metrics if metric.ranked and metric.name not in data.figures.missing]


def branches_compared(data: ReportData, name: str) -> pd.DataFrame:
    """One ranked metric at all known branches that have at least five customers in it; see `compare`."""
    rows = data.figures.of(name, "branch")
    rows = rows[rows.index != ""]
    better = data.metrics.by_name[name].better if name else None
    bank = data.figures.at("head_office")["value"].get(name)
    return compare(rows[~hidden(rows["below"])], better or "more", bank)


def all_compared(data: ReportData, language: str) -> dict[str, pd.DataFrame]:
    """Every ranked metric at all branches, by the metric's name in words; branches with their names."""
    return {in_language(m.title, language): named_branches(data, m.name, language) for m in ranked_metrics(data)}


def named_branches(data: ReportData, name: str, language: str) -> pd.DataFrame:
    """`branches_compared` with the branches' names beside their numbers."""
    return branches_compared(data, name).rename(index=lambda unit: data.named("branch_id", unit, language))


def standing(data: ReportData, branch_id: str) -> pd.DataFrame:
    """One branch in every ranked metric, the weakest first.

    Returns
    -------
    pandas.DataFrame
        By metric: value, bank, shrunk, low, high, rank, rank_low, rank_high, z, verdict, and of (branches compared).
        A metric in which the branch has fewer than five customers is left out.
    """
    by_metric = {}
    for metric in ranked_metrics(data):
        rows = branches_compared(data, metric.name)
        if branch_id in rows.index:
            by_metric[metric.name] = rows.loc[branch_id].to_dict() | {"of": len(rows)}
    if not by_metric:
        return pd.DataFrame(columns=["value", "bank", "z", "verdict"])
    return pd.DataFrame.from_dict(by_metric, orient="index").sort_values("z", kind="stable")


def standing_table(data: ReportData, branch_id: str, language: str) -> pd.DataFrame:
    """`standing` in words: figure, the branch's, the bank's, what is likely, rank with its range, verdict."""
    rows = []
    for name, row in standing(data, branch_id).iterrows():
        metric = data.metrics.by_name[str(name)]
        value, bank, low, high = (written(row[key], metric, language) for key in ("value", "bank", "low", "high"))
        rank = f"{row['rank']} / {row['of']}  ({row['rank_low']}–{row['rank_high']})"
        rows.append(
            [in_language(metric.title, language), value, bank, f"{low} – {high}", rank, word(row["verdict"], language)]
        )
    names = ("figure", "own", "bank", "likely", "rank_range", "verdict")
    return pd.DataFrame(rows, columns=_headings(names, language))


def title_of(data: ReportData, name: str, language: str) -> str:
    """A metric's name in words; a dash for none."""
    return in_language(data.metrics.by_name[name].title, language) if name else UNKNOWN


def campaign_table(campaigns: pd.DataFrame, language: str) -> pd.DataFrame:
    """Campaigns in words; see `goldmine.reporting.model_health.campaigns`."""
    shown = campaigns.assign(
        conversion=[UNKNOWN if pd.isna(share) else f"{share:.1%}" for share in campaigns["conversion"]]
    )
    shown["started_on"] = pd.to_datetime(campaigns["started_on"]).dt.date
    shown = shown.drop(columns="settled", errors="ignore")
    return shown.rename(columns=headings(shown.columns, language))


def effect_table(effects: pd.DataFrame, language: str) -> pd.DataFrame:
    """Measured effects in words; see `goldmine.reporting.model_health.measured_effects`."""
    shown = effects.astype(object)
    for name in ("contact_group", "control"):
        shown[name] = pd.Series([UNKNOWN if pd.isna(count) else int(count) for count in effects[name]], dtype="object")
    for name in ("effect", "low", "high"):
        shown[name] = [UNKNOWN if pd.isna(share) else f"{share:+.1%}" for share in effects[name]]
    return shown.rename(columns=headings(shown.columns, language))


def model_table(models: pd.DataFrame, language: str) -> pd.DataFrame:
    """Models in words; see `goldmine.reporting.model_health.model_health`."""
    shown = models.astype(object)
    for name, form in (("age_months", "{:.0f}"), ("auc", "{:.3f}"), ("baseline_auc", "{:.3f}"), ("lift", "{:.2f}"),
                       ("calibration", "{:.3f}")):  # fmt: skip
        shown[name] = [UNKNOWN if pd.isna(value) else form.format(value) for value in models[name]]
    shown["model_version"] = [value or UNKNOWN for value in models["model_version"]]
    return shown.rename(columns=headings(shown.columns, language))


def as_page(frame: pd.DataFrame) -> Styler:
    """A table for a page: without row numbers, words to the left, figures to the right; without rows, one of dashes."""
    if frame.empty and len(frame.columns):
        frame = pd.DataFrame([[UNKNOWN] * len(frame.columns)], columns=frame.columns)
    words = [name for position, name in enumerate(frame.columns) if position == 0 or _wordy(frame[name])]
    left = {name: [{"selector": "th, td", "props": "text-align: left"}] for name in words}
    # What a bank's tables hold must not become HTML.
    styler = frame.style.format(escape="html").format_index(escape="html", axis="columns")
    return styler.hide(axis="index").set_table_styles(left)


def _headings(names: Iterable[str], language: str) -> list[str]:
    return list(headings(names, language).values())


def _wordy(cells: pd.Series) -> bool:
    """Whether a column's cells are words rather than figures."""
    texts = cells.astype(str)
    return bool((~texts.str.match(r"^[\d<*—+−-]") & (texts != "")).any())
