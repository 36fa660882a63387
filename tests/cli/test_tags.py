"""``goldmine tags``: what it prints."""

from typer.testing import CliRunner

from goldmine.cli.tags import app


def test_check_counts_example_rows_that_pass():
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0
    assert "rows of their examples pass" in done.output


def test_list_shows_each_condition_with_both_titles():
    done = CliRunner().invoke(app, ["list"])
    assert "长尾客户  Long-tail customer" in done.output
    assert "level == 0" in done.output
