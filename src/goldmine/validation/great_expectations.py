"""Great Expectations evaluates the counts and writes its Data Docs; it is imported only when needed."""

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from goldmine.validation.rules import Rule
from goldmine.validation.suite_counts import CountedSuite


def evaluate(cases: list[CountedSuite], docs: Path | None = None) -> list[dict[str, bool]]:
    """Evaluate suites, and write a page of Data Docs for each where a folder is given.

    Parameters
    ----------
    cases : list of CountedSuite
        Suites with their counts.
    docs : Path, optional
        Folder of the Data Docs; pages of other suites in it stay.

    Returns
    -------
    list of dict of str to bool
        For every case, by the rule's name, whether it was kept.
    """
    with _quiet():
        context = _context(docs)
        verdicts = [_evaluate(context, place, case) for place, case in enumerate(cases)]
        if docs is not None:
            for suite in {case.suite for case in cases}:
                shutil.rmtree(docs / "validations" / suite, ignore_errors=True)
            context.build_data_docs(build_index=False)
    return verdicts


def _evaluate(context: Any, place: int, case: CountedSuite) -> dict[str, bool]:
    import great_expectations as gx

    expectations = [{**rule.config, "description": _shown(rule)} for rule in case.rules]
    suite = context.suites.add_or_update(gx.ExpectationSuite(case.suite, expectations=expectations))
    frame = pd.DataFrame(
        {
            f"{name}.{part}": [value]
            for name, counted in case.counts.items()
            for part, value in (("checked", counted.checked), ("failing", counted.failing))
        }
    )
    name = f"{case.suite} {place}"  # several files may have one suite
    asset = context.data_sources.add_pandas(name).add_dataframe_asset("counts")
    batch = asset.add_batch_definition_whole_dataframe("counts")
    run = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    result = run.run(batch_parameters={"dataframe": frame})
    return {found.expectation_config.kwargs["rule"]: bool(found.success) for found in result.results}


def _shown(rule: Rule) -> str:
    """The rule in words as Data Docs show it, which leave severity and notes out."""
    return f"{rule.config['description']} {rule.config['notes']} ({rule.severity})"


def _context(docs: Path | None) -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    import goldmine.validation.expectation  # noqa: F401  registers the expectation

    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
    }
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
            data_docs_sites={"goldmine": site} if docs is not None else {},
        ),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's warnings and messages to itself while it works."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
