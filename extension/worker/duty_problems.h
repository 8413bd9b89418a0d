/*
 * duty_problems.h
 *	  Which of the accountant's duties fail, for which network and why.
 */
#ifndef CHIMERA_DUTY_PROBLEMS_H
#define CHIMERA_DUTY_PROBLEMS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/uuid.h"

#include "instant.h"

/* A duty of one network, or of the whole server (has_network is false). */
typedef struct DutyTarget
{
	const char *duty;
	bool has_network;
	pg_uuid_t network_id;
	char network_name[NAMEDATALEN];
} DutyTarget;

extern void duty_problems_request(void);
extern void duty_problems_attach(void);

/* All below is for the accountant alone, which begins by forgetting. */
extern void duty_problems_forget_all(void);

/* The duty has failed; it is tried again after a pause that grows. */
extern void duty_problem_note(const DutyTarget *target, const char *message);

extern void duty_problem_end(const DutyTarget *target);

/* Has the duty failed, and is its pause not over? */
extern bool duty_problem_rests(const DutyTarget *target);

/* When the first of the duty's problems is tried again, or INSTANT_NEVER. */
extern Instant duty_problems_retry_at(const char *duty);

/* Forget the problems of a duty with networks that are not among these. */
extern void
duty_problems_keep(const char *duty, const DutyTarget *targets, int count);

/* Name the duties that fail, as far as there is room; false when none does. */
extern bool duty_problems_describe(StringInfo out);

#endif
