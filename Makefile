# Each target sets up .venv first where it is not there; a second call installs nothing.
.DELETE_ON_ERROR:
.SILENT:
.PHONY: run test test-spark check lab mlflow schedule spark bench messages lock

BIN := .venv/bin
READY := .venv/.installed
SPARK := .venv/.spark
BENCH := .venv/.bench
BANK := data/sample_bank
CUSTOMERS := 2000000
# JupyterLab asks nobody for news, updates or extensions; in a container its user is root. Its scheduler checks parameters
# as the job does, and keeps its jobs below data/.
LAB := --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None \
  --LabApp.extension_manager=readonly --Scheduler.execution_manager_class=goldmine.pipeline.jupyter_scheduler.CheckedExecutionManager \
  --SchedulerApp.db_url=sqlite:///$(CURDIR)/data/jupyter/jobs.sqlite --Scheduler.staging_path=$(CURDIR)/data/jupyter/jobs \
  $(if $(filter 0,$(shell id -u)),--allow-root)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

run: $(READY)
	test -e $(BANK)/bank.yaml || $(BIN)/goldmine sample-bank $(BANK) --customers 20000 --months 30 --seed 1 --end 2024-06-30
	$(BIN)/goldmine run --bank $(BANK) --work data

test: $(READY)
	$(BIN)/python -m pytest

# Java 17 or newer must be there.
test-spark: $(SPARK)
	$(BIN)/python -m pytest -m spark tests/spark

check: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest tests/project

lab: $(READY)
	mkdir -p data/jupyter
	$(BIN)/jupyter lab --ip 127.0.0.1 $(LAB) notebooks

mlflow: $(READY)
	$(BIN)/goldmine mlflow

schedule: $(READY)
	$(BIN)/goldmine schedule

spark: $(SPARK)

# Two quarters of one bank and the peers, each stage beside its floor; `make bench CUSTOMERS=200000` for a smaller one.
bench: $(BENCH)
	$(BIN)/python -m bench.scale --customers $(CUSTOMERS)

# Collects the messages of the code into the catalogues; what has no translation yet is left empty in them.
CATALOGUE := src/goldmine/locale/zh/LC_MESSAGES/goldmine.po
messages: $(READY)
	mkdir -p data/messages $(dir $(CATALOGUE))
	$(BIN)/pybabel -q extract -F pyproject.toml -k _ -k ngettext:1,2 -k pgettext:1c,2 --no-default-keywords --omit-header \
	  --add-location file --sort-output --width 110 -o data/messages/goldmine.pot src/goldmine
	$(BIN)/pybabel -q update -i data/messages/goldmine.pot -o $(CATALOGUE) -l zh --no-fuzzy-matching --ignore-obsolete \
	  --ignore-pot-creation-date --omit-header --width 110

# For whoever changes the dependencies; needs uv, which users do not. The two left out check one format of web address
# for jsonschema, which does without; building their grammar takes a second at each start of a notebook or the command.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-emit-find-links \
	  --no-emit-package rfc3987-syntax --no-emit-package lark --no-annotate --no-header -q -o requirements.lock
	for extra in spark bench; do \
	  $(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['$$extra'], sep='\n')" | \
	    uv pip compile - --constraint requirements.lock --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header -q -o requirements-$$extra.lock; \
	done

$(READY): requirements.lock pyproject.toml
	for python in python3.11 python3.12 python3.13 python3; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then echo 'Python 3.11 or newer is needed, and none was found as python3.'; exit 1; fi; \
	test -x $(BIN)/python || "$$python" -m venv .venv
	echo 'Installing the locked packages into .venv: about three minutes, once ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(SPARK): requirements-spark.lock $(READY)
	echo 'Installing PySpark into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-spark.lock
	touch $@

$(BENCH): requirements-bench.lock $(READY)
	echo 'Installing what the benchmarks compare with into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-bench.lock
	touch $@
