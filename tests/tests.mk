# The tests, from seconds to half an hour; what a boot costs; the emulator and its demo.
# The Makefile includes this.

# ---- What the tests are built from. ----

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
HARNESSES := $(filter-out fuzz replay,$(patsubst tests/fuzz/%.c,%,$(wildcard \
	tests/fuzz/*.c)))

$B/tests/%: tests/unit/%.c $(MODULES:%=$B/%.o) Makefile tests/tests.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -iquote tests/unit -MF $@.d -o $@ $< \
		$(filter %.o,$^) $(WRAPPED:%=-Wl$(comma)--wrap=%) $(HARDEN_LDFLAGS) \
		$(LDFLAGS) $(PACKAGE_LIBS) -lcmocka $(LDLIBS)

# Whole runs on a simulated AWS; bootname-reap's begins at its main.
$B/tests/test_ownership_property: $B/reap.o
$B/tests/test_ownership_property: WRAPPED := main http_open http_send \
	platform_now_ms platform_uptime_ms platform_sleep_ms platform_random \
	platform_variable print_failure text_matches sigv4_canonical_request \
	sigv4_signature alarm

# With a libcurl that answers what it is told to, and a clock that only waits move.
FAKED := platform_now_ms platform_sleep_ms platform_random time
ON_FAKES := $(addprefix $B/tests/,test_aws test_http_codes test_imds)
$(ON_FAKES): WRAPPED := $(FAKED)
$(ON_FAKES): $B/tests/fake_http.o

$B/tests/fake_http.o: tests/unit/fake_http.c Makefile tests/tests.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -c -o $@ $<

# Without macros, for tests that read what the program can say.
PREPROCESSED := $(patsubst helper/%.c,$B/tests/%.i,$(wildcard helper/*.c))
$(PREPROCESSED): $B/tests/%.i: helper/%.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(DEFINES) $(PACKAGE_CFLAGS) -E -P -MMD -MT $@ \
		-MF $@.d -o $@ $<

PRELOADED := $(patsubst tests/e2e/%.c,$B/tests/%.so,$(wildcard tests/e2e/*.c))

# A harness for one kind of hostile input.  Its main runs files; `make fuzz` has
# libFuzzer's in its place.
FUZZ_MAIN ?= $B/tests/fuzz/replay.o
FUZZ_WRAPPED := $(FAKED) platform_variable print_failure text_matches \
	backoff_delay_ms alarm
$B/tests/fuzz/check_resolver: FUZZ_WRAPPED += res_send

$B/tests/fuzz/%.o: tests/fuzz/%.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -iquote tests/unit -c -o $@ $<

.PRECIOUS: $B/tests/fuzz/%.o
$B/tests/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/fuzz.o $B/tests/fake_http.o \
		$(filter %.o,$(FUZZ_MAIN)) $(MODULES:%=$B/%.o)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(FUZZ_WRAPPED:%=-Wl$(comma)--wrap=%) -o $@ $(filter %.o,$^) \
		$(filter-out %.o,$(FUZZ_MAIN)) $(PACKAGE_LIBS) $(LDLIBS)

# Preloaded by tests: memory runs out, waits are short, libcurl is older, ...
$B/tests/%.so: tests/e2e/%.c Makefile tests/tests.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) -O1 -g -fno-omit-frame-pointer $(WARNINGS) \
		$(if $(WERROR),-Werror) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

# ---- Running them. ----

$B/tests/sigv4_sign: tests/unit/sigv4_sign.c

TEST_PROGRAMS := $(UNIT_TESTS:%=$B/tests/%) $B/tests/sigv4_sign \
	$(HARNESSES:%=$B/tests/fuzz/%) $(PRELOADED)

.PHONY: tests
tests: $B/bootname $B/bootname-reap $(TEST_PROGRAMS) $(PREPROCESSED)

# The release is built with Debian's compilers; once, not per sanitizer.
CHECK_RELEASE ?= $(if $(wildcard /etc/debian_version),release $(SIZED))

# Debian's cloud-init, to read what mkuserdata makes; without being installed.
CLOUD_INIT := $(or $(BOOTNAME_CACHE),build/cache)/cloud-init

$(CLOUD_INIT):
	$(call say,UNPACK,$@)
	@rm -rf $@.new && mkdir -p $@.new
	$(Q)cd $@.new && apt-get download -qq cloud-init && dpkg -x *.deb . && rm *.deb
	@mv $@.new $@

# Those of pytest's mark "thorough" are in check-all only.
.PHONY: check ## whether it works: two minutes
.PHONY: check-all ## every test, and whether the release can be reproduced
check check-all: tests $(CHECK_RELEASE) $(if $(CHECK_RELEASE),$(CLOUD_INIT))
	@B=$(abspath $B) QUICK=$(if $(filter check,$@),1) sh tests/check.sh \
		$(UNIT_TESTS) $(HARNESSES:%=fuzz/%)
check-all: $(if $(CHECK_RELEASE),release-again)

# Without Python and the emulator, in seconds: what a package's build runs.
.PHONY: check-unit ## unit tests and corpora: seconds
check-unit: $(TEST_PROGRAMS)
	@B=$(abspath $B) UNIT_ONLY=1 sh tests/check.sh $(UNIT_TESTS) \
		$(HARNESSES:%=fuzz/%)

.PHONY: check-asan ## every test under ASan and UBSan
check-asan:
	@$(MAKE) --no-print-directory check-all B=$B/asan CHECK_RELEASE= \
		OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
		HARDEN_CFLAGS="-fsanitize=address$(comma)undefined \
			-fno-sanitize-recover=all" \
		HARDEN_LDFLAGS="-fsanitize=address$(comma)undefined"

.PHONY: check-valgrind ## every test under valgrind
check-valgrind: tests
	@B=$(abspath $B) BOOTNAME_WRAPPER="valgrind -q --error-exitcode=99 \
		--leak-check=full --errors-for-leak-kinds=definite$(comma)possible \
		--trace-children=no" sh tests/check.sh $(UNIT_TESTS) \
		$(HARNESSES:%=fuzz/%)

# Each fuzzer runs for so many seconds, on a copy of its corpus.
FUZZ_SECONDS ?= 60
FUZZERS ?= $(HARNESSES)

.PHONY: fuzz ## each fuzzer for FUZZ_SECONDS (FUZZERS: some)
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
.PHONY: check-arm64 ## the main tests on the arm64 release, by QEMU
check-arm64: $B/release/bootname-aarch64 $(filter %-aarch64.xz,$(PACKED)) \
		$(ARM64_ROOT) $(CLOUD_INIT)
	@command -v qemu-aarch64 >/dev/null || { echo 'try: make deps $@' >&2; exit 1; }
	@B=$(abspath $B) BOOTNAME=$(abspath $<) PYTHONDONTWRITEBYTECODE=1 \
		BOOTNAME_WRAPPER="qemu-aarch64 -L $(abspath $(ARM64_ROOT))" \
		$(PYTHON) -m pytest -q -rs -p no:cacheprovider -n "$$(nproc)" $(ARM64_TESTS)

# Real systems, as root; their consoles go to $B/boot.
.PHONY: check-boot ## boots of Debian 12 and 13 with cloud-init, as root
.PHONY: check-vm ## the same in a virtual machine, Debian 13
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
	cat $(CLOUD_LIST) 2>/dev/null | sha256sum | cut -c 1-12)

$(CLOUD_ROOT):
	$(call say,NPM,$@)
	@rm -rf $@.new && mkdir -p $@.new && cp $(CLOUD_LIST) $@.new/
	$(Q)cd $@.new && $(NPM_CI) --loglevel=error >/dev/null
	@cd $@.new/node_modules/@cdktf/provider-aws && rm -rf .jsii lib/*/index.js
	@mv $@.new $@

$B/cloud/hcl: tests/cloud/hcl.go Makefile tests/tests.mk
	$(call say,GO,$<)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 \
		GOCACHE=$(abspath $B)/cloud/go-cache go build -trimpath -o $@ $<

.PHONY: check-cloud ## the templates and policies of cloud-config/
check-cloud: $B/cloud/hcl | $(CLOUD_ROOT) $(if $(CHECK_RELEASE),$(CLOUD_INIT))
	@CLOUD_MODULES=$(abspath $(CLOUD_ROOT))/node_modules CLOUD_HCL=$(abspath $<) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -rs -p no:cacheprovider \
		tests/cloud

# What the README and the quick start say, as a new user, as root; logs go to $B/docs.
.PHONY: check-docs ## what the README says, on bare Debian 12 and 13, as root
check-docs:
	@B=$(abspath $B) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/docs/check.py

# How many can boot at once: helpers on the emulator, and a simulation.
$B/tests/simulate: tests/bench/simulate.c $B/backoff.o Makefile tests/tests.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote helper -MF $@.d -o $@ $< $B/backoff.o \
		$(HARDEN_LDFLAGS) $(LDFLAGS) $(LDLIBS)

.PHONY: bench-herd ## how many can boot at once: minutes
bench-herd: $B/bootname $B/tests/simulate
	@BOOTNAME=$(abspath $B/bootname) $(PYTHON) tests/bench/herd.py
	@echo
	@$B/tests/simulate

# What a boot costs, beside what a user would run instead; as root.
BENCH := $(addprefix $B/bench/,meter delay empty go)
BENCH_BOOT := $B/release/boot-$(ARCH)
# How often each program runs, in turns.
RUNS ?= 21

$B/bench/meter $B/bench/delay: $B/bench/%: tests/bench/%.c Makefile tests/tests.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) -O2 $(WARNINGS) $(if $(WERROR),-Werror) \
		$(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS) $(LDLIBS)

# Every library that the helper has, although it calls none.
$B/bench/empty: tests/bench/empty.c Makefile tests/tests.mk
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $< -Wl,--no-as-needed $(PACKAGE_LIBS) $(LDLIBS)

# With Debian's packages of the SDK, so without modules; static.
$B/bench/go: tests/bench/go/main.go Makefile tests/tests.mk
	$(call say,GO,$<)
	@mkdir -p $(@D)
	$(Q)GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= CGO_ENABLED=0 \
		GOCACHE=$(abspath $B)/bench/go-cache \
		go build -trimpath -ldflags '-s -w' -o $@ $<

.PHONY: bench-programs
bench-programs: $B/bootname $(BENCH_BOOT) $(BENCH)
	@:

# The table alone is on standard output.
.PHONY: bench ## what a boot costs, beside others, as root: RUNS=21 takes 15 minutes
.PHONY: bench-check ## whether it costs more than it may, as root: two minutes
bench bench-check:
	@$(PYTHON) tests/bench/boot.py ready $@
	@$(MAKE) --no-print-directory bench-programs >&2
	@B=$(abspath $B) BOOT=$(abspath $(BENCH_BOOT)) RUNS=$(RUNS) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/boot.py $@

.PHONY: demo ## an emulated instance gets its name
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

.PHONY: picture ## docs/demo.svg, what make demo prints
picture: $B/bootname $(RENDERER)/node_modules
	@rm -f $B/demo.ok
	$(Q)LC_ALL=C.UTF-8 asciinema rec --quiet --overwrite --cols 104 --rows 50 \
		-c '$(MAKE) --no-print-directory demo && touch $B/demo.ok' \
		$B/demo.cast </dev/null && test -e $B/demo.ok
	$(Q)NODE_PATH=$(RENDERER)/node_modules node tests/picture/render.js $B/demo.cast \
		> $B/demo.svg && cp $B/demo.svg '$(PICTURE)'

.PHONY: emulate ## the AWS emulator, for your shell
emulate:
	@$(PYTHON) tests/aws $(ARGS)
