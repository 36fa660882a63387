"""A proposed bank.yaml for the Berka bank, completed by the few keys that only a person can tell."""

import os
import shutil
from pathlib import Path

import pytest

from goldmine.contract.intake import open_bank
from goldmine.contract.proposal.bank_yaml import bank_yaml
from goldmine.contract.proposal.propose import propose
from goldmine.core.workspace import Workspace, at_home
from goldmine.validation.run import validate_bank

BY_HAND = {"VYDAJ": "out", "PRIJEM": "in", "withdrawal": "out", "withdrawal in cash": "out", "VYBER": "out"}
UNFINISHED = 'trans_*.csv", delimiter: ";"'


def test_berka_is_valid_with_six_keys_by_hand(tmp_path: Path) -> None:
    data = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / "berka"
    if not data.is_dir():
        pytest.skip("berka: the folder of this data set is missing (GOLDMINE_SHARED_DATA)")
    folder = shutil.copytree(data, tmp_path / "berka", copy_function=shutil.copyfile)
    folder.chmod(0o755)
    text = bank_yaml(propose(folder))
    assert (text.count("# codes:"), text.count(UNFINISHED), text.count("which column is")) == (1, 1, 0)
    text = text.replace("# codes:", "codes:").replace(UNFINISHED, f"{UNFINISHED}, final_newline: false")
    for theirs, ours in BY_HAND.items():
        name = f'"{theirs}"' if " " in theirs else theirs
        text = text.replace(f"{name}: ...", f"{name}: {ours}")
    (folder / "bank.yaml").write_text(text, "utf-8")
    work = Workspace(tmp_path / "work")
    bank = open_bank(folder, work)
    assert [result.suite for result in validate_bank(bank, work) if not result.success] == []
    rows = {name: sum(file.rows for file in table.files) for name, table in bank.tables.items()}
    assert rows == {"customers": 5369, "accounts": 4500, "transactions": 79302, "branches": 77}
