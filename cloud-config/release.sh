#!/bin/sh
# Build the helper that rides in user-data: small, hardened, and the same bytes
# wherever the same compiler builds it; the user's flags don't count.
# Arguments: the architecture; the program to write; then what the compiler
# gets: language, macros, source files.
set -eu

architecture=$1 program=$2
shift 2
tools=$architecture-linux-gnu
work=$program.work
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

# In place of each library, a stub: the names of its functions without the
# versions that Debian gives them.  A program that asks for versions warns at
# every run where a library has none, as libcurl on Amazon Linux.  And so no
# library but libc has to be here for the other architecture.
for library in libcurl.so.4 libyaml-0.so.2 libjson-c.so.5 libcrypto.so.3 \
	libexpat.so.1; do
	nm -D --defined-only "$(gcc -print-file-name=$library)" |
		sed -nE 's/^[0-9a-f]+ T ([^@]+).*/\1/p' |
		sed 's/.*/.globl &\n.type &, %function\n&:/' >"$work/stub.s"
	"$tools-gcc" -shared -nostdlib -Wl,-soname,$library \
		-o "$work/$library" "$work/stub.s"
done

# The loader asks the libraries in their order for every name of all of them.
libraries="$work/libcrypto.so.3 -lc $work/libcurl.so.4 $work/libyaml-0.so.2
	$work/libjson-c.so.5 $work/libexpat.so.1"

# Of libc's start files the one that calls main(), and its code only: the rest
# serves C++ and debuggers.  Notes go before the link: to strip them off the
# program would take its GNU_RELRO along.
"$tools-objcopy" -R '.note.*' -R '!.note.GNU-stack' -R .eh_frame \
	"$("$tools-gcc" -print-file-name=Scrt1.o)" "$work/start.o"

# The page size is the linker's, 64 KiB for arm64: some kernels there have it.
small='-Os -flto -ffunction-sections -fdata-sections -Wl,--gc-sections
	-fno-asynchronous-unwind-tables -fno-unwind-tables
	-Wl,--no-eh-frame-hdr,--hash-style=gnu,--as-needed -Wl,-z,noseparate-code'
# All large buffers are static: -fstack-protector-strong would add mostly size.
hardened='-fPIE -pie -fstack-protector -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
	-Wl,-z,relro,-z,now,-z,noexecstack,-z,text'
reproducible='-frandom-seed=bootname -Wl,--build-id=none'
# What makes functions more alike, for compression: each was measured and saves 20 to
# 500 bytes.
alike='-fno-schedule-insns2 -fno-expensive-optimizations -fno-tree-tail-merge
	-fno-caller-saves -fno-optimize-sibling-calls -fno-move-loop-invariants -fno-tree-ccp -mgeneral-regs-only
	-flto-partition=none'
case $architecture in
x86_64) alike="$alike -fno-plt -fno-if-conversion -fno-forward-propagate
	-fno-jump-tables -fno-guess-branch-probability -fipa-pta
	-fno-ira-hoist-pressure -fno-shrink-wrap -fno-defer-pop
	-fno-strict-aliasing -fno-tree-fre -fno-ipa-ra -fno-compare-elim" ;;
aarch64) alike="$alike -fno-tree-dominator-opts -fno-reorder-blocks -fno-reorder-functions
	-fno-if-conversion -fno-schedule-fusion -fno-move-loop-stores" ;;
esac
# What rides in user-data has less than 1 MiB of static buffers; the whole program,
# with check in it, has more.
case "$architecture $*" in
aarch64*-DBOOTNAME_EMBEDDED*) alike="$alike -mcmodel=tiny" ;;
esac
# libc's headers for that architecture, then this machine's for the libraries.
headers="-idirafter /usr/include/$(gcc -print-multiarch)
	-idirafter /usr/include"

# shellcheck disable=SC2086 # lists of words
"$tools-gcc" $small $hardened $reproducible $alike $headers -nostartfiles \
	-o "$program" "$work"/start.o "$@" $libraries
# To look at it: as it is, with -g.
case " $* " in
*" -g "*) ;;
*) "$tools-strip" -R .comment "$program" ;;
esac
