/*
 * json_member.h
 *	  The text of an object's member, as the client wrote it.
 *
 * A parser makes binary doubles of numbers, and 33.33 has none: what goes to
 * the database is the text itself.
 */
#ifndef WEBD_JSON_MEMBER_H
#define WEBD_JSON_MEMBER_H

/*
 * A copy of the value's text, or NULL.  The text must be an object and valid
 * JSON, which the caller has had parsed.
 */
extern char *json_member_text(const char *object, const char *name);

#endif
