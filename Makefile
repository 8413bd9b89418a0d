# Chimera: the extension by PGXS at the root, stratumd and the tests around it.
# `make help` lists what there is to make.

EXTVERSION = 0.1.0
PG_CONFIG ?= pg_config

# What runs and tests the pool needs no PGXS, and PGXS has a `check` of its own.
POOL_GOALS = help installed run stop check check-unit check-fuzz check-sql \
	check-dashboard check-e2e check-sanitize check-package check-versions fuzz dashboard \
	installcheck bench format dist deb reference

ifneq ($(filter-out $(POOL_GOALS),$(or $(MAKECMDGOALS),all)),)

# ---------- building and installing ----------

EXTENSION = extension/chimera extension/chimera_legacy
MODULE_big = chimera

C_FOLDERS = extension $(addprefix extension/,pow chain spi node job share \
	accounting template block payout worker)
OBJS = $(patsubst %.c,%.o,$(wildcard $(addsuffix /*.c,$(C_FOLDERS))))

# the scripts' parts, in the order in which they need each other
SQL_PARTS = $(addsuffix .sql,$(addprefix sql/, \
	core/schema core/chain core/checks network/networks network/switch network/edit \
	network/presets network/node_test network/merge mining/names mining/miners mining/jobs \
	network/template_bounds mining/listeners mining/assignments mining/stratum_servers \
	mining/bans mining/shares mining/carried_jobs mining/stratum_jobs mining/blocks \
	stats/rollups stats/rounds stats/pool_stats stats/standings \
	money/ledger money/shortfalls money/rewards money/wallets mining/logins money/payouts \
	money/payout_verdicts money/block_posting money/estimates stats/health_merged \
	stats/health web/users web/sign_in web/api web/pool web/accounts web/events \
	web/metrics web/user web/admin web/admin_pool roles))
LEGACY_PARTS = $(addsuffix .sql,$(addprefix sql/legacy/, \
	schema people shares money adopt roles))
POOL_SCRIPT = build/chimera--$(EXTVERSION).sql
LEGACY_SCRIPT = build/chimera_legacy--$(EXTVERSION).sql
DATA_built = $(POOL_SCRIPT) $(LEGACY_SCRIPT)
# the scripts of released versions, and those that lead from one to the next
DATA = $(wildcard migrations/released/*.sql migrations/*.sql)

PG_CPPFLAGS = -Iextension
PG_CFLAGS = -std=gnu11 -Wextra -Werror -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers
SHLIB_LINK = -lcurl -ljansson -lm
EXTRA_CLEAN = build

# bitcode would serve inlining only, and needs the server's own clang
override with_llvm := no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# the library with places where tests have its workers die
# (payout/crash_point.h); it is never installed
CRASH_SOURCES = extension/chimera.c $(wildcard extension/payout/*.c)
CRASH_OBJS = $(CRASH_SOURCES:extension/%.c=build/crash/%.o)

all: stratumd webd

crash-points: build/crash/chimera.so

build/crash/chimera.so: $(filter-out $(CRASH_SOURCES:.c=.o),$(OBJS)) $(CRASH_OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(LDFLAGS_SL) -shared -o $@ $^ $(SHLIB_LINK)

build/crash/%.o: extension/%.c $(wildcard $(addsuffix /*.h,$(C_FOLDERS)))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CFLAGS_SL) $(CPPFLAGS) -DCHIMERA_CRASH_POINTS -c -o $@ $<

# the library under the undefined sanitizer; never installed either
SANITIZED_OBJS = $(OBJS:extension/%=build/undefined/%)

sanitized: build/undefined/chimera.so

build/undefined/chimera.so: $(SANITIZED_OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(LDFLAGS_SL) -fsanitize=undefined -shared -o $@ $^ \
		$(SHLIB_LINK)

build/undefined/%.o: extension/%.c $(wildcard $(addsuffix /*.h,$(C_FOLDERS)))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CFLAGS_SL) $(CPPFLAGS) -fsanitize=undefined \
		-fno-sanitize-recover=all -c -o $@ $<

$(POOL_SCRIPT): $(SQL_PARTS)
$(LEGACY_SCRIPT): $(LEGACY_PARTS)
$(DATA_built): Makefile
	mkdir -p build
	cat $(filter %.sql,$^) > $@

# every object is rebuilt when a header changes: the tree is small
$(OBJS): $(wildcard $(addsuffix /*.h,$(C_FOLDERS)))

stratumd webd:
	$(MAKE) -C $@ PG_CONFIG=$(PG_CONFIG)

# what gives an older pool's database its networks (doc/legacy.md)
LEGACY_DIR = $(DESTDIR)$(datadir)/chimera/legacy

install: install-legacy
uninstall: uninstall-legacy

install-legacy:
	$(MKDIR_P) '$(LEGACY_DIR)'
	$(INSTALL_DATA) $(wildcard migrations/legacy/*.sql) '$(LEGACY_DIR)'

uninstall-legacy:
	rm -rf '$(LEGACY_DIR)'

.PHONY: stratumd webd crash-points sanitized install-legacy uninstall-legacy

else

# ---------- running and testing ----------

SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

help:
	@echo 'make               build the extension, stratumd and webd'
	@echo 'make install       install the extension into the server (as root)'
	@echo 'make dashboard     build the web pages into build/dashboard'
	@echo 'make run           install what is needed, and start a whole pool'
	@echo 'make stop          stop that pool'
	@echo 'make check         install what is needed, and run every test'
	@echo 'make check-unit, check-fuzz, check-sql, check-dashboard, check-e2e,'
	@echo '     check-sanitize, check-package, check-versions'
	@echo '                   a part of them'
	@echo 'make fuzz          fuzz all that is read from outside, ten minutes each'
	@echo 'make installcheck  run the SQL tests in the server of PGHOST, PGPORT'
	@echo 'make bench         measure, side by side with the limits'
	@echo 'make format        lay the C files out by .clang-format'
	@echo 'make dist          pack a release'
	@echo 'make deb           build the Debian packages into build/deb'
	@echo 'make reference     make doc/reference.md again from the installed extension'

# what tests and the demo need in place
installed:
	$(MAKE) -s all
	$(SUDO) $(MAKE) -s install
	$(MAKE) -s -C test/miner
	$(MAKE) -s -C test/faults

run:
	.ci/place
	./deps
	$(MAKE) -s installed dashboard
	.ci/versions
	./demo/run

stop:
	./demo/stop

check:
	.ci/place
	./deps
	$(MAKE) -s installed dashboard
	.ci/versions
	$(MAKE) -s check-unit check-fuzz check-sql check-dashboard check-e2e \
		check-sanitize check-package check-versions

# type checked, then packed
dashboard: build/dashboard/index.html

build/dashboard/index.html: dashboard/node_modules/.package-lock.json \
		$(shell find dashboard -name node_modules -prune -o -type f -print)
	npm --prefix dashboard run -s build

%/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --silent
	touch $@

check-dashboard: dashboard/node_modules/.package-lock.json
	npm --prefix dashboard run -s check

check-unit:
	$(MAKE) -s -C test/unit check
	$(MAKE) -s -C test/unit check SANITIZE=1

check-fuzz:
	$(MAKE) -s -C test/fuzz check

fuzz:
	$(MAKE) -s -C test/fuzz fuzz

# SANITIZE=1: with the extension under the undefined sanitizer; what rebuilds the
# extension would load the installed library beside it
check-sql:
ifdef SANITIZE
	$(MAKE) -s sanitized
	CHIMERA_LIBRARY_DIR=$(CURDIR)/build/undefined UBSAN_OPTIONS=print_stacktrace=1 \
		test/with_cluster build/check-sanitize-sql \
		pg_prove --ext .sql $$(grep -L 'CREATE EXTENSION chimera;' test/sql/*.sql)
else
	test/with_cluster build/check-sql pg_prove --ext .sql test/sql
endif

check-e2e: dashboard test/browser/node_modules/.package-lock.json
	$(MAKE) -s crash-points
	$(MAKE) -s -C bench
	test/t/run

check-sanitize:
	$(MAKE) -s check-sql SANITIZE=1
	$(MAKE) -s -C stratumd SANITIZE=1
	$(MAKE) -s -C webd SANITIZE=1
	test/t/run_sanitized

check-package:
	prove --timer test/package/*.pl

# a choice of them on other server versions and on arm64, each in a Debian of
# its own
check-versions:
	prove --timer test/versions/*.pl

# a database of its own in a server that has the extension installed
installcheck:
	dropdb --if-exists chimera_installcheck
	createdb chimera_installcheck
	psql -q -v ON_ERROR_STOP=1 -d chimera_installcheck \
		-c 'CREATE EXTENSION chimera' -c 'CREATE EXTENSION pgtap'
	pg_prove --ext .sql -d chimera_installcheck test/sql
	dropdb chimera_installcheck

bench:
	$(MAKE) -s installed
	$(MAKE) -s -C bench
	bench/run

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

dist:
	git archive --format zip --prefix chimera-$(EXTVERSION)/ \
		-o chimera-$(EXTVERSION).zip HEAD

# for the PostgreSQL of PG_CONFIG; in a copy: the packages' flags are not those of
# the tree's own objects
deb: dashboard
	rm -rf build/deb
	mkdir -p build/deb/source
	tar -c --exclude-vcs --exclude=./build --exclude=node_modules --exclude='*.o' \
		--exclude='*.so' --exclude=./stratumd/build --exclude=./stratumd/stratumd \
		--exclude=./webd/build --exclude=./webd/webd . | \
		tar -x -C build/deb/source
	cp -r build/dashboard build/deb/source/dashboard/dist
	sed "s/PGVERSION/$$($(PG_CONFIG) --version | grep -o '[0-9]*' | head -n 1)/g" debian/control.in \
		>build/deb/source/debian/control
	cd build/deb/source && dpkg-buildpackage -jauto -b -us -uc

reference:
	test/with_cluster build/reference doc/make_reference >build/reference.md
	mv build/reference.md doc/reference.md

.PHONY: $(POOL_GOALS)

endif
