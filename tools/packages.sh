#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Installs, or reports, the Debian packages listed in packages.txt.
#
#   packages.sh install GROUP    install what is missing; say nothing if nothing is
#   packages.sh doctor           say what is there, what is missing and how to get it
#
# Plain sh, because on a fresh machine it runs before Python is there. A listed
# version that the mirror no longer carries is replaced by the one it does
# carry, and that is said. It never removes or downgrades anything. Somebody else's
# installation is waited for, five minutes at most.
set -eu
list=$(dirname "$0")/packages.txt

# Prints "package version" of a group's packages that are not installed.
missing() {
	grep -E "^$1[[:space:]]" "$list" | while read -r _ package version; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || echo "$package $version"
	done
}

refuse() {
	echo "cambios: $1" >&2
	echo "cambios: install by hand: apt-get install $(missing "$group" | cut -d ' ' -f 1 | tr '\n' ' ')" >&2
	exit 1
}

# Prints package=version, or the bare package where the mirror lacks that version.
pinned() {
	missing "$group" | while read -r package version; do
		if apt-cache madison "$package" 2>/dev/null | cut -d '|' -f 2 | tr -d ' ' | grep -qxF "$version"; then
			echo "$package=$version"
		else
			echo "cambios: the mirror has no $package $version; taking its own version" >&2
			echo "$package"
		fi
	done
}

install_group() {
	group=$1
	[ -n "$(missing "$group")" ] || return 0
	command -v apt-get >/dev/null 2>&1 || refuse "this is not a Debian system (no apt-get), and packages are missing"
	root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || refuse "packages are missing, and this user is neither root nor has sudo"
		root=sudo
	fi
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	echo "cambios: installing $(missing "$group" | wc -l) missing Debian packages (a few minutes, once)"
	# shellcheck disable=SC2046
	if ! { $root apt-get update -q >"$log" 2>&1 &&
		$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
			-o DPkg::Lock::Timeout=300 $(pinned) >"$log" 2>&1; }; then
		tail -n 15 "$log" >&2
		refuse "apt-get failed (its last lines are above)"
	fi
}

doctor() {
	lacking=0
	for group in base proofs; do
		absent=$(missing "$group" | cut -d ' ' -f 1 | tr '\n' ' ')
		if [ -z "$absent" ]; then
			echo "$group: all packages are installed"
		else
			[ "$group" = proofs ] || lacking=1
			echo "$group: missing: $absent"
			echo "$group:   get them: apt-get install $absent"
		fi
		grep -E "^$group[[:space:]]" "$list" | while read -r _ package version; do
			have=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
			if [ -n "$have" ] && [ "$have" != "$version" ]; then
				echo "$group: $package is $have; the project is tested with $version"
			fi
		done
	done
	echo "processors: $(nproc); free memory: $(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo) MiB;" \
		"free disk here: $(df -Pm . | awk 'NR == 2 { print $4 }') MiB"
	return "$lacking"
}

case ${1-} in
install) install_group "${2-base}" ;;
doctor) doctor ;;
*) echo "usage: packages.sh install GROUP | doctor" >&2; exit 2 ;;
esac
