# Tarball and packages.  The Makefile includes this.

# Who answers for a package: name and address of whoever builds it for others.
MAINTAINER ?= The bootname authors <bootname@example.com>
# Where the sources are, for the packages' field Homepage; empty leaves that out.
HOMEPAGE ?=
TARBALL = $B/bootname-$(VERSION).tar.gz
PACKAGING := cloud-config/packages

.PHONY: dist ## a source tarball, of the last commit
dist: | $B
	$(call say,DIST,$(TARBALL))
	$(Q)sh $(PACKAGING)/dist.sh $(VERSION) $(TARBALL)

# Twice the same, and all that it takes.
.PHONY: distcheck ## whether that is all that it takes
distcheck: dist
	@mkdir -p $B/again && sh $(PACKAGING)/dist.sh $(VERSION) \
		$B/again/$(notdir $(TARBALL)) && cmp $B/again/$(notdir $(TARBALL)) $(TARBALL)
	@sh tests/distcheck.sh $(TARBALL) $(VERSION)

.PHONY: deb ## build/deb: the Debian package
deb: dist
	$(call say,DEB,$B/deb)
	$(Q)HOMEPAGE='$(HOMEPAGE)' sh $(PACKAGING)/deb.sh $(TARBALL) $(VERSION) '$(MAINTAINER)' $B/deb

.PHONY: rpm ## build/rpm: the RPM, for the distribution it is built on
rpm: dist $(PACKED)
	$(call say,RPM,$B/rpm)
	$(Q)HOMEPAGE='$(HOMEPAGE)' sh $(PACKAGING)/rpm.sh $(TARBALL) $(VERSION) '$(MAINTAINER)' $B/rpm $(PACKED)

# What a version's page has, in one folder; and putting it there, with GitHub's CLI.
.PHONY: release-files ## build/files: what a version publishes
.PHONY: upload ## that to the page of a version, of TAG
release-files: dist deb release
	@rm -rf $B/files && mkdir -p $B/files
	@cp $(TARBALL) $B/deb/*.deb $(RELEASE) $(PACKED) $(ARCHIVE) $B/files/
	$(Q)cd $B/files && sha256sum * >SHA256SUMS

upload:
	$(if $(TAG),,$(error name the tag: make $@ TAG=vVERSION))
	$(Q)gh release create '$(TAG)' --verify-tag --title '$(TAG)' \
		--notes-file 'docs/releases/$(TAG:v%=%).md' $B/files/*

# All that must hold; installs what is missing.
.PHONY: gate ## what a push must pass
gate:
	@.ci/run

# As root: both, by the distributions' own rules, then in Debian 12 and 13.
.PHONY: check-packages ## the packages in Debian 12 and 13, as root
check-packages: deb rpm $B/bootname
	$(call say,LINTIAN,$B/deb)
	$(Q)lintian --allow-root --pedantic --fail-on error$(comma)warning $B/deb/*.changes
	$(call say,RPMLINT,$B/rpm)
	$(Q)rpmlint --strict -c $(PACKAGING)/rpmlint.toml $B/rpm/*.rpm $B/rpm/*.spec \
		>$B/rpm/lint || { cat $B/rpm/lint >&2; exit 1; }
	@B=$(abspath $B) sh tests/boot/run.sh packages
