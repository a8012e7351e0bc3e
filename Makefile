# Everything a contributor runs. `make` alone prints the list below.

GO    ?= go
# -race needs a C compiler on Linux, which `make setup` finds or installs; `make test RACE=` goes without.
RACE  ?= -race
PKG   ?= ./...
# VET=-vet=off goes without what `make vet` does anyhow.
VET   ?=
BENCH ?=

ROUNDS ?= 25
SEED   ?= 1
SOAK   ?= 2m

BIN   := bin
SHOP  := $(BIN)/shop
TOOLS := $(BIN)/tools/.built

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run run-pretty run-services demo build test faults soak bench \
	tools fmt check-format vet lint generate check-generated scan ci clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## Try it

setup: ## Find what running and testing need, and install what is missing
	@sh scripts/setup.sh go s3 postgres rabbitmq redis promtool peers chromium

run: setup-run build ## Run the whole shop as one process; Ctrl-C stops it
	@exec $(SHOP)

# Ctrl-C ends the shop; what reads its lines ends with them.
run-pretty: setup-run build ## The same, with its lines for a person to read
	@$(SHOP) | $(SHOP) logs

run-services: setup-services build ## Run the same shop as one process per module behind the same address
	@exec $(SHOP) services

demo: setup-go ## Buy something over HTTP, step by step (while `make run` is running elsewhere)
	@$(GO) run ./examples/shop/demo

## Work on it

build: setup-go ## Build the shop into bin/
	@[ -x $(SHOP) ] || echo 'Building the shop: a minute or two the first time.'
	@$(GO) build -o $(SHOP) ./examples/shop

# Of all packages together, these go without the race detector, under which each takes minutes; what they share between
# goroutines is mostly in packages that keep it. PKG=./modules/sso runs one of them with it.
SLOW := modules/sso modules/files modules/files/internal/inspect modules/files/internal/picture examples/shop faults slipwaytest

test: setup-test ## Run every test, most with the race detector (PKG=./api/ for one package)
	$(if $(filter ./...,$(PKG)),$(GO) test $(VET) -timeout 20m $(SLOW:%=./%))
	$(GO) test $(RACE) $(VET) -timeout 20m $(if $(filter ./...,$(PKG)),$$($(GO) list ./... | grep -v $(SLOW:%=-e '/%$$')),$(PKG))
	$(if $(filter ./...,$(PKG)),cd tools && $(GO) test ./...)
	$(if $(filter ./...,$(PKG)),cd tools/peers && $(GO) test ./...)
	$(if $(filter ./...,$(PKG)),cd bench && $(GO) vet . && $(GO) test .)

faults: setup-test ## Kill, cut off and starve, many times over (ROUNDS=25 SEED=1; `make test` has one round of each)
	SLIPWAY_TEST_ROUNDS=$(ROUNDS) SLIPWAY_TEST_SEED=$(SEED) $(GO) test $(RACE) -count=1 -timeout 4h -run '^TestFault' $(PKG)

soak: setup-test ## Let faults befall the shop at random, under load, and look whether all is well after (SOAK=2m SEED=1)
	SLIPWAY_TEST_SOAK=$(SOAK) SLIPWAY_TEST_SEED=$(SEED) $(GO) test -count=1 -timeout 24h -v -run '^TestSoak$$' ./faults/

bench: setup-services ## Print what the kit costs, as ratios side by side (BENCH="events jobs" for these sections alone, BENCH=build for the cold build)
	@cd bench && $(GO) run . $(BENCH)

fmt: tools ## Format the code and its imports
	$(BIN)/tools/golangci-lint fmt

vet: setup-go ## Run go vet
	$(GO) vet ./...

lint: tools ## Run the linters: errors, security, modern Go
	$(BIN)/tools/golangci-lint run ./...
	@cd tools && ../$(BIN)/tools/golangci-lint run ./...
	@cd tools/peers && ../../$(BIN)/tools/golangci-lint run ./...
	@cd tools/s3server && ../../$(BIN)/tools/golangci-lint run ./...

generate: setup-go ## Write the generated files anew
	$(GO) generate ./...

scan: tools ## Look for known vulnerabilities and for committed secrets
	@sh scripts/scan.sh

clean: ## Remove what was built; private databases in .slipway/ stay
	rm -rf $(BIN)

## What CI runs

ci: ## Run all that CI runs
	@bash .ci/run

check-format: tools ## Fail if `make fmt` would change a file
	$(BIN)/tools/golangci-lint fmt --diff

check-generated: ## Fail if `make generate` would change a file
	@sh scripts/check-generated.sh

tools: setup-go $(TOOLS) ## Build the linters and scanners (minutes the first time)

$(TOOLS): tools/go.mod tools/go.sum $(wildcard tools/*/*.go)
	@echo 'Building the linters and scanners into $(BIN)/tools: minutes the first time, then never again.'
	@mkdir -p $(BIN)/tools
	@cd tools && $(GO) build -buildvcs=false -trimpath -o ../$(BIN)/tools/ tool
	@touch $@

.PHONY: setup-go
setup-go:
	@sh scripts/setup.sh go

# One process needs no broker: its events go through the database.
.PHONY: setup-run
setup-run:
	@sh scripts/setup.sh go postgres

.PHONY: setup-services
setup-services:
	@sh scripts/setup.sh go postgres rabbitmq

setup-test:
	@sh scripts/setup.sh go s3 postgres rabbitmq redis promtool $(if $(filter ./...,$(PKG)),peers chromium) $(if $(RACE),cc)
