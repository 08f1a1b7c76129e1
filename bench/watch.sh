#!/usr/bin/env bash
# How soon do watchers of many mailboxes notice a message, and what do they cost? Measures on a real
# Dovecot over loopback with TLS, by turns in one run, so that the ratios hold on any machine:
#
#   seedtest   this project's inbox.Watcher at its own pace: one session a seed
#   goimap     a plain go-imap client: two sessions with IDLE, on INBOX and Junk
#   imapflow   from npm, of a fixed version, used the same way
#
# Messages come by LMTP, RATE (50) a second, half of them for Junk; late is from LMTP's 250 to the
# sighting, by one clock. All seeds expect their message from the start ("told at 250": each from
# its 250 on, as in a run). "mute IDLE" stands behind a proxy that swallows what IDLE pushes. Memory
# is what is resident after settling, above what the process had before, for each watched seed.
# ONLY=seedtest measures the trials whose name begins so.
# The usual size holds 1,000 seeds, FULL=1 5,000. Dovecot needs root, inotify instances enough
# (raised while this runs, if it may), and is installed from Debian with node where missing.
set -euo pipefail
cd "$(dirname "$0")/.."

RATE=${RATE:-50}
SEEDS=${SEEDS:-$([ -n "${FULL:-}" ] && echo 5000 || echo 1000)}
IMAPFLOW=imapflow@2.10.2
if [ "$SEEDS" -lt 200 ] || [ "$SEEDS" -gt 20000 ] || [ "$RATE" -lt 1 ] || [ "$RATE" -gt 500 ]; then
	echo "watch: SEEDS is a number from 200 to 20000, RATE one from 1 to 500" >&2
	exit 2
fi
realtest/install.sh >/dev/null

dir=$(mktemp -d)
chmod 755 "$dir"
servers=()
instances=$(cat /proc/sys/fs/inotify/max_user_instances)
stop() {
	for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
	echo "$instances" 2>/dev/null >/proc/sys/fs/inotify/max_user_instances || true
}
trap stop EXIT
echo 40000 2>/dev/null >/proc/sys/fs/inotify/max_user_instances ||
	echo "watch: inotify cannot be raised: Dovecot pushes by its timer" >&2

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	apt-get -q -o DPkg::Lock::Timeout=600 update >"$dir/apt.log"
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
		install --no-install-recommends nodejs npm >>"$dir/apt.log"
fi
npm install --silent --no-audit --no-fund --prefix "$dir" "$IMAPFLOW"

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
	echo "watch: nobody listens on port $1" >&2
	cat "$dir"/*.log >&2
	exit 1
}

imaps=$(free_port)
mute=$(free_port)
CGO_ENABLED=0 go build -trimpath -o "$dir/watch" ./bench/watch
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
	-subj "/CN=mail.example.org" -addext "subjectAltName=IP:127.0.0.1" \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl.log"
(umask 077 && openssl rand -hex 16 >"$dir/password")
for i in $(seq "$SEEDS"); do
	echo "u$i@main.example:$(cat "$dir/password")"
done >"$dir/users"
mkdir -m 777 "$dir/mail"
version=$(dovecot --version | cut -d. -f1-2)
sed -e "s|{{.Dir}}|$dir|g; s|{{.Certificates}}|$dir|g; s|{{.Name}}|bench|; s|{{.IMAPS}}|$imaps|" \
	-e '/{{if .OAuth}}/,/{{end}}/{/{{end}}/!d; s/{{end}}//}' \
	"realtest/testdata/dovecot-$version.conf" >"$dir/dovecot.conf"
cat >>"$dir/dovecot.conf" <<END
mail_max_userip_connections = 0
default_client_limit = 19000
default_vsz_limit = 1G
service imap {
  process_limit = 12000
}
service imap-login {
  service_count = 0
  process_min_avail = 2
  process_limit = 4
  client_limit = 18000
}
service lmtp {
  process_min_avail = 8
}
END
cp realtest/testdata/before.sieve "$dir/before.sieve"
sievec -c "$dir/dovecot.conf" "$dir/before.sieve"
dovecot -F -c "$dir/dovecot.conf" 2>"$dir/dovecot.log" &
servers+=($!)
wait_for "$imaps"

settings="{\"Imaps\":\"127.0.0.1:$imaps\",\"Mute\":\"127.0.0.1:$mute\",\"LMTP\":\"$dir/lmtp\",
\"CA\":\"$dir/cert.pem\",\"Key\":\"$dir/key.pem\",\"Password\":\"$dir/password\",\"First\":1,
\"Modules\":\"$dir/node_modules\",\"Script\":\"$PWD/bench/watch/imapflow.js\",
\"Seeds\":$SEEDS,\"Rate\":$RATE,\"Only\":\"${ONLY:-}\"}"
"$dir/watch" mute "$settings" 2>"$dir/mute.log" &
servers+=($!)
wait_for "$mute"

echo "Dovecot $(dovecot --version), $(go version), node $(node --version), $IMAPFLOW," \
	"$(nproc) cores, $RATE messages/s"
"$dir/watch" drive "$settings" || {
	tail -20 "$dir/dovecot.log" >&2
	exit 1
}
