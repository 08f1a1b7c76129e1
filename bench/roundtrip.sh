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
# The setup: Dovecot from Debian as realtest configures it (maildir, Sieve, IMAP with TLS, LMTP),
# and bench/receiver before it, which answers 250 when Dovecot's LMTP has. Every client sends to
# it without TLS and reads with TLS. All is in a temporary directory, on free ports of loopback.
# It needs root, because Dovecot does, and installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

N=${N:-20}
if [ "$N" -lt 2 ] || [ "$N" -gt 1000 ]; then
	echo "roundtrip: N is a number from 2 to 1000" >&2
	exit 2
fi
realtest/install.sh >/dev/null

dir=$(mktemp -d)
chmod 755 "$dir"
servers=()
stop() {
	for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap stop EXIT

# A free port: the system gives one to whoever asks for port 0.
free_port() {
	python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# wait_for PORT waits, ten seconds at most, until somebody listens.
wait_for() {
	for _ in $(seq 100); do
		if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
		sleep 0.1
	done
	echo "roundtrip: nobody listens on port $1" >&2
	cat "$dir"/*.log >&2
	exit 1
}

smtp=$(free_port)
imaps=$(free_port)
user=inbox@main.example

CGO_ENABLED=0 go build -trimpath -o "$dir" ./cmd/seedtest ./bench/receiver ./bench/idleclient
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
	-subj "/CN=mail.example.org" -addext "subjectAltName=IP:127.0.0.1" \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl.log" || {
	cat "$dir/openssl.log" >&2
	exit 1
}
(umask 077 && openssl rand -hex 16 >"$dir/password")
echo "$user:$(cat "$dir/password")" >"$dir/users"
mkdir -m 777 "$dir/mail"
version=$(dovecot --version | cut -d. -f1-2)
sed -e "s|{{.Dir}}|$dir|g; s|{{.Certificates}}|$dir|g; s|{{.Name}}|bench|; s|{{.IMAPS}}|$imaps|" \
	"realtest/testdata/dovecot-$version.conf" >"$dir/dovecot.conf"
cp realtest/testdata/before.sieve "$dir/before.sieve"
sievec -c "$dir/dovecot.conf" "$dir/before.sieve"

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

dovecot -F -c "$dir/dovecot.conf" 2>"$dir/dovecot.log" &
servers+=($!)
"$dir/receiver" "127.0.0.1:$smtp" "$dir/lmtp" >"$dir/accepted" 2>"$dir/receiver.log" &
servers+=($!)
wait_for "$smtp"
wait_for "$imaps"

echo "$(dovecot --version), $(go version), $(nproc) cores, N=$N"
python3 bench/measure.py "$N" "$dir" "127.0.0.1:$smtp" "127.0.0.1:$imaps" "$user"
