# shellcheck shell=bash
# A Dovecot for a benchmark, sourced by roundtrip.sh and watch.sh from the root of the source. It is
# Debian's, as realtest configures it: maildir, Sieve, IMAP with TLS, LMTP. It needs root, because
# Dovecot does. $imaps is its port, $dir/lmtp its socket, $dir/password every user's password, and
# $dir/cert.pem the certificate of its own that it shows.

source bench/servers.sh

# start_dovecot starts it for the users of standard input, one a line. Its arguments are further
# lines of configuration.
start_dovecot() {
	imaps=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
		-subj "/CN=mail.example.org" -addext "subjectAltName=IP:127.0.0.1" \
		-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl.log" || {
		cat "$dir/openssl.log" >&2
		exit 1
	}
	(umask 077 && openssl rand -hex 16 >"$dir/password")
	sed "s|\$|:$(cat "$dir/password")|" >"$dir/users"
	mkdir -m 777 "$memory/mail"
	[ -e "$dir/mail" ] || ln -s "$memory/mail" "$dir/mail"
	local version
	version=$(dovecot --version | cut -d. -f1-2)
	sed -e "s|{{.Dir}}|$dir|g; s|{{.Certificates}}|$dir|g; s|{{.Name}}|bench|" \
		-e "s|{{.IMAPS}}|$imaps|" \
		-e '/{{if .OAuth}}/,/{{end}}/{/{{end}}/!d; s/{{end}}//}' \
		"realtest/testdata/dovecot-$version.conf" >"$dir/dovecot.conf"
	printf '%s\n' "$@" >>"$dir/dovecot.conf"
	sed 's|{{.Prefix}}||g' realtest/testdata/rules.sieve >"$dir/rules.sieve"
	sievec -c "$dir/dovecot.conf" "$dir/rules.sieve"
	dovecot -F -c "$dir/dovecot.conf" 2>"$dir/dovecot.log" &
	servers+=($!)
	wait_for "$imaps"
}
