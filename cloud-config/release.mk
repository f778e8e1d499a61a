# What user-data carries, and all that it is made of.  The Makefile includes this.

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
RELEASE_NEEDS := $(SOURCES) helper/boot.c $(HEADERS) Makefile \
	$(addprefix cloud-config/,release.mk release.sh)
# $(call release-it,ARCHITECTURE,FLAGS,MODULES)
define release-it
	$(call say,RELEASE,$@)
	@mkdir -p $(@D)
	$(Q)sh cloud-config/release.sh $(1) $@ $(STANDARD) $(2) $(3:%=helper/%.c)
endef

.PHONY: release ## build/release: for x86-64 and arm64, mkuserdata.pyz (Debian, Ubuntu)
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

# What stands beside mkuserdata for it to read.
MKUSERDATA_READS := $(addprefix cloud-config/,deflate.py pack.py unpack.sh fetch.py)

# mkuserdata in one file, for a machine without the rest.
ARCHIVE_NEEDS := cloud-config/mkuserdata $(MKUSERDATA_READS) \
	$(wildcard cloud-config/systemd/bootname*.service cloud-config/systemd/bootname*.timer)
$(ARCHIVE): cloud-config/archive.py $(ARCHIVE_NEEDS) $(RELEASE) $(PACKED)
	$(call say,ZIP,$@)
	$(Q)$(PYTHON) $< $@ cloud-config $(filter-out $<,$^)

# Twice the same bytes, wherever it is built and with whatever flags of the user's.
.PHONY: release-again ## whether another build makes the same bytes
release-again: release
	@rm -rf $B/again && mkdir -p $B/again/tree
	@cp -R --parents Makefile tests/*.mk helper cloud-config $B/again/tree/
	@$(MAKE) --no-print-directory -s -C $B/again/tree B=../of/release CFLAGS=-O1 release
	@cmp $B/again/of/release/release/SHA256SUMS $B/release/SHA256SUMS

# Where the bytes are of what is embedded; SET: boot or service.
SET ?= boot

SIZED := $(foreach machine,$(MACHINES),$B/release/size-$(SET)-$(machine) \
	$B/release/bootname-$(SET)-$(machine).xz)

.PHONY: size ## where its bytes are, by module
size: $(SIZED)
	@for machine in $(MACHINES); do \
		$(PYTHON) cloud-config/size.py $$machine $B/release/size-$(SET)-$$machine \
			$B/release/bootname-$(SET)-$$machine.xz && echo; done

# Helpers to embed, for mkuserdata where no compiler is.
.PHONY: helpers ## the part of the release that rides in user-data
helpers: $(PACKED)

# ---- User-data. ----

ARCH ?= $(shell uname -m)

# OPTIONS: more for mkuserdata, such as --systemd.
.PHONY: user-data ## build/user-data, of SETTINGS=FILE and ARCH=x86_64|aarch64
user-data: $B/bootname $(foreach kind,$(EMBEDDED),$B/release/bootname-$(kind)-$(ARCH).xz)
	$(if $(SETTINGS),,$(error name the file of settings: make $@ SETTINGS=FILE))
	@BOOTNAME_BUILD=$(abspath $B) $(PYTHON) cloud-config/mkuserdata --arch $(ARCH) \
		--check-with $< -o $B/user-data $(OPTIONS) '$(SETTINGS)'

# To a private bucket, for `mkuserdata --s3`; PREFIX of the keys: KEYS=bootname/0.2.0/.
KEYS ?= bootname/$(VERSION)/

.PHONY: publish ## the release to S3: BUCKET=NAME
publish: release
	$(if $(BUCKET),,$(error name the bucket: make $@ BUCKET=NAME))
	@sh cloud-config/publish.sh $B/release '$(BUCKET)' '$(KEYS)'
