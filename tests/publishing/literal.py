"""A release of one literal list, and what stands of it after a process was killed or ran out of disk.

Run as ``python -m tests.publishing.literal killed FOLDER`` or ``... full FOLDER``; the findings are printed as JSON.
"""

import json
import os
import shutil
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from goldmine.contactability.funnel import Funnel
from goldmine.core.errors import DiskError
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.listing import Listing, ReleaseMetadata, make_rows, write_listing
from goldmine.publishing.manifest import Manifest, ModelRef
from goldmine.publishing.release_store import Release, read_latest, release_once

AS_OF = date(2024, 6, 30)
WHOLE = ["longtail.csv", "longtail.parquet", "longtail.xlsx", "manifest.json"]


def publish_literal(work: Workspace, release_id: str, *, rows: int = 3, as_of: date = AS_OF) -> Release:
    """Publish a list of some rows under a release id."""
    return release_once(work, as_of, release_id, lambda folder: fill(folder, release_id, rows, as_of))


def fill(folder: Path, release_id: str, rows: int, as_of: date) -> Manifest:
    """Write one literal list."""
    use_case = load_use_case("longtail")
    chosen = pa.table(
        {
            "customer_id": [f"{number:08}" for number in range(rows)],
            "branch_id": ["B1"] * rows,
            "manager_id": ["S1"] * rows,
            "probability": [0.5] * rows,
            "decile": [1] * rows,
        }
    )
    listed = make_rows(chosen, [["Salary"]] * rows, use_case, as_of=as_of, stamp=("1", release_id))
    funnel = Funnel(scored=rows, steps=(), skipped=())
    model = ModelRef(model_name="tiny.longtail", model_version="1", mlflow_run="r")
    release = ReleaseMetadata("tiny", as_of, release_id, "en")
    files = write_listing(folder, Listing(use_case, listed, funnel, model), release)
    return Manifest(
        as_of=as_of,
        release_id=release_id,
        created_at=datetime(2024, 7, 1, tzinfo=UTC),
        bank="tiny",
        language="en",
        funnels={"longtail": funnel},
        files=tuple(files),
    )


def leftovers(work: Workspace) -> list[str]:
    """Names of unfinished files and folders among the releases."""
    return sorted(path.name for path in work.releases.rglob("*.part"))


def killed(folder: Path) -> dict[str, Any]:
    """Publish `new` over `old`, killed at the first touch of the disk, the second, and so on."""
    master = Workspace(folder / "master")
    publish_literal(master, "old")
    current, partial = [], 0
    for moment in range(1, 1000):
        work = Workspace(folder / str(moment))
        shutil.copytree(master.root, work.root)
        status = _in_child(work, moment)
        current.append(read_latest(work).manifest.release_id)
        partial += bool(leftovers(work))
        named = work.releases / str(AS_OF) / "new"
        if named.exists() and sorted(p.name for p in named.rglob("*") if p.is_file()) != WHOLE:
            raise RuntimeError(f"half a release has its name after the kill at touch {moment}")
        if not os.WIFSIGNALED(status):
            break
        if moment % 4 == 0:
            publish_literal(work, "new")
            if read_latest(work).manifest.release_id != "new" or leftovers(work):
                raise RuntimeError(f"not mended after the kill at touch {moment}")
        shutil.rmtree(work.root)
    return {"current": current, "partial": partial, "status": status}


def _in_child(work: Workspace, moment: int) -> int:
    pid = os.fork()
    if pid == 0:
        _kill_at(moment, str(work.releases))
        publish_literal(work, "new")
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def _kill_at(moment: int, below: str) -> None:
    touches = {"open", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.rmdir"}
    seen = [0]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in touches and str(arguments[0]).startswith(below):
            seen[0] += 1
            if seen[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def full(folder: Path) -> dict[str, Any]:
    """Publish `new` over `old` with no space left, with a little, with more, until it comes through."""
    work = Workspace(folder / "work")
    publish_literal(work, "old")
    ballast = folder / "ballast"
    refused = 0
    for spare in range(0, 1000, 12):
        ballast.write_bytes(b"")
        free = shutil.disk_usage(folder).free
        ballast.write_bytes(b"0" * max(0, free - spare * 1024))
        try:
            publish_literal(work, "new", rows=800)
        except DiskError:
            refused += 1
            standing = read_latest(work).manifest.release_id
            if standing != "old" or leftovers(work):
                raise RuntimeError(f"with {spare} KiB free: {standing} stands, {leftovers(work)} are left") from None
        else:
            break
    return {"refused": refused, "current": read_latest(work).manifest.release_id}


if __name__ == "__main__":
    counts = {"killed": killed, "full": full}[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(counts))
