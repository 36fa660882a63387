import os
import subprocess
import sys
from pathlib import Path


def test_great_expectations_loads_without_a_pyspark_that_would_end_the_process(tmp_path: Path) -> None:
    package = tmp_path / "pyspark"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit(3)\n")
    command = "import goldmine.validation.gx, sys; print(sys.modules.get('pyspark', 'not loaded'))"
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", command], check=False, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "not loaded\n")
