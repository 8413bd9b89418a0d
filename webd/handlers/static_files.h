/*
 * static_files.h
 *	  The dashboard: the files of one directory.
 */
#ifndef WEBD_STATIC_FILES_H
#define WEBD_STATIC_FILES_H

#include "http/request.h"

/* NULL: there is no dashboard.  False, and the log says why. */
extern bool static_files_load(const char *directory);

/* Re-read them; a file that cannot be read keeps its previous content. */
extern void static_files_reload(void);

/* A request whose path is not of the API; it has its answer at once. */
extern void static_files_begin(Request *request);

#endif
