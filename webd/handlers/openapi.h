/*
 * openapi.h
 *	  The OpenAPI description of the API, which is embedded in the program.
 */
#ifndef WEBD_OPENAPI_H
#define WEBD_OPENAPI_H

#include "http/response.h"

extern Response *openapi_response(void);

#endif
