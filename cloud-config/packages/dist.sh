#!/bin/sh
# Pack the sources: dist.sh VERSION TARBALL.  One commit gives the same bytes
# wherever it is packed.
set -eu

name=bootname-$1 tarball=$2
tar=${tarball%.gz}
if [ -e .git ]; then
	[ -z "$(git status --porcelain)" ] ||
		echo "make dist: what is not committed is left out" >&2
	git -c tar.umask=0022 archive --prefix="$name/" -o "$tar" HEAD
else # unpacked from a tarball
	tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w \
		--mtime="@$(stat -c %Y Makefile)" --exclude=__pycache__ \
		--exclude="./$(realpath -m --relative-to=. "$(dirname "$tarball")")" \
		--transform="s,^\.,$name," -cf "$tar" .
fi
gzip -9nf "$tar"
cd "$(dirname "$tarball")"
tarball=$(basename "$tarball")
sha256sum "$tarball" >"$tarball.sha256"
