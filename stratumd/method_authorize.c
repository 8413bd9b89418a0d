/*
 * method_authorize.c
 *	  mining.authorize [user, password]: who is paid for a connection's shares.
 *
 * A connection may carry several workers, each authorized by its name.  The
 * password is a list of options such as "d=512,c=ltc": d= is the difficulty to
 * start with, which vardiff never goes below; c= the coin to be mined, which
 * the database reads.
 */
#include "stratum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "auth.h"
#include "feed.h"
#include "memory.h"
#include "method_authorize.h"
#include "register.h"
#include "work.h"

/* Of one connection: what it makes us keep while the database is away. */
#define MAX_WORKERS 64
#define MAX_LOGINS	64	/* not yet answered */
#define MAX_NAME	255 /* bytes of a user name, and of a password */

static Worker *
find_worker(const Session *session, const char *name, size_t length)
{
	for (int i = 0; i < session->worker_count; i++)
	{
		Worker *worker = &session->workers[i];

		if (strlen(worker->name) == length &&
			memcmp(worker->name, name, length) == 0)
			return worker;
	}
	return NULL;
}

const Worker *
session_find_worker(const Session *session, const char *name, size_t length)
{
	return find_worker(session, name, length);
}

static void
add_worker(Session *session, const char *name, int32_t miner_id)
{
	Worker *worker = find_worker(session, name, strlen(name));

	if (worker == NULL)
	{
		session->workers = memory_resize(
			session->workers,
			sizeof(Worker) * (size_t) (session->worker_count + 1));
		worker = &session->workers[session->worker_count++];
		worker->name = memory_strdup(name);
	}
	worker->miner_id = miner_id;
}

/* The number of d= in a password such as "x,d=512", or 0. */
static double
difficulty_option(const char *password)
{
	const char *option = password;

	while (option)
	{
		if (strncmp(option, "d=", 2) == 0)
		{
			double difficulty = strtod(option + 2, NULL);

			return isfinite(difficulty) && difficulty > 0 ? difficulty : 0;
		}
		option = strchr(option, ',');
		if (option)
			option++;
	}
	return 0;
}

/* Once a miner has a difficulty, another worker's option only raises it. */
static void
apply_options(Session *session, const char *password)
{
	double difficulty = difficulty_option(password);
	bool is_new = !work_has_chosen(session);

	if (difficulty == 0)
		return;
	work_set_floor(session, difficulty);
	if (is_new)
		work_wish(session, difficulty);
}

/*
 * The first worker chooses for the connection.  When the database was asked
 * for all choices while the login was under way, that answer knew nothing of
 * this one, and this one nothing of a change since: ask again.
 */
static void
choose_network(Session *session, const Login *login, const Admission *admission)
{
	session->asked = admission->asked ? network_get(admission->asked) : NULL;
	session->chosen_after = feed_session_reads();
	work_choose(session,
				admission->choice ? network_get(admission->choice) : NULL);
	if (session->chosen_after != login->sent_after)
		feed_read_sessions();
}

static void
let_in(Session *session, const Login *login, const Admission *admission)
{
	if (session->worker_count == 0)
		choose_network(session, login, admission);
	add_worker(session, login->user, admission->miner_id);
	apply_options(session, login->password);
	answer_true(session, &login->id);
	work_start_if_ready(session);
}

void
method_authorize_done(const Login *login, LoginResult result,
					  const Admission *admission, const char *error)
{
	Session *session = login->session;

	session->logins--;
	if (session->state == SESSION_CLOSED)
	{
		if (session->logins == 0)
			register_ended(session);
		return;
	}

	switch (result)
	{
		case LOGIN_ACCEPTED:
			let_in(session, login, admission);
			break;
		case LOGIN_REFUSED:
			answer_error(session, &login->id, STRATUM_UNAUTHORIZED, error);
			break;
		case LOGIN_FAILED:
			answer_error(session, &login->id, STRATUM_OTHER,
						 "internal error, see the server's log");
			break;
		case LOGIN_LATE:
			answer_error(session, &login->id, STRATUM_OTHER,
						 "too many logins, try again later");
			break;
		case LOGIN_AWAY:
			answer_error(session, &login->id, STRATUM_OTHER,
						 "the pool's database is away, try again");
			break;
	}
}

void
method_authorize(Session *session, const Request *request)
{
	const char *user = request_string(request, 0);
	const char *password = request_string(request, 1);

	if (password == NULL)
		password = "";
	if (user == NULL)
		answer_error(session, &request->id, STRATUM_OTHER,
					 "mining.authorize takes a user name and a password");
	else if (strlen(user) > MAX_NAME || strlen(password) > MAX_NAME)
		answer_error(session, &request->id, STRATUM_UNAUTHORIZED,
					 "user name or password too long");
	else if (session->worker_count + session->logins >= MAX_WORKERS &&
			 find_worker(session, user, strlen(user)) == NULL)
		answer_error(session, &request->id, STRATUM_UNAUTHORIZED,
					 "too many workers on one connection");
	else if (session->logins >= MAX_LOGINS)
		answer_error(session, &request->id, STRATUM_OTHER,
					 "too many logins at once");
	else
	{
		session->logins++;
		auth_ask(session, &request->id, user, password);
	}
}
