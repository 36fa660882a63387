"""The one expectation that all suites are made of. Importing this imports Great Expectations."""

from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.validator.metric_configuration import MetricConfiguration


class ExpectRowsToKeepRule(BatchExpectation):
    """Expect that at least the share `mostly` of what a rule checks passes it.

    The batch is a frame of counts, ``<rule>.checked`` and ``<rule>.failing``, that DuckDB made in a pass over the
    table. So Great Expectations evaluates 60 million rows in a moment, and no customer's value can reach its results.

    Parameters
    ----------
    column, rule, breaks, of, key, mostly
        As in `goldmine.validation.rules.Rule`.
    """

    column: str
    rule: str
    breaks: str
    of: str = "row"
    key: list[str] = []
    mostly: float = 1.0

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "column")
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "breaks", "of", "key", "mostly")

    def get_validation_dependencies(self, execution_engine: Any = None, runtime_configuration: Any = None) -> Any:
        """Ask for the two counts."""
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        for count in ("checked", "failing"):
            configuration = MetricConfiguration("column.max", {"column": f"{self.rule}.{count}"})
            dependencies.set_metric_configuration(count, configuration)
        return dependencies

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        checked, failing = int(metrics["checked"]), int(metrics["failing"])
        share = failing / checked if checked else 0.0
        counts = {"element_count": checked, "unexpected_count": failing, "unexpected_percent": 100 * share}
        return {"success": share <= 1 - self.mostly, "result": counts}
