from types import SimpleNamespace

from goldmine.pipeline.inputs import limits


def test_signature_for_the_use_case_makes_its_training_stale(tmp_path, monkeypatch):
    """Else a model that waits for a person would stay as it is once they have signed."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    (tmp_path / "pipelines").mkdir()
    file = tmp_path / "pipelines" / "governance.yaml"
    run = SimpleNamespace(bank_name="tiny", use_case="mine")
    file.write_text("group_loss: 0.1\n")
    before = limits(run)
    entry = "{{feature: answered, use_case: {}, name: Li Wei, date: 2024-07-05, reason: asked before}}"
    file.write_text(f"group_loss: 0.1\nsigned: [{entry.format('other')}]\n")
    assert limits(run) == before
    file.write_text(f"group_loss: 0.1\nsigned: [{entry.format('mine')}]\n")
    assert limits(run)["signed"] == [
        {"feature": "answered", "use_case": "mine", "name": "Li Wei", "date": "2024-07-05", "reason": "asked before"}
    ]
