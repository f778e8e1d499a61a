#!/bin/sh
# Run fuzzers, as many at a time as there are processors, each on a copy of its
# corpus.  Arguments: the seconds for each, then their names.  B: the folder
# they are built in.
set -u

: "${B:?}"

# Run one; its log and what it finds go to $B.
fuzz() {
	seconds=$1 name=$2
	log=$B/$name.log
	corpus=$B/$name.corpus
	dictionary=tests/fuzz/$name.dict
	rm -rf "$corpus" && mkdir -p "$corpus"
	cp "tests/fuzz/corpus/$name"/* "$corpus"
	[ -e "$dictionary" ] || dictionary=
	ASAN_OPTIONS=quarantine_size_mb=8 "$B/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=512 -malloc_limit_mb=32 -print_final_stats=1 \
		-artifact_prefix="$B/$name-" ${dictionary:+-dict="$dictionary"} \
		"$corpus" >"$log" 2>&1 && return
	echo "FAILED: $name; see $log"
	sed -n 's/^artifact_prefix.*Test unit written to /run it again on: /p' "$log"
	return 255
}

# What it did, out of its log.
tell() {
	awk -v name="$1" -v found="$(find "$B/$1.corpus" -type f | wc -l)" '
		/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
		/^Done / { seconds = $(NF - 1) }
		/number_of_executed_units/ { runs = $2 }
		/peak_rss_mb/ { rss = $2 }
		END { printf "%-13s %9d runs in %d s, %d edges, %d inputs, %d MiB\n",
			name, runs, seconds, edges, found, rss }' "$B/$1.log"
}

if [ "$1" = one ]; then
	fuzz "$2" "$3"
	exit
fi
seconds=$1
shift
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$0" one "$seconds" || exit 1
for name in "$@"; do
	tell "$name"
done
