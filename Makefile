# mod_jk: one word for each thing to do. `make help` lists them.

CARGO_TARGET_DIR ?= target
export CARGO_TARGET_DIR

MODULE = $(CARGO_TARGET_DIR)/release/libmod_jk.so
JKCTL = $(CARGO_TARGET_DIR)/release/jkctl

# The newest Rust of this machine, looked for when a recipe runs: set-up may just have installed it.
CARGO = apxs/rust cargo

# What refuses a change, whichever version of clippy looks at it. All else that a version warns of is only shown.
LINTS = -W clippy::correctness -D unused -D nonstandard_style -D missing_docs -D unsafe_op_in_unsafe_fn \
        $(CLIPPY:%=-D clippy::%)
CLIPPY = undocumented_unsafe_blocks missing_safety_doc not_unsafe_ptr_arg_deref missing_transmute_annotations \
         incompatible_msrv clone_on_copy collapsible_else_if explicit_auto_deref len_zero \
         let_underscore_lock let_unit_value manual_map match_like_matches_macro module_inception needless_borrow \
         needless_return new_without_default ptr_arg question_mark redundant_closure redundant_field_names \
         should_implement_trait single_match too_many_arguments unit_arg useless_conversion \
         useless_format wrong_self_convention

.DEFAULT_GOAL := build
.PHONY: build demo test check install uninstall manual book deb rpm package-test aarch64 bench bench-check fuzz clean help

## build: compile the module and jkctl (what `make` alone does)
build:
	@apxs/setup build
	$(CARGO) build --release
	$(CARGO) build --release -p jkctl

## demo: a private httpd with two Tomcats, until Ctrl-C (DEMO=once: end after the proof; PORT=8080)
demo:
	@apxs/setup demo
	$(CARGO) build --release
	@MOD_JK_SO="$${MOD_JK_SO:-$(MODULE)}" conf-examples/demo/run $(DEMO)

## test: unit tests, and end to end with real httpd and real Tomcats
test:
	@apxs/setup test
	$(CARGO) build --release
	$(CARGO) build --release -p jkctl
	$(CARGO) test --no-fail-fast
	$(CARGO) test --no-fail-fast -p jkctl

## check: formatting, and the lints that LINTS names in the Makefile
check:
	@apxs/setup check
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- $(LINTS)
	$(CARGO) clippy -p jk-rooms -- $(LINTS)
	$(CARGO) clippy --all-targets -p jkctl -- $(LINTS)

## install: mod_jk.so, and jkctl with completions, to where apxs says, samples beside the configuration (DESTDIR, APXS)
install:
	@apxs/install "$(MODULE)" "$(JKCTL)"

## uninstall: take away what `make install` brought and nobody changed since (DESTDIR, APXS)
uninstall:
	@apxs/install --remove

## deb: libapache2-mod-jk-rs and jkctl for Debian and Ubuntu, in target/packages/deb (PACKAGER="Name <address>")
deb:
	@apxs/setup deb
	@packaging/build deb

## rpm: mod_jk-rs and jkctl for the Red Hat family, in target/packages/rpm (PACKAGER)
rpm:
	@apxs/setup rpm
	@packaging/build rpm

## package-test: both kinds of packages in fresh chroots, over the C mod_jk and back; needs root
package-test:
	@apxs/setup package-test
	@packaging/build deb
	@packaging/build rpm
	@packaging/test/run

## aarch64: the checks and the unit tests for that processor, by Debian's cross compiler and qemu; needs root
aarch64:
	@apxs/setup aarch64
	@packaging/aarch64

## manual: the tables of man pages and book, made anew of those in the code
manual:
	@apxs/setup build
	WRITE_MANUAL=1 $(CARGO) test --test manual tables_are_those_of_the_code
	WRITE_MANUAL=1 $(CARGO) test -p jkctl --test manual

## book: the book as HTML, in target/book; needs mdBook (cargo install mdbook)
book:
	@apxs/book

## bench: the figures, measured on this machine
bench:
	@apxs/setup bench
	$(CARGO) build --release
	@benches/run

## bench-check: whether a request costs as many instructions as benches/RESULTS.md says (WRITE=1: keep new figures)
bench-check:
	@apxs/setup bench
	$(CARGO) build --release
	@benches/check $(if $(WRITE),--write)

## fuzz: every fuzz target for FUZZ_TIME seconds (60); needs a nightly toolchain and cargo-fuzz
FUZZ_TIME ?= 60
fuzz:
	@fuzz/run $(FUZZ_TIME)

## clean: remove what was built
clean:
	$(CARGO) clean
	rm -rf fuzz/target

## help: this list
help:
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
