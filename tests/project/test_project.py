"""What holds for the project as a whole: one list of packages, locks that name no host, thin notebooks."""

import ast
import json
import re
import subprocess
import tomllib

import pytest
import yaml

from goldmine.core.workspace import home
from goldmine.pipeline.parameters import declared_parameters

NOTEBOOKS = sorted((home() / "notebooks").glob("*.ipynb"))


def tracked() -> list:
    """Files under version control, where this is a checkout; else all but what is made."""
    found = subprocess.run(["git", "-C", str(home()), "ls-files"], capture_output=True, text=True, check=True)
    return [home() / name for name in found.stdout.splitlines() if (home() / name).is_file()]


def test_nothing_that_is_made_is_under_version_control():
    top = {path.relative_to(home()).parts[0] for path in tracked()}
    assert {name for name in top if name.endswith((".db", ".sqlite", ".parquet", ".log"))} == set()
    databases = [path for path in tracked() if path.read_bytes().startswith(b"SQLite format 3")]
    assert databases == []


def test_environment_yml_has_the_packages_of_pyproject():
    wanted = tomllib.loads((home() / "pyproject.toml").read_text("utf-8"))["project"]
    environment = yaml.safe_load((home() / "environment.yml").read_text("utf-8"))
    packages = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert sorted(packages) == sorted([*wanted["dependencies"], "-e ."])
    assert f"python{wanted['requires-python']}" in environment["dependencies"]


def test_every_package_is_locked_with_hashes():
    lock = (home() / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE))
    project = tomllib.loads((home() / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[><=~! ]", package.lower())[0].replace("_", "-") for package in asked}
    assert names - locked == set()
    assert lock.count("--hash=sha256:") >= len(locked)


@pytest.mark.parametrize(
    ("extra", "brings"),
    [
        ("spark", {"pyspark", "py4j"}),
        ("credit", {"optbinning", "ortools", "cvxpy"}),
        ("bench", {"catboost", "polars", "psutil"}),
        ("proof", {"axe-playwright-python", "playwright", "schemathesis"}),
        ("ldap", {"django-auth-ldap", "python-ldap"}),
        ("oidc", {"mozilla-django-oidc", "pyjwt"}),
    ],
)
def test_extras_are_locked_apart_in_the_versions_of_the_others(extra, brings):
    def versions(name):
        found = re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==(\S+)", (home() / name).read_text("utf-8"), re.MULTILINE)
        return {(package, version) for package, version in found}

    ours, theirs = versions("requirements.lock"), versions(f"requirements-{extra}.lock")
    shared = {package for package, _ in ours}
    assert brings <= {package for package, _ in theirs}
    assert {pair for pair in theirs - ours if pair[0] in shared} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_cell_hides_the_figure_or_table_that_it_makes(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell["id"] for cell in cells if "".join(cell["source"]).rstrip().endswith(";")] == []


def test_locks_and_settings_name_no_host():
    for name in (
        "requirements.lock",
        "requirements-spark.lock",
        "requirements-proof.lock",
        "requirements-ldap.lock",
        "requirements-oidc.lock",
        "requirements-bench.lock",
        "requirements-credit.lock",
        "environment.yml",
        "pyproject.toml",
    ):
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (home() / name).read_text("utf-8")), name


def test_no_file_holds_a_path_of_a_machine():
    pattern = re.compile(r"[\"'= (]/(home|root|tmp|Users)/[A-Za-z]")
    texts = {".py", ".md", ".yaml", ".yml", ".toml", ".ipynb", ".json"}
    files = [path for path in tracked() if path.suffix in texts and path.name != "test_project.py"]
    assert [path.name for path in files if pattern.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebooks:
    def cells(self, path):
        return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]

    def test_carry_no_outputs(self, path):
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in self.cells(path))

    def test_have_short_cells(self, path):
        assert all(len("".join(cell["source"]).splitlines()) <= 20 for cell in self.cells(path))

    def test_narrate_and_leave_computing_to_the_package(self, path):
        banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.AsyncFor)
        for cell in self.cells(path):
            assert not [node for node in ast.walk(ast.parse("".join(cell["source"]))) if isinstance(node, banned)]

    def test_declare_typed_parameters_with_defaults(self, path):
        parameters = declared_parameters(path)
        assert {"work", "as_of", "language"} <= set(parameters)
        assert not any(parameter.required for parameter in parameters.values())

    def test_tell_a_story(self, path):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert cells[0]["cell_type"] == "markdown"
        assert sum(cell["cell_type"] == "markdown" for cell in cells) * 3 >= len(cells)
