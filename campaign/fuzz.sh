#!/usr/bin/env bash
# Runs every fuzz test of the module for so long (campaign/fuzz.sh 20s), one on each core. What failed
# is shown in full; the last line counts.
#
# Before Go 1.27 a fuzz test can end with nothing but "context deadline exceeded" when its time is up
# (go.dev/issue/75804). That is no failure: one writes down the input that failed.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:?how long, such as 20s}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export logs time

# fuzz DIRECTORY NAME runs one.
fuzz() {
	local log="$logs/${1//\//_}.$2"
	if "${GO:-go}" test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$time" -parallel 1 \
		-fuzzminimizetime 1000x >"$log" 2>&1 </dev/null ||
		{ grep -q '^    context deadline exceeded$' "$log" &&
			! grep -qE 'Failing input written|^panic:|build failed' "$log"; }; then
		echo "fuzz $1 $2: $(grep -o 'execs: .*' "$log" | tail -n 1)"
	else
		echo "fuzz $1 $2: FAILED"
		cat "$log"
		touch "$log.failed"
	fi
}
export -f fuzz

grep -rH --include='*_test.go' '^func Fuzz' . |
	sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort >"$logs/list"
xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 2 bash -c 'fuzz "$@"' fuzz <"$logs/list"

all=$(wc -l <"$logs/list")
failed=$(find "$logs" -name '*.failed' | wc -l)
echo "$all fuzz tests, $time each, $failed failed"
[ "$all" -gt 0 ] && [ "$failed" = 0 ]
