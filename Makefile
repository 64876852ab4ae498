# mod_jk: one word for each thing to do. `make help` lists them.

CARGO_TARGET_DIR ?= target
export CARGO_TARGET_DIR
export PATH := $(PATH):$(HOME)/.cargo/bin

MODULE = $(CARGO_TARGET_DIR)/release/libmod_jk.so

.DEFAULT_GOAL := build
.PHONY: build demo test check install bench fuzz help

## build: compile the module (what `make` alone does)
build:
	@apxs/setup build
	cargo build --release

## demo: a private httpd with two Tomcats, until Ctrl-C (DEMO=once: end after the proof; PORT=8080)
demo:
	@apxs/setup demo
	cargo build --release
	@MOD_JK_SO=$${MOD_JK_SO:-$(MODULE)} conf-examples/demo/run $(DEMO)

## test: unit tests, and end to end with real httpd and real Tomcats
test:
	@apxs/setup test
	cargo build --release
	cargo test --no-fail-fast

## check: formatting and lints, no warning allowed
check:
	@apxs/setup check
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

## install: mod_jk.so to where apxs says, samples beside the configuration (DESTDIR, APXS)
install:
	@apxs/install $(MODULE)

## bench: the figures, measured on this machine
bench:
	@apxs/setup test
	cargo build --release
	benches/run

## fuzz: every fuzz target for FUZZ_TIME seconds (60); needs a nightly toolchain and cargo-fuzz
FUZZ_TIME ?= 60
fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || \
	  { echo "make fuzz needs: rustup toolchain install nightly && cargo install cargo-fuzz" >&2; exit 1; }
	@set -e; for target in $$(cargo +nightly fuzz list); do \
	  mkdir -p fuzz/corpus/$$target; \
	  cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_TIME); done

## help: this list
help:
	@sed -n 's/^## \([a-z]*\): \(.*\)/make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16
