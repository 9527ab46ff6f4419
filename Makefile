# The daily commands; everything is done by scripts/ and by the program itself. `make help` lists them.

SUITE  =
FILTER =
DEVICE =
OUT    =
RUN    =
BASE   =
NAME   =
REASON =
export REASON

clipbench := build/release/clipbench
selection  = $(if $(SUITE),--suite '$(SUITE)') $(if $(FILTER),--filter '$(value FILTER)') \
             $(if $(DEVICE),--device '$(DEVICE)')

.PHONY: help setup build test figures tables run baseline compare clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo 'variables: SUITE FILTER DEVICE (what runs), OUT (its new folder), RUN (a folder of records),'
	@echo '           BASE (a baseline), NAME REASON (of a new one)'

setup:  ## install what is missing (Debian packages, .venv)
	@scripts/setup.sh

build: setup  ## build/release/clipbench
	@scripts/build.sh

test: build  ## all tests
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ctest --preset release --progress -j "$$(nproc)"

figures: build  ## run what isn't measured yet, draw the figures; with RUN=…: only redraw that run
ifdef RUN
	@$(clipbench) figures '$(RUN)'
else
	@$(clipbench) --resume-latest $(selection) $(if $(OUT),--out '$(OUT)')
endif

tables: build  ## print the table of RUN (default: latest)
	@$(clipbench) show '$(or $(RUN),latest)'

run: build  ## run into a new folder
	@$(clipbench) $(selection) $(if $(OUT),--out '$(OUT)')

baseline: build  ## keep RUN (default: latest) as NAME, because of REASON
	@$(clipbench) accept '$(or $(RUN),latest)' --as '$(NAME)' --reason "$$REASON"

compare: build  ## measure the cases of BASE now (or take RUN), judge them against BASE
	@$(clipbench) compare '$(BASE)' $(if $(RUN),'$(RUN)') $(if $(FILTER),--filter '$(value FILTER)') $(if $(OUT),--out '$(OUT)')

clean:  ## remove build/release; .venv and results stay
	rm -rf build/release
