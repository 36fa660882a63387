"""Tables on the terminal."""

import io
from datetime import datetime
from types import SimpleNamespace

from rich.console import Console

from goldmine.cli import output
from goldmine.cli.output import _table
from goldmine.publishing.reproduce import Reproduction


def test_long_chinese_cell_is_broken_and_never_cut():
    table = _table(["可测最小效果", "有效期至"], "zh")
    cell = "8.2%（不足以测出 6.0%：还需多联系 742 人）"
    table.add_row(cell, "2024-08-29")
    printed = io.StringIO()
    Console(file=printed, width=32).print(table)
    words = "".join("".join(printed.getvalue().splitlines()[1:]).split())
    assert words.replace("2024-08-29", "") == "8.2%（不足以测出6.0%：还需多联系742人）"


def test_reproduction_after_a_forgetting_says_what_cannot_be_made_again(capsys):
    redaction = SimpleNamespace(at=datetime(2026, 11, 29), files={"lists/a.csv": "hash"})
    manifest = SimpleNamespace(release_id="r1", redactions=(redaction,), inputs={"code": "hash"})
    made = Reproduction(
        SimpleNamespace(manifest=manifest),
        "r2",
        {"lists/a.csv": "differs", "lists/b.csv": "differs", "lists/c.csv": "same"},
        ("scores of dormancy", "table customers"),
    )
    output.show_reproduction(made, "en")
    assert capsys.readouterr().out.splitlines() == [
        "lists/a.csv: differs, and was redacted",
        "lists/b.csv: differs",
        "redacted on 2026-11-29: 1 files without a forgotten customer",
        "what a forgotten customer was in cannot be made again: no table holds the customer any more",
        "changed since: scores of dormancy",
        "changed since: table customers",
    ]
    output.show_reproduction(made, "zh")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "lists/a.csv：不一致，且已脱除被遗忘客户"
    assert told[-2:] == ["此后有变化：dormancy 评分", "此后有变化：表 customers"]
