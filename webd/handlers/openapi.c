/*
 * openapi.c
 *	  The OpenAPI description of the API, which is embedded in the program.
 */
#include "handlers/openapi.h"

__asm__(".section .rodata\n"
		"openapi_begin:\n"
		".incbin \"openapi.json\"\n"
		"openapi_end:\n"
		".previous\n");

extern const char openapi_begin[];
extern const char openapi_end[];

Response *
openapi_response(void)
{
	static Response *response;

	if (response == NULL)
		response = response_make(MHD_HTTP_OK, RESPONSE_PUBLIC, JSON_TYPE,
								 openapi_begin,
								 (size_t) (openapi_end - openapi_begin));
	return response_ref(response);
}
