"""Log comparisons and backtests to MLflow runs: figures, and the tables behind them."""

from matplotlib.figure import Figure

from goldmine.governance.backtest import Backtest
from goldmine.governance.compare import Comparison
from goldmine.models.registry import USE_CASE


def log_comparison(comparison: Comparison) -> None:
    """Log a comparison to the active MLflow run: counts, shares and intervals of groups, never a customer."""
    import mlflow

    mlflow.log_metrics(comparison.metrics())
    mlflow.log_dict(comparison.frame().to_dict("index"), "governance/figures.json")
    mlflow.log_dict(comparison.calibration.table.to_dict("list"), "governance/calibration.json")
    mlflow.log_dict(comparison.groups.to_dict("list"), "governance/protected_groups.json")
    verdict = {
        "compared_with": comparison.champion,
        "not_compared": comparison.not_compared,
        "refusals": list(comparison.refusals),
    }
    mlflow.log_dict({**verdict, "rows": comparison.rows}, "governance/verdict.json")


def log_backtest(use_case: str, result: Backtest, figure: Figure) -> None:
    """Log a backtest to the active MLflow run: each figure over its test cutoffs, the decay and the plot."""
    import mlflow

    mlflow.set_tags({USE_CASE: use_case, "mlflow.runName": f"backtest_{use_case}"})
    mlflow.log_params({"cutoffs": ", ".join(map(str, result.cutoffs)), "cutoffs_asked": result.asked})
    for step, (_, rows) in enumerate(result.over_time.groupby("test_cutoff")):
        for row in rows.itertuples():
            ends = {"": row.value, "_low": row.low, "_high": row.high}
            mlflow.log_metrics({f"{row.figure}{end}": value for end, value in ends.items()}, step=step)
    for row in result.decay().itertuples():
        mlflow.log_metric(f"decay_{row.figure}", row.difference, step=row.age)
    mlflow.log_text(result.over_time.to_csv(index=False), "backtest/over_time.csv")
    mlflow.log_text(result.decay().to_csv(index=False), "backtest/decay.csv")
    mlflow.log_figure(figure, "figures/backtest.png")
