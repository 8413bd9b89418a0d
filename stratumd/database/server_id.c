/*
 * server_id.c
 *	  The uuid by which the database knows this process.
 */
#include "database/server_id.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

#define UUID_BYTES 16

const char *
server_id(void)
{
	static char id[2 * UUID_BYTES + 1] = "";
	uint8_t bytes[UUID_BYTES];

	if (id[0] != '\0')
		return id;
	while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
		continue;
	bytes[6] = (uint8_t) ((bytes[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
	bytes[8] = (uint8_t) ((bytes[8] & 0x3f) | 0x80);
	for (int i = 0; i < UUID_BYTES; i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return id;
}
