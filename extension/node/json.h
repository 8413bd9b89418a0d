/*
 * json.h
 *	  jansson, together with PostgreSQL's headers.
 *
 * Both declare json_object().  At run time the name means PostgreSQL's
 * function, too, because the server exports it, so jansson's is hidden: build
 * objects with json_pack(), which finds jansson's own inside its library.
 */
#ifndef CHIMERA_JSON_H
#define CHIMERA_JSON_H

#define json_object hidden_json_object
#include <jansson.h>
#undef json_object

#endif
