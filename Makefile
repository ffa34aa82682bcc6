# SPDX-License-Identifier: MIT
# boardstrap: `make help` lists the targets. All output goes to build/.

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wswitch-enum -Wvla -Wdate-time -Wnull-dereference -Wdouble-promotion
# Warnings are errors in CI only: a newer compiler may have more of them.
ifeq ($(CI),true)
WARN += -Werror
endif

PKGS_DEVICE := blkid libconfuse
PKGS_CORE   := libcrypto
PKGS_UI     := ncursesw
PKGS_TEST   := cmocka vterm
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

CPPFLAGS += -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBOARDSTRAP_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(CFLAGS) -fstack-protector-strong \
	$(call pkg,--cflags,$(PKGS_DEVICE) $(PKGS_CORE))
LIBS_CORE = $(call pkg,--libs,$(PKGS_DEVICE) $(PKGS_CORE))
LIBS_UI   = $(call pkg,--libs,$(PKGS_UI))
LIBS_TEST = $(call pkg,--libs,cmocka)

DEVICE_SRC := $(wildcard device/*/*.c)
CORE_SRC   := $(wildcard core/*/*.c)
UI_SRC     := $(wildcard ui/*/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
tests_of = $(patsubst tests/$(1)/%.c,$(BUILD)/tests/%,$(wildcard tests/$(1)/test_*.c))
TESTS := $(foreach layer,device core ui whole,$(call tests_of,$(layer)))

# Quiet unless V=1.
ifneq ($(V),1)
Q := @
note = @printf '  %-5s %s\n' $(1) $(2)
else
note = @:
endif

.PHONY: all
all: $(BUILD)/boardstrap ## build the program (the default)
.DEFAULT_GOAL := all

$(BUILD)/obj/%.o: %.c
	$(call note,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# One library per layer: a call to a layer above (device -> core, core -> ui) does not link.
$(BUILD)/libdevice.a: $(call objects,$(DEVICE_SRC))
$(BUILD)/libcore.a: $(call objects,$(CORE_SRC))
$(BUILD)/libui.a: $(call objects,$(UI_SRC)) $(BUILD)/obj/terminfo.o
$(BUILD)/lib%.a:
	$(call note,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

# The built-in terminal descriptions, in the hex format of the variable TERMINFO.
$(BUILD)/obj/terminfo.o: assets/terminfo/boardstrap.ti ui/term/terminfo.h
	$(call note,TIC,$<)
	@mkdir -p $(@D)
	$(Q)tic -x -o $(@D)/terminfo $<
	$(Q){ echo '#include "ui/term/terminfo.h"'; \
		echo 'const struct terminfo_entry terminfo_built_in[] = {'; \
		for name in $$(sed -n 's/^\(boardstrap[a-z-]*\)|.*/\1/p' $<); do \
			entry=$$(TERMINFO=$(@D)/terminfo infocmp -x -Q2 -q -0 $$name) || exit 1; \
			printf '{"%s", "%s"},\n' "$$name" "$$entry"; \
		done; echo '{0}};'; } >$(@D)/terminfo.c
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $(@D)/terminfo.c

$(BUILD)/boardstrap: $(BUILD)/obj/ui/main.o $(BUILD)/libui.a $(BUILD)/libcore.a $(BUILD)/libdevice.a
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_UI) $(LIBS_CORE)

# Tests of device/ link only libdevice.a, and those of core/ link no ncurses, so no call points up in them either.
LIBDEVICE := $(BUILD)/libdevice.a
LIBCORE   := $(BUILD)/libcore.a $(LIBDEVICE)
LIBUI     := $(BUILD)/libui.a $(LIBCORE)
$(call tests_of,device): $(BUILD)/tests/%: $(BUILD)/obj/tests/device/%.o $(LIBDEVICE)
$(call tests_of,core): $(BUILD)/tests/%: $(BUILD)/obj/tests/core/%.o $(LIBCORE)
$(call tests_of,ui): $(BUILD)/tests/%: $(BUILD)/obj/tests/ui/%.o $(LIBUI)
$(call tests_of,whole): $(BUILD)/tests/%: $(BUILD)/obj/tests/whole/%.o $(LIBUI)
$(call tests_of,ui) $(call tests_of,whole): LIBS_TEST += $(LIBS_UI) $(call pkg,--libs,vterm)
$(TESTS):
	$(call note,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TEST) $(LIBS_CORE)

# A fake tar, controlled by its environment; it links none of our libraries.
$(BUILD)/tests/fake_tar: $(BUILD)/obj/tests/lib/fake_tar.o
	@mkdir -p $(@D)
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<

# tests/vm/boot-areas.sh runs this in the emulated machine; it refuses to run anywhere else.
$(BUILD)/tests/vm-boot-areas: $(BUILD)/obj/tests/vm/boot_areas.o $(BUILD)/libdevice.a
	@mkdir -p $(@D)
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_CORE)

# The bad serial line of tests/vm/serial.sh, for both of its ends; it links none of our libraries.
$(BUILD)/tests/vm-line: $(BUILD)/obj/tests/vm/line.o
	@mkdir -p $(@D)
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<

# The number of times that soak spawns the real tar; 10,000 takes some minutes.
N ?= 10000
$(BUILD)/tests/soak: $(BUILD)/obj/tests/lib/soak.o $(BUILD)/libcore.a $(BUILD)/libdevice.a
	@mkdir -p $(@D)
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_CORE)

.PHONY: deps deps-demo
# Packages for building, running and the demo, and those for the tests. A second run installs nothing.
PACKAGES := gcc make pkg-config libc6-dev libncurses-dev libblkid-dev libconfuse-dev \
	libssl-dev tar gzip xz-utils zstd bzip2 lz4 pigz e2fsprogs dosfstools fdisk \
	util-linux mount kmod busybox-static attr ncurses-base ncurses-bin
TEST_PACKAGES := libcmocka-dev libvterm-dev f2fs-tools btrfs-progs libarchive-tools toybox libcap2-bin \
	acl procps psmisc jq tmux strace gdisk ncurses-term mmdebstrap cpio mtools udev clang \
	libclang-rt-dev valgrind binutils perl grub-pc-bin
deps: PACKAGES += $(TEST_PACKAGES)
deps: deps-demo ## install the needed packages (Debian, as root)
deps-demo:
	@missing=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(PACKAGES) 2>/dev/null | \
		awk -v all='$(PACKAGES)' '$$1 == "installed" {have[$$2] = 1} END {n = split(all, want, " "); \
			for (i = 1; i <= n; i++) if (!(want[i] in have)) printf "%s ", want[i]}'); \
	if [ -n "$$missing" ]; then \
		echo "installing: $$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $$missing >/dev/null; \
	fi

.PHONY: demo
demo: deps-demo ## install a small real root filesystem on an image file
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@bash tests/tools/demo.sh

.PHONY: check check-unit check-root check-vm
VM_TESTS := $(addprefix tests/vm/,layouts.sh files.sh fat.sh udev.sh udev-late.sh emmc-install.sh serial.sh boot-areas.sh tables.sh renumber.sh pull.sh boot-rom.sh boot-bios.sh)
E2E := $(filter-out %/lib.sh %/tree.sh,$(wildcard tests/e2e/*.sh))
SOURCE_TESTS := tests/tools/mutants.sh tests/tools/arrows.sh tests/tools/prose.sh tests/tools/queues.sh
# The longest first: the runner uses this order until it has measured them.
ALL_TESTS := $(VM_TESTS) $(SOURCE_TESTS) tests/fuzz/fuzz.sh $(E2E) $(BUILD)/tests/soak-short $(TESTS)
FOR_SCRIPTS := $(addprefix $(BUILD)/tests/,fake_tar soak soak-short vm-boot-areas vm-line)
# The tests for a word in T: "tar" is test_tar; "layout" is test_layout and tests/e2e/layout.sh.
named = $(or $(filter %/test_$(1) %/$(1) %/$(1).sh %/$(1)-short,$(ALL_TESTS)),$(error no test "$(1)"; there \
	are: $(sort $(patsubst test_%,%,$(basename $(notdir $(ALL_TESTS)))))))
T_TESTS = $(foreach name,$(T),$(call named,$(name)))
check: deps ## install the needed packages and run all tests; only some with T="progress tar"
ifeq ($(T),)
	@$(MAKE) --no-print-directory -j$$(($$(nproc) + 1)) vm-parts all tests fuzz-build
	@FUZZ=$(BUILD)/fuzz bash tests/tools/run.sh $(ALL_TESTS)
else
	@$(MAKE) --no-print-directory -j$$(nproc) all $(FOR_SCRIPTS) $(filter $(BUILD)/%,$(T_TESTS)) \
		$(if $(filter %/mutants.sh,$(T_TESTS)),tests) $(if $(filter %/fuzz.sh,$(T_TESTS)),fuzz-build)
	@FUZZ=$(BUILD)/fuzz bash tests/tools/run.sh $(sort $(T_TESTS))
endif
check-unit: all tests ## run the cmocka tests only
	@bash tests/tools/run.sh $(TESTS)
check-root: all tests ## run the tests of the whole program on loop devices and in terminals
	@bash tests/tools/run.sh $(E2E)
check-vm: all $(BUILD)/tests/vm-boot-areas $(BUILD)/tests/vm-line ## install on emulated boards, over a serial console, and boot them
	@bash tests/tools/run.sh $(VM_TESTS)

# Downloads the emulated machine while the compiler works. The tests that need it report a failure.
.PHONY: vm-parts
vm-parts:
	@mkdir -p $(BUILD)
	-@tests/vm/prepare.sh >$(BUILD)/vm-parts.log 2>&1 </dev/null

.PHONY: tests
tests: $(TESTS) $(FOR_SCRIPTS)
# The soak as a test with TAP output.
$(BUILD)/tests/soak-short: $(BUILD)/tests/soak
	@printf '#!/bin/sh\necho 1..1\n"$${0%%-short}" 300 && echo ok 1 - soak || { echo not ok 1 - soak; exit 1; }\n' >$@
	@chmod +x $@

.PHONY: soak
soak: $(BUILD)/tests/soak ## spawn the real tar N=10000 times under load; no signal may kill it
	@$(BUILD)/tests/soak $(N)

# A separate build with clang, the sanitizers and the fuzzer's coverage. It compiles ui/ too, for clang's warnings.
FUZZ_SECONDS ?= 600
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzz fuzz-build fuzzers
fuzz: fuzz-build ## run libFuzzer on every parser, FUZZ_SECONDS=600 each
	@FUZZ=$(BUILD)/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) nice -n 19 bash tests/fuzz/fuzz.sh
fuzz-build:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang CFLAGS='-O1 -g \
		-fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=undefined' fuzzers
fuzzers: $(FUZZERS) $(call objects,$(UI_SRC) ui/main.c)
$(BUILD)/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/libcore.a $(BUILD)/libdevice.a
	$(call note,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS_CORE)

.PHONY: bench
bench: all ## compare boardstrap with the plain commands; measure the engine's CPU and memory
	@bash tests/bench/overhead.sh

.PHONY: bench-list
bench-list: all ## measure the listing of eight disks; it must take less than 50 ms
	@bash tests/bench/list.sh

.PHONY: bench-screens
SPEED_TESTS := $(addprefix $(BUILD)/tests/,test_line test_faults test_app) tests/vm/serial.sh
bench-screens: all tests ## check the speed of the screens strictly, on an idle machine
	@SPEED=1 LANES=1 bash tests/tools/run.sh $(SPEED_TESTS)
	@grep -h promised $(BUILD)/tests/logs/test_{line,faults,app}.log

.PHONY: golden
golden: $(BUILD)/tests/test_screens ## rewrite the golden screens; review them with git diff
	@UPDATE_GOLDEN=1 $(BUILD)/tests/test_screens

# Screenshots of the emulated board of check-vm; they take about three minutes.
.PHONY: pictures pictures-deps
pictures-deps: PACKAGES += $(TEST_PACKAGES) xterm xvfb x11-utils imagemagick fonts-dejavu-core
pictures-deps: deps-demo
pictures: pictures-deps ## retake the screenshots in assets/pictures
	@$(MAKE) --no-print-directory all
	@bash tests/vm/pictures.sh

.PHONY: asan valgrind
# Each process writes its report to a file, because nothing may be reading the stderr of a child or the engine.
ASAN_DIR := $(abspath $(BUILD))/asan
asan: ## run check-unit and check-root with the address and undefined behaviour sanitizers
	@rm -f $(ASAN_DIR)/report.*
	@ASAN_OPTIONS=log_path=$(ASAN_DIR)/report UBSAN_OPTIONS=log_path=$(ASAN_DIR)/report:print_stacktrace=1 \
		SIZES=some BOARDSTRAP=$(ASAN_DIR)/boardstrap $(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
		check-unit check-root
	@! cat $(ASAN_DIR)/report.* 2>/dev/null
valgrind: all $(BUILD)/tests/test_install $(BUILD)/tests/test_service ## run the engine under valgrind
	@bash tests/tools/valgrind.sh

.PHONY: tidy fmt
tidy: ## run clang-tidy on the sources
	clang-tidy --quiet $(DEVICE_SRC) $(CORE_SRC) $(UI_SRC) -- $(CPPFLAGS) -std=gnu17 \
		$(call pkg,--cflags,$(PKGS_DEVICE) $(PKGS_CORE) $(PKGS_UI))
fmt: ## format all sources with clang-format
	clang-format -i $(shell git ls-files '*.[ch]')

.PHONY: install uninstall
LAYOUTS := $(wildcard assets/layouts/*.conf)
install: all ## install to PREFIX (/usr/local), below DESTDIR
	install -D -m 755 $(BUILD)/boardstrap $(DESTDIR)$(PREFIX)/sbin/boardstrap
	install -D -m 644 assets/man/boardstrap.1 $(DESTDIR)$(PREFIX)/share/man/man1/boardstrap.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/boardstrap/layouts $(LAYOUTS)
uninstall: ## remove the files that install has copied
	rm -f $(DESTDIR)$(PREFIX)/sbin/boardstrap $(DESTDIR)$(PREFIX)/share/man/man1/boardstrap.1 \
		$(addprefix $(DESTDIR)$(PREFIX)/share/boardstrap/layouts/,$(notdir $(LAYOUTS)))

.PHONY: clean
clean: ## remove build products, but keep the downloads of the tests (build/vm, build/cache)
	rm -rf $(addprefix $(BUILD)/,obj tests asan fuzz/obj fuzz/libcore.a fuzz/libdevice.a demo boardstrap libdevice.a libcore.a libui.a)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.SECONDARY:
