/*
 * report.c
 *	  What a run of the load generator has shown.
 */
#include "load/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"

static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static const char *const kind_names[SHARE_KINDS] = {"honest", "duplicate",
													"low", "stale"};

static double
per_second(const Options *options, uint64_t count)
{
	return (double) count / options->seconds;
}

static uint64_t
all_answered(const Results *results)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < SHARE_KINDS; kind++)
		sum += results->answered[kind];
	return sum;
}

static double
us_per_share(const Results *results, double seconds)
{
	uint64_t count = all_answered(results);

	return count > 0 ? seconds * 1e6 / (double) count : 0;
}

void
report_markdown_head(void)
{
	puts("| run | connections | in flight each | accepted/s | p50 ms | p90 ms "
		 "| p99 ms | p99.9 ms | max ms | wrong answers | CPU us/share |");
	puts("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
}

static void
print_row(const Options *options, const Results *results, const CpuUse *cpu)
{
	printf("| %s | %d | %d | %.0f |", options->label, options->connections,
		   options->window,
		   per_second(options, results->answered[SHARE_HONEST]));
	for (size_t i = 0; i < QUANTILES; i++)
		printf(" %.2f |",
			   ns_to_ms(histogram_quantile(&results->latency, quantiles[i])));
	printf(" %.1f | %" PRIu64 " | load %.1f", ns_to_ms(results->latency.max),
		   results->unexpected + results->unanswered,
		   us_per_share(results, cpu->load_s));
	for (int i = 0; i < options->watched_count; i++)
		printf(", %s %.1f", options->watched[i].name,
			   us_per_share(results, cpu->watched_s[i]));
	printf(" |\n");
}

static void
print_for_people(const Options *options, const Results *results,
				 const CpuUse *cpu)
{
	printf("%d connections, %d shares in flight each, %.1f s measured\n",
		   options->connections, options->window, options->seconds);
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		if (results->answered[kind] > 0)
			printf("%-10s %12.0f shares/s\n", kind_names[kind],
				   per_second(options, results->answered[kind]));
	for (size_t i = 0; i < QUANTILES; i++)
		printf("p%-9g %12.3f ms\n", quantiles[i] * 100,
			   ns_to_ms(histogram_quantile(&results->latency, quantiles[i])));
	printf("%-10s %12.3f ms\n", "max", ns_to_ms(results->latency.max));
	printf("%-10s %12.2f us/share, %.0f %% of a core\n", "load",
		   us_per_share(results, cpu->load_s),
		   100 * cpu->load_s / options->seconds);
	for (int i = 0; i < options->watched_count; i++)
		printf("%-10s %12.2f us/share, %.0f %% of a core\n",
			   options->watched[i].name,
			   us_per_share(results, cpu->watched_s[i]),
			   100 * cpu->watched_s[i] / options->seconds);
	printf("in all: %" PRIu64 " sent, %" PRIu64 " accepted, %" PRIu64
		   " answered wrongly, %" PRIu64 " not answered\n",
		   results->sent, results->accepted, results->unexpected,
		   results->unanswered);
}

void
report_print(const Options *options, const Results *results, const CpuUse *cpu)
{
	if (options->label)
		print_row(options, results, cpu);
	else
		print_for_people(options, results, cpu);
	if (results->unexpected > 0)
		fprintf(stderr,
				"the first wrong answer: error %d to a share sent as %s\n",
				results->first_unexpected_code,
				kind_names[results->first_unexpected_kind]);
	if (results->lost > 0)
		fprintf(stderr, "%" PRIu64 " connections were lost\n", results->lost);
}
