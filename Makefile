# SPDX-License-Identifier: AGPL-3.0-or-later
#
# CambiOS: every verb, and the one build of kernel and programs for the
# architecture ARCH. `make help` lists the verbs. What is compiled for this
# machine (unit tests, simulation, host tools) is in tools/host.mk.
#
# The pattern: a component is a folder of *.c and *.S, found by wildcard, with
# just the -I paths it may use. Objects go to build/, under the path of their
# source. What differs between architectures is in arch/ARCH/arch.mk alone:
#   ARCH_TARGET          clang's target triple
#   ARCH_CFLAGS          for everything         ARCH_LDFLAGS         likewise
#   ARCH_KERNEL_CFLAGS   for the kernel         ARCH_KERNEL_LDFLAGS  likewise
#   ARCH_USER_CFLAGS     for programs           ARCH_USER_LDFLAGS    likewise
#   ARCH_LIBRARY_CFLAGS  for what programs link of lib and user/lib, besides
#   ARCH_KERNEL_IMAGE    `flat` where the loader wants a raw image instead of an ELF

ARCHES := x86_64 aarch64 riscv64
ARCH ?= x86_64
CPUS ?= 2
MEM ?= 256M
# Of `make run`: kept from run to run. DISK=none: without.
DISK ?= build/disk-$(ARCH).img
DISK_SIZE ?= 1G
TIER ?= standard
ifeq ($(filter $(ARCH),$(ARCHES)),)
$(error ARCH=$(ARCH): choose one of $(ARCHES))
endif
ifeq ($(filter $(TIER),embedded standard full),)
$(error TIER=$(TIER): choose one of embedded standard full)
endif

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

LLVM := -19
CC := clang$(LLVM)
LD := ld.lld$(LLVM)
AR := llvm-ar$(LLVM)
OBJCOPY := llvm-objcopy$(LLVM)
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
export PYTHONDONTWRITEBYTECODE := 1
export APPEND
Q := $(if $(V),,@)

# Options that change the code have a build folder of their own, so that none is ever mixed.
OPTIONS := $(if $(filter-out standard,$(TIER)),+$(TIER))$(if $(DEBUG),+debug)$(if $(LOCK_DEBUG),+lock)$(if $(TEST_KEY),+testkey)
B := build/$(ARCH)$(OPTIONS)
A := arch/$(ARCH)
-include $(A)/arch.mk

# ---- flags ----
WARNINGS := -Wall -Wextra -Werror -Wconversion -Wswitch-enum -Wvla -Wmissing-prototypes
DEFINES := -DTIER_POLICY=TIER_$(shell echo $(TIER) | tr a-z A-Z) $(if $(DEBUG),-DDEBUG) $(if $(LOCK_DEBUG),-DLOCK_DEBUG)
CFLAGS := --target=$(ARCH_TARGET) -std=gnu11 -g $(WARNINGS) $(DEFINES) -ffreestanding -nostdlibinc \
	-fno-pic -fno-common -fno-strict-aliasing -fno-omit-frame-pointer -momit-leaf-frame-pointer \
	-fno-asynchronous-unwind-tables -fstack-protector-strong -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)/= $(ARCH_CFLAGS)
LDFLAGS := -nostdlib -static --gc-sections --build-id=none --fatal-warnings -z noexecstack \
	-z max-page-size=4096 $(ARCH_LDFLAGS)

# ---- who may see which headers (design: who may include whom) ----
SEE_LIB := -Iabi/include -Ilib/include
SEE_KERNEL := $(SEE_LIB) -Ikernel/include -I$(A)/include
SEE_USER := $(SEE_LIB) $(patsubst %,-I%,$(wildcard user/lib/*/include)) -I$(A)/user/include

# ---- sources; SOURCES are third-party files below T, see tools/sources.mk ----
T := build/third-party
SOURCES := blake3/c/blake3.c blake3/c/blake3_portable.c ring/crypto/curve25519/curve25519.c
sources = $(foreach folder,$1,$(wildcard $(folder)/*.c $(folder)/*.S))
PROGRAMS := $(patsubst %/,%,$(sort $(dir $(wildcard user/services/*/*.c user/drivers/*/*.c user/apps/*/*.c))))
# There is no storage code in the kernel, nor what only that needs.
NOT_KERNEL := $(addsuffix %,$(addprefix lib/,volume block aes xts hmac crc32c_))
KERNEL_OBJECTS := $(patsubst %,$B/kernel/%.o,$(filter-out $(NOT_KERNEL),$(call sources,kernel lib $A/kernel $A/boot)) \
	$(SOURCES:%=third-party/%)) \
	$B/kernel/built-in/trust.c.o
LIBRARY_OBJECTS := $(patsubst %,$B/user/%.o,$(call sources,lib user/lib/*) $(SOURCES:%=third-party/%) \
	$(filter-out %/start.S,$(call sources,$A/user)))
MANIFEST := system/system.manifest

# ---- what is built ----
KERNEL_ELF := $B/kernel.elf
KERNEL := $(if $(filter flat,$(ARCH_KERNEL_IMAGE)),$B/kernel.image,$(KERNEL_ELF))
BUNDLE := $B/bundle.img
CAMBI := build/host/tools/cambi
PROGRAM_ELFS := $(patsubst %,$B/programs/%.elf,$(notdir $(PROGRAMS)))
BUNDLED := $(patsubst %,$B/bundle/%,$(notdir $(PROGRAMS)))

# ---- verbs ----
##@ Use
run: image ## build, and open the console of a machine: ARCH= CPUS= MEM= DISK= DISK_SIZE= GDB=1 APPEND= QEMU=
	@$(PYTHON) tools/run.py --arch $(ARCH) --cpus $(CPUS) --mem $(MEM) --disk "$(DISK)" --disk-size $(DISK_SIZE) \
		$(if $(GDB),--gdb) --build $B --append "$$APPEND" -- $(QEMU)
disk-reset: ## throw the disk of `make run` away, with all that is on it: ARCH=
	rm -f build/disk-$(ARCH).img
image: $(KERNEL) $(BUNDLE) ## build kernel and bundle for ARCH (TIER=embedded|standard|full DEBUG=1 LOCK_DEBUG=1 TEST_KEY=1)
	@:
iso: $B/cambios.iso ## a USB stick and CD image for BIOS and UEFI (x86_64)
	@:

##@ Check
check: packages ## everything: lint, all builds, unit tests, simulation, models, scenarios on all architectures, proofs, claims
	@$(PYTHON) tools/check.py all
check-fast: packages ## the part worth running between edits, under two minutes
	@$(PYTHON) tools/check.py fast
lint: packages ## house rules
	@$(PYTHON) tools/lint.py
layers: ## who includes whom; draws build/layers.dot
	@$(PYTHON) tools/layers.py
identity: packages ## nobody writes a principal but who is proved to
	@$(PYTHON) tools/identity.py
waits: packages ## the state of a thread is written together with the list it is in
	@$(PYTHON) tools/waits.py
unmaps: packages ## what was mapped is let go only when no translation leads there any more
	@$(PYTHON) tools/unmaps.py
replies: packages ## an answer never writes beyond what its client has for it
	@$(PYTHON) tools/replies.py
authority: packages ## what each system call looks up, on every path, against verification/authority.txt
	@$(PYTHON) tools/authority.py
calls: ## which system calls each x86_64 program contains, and which of them its profile refuses
	@$(PYTHON) tools/calls.py --list
abi-golden: packages ## rewrite the layout records in abi/golden after a deliberate change
	@$(PYTHON) tools/abi_dump.py --write
scenario: images ## run scenarios: ONLY=part-of-name ARCH= CPUS=
	@$(if $(filter x86_64,$(ARCH)),$(MAKE) iso)
	@$(PYTHON) tests/qemu/runner.py $(if $(filter command%,$(origin ARCH)),--arch $(ARCH)) \
		$(if $(filter command%,$(origin CPUS)),--cpus $(CPUS)) $(ONLY)
proofs: packages build/.packages-proofs ## prove what verification/units.txt lists: ONLY=unit (minutes from nothing, then what changed)
	@$(PYTHON) tools/prove.py $(ONLY)
models: packages ## check the models verification/*.pml and that their mutants fail: ONLY=model
	@$(PYTHON) tools/model.py $(ONLY)
mutate: host ## do proofs and tests notice when proved functions are broken? PER= ways each, ONLY=unit, TESTS=1 without provers (hours in all; goes on where it stopped)
	@$(PYTHON) tools/mutate.py $(if $(PER),--per $(PER)) $(if $(TESTS),--tests) $(ONLY)
claims: ## what the project says of itself: each row of verification/CLAIMS.md has a backing that exists
	@$(PYTHON) tools/claims.py
manifest-check: $(CAMBI) ## authority that nobody uses, endpoints that nobody serves, circles
	@$(CAMBI) manifest check --quiet $(MANIFEST)
verify: $(BUNDLE) ## what the kernel will say of every module of the bundle
	@$(CAMBI) verify --release $$(cat system/release) $(BUNDLE)
tidy: packages ## clang-tidy over the kernel and the library
	@$(PYTHON) tools/tidy.py $(ARCH)

##@ Measure
bench: images ## guest instructions of the kernel's paths, to build/bench.json and docs/performance.md
	@$(PYTHON) tests/bench/bench.py run
bench-check: images ## fail where a count grew by more than 2 % over the recorded one
	@$(PYTHON) tests/bench/bench.py check
bench-record: images ## record today's counts
	@$(PYTHON) tests/bench/bench.py record
scaling: images ## work done by one pair and by two, on two CPUs
	@$(PYTHON) tests/bench/bench.py scaling
stats: packages ## sizes, lengths, comments
	@$(PYTHON) tools/stats.py

##@ Look after
doctor: ## what is missing on this machine, and how to get it
	@tools/packages.sh doctor; status=$$?; tools/sources.sh doctor; exit $$status
clean: ## remove what was built
	rm -rf build
help: ## this list
	@awk -F '[:#]+' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*##/ { printf "  make %-15s%s\n", $$1, substr($$0, index($$0, "## ") + 3) }' Makefile tools/host.mk
	@echo
.PHONY: run disk-reset image images iso check check-fast lint layers identity waits unmaps replies authority calls abi-golden scenario manifest-check verify tidy proofs models mutate claims bench \
	bench-check bench-record scaling stats doctor clean help packages elf
images: $(if $(filter command%,$(origin ARCH)),image,$(ARCHES:%=image-%)) ## (every architecture)
image-%: packages build/developer.did
	@$(MAKE) ARCH=$* image
elf: $(KERNEL) $(PROGRAM_ELFS)

# ---- packages: installed once, then only a stamp is looked at ----
packages: build/.packages-base $T/blake3/.unpacked $T/ring/.unpacked
build/.packages-%: tools/packages.txt
	@mkdir -p build
	@flock build tools/packages.sh install $* </dev/null
	@touch $@

# ---- compile ----
$B/kernel/lib/%.o $B/user/lib/%.o: SEE := $(SEE_LIB)
$B/kernel/kernel/%.o $B/kernel/arch/%.o: SEE := $(SEE_KERNEL)
$B/user/user/%.o $B/user/arch/%.o: SEE := $(SEE_USER)
$B/kernel/%.o: FLAGS := $(CFLAGS) $(ARCH_KERNEL_CFLAGS)
# Most of the kernel runs seldom and is compiled for size; what the measured paths run through, for speed.
HOT := endpoint_call endpoint_receive notification sched run_queue trap
HOT_OBJECTS := $(HOT:%=$B/kernel/kernel/%.c.o)
$(HOT_OBJECTS): FLAGS := $(CFLAGS) $(ARCH_KERNEL_CFLAGS) -O2
# What runs only while the kernel boots lies apart (single functions: CC_BOOT) and is given back afterwards.
BOOT := $(wildcard $A/boot/*.c lib/fdt*.c) lib/bundle.c lib/catalog_check.c lib/did.c lib/crc32c.c kernel/boot_process.c kernel/boot_tables.c \
	kernel/trust.c kernel/tier.c
BOOT_OBJECTS := $(BOOT:%=$B/kernel/%.o)
SMALL := -Oz -mllvm -inline-threshold=-20
# (What the outliner makes would not lie there.)
$(BOOT_OBJECTS) $B/kernel/kernel/main.c.o: FLAGS := $(CFLAGS) $(ARCH_KERNEL_CFLAGS) $(SMALL) -mllvm -enable-machine-outliner=never
$(BOOT_OBJECTS): FLAGS += -include kernel/include/kernel/boot_text.h
# The rest is one whole to the compiler, which sees it when it is linked: a function with one caller becomes part
# of it, and code that repeats is shared between files. (Tables stay outside: what is CC_FAR must not be seen.)
WHOLE_OBJECTS := $(filter-out $(HOT_OBJECTS) $(BOOT_OBJECTS) $(addprefix $B/kernel/kernel/,main.c.o tables.c.o), \
	$(filter %.c.o,$(KERNEL_OBJECTS)))
$(WHOLE_OBJECTS): FLAGS := $(CFLAGS) $(ARCH_KERNEL_CFLAGS) $(SMALL) -flto
WHOLE := $B/kernel/whole.o
WHOLE_LDFLAGS := --lto-O2 --lto-obj-path=$(WHOLE) --icf=safe \
	$(addprefix -mllvm ,-inline-threshold=-20 -enable-machine-outliner=always -machine-outliner-reruns=3)
# Programs may use the FPU, but the compiler does not on its own: a thread that never touched it is cheaper to switch.
$B/user/%.o: FLAGS := $(CFLAGS) -O2 -mno-implicit-float -fno-vectorize -fno-slp-vectorize $(ARCH_USER_CFLAGS)
$B/user/lib/%.o $B/user/user/lib/%.o: FLAGS += $(ARCH_LIBRARY_CFLAGS)

define COMPILE
	@mkdir -p $(@D)
	@echo "  cc    $@"
	$(Q)$(CC) $(FLAGS) $(SEE) -MMD -MP -c $< -o $@
endef
RULES := Makefile $(wildcard $A/arch.mk) | build/.packages-base
$B/kernel/%.c.o: %.c $(RULES)
	$(COMPILE)
$B/kernel/%.S.o: %.S $(RULES)
	$(COMPILE)
$B/user/%.c.o: %.c $(RULES)
	$(COMPILE)
$B/user/%.S.o: %.S $(RULES)
	$(COMPILE)

# ---- link ----
$(KERNEL_ELF): $(KERNEL_OBJECTS) $A/kernel.ld tools/boot_text.py
	@echo "  link  $@"
	$(Q)$(LD) $(LDFLAGS) $(ARCH_KERNEL_LDFLAGS) $(WHOLE_LDFLAGS) -T $A/kernel.ld -Map $(@:.elf=.map) $(KERNEL_OBJECTS) -o $@
	$(Q)$(PYTHON) tools/boot_text.py $(filter-out $(WHOLE_OBJECTS),$(KERNEL_OBJECTS)) $(WHOLE) || { rm -f $@; false; }
$B/kernel.image: $(KERNEL_ELF)
	$(Q)$(OBJCOPY) -O binary $< $@

$B/lib.a: $(LIBRARY_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $^

# One program: $1 is its folder.
define PROGRAM
$B/programs/$(notdir $1).elf: $(patsubst %,$B/user/%.o,$(call sources,$1)) $B/user/$A/user/start.S.o $B/lib.a $A/user/user.ld
	@mkdir -p $$(@D)
	@echo "  link  $$@"
	$(Q)$(LD) $(LDFLAGS) $(ARCH_USER_LDFLAGS) -T $A/user/user.ld $$(filter %.o %.a,$$^) -o $$@
endef
$(foreach program,$(PROGRAMS),$(eval $(call PROGRAM,$(program))))

# ---- who signs, and whom the kernel believes (docs/manual/keys.md) ----
# The developer's key lies outside the tree and is made here if there is none; what is signed, and the kernel's
# trust, follow its public half. The number in system/release counts up with every release.
build/developer.did: $(CAMBI) ALWAYS
	@$(CAMBI) key new --if-missing
	@$(CAMBI) key show --did > $@.$$$$; if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi
$B/trust.c: build/developer.did system/release Makefile
	@mkdir -p $(@D)
	$(Q)$(CAMBI) key trust --release $$(cat system/release) $$(cat build/developer.did) $(if $(TEST_KEY),test) > $@
$B/kernel/built-in/trust.c.o: SEE := $(SEE_LIB)
$B/kernel/built-in/trust.c.o: $B/trust.c $(RULES)
	$(COMPILE)
.PHONY: ALWAYS

# ---- bundle: signed programs with the names of their functions and no other debug information, the manifest,
# the kernel's symbols, and the catalog that binds them ----
$B/bundle/%: $B/programs/%.elf
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) --strip-debug --discard-locals $< $@
$B/kernel.symbols: $(KERNEL_ELF) tools/symbols.py
	$(Q)$(PYTHON) tools/symbols.py $< $@
$(BUNDLE): $(BUNDLED) $B/kernel.symbols $(MANIFEST) system/release build/developer.did $(CAMBI)
	@echo "  sign  $@"
	$(Q)$(CAMBI) bundle $@ --manifest $(MANIFEST) --release $$(cat system/release) \
		$(BUNDLED:%=program:%) data:$B/kernel.symbols

$B/cambios.iso: $(KERNEL) $(BUNDLE) tools/iso.sh
	@echo "  pack  $@"
	$(Q)tools/iso.sh $@ $(KERNEL) $(BUNDLE)

include tools/host.mk
include tools/sources.mk
-include $(shell find build -name '*.d' 2>/dev/null)
