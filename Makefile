# SPDX-License-Identifier: AGPL-3.0-or-later

SHELL       := /bin/bash
GO          ?= go
PKG         ?= ./...
RUN         ?=
FUZZTIME    ?= 30s
BENCHTIME   ?= 3000x
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null)

testflags   := -v -timeout 12m $(if $(RACE),-race) $(if $(RUN),-run '$(RUN)')

.DEFAULT_GOAL := help
.PHONY: help build demo run tools test cover fuzz bench lint fmt vet staticcheck clean

##@ Use

build: ## Build bin/clau.
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/clau ./cmd/clau

demo: ## Start a sample federation with two services, everything embedded.
	$(GO) run ./cmd/clau demo

run: demo ## The same as demo.

##@ Test

tools: ## Install the servers that the tests talk to (as root, by apt).
	@.ci/tools

test: tools ## Run all tests. PKG=./idp/oidc RUN=Name narrow it, RACE=1 looks for races, STRICT=1 fails on skips.
	@set -o pipefail; $(GO) test $(testflags) $(PKG) 2>&1 | awk -v strict='$(STRICT)' -f .ci/digest.awk

cover: ## Run all tests and say which lines they reach (cover.html).
	$(GO) test -coverprofile cover.out -coverpkg ./... $(PKG)
	$(GO) tool cover -func cover.out | tail -1
	$(GO) tool cover -html cover.out -o cover.html

fuzz: ## Run each fuzz target for FUZZTIME.
	@grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | cut -d' ' -f2); do \
	    echo "== $$dir $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
	  done; \
	done

bench: tools ## Measure a Clau of its own process and print a table: embedded, and OpenLDAP with Redis.
	@$(GO) test -run '^$$' -bench '^BenchmarkClau$$' -benchtime $(BENCHTIME) -timeout 60m ./idp

##@ Tidy

lint: fmt vet staticcheck ## All three below.

fmt: ## Fail if a file is not formatted.
	@out=$$(gofmt -l cmd consent idp ldapbackend themes 2>/dev/null); test -z "$$out" || { echo "not formatted:"; echo "$$out"; exit 1; }

vet: ## Run go vet.
	$(GO) vet ./...

staticcheck: ## Run staticcheck.
	$(GO) run $(STATICCHECK) ./...

clean: ## Remove what was built.
	rm -rf bin cover.out cover.html

##@ Help

help: ## Print this list.
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
