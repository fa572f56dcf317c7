# The verbs of this project. Versions of tools stand here and nowhere else.
GOFUMPT   := mvdan.cc/gofumpt@v0.12.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

PKG ?= $(shell go list ./... | grep -v ^parley/e2e/) $(RACED)
ROUNDS ?= 10000

# Areas of e2e: those that run under the race detector, those that drive the server as it is, and on Postgres too what
# depends on the database. They wait more than they work, so four packages run at once.
RACED := ./e2e/auth ./e2e/harness/... ./e2e/http ./e2e/streams ./e2e/ws
PLAIN := ./e2e/cluster ./e2e/data ./e2e/documents ./e2e/faults ./e2e/limits ./e2e/passwords ./e2e/settings
ON_POSTGRES := ./e2e/auth ./e2e/cluster ./e2e/data ./e2e/faults ./e2e/streams

OURS := $(shell git ls-files '*.go' ':!ent/*' ':!graph/generated/*' 2>/dev/null) $(shell git ls-files 'ent/schema/*.go' 2>/dev/null)
export GOTOOLCHAIN := local

.PHONY: run build check test nightly race bench-test e2e postgres model mutants torture sizes fmt lint generate migration migration-hash web drift bench deps browser deploy-check

run: ## starts the server with nothing configured
	go run ./cmd/parley

build: ## bin/parley
	go build -o bin/ ./cmd/parley

check: ## before each commit: format, vet, lint, short tests; installs nothing, needs no Postgres, Node or browser
	@unformatted=$$(go run $(GOFUMPT) -modpath parley -l $(OURS)); test -z "$$unformatted" || { echo "make fmt: $$unformatted" >&2; exit 1; }
	go vet ./...
	go run $(GOLANGCI) run ./...
	go test -short $$(go list ./... | grep -vE '^parley/(server$$|e2e/)')
	cd bench && go vet ./... && go run $(GOLANGCI) run ./... && go test -short ./...

test: deps ## everything there is; CI runs this and nothing else
	$(MAKE) lint drift race bench-test e2e postgres build model browser deploy-check

nightly: ## hours: a server that is killed over and over, all rounds of e2e, all mutants, the whole suite of the load generator
	$(MAKE) torture mutants
	ROUNDS=all go test -race -count 1 -timeout 2h $(RACED)
	ROUNDS=all go test -count 1 -timeout 2h $(PLAIN)
	cd bench && SUITE=all go test -count 1 -run '^TestSuite$$' ./parleybench

race: ## packages and a part of e2e under the race detector; PKG=./chat for one room
	go test -race -timeout 45m $(PKG)

bench-test: ## the tests of the load generator, a module of its own
	cd bench && go test -race -timeout 20m ./...

e2e: ## the areas of e2e that drive the server as it is; ROUNDS=all for as many rounds as make nightly has
	go test -p 4 -timeout 30m $(PLAIN)

postgres: ## on Postgres, what depends on the database
	TEST_DATABASE=postgres go test -p 4 -count 1 -timeout 30m ./auth/... ./chat/... $(ON_POSTGRES)

model: ## readers against a model of the log, 10,000 histories; under the race detector there are fewer
	go test -run Model -count 1 ./chat/roomlog ./transport/ws

mutants: ## breaks the code on purpose, one way at a time, and shows which test sees it; minutes
	./.ci/mutants $(ONLY)

torture: ## kills a server that is in use and checks what its clients saw; ROUNDS=10000 takes an hour
	ROUNDS=$(ROUNDS) go test -race -count 1 -timeout 24h -v -run '^TestKilledServerLosesNothing$$' ./e2e/faults

sizes: ## the lines of each package, its files and functions; fails on what is too large
	go test -count 1 -run '^TestSizes' -v .

fmt:
	go run $(GOFUMPT) -modpath parley -w $(OURS)

lint:
	go run $(GOLANGCI) run ./...
	cd bench && go run $(GOLANGCI) run ./...
	cd web && npm run lint

generate: ## rows, then the API that binds to them
	go generate -tags generate .
	go run $(GOFUMPT) -modpath parley -w graph/schema.resolvers.go

migration: ## NAME=what_changes: the next migration of both databases
	go run ./db/migrations/diff $(NAME)

migration-hash: ## the checksums of both databases' migrations, behind SQL that was written by hand
	go run ./db/migrations/hash

web: ## what a browser loads, built and gzipped into web/static
	cd web && npm ci --ignore-scripts && npm run build

drift: ## makes everything generated again and fails on a difference
	./.ci/drift

browser: build ## the story of a user, in a real browser
	cd web && npm test

bench: build ## the figures of docs/performance.md, as ratios in one run; ARGS='-run steady -rounds 2' for a part
	cd bench && go build -o ../bin/ ./...
	bin/parleybench suite -parley bin/parley $(ARGS)

deploy-check: ## what lies in deploy/, with the programs that read it
	./.ci/deploy

deps: ## installs what the tests need and is missing
	./.ci/deps
