#!/usr/bin/env bash
# How soon is a message seen? Measures on a real Dovecot over loopback, for INBOX and for junk:
#
#   250 to sighting            from the receiving server's 250 to the sighting, by one clock
#   process start to verdict   one route, one seed, one message: all that one call costs
#
# for seedtest (own = true), for a plain client with IDLE on both mailboxes (bench/idleclient),
# and for swaks with a script that polls (bench/poll.py), by turns in one run, so that the ratios
# hold on any machine. N=50 bench/roundtrip.sh takes more messages than the usual 20.
#
# The setup: Dovecot (dovecot.sh), and bench/receiver before it, which answers 250 when Dovecot's
# LMTP has. Every client sends to it without TLS and reads with TLS. It needs root, because Dovecot
# does, and installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

N=${N:-20}
if [ "$N" -lt 2 ] || [ "$N" -gt 1000 ]; then
	echo "roundtrip: N is a number from 2 to 1000" >&2
	exit 2
fi
source bench/dovecot.sh

smtp=$(free_port)
user=inbox@main.example
CGO_ENABLED=0 go build -trimpath -o "$dir" ./cmd/seedtest ./bench/receiver ./bench/idleclient
# shellcheck disable=SC2119 # no further lines of configuration
start_dovecot <<<"$user"

cat >"$dir/seeds.toml" <<EOF
[sender.main]
from = "Ops <ops@example.org>"
[route.loopback]
host = "127.0.0.1"
port = $smtp
tls = "none"
[seed.own]
address = "$user"
own = true
ca = "cert.pem"
password = { file = "password" }
imap = { host = "127.0.0.1", port = $imaps, tls = "implicit" }
[message.notice]
subject = "Your notice"
text = "Hello."
[message.newsletter]
subject = "Your newsletter"
text = "Hello."
headers = { "X-Campaign" = "newsletter" }
[suite.inbox]
messages = ["notice"]
[suite.junk]
messages = ["newsletter"]
EOF

"$dir/receiver" "127.0.0.1:$smtp" "$dir/lmtp" >"$dir/accepted" 2>"$dir/receiver.log" &
servers+=($!)
wait_for "$smtp"

echo "$(dovecot --version), $(go version), $(nproc) cores, N=$N"
python3 bench/measure.py "$N" "$dir" "127.0.0.1:$smtp" "127.0.0.1:$imaps" "$user"
