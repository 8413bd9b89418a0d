/*
 * cpu.c
 *	  Processor time and memory of other processes (proc(5)).
 */
#include "common/cpu.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* user and system time of a process and of the children it has waited for */
static double
seconds_of_one(pid_t pid)
{
	char path[64];
	char line[1024];
	unsigned long times[4];
	const char *behind_name;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);

	/* the name, field 2, may hold anything; 14 to 17 are the times */
	behind_name = strrchr(line, ')');
	if (behind_name == NULL ||
		sscanf(behind_name + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
			   &times[0], &times[1], &times[2], &times[3]) != 4)
		return 0;
	return (double) (times[0] + times[1] + times[2] + times[3]) /
		   (double) sysconf(_SC_CLK_TCK);
}

double
cpu_seconds(pid_t pid)
{
	double sum = seconds_of_one(pid);
	char path[64];
	FILE *children;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int) pid,
			 (int) pid);
	children = fopen(path, "r");
	if (children == NULL)
		return sum;
	while (fscanf(children, "%d", &child) == 1)
		sum += cpu_seconds((pid_t) child);
	fclose(children);
	return sum;
}

double
cpu_seconds_own(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

long
memory_resident(pid_t pid)
{
	char path[64];
	long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int) pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}
