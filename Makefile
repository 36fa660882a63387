# Each target sets up .venv first where it is not there; a second call installs nothing.
.DELETE_ON_ERROR:
.SILENT:
.PHONY: faults sbom run next-quarter serve portal-proof portal-smoke help test fuzz map-proof test-spark audit check lab mlflow schedule spark credit bench bench-spark messages lock

BIN := .venv/bin
READY := .venv/.installed
SPARK := .venv/.spark
BENCH := .venv/.bench
CREDIT := .venv/.credit
PROOF := .venv/.proof
DIRECTORY := .venv/.directory
BANK := data/sample_bank
AUDITED := data/audit
CUSTOMERS := 2000000
# JupyterLab shows the whole project and opens the tour. It asks nobody for news, updates or extensions (pipelines/jupyter);
# in a container its user is root. Its scheduler checks parameters as the job does, and keeps its jobs below data/.
LAB := --ServerApp.root_dir=$(CURDIR) --LabApp.default_url=/lab/tree/notebooks/0_start_here.ipynb \
  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None \
  --LabApp.extension_manager=readonly --Scheduler.execution_manager_class=goldmine.pipeline.jupyter_scheduler.CheckedExecutionManager \
  --SchedulerApp.db_url=sqlite:///$(CURDIR)/data/jupyter/jobs.sqlite --Scheduler.staging_path=$(CURDIR)/data/jupyter/jobs \
  $(if $(filter 0,$(shell id -u)),--allow-root)
# LANGUAGE=zh opens the notebooks with their prose in Chinese; they stay in English on disk.
LANGUAGE := en
TRANSLATED := --ServerApp.contents_manager_class=goldmine.pipeline.jupyter_contents.TranslatedNotebooks \
  --TranslatedNotebooks.language=$(LANGUAGE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# Of so few customers chance decides which models are better than their baselines; in this bank all are, with each of three seeds of the fit.
run: $(READY)  ## the whole job on the sample bank, which is made first
	test -e $(BANK)/bank.yaml || $(BIN)/goldmine sample-bank $(BANK) --customers 20000 --months 30 --seed 3 --end 2024-06-30
	$(BIN)/goldmine run --bank $(BANK) --work data

next-quarter: $(READY)  ## after make run: the sample bank's next quarter, with results of the campaigns, measured
	as_of=$$($(BIN)/goldmine sample-quarter --bank $(BANK) --work data) && \
	$(BIN)/goldmine sample-campaign --bank $(BANK) --work data --results data/returned && \
	for file in data/returned/*.csv; do $(BIN)/goldmine outcomes import "$$file" --work data || exit; done && \
	$(BIN)/goldmine run --bank $(BANK) --work data --as-of "$$as_of" && \
	$(BIN)/goldmine measure --bank $(BANK) --work data

help:  ## this list
	sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# A file's tests stay in one process, since they share what they have made; each process takes about 2 GiB.
test: $(READY)  ## all tests, and the examples in docstrings, in up to four processes
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

FUZZ := 10000
fuzz: $(READY)  ## generated odd tables against an independent reader, FUZZ=10000 values and as many files a table: about three hours of a processor
	GOLDMINE_FUZZ_CASES=$(FUZZ) GOLDMINE_FUZZ_FILES=$(FUZZ) $(BIN)/python -m pytest -s tests/fuzz

MADE := 3000
map-proof: $(READY)  ## goldmine map on five banks of different make, MADE=3000 customers each: keys by hand and seconds; Berka where GOLDMINE_SHARED_DATA has it
	GOLDMINE_MAP_CUSTOMERS=$(MADE) $(BIN)/python -m pytest -s tests/contract/test_proposal.py tests/examples/test_proposal.py -k "dirty or berka"

test-spark: $(SPARK)  ## tests on Apache Spark; Java 17 or newer must be there
	$(BIN)/python -m pytest -m spark tests/spark

KILLS := 20
faults: $(READY)  ## the fault matrix: kills, full disks, bad cells, damaged stores; KILLS=20 at random moments
	$(BIN)/python -m tests.faults --kills $(KILLS)

portal-proof: $(PROOF) $(DIRECTORY)  ## the portal in a browser as each role, under load, and behind a directory; installs Debian's Chromium, PostgreSQL and slapd
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q chromium; }
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { apt-get update -q && apt-get install -y -q postgresql; }
	test -x /usr/sbin/slapd || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q slapd; }
	$(BIN)/python -m pytest -m proof tests/portal_proof
	GOLDMINE_PORTAL_PROOF=1 $(BIN)/python -m pytest tests/portal/test_under_stress.py

portal-smoke: $(PROOF)  ## of portal-proof a minute's part: a day's work in Chromium, and requests generated from the API's document
	$(BIN)/python -m pytest -m proof tests/portal_proof/test_work.py tests/portal_proof/test_api_document.py

audit: $(READY)  ## recompute a sample bank of 8,000 customers from its raw tables, cell by cell, by code that knows only the docs
	$(BIN)/python -m tests.audit $(AUDITED)

check: $(READY)  ## style, import layers, types, and the project's own rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest tests/project

lab: $(READY)  ## JupyterLab on the project, opened at the tour; LANGUAGE=zh for the notebooks' prose in Chinese
	mkdir -p data/jupyter
	JUPYTER_CONFIG_PATH=$(CURDIR)/pipelines/jupyter $(BIN)/jupyter lab --ip 127.0.0.1 $(LAB) $(if $(filter-out en,$(LANGUAGE)),$(TRANSLATED))

mlflow: $(READY)  ## MLflow's pages: runs and models
	$(BIN)/goldmine mlflow

sbom: $(READY)  ## every locked package with version, licence and hashes: data/sbom.json, CycloneDX
	mkdir -p data
	$(BIN)/goldmine sbom data/sbom.json --all

schedule: $(READY)  ## Dagster's pages and schedules
	$(BIN)/goldmine schedule

spark: $(SPARK)  ## install PySpark

credit: $(CREDIT)  ## install optbinning, for goldmine credit scorecard

bench: $(BENCH)  ## two quarters of one bank, each stage beside its floor; CUSTOMERS=200000 for a smaller one
	$(BIN)/python -m bench.scale --customers $(CUSTOMERS)

bench-spark: $(BENCH) $(SPARK)  ## Spark beside DuckDB alone, 200,000 customers: CPU seconds of each stage
	$(BIN)/python -m bench.spark

serve: $(READY)  ## after make run: the portal on the newest release; at its first start a user for each role
	$(BIN)/goldmine portal load --work data --services --sample-day
	$(BIN)/goldmine users first --work data
	$(BIN)/goldmine portal serve --work data --sample-day

LOCALES := src/goldmine/locale/zh/LC_MESSAGES
EXTRACT := -F pyproject.toml -k _ -k ngettext:1,2 -k pgettext:1c,2 --no-default-keywords --omit-header \
  --no-location --sort-output --width 110
messages: $(READY)  ## collect the messages of the code and the notebooks into the catalogues; the untranslated are left empty
	mkdir -p data/messages $(LOCALES)
	$(BIN)/pybabel -q extract $(EXTRACT) -o data/messages/goldmine.pot src/goldmine
	$(BIN)/pybabel -q extract $(EXTRACT) -o data/messages/notebooks.pot notebooks
	for domain in goldmine notebooks; do \
	  $(BIN)/pybabel -q update -i data/messages/$$domain.pot -o $(LOCALES)/$$domain.po -l zh --no-fuzzy-matching \
	    --ignore-obsolete --ignore-pot-creation-date --omit-header --width 110 || exit 1; \
	done

# For whoever changes the dependencies; needs uv, which users do not. The two left out check one format of web address
# for jsonschema, which does without; building their grammar takes a second at each start of a notebook or the command.
lock:  ## lock the packages anew; needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-emit-index-url --no-emit-find-links \
	  --no-emit-package rfc3987-syntax --no-emit-package lark --no-annotate --no-header -q -o requirements.lock
	for extra in spark credit bench proof ldap oidc; do \
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
	$(BIN)/python -m compileall -q src
	touch $@

$(SPARK): requirements-spark.lock $(READY)
	echo 'Installing PySpark into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-spark.lock
	touch $@

$(CREDIT): requirements-credit.lock $(READY)
	echo 'Installing optbinning into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-credit.lock
	touch $@

$(BENCH): requirements-bench.lock $(READY)
	echo 'Installing what the benchmarks compare with into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-bench.lock
	touch $@

$(PROOF): requirements-proof.lock $(READY)
	echo 'Installing what the portal is proved with into .venv ...'
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-proof.lock
	touch $@

# python-ldap comes as source alone: it is compiled against OpenLDAP's library.
$(DIRECTORY): requirements-oidc.lock requirements-ldap.lock $(READY)
	echo 'Installing sign-in through a directory into .venv ...'
	test -f /usr/include/ldap.h || { apt-get update -q && apt-get install -y -q gcc libldap-dev libsasl2-dev; }
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-oidc.lock
	$(BIN)/pip install -q --no-deps --require-hashes --no-build-isolation -r requirements-ldap.lock
	touch $@
