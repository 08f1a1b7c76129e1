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
# its 250 on, as in a run). "mute IDLE" stands behind a relay that swallows what IDLE pushes, "on the
# wire" behind one that counts what a found message costs: round trips from the answer that tells of
# it to its header, and bytes of IMAP both ways beyond the header's. Memory ("KiB") is what is
# resident at rest, above what the process had before, for each watched seed; "busy" is the same when
# all messages have come. "rest %" and "CPU %" are the processor time it takes at rest, and while
# messages come. At rest the others idle, and seedtest has a session ready; "following" it idles too
# and looks now and then, as after a run. The last lines hold the figures against what is wanted, and
# the exit status is 3 if one was missed.
#
# ONLY="seedtest 1000" measures the trials whose name and size begin so. The usual size holds 1,000
# seeds, FULL=1 5,000. Dovecot needs root, inotify instances enough (raised while this runs, if it
# may), and is installed from Debian with node where missing.
set -euo pipefail
cd "$(dirname "$0")/.."

RATE=${RATE:-50}
SEEDS=${SEEDS:-$([ -n "${FULL:-}" ] && echo 5000 || echo 1000)}
IMAPFLOW=imapflow@2.10.2
if [ "$SEEDS" -lt 200 ] || [ "$SEEDS" -gt 20000 ] || [ "$RATE" -lt 1 ] || [ "$RATE" -gt 500 ]; then
	echo "watch: SEEDS is a number from 200 to 20000, RATE one from 1 to 500" >&2
	exit 2
fi
source bench/dovecot.sh

instances=$(cat /proc/sys/fs/inotify/max_user_instances)
trap 'end_servers; echo "$instances" 2>/dev/null >/proc/sys/fs/inotify/max_user_instances || true' EXIT
echo 40000 2>/dev/null >/proc/sys/fs/inotify/max_user_instances ||
	echo "watch: inotify cannot be raised: Dovecot pushes by its timer" >&2

need_node
npm install --silent --no-audit --no-fund --prefix "$dir" "$IMAPFLOW"
CGO_ENABLED=0 go build -trimpath -o "$dir/watch" ./bench/watch

start_dovecot < <(seq -f "u%.0f@main.example" "$SEEDS") "
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
}"

echo "Dovecot $(dovecot --version), $(go version), node $(node --version), $IMAPFLOW," \
	"$(nproc) cores, $RATE messages/s"
"$dir/watch" drive "{\"Imaps\":\"127.0.0.1:$imaps\",\"LMTP\":\"$dir/lmtp\",\"First\":1,
\"CA\":\"$dir/cert.pem\",\"Key\":\"$dir/key.pem\",\"Password\":\"$dir/password\",
\"Modules\":\"$dir/node_modules\",\"Script\":\"$PWD/bench/watch/imapflow.js\",
\"Seeds\":$SEEDS,\"Rate\":$RATE,\"Only\":\"${ONLY:-}\"}" || {
	status=$?
	[ "$status" = 3 ] || tail -20 "$dir/dovecot.log" >&2
	exit "$status"
}
