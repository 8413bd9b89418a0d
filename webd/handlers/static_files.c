/*
 * static_files.c
 *	  The dashboard: the files of one directory.
 *
 * They are few and small, so all are read into memory at the start.  A path is
 * looked up among their names, so it can never lead out of the directory. Paths
 * without a dot are pages of the dashboard and yield index.html.
 */
#include "handlers/static_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"

#define MAX_FILE_BYTES	(16 * 1024 * 1024)
#define MAX_TOTAL_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH		4
#define ASSETS			"assets/" /* their names contain a hash */
#define INDEX			"index.html"

typedef struct File
{
	STAILQ_ENTRY(File) link;
	char *name; /* below the directory: "assets/index.js" */
	Response *response;
} File;

STAILQ_HEAD(Files, File);

typedef struct FileSet
{
	struct Files files;
	size_t bytes;
} FileSet;

static const struct
{
	const char *ending;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".map", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".webp", "image/webp"},
	{".woff2", "font/woff2"},
	{".txt", "text/plain; charset=utf-8"},
};

static const char *directory;
static struct Files files = STAILQ_HEAD_INITIALIZER(files);

static const char *
type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].ending, dot) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* ---------- set ---------- */

static void
free_files(struct Files *list)
{
	File *file;

	while ((file = STAILQ_FIRST(list)) != NULL)
	{
		STAILQ_REMOVE_HEAD(list, link);
		response_unref(file->response);
		free(file->name);
		free(file);
	}
}

static void
add_file(FileSet *set, const char *name, const char *data, size_t length)
{
	File *file = memory_zalloc(sizeof(File));
	ResponseKind kind = strncmp(name, ASSETS, strlen(ASSETS)) == 0
							? RESPONSE_ASSET
							: RESPONSE_PAGE;

	file->name = memory_strdup(name);
	file->response =
		response_make(MHD_HTTP_OK, kind, type_of(name), data, length);
	STAILQ_INSERT_TAIL(&set->files, file, link);
	set->bytes += length;
}

static bool
read_all(int fd, char *data, size_t length)
{
	size_t have = 0;

	while (have < length)
	{
		ssize_t got = read(fd, data + have, length - have);

		if (got <= 0)
			return false;
		have += (size_t) got;
	}
	return true;
}

static bool
load_file(FileSet *set, int fd, const char *name, size_t length)
{
	char *data;
	bool is_good;

	if (length > MAX_FILE_BYTES || set->bytes + length > MAX_TOTAL_BYTES)
	{
		log_error("could not load the dashboard: %s is too large", name);
		return false;
	}
	data = memory_alloc(length + 1);
	is_good = read_all(fd, data, length);
	if (is_good)
		add_file(set, name, data, length);
	else
		log_error("could not read %s of the dashboard", name);
	free(data);
	return is_good;
}

static bool load_directory(FileSet *set, int fd, const char *prefix, int depth);

/* Symbolic links are skipped because they may lead anywhere. */
static bool
load_entry(FileSet *set, int parent, const char *entry, const char *name,
		   int depth)
{
	struct stat status;
	int fd = openat(parent, entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool is_good = true;

	if (fd < 0 && errno == ELOOP)
		return true;
	if (fd < 0 || fstat(fd, &status) != 0)
	{
		log_error("could not open %s of the dashboard: %s", name,
				  strerror(errno));
		return false;
	}
	if (S_ISDIR(status.st_mode))
		return load_directory(set, fd, name, depth + 1);
	if (S_ISREG(status.st_mode))
		is_good = load_file(set, fd, name, (size_t) status.st_size);
	close(fd);
	return is_good;
}

/* Closes the descriptor. */
static bool
load_directory(FileSet *set, int fd, const char *prefix, int depth)
{
	DIR *dir = depth < MAX_DEPTH ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	bool is_good = true;

	if (dir == NULL)
	{
		close(fd);
		return depth == MAX_DEPTH;
	}
	while (is_good && (entry = readdir(dir)) != NULL)
	{
		char name[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "/" : "",
				 entry->d_name);
		is_good = load_entry(set, fd, entry->d_name, name, depth);
	}
	closedir(dir);
	return is_good;
}

static const File *
find_file(const struct Files *list, const char *name)
{
	const File *file;

	STAILQ_FOREACH(file, list, link)
	{
		if (strcmp(file->name, name) == 0)
			return file;
	}
	return NULL;
}

static bool
load_dashboard(void)
{
	FileSet set = {.files = STAILQ_HEAD_INITIALIZER(set.files)};
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_good = false;

	if (fd < 0)
		log_error("could not open %s: %s", directory, strerror(errno));
	else
		is_good = load_directory(&set, fd, "", 0);
	if (is_good && find_file(&set.files, INDEX) == NULL)
	{
		log_error("%s does not contain " INDEX, directory);
		is_good = false;
	}
	if (!is_good)
	{
		free_files(&set.files);
		return false;
	}
	free_files(&files);
	STAILQ_CONCAT(&files, &set.files);
	return true;
}

bool
static_files_load(const char *given)
{
	directory = given;
	return directory == NULL || load_dashboard();
}

void
static_files_reload(void)
{
	if (directory && load_dashboard())
		log_info("reloaded the dashboard's files");
}

/* ---------- requests ---------- */

/* "assets/index.js"; false if it is longer than any name. */
static bool
write_name(const Uri *uri, char *name, size_t size)
{
	size_t length = 0;

	for (int i = 0; i < uri->segment_count; i++)
	{
		length += (size_t) snprintf(name + length, size - length, "%s%s",
									i ? "/" : "", uri->segments[i]);
		if (length >= size)
			return false;
	}
	return true;
}

static const File *
find_requested(const Uri *uri)
{
	char name[512];
	const File *file;

	if (!write_name(uri, name, sizeof(name)))
		return NULL;
	file = find_file(&files, name);
	if (file == NULL && strchr(name, '.') == NULL)
		file = find_file(&files, INDEX);
	return file;
}

void
static_files_serve(Request *request)
{
	const File *file = find_requested(&request->uri);
	Problem problem;

	if (file && request->method != METHOD_GET && request->method != METHOD_HEAD)
	{
		problem = problem_make(405, "method not allowed");
		problem.allow = METHOD_GET | METHOD_HEAD;
		request_fail(request, &problem);
	}
	else if (file)
		request_finish(request, response_ref(file->response));
	else
	{
		problem = problem_make(
			404, "the file does not exist; the API is described at %s",
			API_PATH "/openapi.json");
		request_fail(request, &problem);
	}
}
