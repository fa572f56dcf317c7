# The verbs of this house. Versions of tools stand here and nowhere else.
GOFUMPT   := mvdan.cc/gofumpt@v0.12.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

PKG ?= ./...
ROUNDS ?= 10000
OURS := $(shell git ls-files '*.go' ':!ent/*' ':!graph/generated/*' 2>/dev/null) $(shell git ls-files 'ent/schema/*.go' 2>/dev/null)
export GOTOOLCHAIN := local

.PHONY: run build test race postgres model mutants torture fmt lint generate migration web drift bench deps browser deploy-check

run: ## starts the server with nothing configured
	go run ./cmd/parley

build: ## bin/parley
	go build -o bin/ ./cmd/parley ./cmd/parleybench

test: deps ## everything there is; CI runs this and nothing else
	$(MAKE) lint drift race postgres build model browser deploy-check

race: ## the Go tests under the race detector; PKG=./chat for one room
	go test -race -timeout 45m $(PKG)

postgres: ## the same suites on Postgres
	TEST_DATABASE=postgres go test -count 1 -timeout 30m ./auth/... ./chat ./server

model: ## readers against a model of the log, 10,000 histories; under the race detector there are fewer
	go test -run Model -count 1 ./chat ./transport

mutants: ## breaks the code on purpose, one way at a time, and shows which test sees it; minutes
	./.ci/mutants $(ONLY)

torture: ## kills a server that is in use and checks what its clients saw; ROUNDS=10000 takes an hour
	ROUNDS=$(ROUNDS) go test -race -count 1 -timeout 24h -v -run '^TestKilledServerLosesNothing$$' ./server

fmt:
	go run $(GOFUMPT) -modpath parley -w $(OURS)

lint:
	go run $(GOLANGCI) run ./...
	cd web && npm run lint

generate: ## rows, then the API that binds to them
	go generate -tags generate .
	go run $(GOFUMPT) -modpath parley -w graph/schema.resolvers.go

migration: ## NAME=what_changes: the next migration of both databases
	go run ./db/migrations/diff $(NAME)

web: ## what a browser loads, built and gzipped into web/static
	cd web && npm ci --ignore-scripts && npm run build

drift: ## makes everything generated again and fails on a difference
	./.ci/drift

browser: build ## the story of a user, in a real browser
	cd web && npm test

bench: build ## the figures of docs/performance.md, as ratios in one run; ARGS='-run steady -rounds 2' for a part
	bin/parleybench suite -parley bin/parley $(ARGS)

deploy-check: ## what lies in deploy/, with the programs that read it
	./.ci/deploy

deps: ## installs what the tests need and is missing
	./.ci/deps
