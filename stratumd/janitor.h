/*
 * janitor.h
 *	  Periodic work, once a second.
 */
#ifndef STRATUMD_JANITOR_H
#define STRATUMD_JANITOR_H

extern void janitor_start(void);

#endif
