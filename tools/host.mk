# SPDX-License-Identifier: AGPL-3.0-or-later
#
# What runs on the building machine: unit tests, the simulation, host tools.
# The real kernel sources, with arch/host as their port, under the address and
# undefined-behaviour sanitizers. Every *_test.c is one program.
#
# lib/string.c defines the C library's own names; here it is compiled with them
# renamed (cambios_memcpy...) and linked only into its own test.

H := build/$(if $(COVERAGE),coverage,host)
HOST_CC := $(CC) -std=gnu11 -g $(WARNINGS)
HOST_CFLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-DLOCK_DEBUG -DDEBUG -DTIER_POLICY=TIER_STANDARD
# Counters of lines, branches and conditions.
ifdef COVERAGE
HOST_CFLAGS += -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
endif
SEE_HOST := $(SEE_LIB) -Ikernel/include -Iarch/host/include
STRING_NAMES := memcpy memmove memset memcmp strlen strnlen strcmp strncmp
RENAME := $(foreach name,$(STRING_NAMES),-D$(name)=cambios_$(name))

host_sources = $(filter-out lib/string.c,$(wildcard $1))
HOST_LIB := $(patsubst %,$H/%.o,$(call host_sources,lib/*.c) $(SOURCES:%=third-party/%))
HOST_KERNEL := $(patsubst %,$H/%.o,$(wildcard kernel/*.c arch/host/*.c arch/host/*/*.c))
LIB_TESTS := $(patsubst lib/test/%.c,$H/tests/%,$(wildcard lib/test/*_test.c))
KERNEL_TESTS := $(patsubst kernel/test/%.c,$H/tests/%,$(wildcard kernel/test/*_test.c))
PARTS := $(patsubst %/test,%,$(wildcard user/*/*/test arch/*/*/test))
PARTS_TESTS := $(patsubst %.c,$H/tests/%,$(notdir $(wildcard $(PARTS:%=%/test/*_test.c))))
SEE_USER_HOST := $(SEE_LIB) $(patsubst %,-I%,$(wildcard user/lib/*/include)) -Iarch/host/user/include
CAMBI_TESTS := $(patsubst tools/cambi/test/%.c,$H/tests/%,$(wildcard tools/cambi/test/*_test.c))
SIM_SOURCES := $(wildcard tests/sim/*.c)
SIM := $(if $(SIM_SOURCES),$H/sim $H/sim-quick)
CRASH_SOURCES := $(wildcard tests/store/*.c)
CRASH := $H/store-crash $H/store-crash-quick
FUZZ := $(patsubst tests/fuzz/%.c,$H/fuzz/%,$(wildcard tests/fuzz/*.c))

.PHONY: host host-tests
host: $(LIB_TESTS) $(KERNEL_TESTS) $(PARTS_TESTS) $(CAMBI_TESTS) $(SIM) $(CRASH) $(FUZZ) $(CAMBI)
test: host ## unit tests alone: ONLY=part-of-name
	@$(PYTHON) tools/check.py unit $(ONLY)
.PHONY: test
# With counters in build/coverage, and without what is not measured by: fuzz targets and host tools.
coverage: packages ## lines, branches and conditions of kernel/ and lib/ that tests and simulation reach: SEEDS=
	@$(MAKE) COVERAGE=1 measured
	@$(PYTHON) tools/coverage.py $(SEEDS)
measured: $(LIB_TESTS) $(KERNEL_TESTS) $(PARTS_TESTS) $(CAMBI_TESTS) $H/sim
.PHONY: coverage measured

$H/lib/%.o $H/lib/test/%.o: SEE := $(SEE_LIB)
$H/kernel/%.o $H/arch/%.o $H/tests/%.o: SEE := $(SEE_HOST)
$H/user/%.o: SEE := $(SEE_USER_HOST)
# What of a port is tested sees the port's own headers: it only reads.
$(foreach arch,$(ARCHES),$(eval $H/arch/$(arch)/%.o: SEE := $(SEE_LIB) -Ikernel/include -Iarch/$(arch)/include))
$H/lib/string.c.o $H/lib/test/string_test.c.o: SEE := $(SEE_LIB) $(RENAME)
$H/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(SEE) -MMD -MP -c $< -o $@

$H/lib.a: $(HOST_LIB)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^
$H/kernel.a: $(HOST_KERNEL)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

define HOST_LINK
	@mkdir -p $(@D)
	@echo "  link  $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(filter %.o,$^) $(filter %/parts.a,$^) $(filter %/kernel.a,$^) $(filter %/lib.a,$^) $(HOST_LDFLAGS) -lcmocka -o $@
endef
$H/tests/string_test: $H/lib/string.c.o
$(LIB_TESTS): $H/tests/%: $H/lib/test/%.c.o $H/lib.a
	$(HOST_LINK)
$(KERNEL_TESTS): $H/tests/%: $H/kernel/test/%.c.o $H/kernel.a $H/lib.a
	$(HOST_LINK)
# The test of a program, user library or port links what it needs of its folder from an archive: $1 is the folder.
define LINK_PARTS
$H/$1/parts.a: $(patsubst %,$H/%.o,$(filter-out %/main.c,$(wildcard $1/*.c)))
	@rm -f $$@
	$$(Q)$$(AR) rcsD $$@ $$^
$(patsubst $1/test/%.c,$H/tests/%,$(wildcard $1/test/*_test.c)): $H/tests/%: $H/$1/test/%.c.o $H/$1/parts.a $H/lib.a
	$$(HOST_LINK)
endef
$H/tests/transfers_test: $H/user/lib/driver/virtqueue.c.o
$(foreach folder,$(PARTS),$(eval $(call LINK_PARTS,$(folder))))
# These services' tests are the service but for the loop, with the library that services are written in.
$H/tests/store_service_test $H/tests/unlock_test: $H/user/lib/os/parts.a
# The fault plan stands between the kernel and its allocators.
SIM_WRAP := -Wl,--wrap=frame_alloc,--wrap=frame_alloc_zero,--wrap=table_take \
	-Wl,--wrap=audit_emit,--wrap=audit_message,--wrap=audit_outcome,--wrap=audit_not_passed
$H/sim: HOST_LDFLAGS := $(SIM_WRAP)
$H/sim: $(SIM_SOURCES:%=$H/%.o) $H/kernel.a $H/lib.a
	$(HOST_LINK)

# ---- cambi, the host program for keys, signatures, bundles, manifests and disks: its own objects, no sanitizers ----
CAMBI_SOURCES := $(wildcard tools/cambi/*.c)
CAMBI_OBJECTS := $(patsubst %,$H/tools/obj/%.o,$(CAMBI_SOURCES) $(call host_sources,lib/*.c) $(SOURCES:%=third-party/%))
$H/tools/obj/%.o: SEE := $(SEE_LIB)
$H/tools/obj/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -O2 $(SEE) -MMD -MP -c $< -o $@
$(CAMBI): $(CAMBI_OBJECTS)
	@mkdir -p $(@D)
	@echo "  link  $@"
	$(Q)$(HOST_CC) -O2 $^ $(HOST_LDFLAGS) -o $@

# The simulation without sanitizers, for many seeds; what it finds, build/host/sim explains.
QUICK_OBJECTS := $(patsubst %,$H/quick/%.o,$(SIM_SOURCES) $(wildcard kernel/*.c arch/host/*.c arch/host/*/*.c)) \
	$(filter-out $H/tools/obj/tools/%,$(CAMBI_OBJECTS))
$H/quick/%.o: SEE := $(SEE_HOST)
$H/quick/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) -O2 -DLOCK_DEBUG -DDEBUG -DTIER_POLICY=TIER_STANDARD $(SEE) -MMD -MP -c $< -o $@
$H/sim-quick: $(QUICK_OBJECTS)
	@echo "  link  $@"
	$(Q)$(HOST_CC) -O2 $^ $(SIM_WRAP) -o $@

# ---- the object store's crash states: with sanitizers, and without for many ----
CRASH_WRAP := -Wl,--wrap=hash_bytes,--wrap=hash_part,--wrap=signature_verify_digest
$H/store-crash: HOST_LDFLAGS := $(CRASH_WRAP)
$H/store-crash: $(CRASH_SOURCES:%=$H/%.o) $H/lib.a
	$(HOST_LINK)
$H/store-crash-quick: $(CRASH_SOURCES:%=$H/quick/%.o) $(filter-out $H/tools/obj/tools/%,$(CAMBI_OBJECTS))
	@echo "  link  $@"
	$(Q)$(HOST_CC) -O2 $^ $(CRASH_WRAP) -o $@

# ---- the store beside SQLite and LMDB ----
OBJECTS ?= 1000
bench-store: packages build/.packages-bench $H/store-bench ## the store beside SQLite and LMDB, on this file system: OBJECTS= ROW= BYTES=
	@mkdir -p build/bench-store
	@$H/store-bench build/bench-store $(OBJECTS) $(ROW) $(BYTES)
.PHONY: bench-store
$H/store-bench: $H/tools/obj/tests/bench/store.c.o $(filter-out $H/tools/obj/tools/%,$(CAMBI_OBJECTS))
	@echo "  link  $@"
	$(Q)$(HOST_CC) -O2 $^ -Wl,--wrap=signature_verify_digest -lsqlite3 -llmdb -o $@

# cambi's tests have all of it but main.c, with sanitizers.
$H/tests/cambi/%.o: SEE := $(SEE_LIB)
$H/tests/cambi/%.c.o: tools/cambi/%.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(SEE) -MMD -MP -c $< -o $@
$(CAMBI_TESTS): $H/tests/%: $H/tests/cambi/test/%.c.o $(patsubst tools/%,$H/tests/%.o,$(filter-out %/main.c,$(CAMBI_SOURCES))) $H/lib.a
	$(HOST_LINK)

# ---- fuzz targets: each tests/fuzz/NAME.c is one program, with all of lib, instrumented ----
FUZZ_CFLAGS := $(HOST_CFLAGS) -fsanitize=fuzzer-no-link
FUZZ_LIB := $(patsubst %,$H/fuzz/obj/%.o,$(call host_sources,lib/*.c)) $(SOURCES:%=$H/third-party/%.o)
TIME ?= 120
fuzz: packages $(FUZZ) ## replay the corpora, then fuzz every parser: TIME=seconds in all, ONLY=part-of-name
	@$(PYTHON) tools/fuzz.py $(TIME) $(ONLY)
.PHONY: fuzz
$H/fuzz/obj/%.o: SEE := $(SEE_LIB)
$H/fuzz/obj/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) $(FUZZ_CFLAGS) $(SEE) -MMD -MP -c $< -o $@
$H/fuzz/lib.a: $(FUZZ_LIB)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^
# The system calls' target is the simulation, as fast as it can be: the kernel has no heap and no memory that a red zone
# could be in, so it goes without the address sanitizer. Its variables lie in sections that can be put back.
MACHINE_CFLAGS := -O2 -fsanitize=undefined -fno-sanitize-recover=all -DLOCK_DEBUG -DDEBUG -DTIER_POLICY=TIER_STANDARD
MACHINE := $(filter-out tests/sim/main.c,$(SIM_SOURCES)) $(wildcard kernel/*.c arch/host/*.c arch/host/*/*.c)
MACHINE_OBJECTS := $(patsubst %,$H/fuzz/machine/%.o,$(MACHINE) tests/fuzz/syscall.c) \
	$(filter-out $H/tools/obj/tools/%,$(CAMBI_OBJECTS))
$H/fuzz/machine/%.o: SEE := $(SEE_HOST)
$H/fuzz/machine/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) $(MACHINE_CFLAGS) -fsanitize=fuzzer-no-link -fno-sanitize-coverage=stack-depth,trace-cmp $(SEE) \
		-MMD -MP -c $< -o $@
	$(Q)$(if $(filter $(MACHINE),$<),$(OBJCOPY) --rename-section .data=machine_data --rename-section .bss=machine_bss \
		--rename-section .tables=machine_tables $@)
$H/fuzz/syscall: $(MACHINE_OBJECTS)
	@echo "  link  $@"
	$(Q)$(HOST_CC) $(MACHINE_CFLAGS) -fsanitize=fuzzer $^ $(SIM_WRAP) -Wl,--wrap=host_random -o $@
# Services, whole, each with the library that services are written in; what starts a program is the target's.
SERVICE_LIB := $(patsubst %,$H/fuzz/service/%.o,$(filter-out %/startup.c,$(wildcard user/lib/os/*.c)))
DISK_PARTS := $(addprefix user/drivers/virtio-blk/,main.c clients.c limits.c request.c transfers.c) user/lib/driver/virtqueue.c
service_objects = $(patsubst %,$H/fuzz/service/%.o,$(wildcard user/services/$1/*.c)) $H/fuzz/service.a
$H/fuzz/service/%.o: SEE := $(SEE_USER_HOST)
$H/fuzz/service/%.c.o: %.c Makefile tools/host.mk | build/.packages-base
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(HOST_CC) $(FUZZ_CFLAGS) -fno-sanitize-address-globals-dead-stripping -Dmain=service_main \
		-Wno-missing-prototypes $(SEE) -MMD -MP -c $< -o $@
	$(Q)$(OBJCOPY) --rename-section .data=service_data --rename-section .bss=service_bss $@
$H/fuzz/service.a: $(SERVICE_LIB)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^
$(patsubst %,$H/fuzz/obj/tests/fuzz/%.c.o,vault policy store store_client disk unlock): SEE := $(SEE_USER_HOST)
$H/fuzz/disk: $(DISK_PARTS:%=$H/fuzz/service/%.o) $H/fuzz/service.a
$H/fuzz/vault: $(call service_objects,keys)
$H/fuzz/policy: $(call service_objects,policy)
$H/fuzz/unlock: HOST_LDFLAGS := -Wl,--wrap=pbkdf2
$H/fuzz/unlock: $(call service_objects,unlock)
$H/fuzz/store: HOST_LDFLAGS := -Wl,--wrap=signature_verify_digest
$H/fuzz/store_client: HOST_LDFLAGS := -Wl,--wrap=signature_verify_digest,--wrap=signature_sign_digest,--wrap=signature_public -lcmocka
$H/fuzz/store_client: $H/fuzz/service.a
$H/fuzz/store: $(call service_objects,store)
$H/fuzz/editor: $H/fuzz/obj/user/apps/shell/editor.c.o
$H/fuzz/volume: HOST_LDFLAGS := -Wl,--wrap=crc32c_long,--wrap=signature_verify_digest
$(filter-out $H/fuzz/syscall,$(FUZZ)): $H/fuzz/%: $H/fuzz/obj/tests/fuzz/%.c.o $H/fuzz/lib.a
	@echo "  link  $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -fsanitize=fuzzer $(filter %.o,$^) $(filter %/service.a,$^) $(filter %/lib.a,$^) $(HOST_LDFLAGS) -o $@
