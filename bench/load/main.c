/*
 * main.c
 *	  load: drives a Stratum pool with honest shares.
 *
 * The parent starts the processes, begins the run when all their miners have a
 * job, and reads the processor time of all processes during the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/cpu.h"
#include "common/die.h"
#include "load/driver.h"
#include "load/report.h"

#define HEAD_START_NS (50 * NS_PER_MS)

static void
sleep_until(int64_t at)
{
	struct timespec time = {.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static void
start_processes(const Options *options, Shared *shared)
{
	for (int process = 0; process < options->processes; process++)
	{
		pid_t pid = fork();

		if (pid < 0)
			die_errno("fork");
		if (pid == 0)
		{
			driver_run(options, process, shared);
			exit(0);
		}
	}
}

static void
wait_for_one(void)
{
	int status;

	if (wait(&status) < 0 || status != 0)
		die("a process failed");
}

static void
begin(const Options *options, Shared *shared)
{
	int status;

	while (shared->ready < options->processes)
	{
		if (waitpid(-1, &status, WNOHANG) > 0)
			die("a process failed");
		sleep_until(clock_ns() + NS_PER_MS);
	}
	shared->begin_ns = clock_ns() + HEAD_START_NS;
}

static void
read_watched(const Options *options, double *seconds, double sign)
{
	for (int i = 0; i < options->watched_count; i++)
		seconds[i] += sign * cpu_seconds(options->watched[i].pid);
}

static void
measure_cpu(const Options *options, const Shared *shared, CpuUse *cpu)
{
	int64_t from = shared->begin_ns + (int64_t) (options->warmup_s * NS_PER_S);

	sleep_until(from);
	read_watched(options, cpu->watched_s, -1);
	sleep_until(from + (int64_t) (options->seconds * NS_PER_S));
	read_watched(options, cpu->watched_s, 1);
}

static void
merge(Results *into, const Results *from)
{
	if (into->unexpected == 0)
	{
		into->first_unexpected_kind = from->first_unexpected_kind;
		into->first_unexpected_code = from->first_unexpected_code;
	}
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		into->answered[kind] += from->answered[kind];
	histogram_merge(&into->latency, &from->latency);
	into->sent += from->sent;
	into->accepted += from->accepted;
	into->unexpected += from->unexpected;
	into->unanswered += from->unanswered;
	into->lost += from->lost;
	into->cpu_s += from->cpu_s;
}

int
main(int argc, char **argv)
{
	static Results sum;
	Options options;
	CpuUse cpu = {0};
	Shared *shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE,
						  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		die_errno("mmap");
	options_read(argc, argv, &options);
	start_processes(&options, shared);
	begin(&options, shared);
	measure_cpu(&options, shared, &cpu);
	for (int process = 0; process < options.processes; process++)
		wait_for_one();

	for (int process = 0; process < options.processes; process++)
		merge(&sum, &shared->results[process]);
	cpu.load_s = sum.cpu_s;
	report_print(&options, &sum, &cpu);
	return sum.unexpected + sum.unanswered + sum.lost > 0;
}
