"""Which tracking store it is: an id that the store itself keeps for a bank, and its address without secrets.

The journal and the local copy of a champion stand beside the store, not in it. Both name the store that they belong to,
so that another store, reached by the same project folder, neither continues the one nor is answered for by the other.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.core.workspace import home

PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}


@dataclass(frozen=True)
class Store:
    """A bank's part of a tracking store.

    Parameters
    ----------
    id : str
        Tag of the bank's experiment, drawn when the experiment was created; empty while the store is unreachable.
    address : str
        From `store_address`.
    """

    id: str
    address: str

    def same_as(self, other: "Store") -> bool:
        """Whether both are one store: by their ids, so that a store may move; by their addresses if one id is unknown.

        >>> Store("a1", "http://old:5000").same_as(Store("a1", "http://new:5000"))
        True
        >>> Store("a1", "http://old:5000").same_as(Store("", "http://new:5000"))
        False
        """
        return self.id == other.id if self.id and other.id else self.address == other.address


def store_address(uri: str) -> str:
    """Address of a store without user, password and query; a file below the project folder by its path in there.

    >>> store_address("postgresql+psycopg://mlflow:secret@DB.bank/runs?sslmode=require&password=secret")
    'postgresql://db.bank:5432/runs'
    >>> store_address("http://user:secret@tracking:5000/")
    'http://tracking:5000'
    """
    scheme, _, rest = uri.partition("://") if "://" in uri else ("", "", uri)
    kind = scheme.split("+")[0]
    if kind in ("", "file", "sqlite"):
        place = rest.partition("?")[0]
        path = Path(place.removeprefix("/") if kind == "sqlite" else place)
        return f"{kind or 'file'}:{path.relative_to(home()) if path.is_relative_to(home()) else path}"
    try:
        parts = urlsplit(uri)
        host, port = (parts.hostname or "").lower(), parts.port or PORTS.get(kind, 0)
    except ValueError:
        return f"{kind}://..."
    # A password with unescaped characters would end up in what is taken for the path.
    hidden = "@" in parts.path or parts.fragment or not host
    return f"{kind}://..." if hidden else f"{kind}://{host}:{port}{parts.path.rstrip('/')}"


def require_same_store(what: str, path: Path, kept: Store | None, now: Store) -> None:
    """Raise if something that belongs to one store is used with another.

    Parameters
    ----------
    what : str
        What it is, for the message.
    path : Path
        The file or folder to move away if its store was replaced for good.
    kept : Store or None
        The store it belongs to; None if it does not say.
    now : Store
        The store in use.

    Raises
    ------
    ModelError
        If they differ.
    """
    if kept is not None and kept.same_as(now):
        return
    owner = "an unknown store" if kept is None else f"the store {kept.address}"
    other = "another store, created later at the same address" if kept and kept.address == now.address else now.address
    raise ModelError(
        _("{what} belongs to {owner}; in use is {other}.", what=what, owner=owner, other=other),
        _(
            "Set MLFLOW_TRACKING_URI back to its store, or use a project folder of its own (GOLDMINE_HOME) for "
            "this one; if the store was replaced for good, move {path} into an archive and run again.",
            path=path.relative_to(home()),
        ),
    )
