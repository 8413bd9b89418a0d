/*
 * set_password.c
 *	  webd --set-password: sets the password of an account's web user.
 *
 * The password is hashed here, so that the database and its log never see it.
 */
#include "auth/set_password.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"

typedef char PasswordLine[MAX_PASSWORD + 3];

static int
report_error(const char *text)
{
	size_t length = strlen(text);

	/* messages of libpq end with a newline */
	if (length > 0 && text[length - 1] == '\n')
		length--;
	fprintf(stderr, "webd: %.*s\n", (int) length, text);
	return 1;
}

static bool
read_line(PasswordLine line)
{
	size_t length;

	if (fgets(line, sizeof(PasswordLine), stdin) == NULL)
		return false;
	length = strcspn(line, "\n");
	if (line[length] != '\n' && !feof(stdin))
		return false;
	line[length] = '\0';
	return true;
}

/* Read a line without echo. */
static bool
prompt_password(const char *prompt, PasswordLine line)
{
	struct termios shown;
	struct termios hidden;
	bool is_good;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return read_line(line);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t) ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(prompt, stderr);
	is_good = read_line(line);
	fputs("\n", stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	return is_good;
}

/* NULL, or the error. */
static const char *
read_password(PasswordLine password)
{
	PasswordLine again;
	bool is_same;

	if (!prompt_password("Password: ", password))
		return "could not read the password";
	if (!isatty(STDIN_FILENO))
		return password_problem(password);
	if (!prompt_password("Repeat the password: ", again))
		return "could not read the password";
	is_same = strcmp(password, again) == 0;
	sodium_memzero(again, sizeof(again));
	return is_same ? password_problem(password) : "the passwords do not match";
}

static int
store_hash(const char *database, const char *account, const char *hash,
		   bool is_admin)
{
	static const char *const keywords[] = {
		"application_name", "target_session_attrs", "dbname", NULL};
	const char *values[] = {PROGRAM_NAME, "read-write", database, NULL};
	const char *arguments[] = {account, hash, is_admin ? "admin" : NULL};
	PGconn *pg = PQconnectdbParams(keywords, values, 1);
	PGresult *result;
	int status = 0;

	if (PQstatus(pg) != CONNECTION_OK)
	{
		status = report_error(PQerrorMessage(pg));
		PQfinish(pg);
		return status;
	}
	result = PQexecParams(pg, "SELECT chimera.set_web_password($1, $2, $3)", 3,
						  NULL, arguments, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
	{
		const char *message =
			PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

		status = report_error(message ? message : PQerrorMessage(pg));
	}
	PQclear(result);
	PQfinish(pg);
	return status;
}

int
set_password(const char *database, const char *account, bool is_admin)
{
	PasswordLine password;
	char hash[PASSWORD_HASH_SIZE];
	const char *problem = read_password(password);
	bool is_hashed;

	if (problem)
		return report_error(problem);
	is_hashed = password_hash(password, hash);
	sodium_memzero(password, sizeof(password));
	if (!is_hashed)
		return report_error("could not hash the password: out of memory");
	return store_hash(database, account, hash, is_admin);
}
