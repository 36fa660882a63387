"""What Spark does not survive is said in two lines; what it does survive changes nothing."""

import json
import shutil
import subprocess
import sys

import pytest

from goldmine.core.engine import engine_of
from goldmine.core.errors import EngineError, HistoryError, SettingsError
from goldmine.core.spark import fault_of
from goldmine.core.spark import start as start_spark
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace, home
from tests.spark.killing import CUTOFF
from tests.spark.tables import contents

pytestmark = pytest.mark.spark
SMALL_DISK = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"']


def findings(module, folder, *before):
    """What a module of `tests.spark` finds, from a process of its own."""
    command = [*before, sys.executable, "-m", f"tests.spark.{module}", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home(), check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def start(master, **variables):
    """What is said when an engine starts in a process of its own, with other settings."""
    code = (
        "import os, sys; os.environ.update(eval(sys.argv[2]))\n"
        "from goldmine.core.errors import GoldmineError\n"
        "from goldmine.core.spark import start\n"
        "try: start(sys.argv[1])\n"
        "except GoldmineError as error: print(error.exit_code, error, sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, master, repr(variables)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_without_java(spark, tmp_path):
    assert start("local[2]", PATH=str(tmp_path), JAVA_HOME="") == [
        "25",
        "Spark: no Java was found.",
        "Install Java 17 or newer, or set JAVA_HOME to where it is.",
    ]


def test_a_master_that_nobody_answers_at(spark):
    with pytest.raises(EngineError, match=r"Spark: no master answers at spark://127\.0\.0\.1:1\."):
        start_spark("spark://127.0.0.1:1")


def test_words_that_are_no_master_or_no_engine():
    with pytest.raises(SettingsError, match=r"spark_master: 'spark:/host' is no master of Spark"):
        engine_of("spark", "spark:/host")
    with pytest.raises(SettingsError, match=r"engine: there is no engine 'sparc'"):
        engine_of("sparc", "local[2]")


@pytest.mark.parametrize("words", ["--driver-memory 64m pyspark-shell", "--driver-memory 16k pyspark-shell"])
def test_memory_too_small_to_start(spark, words):
    said = start("local[2]", PYSPARK_SUBMIT_ARGS=words)
    assert (said[0], said[1], len(said)) == ("25", "Spark at local[2]: the memory given to it is too small.", 3)


def test_what_spark_says_of_rows_is_not_passed_on():
    error = fault_of("Job aborted: org.apache.spark.memory.SparkOutOfMemoryError: could not keep row [00012345, Li]")
    assert str(error).splitlines()[0] == "Spark: the memory given to it is too small."
    words = "The value 'Li' of the type STRING: org.apache.spark.SparkNumberFormatException: 'Li'"
    other = fault_of(words, condition="CAST_INVALID_INPUT")
    assert str(other).splitlines()[0] == "Spark failed: CAST_INVALID_INPUT, SparkNumberFormatException."


def test_a_disk_that_fills_up_in_the_middle_of_a_partition_is_made_good(spark, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if shutil.which("unshare") is None or subprocess.run([*SMALL_DISK, str(small), "true"], check=False).returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    found = findings("breaking", tmp_path, *SMALL_DISK, str(small))
    assert (found["code"], found["lines"], found["left"]) == (17, 2, [])
    # A month that stands is made again where the index had no room either.
    assert 2 - len(found["standing"]) <= found["made"] <= 2
    assert found["rows"] > 0


def same_features(folder):
    """Whether both engines' features are the same files, eight slices of them."""
    ours, theirs = (contents(Workspace(folder / name).features(CUTOFF)) for name in ("spark", "duckdb"))
    assert len(theirs) == 8
    return ours == theirs


def test_executors_that_are_killed_and_tasks_that_fail_change_nothing(spark, tmp_path):
    found = findings("killing", tmp_path)
    assert 50 < found.pop("drawn") < 250
    same = {"same draw": True, "same ranking": True}
    assert found == {"gone": [1, 1, 1, 1], **same, "fails twice": [1, 2], "left": []}
    assert same_features(tmp_path)


def test_a_worker_that_is_killed_and_a_task_that_hangs_change_nothing(spark, tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    found = findings("standalone", tmp_path)
    assert (found["made"], found["gone"], found["left"]) == (26, 1, [])
    assert found["hangs once"] == [1, 2, 3, 4]
    assert same_features(tmp_path)


def test_an_error_of_ours_in_a_task_is_what_it_was_there(spark):
    with pytest.raises(HistoryError, match=r"no rows of item 2\.\nDeliver it\."):
        list(run_tasks(spark, [1, 2], "items", refuse_two, rows=1))


def refuse_two(connection, item):
    if item == 2:
        raise HistoryError("no rows of item 2.", "Deliver it.")
