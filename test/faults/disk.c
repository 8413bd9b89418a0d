/*
 * disk.c
 *	  A disk that tests can fill: preloaded into a server, files of its data
 *	  directory don't grow while the file named by CHIMERA_TEST_DISK says so,
 *	  which has one byte: '0' for room enough, 'b' for none in base/, 'w' for
 *	  none in pg_wal/.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const volatile char *state;

__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("CHIMERA_TEST_DISK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map =
		fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		abort();
	close(fd);
	state = map;
}

/* Would a write up to there make a file grow for which there is no room? */
static bool
is_full(int fd, off_t end)
{
	char link[32];
	char path[PATH_MAX];
	struct stat file;
	ssize_t length;

	if (*state == '0')
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return false;
	path[length] = '\0';
	return strstr(path, *state == 'b' ? "/base/" : "/pg_wal/") != NULL &&
		   fstat(fd, &file) == 0 && end > file.st_size;
}

static size_t
total(const struct iovec *parts, int count)
{
	size_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += parts[i].iov_len;
	return sum;
}

ssize_t
pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "pwrite64");
	if (is_full(fd, offset + (off_t) length))
	{
		errno = ENOSPC;
		return -1;
	}
	return real(fd, data, length, offset);
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
	return pwrite64(fd, data, length, offset);
}

ssize_t
pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
	static ssize_t (*real)(int, const struct iovec *, int, off64_t);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "pwritev64");
	if (is_full(fd, offset + (off_t) total(parts, count)))
	{
		errno = ENOSPC;
		return -1;
	}
	return real(fd, parts, count, offset);
}

ssize_t
pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return pwritev64(fd, parts, count, offset);
}

int
posix_fallocate64(int fd, off64_t offset, off64_t length)
{
	static int (*real)(int, off64_t, off64_t);

	if (real == NULL)
		real = dlsym(RTLD_NEXT, "posix_fallocate64");
	return is_full(fd, offset + length) ? ENOSPC : real(fd, offset, length);
}

int
posix_fallocate(int fd, off_t offset, off_t length)
{
	return posix_fallocate64(fd, offset, length);
}
