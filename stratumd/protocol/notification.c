/*
 * notification.c
 *	  Notifications to miners as lines of JSON.
 */
#include "protocol/notification.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SharedBuffer *
notification_job(int64_t job_id, const char *params, bool clean_jobs)
{
	static const char format[] =
		"{\"id\":null,\"method\":\"mining.notify\",\"params\":"
		"[\"%" PRIx64 "\",%s,%s]}\n";
	const char *clean = clean_jobs ? "true" : "false";
	int length = snprintf(NULL, 0, format, (uint64_t) job_id, params, clean);
	SharedBuffer *buffer = shared_buffer_new((size_t) length + 1);

	snprintf(buffer->data, (size_t) length + 1, format, (uint64_t) job_id,
			 params, clean);
	buffer->length = (size_t) length;
	return buffer;
}

SharedBuffer *
notification_show_message(const char *text)
{
	json_t *message = json_pack("{s:n, s:s, s:[s]}", "id", "method",
								"client.show_message", "params", text);
	char *line = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t length;
	SharedBuffer *buffer;

	if (line == NULL)
		abort();
	length = strlen(line);
	buffer = shared_buffer_new(length + 1);
	memcpy(buffer->data, line, length);
	buffer->data[length] = '\n';
	free(line);
	json_decref(message);
	return buffer;
}

/*
 * The shortest decimal that reads back as the same double, so that the miner
 * is sent exactly the number that it is credited with.
 */
static void
format_difficulty(char *out, size_t size, double difficulty)
{
	for (int digits = 15; digits <= 17; digits++)
	{
		snprintf(out, size, "%.*g", digits, difficulty);
		if (strtod(out, NULL) == difficulty)
			break;
	}
}

size_t
notification_set_difficulty(char *out, double difficulty)
{
	char number[32];

	format_difficulty(number, sizeof(number), difficulty);
	return (size_t) snprintf(
		out, NOTIFICATION_MAX_LINE,
		"{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[%s]}\n",
		number);
}

size_t
notification_set_version_mask(char *out, uint32_t mask)
{
	return (size_t) snprintf(out, NOTIFICATION_MAX_LINE,
							 "{\"id\":null,\"method\":\"mining.set_version_"
							 "mask\",\"params\":[\"%08x\"]}\n",
							 mask);
}
