"""The commands that read the journal, called as a user calls them."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest

from goldmine.cli import main
from goldmine.governance.journal import Event, Journal
from goldmine.models.tracking import store_of


@pytest.fixture
def goldmine(store, tmp_path, monkeypatch, capsys):
    """Call the command on a work folder whose journal has one promotion, today; gives exit code, output, errors."""
    monkeypatch.setenv("GOLDMINE_USER", "wang")
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "pipelines" / "use_cases").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "bank.json").write_text(json.dumps({"bank": "tiny"}))
    wealth = Path(__file__).parents[2] / "pipelines" / "use_cases" / "wealth.yaml"
    (tmp_path / "pipelines" / "use_cases" / "wealth.yaml").write_bytes(wealth.read_bytes())
    journal = Journal("tiny", "wealth")
    with journal.locked():
        journal.append(Event("promoted", "4", "4", ("lift at list size +0.30",), {}, {}), store_of("tiny"))

    def call(*words, work="work"):
        place = ["--work", str(tmp_path / work)]
        monkeypatch.setattr(sys, "argv", ["goldmine", *map(str, words), *place])
        with pytest.raises(SystemExit, match=r"^\d+$") as left:
            main()
        said = capsys.readouterr()
        return left.value.code, said.out.splitlines(), said.err.splitlines()

    return call


def test_champion_command_shows_who_and_why(goldmine):
    code, lines, _ = goldmine("models", "champion")
    assert code == 0
    assert lines[1].split()[:3] == ["wealth", "version", "4"]
    assert lines[1].endswith("lift at list size +0.30")
    assert " wang " in lines[1]


def test_no_champion_before_the_first_promotion(goldmine):
    code, lines, _ = goldmine("models", "champion", "--on", date(2024, 1, 31))
    assert (code, lines[1].split()[:2]) == (0, ["wealth", "none"])
    assert lines[1].endswith("no champion at the end of 2024-01-31")


@pytest.mark.parametrize("words", [["champion"], ["history"], ["rollback", "--use-case", "wealth", "--why", "no"]])
def test_journal_of_another_store_is_refused(goldmine, tmp_path, monkeypatch, words):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    code, _, lines = goldmine("models", *words)
    assert code == 18
    assert lines[0] == (
        "journal of tiny.wealth belongs to the store sqlite:mlruns/mlflow.db; in use is sqlite:other.db."
    )
    assert "MLFLOW_TRACKING_URI" in lines[1]
    assert "move mlruns/journal/tiny.wealth.jsonl into an archive" in lines[1]


@pytest.mark.parametrize(
    ("words", "work", "code", "first"),
    [
        (["champion", "--on", "yesterday"], "work", 12, "--on: 'yesterday' is not a date of the form YYYY-MM-DD."),
        (["champion", "--use-case", "loans"], "work", 13, "use case 'loans': there is no such use case."),
        (["champion"], "other", 16, "other: is no bank's work folder yet."),
    ],
)
def test_wrong_argument_gives_two_lines_and_its_exit_code(goldmine, words, work, code, first):
    found, _, lines = goldmine("models", *words, work=work)
    assert (found, len(lines)) == (code, 2)
    assert lines[0].endswith(first)


def test_rollback_requires_a_reason(goldmine):
    code, _, lines = goldmine("models", "rollback", "--use-case", "wealth")
    assert code == 2
    assert any("--why" in line for line in lines)
