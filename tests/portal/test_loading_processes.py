"""What other connections see of a load, and what a killed one leaves: on databases of their own, in a process."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.portal.made import CODE, publish, work_folder

_LOAD = """
import os, sqlite3, sys
from pathlib import Path
from goldmine.cli.portal import open_portal
from goldmine.core.workspace import Workspace
from tests.portal.made import publish

work, what = Path(sys.argv[1]), sys.argv[2]
open_portal(work)
from goldmine.portal.loading import load

SHOWN = '''SELECT release_id, group_concat(customer_id) FROM (
SELECT r.release_id, l.customer_id FROM portal_currentrelease c JOIN portal_release r ON r.id = c.release_id
JOIN portal_listrow l ON l.release_id = r.id WHERE l.kind = 'campaign' ORDER BY l.customer_id)'''

def look():
    with sqlite3.connect(work / "portal" / "portal.sqlite3") as reader:
        print(*reader.execute(SHOWN).fetchone(), flush=True)

def insert(model, *rows, **which):
    made(model, *rows, **which)
    if what == "kill" and model.__name__ == "ListRow":
        os._exit(9)
    look()

def offer_to_show(release, asked_by):
    look()
    answer = shown(release, asked_by)
    look()
    return answer

made, shown = load.insert, load.offer_to_show
if what == "kill":
    load.load_release(Workspace(work))
    publish(Workspace(work), "r2", offers=("C2", "C3", "C4"), listed=())
load.insert, load.offer_to_show = insert, offer_to_show
load.load_release(Workspace(work))
look()
"""


def _load(work, what):
    pipelines = work.root.parent / "pipelines"
    if not pipelines.exists():
        pipelines.symlink_to(Path(__file__).parents[2] / "pipelines")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOLDMINE_")}
    environment |= {"PYTHONPATH": CODE, "GOLDMINE_HOME": str(pipelines.parent)}
    command = [sys.executable, "-c", _LOAD, str(work.root), what]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    return done.returncode, done.stdout.split("\n")[:-1], done.stderr


def test_a_reader_sees_the_old_release_until_the_new_one_is_whole_and_a_killed_load_leaves_nothing(tmp_path):
    work = work_folder(tmp_path)
    work.claim("Test Bank", tmp_path / "bank")
    publish(work, "r1", offers=("C1", "C2"))
    assert _load(work, "kill")[:2] == (9, ["r1 C1,C2"])
    with sqlite3.connect(work.root / "portal" / "portal.sqlite3") as database:
        kept = [
            database.execute(f"SELECT count(*) FROM portal_{name}").fetchone()[0] for name in ("release", "listrow")
        ]
    assert kept == [1, 4]
    assert (work.root / "portal" / "portal.sqlite3").stat().st_mode & 0o777 == 0o600
    code, seen, errors = _load(work, "look")
    assert (code, errors) == (0, "")
    assert seen == ["r1 C1,C2"] * 5 + ["r2 C2,C3,C4"]
