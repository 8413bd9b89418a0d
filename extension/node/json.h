/*
 * json.h
 *	  jansson, beside PostgreSQL's headers.
 *
 * Both declare a json_object().  PostgreSQL's is what the name means at run
 * time too (the server exports it), so jansson's is hidden: build objects with
 * json_pack(), which finds jansson's own inside its library.
 */
#ifndef CHIMERA_JSON_H
#define CHIMERA_JSON_H

#define json_object hidden_json_object
#include <jansson.h>
#undef json_object

#endif
