#!/bin/sh
# Fetch the helper where its SHA-256 is not yet the wanted one; then run it.
url='@url@'
want=@sha256@
program=@program@
folder=${program%/*}
limit=32 # MiB

sum() { sha256sum "$1" 2>/dev/null | cut -d ' ' -f 1; }
fail() {
	status=$1
	shift
	echo "bootname: install: $*" >&2
	exit "$status"
}
# A shell hears a signal behind a command, but at once where it waits for one.
run() {
	busy=1
	"$@" &
	wait $!
	set -- $?
	busy=
	return "$1"
}
fetch() {
	ulimit -f $((limit * 2048)) # a length need not be told, nor be true
	# shellcheck disable=SC2086 # a command with its options
	exec $get "$new" "$url"
}
# With the reason, which curl and wget do not tell: write more, by what does.
cannot_write() {
	why=$(head -c 65536 /dev/zero 2>&1 >>"$new")
	fail 71 "cannot write to $folder: ${why##*: }"
}

if [ "$(sum $program)" != $want ]; then
	if command -v curl >/dev/null; then
		get="curl -fsSL -m 30 --proto =https --max-filesize $((limit << 20)) -o"
		unwritten=23
	elif command -v wget >/dev/null; then
		get='timeout 30 wget -q -t 1 -O'
		unwritten=3
	else
		fail 69 "neither curl nor wget is here; install one of them"
	fi
	trap '[ -z "$busy" ] || { kill $! && wait $!; } 2>/dev/null
		rm -f "$new"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	new=$({ mkdir -p "$folder" && mktemp $program.new.XXXXXX; } 2>&1) ||
		fail 71 "cannot write to $folder: ${new##*: }"
	# Of a run that was killed.
	find "$folder" -path "$program.new.??????" -mmin +60 -exec rm -f {} +
	for pause in 1 2 4 8 16 32 0; do # less than 5 minutes in all
		status=65
		run fetch
		case $? in
		0)
			got=$(sum "$new")
			[ "$got" = $want ] && break
			fault="has SHA-256 $got, wanted $want"
			;;
		63 | 153) fault="is larger than $limit MiB" ;; # 128 + SIGXFSZ
		"$unwritten") cannot_write ;;
		*) status=69 ;;
		esac
		if [ $pause = 0 ]; then
			[ $status = 65 ] && fail 65 "${url%%\?*} $fault;" \
				"nothing is installed or run"
			fail 69 "cannot fetch ${url%%\?*}; nothing is run"
		fi
		run sleep $pause
	done
	[ ! -d $program ] || fail 71 "cannot write $program: it is a folder"
	why=$({ chmod 755 "$new" && mv -f "$new" $program; } 2>&1) ||
		fail 71 "cannot write $program: ${why##*: }"
fi
exec $program "$@"
