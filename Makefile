# SPDX-License-Identifier: MIT
# boardstrap: `make help` lists the targets. Everything that is built goes below build/.

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wswitch-enum -Wvla -Wdate-time -Wnull-dereference -Wdouble-promotion
# A warning stops CI, not the engineer whose compiler is newer than ours.
ifeq ($(CI),true)
WARN += -Werror
endif

PKGS_DEVICE := blkid fdisk
PKGS_CORE   := libarchive libcrypto
PKGS_UI     := ncursesw
PKGS_TEST   := cmocka vterm
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

CPPFLAGS += -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBOARDSTRAP_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(CFLAGS) -fstack-protector-strong \
	$(call pkg,--cflags,$(PKGS_DEVICE) $(PKGS_CORE))
LIBS_CORE = $(call pkg,--libs,$(PKGS_DEVICE) $(PKGS_CORE))
LIBS_UI   = $(call pkg,--libs,$(PKGS_UI))
LIBS_TEST = $(call pkg,--libs,cmocka)

DEVICE_SRC := $(wildcard device/*.c)
CORE_SRC   := $(wildcard core/*.c)
UI_SRC     := $(wildcard ui/*.c)
TEST_SRC   := $(wildcard tests/test_*.c)
HELP_SRC   := $(filter-out $(TEST_SRC),$(wildcard tests/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))

# Quiet unless V=1.
ifneq ($(V),1)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2)
else
say = @:
endif

.PHONY: all
all: $(BUILD)/boardstrap ## build the program
.DEFAULT_GOAL := all

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Two libraries that know no screen: a wrong arrow (device -> core, core -> ui) does not link.
$(BUILD)/libdevice.a: $(call objects,$(DEVICE_SRC))
$(BUILD)/libcore.a: $(call objects,$(CORE_SRC))
$(BUILD)/libui.a: $(call objects,$(filter-out ui/main.c,$(UI_SRC)))
$(BUILD)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/boardstrap: $(BUILD)/obj/ui/main.o $(BUILD)/libui.a $(BUILD)/libcore.a $(BUILD)/libdevice.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_UI) $(LIBS_CORE)

# Tests of device/ link libdevice.a alone, those of core/ no ncurses: the arrows hold in them too.
test_module = $(patsubst test_%,%,$*)
test_libs = $(if $(wildcard device/$(test_module).c),$(BUILD)/libdevice.a,\
	$(if $(wildcard core/$(test_module).c),$(BUILD)/libcore.a $(BUILD)/libdevice.a,\
	$(BUILD)/libui.a $(BUILD)/libcore.a $(BUILD)/libdevice.a $(LIBS_UI) \
	$(call pkg,--libs,vterm)))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(BUILD)/libui.a $(BUILD)/libcore.a $(BUILD)/libdevice.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(test_libs) $(LIBS_CORE) $(LIBS_TEST)

# A tar of our own making, driven by its environment; it needs nothing of ours.
$(BUILD)/tests/fake_tar: $(BUILD)/obj/tests/fake_tar.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.SECONDARY:
