# Chimera: the extension by PGXS at the root, stratumd and the tests around it.
# `make help` lists what there is to make.

EXTENSION = extension/chimera
EXTVERSION = 0.1.0
MODULE_big = chimera

C_FOLDERS = extension $(addprefix extension/,pow chain job share accounting \
	node worker)
OBJS = $(patsubst %.c,%.o,$(wildcard $(addsuffix /*.c,$(C_FOLDERS))))

# the script's parts, in the order in which they need each other
SQL_PARTS = $(addsuffix .sql,$(addprefix sql/,schema chain networks miners \
	jobs shares blocks stats))
DATA_built = build/chimera--$(EXTVERSION).sql

PG_CPPFLAGS = -Iextension
PG_CFLAGS = -std=gnu11 -Wextra -Werror -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers
SHLIB_LINK = -lcurl -ljansson -lm
EXTRA_CLEAN = build

# bitcode would serve inlining only, and needs the server's own clang
override with_llvm := no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

all: stratumd

$(DATA_built): $(SQL_PARTS) Makefile
	mkdir -p build
	cat $(SQL_PARTS) > $@

# every object is made anew when a header changes: the tree is small
$(OBJS): $(wildcard $(addsuffix /*.h,$(C_FOLDERS)))

stratumd:
	$(MAKE) -C stratumd PG_CONFIG=$(PG_CONFIG)

.PHONY: stratumd
