/*
 * duty_problems.h
 *	  The accountant's duties that fail, for which network and why.
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

/* The following functions are for the accountant only. */
extern void duty_problems_forget_all(void);

/* The duty has failed; it is tried again after an increasing pause. */
extern void duty_problem_note(const DutyTarget *target, const char *message);

extern void duty_problem_end(const DutyTarget *target);

/* Has the duty failed, and its pause not ended? */
extern bool duty_problem_rests(const DutyTarget *target);

/*
 * When the first of the duty's problems is due to be tried again, or
 * INSTANT_NEVER.
 */
extern Instant duty_problems_retry_at(const char *duty);

/* Remove the duty's problems for networks other than these. */
extern void
duty_problems_keep(const char *duty, const DutyTarget *targets, int count);

/* Describe the failing duties; false if there are none. */
extern bool duty_problems_describe(StringInfo out);

#endif
