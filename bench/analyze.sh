#!/usr/bin/env bash
# How fast are headers read? Measures on one core, by turns in one run, so that the ratios hold on
# any machine:
#
#   seedtest      analyze.Message: hops, results, ARC, signatures, stamps, whom to believe
#   gomessage     go-message: header, subject, date, From; results with go-msgauth/authres; no hops.
#                 It is called as its documentation does, by mail.CreateReader;
#                 textproto.ReadHeader alone, beneath it, would be some 8 % faster
#   mailauth      its parsers of headers, hops, results, ARC and signatures, without the rest. It
#                 does not export them: they show what reading alone costs it
#   authenticate  mailauth as its users call it, with a DNS that has no answer (node 20)
#
# and how far the heap rises while seedtest reads all messages from an mbox, one by one.
# N=1000 bench/analyze.sh reads fewer messages than the usual 10,000.
#
# The messages are made by bench/analyze, in the shape of what real servers write. node and npm are
# installed where they are missing (Debian, root), mailauth of a fixed version in a temporary
# directory.
set -euo pipefail
cd "$(dirname "$0")/.."

N=${N:-10000}
MAILAUTH=mailauth@4.13.0
if [ "$N" -lt 10 ] || [ "$N" -gt 1000000 ]; then
	echo "analyze: N is a number from 10 to 1000000" >&2
	exit 2
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "analyze: install node and npm first" >&2
		exit 1
	fi
	apt-get -q -o DPkg::Lock::Timeout=600 update >"$dir/apt.log"
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
		install --no-install-recommends nodejs npm >>"$dir/apt.log"
fi
npm install --silent --no-audit --no-fund --prefix "$dir" "$MAILAUTH"

CGO_ENABLED=0 go build -trimpath -o "$dir/analyze" ./bench/analyze
"$dir/analyze" write "$dir/mbox" "$N"
"$dir/analyze" write "$dir/few" $((N / 10))

# once READER runs it on one core and appends its answer to a file.
once() {
	local core=(taskset -c 0)
	command -v taskset >/dev/null || core=()
	case $1 in
	mailauth) "${core[@]}" node bench/analyze/mailauth.js "$dir" "$dir/mbox" parsers ;;
	authenticate) "${core[@]}" node bench/analyze/mailauth.js "$dir" "$dir/few" authenticate ;;
	*) "${core[@]}" "$dir/analyze" "$1" "$dir/mbox" ;;
	esac >>"$dir/$1.out"
}

# label READER names it in the table.
label() {
	case $1 in
	gomessage) echo "go-message and authres" ;;
	mailauth) echo "mailauth's inner parsers" ;;
	authenticate) echo "mailauth authenticate()" ;;
	*) echo "$1" ;;
	esac
}

# median READER NUMBER prints the median of a column of its answers.
median() { sort -n -k "$2,$2" "$dir/$1.out" | sed -n 2p | cut -d ' ' -f "$2"; }

echo "$(go version), node $(node --version), $MAILAUTH, $(nproc) cores"
echo "$N messages, headers of $("$dir/analyze" size "$dir/mbox") bytes on average"
readers=(seedtest gomessage mailauth)
if [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ]; then readers+=(authenticate); fi
for _ in 1 2 3; do
	for reader in "${readers[@]}"; do once "$reader"; done
done

ours=$(median seedtest 1)
printf '%-28s %12s %12s %22s\n' reader messages/s "seedtest is" "hops and results each"
for reader in "${readers[@]}"; do
	awk -v name="$(label "$reader")" -v rate="$(median "$reader" 1)" -v ours="$ours" \
		-v understood="$(median "$reader" 2)" \
		'BEGIN { printf "%-28s %12d %11.1fx %22.2f\n", name, rate, ours / rate, understood }'
done
echo "wanted: 40000 messages/s, 1.5x go-message, 15x mailauth"

"$dir/analyze" memory "$dir/mbox" | awk '{
	printf "%d messages from one mbox: the heap rises by %.1f MiB (wanted: at most 20)\n",
		$1, $2 / 1048576 }'
