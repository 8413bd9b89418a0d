/*
 * json_member.h
 *	  The text of an object's member, as the client wrote it.
 *
 * A parser converts numbers to binary doubles, which cannot represent 33.33.
 * Therefore the text itself is passed to the database.
 */
#ifndef WEBD_JSON_MEMBER_H
#define WEBD_JSON_MEMBER_H

/*
 * A copy of the value's text, or NULL.  The caller must have checked that the
 * text is a valid JSON object.
 */
extern char *json_member_text(const char *object, const char *name);

#endif
