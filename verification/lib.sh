#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# lib.sh [UNIT...]: proves the contracts of lib/ with Frama-C WP. A unit is a file
# of lib/ without .c, `headers` (bytes.h), or `bits` (bitops.h); none means all.
#
# What is proved is what is built: the same files, no copies. From nothing it takes
# minutes; proved goals are kept in build/proofs and cost little the next time.
# PROVERS, TIMEOUT (seconds for one goal), JOBS, SMOKE=1 (look for contracts
# that contradict themselves) can be set. The last line is the sum; the exit
# status is 0 only if every goal was proved.
set -eu
cd "$(dirname "$0")/.."
: "${PROVERS:=z3,cvc4}" "${TIMEOUT:=20}" "${JOBS:=2}" "${SMOKE:=}"
out=build/proofs/lib
mkdir -p "$out/cache"

# The provers that are installed, in a configuration of our own.
export WHY3CONFIG="$PWD/build/proofs/why3.conf"
[ -s "$WHY3CONFIG" ] || why3 config detect >"$out/why3.log" 2>&1 || { cat "$out/why3.log"; exit 1; }

passed=0
failed=0

names_in() { # the inline functions of a header, comma separated
	sed -n 's/^CC_INLINE [a-z0-9_]* \([a-z0-9_]*\)(.*/\1/p' "$1" | paste -sd, -
}

# What a unit leaves out: what `headers` proves, what rests on a compiler builtin
# (trusted, and tested), what has no contract.
options() {
	bytes=$(names_in lib/include/lib/bytes.h)
	case $1 in
	headers) echo "-wp-fct $bytes" ;;
	# A shift is meant to lose bits: no overflow check here.
	bits) echo "-no-warn-unsigned-overflow -wp-fct bit_get,bit_set,bit_clear,bitmap_get,bitmap_set,bitmap_clear,bitmap_find_zero" ;;
	ring) echo "-wp-fct ring_capacity,distance,advance,ring_used,ring_free,publish,place,ring_write,ring_read" ;;
	fdt) echo "-wp-skip-fct $bytes,fdt_name" ;;
	fdt_find) echo "-wp-skip-fct $bytes,path_ends,component_is,child_named,fdt_find_path,fdt_find_stdout" ;;
	# What hands bytes to the hash, through a void pointer that the memory model does not follow.
	module) echo "-wp-skip-fct $bytes,module_check" ;;
	catalog) echo "-wp-skip-fct $bytes,signature_check" ;;
	crc32c) ;;
	*) echo "-wp-skip-fct $bytes" ;;
	esac
}

prove() {
	log="$out/$1.log"
	case $1 in headers | bits) file=verification/lib_headers.c ;; *) file=lib/$1.c ;; esac
	# shellcheck disable=SC2046
	frama-c -machdep gcc_x86_64 -c11 -cpp-extra-args="-Iabi/include -Ilib/include" \
		-wp -wp-rte -warn-unsigned-overflow -wp-literals ${SMOKE:+-wp-smoke-tests -wp-smoke-timeout 2} \
		-wp-prover "$PROVERS" -wp-timeout "$TIMEOUT" -wp-par "$JOBS" \
		-wp-cache update -wp-cache-dir "$out/cache" $(options "$1") "$file" >"$log" 2>&1 || true
	sum=$(sed -n 's/^\[wp\] Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' "$log")
	if [ -z "$sum" ] || [ "${sum#* }" -eq 0 ]; then
		echo "$1: nothing was proved; see $log"
		failed=$((failed + 1))
		return
	fi
	bad=$((${sum#* } - ${sum% *}))
	passed=$((passed + ${sum% *}))
	failed=$((failed + bad))
	echo "$1: ${sum% *} proved, $bad failed"
	grep -E '^\[wp\] \[(Failed|Doomed|Timeout|Unknown)|^\[wp\].*[Ss]moke.*[Ff]ailed' "$log" | sed 's/^/    /' || true
}

[ $# -gt 0 ] || set -- headers bits crc32c elf elf_symbol bundle module catalog symbols ring fdt fdt_find fdt_bus fdt_interrupt
for unit; do
	prove "$unit"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
