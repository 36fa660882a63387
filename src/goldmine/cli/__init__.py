"""The command ``goldmine``. Nothing heavy is imported until a command needs it."""

import sys

from goldmine.core.errors import GoldmineError


def main() -> None:
    """Run the command; an error that a user can mend prints what and what to do, and leaves with its family's code."""
    import goldmine.cli.coverage
    import goldmine.cli.governance
    import goldmine.cli.report  # noqa: F401 - each adds its commands
    from goldmine.cli.commands import app
    from goldmine.cli.output import complain

    try:
        app()
    except GoldmineError as error:
        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
