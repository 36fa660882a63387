import json

import pytest

from goldmine.core.errors import GoldmineError, ParameterError
from goldmine.core.workspace import home
from goldmine.pipeline.parameters import check_parameters, declared_parameters, run_language, split_assignment

CELL = """branch: str
as_of: str = ""  # snapshot date
rows: int = 5
share: float = 0.5
quick: bool = False
names: list[str] = []"""


def notebook(folder, source=CELL, tags=("parameters",)):
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source.splitlines(keepends=True)}
    path = folder / "4_train.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_text_parameter_keeps_its_leading_zeros(tmp_path):
    assert check_parameters(notebook(tmp_path), {"branch": "0012"}) == {"branch": "0012"}


def test_text_is_read_as_the_declared_type(tmp_path):
    given = {"branch": "1", "rows": "12", "share": "1e-2", "quick": "true", "names": "longtail, wealth"}
    assert check_parameters(notebook(tmp_path), given) == {
        "branch": "1",
        "rows": 12,
        "share": 0.01,
        "quick": True,
        "names": ["longtail", "wealth"],
    }


def test_typed_values_are_taken_as_they_are(tmp_path):
    given = {"branch": "1", "rows": 12, "share": 1, "names": ["longtail"]}
    assert check_parameters(notebook(tmp_path), given) == {
        "branch": "1",
        "rows": 12,
        "share": 1.0,
        "names": ["longtail"],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows", "12.5"), ("rows", True), ("rows", "many"), ("share", "half"), ("quick", "yes"), ("branch", 12)],
)
def test_a_value_of_the_wrong_type_is_refused(tmp_path, name, value):
    with pytest.raises(ParameterError, match=f"4_train: parameter '{name}' takes "):
        check_parameters(notebook(tmp_path), {"branch": "1"} | {name: value})


def test_an_unknown_parameter_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(ParameterError, match=r"'asof' is not known.\nDid you mean 'as_of'"):
        check_parameters(notebook(tmp_path), {"branch": "1", "asof": "2024-06-30"})


def test_a_missing_parameter_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="parameter 'branch' is missing"):
        check_parameters(notebook(tmp_path), {})


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="has no cell tagged 'parameters'"):
        declared_parameters(notebook(tmp_path, tags=()))


@pytest.mark.parametrize(
    "text", ["a,b", " a\uff0c b ", "a\u3001b,", '"a", "b"', "\u201ca\u201d\uff0c\u2018b\u2019", '["a", "b"]']
)
def test_list_is_understood_however_its_commas_and_quotes_are_written(tmp_path, text):
    assert check_parameters(notebook(tmp_path), {"branch": "1", "names": text})["names"] == ["a", "b"]


def test_list_in_brackets_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"parameter 'names' takes list\[str\]"):
        check_parameters(notebook(tmp_path), {"branch": "1", "names": "[a, b"})


class TestParametersOfEveryNotebook:
    NOTEBOOKS = sorted((home() / "notebooks").glob("[1-9]*.ipynb"))

    @pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
    def test_day_and_language_are_understood_as_people_write_them(self, path):
        given = {"as_of": "2024\u5e746\u670830\u65e5", "language": "\u4e2d\u6587"}
        assert check_parameters(path, given) == {"as_of": "2024-06-30", "language": "zh"}

    @pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("as_of", "2024-06-31", "as_of: '2024-06-31' is not a date"),
            ("as_of", "last month", "as_of: 'last month' is not a date"),
            ("language", "fr", "language: 'fr' is not known"),
            ("work", " ", "parameter 'work' is empty"),
        ],
    )
    def test_what_is_not_understood_is_refused_before_a_kernel_starts(self, path, name, value, error):
        with pytest.raises(GoldmineError, match=error):
            check_parameters(path, {name: value})


@pytest.mark.parametrize("line", ["rows = 5", "rows: dict = {}", "import os"])
def test_an_untyped_line_is_refused(tmp_path, line):
    with pytest.raises(ParameterError, match="line 2: is not of the form name: type = value"):
        declared_parameters(notebook(tmp_path, f'work: str = "data"\n{line}'))


def test_an_assignment_splits_at_its_first_equals_sign():
    assert split_assignment("where=a=b") == ("where", "a=b")
    with pytest.raises(ParameterError, match="-p branch: is not of the form name=value"):
        split_assignment("branch")


def test_a_run_is_in_the_language_given_and_else_in_that_of_the_notebook():
    features, branch = (home() / "notebooks" / f"{name}.ipynb" for name in ("2_features", "13_branch"))
    assert [run_language(features, {}), run_language(features, {"language": "zh"})] == ["en", "zh"]
    assert [run_language(branch, {}), run_language(branch, {"language": "en"})] == ["zh", "en"]
