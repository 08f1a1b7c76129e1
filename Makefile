# seedtest: what to do with the source. "make" lists the targets.

GO      ?= go
PREFIX  ?= /usr/local
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

# TESTFLAGS are further flags of go test, such as -v or -run NAME.
TESTFLAGS ?=

# FULL=1 chooses the full size of fuzzing and campaigns in place of the size for every day.
FULL ?=
export FULL

FUZZTIME         = $(if $(FULL),2m,20s)
CAMPAIGN_TIMEOUT = $(if $(FULL),6h,20m)

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build test test-real corpus lint fuzz campaign bench bench-analyze bench-watch \
	bench-send schema install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the program, one static binary, as ./seedtest
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' \
		-o seedtest ./cmd/seedtest

test: ## Check format, vet, and run all tests, with the race detector where it can be had
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "run gofmt -w on:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags real,campaign ./...
	@race=-race; if [ "$$($(GO) env CGO_ENABLED)" != 1 ]; then race=; \
		echo "there is no C compiler: the tests run without the race detector"; fi; \
	set -x; $(GO) test $$race -timeout 14m $(TESTFLAGS) ./...

test-real: ## Run the program against Postfix and Dovecot (Debian, root; installs them)
	@if [ "$$(id -u)" != 0 ]; then \
		echo "test-real: Postfix starts for root only: run it as root, or in a container"; exit 1; fi
	realtest/install.sh
	$(GO) test -tags real ./realtest -v -count=1 -parallel 16 -timeout 15m $(TESTFLAGS)

corpus: ## Hold the analysis against real headers (SEEDTEST_CORPUS names the corpus)
	@if [ -z "$$SEEDTEST_CORPUS" ]; then \
		echo "corpus: set SEEDTEST_CORPUS to the directory of the corpus"; exit 1; fi
	$(GO) test ./analyze -run TestCorpus -v -count=1 $(TESTFLAGS)

lint: ## Run staticcheck, of a fixed version
	$(GO) run $(STATICCHECK) $$($(GO) list ./...)
	$(GO) run $(STATICCHECK) -tags real,campaign ./realtest ./campaign

fuzz: ## Run every fuzz test for a while, one on each core (FULL=1: for longer)
	GO=$(GO) campaign/fuzz.sh $(FUZZTIME)

campaign: ## Hold verdicts against the truth under faults, moves and kills (FULL=1: many)
	$(GO) test -tags campaign ./campaign -v -count=1 -parallel 8 -timeout $(CAMPAIGN_TIMEOUT) $(TESTFLAGS)

bench: ## Measure from acceptance to sighting on a real Dovecot (Debian, root)
	bench/roundtrip.sh

bench-analyze: ## Measure how fast headers are read, beside mailauth and go-message (needs node)
	bench/analyze.sh

bench-watch: ## Measure watchers of many mailboxes on a real Dovecot (FULL=1: 5,000 seeds)
	bench/watch.sh

bench-send: ## Measure how fast messages leave, beside smtp-source, nodemailer and swaks (Debian, root)
	bench/send.sh

schema: ## Hold every JSON output against docs/schema
	$(GO) test ./report -run Schema -v -count=1

install: build ## Install the program and its systemd units under PREFIX (/usr/local)
	install -D -m 755 seedtest $(DESTDIR)$(PREFIX)/bin/seedtest
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system packaging/systemd/*

clean: ## Remove what was built
	rm -f seedtest coverage.out *.prof
