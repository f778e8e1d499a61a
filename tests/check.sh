#!/bin/sh
# Run tests and close with one line.  Arguments: the unit tests by name, and as
# fuzz/NAME the harnesses, each of which runs its corpus.
# B: the build folder.  BOOTNAME_WRAPPER: put in front of each program, such as
# "valgrind -q".  UNIT_ONLY: leave out what needs more than the programs here.
# QUICK: leave out the tests that have the mark "thorough".
set -u

: "${B:?}" "${BOOTNAME_WRAPPER:=}"
# Bytecode goes to the build folder: without it every worker compiles the tests.
export B BOOTNAME_WRAPPER PYTHONPYCACHEPREFIX="$B/pycache"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

for test in "$@"; do
	corpus=tests/fuzz/corpus/${test#fuzz/}
	# shellcheck disable=SC2086 # the wrapper is a list of words
	if $BOOTNAME_WRAPPER "$B/tests/$test" "$corpus" >"$log" 2>&1; then
		ran=$(sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log")
		grep -h '^note:' "$log"
		if [ "${ran:-0}" -gt 0 ]; then
			passed=$((passed + ran))
			continue
		fi
		echo "$test: ran no test"
	fi
	echo "FAILED: $test"
	cat "$log"
	failed=$((failed + 1))
done
echo "unit tests and corpora: $passed passed, $failed programs failed"
if [ "${UNIT_ONLY:-}" ]; then
	[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
	exit
fi

# More workers than processors: half of the tests wait for time-outs most of the time.
# shellcheck disable=SC2086
/usr/bin/python3 -m pytest -q -rs -p no:cacheprovider --strict-markers \
	-n "$(($(nproc) * 2))" ${QUICK:+-m "not thorough"} tests/e2e \
	${PYTEST_ARGS:-} 2>&1 | tee "$log"
last=$(grep -E '^(=+ )?[0-9]+ (passed|failed|skipped|error)' "$log" | tail -n 1)
number() { echo " $last" | sed -n "s/.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p"; }
e2e_passed=$(number passed)
e2e_failed=$(number failed)
e2e_errors=$(number error)
e2e_skipped=$(number skipped)
[ "${e2e_passed:-0}" -gt 0 ] || e2e_errors=$((${e2e_errors:-0} + 1))
passed=$((passed + ${e2e_passed:-0}))
failed=$((failed + ${e2e_failed:-0} + ${e2e_errors:-0}))
echo "$passed passed, $failed failed, ${e2e_skipped:-0} skipped"
[ "$failed" = 0 ]
