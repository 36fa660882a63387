"""Which champion scores a snapshot; the journal is a file, the registry is in memory."""

import json
from datetime import date, datetime

import pytest

from goldmine.core.i18n import in_language
from goldmine.governance import scoring_champion as choosing
from goldmine.governance.journal import Event, Journal
from goldmine.governance.scoring_champion import scoring_version
from goldmine.models.champion import younger_model
from goldmine.models.store import Store
from tests.governance.test_journal import rewrite

PROMOTIONS = (
    ("2024-04-02", "promoted", "1", "1", "2024-03-31"),
    ("2024-07-02", "promoted", "2", "2", "2024-06-30"),
    ("2024-08-20", "refused", "3", "2", "2024-07-31"),
    ("2024-10-02", "promoted", "4", "4", "2024-09-30"),
)


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """Write the journal of some promotions; the last champion is the registry's."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))

    def write(lines):
        journal = Journal("tiny", "mine")
        with journal.locked():
            for _, action, version, holder, as_of in lines:
                journal.append(Event(action, version, holder, ("why",), {}, {"as_of": as_of}), Store("a1", "s"))
        written = map(json.loads, journal.path.read_text("utf-8").splitlines())
        days = [f"{line[0]}T09:00:00.000" for line in lines]
        stamps = [datetime.fromisoformat(day).astimezone().isoformat() for day in days]
        rewrite(journal, [line | {"at": at} for line, at in zip(written, stamps, strict=True)])
        trained = {line[2]: line[4] for line in lines}
        monkeypatch.setattr(choosing, "history", lambda *_: journal.entries())
        monkeypatch.setattr(choosing, "champion_version", lambda *_: lines[-1][3])
        monkeypatch.setattr(choosing, "champion_trained_at", lambda *_: trained.get(lines[-1][3], ""))

    return write


@pytest.mark.parametrize(
    ("as_of", "version"),
    [
        (date(2024, 10, 31), "4"),  # the champion, trained before
        (date(2024, 9, 30), "4"),  # the champion, trained at this snapshot and promoted two days later
        (date(2024, 8, 31), "2"),  # champion of that day; version 4 is younger
        (date(2024, 7, 31), "2"),  # version 3 was trained at it, but refused
        (date(2024, 6, 30), "2"),  # trained at it, and promoted two days later
        (date(2024, 5, 31), "1"),
        (date(2024, 3, 31), "1"),
        (date(2024, 2, 29), "1"),  # no champion by then: the first one after, younger than the snapshot
    ],
)
def test_a_snapshot_is_scored_by_the_champion_of_its_time(journal, as_of, version):
    journal(PROMOTIONS)
    assert scoring_version("tiny", "mine", as_of) == version


def test_model_of_the_snapshot_does_not_score_once_it_was_rolled_back(journal):
    journal((*PROMOTIONS[:2], ("2024-07-20", "rolled_back", "2", "1", "2024-03-31"), *PROMOTIONS[2:][-1:]))
    assert scoring_version("tiny", "mine", date(2024, 6, 30)) == "1"
    assert scoring_version("tiny", "mine", date(2024, 7, 31)) == "1"


def test_champion_after_a_rollback_scores_new_snapshots(journal):
    journal((*PROMOTIONS[:2], ("2024-07-20", "rolled_back", "2", "1", "2024-03-31")))
    assert scoring_version("tiny", "mine", date(2024, 6, 30)) == "1"


def test_without_a_champion_none_scores(journal):
    journal((("2024-04-02", "refused", "1", "", "2024-03-31"),))
    assert scoring_version("tiny", "mine", date(2024, 2, 29)) == ""


def test_release_says_that_a_model_is_younger_than_its_snapshot():
    note = younger_model("1", "2024-03-31", date(2024, 2, 29))
    assert note == ("no model was champion on 2024-02-29: version 1 scored, the first one after, trained at 2024-03-31")
    zh = "2024-02-29尚无冠军模型：由其后首个冠军模型第1版打分，该模型训练于2024-03-31"
    assert in_language(note, "zh") == zh
    assert younger_model("1", "2024-03-31", date(2024, 3, 31)) is None
