"""The command ``goldmine``. Heavy packages are imported only when a command needs them."""

import locale
import os
import sys

from goldmine.core.errors import GoldmineError


def _use_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale is another, such as ``zh_CN.GB18030``.

    Paths are bytes to the system and mostly UTF-8; read in another encoding they could be neither printed nor stored.
    What is printed stays in the terminal's own encoding.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower() == "utf-8":
        return
    output = f"{locale.getencoding()}:replace"
    variables = {"PYTHONUTF8": "1", "PYTHONIOENCODING": os.environ.get("PYTHONIOENCODING", output)}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})


def main() -> None:
    """Run the command; a `GoldmineError` prints what happened and what to do, and exits with its class's code.

    Any other error ends with code 1. Its text and traceback are kept in a file for its owner alone.
    """
    _use_utf8()
    import goldmine.cli.audit
    import goldmine.cli.forget
    import goldmine.cli.governance
    import goldmine.cli.month_limits
    import goldmine.cli.portal
    import goldmine.cli.report
    import goldmine.cli.sbom
    import goldmine.cli.servers
    import goldmine.cli.status
    import goldmine.cli.tidy
    import goldmine.cli.users  # noqa: F401 - each adds its commands
    from goldmine.cli.commands import app
    from goldmine.cli.output import complain, unknown_error
    from goldmine.core.file_modes import use_file_modes

    try:
        use_file_modes()
        app()
    except GoldmineError as error:
        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        told = unknown_error(error)
        complain(told)
        sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
