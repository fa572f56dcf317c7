# The verbs of this project. Versions of tools stand here and nowhere else.
GOFUMPT   := mvdan.cc/gofumpt@v0.12.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

LINT := go run $(GOLANGCI) run --allow-parallel-runners ./...

PKG ?= $(RACED) $(shell go list ./... | grep -v ^parley/e2e/)
ROUNDS ?= 10000
TIMEOUT ?= 30m
FUZZTIME ?= 1m

# Areas of e2e: those that run under the race detector, those that drive the server as it is, and on Postgres too what
# depends on the database.
RACED := ./e2e/auth ./e2e/harness/... ./e2e/http ./e2e/streams ./e2e/ws
PLAIN := ./e2e/bots ./e2e/cluster ./e2e/data ./e2e/documents ./e2e/faults ./e2e/limits ./e2e/members ./e2e/passwords ./e2e/people ./e2e/settings
ON_POSTGRES := ./e2e/auth ./e2e/cluster ./e2e/data ./e2e/faults ./e2e/members ./e2e/people ./e2e/streams ./graph \
	$(addprefix ./,$(shell grep -rl --include='*_test.go' parley/db/dbtest auth chat | xargs -n 1 dirname | sort -u))

# Tests wait more than they work, so more packages run at once than there are cores. What vet says make lint says, and
# without what debuggers read a binary is linked in half the time.
GOTEST := go test -vet=off -ldflags=-w -p 4

OURS := $(shell git ls-files '*.go' ':!ent/*' ':!graph/generated/*' 2>/dev/null) $(shell git ls-files 'ent/schema/*.go' 2>/dev/null)
export GOTOOLCHAIN := local

.PHONY: run build check test nightly race bench-test e2e postgres model mutants torture fuzz sizes fmt lint generate migration migration-hash web drift bench deps browser deploy-check

# make test and make nightly leave nothing out: what this machine lacks is a failure, but for MISSING=skip.
test nightly: export MISSING ?= fail

run: ## starts the server with nothing configured
	go run ./cmd/parley

build: ## bin/parley
	go build -o bin/ ./cmd/parley

check: ## before each commit: format, vet, lint, short tests; installs nothing, needs no Postgres, Node or browser
	@unformatted=$$(go run $(GOFUMPT) -modpath parley -l $(OURS)); test -z "$$unformatted" || { echo "make fmt: $$unformatted" >&2; exit 1; }
	go vet ./...
	$(LINT)
	$(GOTEST) -short $$(go list ./... | grep -v '^parley/e2e/') ./e2e/http ./e2e/settings
	cd bench && go vet ./... && $(LINT) && $(GOTEST) -short ./...

test: deps ## before each pull request; CI runs this and nothing else. Parts run side by side, the longest first, and each says what it has to say when it ends
	$(MAKE) build drift
	$(MAKE) -j3 --output-sync=target e2e browser race postgres bench-test lint model deploy-check

nightly: deps ## hours: a server that is killed over and over, mutants, fuzzing, and all rounds of what make test has a few of
	$(MAKE) torture mutants fuzz
	ROUNDS=all $(MAKE) TIMEOUT=3h race e2e postgres bench-test model browser deploy-check

race: ## packages and a part of e2e under the race detector; PKG=./chat for one room
	$(GOTEST) -race -timeout $(TIMEOUT) $(PKG)

bench-test: ## the tests of the load generator, a module of its own
	cd bench && $(GOTEST) -race -timeout $(TIMEOUT) ./...

e2e: ## the areas of e2e that drive the server as it is; ROUNDS=all for as many rounds as make nightly has
	$(GOTEST) -timeout $(TIMEOUT) $(PLAIN)

postgres: ## on Postgres, what depends on the database
	TEST_DATABASE=postgres $(GOTEST) -timeout $(TIMEOUT) $(ON_POSTGRES)

model: ## readers against models of the log; 10,000 histories with ROUNDS=all
	ROUNDS=$${ROUNDS:-2000} $(GOTEST) -timeout $(TIMEOUT) -run Model ./chat/follow ./transport/ws

mutants: ## breaks the code on purpose, one way at a time, and shows which test sees it; ONLY=name for some: all take an hour or more
	./.ci/mutants $(ONLY)

torture: ## kills a server that is in use and checks what its clients saw; ROUNDS=10000 takes an hour
	ROUNDS=$(ROUNDS) go test -race -count 1 -timeout 24h -v -run '^TestKilledServerLosesNothing$$' ./e2e/faults

fuzz: ## what strangers write, each for FUZZTIME
	@git grep -oE '^func Fuzz\w+' -- '*_test.go' | sed -E 's/^(.*)\/[^/]*:func /\1 /' | while read -r folder fuzz; do \
		echo "$$fuzz in $$folder"; go test -run '^$$' -fuzz "^$$fuzz\$$" -fuzztime $(FUZZTIME) "./$$folder" || exit 1; \
	done

sizes: ## the lines of each package, its files and functions; fails on what is too large
	go test -count 1 -run '^TestSizes' -v .

fmt:
	go run $(GOFUMPT) -modpath parley -w $(OURS)

lint:
	FIT=1 ./.ci/mutants
	$(LINT)
	cd bench && $(LINT)
	cd web && npm run lint

generate: ## rows, then the API that binds to them
	go generate -tags generate .

migration: ## NAME=what_changes: the next migration of both databases
	go run ./db/migrations/diff $(NAME)

migration-hash: ## the checksums of both databases' migrations, behind SQL that was written by hand
	go run ./db/migrations/hash

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-fund --no-audit

web: web/node_modules/.package-lock.json ## what a browser loads, built and gzipped into web/static
	cd web && npm run build

drift: ## makes everything generated again and fails on a difference
	./.ci/drift

browser: ## the story of a user, in a real browser
	go build -o bin/ ./cmd/parley
	cd web && npm test

bench: build ## the figures of docs/performance.md, as ratios in one run; ARGS='-run steady -rounds 2' for a part
	cd bench && go build -o ../bin/ ./...
	bin/parleybench suite -parley bin/parley $(ARGS)

deploy-check: ## what lies in deploy/, with the programs that read it
	./.ci/deploy

deps: ## installs what the tests need and is missing
	./.ci/deps
	$(MAKE) web/node_modules/.package-lock.json
