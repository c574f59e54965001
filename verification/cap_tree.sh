#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# cap_tree.sh: proves the derivation tree of capabilities (kernel/cap_tree.c, the
# file the kernel is built from, against the contracts of its header) with
# Frama-C WP, for tables of any contents. What is shown: cap_tree.md.
#
# About four minutes from nothing on one core; proved goals are kept in
# build/proofs. PROVERS, TIMEOUT (seconds for one goal), JOBS, SMOKE=1 (look for
# contracts that contradict themselves) can be set. The last line is the sum; the
# exit status is 0 only if every goal was proved.
set -eu
cd "$(dirname "$0")/.."
: "${TIMEOUT:=40}" "${JOBS:=2}" "${SMOKE:=}"
out=build/proofs/cap_tree
log=$out/cap_tree.log
mkdir -p "$out/cache"

# The provers that are installed, in a configuration of our own; Why3 does not know cvc5 by itself.
export WHY3CONFIG="$PWD/$out/why3.conf"
rm -f "$WHY3CONFIG"
why3 config detect >"$out/why3.log" 2>&1 || { cat "$out/why3.log"; exit 1; }
if command -v cvc5 >/dev/null; then
	cat >>"$WHY3CONFIG" <<-CVC5

	[prover]
	command = "cvc5 --stats-internal --tlimit-per=%t000 --lang=smt2 %f"
	command_steps = "cvc5 --stats-internal --rlimit=%S --lang=smt2 %f"
	driver = "$PWD/verification/cvc5.drv"
	editor = ""
	in_place = false
	interactive = false
	name = "CVC5"
	shortcut = "cvc5"
	version = "$(cvc5 --version | sed -n 's/.*cvc5 version \([0-9.]*\).*/\1/p' | head -1)"
	CVC5
	: "${PROVERS:=z3,cvc5,cvc4}"
fi
: "${PROVERS:=z3,cvc4}"

# The predicates in C (for asserts and tests) have no contract; bitops.h is proved by lib.sh.
skip=bit_get,bit_set,bit_clear,bit_first_one,bit_first_zero,bit_last_one,bitmap_get,bitmap_set,bitmap_clear
skip=$skip,bitmap_find_zero,is_live,parent_ok,previous_ok,next_ok,child_ok,cap_slot_ok

frama-c -machdep gcc_x86_64 -c11 -cpp-extra-args="-Iabi/include -Ilib/include -Ikernel/include" \
	-wp -wp-rte -warn-unsigned-overflow -wp-literals ${SMOKE:+-wp-smoke-tests} \
	-wp-prover "$PROVERS" -wp-timeout "$TIMEOUT" -wp-par "$JOBS" \
	-wp-cache update -wp-cache-dir "$out/cache" -wp-skip-fct "$skip" kernel/cap_tree.c >"$log" 2>&1 || true
sum=$(sed -n 's/^\[wp\] Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' "$log")
if [ -z "$sum" ] || [ "${sum#* }" -eq 0 ]; then
	echo "cap_tree: nothing was proved; see $log"
	echo "0 passed, 1 failed"
	exit 1
fi
grep -aE '^\[wp\] \[(Failed|Doomed|Timeout|Unknown)|^\[wp\].*[Ss]moke.*[Ff]ailed' "$log" | sed 's/^/    /' || true
failed=$((${sum#* } - ${sum% *}))
echo "${sum% *} passed, $failed failed"
[ "$failed" -eq 0 ]
