"""Which steps are made again when a module changes."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from goldmine.core import code_fingerprint as code
from goldmine.core.code_fingerprint import code_fingerprint, imported_modules, notebook_imports
from goldmine.pipeline.notebook import notebook_path

NOTEBOOKS = {
    path.stem: path for path in sorted(notebook_path("1_validate").parent.glob("*.ipynb")) if path.stem[0] != "0"
}
STEPS = {name: path for name, path in NOTEBOOKS.items() if name.split("_")[0] in {"1", "2", "3", "4", "5", "6", "7"}}
SOURCES = {
    ".".join(path.relative_to(code.package_folder().parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in code.package_folder().rglob("*.py")
}

PLUG_INS = {
    "goldmine.features.catalogue": "goldmine.features.families",
    "goldmine.labels.outcome": "goldmine.labels.outcomes",
}
"""Modules that load whatever stands in a folder."""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's code, which fingerprints are then taken of."""
    for path in SOURCES.values():
        copy = tmp_path / path.relative_to(code.package_folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(code, "package_folder", lambda: tmp_path)
    return tmp_path


def edit(package, module):
    path = package.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    before = path.read_bytes()
    path.write_bytes(before + b"\n# edited\n")
    return lambda: path.write_bytes(before)


def stale(before):
    return {name for name in before if code_fingerprint(STEPS[name]) != before[name]}


@cache
def imports_in(module):
    """What a module imports, by its syntax tree; an independent reading of the same rule."""
    names = set()
    tree = ast.parse(SOURCES[module].read_text("utf-8"))
    for_types = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (within & set(SOURCES)) or {node.module}
            if within - set(SOURCES):
                names.add(node.module)
    return names & set(SOURCES)


def expected_modules(notebook):
    """All modules of a notebook, reached breadth first."""
    waiting, reached = list(notebook_imports(notebook)), set()
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += [*imports_in(module), *([module.rpartition(".")[0]] if "." in module else [])]
            if module in PLUG_INS:
                waiting += [name for name in SOURCES if name.startswith(f"{PLUG_INS[module]}.")]
    return reached


def test_each_edited_module_makes_the_steps_stale_that_import_it(package):
    before = {name: code_fingerprint(STEPS[name]) for name in ("2_features", "4_train", "6_publish", "7_measure")}
    modules = {name: expected_modules(STEPS[name]) for name in before}
    for module in SOURCES:
        restore = edit(package, module)
        assert stale(before) == {name for name, imported in modules.items() if module in imported}, module
        restore()


@pytest.mark.parametrize(
    ("module", "stale_steps", "fresh_steps"),
    [
        ("goldmine.models.uplift.history", {"6_publish"}, {"1_validate", "2_features", "4_train", "5_score"}),
        ("goldmine.models.uplift.effect", {"6_publish", "7_measure"}, {"1_validate", "2_features", "4_train"}),
        ("goldmine.measurement.uplift_history", {"6_publish"}, {"4_train", "5_score", "7_measure"}),
        ("goldmine.governance.compare", {"4_train"}, {"1_validate", "2_features", "6_publish"}),
        ("goldmine.governance.model_card", {"4_train"}, {"1_validate", "2_features", "6_publish"}),
        ("goldmine.governance.point_in_time_check", {"2_features"}, {"1_validate", "6_publish", "7_measure"}),
        ("goldmine.pipeline.lab.training", {"4_train"}, {"1_validate", "2_features", "6_publish"}),
        ("goldmine.features.families.balances", {"2_features", "3_customers", "4_train", "5_score"}, {"1_validate"}),
        ("goldmine.publishing.publish", {"6_publish"}, {"1_validate", "2_features", "4_train", "5_score"}),
        ("goldmine.core.dates", set(STEPS), set()),
        ("goldmine.cli.commands", set(), set(STEPS)),
        ("goldmine.sample.arrow", set(), set(STEPS)),
    ],
)
def test_a_module_makes_the_steps_stale_that_need_it(package, module, stale_steps, fresh_steps):
    before = {name: code_fingerprint(path) for name, path in STEPS.items()}
    edit(package, module)
    assert stale_steps <= stale(before)
    assert not fresh_steps & stale(before)


_LOADED_BY_EACH = """
import json, os, sys
import ibis.backends.duckdb, lightgbm, matplotlib.pyplot, mlflow, pandas, pyarrow.dataset, scipy.stats, seaborn, sklearn
for name, modules in json.loads(sys.argv[1]).items():
    sys.stdout.flush()
    if os.fork() == 0:
        for module in modules:
            __import__(module)
        print(json.dumps([name, sorted(loaded for loaded in sys.modules if loaded.split(".")[0] == "goldmine")]))
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""


def test_fingerprint_covers_every_module_that_notebook_imports_load():
    wanted = json.dumps({name: notebook_imports(path) for name, path in NOTEBOOKS.items()})
    run = subprocess.run([sys.executable, "-c", _LOADED_BY_EACH, wanted], capture_output=True, text=True, check=True)
    loaded = dict(json.loads(line) for line in run.stdout.splitlines())
    assert set(loaded) == set(NOTEBOOKS)
    for name, modules in loaded.items():
        assert set(modules) - imported_modules(*notebook_imports(NOTEBOOKS[name])) == set(), name


def test_imports_inside_functions_count_and_imports_for_types_do_not():
    imported = imported_modules("goldmine.cli.report")
    assert "goldmine.pipeline.reports" in imported  # imported by the command when it is called
    assert "goldmine.core.workspace" in imported_modules("goldmine.cli.commands")
    assert "goldmine.features.definition" not in imported_modules("goldmine.core.workspace")


def test_a_changed_template_changes_the_fingerprint_of_its_folder(package):
    before = code_fingerprint("goldmine.governance.compare")
    Path(package / "governance" / "new.html.jinja").write_text("<p></p>", "utf-8")
    assert code_fingerprint("goldmine.governance.compare") != before


def test_an_unknown_module_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"goldmine\.nothing"):
        imported_modules("goldmine.nothing")


def test_a_notebook_s_own_cells_count(tmp_path):
    notebook = tmp_path / "x.ipynb"
    cell = {"cell_type": "code", "source": ["from goldmine.core.dates import month_end\n", "month_end"]}
    notebook.write_text(json.dumps({"cells": [cell]}), "utf-8")
    assert notebook_imports(notebook) == ["goldmine.core.dates"]
    before = code_fingerprint(notebook)
    cell["source"][1] = "month_end  # edited"
    notebook.write_text(json.dumps({"cells": [cell]}), "utf-8")
    assert code_fingerprint(notebook) != before
