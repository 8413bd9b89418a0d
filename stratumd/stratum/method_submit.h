/*
 * method_submit.h
 *	  What share_queue.c tells when the database has answered.
 */
#ifndef STRATUMD_METHOD_SUBMIT_H
#define STRATUMD_METHOD_SUBMIT_H

#include "database/share_queue.h"

extern void method_submit_done(const Share *share, ShareResult result);

#endif
