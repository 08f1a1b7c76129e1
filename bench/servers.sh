# shellcheck shell=bash
# What the benchmarks with servers of their own share, sourced from the root of the source: what
# realtest installs, a temporary directory, $dir, and free ports of loopback. Servers whose process ids
# are added to servers=() end with the script. What they write goes to $memory, which lies in memory
# where there is a gigabyte of it for files, so that no disk decides who is quick.

realtest/install.sh >/dev/null
dir=$(mktemp -d)
chmod 755 "$dir"
memory=$dir
if [ "$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 1000000 ] 2>/dev/null; then
	memory=$(mktemp -d -p /dev/shm)
	chmod 755 "$memory"
fi
servers=() # processes that end with the script

end_servers() {
	for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
	wait
	rm -rf "$dir" "$memory"
}
trap end_servers EXIT

# free_port prints a free port: the system gives one to whoever asks for port 0.
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
	echo "bench: nobody listens on port $1" >&2
	cat "$dir"/*.log >&2
	exit 1
}

# need_node installs node and npm where they are missing.
need_node() {
	if command -v node >/dev/null && command -v npm >/dev/null; then return; fi
	apt-get -q -o DPkg::Lock::Timeout=600 update >"$dir/apt.log"
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
		install --no-install-recommends nodejs npm >>"$dir/apt.log"
}
