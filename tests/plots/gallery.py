"""Every figure of the project drawn once, on small literal data with texts as long as the real ones."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import goldmine.plots
from goldmine.contactability.funnel import STAGES
from goldmine.core.i18n import in_language
from goldmine.plots import (
    bank_tables,
    branch_comparisons,
    credit,
    customers,
    employers,
    field_work,
    governance,
    graph,
    households,
    linkage,
    measurement,
    models,
    on_request_lists,
    release,
    reporting,
    routes,
)
from goldmine.plots.style import language
from tests.plots.field_data import (
    approvals,
    card_ages,
    credit_titles,
    ending_holdings,
    limits,
    risk,
    village_rolls,
    visitor_loads,
)
from tests.plots.figure_data import (
    aum,
    backtest,
    branches,
    campaigns,
    challenge,
    change,
    curves,
    drifted,
    effects,
    evaluation,
    funnel_rows,
    group_names,
    groups,
    history,
    homes,
    labels,
    levels,
    linkage_model,
    linkage_pairs,
    measured,
    months,
    narrow_scores,
    one_group,
    parts,
    quarters,
    rankers,
    reliability_bins,
    resolutions,
    shares,
    staff,
    suites,
    titles,
    week,
)


def _figure_functions() -> dict[str, Callable[..., Figure]]:
    found = {}
    for module in pkgutil.iter_modules(goldmine.plots.__path__):
        for name, function in inspect.getmembers(
            importlib.import_module(f"goldmine.plots.{module.name}"), inspect.isfunction
        ):
            own = function.__module__ == f"goldmine.plots.{module.name}" and not name.startswith("_")
            if own and module.name != "style" and "Figure" in str(function.__annotations__.get("return")):
                found[f"{module.name}.{name}"] = function
    return found


FIGURE_FUNCTIONS = _figure_functions()
"""The public functions of `goldmine.plots` that return a figure, by module and name."""


DRAWN: dict[str, Callable[[], list[Figure]]] = {
    "bank_tables.rows_by_month": lambda: [bank_tables.rows_by_month(months(), date(2024, 3, 31))],
    "bank_tables.validation_result": lambda: [bank_tables.validation_result(suites())],
    "bank_tables.aum_ladder": lambda: [bank_tables.aum_ladder(bank_tables.ladder(aum()))],
    "bank_tables.aum_concentration": lambda: [bank_tables.aum_concentration(bank_tables.concentration(aum()))],
    "bank_tables.without_balances": lambda: [bank_tables.without_balances()],
    "credit.limits_by_product": lambda: [credit.limits_by_product(limits())],
    "credit.refusals": lambda: [credit.refusals(limits())],
    "credit.risk_by_tenth": lambda: [credit.risk_by_tenth(risk())],
    "credit.four_fifths_figure": lambda: [credit.four_fifths_figure(approvals(), credit_titles())],
    "credit.endings": lambda: [credit.endings(ending_holdings())],
    "field_work.visitor_loads": lambda: [field_work.visitor_loads(visitor_loads())],
    "field_work.cards_by_age": lambda: [field_work.cards_by_age(card_ages())],
    "field_work.village_progress": lambda: [field_work.village_progress(*village_rolls())],
    "customers.sankey": lambda: [customers.sankey(quarters())],
    "customers.growth": lambda: [customers.growth(quarters())],
    "customers.lorenz_curve": lambda: [customers.lorenz_curve(aum())],
    "employers.roll_by_industry": lambda: [employers.roll_by_industry(staff())],
    "employers.penetration": lambda: [employers.penetration(staff())],
    "households.household_sizes": lambda: [households.household_sizes(homes())],
    "households.products_together": lambda: [households.products_together(homes())],
    "linkage.weights_figure": lambda: [linkage.weights_figure(linkage_model())],
    "linkage.probabilities_figure": lambda: [linkage.probabilities_figure(linkage_pairs())],
    "governance.calibration_by_group": lambda: [
        governance.calibration_by_group(table) for table in (groups(), one_group())
    ],
    "governance.against_champion": lambda: [governance.against_champion(challenge(paired)) for paired in (True, False)],
    "governance.backtest_figure": lambda: [governance.backtest_figure(*backtest())],
    "governance.most_drifted": lambda: [governance.most_drifted(drifted(), titles(), "2024-03-31")],
    "graph.ties_by_kind": lambda: [
        graph.ties_by_kind({"village": 20_000, "employer": 6_000, "supply": 900, "family": 12})
    ],
    "graph.resolution_stability": lambda: [graph.resolution_stability(resolutions(), 16)],
    "graph.community_sizes": lambda: [
        graph.community_sizes(pd.DataFrame({"customers": np.geomspace(largest, 2, 90).round()}))
        for largest in (4, 70, 400, 90_000)
    ],
    "graph.lookalike_lift": lambda: [graph.lookalike_lift(rankers()), graph.lookalike_lift(rankers().head(0))],
    "measurement.effects_figure": lambda: [measurement.effects_figure(measured(), group_names())],
    "measurement.qini_figure": lambda: [measurement.qini_figure(measured())],
    "measurement.predicted_observed_figure": lambda: [measurement.predicted_observed_figure(measured())],
    "models.gain_and_lift": lambda: [models.gain_and_lift(curves(), 0.08)],
    "models.reliability_figure": lambda: [models.reliability_figure(reliability_bins())],
    "models.beaten": lambda: [models.beaten(evaluation())],
    "models.learning_curve": lambda: [
        models.learning_curve({"train": [0.5, 0.4, 0.35, 0.33], "calibrate": [0.5, 0.42, 0.4, 0.41]}, 3)
    ],
    "models.importance_figure": lambda: [
        models.importance_figure(pd.DataFrame({"feature": labels(), "gain": np.geomspace(0.3, 0.001, 20)}))
    ],
    "models.shap_summary": lambda: [models.shap_summary(effects())],
    "models.score_distribution": lambda: [
        models.score_distribution(narrow_scores(), 500),
        models.score_distribution(np.geomspace(1e-5, 0.9, 4_000), 500),
    ],
    "on_request_lists.stability": lambda: [
        on_request_lists.stability(pd.DataFrame({"segments": range(3, 11), "agreement": np.linspace(0.99, 0.4, 8)}), 5)
    ],
    "on_request_lists.conversion_rates": lambda: [on_request_lists.conversion_rates(parts())],
    "release.list_funnel": lambda: [release.list_funnel(funnel_rows())],
    "release.campaign_funnel": lambda: [
        release.campaign_funnel(funnel_rows().assign(stage=in_language(STAGES["eligible"], language())))
    ],
    "reporting.growth": lambda: [reporting.growth(history())],
    "reporting.change_steps": lambda: [reporting.change_steps(change())],
    "reporting.ladder_levels": lambda: [reporting.ladder_levels(levels())],
    "branch_comparisons.branch_ranking": lambda: [branch_comparisons.branch_ranking(branches(), shares()["figure"][0])],
    "branch_comparisons.branch_rankings": lambda: [
        branch_comparisons.branch_rankings({f"{shares()['figure'][0]} {n}": branches() for n in range(3)}),
    ],
    "branch_comparisons.branch_funnel": lambda: [branch_comparisons.branch_funnel(branches(), shares()["figure"][0])],
    "reporting.campaign_results": lambda: [reporting.campaign_results(campaigns())],
    "reporting.own_results": lambda: [reporting.own_results(shares())],
    "routes.route_map": lambda: [routes.route_map(week(), "S00007")],
}
"""How each figure is drawn, by module and name; a new figure function needs a line here."""
