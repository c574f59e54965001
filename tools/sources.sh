#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Gets the files that sources.txt lists out of their Debian packages, into
# build/third-party/NAME. Nothing is installed, and no root is needed.
#
#   sources.sh get NAME    download (unless it was), check, unpack; say nothing if all is well
#   sources.sh doctor      say what is there
#
# A package that was put into build/third-party/packages by hand, as
# NAME-VERSION.deb, is taken instead of a download, if its checksum is right.
set -eu
list=$(dirname "$0")/sources.txt
folder=build/third-party

# refuse SENTENCE
refuse() {
	echo "cambios: $package $version: $1" >&2
	echo "cambios: to go on without the mirror, put its amd64 package there as $kept" >&2
	exit 1
}

# Sets package, version, root, sum and kept for a name.
find_source() {
	# shellcheck disable=SC2046
	set -- $(grep -E "^source[[:space:]]+$1[[:space:]]" "$list")
	[ $# = 6 ] || { echo "cambios: $list has no such row" >&2; exit 1; }
	name=$2 package=$3 version=$4 root=$5 sum=$6
	kept=$folder/packages/$name-$version.deb
}

files() {
	grep -E "^file[[:space:]]+$name[[:space:]]" "$list" | while read -r _ _ path; do echo "$path"; done
}

# As this user; where the package lists are absent and we may, with those fetched.
download() {
	command -v apt-get >/dev/null 2>&1 || refuse "this is not a Debian system (no apt-get)"
	wanted=$package:amd64=$version
	(cd "$work" && apt-get download -q "$wanted" >log 2>&1) && return
	root_by=
	[ "$(id -u)" = 0 ] || root_by="sudo -n"
	if $root_by apt-get update -q >"$work/log" 2>&1 && (cd "$work" && apt-get download -q "$wanted" >log 2>&1); then
		return
	fi
	tail -n 5 "$work/log" >&2
	refuse "apt-get download failed (its last lines are above); 'apt-get update', as root, may help"
}

get() {
	find_source "$1"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [ ! -e "$kept" ]; then
		echo "  get   $package $version"
		download
		mkdir -p "$folder/packages"
		mv "$work"/*.deb "$kept.part"
		mv "$kept.part" "$kept"
	fi
	echo "$sum  $kept" | sha256sum --check --status || {
		mv "$kept" "$kept.wrong"
		refuse "the checksum is not the one in $list (kept as $kept.wrong)"
	}
	dpkg-deb --extract "$kept" "$work/package"
	rm -rf "${folder:?}/$name"
	files | while read -r path; do
		mkdir -p "$(dirname "$folder/$name/$path")"
		cp "$work/package/$root/$path" "$folder/$name/$path"
	done
	cp "$work/package/usr/share/doc/$package/copyright" "$folder/$name/copyright"
	touch "$folder/$name/.unpacked"
}

doctor() {
	grep -E '^source' "$list" | while read -r _ name package version _; do
		if [ -e "$folder/$name/.unpacked" ]; then
			echo "sources: $name is there ($package $version)"
		else
			echo "sources: $name is not there yet; the build gets it ($package $version, apt-get download)"
		fi
	done
}

case ${1-} in
get) get "$2" ;;
doctor) doctor ;;
*) echo "usage: sources.sh get NAME | doctor" >&2; exit 2 ;;
esac
