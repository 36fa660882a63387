"""Fingerprint of a module or notebook with every module of the package that it imports, directly or through others.

Since the list comes from the imports, no module can be forgotten: when any of them changes, so does the fingerprint,
and its results are made again.
"""

import ast
import hashlib
import json
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grimp import ImportGraph

PACKAGE = "goldmine"


def code_fingerprint(*entries: str | Path) -> str:
    """SHA-256 over modules and notebooks, all that they import from the package, and the templates beside these.

    Parameters
    ----------
    entries : str or Path
        Names of modules, such as ``goldmine.features.build``, or paths of notebooks. A module passes its own name:
        ``code_fingerprint(__name__)``.
    """
    digest = hashlib.sha256()
    modules: set[str] = set()
    for entry in entries:
        if isinstance(entry, Path):
            digest.update(entry.read_bytes())
            modules |= imported_modules(*notebook_imports(entry))
        else:
            modules |= imported_modules(entry)
    folder = package_folder()
    for name in _files(folder, modules):
        digest.update(name.encode())
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def copy_code(folder: Path, *modules: str) -> Path:
    """Copy some modules, and all that they import from the package, into a folder; returns the copied package.

    What was written with these modules can then be read where the package is not installed.
    """
    package = folder / PACKAGE
    for name in _files(package_folder(), imported_modules(*modules)):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package_folder() / name, package / name)
    return package


def package_folder() -> Path:
    """The folder of the package's code."""
    return Path(__file__).parents[1]


@cache
def imported_modules(*modules: str) -> frozenset[str]:
    """Some modules of the package and all that they import, inside functions too; imports for types alone do not count.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.

    Importing ``a.b`` runs ``a/__init__.py`` first, so that counts. A package that is imported itself although its
    ``__init__.py`` imports nothing is a folder of plug-ins, such as the families of features: all its modules count.

    Examples
    --------
    >>> sorted(imported_modules("goldmine.core.errors"))
    ['goldmine', 'goldmine.core', 'goldmine.core.errors', 'goldmine.core.i18n']
    """
    graph = _graph()
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        if module not in graph.modules:
            raise ModuleNotFoundError(module)
        for imported in graph.find_modules_directly_imported_by(module):
            waiting.append(imported)
            if imported != PACKAGE and not graph.find_modules_directly_imported_by(imported):
                waiting.extend(graph.find_children(imported))
        parent = module.rpartition(".")[0]
        waiting.extend([parent] if parent else [])
    return frozenset(seen)


def notebook_imports(notebook: Path) -> list[str]:
    """Modules of the package that a notebook's cells import, in order.

    ``from goldmine.core.dates import month_end`` imports one module, ``from goldmine.plots import style`` two.
    """
    known = _graph().modules
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    names: dict[str, None] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            names |= dict.fromkeys(_imports(ast.parse("".join(cell["source"]))))
    return [name for name in names if name in known]


def _imports(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(folder: Path, modules: Iterable[str]) -> list[str]:
    """Files of some modules and the templates beside them, as paths below the package's folder."""
    files = []
    for module in modules:
        name = module.removeprefix(PACKAGE).removeprefix(".").replace(".", "/")
        if (folder / f"{name}.py").is_file():
            files.append(f"{name}.py")
        else:
            files += [str(path.relative_to(folder)) for path in (folder / name).glob("*.jinja")]
            files.append(f"{name}/__init__.py".lstrip("/"))
    return sorted(files)


@cache
def _graph() -> "ImportGraph":
    """The package's import graph; built once a process, in a tenth of a second."""
    import grimp

    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
