# Style and static analysis.  The Makefile includes this.

LINTED := $(SOURCES) helper/boot.c
TEST_SOURCES := $(wildcard $(addsuffix /*.[ch],$(addprefix tests/,bench e2e fuzz unit)))

.PHONY: lint ## style and static analysis
lint: lint-format lint-warnings lint-floors lint-tidy lint-cppcheck lint-analyzer \
	lint-musl lint-shell lint-man lint-python lint-prose

.PHONY: lint-format
lint-format:
	$(call say,FORMAT,'helper tests')
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(LINTED) $(HEADERS) \
		$(TEST_SOURCES)

.PHONY: format ## the C sources, as .clang-format says
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

.PHONY: lint-prose ## the words and lengths of sentences
lint-prose:
	$(call say,PROSE,'README.md docs cloud-config/mkuserdata helper')
	$(Q)$(PYTHON) tests/prose.py
