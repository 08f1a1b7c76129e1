#!/bin/sh
# Installs the mail servers and the browser that realtest and bench/roundtrip.sh run, from Debian's
# packages.
#
# None is started, now or when the machine boots: the tests start their own, in directories of their
# own. Packages that are there already are left as they are.
set -eu

packages="postfix dovecot-imapd dovecot-lmtpd dovecot-sieve postgrey swaks python3 chromium"
packages="$packages spamassassin opendkim libidn12"
packages="$packages microsocks" # a proxy, which runs only where it is called
packages="$packages cyrus-common sasl2-bin libsasl2-modules libsasl2-modules-db"
cyrus=/usr/local/lib/seedtest-realtest # where the files of cyrus-imapd are
exim=$cyrus/usr/sbin/exim4                  # and Exim, which needs libidn12 and its user
policy=/usr/sbin/policy-rc.d # asked by every package before it starts a service

say() { echo "install: $*" >&2; }

installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# forbid_starts makes the policy say no until the script ends, and then as it was.
forbid_starts() {
	status=0
	"$policy" postfix start >/dev/null 2>&1 || status=$?
	[ "$status" = 101 ] && return # it says no already
	kept=
	if [ -e "$policy" ]; then
		kept=$policy.seedtest-kept
		mv "$policy" "$kept"
	fi
	trap 'rm -f "$policy"; [ -z "$kept" ] || mv "$kept" "$policy"' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

if [ "$(id -u)" != 0 ]; then
	say "packages are installed by root"
	exit 1
fi
if ! command -v apt-get >/dev/null; then
	say "there is no apt-get here: install $packages in this system's way"
	exit 1
fi
wanted=
for package in $packages; do
	installed "$package" || wanted="$wanted $package"
done
[ -n "$wanted" ] || [ ! -x "$cyrus/usr/lib/cyrus/bin/imapd" ] || [ ! -x "$exim" ] || exit 0

# quietly runs a command, and shows what it said only if it failed.
quietly() {
	said=$("$@" 2>&1) || {
		echo "$said" >&2
		return 1
	}
}

[ -z "$wanted" ] || say "installing$wanted"
forbid_starts
export DEBIAN_FRONTEND=noninteractive
quietly apt-get -q -o DPkg::Lock::Timeout=600 update
if ! installed postfix; then
	echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
fi
# shellcheck disable=SC2086 # a list of words
[ -z "$wanted" ] ||
	quietly apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends $wanted
for service in postfix dovecot postgrey opendkim; do
	case "$wanted" in
	*" $service"*) update-rc.d "$service" disable || say "$service will start at boot" ;;
	esac
done
case "$wanted" in
*" cyrus-common"*) update-rc.d cyrus-imapd disable || say "Cyrus will start at boot" ;;
esac

# Debian lets only one IMAP server be installed, and apt would remove Dovecot for cyrus-imapd: its
# files are unpacked beside the system instead.
if [ ! -x "$cyrus/usr/lib/cyrus/bin/imapd" ]; then
	say "unpacking cyrus-imapd into $cyrus"
	mkdir -p "$cyrus"
	cd "$cyrus"
	quietly apt-get -q download cyrus-imapd
	dpkg-deb -x cyrus-imapd_*.deb .
	rm -f cyrus-imapd_*.deb
fi

# Nor does it let Exim be installed beside Postfix. The user is the one that its package makes.
if [ ! -x "$exim" ]; then
	say "unpacking exim4-daemon-light into $cyrus"
	mkdir -p "$cyrus"
	cd "$cyrus"
	quietly apt-get -q download exim4-daemon-light
	dpkg-deb -x exim4-daemon-light_*.deb .
	rm -f exim4-daemon-light_*.deb
fi
id Debian-exim >/dev/null 2>&1 ||
	useradd --system --user-group --no-create-home --home-dir /nonexistent \
		--shell /usr/sbin/nologin Debian-exim
