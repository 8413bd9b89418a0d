/*
 * cpu.h
 *	  Processor time and memory of other processes, as /proc has them.
 */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <sys/types.h>

/*
 * Seconds of processor time that a process, its living descendants and the
 * children they have waited for have used; 0 if it does not exist any more.
 */
extern double cpu_seconds(pid_t pid);

/* The same of this process alone. */
extern double cpu_seconds_own(void);

/* Resident memory of a process in bytes; 0 if it does not exist any more. */
extern long memory_resident(pid_t pid);

#endif
