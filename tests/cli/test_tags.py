"""``goldmine tags``: what it prints."""

from typer.testing import CliRunner

from goldmine.cli.tags import app


def test_checking_says_how_many_rows_were_tried_and_how_each_set_was_proved():
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0
    assert "rows of their tests come out as they should" in done.output
    assert "age             exclusive by its conditions" in done.output


def test_the_list_shows_each_condition_beside_both_names():
    done = CliRunner().invoke(app, ["list"])
    assert "长尾客户  Long-tail customer" in done.output
    assert "level == 0" in done.output
