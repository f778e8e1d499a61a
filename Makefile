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
AR ?= ar
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
define newline


endef

# ---- What the program is made of, floor by floor. ----

# Each line is a floor, from the lowest one up.  A module includes those of lower
# floors, those before it in its own, and the parts of itself, as plan_taken is of
# plan.
FLOORS := \
	build,platform,text,buf,errinfo,options \
	credentials,yaml,xml,file,backoff,dnsname,roots \
	http,http_clock,sigv4,settings,settings_keys,settings_read,check_resolver \
	imds,endpoint,aws,write_files,cloud_config_none,cloud_config \
	route53,route53_refusal,ec2,sts,provider \
	instance,interfaces,zone \
	plan,plan_parts,plan_taken,plan_changes,outcome,print,published,record,leftovers,publish \
	json,main_json,main_embed,run,run_open \
	check_json,check_print,check_dns,check_dns_parts,check_dns_answer,check_state,check_zone,check_record,check \
	reap_profile,reap_owners,reap_states,reap_renamed,reap_delete,reap_print,reap_json \
	main,boot,reap
# main: the program; boot: what rides in user-data, without people's options;
# reap: bootname-reap.
PROGRAMS := main boot reap
REAP_ONLY := reap_profile reap_owners reap_states reap_renamed reap_delete reap_print reap_json
HEADER_ONLY := check_dns_parts check_state settings_keys plan_parts
MODULES := $(filter-out $(PROGRAMS) $(HEADER_ONLY),$(subst $(comma), ,$(FLOORS)))
PACKAGES := libcurl yaml-0.1 json-c libcrypto expat

SOURCES := $(addprefix helper/,$(addsuffix .c,$(MODULES) main reap))
HEADERS := $(wildcard helper/*.h)

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

.PHONY: all ## build/bootname, build/bootname-reap
all: $B/bootname $B/bootname-reap

$B:
	@mkdir -p $@

$B/%.o: helper/%.c Makefile | $B
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

# Out of an archive a program gets the modules that it uses, and no others.
$B/modules.a: $(MODULES:%=$B/%.o)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$B/bootname: $B/main.o $B/modules.a
$B/bootname-reap: $B/reap.o $B/modules.a
$B/bootname $B/bootname-reap:
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(PACKAGE_LIBS) $(LDLIBS)

-include $(wildcard $B/*.d $B/tests/*.d $B/tests/fuzz/*.d)

# ---- What is missing on this machine. ----

# Without another goal: everything that any goal needs.
OTHER_GOALS := $(filter-out deps,$(MAKECMDGOALS))

.PHONY: deps ## install what is missing; with GOALs, for these only
deps:
	@sh tests/deps.sh $(OTHER_GOALS)
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL: # the other goals come after deps
endif

# ---- What is beside what it is about: release, tests, lint, packages. ----

PARTS := cloud-config/release.mk tests/tests.mk tests/lint.mk \
	cloud-config/packages/packages.mk
include $(PARTS)

# ---- Installing. ----

# Mode, folder and files, with the shell's patterns; `make uninstall` reads it, too.
define INSTALLED
755 $(sbindir) $B/bootname $B/bootname-reap
644 $(mandir)/man1 docs/*.1
644 $(mandir)/man5 docs/*.5
644 $(mandir)/man8 docs/*.8
644 $(systemdsystemunitdir) cloud-config/systemd/*.service cloud-config/systemd/*.timer
644 $(zshcompletiondir) docs/completion/_bootname
644 $(docdir) README.md LICENSE
644 $(docdir)/docs docs/*.md docs/*.svg docs/*.yaml
644 $(docdir)/docs/releases docs/releases/*.md
755 $(pkgdatadir) cloud-config/mkuserdata
644 $(pkgdatadir) $(MKUSERDATA_READS) cloud-config/*.json cloud-config/*.yaml
644 $(pkgdatadir) cloud-config/signal.sh cloud-config/status.sh
644 $(pkgdatadir)/cloudformation cloud-config/cloudformation/*.yaml
644 $(pkgdatadir)/packer cloud-config/packer/*.hcl
644 $(pkgdatadir)/systemd cloud-config/systemd/*.service cloud-config/systemd/*.timer
644 $(pkgdatadir)/terraform cloud-config/terraform/*.tf$(foreach one,$(wildcard cloud-config/terraform/examples/*),$(newline)644 $(pkgdatadir)/$(one:cloud-config/%=%) $(one)/*.tf)
endef
HELPERS_INSTALLED = 644 $(pkglibdir) $(PACKED)

install: export FILES = $(INSTALLED)
install-helpers: export FILES = $(HELPERS_INSTALLED)
define put
	$(Q)printf '%s\n' "$$FILES" | while read -r mode folder files; do \
		printf '  %-8s %s\n' INSTALL "$(DESTDIR)$$folder"; \
		$(INSTALL) -d "$(DESTDIR)$$folder" && \
		$(INSTALL) -m "$$mode" $$files "$(DESTDIR)$$folder/" || exit; done
endef

# The units are not enabled: that is for user-data, or for whoever makes an AMI.
.PHONY: install ## to $(DESTDIR)$(PREFIX)
install: all
	$(put)
	$(Q)sed -i 's|@program@|$(sbindir)/bootname|' \
		$(DESTDIR)$(systemdsystemunitdir)/bootname*
	$(Q)$(INSTALL) -d $(DESTDIR)$(bashcompletiondir) $(DESTDIR)$(bindir)
	$(Q)$(INSTALL) -m 644 docs/completion/bootname.bash \
		$(DESTDIR)$(bashcompletiondir)/bootname
	$(Q)cd $(DESTDIR)$(bashcompletiondir) && ln -sf bootname bootname-reap && \
		ln -sf bootname mkuserdata
	$(Q)ln -sf $(shell realpath -ms --relative-to=$(bindir) $(pkgdatadir))/mkuserdata \
		$(DESTDIR)$(bindir)/mkuserdata
	$(Q)ln -sfn $(shell realpath -ms --relative-to=$(docdir) $(pkgdatadir)) \
		$(DESTDIR)$(docdir)/cloud-config

.PHONY: install-helpers ## what mkuserdata embeds, for machines without a compiler
install-helpers: helpers
	$(put)

.PHONY: uninstall ## all of it, install-helpers' too
uninstall: export FILES = $(INSTALLED)$(newline)$(HELPERS_INSTALLED)
uninstall:
	$(Q)printf '%s\n' "$$FILES" | while read -r mode folder files; do \
		for file in $$files; do rm -f "$(DESTDIR)$$folder/$${file##*/}"; done; done
	$(Q)rm -f $(DESTDIR)$(bindir)/mkuserdata $(DESTDIR)$(docdir)/cloud-config \
		$(addprefix $(DESTDIR)$(bashcompletiondir)/,bootname bootname-reap mkuserdata)
	$(Q)for folder in $(pkgdatadir) $(pkglibdir) $(docdir)/docs; do \
		[ ! -d $(DESTDIR)$$folder ] || find $(DESTDIR)$$folder -depth \
			-type d -empty -delete; done
	$(Q)[ ! -d $(DESTDIR)$(docdir) ] || \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)$(docdir)

# The cache holds systems that take minutes to make.
.PHONY: clean ## all of build/ but the cache; distclean: that, too
clean:
	rm -rf $(filter-out $B/cache,$(wildcard $B/* $B/.[!.]*))

.PHONY: distclean
distclean:
	rm -rf $B
	find tests -name __pycache__ -type d -prune -exec rm -rf {} +

# What stands behind ## beside a target's name.
.PHONY: help ## this list
help:
	@awk -F ' ## ' 'FNR == 1 && NR > 1 { print "" } \
		/^\.PHONY: .* ## / { sub(/^\.PHONY: /, "make "); \
			printf "%-22s%s\n", $$1, $$2 }' Makefile $(PARTS)
