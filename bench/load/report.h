/*
 * report.h
 *	  What a run of the load generator has shown.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "load/options.h"
#include "load/results.h"

/* Processor seconds while the clock ran. */
typedef struct CpuUse
{
	double load_s;
	double watched_s[MAX_WATCHED];
} CpuUse;

extern void report_markdown_head(void);
extern void
report_print(const Options *options, const Results *results, const CpuUse *cpu);

#endif
