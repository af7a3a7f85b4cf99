# Everything a person types. Needs Python 3.11 or newer, make, and the package registry the first time that a command needs
# packages of its own; after that, nothing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Modules are compiled as they are first imported, and kept. Where this is set, as in many images, each start of dbt,
# Dagster and Great Expectations compiles thousands of them anew: 4 of 8 seconds of the last one, measured.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough; PYTHON=… names another.
PYTHON ?= $(firstword $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python; done) python3)

VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements

# What `run`, `ui`, `docs` and `rollback` are about. Empty: the demo shop, as of its last complete day.
SHOP ?=
INPUT ?=
AS_OF ?=
# duckdb, or spark: builds what both engines build by the second one too, and compares.
ENGINE ?= duckdb
# Other cost settings, for `what-if`.
RATES ?=
POOLS ?=
# Which past days `backfill` makes: FROM and UNTIL are days, STEP is day, week or month.
FROM ?=
UNTIL ?=
STEP ?= day
# What `repair` makes anew.
TABLE ?=
# Who is to be erased, for `erase`.
CUSTOMER ?=
ABOUT = --shop "$(SHOP)" --input "$(INPUT)" --as-of "$(AS_OF)"

# What `metrics` hands on to mf.
ASK ?= list metrics

# What `sql` prints the answer to; empty: it opens the client.
QUERY ?=

# Whose unit tests `mutants` asks; empty: those of all models, which takes hours.
MODEL ?=

# Whose sheet `customer` prints, and in which language: en or zh.
ID ?=
LANGUAGE ?= en

# What may hold any letter goes through the environment: in a recipe the shell would take quotes and backticks for its own.
export QUERY ID CUSTOMER

# What `bench` leaves out: pandas, audit, night. What the engine may take, 6GB if nothing is said; whether nothing but the
# build is measured, of which no table is left.
WITHOUT ?=
MEMORY ?=
ONLY_BUILD ?=

# What `generate` makes.
OUT ?= warehouses/generated
CUSTOMERS ?=
LINES ?=
YEARS ?=
SEED ?=

PORT ?= 3000

.PHONY: help
help: ## this list
	@echo "make run                         the demo shop: made, landed, built, audited, published"
	@echo "make run INPUT=<folder>          a shop whose files follow the contract"
	@echo "make run SHOP=online_retail INPUT=<folder>   a shop that a connector reads"
	@echo "make run AS_OF=2025-06-30        any past day, beside the nightly tables"
	@echo "make run ENGINE=spark            a refreshed shop built on Spark too, and compared row by row (SHOP=)"
	@echo "make backfill FROM=2025-01-01 UNTIL=2025-12-31 STEP=month   a range of past days, those that are not there yet (SHOP=)"
	@echo "make repair TABLE=marts.order_profit   a table, and all that is built on it, anew from what has landed (SHOP=, AS_OF=)"
	@echo "make rollback                    the publication before the one in force (SHOP=, AS_OF=)"
	@echo "make erase CUSTOMER=<number>     a person out of everything; their money stays, as nobody's (SHOP=, WAREHOUSE_KEY)"
	@echo "make prove-kept                  what the nights kept is what a build from scratch makes, table by table (SHOP=, AS_OF=)"
	@echo "make what-if RATES=<csv> POOLS=<csv>   the statement under other cost settings beside today's (SHOP=)"
	@echo "make metrics ASK=\"query --metrics net_profit --group-by metric_time__year\"   what MetricFlow answers (SHOP=); all metrics without ASK"
	@echo "make sql                         a terminal SQL client on what is published, read-only (SHOP=, QUERY=)"
	@echo "make superset                    Apache Superset with a dashboard on what is published (SHOP=, PORT=)"
	@echo "make customer ID=<number>        one customer whole: statement, orders, value, segments, what to do (SHOP=, LANGUAGE=)"
	@echo "make ui                          Dagster's page: assets, checks, runs, the nightly schedule (SHOP=, INPUT=, PORT=)"
	@echo "make docs                        the models' documentation, one page (SHOP=)"
	@echo "make generate OUT=<folder>       a demo shop of any size (CUSTOMERS= or LINES=, YEARS=, SEED=)"
	@echo "make bench LINES=1000000         what a shop of that size costs, beside queries by hand and pandas (WITHOUT=, MEMORY=, ONLY_BUILD=yes)"
	@echo "make bench-lifetime-value        how long it takes from histories to scores (CUSTOMERS=)"
	@echo "make bench-segments              how long segments take, tonight's and of one month end more (CUSTOMERS=)"
	@echo "make test                        every test but the long ones"
	@echo "make test-long                   the long ones: soaks, big shops, other tools"
	@echo "make mutants MODEL=abc_by_day    mistakes in a model, one expression at a time, that its tests would miss (after make run)"
	@echo "make contract                    the macro that dbt reads the contract through, after models/staging/contract.yml has changed"
	@echo "make lint                        ruff, and sqlfluff over every model: some minutes"
	@echo "make lock                        the locks in requirements/, made anew from pyproject.toml (needs uv)"
	@echo "make clean                       the environments, caches and private folders; landed and published data stay"

.PHONY: run
run: $(if $(filter spark,$(ENGINE)),$(VENV)/spark.stamp,$(VENV)/run.stamp)
	@case "$(ENGINE)" in \
		duckdb) $(BIN)/python -m orchestration.run $(ABOUT) ;; \
		spark) $(BIN)/python -m orchestration.second_engine --shop "$(SHOP)" ;; \
		*) echo "ENGINE is duckdb or spark, and not $(ENGINE)."; exit 2 ;; \
	esac

.PHONY: backfill
backfill: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.backfill --shop "$(SHOP)" --from "$(FROM)" --until "$(UNTIL)" --step "$(STEP)"

.PHONY: repair
repair: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.repair --shop "$(SHOP)" --as-of "$(AS_OF)" --table "$(TABLE)"

.PHONY: rollback
rollback: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.publish rollback --shop "$(SHOP)" --as-of "$(AS_OF)"

.PHONY: erase
erase: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.erase --shop "$(SHOP)" --customer "$$CUSTOMER"

.PHONY: bench
bench: $(VENV)/bench.stamp
	@$(BIN)/python -m orchestration.benchmark $(if $(LINES),--lines "$(LINES)") $(if $(MEMORY),--memory "$(MEMORY)") \
		$(if $(ONLY_BUILD),--only-build) $(if $(WITHOUT),--without $(WITHOUT))

.PHONY: bench-lifetime-value
bench-lifetime-value: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.lifetime_value.benchmark $(if $(CUSTOMERS),--customers "$(CUSTOMERS)")

.PHONY: bench-segments
bench-segments: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.segments.benchmark $(if $(CUSTOMERS),--customers "$(CUSTOMERS)")

.PHONY: prove-kept
prove-kept: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.refresh.proof $(ABOUT)

.PHONY: what-if
what-if: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.what_if --shop "$(SHOP)" --as-of "$(AS_OF)" --rates "$(RATES)" --pools "$(POOLS)"

.PHONY: metrics
metrics: $(VENV)/metrics.stamp
	@$(BIN)/python -m orchestration.metrics $(ABOUT) $(ASK)

.PHONY: sql
sql: .venv-sql/sql.stamp $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.sql_client $(ABOUT) --query "$$QUERY"

.PHONY: superset
superset: .venv-superset/superset.stamp $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.superset $(ABOUT) --port "$(if $(filter file,$(origin PORT)),8088,$(PORT))"

.PHONY: customer
customer: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.customer --id "$$ID" --shop "$(SHOP)" --as-of "$(AS_OF)" --language "$(LANGUAGE)"

.PHONY: ui
ui: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.refresh.ui $(ABOUT) --port "$(PORT)"

.PHONY: docs
docs: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.refresh.docs $(ABOUT)

.PHONY: generate
generate: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.demo_shop "$(OUT)" $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") \
		$(if $(LINES),--lines "$(LINES)") $(if $(YEARS),--years "$(YEARS)") $(if $(SEED),--seed "$(SEED)")

.PHONY: test
test: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: test-long
test-long: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -m long -s

.PHONY: mutants
mutants: $(VENV)/test.stamp
	@PYTHONPATH=. $(BIN)/python tests/python/mutants.py $(MODEL)

.PHONY: contract
contract: $(VENV)/run.stamp
	@$(BIN)/python -m orchestration.contract

.PHONY: lint
lint: $(VENV)/test.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@mkdir -p target/lint
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=. WAREHOUSE_PRIVATE=target/lint $(BIN)/python tests/python/lint_sql.py --processes 2 models tests/sql

# The test lock holds the run lock, version for version: `run` and `spark` are compiled within what `test` allows.
COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header --quiet

.PHONY: lock
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH (any environment with: pip install uv)."; exit 1; }
	$(COMPILE) --group test --output-file $(LOCKS)/test.txt
	$(COMPILE) --group run --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/run.txt
	$(COMPILE) --group metrics --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/metrics.txt
	$(COMPILE) --group bench --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/bench.txt
	$(COMPILE) --group spark --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/spark.txt
	$(COMPILE) --group sql --output-file $(LOCKS)/sql.txt
	$(COMPILE) --group superset --output-file $(LOCKS)/superset.txt

.PHONY: clean
clean:
	rm -rf $(VENV) .venv-sql .venv-superset .pytest_cache .ruff_cache .hypothesis target logs dbt_packages
	rm -rf warehouses/*/private warehouses/*/as_of/*/private
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# The environment. A stamp says which lock is installed, so that a warm start installs nothing.
$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This project needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo not there)." \
			"Name another with: make PYTHON=<python> …"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "$(PYTHON) cannot make an environment: install its venv module (python3-venv on Debian and Ubuntu)."; exit 1; }
	@touch $@

# The lock names every package, so there is nothing to resolve: --no-deps. Modules are compiled as they are first
# imported: most never are.
FROM_LOCK = --disable-pip-version-check --progress-bar off --no-deps --no-compile --require-hashes
INSTALL = $(BIN)/python -m pip install $(FROM_LOCK)

$(VENV)/run.stamp: $(LOCKS)/run.txt $(VENV)/python.stamp
	@echo "Installing the environment into $(VENV) from $(LOCKS)/run.txt: a few minutes, once."
	@$(INSTALL) -r $(LOCKS)/run.txt
	@touch $@

# Where there is Java, the second engine is tested too, and its packages (half a GB) are installed.
TEST_LOCK := $(LOCKS)/$(if $(shell command -v java),spark,test).txt

$(VENV)/metrics.stamp: $(LOCKS)/metrics.txt $(VENV)/run.stamp
	@echo "Installing MetricFlow into $(VENV) from $(LOCKS)/metrics.txt."
	@$(INSTALL) -r $(LOCKS)/metrics.txt
	@touch $@

$(VENV)/bench.stamp: $(LOCKS)/bench.txt $(VENV)/run.stamp
	@echo "Installing the benchmark's packages into $(VENV) from $(LOCKS)/bench.txt."
	@$(INSTALL) -r $(LOCKS)/bench.txt
	@touch $@

# Clients that need other versions of what the warehouse uses: an environment each.
define client
.venv-$(1)/$(1).stamp: $$(LOCKS)/$(1).txt $$(VENV)/python.stamp
	@echo "Installing $(2) into .venv-$(1) from $$(LOCKS)/$(1).txt: once."
	@$$(PYTHON) -m venv --clear .venv-$(1)
	@.venv-$(1)/bin/python -m pip install $$(FROM_LOCK) -r $$(LOCKS)/$(1).txt
	@touch $$@
endef

$(eval $(call client,sql,Harlequin))
$(eval $(call client,superset,Apache Superset))

$(VENV)/test.stamp: $(LOCKS)/test.txt $(LOCKS)/run.txt $(LOCKS)/spark.txt $(VENV)/python.stamp
	@echo "Installing the test environment into $(VENV) from $(TEST_LOCK): a few minutes, once."
	@$(INSTALL) -r $(TEST_LOCK)
	@touch $(VENV)/run.stamp $(VENV)/metrics.stamp $@

$(VENV)/spark.stamp: $(LOCKS)/spark.txt $(LOCKS)/run.txt $(VENV)/python.stamp
	@echo "Installing the second engine into $(VENV) from $(LOCKS)/spark.txt: half a GB, a few minutes, once."
	@$(INSTALL) -r $(LOCKS)/spark.txt
	@touch $(VENV)/run.stamp $(VENV)/metrics.stamp $@
