# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Third-party C sources, out of packages (sources.txt, sources.sh), compiled
# with warnings off, and with the few headers of lib/third-party in place of a C
# library's. They belong to lib/: linked into the kernel, programs and host
# programs alike, where what nobody calls is left out.

SOURCE_STAMPS := $T/blake3/.unpacked $T/ring/.unpacked
# GFp is where ring's "../internal.h" leads to lib/third-party/internal.h, aes/GFp where "../../internal.h" does.
SEE_SOURCES := $(SEE_LIB) $(addprefix -Ilib/third-party,/ /GFp /aes /aes/GFp)
$T/%/.unpacked: tools/sources.txt tools/sources.sh | build/.packages-base
	@tools/sources.sh get $*

# What wraps them sees their headers too.
WRAPPERS := $(foreach half,$B/kernel $B/user $H $H/tools/obj $H/fuzz/obj,$(half)/lib/hash.c.o \
	$(half)/lib/hash_tree.c.o $(half)/lib/signature.c.o $(half)/lib/aes.c.o)
$(WRAPPERS): SEE := $(SEE_SOURCES) -isystem $T
$(WRAPPERS): $(SOURCE_STAMPS)

define COMPILE_SOURCE
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(CC) $(FLAGS) -w -ffreestanding -nostdlibinc $(SEE_SOURCES) -MMD -MP -c $T/$*.c -o $@
endef
# Small is what counts in the kernel, and inlining everything into its callers is not: 1 % slower, 3 KiB less.
$B/kernel/third-party/blake3/c/blake3.c.o: FLAGS += -Dalways_inline=
# Nor are seven copies of the round.
$B/kernel/third-party/blake3/c/blake3_portable.c.o: FLAGS += -include lib/third-party/round.h
$H/third-party/%.o: FLAGS := -std=gnu11 -g $(HOST_CFLAGS)
$H/tools/obj/third-party/%.o: FLAGS := -std=gnu11 -g -O2
$B/kernel/third-party/%.c.o: $(SOURCE_STAMPS) tools/sources.mk $(RULES)
	$(COMPILE_SOURCE)
$B/user/third-party/%.c.o: $(SOURCE_STAMPS) tools/sources.mk $(RULES)
	$(COMPILE_SOURCE)
$H/tools/obj/third-party/%.c.o: $(SOURCE_STAMPS) tools/sources.mk Makefile tools/host.mk | build/.packages-base
	$(COMPILE_SOURCE)
$H/third-party/%.c.o: $(SOURCE_STAMPS) tools/sources.mk Makefile tools/host.mk | build/.packages-base
	$(COMPILE_SOURCE)

# Tests read published vectors; that of signatures looks at the arithmetic itself, beside a whole C library.
$H/lib/test/%.o: SEE := $(SEE_LIB) -DTHIRD_PARTY='"$(CURDIR)/$T"'
$H/lib/test/signature_test.c.o: SEE += -isystem $T -idirafter lib/third-party -idirafter lib/third-party/GFp
$H/lib/test/signature_test.c.o: $(SOURCE_STAMPS)
$H/tests/hash_test: | $T/blake3-vectors/.unpacked
$(addprefix $H/tests/,signature_test aes_test hmac_test): | $T/cryptography-vectors/.unpacked
$H/tests/oracle_test: HOST_LDFLAGS := -lsodium

# What valgrind watches for the flow of secrets: the same sources without sanitizers, optimized as programs (O2)
# and as the kernel (Oz) are. It reads DWARF 4 at most.
SECRET_FLOW := $(addprefix lib/,test/secret_flow.c hash.c sha512.c signature.c aes.c xts.c hmac.c) $(SOURCES:%=$T/%)
$H/secret_flow/%/secret_flow: $(SECRET_FLOW) $(wildcard lib/third-party/*.h lib/include/lib/*.h) tools/sources.mk
	@mkdir -p $(@D)
	@echo "  link  $@"
	$(Q)$(CC) -std=gnu11 -gdwarf-4 -$* -fno-vectorize -fno-slp-vectorize -w $(SEE_LIB) -isystem $T \
		$(patsubst -I%,-idirafter %,$(filter -Ilib/third-party%,$(SEE_SOURCES))) $(filter %.c,$^) -o $@
$(SOURCES:%=$T/%): | $(SOURCE_STAMPS)
$H/lib/test/constant_time_test.c.o: SEE += -DSECRET_FLOW='"$(CURDIR)/$H/secret_flow"'
$H/tests/constant_time_test: | $H/secret_flow/O2/secret_flow $H/secret_flow/Oz/secret_flow
