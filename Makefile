# bootname: gives an EC2 instance its DNS name at every boot.
#
# `make help` lists what can be made.  Everything is written to build/ only.
# CFLAGS, CPPFLAGS and LDFLAGS are the user's and stand after ours, so they win.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION ?= 0.2.0

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sbindir ?= $(exec_prefix)/sbin
datarootdir ?= $(prefix)/share
mandir ?= $(datarootdir)/man
datadir ?= $(datarootdir)
docdir ?= $(datarootdir)/doc/bootname
# mkuserdata finds the helpers and the program from where it is itself: keep
# these three below one prefix, or hand it their paths.
pkgdatadir ?= $(datadir)/bootname
pkglibdir ?= $(exec_prefix)/lib/bootname
systemdsystemunitdir ?= $(exec_prefix)/lib/systemd/system
bashcompletiondir ?= $(datarootdir)/bash-completion/completions
zshcompletiondir ?= $(datarootdir)/zsh/site-functions

CC ?= cc
ifeq ($(origin CC),default)
CC := cc
endif
INSTALL ?= install
PKG_CONFIG ?= pkg-config
PYTHON := /usr/bin/python3
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
B ?= build
V ?= 0
Q := $(if $(filter 1,$V),,@)
say = @printf '  %-8s %s\n' $(1) $(2)

comma := ,

# ---- What the program is made of, floor by floor. ----

# Each line is a floor, from the lowest one up.  A module includes those of lower
# floors, those before it in its own, and the parts of itself, as plan_taken is of
# plan.
FLOORS := \
	build,platform,text,options,buf,errinfo \
	credentials,yaml,xml,file,backoff,dnsname,roots \
	http,sigv4,settings,settings_keys,settings_read,check_resolver \
	imds,endpoint,aws,write_files,cloud_config_none,cloud_config \
	route53,route53_refusal,ec2,sts,provider \
	instance,zone \
	plan,plan_parts,plan_taken,plan_changes,outcome,print,published,record,leftovers,publish \
	json,main_json,main_embed,run \
	check_json,check_print,check_dns,check_state,check_zone,check_record,check \
	reap_profile,reap_owners,reap_states,reap_delete,reap_print,reap_json \
	main,boot,reap
# main: the program; boot: what rides in user-data, without people's options;
# reap: bootname-reap.
PROGRAMS := main boot reap
REAP_ONLY := reap_profile reap_owners reap_states reap_delete reap_print reap_json
HEADER_ONLY := check_state settings_keys plan_parts
MODULES := $(filter-out $(PROGRAMS) $(HEADER_ONLY),$(subst $(comma), ,$(FLOORS)))
PACKAGES := libcurl yaml-0.1 json-c libcrypto expat

SOURCES := $(addprefix helper/,$(addsuffix .c,$(MODULES) main reap))
HEADERS := $(wildcard helper/*.h)
OBJECTS := $(patsubst %,$B/%.o,$(filter-out $(REAP_ONLY),$(MODULES)) main)
REAP_OBJECTS := $(MODULES:%=$B/%.o) $B/reap.o
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
HARNESSES := $(filter-out fuzz replay,$(patsubst tests/fuzz/%.c,%,$(wildcard \
	tests/fuzz/*.c)))

# ---- Flags: found out when first used, so after `make deps` has run. ----

# $(call lazy,NAME,COMMAND): what COMMAND prints, run once.
lazy = $(eval $(1) := $(shell $(2)))$($(1))
# $(call try,FLAG): FLAG, where the compiler takes it.
try = $(shell $(CC) -Werror $(1) -x c -c -o $B/.probe /dev/null 2>&1 || \
	echo no)
probe = $(foreach flag,$(1),$(if $(call try,$(flag)),,$(flag)))

PACKAGE_CFLAGS = $(call lazy,PACKAGE_CFLAGS,$(PKG_CONFIG) --cflags $(PACKAGES))
# The loader asks the libraries in this order for every name: those that all the
# others use stand first, which saves one in fifteen of its instructions.
PACKAGE_LIBS = $(call lazy,PACKAGE_LIBS,$(PKG_CONFIG) --libs libcrypto; echo -lc; \
	$(PKG_CONFIG) --libs $(filter-out libcrypto,$(PACKAGES)))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference
PROBED := -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
	-fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard -fstrict-flex-arrays=3
HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fno-common -fPIE
PROBED_FLAGS = $(eval PROBED_FLAGS := $(call probe,$(PROBED)))$(PROBED_FLAGS)

# Not _POSIX_C_SOURCE, with which a BSD hides explicit_bzero, getentropy and the
# types that <arpa/nameser.h> takes.
STANDARD := -std=c11 -D_DEFAULT_SOURCE
DEFINES := -DBOOTNAME_VERSION='"$(VERSION)"'
# A sanitizer run replaces these three.
OPTIMIZE ?= -O2 -g
HARDEN_CFLAGS ?= $(HARDENING) $(PROBED_FLAGS)
HARDEN_LDFLAGS ?= -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed

OUR_CFLAGS = $(STANDARD) $(DEFINES) $(OPTIMIZE) $(WARNINGS) $(HARDEN_CFLAGS) \
	$(if $(WERROR),-Werror) $(PACKAGE_CFLAGS)
COMPILE = $(CC) $(OUR_CFLAGS) -MMD -MP $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(OUR_CFLAGS) $(CFLAGS) $(HARDEN_LDFLAGS) $(LDFLAGS)

# ---- Building. ----

.PHONY: all
all: $B/bootname $B/bootname-reap

$B:
	@mkdir -p $@

$B/%.o: helper/%.c Makefile | $B
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

$B/bootname: $(OBJECTS)
$B/bootname-reap: $(REAP_OBJECTS)
$B/bootname $B/bootname-reap:
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(PACKAGE_LIBS) $(LDLIBS)

$B/tests/%: tests/unit/%.c $(MODULES:%=$B/%.o) Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -iquote tests/unit -MF $@.d -o $@ $< \
		$(filter %.o,$^) $(WRAPPED:%=-Wl$(comma)--wrap=%) \
		$(HARDEN_LDFLAGS) $(LDFLAGS) $(PACKAGE_LIBS) -lcmocka $(LDLIBS)

# Whole runs on a simulated AWS; bootname-reap's begins at its main.
$B/tests/test_ownership_property: $B/reap.o
$B/tests/test_ownership_property: WRAPPED := main http_open http_send \
	platform_now_ms platform_uptime_ms platform_sleep_ms platform_random \
	platform_variable print_failure text_matches sigv4_canonical_request \
	sigv4_signature alarm

# A harness for one kind of hostile input.  Its main runs files; `make fuzz` has
# libFuzzer's in its place.
FUZZ_MAIN ?= $B/tests/fuzz/replay.o
FUZZ_WRAPPED := platform_now_ms platform_sleep_ms platform_random \
	platform_variable time print_failure text_matches backoff_delay_ms alarm
$B/tests/fuzz/check_resolver: FUZZ_WRAPPED += res_send

$B/tests/fuzz/%.o: tests/fuzz/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -c -o $@ $<

.PRECIOUS: $B/tests/fuzz/%.o
$B/tests/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/fuzz.o $(filter %.o,$(FUZZ_MAIN)) \
		$(MODULES:%=$B/%.o)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(FUZZ_WRAPPED:%=-Wl$(comma)--wrap=%) -o $@ $(filter %.o,$^) \
		$(filter-out %.o,$(FUZZ_MAIN)) $(PACKAGE_LIBS) $(LDLIBS)

# Preloaded by tests whose memory runs out.
$B/tests/%.so: tests/e2e/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) -O1 -g -fno-omit-frame-pointer $(WARNINGS) \
		$(if $(WERROR),-Werror) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

-include $(wildcard $B/*.d $B/tests/*.d $B/tests/fuzz/*.d)

# ---- The release: for every distribution, on both architectures. ----

MACHINES := x86_64 aarch64
# What is embedded in user-data, and what each is made with: for all, and with `down`
# and the refresh for --systemd.
EMBEDDED := boot service
EMBEDDED_boot := -DBOOTNAME_EMBEDDED=BUILD_BOOT
EMBEDDED_service := -DBOOTNAME_EMBEDDED=BUILD_SERVICE
EMBEDDED_MODULES := $(filter-out json main_json main_embed check% $(REAP_ONLY),$(MODULES)) boot

RELEASE := $(MACHINES:%=$B/release/bootname-%)
PACKED := $(foreach kind,$(EMBEDDED),$(MACHINES:%=$B/release/bootname-$(kind)-%.xz))
ARCHIVE := $B/release/mkuserdata.pyz
RELEASE_NEEDS := $(SOURCES) helper/boot.c $(HEADERS) cloud-config/release.sh \
	Makefile
# $(call release-it,ARCHITECTURE,FLAGS,MODULES)
define release-it
	$(call say,RELEASE,$@)
	@mkdir -p $(@D)
	$(Q)sh cloud-config/release.sh $(1) $@ $(STANDARD) $(2) $(3:%=helper/%.c)
endef

.PHONY: release
release: $B/release/SHA256SUMS
	@for program in $(RELEASE) $(PACKED); do printf '%s: %s bytes\n' \
		"$$program" $$(wc -c <$$program); done

$B/release/SHA256SUMS: $(RELEASE) $(PACKED) $(ARCHIVE)
	$(Q)cd $(@D) && sha256sum $(notdir $^) >$(@F)

$(RELEASE): $B/release/bootname-%: $(RELEASE_NEEDS)
	$(call release-it,$*,$(DEFINES),$(filter-out $(REAP_ONLY),$(MODULES)) main)

# One with -g is to look at, for `make size`.
define EMBED
$B/release/$(1)-$(2) $B/release/size-$(1)-$(2): $$(RELEASE_NEEDS)
	$$(call release-it,$(2),$$(if $$(findstring /size-,$$@),-g) \
		$$(DEFINES) $$(EMBEDDED_$(1)),$$(EMBEDDED_MODULES))

$B/release/bootname-$(1)-$(2).xz: $B/release/$(1)-$(2) cloud-config/pack.py
	$$(call say,XZ,$$@)
	$$(Q)$$(PYTHON) cloud-config/pack.py $(2) $$< >$$@
endef
$(foreach kind,$(EMBEDDED),$(foreach machine,$(MACHINES),$(eval \
	$(call EMBED,$(kind),$(machine)))))

# mkuserdata in one file, for a machine without the rest.
ARCHIVE_NEEDS := $(addprefix cloud-config/,mkuserdata deflate.py pack.py unpack.sh fetch.py) \
	$(wildcard cloud-config/systemd/bootname*.service cloud-config/systemd/bootname*.timer)
$(ARCHIVE): cloud-config/archive.py $(ARCHIVE_NEEDS) $(RELEASE) $(PACKED)
	$(call say,ZIP,$@)
	$(Q)$(PYTHON) $< $@ cloud-config $(filter-out $<,$^)

# Twice the same bytes, wherever it is built and with whatever flags of the user's.
.PHONY: release-again
release-again: release
	@rm -rf $B/again && mkdir -p $B/again/tree
	@cp -R Makefile helper cloud-config $B/again/tree/
	@$(MAKE) --no-print-directory -s -C $B/again/tree B=../of/release CFLAGS=-O1 release
	@cmp $B/again/of/release/release/SHA256SUMS $B/release/SHA256SUMS

# Where the bytes are of what is embedded; SET: boot or service.
SET ?= boot

SIZED := $(foreach machine,$(MACHINES),$B/release/size-$(SET)-$(machine) \
	$B/release/bootname-$(SET)-$(machine).xz)

.PHONY: size
size: $(SIZED)
	@for machine in $(MACHINES); do \
		$(PYTHON) cloud-config/size.py $$machine $B/release/size-$(SET)-$$machine \
			$B/release/bootname-$(SET)-$$machine.xz && echo; done

# ---- User-data. ----

ARCH ?= $(shell uname -m)

# OPTIONS: more for mkuserdata, such as --systemd.
.PHONY: user-data
user-data: $B/bootname $(foreach kind,$(EMBEDDED),$B/release/bootname-$(kind)-$(ARCH).xz)
	$(if $(SETTINGS),,$(error name the file of settings: make $@ SETTINGS=FILE))
	@BOOTNAME_BUILD=$(abspath $B) $(PYTHON) cloud-config/mkuserdata --arch $(ARCH) \
		--check-with $< -o $B/user-data $(OPTIONS) '$(SETTINGS)'

# To a private bucket, for `mkuserdata --s3`; PREFIX of the keys: KEYS=bootname/0.2.0/.
KEYS ?= bootname/$(VERSION)/

.PHONY: publish
publish: release
	$(if $(BUCKET),,$(error name the bucket: make $@ BUCKET=NAME))
	@sh cloud-config/publish.sh $B/release '$(BUCKET)' '$(KEYS)'

# ---- What is missing on this machine. ----

# Without another goal: everything that any goal needs.
OTHER_GOALS := $(filter-out deps,$(MAKECMDGOALS))

.PHONY: deps
deps:
	@sh tests/deps.sh $(OTHER_GOALS)
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL: # the other goals come after deps
endif

# ---- Tests. ----

$B/tests/sigv4_sign: tests/unit/sigv4_sign.c

TEST_PROGRAMS := $(UNIT_TESTS:%=$B/tests/%) $B/tests/sigv4_sign \
	$(HARNESSES:%=$B/tests/fuzz/%) $B/tests/allocations.so $B/tests/settle.so

.PHONY: tests
tests: $B/bootname $B/bootname-reap $(TEST_PROGRAMS)

# The release is built with Debian's compilers; once, not per sanitizer.
CHECK_RELEASE ?= $(if $(wildcard /etc/debian_version),release $(SIZED))

# Debian's cloud-init, to read what mkuserdata makes; without being installed.
CLOUD_INIT := $(or $(BOOTNAME_CACHE),build/cache)/cloud-init

$(CLOUD_INIT):
	$(call say,UNPACK,$@)
	@rm -rf $@.new && mkdir -p $@.new
	$(Q)cd $@.new && apt-get download -qq cloud-init && dpkg -x *.deb . && rm *.deb
	@mv $@.new $@

.PHONY: check
check: tests $(CHECK_RELEASE) $(if $(CHECK_RELEASE),$(CLOUD_INIT))
	@B=$(abspath $B) sh tests/check.sh $(UNIT_TESTS) $(HARNESSES:%=fuzz/%)

# Without Python and the emulator, in seconds: what a package's build runs.
.PHONY: check-unit
check-unit: $(TEST_PROGRAMS)
	@B=$(abspath $B) UNIT_ONLY=1 sh tests/check.sh $(UNIT_TESTS) \
		$(HARNESSES:%=fuzz/%)

.PHONY: check-asan
check-asan:
	@$(MAKE) --no-print-directory check B=$B/asan CHECK_RELEASE= \
		OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
		HARDEN_CFLAGS="-fsanitize=address$(comma)undefined \
			-fno-sanitize-recover=all" \
		HARDEN_LDFLAGS="-fsanitize=address$(comma)undefined"

.PHONY: check-valgrind
check-valgrind: tests
	@B=$(abspath $B) BOOTNAME_WRAPPER="valgrind -q --error-exitcode=99 \
		--leak-check=full --errors-for-leak-kinds=definite$(comma)possible \
		--trace-children=no" sh tests/check.sh $(UNIT_TESTS) \
		$(HARNESSES:%=fuzz/%)

# Each fuzzer runs for so many seconds, on a copy of its corpus.
FUZZ_SECONDS ?= 60
FUZZERS ?= $(HARNESSES)

.PHONY: fuzz
fuzz:
	@$(MAKE) --no-print-directory B=$B/fuzz CC=clang FUZZ_MAIN=-fsanitize=fuzzer \
		OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
		HARDEN_CFLAGS="-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined \
			-fno-sanitize-recover=all" \
		HARDEN_LDFLAGS= $(FUZZERS:%=$B/fuzz/tests/fuzz/%)
	@B=$(abspath $B)/fuzz sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZERS)

# Debian's libraries for arm64, and what unpacks user-data, under a name that tells
# what is in it.
ARM64_PACKAGES := libcurl4,libyaml-0-2,libjson-c5,libssl3,libexpat1,dash,coreutils,xz-utils,python3
ARM64_ROOT = $(or $(BOOTNAME_CACHE),build/cache)/arm64-$(subst $(comma),-,$(ARM64_PACKAGES))
ARM64_TESTS := $(addprefix tests/e2e/test_,usage.py settings.py publish.py arm64.py)

$(ARM64_ROOT):
	$(call say,ROOT,$@)
	@rm -rf $@.new && mkdir -p $(@D)
	$(Q)mmdebstrap --quiet --mode=chrootless --variant=extract \
		--skip=check/chrootless --architectures=arm64 \
		--include=$(ARM64_PACKAGES) bookworm $@.new
	@mv $@.new $@

# The release for arm64, wherever this is: QEMU runs it, without a root's rights.
.PHONY: check-arm64
check-arm64: $B/release/bootname-aarch64 $(filter %-aarch64.xz,$(PACKED)) \
		$(ARM64_ROOT) $(CLOUD_INIT)
	@command -v qemu-aarch64 >/dev/null || { echo 'try: make deps $@' >&2; exit 1; }
	@B=$(abspath $B) BOOTNAME=$(abspath $<) PYTHONDONTWRITEBYTECODE=1 \
		BOOTNAME_WRAPPER="qemu-aarch64 -L $(abspath $(ARM64_ROOT))" \
		$(PYTHON) -m pytest -q -rs -p no:cacheprovider -n "$$(nproc)" $(ARM64_TESTS)

# Real systems, as root; their consoles go to $B/boot.
.PHONY: check-boot check-vm
check-boot check-vm: $B/bootname $(PACKED)
	@B=$(abspath $B) sh tests/boot/run.sh $(@:check-%=%)

# What a lock file pins, and no programs of it.  The system's roots count, since
# those of Node.js itself lack a company's own.
NPM_CI := NODE_OPTIONS=--use-openssl-ca npm ci --prefer-offline --no-audit \
	--no-fund --ignore-scripts

# What judges cloud-config/, from npm, under a name that tells what is in it. Of the
# provider for Terraform only what tells its arguments is kept.
CLOUD_LIST := $(addprefix tests/cloud/,package.json package-lock.json .npmrc)
CLOUD_ROOT := $(or $(BOOTNAME_CACHE),build/cache)/cloud-$(shell \
	cat $(CLOUD_LIST) | sha256sum | cut -c 1-12)

$(CLOUD_ROOT):
	$(call say,NPM,$@)
	@rm -rf $@.new && mkdir -p $@.new && cp $(CLOUD_LIST) $@.new/
	$(Q)cd $@.new && $(NPM_CI) --loglevel=error >/dev/null
	@cd $@.new/node_modules/@cdktf/provider-aws && rm -rf .jsii lib/*/index.js
	@mv $@.new $@

$B/cloud/hcl: tests/cloud/hcl.go Makefile
	$(call say,GO,$<)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 \
		GOCACHE=$(abspath $B)/cloud/go-cache go build -trimpath -o $@ $<

.PHONY: check-cloud
check-cloud: $B/cloud/hcl | $(CLOUD_ROOT) $(if $(CHECK_RELEASE),$(CLOUD_INIT))
	@CLOUD_MODULES=$(abspath $(CLOUD_ROOT))/node_modules CLOUD_HCL=$(abspath $<) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -rs -p no:cacheprovider \
		tests/cloud

# What the README and the quick start say, as a new user, as root; logs go to $B/docs.
.PHONY: check-docs
check-docs:
	@B=$(abspath $B) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/docs/check.py

# How many can boot at once: helpers on the emulator, and a simulation.
$B/tests/simulate: tests/bench/simulate.c $B/retry.o Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -MF $@.d -o $@ $< $B/retry.o \
		$(HARDEN_LDFLAGS) $(LDFLAGS) $(LDLIBS)

.PHONY: bench-herd
bench-herd: $B/bootname $B/tests/simulate
	@BOOTNAME=$(abspath $B/bootname) $(PYTHON) tests/bench/herd.py
	@echo
	@$B/tests/simulate

# What a boot costs, beside what a user would run instead; as root.
BENCH := $(addprefix $B/bench/,meter delay empty go)
BENCH_BOOT := $B/release/boot-$(ARCH)
# How often each program runs, in turns.
RUNS ?= 21

$B/bench/meter $B/bench/delay: $B/bench/%: tests/bench/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) -O2 $(WARNINGS) $(if $(WERROR),-Werror) \
		$(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS) $(LDLIBS)

# Every library that the helper has, although it calls none.
$B/bench/empty: tests/bench/empty.c Makefile
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< -Wl,--no-as-needed $(PACKAGE_LIBS) $(LDLIBS)

# With Debian's packages of the SDK, so without modules; static.
$B/bench/go: tests/bench/go/main.go Makefile
	$(call say,GO,$<)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 \
		GOCACHE=$(abspath $B)/bench/go-cache \
		go build -trimpath -ldflags '-s -w' -o $@ $<

.PHONY: bench-programs
bench-programs: $B/bootname $(BENCH_BOOT) $(BENCH)
	@:

# The table alone is on standard output.
.PHONY: bench bench-check
bench bench-check:
	@$(PYTHON) tests/bench/boot.py ready $@
	@$(MAKE) --no-print-directory bench-programs >&2
	@B=$(abspath $B) BOOT=$(abspath $(BENCH_BOOT)) RUNS=$(RUNS) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/boot.py $@

.PHONY: demo
demo: $B/bootname
	@BOOTNAME=$(abspath $B/bootname) $(PYTHON) tests/demo.py

# The demo as the README shows it.  What draws it comes with npm.
PICTURE ?= docs/demo.svg
RENDERER := $(or $(BOOTNAME_CACHE),build/cache)/picture

$(RENDERER)/node_modules: tests/picture/package-lock.json
	$(call say,NPM,$@)
	@mkdir -p $(@D)
	$(Q)cp tests/picture/package.json $< $(@D)
	$(Q)$(NPM_CI) --loglevel=error --prefix $(@D) >/dev/null && touch $@

.PHONY: picture
picture: $B/bootname $(RENDERER)/node_modules
	@rm -f $B/demo.ok
	$(Q)LC_ALL=C.UTF-8 asciinema rec --quiet --overwrite --cols 104 --rows 50 \
		-c '$(MAKE) --no-print-directory demo && touch $B/demo.ok' \
		$B/demo.cast </dev/null && test -e $B/demo.ok
	$(Q)NODE_PATH=$(RENDERER)/node_modules node tests/picture/render.js $B/demo.cast \
		> $B/demo.svg && cp $B/demo.svg '$(PICTURE)'

.PHONY: emulate
emulate:
	@$(PYTHON) tests/aws $(ARGS)

# ---- Style and static analysis. ----

LINTED := $(SOURCES) helper/boot.c
TEST_SOURCES := $(wildcard $(addsuffix /*.[ch],$(addprefix tests/,bench e2e fuzz unit)))

.PHONY: lint
lint: lint-format lint-warnings lint-floors lint-tidy lint-cppcheck lint-analyzer \
	lint-musl lint-shell lint-man lint-python

.PHONY: lint-format
lint-format:
	$(call say,FORMAT,'helper tests')
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(LINTED) $(HEADERS) \
		$(TEST_SOURCES)

.PHONY: format
format:
	$(CLANG_FORMAT) -i $(LINTED) $(HEADERS) $(TEST_SOURCES)

.PHONY: lint-warnings
lint-warnings:
	$(call say,WARNINGS,'helper tests')
	$(Q)for compiler in gcc clang; do \
		$(MAKE) --no-print-directory tests CC=$$compiler WERROR=1 \
			B=$B/warnings-$$compiler >/dev/null || exit 1; done

.PHONY: lint-floors
lint-floors:
	$(call say,FLOORS,helper)
	$(Q)$(PYTHON) tests/floors.py $(FLOORS)

.PHONY: lint-tidy
lint-tidy: | $B
	$(call say,TIDY,helper)
	$(Q)for source in $(LINTED); do \
		$(CLANG_TIDY) --quiet --warnings-as-errors='*' "$$source" -- \
			$(STANDARD) $(DEFINES) $(PACKAGE_CFLAGS) \
			2>$B/.tidy || { cat $B/.tidy; exit 1; }; done

# Newer ones tell at each file that they cut their analysis short: no finding.
.PHONY: lint-cppcheck
lint-cppcheck:
	$(call say,CPPCHECK,helper)
	$(Q)cppcheck --quiet --std=c11 --error-exitcode=1 \
		--enable=warning,portability,performance \
		--suppress=normalCheckLevelMaxBranches \
		$(DEFINES) $(LINTED)

.PHONY: lint-analyzer
lint-analyzer: | $B
	$(call say,ANALYZER,helper)
	$(Q)for source in $(LINTED); do \
		gcc $(STANDARD) $(DEFINES) $(PACKAGE_CFLAGS) -O1 -fanalyzer \
			-Werror -c -o $B/.analyzed "$$source" || exit 1; done

# musl's own headers, then ours for the libraries: syntax only.
.PHONY: lint-musl
lint-musl: | $B
	$(call say,MUSL,'helper tests')
	$(Q)sh tests/musl.sh $B $(STANDARD) $(DEFINES) -iquote helper -iquote tests/unit \
		-- $(LINTED) $(filter %.c,$(filter tests/e2e/% tests/fuzz/% \
		tests/unit/%,$(TEST_SOURCES)))

.PHONY: lint-shell
lint-shell:
	$(call say,SHELL,'.ci cloud-config docs tests')
	$(Q)shellcheck .ci/run cloud-config/*.sh cloud-config/packages/*.sh \
		docs/completion/*.bash tests/*.sh tests/bench/*.sh tests/boot/*.sh \
		tests/docs/*.sh tests/fuzz/*.sh

.PHONY: lint-man
lint-man:
	$(call say,MAN,docs)
	$(Q)mkdir -p $B/man/man1 $B/man/man5 $B/man/man8
	$(Q)cp docs/*.1 $B/man/man1 && cp docs/*.5 $B/man/man5 && cp docs/*.8 $B/man/man8
	$(Q)makewhatis $B/man && MANPATH=$(abspath $B/man) mandoc -Tlint -Wstyle docs/*.[158]

.PHONY: lint-python
lint-python:
	$(call say,PYTHON,'cloud-config tests')
	$(Q)$(PYTHON) -m pyflakes cloud-config/mkuserdata cloud-config/*.py tests

# ---- Installing. ----

# Helpers to embed, for mkuserdata where no compiler is.
.PHONY: helpers
helpers: $(PACKED)

# What mkuserdata reads and people copy; not what builds it.
EXAMPLES = $(shell cd cloud-config && find * -name '.*' -prune -o -name packages \
	-prune -o -type f ! -name archive.py ! -name size.py ! -name '*.pyc' ! -name '*~' \
	! -name release.sh ! -name publish.sh ! -name mkuserdata -print)
GUIDES = $(shell cd docs && find * -name '.*' -prune -o -name completion -prune \
	-o -type f ! -name '*.[158]' ! -name '*~' -print)

# $(call tree,FUNCTION,FOLDER,FROM,FILES): FUNCTION for each folder of the files.
tree = $(foreach folder,$(sort $(dir $(4))),$(call $(1),644,$(2)/$(folder:%/=%),$(addprefix \
	$(3)/,$(foreach file,$(4),$(if $(filter $(folder),$(dir $(file))),$(file))))))

# $(call installed,FUNCTION): FUNCTION of mode, folder and files for all of it.
define installed
$(call $(1),755,$(sbindir),$B/bootname $B/bootname-reap)
$(call $(1),644,$(mandir)/man1,$(wildcard docs/*.1))
$(call $(1),644,$(mandir)/man5,$(wildcard docs/*.5))
$(call $(1),644,$(mandir)/man8,$(wildcard docs/*.8))
$(call $(1),644,$(systemdsystemunitdir),$(wildcard cloud-config/systemd/*))
$(call $(1),644,$(zshcompletiondir),docs/completion/_bootname)
$(call $(1),644,$(docdir),README.md LICENSE)
$(call tree,$(1),$(docdir)/docs,docs,$(GUIDES))
$(call tree,$(1),$(pkgdatadir),cloud-config,$(EXAMPLES))
$(call $(1),755,$(pkgdatadir),cloud-config/mkuserdata)
endef

define put
	$(INSTALL) -d $(DESTDIR)$(2)
	$(INSTALL) -m $(1) $(3) $(DESTDIR)$(2)/

endef
define take
	rm -f $(addprefix $(DESTDIR)$(2)/,$(notdir $(3)))

endef

# The units are not enabled: that is for user-data, or for whoever makes an AMI.
.PHONY: install
install: all
	$(call installed,put)
	sed -i 's|@program@|$(sbindir)/bootname|' \
		$(DESTDIR)$(systemdsystemunitdir)/bootname*
	$(INSTALL) -d $(DESTDIR)$(bashcompletiondir)
	$(INSTALL) -m 644 docs/completion/bootname.bash \
		$(DESTDIR)$(bashcompletiondir)/bootname
	cd $(DESTDIR)$(bashcompletiondir) && ln -sf bootname bootname-reap && \
		ln -sf bootname mkuserdata
	$(INSTALL) -d $(DESTDIR)$(bindir)
	ln -sf $(shell realpath -ms --relative-to=$(bindir) $(pkgdatadir))/mkuserdata \
		$(DESTDIR)$(bindir)/mkuserdata
	ln -sfn $(shell realpath -ms --relative-to=$(docdir) $(pkgdatadir)) \
		$(DESTDIR)$(docdir)/cloud-config

.PHONY: install-helpers
install-helpers: helpers
	$(call put,644,$(pkglibdir),$(PACKED))

.PHONY: uninstall
uninstall:
	$(call installed,take)
	$(call take,,$(pkglibdir),$(PACKED))
	$(call take,,$(bindir),mkuserdata)
	$(call take,,$(bashcompletiondir),bootname bootname-reap mkuserdata)
	$(call take,,$(docdir),cloud-config)
	for folder in $(pkgdatadir) $(pkglibdir) $(docdir)/docs; do \
		[ ! -d $(DESTDIR)$$folder ] || find $(DESTDIR)$$folder -depth \
			-type d -empty -delete; done
	[ ! -d $(DESTDIR)$(docdir) ] || \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)$(docdir)

# ---- Tarball and packages. ----

# Who answers for a package: name and address of whoever builds it for others.
MAINTAINER ?= The bootname authors <bootname@example.com>
# Where the sources are, for the packages' field Homepage; empty leaves that out.
HOMEPAGE ?=
TARBALL = $B/bootname-$(VERSION).tar.gz
PACKAGING := cloud-config/packages

.PHONY: dist
dist: | $B
	$(call say,DIST,$(TARBALL))
	$(Q)sh $(PACKAGING)/dist.sh $(VERSION) $(TARBALL)

# Twice the same, and all that it takes.
.PHONY: distcheck
distcheck: dist
	@mkdir -p $B/again && sh $(PACKAGING)/dist.sh $(VERSION) \
		$B/again/$(notdir $(TARBALL)) && cmp $B/again/$(notdir $(TARBALL)) $(TARBALL)
	@sh tests/distcheck.sh $(TARBALL) $(VERSION)

.PHONY: deb
deb: dist
	$(call say,DEB,$B/deb)
	$(Q)HOMEPAGE='$(HOMEPAGE)' sh $(PACKAGING)/deb.sh $(TARBALL) $(VERSION) '$(MAINTAINER)' $B/deb

.PHONY: rpm
rpm: dist $(PACKED)
	$(call say,RPM,$B/rpm)
	$(Q)HOMEPAGE='$(HOMEPAGE)' sh $(PACKAGING)/rpm.sh $(TARBALL) $(VERSION) '$(MAINTAINER)' $B/rpm $(PACKED)

# What a version's page has, in one folder; and putting it there, with GitHub's CLI.
.PHONY: release-files upload
release-files: dist deb release
	@rm -rf $B/files && mkdir -p $B/files
	@cp $(TARBALL) $B/deb/*.deb $(RELEASE) $(PACKED) $(ARCHIVE) $B/files/
	$(Q)cd $B/files && sha256sum * >SHA256SUMS

upload:
	$(if $(TAG),,$(error name the tag: make $@ TAG=vVERSION))
	$(Q)gh release create '$(TAG)' --verify-tag --title '$(TAG)' \
		--notes-file 'docs/releases/$(TAG:v%=%).md' $B/files/*

# All that must hold; installs what is missing.
.PHONY: gate
gate:
	@.ci/run

# As root: both, by the distributions' own rules, then in Debian 12 and 13.
.PHONY: check-packages
check-packages: deb rpm $B/bootname
	$(call say,LINTIAN,$B/deb)
	$(Q)lintian --allow-root --pedantic --fail-on error$(comma)warning $B/deb/*.changes
	$(call say,RPMLINT,$B/rpm)
	$(Q)rpmlint --strict -c $(PACKAGING)/rpmlint.toml $B/rpm/*.rpm $B/rpm/*.spec \
		>$B/rpm/lint || { cat $B/rpm/lint >&2; exit 1; }
	@B=$(abspath $B) sh tests/boot/run.sh packages

# The cache holds systems that take minutes to make.
.PHONY: clean
clean:
	rm -rf $(filter-out $B/cache,$(wildcard $B/* $B/.[!.]*))

.PHONY: distclean
distclean:
	rm -rf $B
	find tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:
	@printf '%s\n' \
		'make deps          install what is missing (deps GOAL: for that only)' \
		'make               build/bootname, build/bootname-reap' \
		'make release       build/release: for x86-64 and arm64, mkuserdata.pyz (Debian, Ubuntu)' \
		'make release-again whether another build makes the same bytes' \
		'make release-files build/files: what a version publishes; upload' \
		'make gate          what a push must pass' \
		'make size          where its bytes are, by module' \
		'make user-data     build/user-data, of SETTINGS=FILE and ARCH=x86_64|aarch64' \
		'make publish       the release to S3: BUCKET=NAME' \
		'make demo          an emulated instance gets its name' \
		'make picture       docs/demo.svg, what make demo prints' \
		'make check         every test' \
		'make check-arm64   the main tests on the arm64 release, by QEMU' \
		'make check-cloud   the templates and policies of cloud-config/' \
		'make check-boot    boots of Debian 12 and 13 with cloud-init, as root' \
		'make check-vm      the same in a virtual machine, Debian 13' \
		'make check-packages  the packages in Debian 12 and 13, as root' \
		'make check-unit    unit tests and corpora: seconds' \
		'make check-docs    what the README says, on bare Debian 12 and 13, as root' \
		'make check-asan    every test under ASan and UBSan' \
		'make check-valgrind  every test under valgrind' \
		'make bench         what a boot costs, beside others, as root: RUNS=21 takes 15 minutes' \
		'make bench-check   whether it costs more than it may, as root: two minutes' \
		'make bench-herd    how many can boot at once: minutes' \
		'make fuzz          each fuzzer for FUZZ_SECONDS (FUZZERS: some)' \
		'make lint          style and static analysis' \
		'make emulate       the AWS emulator, for your shell' \
		'make install       to $$(DESTDIR)$$(PREFIX); uninstall' \
		'make deb           build/deb: the Debian package' \
		'make rpm           build/rpm: the RPM, for the distribution it is built on' \
		'make dist          a source tarball, of the last commit' \
		'make distcheck     whether that is all that it takes'
