# program.mk: builds a front end, PROGRAM, of its own sources and common's: make,
# make install, make clean. It sets PROGRAM, LIBRARIES and maybe WARNINGS, then
# includes this.
#
# make SANITIZE=1 builds it with the address and undefined sanitizers, apart, as
# ../build/PROGRAM-sanitize/PROGRAM.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
PG_CONFIG ?= pg_config
COMMON = ../common

VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" ../extension/chimera.control)

CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra $(WARNINGS) -Werror -fno-strict-aliasing
ifdef SANITIZE
BUILD = ../build/$(PROGRAM)-sanitize
BINARY = $(BUILD)/$(PROGRAM)
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
else
BUILD = build
BINARY = $(PROGRAM)
endif
override CPPFLAGS += -D_GNU_SOURCE -I. -I$(COMMON) -I$(shell $(PG_CONFIG) --includedir) \
	-DPROGRAM_NAME='"$(PROGRAM)"' -DPROGRAM_VERSION='"$(VERSION)"'
override LDLIBS += -L$(shell $(PG_CONFIG) --libdir) -lpq -lev -ljansson $(LIBRARIES) -lm

OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard *.c */*.c)) \
	$(patsubst $(COMMON)/%.c,$(BUILD)/common/%.o,$(wildcard $(COMMON)/*.c))

all: $(BINARY)

$(BINARY): $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/common/%.o: $(COMMON)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(BINARY) $(DESTDIR)$(BINDIR)/$(PROGRAM)

clean:
	rm -rf $(BUILD) $(PROGRAM)

-include $(OBJECTS:.o=.d)

.PHONY: all install clean
