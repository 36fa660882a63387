"""``goldmine tags``: what it prints."""

from typer.testing import CliRunner

from goldmine.cli.tags import app


def test_check_says_how_many_test_rows_came_out_right():
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0
    assert "rows of their tests come out as they should" in done.output


def test_list_shows_each_condition_with_both_titles():
    done = CliRunner().invoke(app, ["list"])
    assert "长尾客户  Long-tail customer" in done.output
    assert "level == 0" in done.output
