"""A new tracking store on SQLite: made whole or not at all."""

from pathlib import Path

from goldmine.core.files import remove_unfinished, whole_file


def make_sqlite_store(uri: str) -> None:
    """Make the file of a tracking store on SQLite, if it is not there yet; other stores are left alone.

    MLflow makes its tables in many steps. A process that is killed between two of them would leave a file that no later
    one can use.

    Parameters
    ----------
    uri : str
        Address of a tracking store. Who calls sees to it that nobody else makes the store now.
    """
    path = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///") or "?" in uri or path.exists():
        return
    from mlflow.db import upgrade

    if path.parent.exists():
        remove_unfinished(path.parent, [folder.name for folder in path.parent.iterdir() if folder.is_dir()])
    with whole_file(path) as temporary:
        upgrade.main(
            [f"sqlite:///{temporary}"], standalone_mode=False
        )  # `mlflow db upgrade`, which makes a new store too
