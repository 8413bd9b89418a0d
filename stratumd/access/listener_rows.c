/*
 * listener_rows.c
 *	  Converts the database's rows to the settings of listeners.
 */
#include "access/listener_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/listener.h"
#include "memory.h"
#include "mining/network.h"

double
listener_row_number(const PGresult *result, int row, const char *column,
					double missing)
{
	int number = PQfnumber(result, column);

	if (number < 0 || PQgetisnull(result, row, number))
		return missing;
	return strtod(PQgetvalue(result, row, number), NULL);
}

VardiffLimits
listener_row_limits(const PGresult *result, int row)
{
	return (VardiffLimits){
		.min_difficulty =
			listener_row_number(result, row, "min_difficulty", 0.001),
		.max_difficulty =
			listener_row_number(result, row, "max_difficulty", 1e12),
		.target_s = listener_row_number(result, row, "vardiff_target_s", 10),
		.retarget_s =
			listener_row_number(result, row, "vardiff_retarget_s", 180),
		.retarget_shares = (int) listener_row_number(
			result, row, "vardiff_retarget_shares", 30),
		.variance = listener_row_number(result, row, "vardiff_variance", 0.15),
	};
}

static const char *
read_text(const PGresult *result, int row, const char *column)
{
	int number = PQfnumber(result, column);

	return number < 0 || PQgetisnull(result, row, number)
			   ? NULL
			   : PQgetvalue(result, row, number);
}

static void
read_listener(const PGresult *result, int row, ListenerSettings *settings)
{
	const char *address = read_text(result, row, "address");
	const char *network = read_text(result, row, "network_id");
	const char *no_work = read_text(result, row, "no_work");
	const char *draining = read_text(result, row, "is_draining");
	const char *uses_tls = read_text(result, row, "tls");
	const char *has_proxy_header = read_text(result, row, "proxy_protocol");

	memset(settings, 0, sizeof(*settings));
	settings->listener_id =
		(int) listener_row_number(result, row, "listener_id", 0);
	snprintf(settings->address, sizeof(settings->address), "%s",
			 address ? address : "");
	settings->port = (int) listener_row_number(result, row, "port", 0);
	settings->network = network ? network_get(network) : NULL;
	settings->start_difficulty =
		listener_row_number(result, row, "start_difficulty", 1);
	settings->hashes_per_difficulty =
		listener_row_number(result, row, "hashes_per_difficulty", 0);
	if (settings->network)
	{
		settings->network->hashes_per_difficulty =
			settings->hashes_per_difficulty;
		settings->network->configured_mask =
			(uint32_t) listener_row_number(result, row, "version_mask", 0);
	}
	snprintf(settings->no_work, sizeof(settings->no_work), "%s",
			 no_work ? no_work : "");
	settings->is_draining = draining && *draining == 't';
	settings->uses_tls = uses_tls && *uses_tls == 't';
	settings->has_proxy_header = has_proxy_header && *has_proxy_header == 't';
	settings->limits = listener_row_limits(result, row);
}

void
listener_rows_read(const PGresult *result)
{
	int count = PQntuples(result);
	ListenerSettings *settings =
		memory_alloc(sizeof(*settings) * (size_t) (count + 1));

	for (int row = 0; row < count; row++)
		read_listener(result, row, &settings[row]);
	listeners_apply(settings, count);
	free(settings);
}
