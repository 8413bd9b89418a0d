/*
 * notification.h
 *	  Notifications to miners as lines of JSON.
 */
#ifndef STRATUMD_NOTIFICATION_H
#define STRATUMD_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/shared_buffer.h"

#define NOTIFICATION_MAX_LINE 128 /* enough for each of the short lines */

/*
 * mining.notify of a job.  params are its parameters 2 to 8 as the database
 * returns them, and are copied unchanged.
 */
extern SharedBuffer *
notification_job(int64_t job_id, const char *params, bool clean_jobs);

/* client.show_message; the text is escaped. */
extern SharedBuffer *notification_show_message(const char *text);

/*
 * These write a line to out, which has NOTIFICATION_MAX_LINE bytes, and return
 * its length.
 */
extern size_t notification_set_difficulty(char *out, double difficulty);
extern size_t notification_set_version_mask(char *out, uint32_t mask);

#endif
