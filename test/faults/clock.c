/*
 * clock.c
 *	  A wall clock that tests can set: preloaded into a server, it is off by as
 *	  many seconds as the file named by CHIMERA_TEST_CLOCK says at the moment
 *	  (8 bytes, as the machine has them).  The monotonic clock stays right.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const volatile int64_t *offset_s;

__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("CHIMERA_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0 || real_clock_gettime == NULL)
		abort();
	map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	close(fd);
	offset_s = map;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = real_clock_gettime(clock, now);

	if (status == 0 && clock == CLOCK_REALTIME)
		now->tv_sec += *offset_s;
	return status;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &precise);
	now->tv_sec = precise.tv_sec;
	now->tv_usec = precise.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *at)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (at)
		*at = now.tv_sec;
	return now.tv_sec;
}
