"""Great Expectations evaluates the counts and writes its Data Docs; it is imported only when needed."""

import logging
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from goldmine.core.files import read_json, whole_file
from goldmine.core.page_text import page_templates
from goldmine.core.workspace import Workspace
from goldmine.validation.counts import CountedSuite
from goldmine.validation.rules import Rule


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
        For every case, by the rule's name, whether it passed.
    """
    with _quiet():
        import goldmine.validation.gx  # noqa: F401  before any part of the package is imported

        context = _context(docs)
        verdicts = [_evaluate(context, position, case) for position, case in enumerate(cases)]
        if docs is not None:
            for suite in {case.suite for case in cases}:
                shutil.rmtree(docs / "validations" / suite, ignore_errors=True)
            context.build_data_docs(build_index=False)
    return verdicts


def _evaluate(context: Any, position: int, case: CountedSuite) -> dict[str, bool]:
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
    name = f"{case.suite} {position}"  # several files may have one suite
    asset = context.data_sources.add_pandas(name).add_dataframe_asset("counts")
    batch = asset.add_batch_definition_whole_dataframe("counts")
    run = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    result = run.run(batch_parameters={"dataframe": frame})
    return {evaluated.expectation_config.kwargs["rule"]: bool(evaluated.success) for evaluated in result.results}


def _shown(rule: Rule) -> str:
    """The rule in words for Data Docs, which omit severity and notes."""
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
    """Suppress the library's warnings and messages while it works."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


# Great Expectations' pages load styles, scripts and a logo from a dozen web addresses, which a bank's network
# does not reach, and its index is a script's work altogether.
_WEB = r"[\"']?(?:https?:)?//[^>]*>"
_FROM_THE_WEB = re.compile(
    rf"<script\b[^>]*\bsrc={_WEB}\s*</script>|<link\b[^>]*\bhref={_WEB}|<img\b[^>]*\bsrc={_WEB}|<footer>.*?</footer>"
    r"|background: url\([\"']?(?:https?:)?//[^;]*;",
    re.DOTALL,
)
_STYLE = """<style>
body { font-family: sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; }
.failed, .text-danger { color: #b00020; }
.text-success { color: #1b7a3d; }
.fa-check-circle::before { content: "\\2713"; }
.fa-times::before { content: "\\2717"; }
</style>"""


def finish_site(work: Workspace) -> None:
    """Make the pages of the Data Docs stand alone, and write their index.

    Parameters
    ----------
    work : Workspace
        Its Data Docs, and the JSON results that the index sums up.
    """
    for page in work.docs.rglob("*.html"):
        text = page.read_text("utf-8")
        if _FROM_THE_WEB.search(text):
            page.write_text(_FROM_THE_WEB.sub("", text).replace("</head>", f"{_STYLE}</head>"), "utf-8")
    stored = [read_json(path, {}) for path in sorted(work.validation("any").parent.glob("*.json"))]
    results = [result for result in stored if result]
    rows = [(result, _page_of(work.docs, result["suite"])) for result in results]
    with whole_file(work.docs / "index.html") as temporary:
        index = page_templates("goldmine.validation").get_template("data_docs.html.jinja")
        temporary.write_text(index.render(rows=rows, style=Markup(_STYLE)) + "\n", "utf-8")


def _page_of(docs: Path, suite: str) -> str:
    """The address of a suite's page below the site; empty where there is none."""
    page = next((docs / "validations" / suite).rglob("*.html"), None)
    return quote(page.relative_to(docs).as_posix()) if page else ""
