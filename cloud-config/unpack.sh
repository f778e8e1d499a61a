#!/bin/sh
# Unpack the program, which is behind this script, in its place; then run it.
# mkuserdata leaves the comments out.
h=$(realpath "$0") t=.bootname
x() { tail -n +@line@ "$h" | "$@" >$t.$$; }
exec 3>&2 2>/dev/null
# Not beside it: cloud-init runs all that is there.
cd "${h%/*}/.." || exit 71
x xz -dc || x python3 -c 'import lzma
open(1, "wb").write(lzma.open(open(0, "rb")).read())' &&
	chmod 755 $t.$$ && sync $t.$$ && mv $t.$$ "$h"
rm $t.*
# Of two that run at once, one may find what the other has put there.
read -r l <"$h"
[ "$l" = '#!/bin/sh' ] || exec "$h" "$@" 2>&3
s=71 m="cannot write $h"
xz -V >&2 || python3 -c 'import lzma' || s=69 m="needs xz, or Python's lzma"
echo "bootname: unpack: $m" >&3
exit $s
