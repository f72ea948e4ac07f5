# Every target with a comment after ## is listed by `make help`.
GO      ?= go
CACHE   := $(CURDIR)/.cache
LINT    := $(CACHE)/golangci-lint
FUZZFOR ?= 5s

# Pure packages and the queue: where a data race would hide and where the
# race detector is affordable. The others are covered by the two-replica tests.
RACE := ./internal/clock/... ./internal/vn/... ./internal/credential/... \
	./internal/problem/... ./internal/i18n/... ./internal/obs/... ./internal/jobs/...

.DEFAULT_GOAL := help
.PHONY: help run test unit vet lint race interop assets guide loadgen fuzz clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start the demo: three sites on loopback, data in ./data
	$(GO) run ./cmd/motcua demo $(ARGS)

test: vet lint ## Prove everything: vet, lint, both databases, races, browser
	scripts/with-services sh -c '$(GO) test -race $(RACE) && $(GO) test -timeout 20m ./...'

unit: ## The suite alone, both databases and browser: make unit PKG=./internal/db/...
	scripts/with-services $(GO) test $(ARGS) $(or $(PKG),./...)

vet:
	$(GO) vet ./...

lint: $(LINT) ## Run the linter, built from tools/ on first use
	$(LINT) run ./...

# The linter is built from source once for each pinned version.
$(LINT): tools/go.mod tools/go.sum
	mkdir -p $(CACHE)
	cd tools && $(GO) build -o $(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	touch $(LINT)

race: ## The race detector on the pure packages and the queue
	scripts/with-services $(GO) test -race $(RACE)

interop: ## Try both ends of OpenID Connect against programs that others wrote
	GO=$(GO) scripts/interop

assets: ## Build web/dist from web/assets
	cd tools && $(GO) run ./assets

guide: ## Make the user guide with its pictures from the journeys
	scripts/with-services env MOTCUA_GUIDE=$(CURDIR)/docs/huong-dan $(GO) test -count=1 -run Guide ./e2e/...

loadgen: ## Load on a running server: make loadgen ARGS='signin', 'token', 'profile' or 'qr'
	$(GO) run ./cmd/loadgen $(or $(ARGS),signin)

fuzz: ## Run each fuzz target for FUZZFOR (default 5s)
	scripts/with-services scripts/fuzz $(FUZZFOR)

clean: ## Remove what the build cached here
	rm -rf $(CACHE)
