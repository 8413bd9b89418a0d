/*
 * constant.c
 *	  An HTTP server that sends the same bytes in every response: the limit of
 *	  webd's library.
 *
 *    constant PORT BYTES
 */
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"

static struct MHD_Response *response;

static enum MHD_Result
answer(void *cls, struct MHD_Connection *connection, const char *url,
	   const char *method, const char *version, const char *data, size_t *size,
	   void **context)
{
	static char seen;

	(void) cls, (void) url, (void) method, (void) version, (void) data;
	(void) size;
	if (*context == NULL)
	{
		*context = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
								  .sin_addr = {htonl(INADDR_LOOPBACK)}};
	size_t length;
	char *body;

	if (argc != 3)
		die("usage: constant PORT BYTES");
	address.sin_port = htons((uint16_t) atoi(argv[1]));
	length = (size_t) atol(argv[2]);
	body = malloc(length + 1);
	if (body == NULL)
		die("out of memory");
	memset(body, 'x', length);
	response =
		MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
	if (MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer,
						 NULL, MHD_OPTION_SOCK_ADDR, &address,
						 MHD_OPTION_END) == NULL)
		die("could not listen on port %s", argv[1]);
	for (;;)
		pause();
}
