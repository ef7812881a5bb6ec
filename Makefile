SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DENY_VERSION := 0.20.2
DENY := target/tools/bin/cargo-deny
CYCLONEDX_VERSION := 0.5.9
CYCLONEDX := target/tools/bin/cargo-cyclonedx
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
# as images and downloads call it
ARCHITECTURE = $(subst aarch64,arm64,$(subst x86_64,amd64,$(firstword $(subst -, ,$(HOST)))))
# What `make run` does after its examples: `stay` leaves cluster and gate running until Ctrl-C, `once` ends.
MODE ?= stay
BROWSER ?= chromium

.PHONY: help build run packages test test-pages test-otlp node-binaries test-cluster load soak lint fmt-check clippy doc deny advisories version dist dist-chart dist-image control-plane bench bench-cluster clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

build: ## the release binary, target/release/ako-gate
	cargo build --release --locked

run: ## the gate against a real API server, showing what it refuses (MODE=once ends after the examples)
	@tests/control-plane/run.sh $(MODE)

# Compiling Go and Rust overlaps, and both are waited for, so a failure of either leaves nothing running behind.
test: ## everything, against real API servers of the newest and the oldest release (AKO_GATE_SKIP_API_SERVER=1: without them)
	@go=; if [[ $${AKO_GATE_SKIP_API_SERVER:-} != 1 ]]; then tests/control-plane/build.sh all --controllers & go=$$!; fi; \
	rust=0; cargo test --locked --no-run || rust=$$?; \
	if [[ -n $$go ]]; then wait $$go; fi; \
	exit $$rust
	cargo test --locked

test-pages: ## the pages of --format html in a headless Chromium (BROWSER names another program)
	@command -v $(BROWSER) >/dev/null || { echo 'no chromium: apt-get install chromium, or name it with BROWSER=' >&2; exit 1; }
	AKO_GATE_BROWSER=$(BROWSER) cargo test --locked --test html_in_browser

test-otlp: ## the span of a review, with the feature otlp
	cargo test --locked --features otlp --test traces

# What a real node runs, and the browser for the pages.
PACKAGES := containerd runc containernetworking-plugins iptables conntrack chromium
packages: ## what the tests need of Debian's packages (root installs what is missing)
	@missing=$$(for package in $(PACKAGES); do dpkg-query -W -f '$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed || echo $$package; done); \
	if [[ -n $$missing && $$(id -u) == 0 ]]; then \
		apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $$missing; \
	elif [[ -n $$missing ]]; then \
		echo "not installed, and not by this user:" $$missing; \
	fi

# The gate is linked statically for its image: a node has nothing but what is imported. It is the one that is released,
# since figures are asked for.
ON_NODE = AKO_GATE_IMAGE=target/$(HOST)/release/ako-gate AKO_GATE_LOAD=$(CURDIR)/target/$(HOST)/release/examples/load tests/control-plane/cluster.sh
node-binaries:
	tests/control-plane/build.sh newest --controllers --node
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --target $(HOST) --bins --example load

test-cluster: node-binaries ## the gate as Pods on a real node (root, and make packages)
	$(ON_NODE) tests/control-plane/cluster-test.sh

LOAD_SECONDS ?= 300
load: node-binaries ## the same node, 200 reviews a second for five minutes (LOAD_SECONDS) while everything changes
	$(ON_NODE) tests/control-plane/cluster-load.sh $(LOAD_SECONDS)

soak: ## ten minutes of fuzzing for each target, another sequence every time, and 60 kills in changes of the CA
	AKO_GATE_FUZZ_SECONDS=600 AKO_GATE_FUZZ_SEED=$$(date +%s) cargo test --locked --test fuzz -- --nocapture
	AKO_GATE_KILLS=60 cargo test --locked --test certificates -- --nocapture a_process_killed a_change_that_breaks_off

lint: fmt-check clippy doc deny ## formatting, clippy, documentation, licences

fmt-check:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --lib --features otlp -- -D warnings

doc:
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps

# Advisories are left out: a new one must not stop unrelated work.
deny: $(DENY)
	$(DENY) --locked check --hide-inclusion-graph licenses bans sources

advisories: $(DENY) ## known holes in what the gate is made of
	$(DENY) --locked check --hide-inclusion-graph advisories

$(DENY): Makefile
	cargo install --locked --quiet cargo-deny --version $(DENY_VERSION) --root target/tools
	@touch $@

$(CYCLONEDX): Makefile
	cargo install --locked --quiet cargo-cyclonedx --version $(CYCLONEDX_VERSION) --root target/tools
	@touch $@

version: ## the version of the binary and of the chart, which must be the same
	@[[ $$(sed -nE 's/^(version|appVersion): //p' manifests/chart/Chart.yaml | sort -u) == '$(VERSION)' ]] || { echo 'Cargo.toml and Chart.yaml differ' >&2; exit 1; }
	@echo '$(VERSION)'

dist: DIST = target/dist
dist: version $(CYCLONEDX) ## the files of a release for this architecture: static binary, what it is made of, chart
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --target $(HOST)
	rm -rf $(DIST) && mkdir -p $(DIST)
	install target/$(HOST)/release/ako-gate $(DIST)/ako-gate-$(VERSION)-linux-$(ARCHITECTURE)
	$(CYCLONEDX) cyclonedx --format json --target $(HOST) --no-build-deps --override-filename sbom
	mv sbom.json $(DIST)/ako-gate-$(VERSION)-linux-$(ARCHITECTURE).cdx.json
	$(MAKE) --no-print-directory dist-chart DIST=$(DIST)

# It installs the image that is released with it, not the one of `docker build -t ako-gate:dev`.
dist-chart: DIST ?= target/dist
dist-chart: version
	tests/control-plane/build.sh helm
	rm -rf target/chart && mkdir -p $(DIST) && cp -rL manifests/chart target/chart
	sed -i 's/^image: .*/image: ako-gate:$(VERSION)/' target/chart/values.yaml
	target/control-plane/helm/helm package target/chart --destination $(DIST)

dist-image: version ## the image for this architecture, beside those files
	docker build --tag ako-gate:$(VERSION) .
	mkdir -p target/dist
	docker save ako-gate:$(VERSION) | gzip >target/dist/ako-gate-$(VERSION)-image-$(ARCHITECTURE).tar.gz

control-plane: ## etcd, kube-apiserver, kubectl and Helm for the tests, in target/control-plane
	tests/control-plane/build.sh all --controllers

bench: ## the benchmarks
	cargo bench --locked

bench-cluster: ## what auditing 25,000 and 50,000 objects of a real API server costs
	tests/control-plane/build.sh newest
	cargo bench --locked --bench cluster

clean: ## remove everything that was built
	cargo clean
