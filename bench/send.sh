#!/usr/bin/env bash
# How many messages a second leave? Measures, by turns in one run so that the ratios hold on any
# machine, the median of five rounds each (ROUNDS=5):
#
#   sender alone  this project's sender.Client, which composes each message, with one thread at a time
#                 (GOMAXPROCS=1): so many smtp-source has
#   all threads   the same with as many as there are cores, which the sink shares then
#   whole run     a run of the harness with its store on disk: each attempt is durable before its
#                 message leaves, and each outcome is kept
#   smtp-source   Postfix's load generator, which sends one message again and again
#   nodemailer    from npm, of a fixed version, with its pool
#   swaks         one process a message
#
# into Postfix's smtp-sink and into a Postfix of its own that queues each message and discards it, by
# 1 and by 10 connections, without TLS; and counts the round trips of a message on a kept connection
# behind a relay that delays every packet by 20 ms each way. The last lines hold the figures against
# what is wanted, and the exit status is 3 if one was missed. SCALE=0.1 sends a tenth of the messages.
#
# It needs root for Postfix, and installs what is missing from Debian. Nothing of the machine's own
# Postfix is touched: queue, log and configuration are in a temporary directory, in memory where
# there is some.
set -euo pipefail
cd "$(dirname "$0")/.."

NODEMAILER=nodemailer@7.0.10
ROUNDS=${ROUNDS:-5}
SCALE=${SCALE:-1}
if ! [[ $ROUNDS =~ ^[1-9][0-9]?$ && $SCALE =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
	echo "send: ROUNDS is a number from 1 to 99, SCALE one such as 0.1" >&2
	exit 2
fi

source bench/servers.sh
need_node

sink=$(free_port)
smtp-sink -c -u nobody "127.0.0.1:$sink" 1000 >"$dir/sink.log" 2>&1 &
servers+=($!)

port=$(free_port)
mkdir -p "$memory/spool" "$memory/data" "$dir/etc"
chown postfix "$memory/data"
cat >"$dir/etc/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $memory/spool
data_directory = $memory/data
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
relay_domains = example.net
relay_transport = discard:
default_transport = discard:
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
EOF
cat >"$dir/etc/master.cf" <<EOF
127.0.0.1:$port inet n - n - 50 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
EOF
postfix -c "$dir/etc" check
"$(postconf -c "$dir/etc" -h daemon_directory)/master" -c "$dir/etc" -s >"$dir/postfix.log" 2>&1 &
servers+=($!)

CGO_ENABLED=0 go build -trimpath -o "$dir" ./bench/send
npm install --silent --no-audit --no-fund --prefix "$dir" "$NODEMAILER"
wait_for "$sink"
wait_for "$port"

echo "Postfix $(postconf -c "$dir/etc" -h mail_version), $(go version), node $(node --version), $NODEMAILER," \
	"$(nproc) cores, $ROUNDS rounds"
"$dir/send" drive "{\"Sink\":$sink,\"Postfix\":$port,\"Script\":\"$PWD/bench/send/nodemailer.js\",
\"Modules\":\"$dir/node_modules\",\"Store\":\"$dir\",\"Length\":1500,\"Rounds\":$ROUNDS,\"Scale\":$SCALE}"
