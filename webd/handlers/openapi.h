/*
 * openapi.h
 *	  The description of the API, which is part of the program.
 */
#ifndef WEBD_OPENAPI_H
#define WEBD_OPENAPI_H

#include "http/response.h"

extern Response *openapi_answer(void);

#endif
