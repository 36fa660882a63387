"""Tables on the terminal."""

import io

from rich.console import Console

from goldmine.cli.output import _table


def test_long_chinese_cell_is_broken_and_never_cut():
    table = _table(["可测最小效果", "有效期至"], "zh")
    cell = "8.2%（不足以测出 6.0%：还需多联系 742 人）"
    table.add_row(cell, "2024-08-29")
    printed = io.StringIO()
    Console(file=printed, width=32).print(table)
    words = "".join("".join(printed.getvalue().splitlines()[1:]).split())
    assert words.replace("2024-08-29", "") == "8.2%（不足以测出6.0%：还需多联系742人）"
