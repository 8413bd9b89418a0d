/*
 * static_files.h
 *	  The dashboard: the files of one directory.
 */
#ifndef WEBD_STATIC_FILES_H
#define WEBD_STATIC_FILES_H

#include "http/request.h"

/* NULL: no dashboard.  False if it could not be read, which is logged. */
extern bool static_files_load(const char *directory);

/* Re-read them; a file that cannot be read keeps its previous content. */
extern void static_files_reload(void);

/* Respond to a request whose path is outside the API. */
extern void static_files_serve(Request *request);

#endif
