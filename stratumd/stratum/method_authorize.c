/*
 * method_authorize.c
 *	  mining.authorize [user, password]: who is paid for a connection's
 *	  shares.
 *
 * A connection may carry several workers, each authorized by its name.  The
 * database decides what names and passwords mean; it returns what the password
 * asks for: the difficulty to start with, which is also the least for vardiff,
 * and the coin to mine.
 */
#include "stratum/method_authorize.h"

#include <stdlib.h>
#include <string.h>

#include "access/address_record.h"
#include "access/limits.h"
#include "database/logins.h"
#include "database/presence.h"
#include "database/session_routing.h"
#include "database/unpaid_notices.h"
#include "memory.h"
#include "session/job_delivery.h"
#include "session/response.h"

#define MAX_NAME 511 /* bytes of a user name, and of a password */

static void
add_worker(Session *session, const char *name, const LoginGrant *grant)
{
	int count = session->workers.count;
	Worker *worker = workers_get(&session->workers, name);
	bool is_added = session->workers.count > count;

	if (!is_added && !worker_is_new(worker))
		return;
	worker_set_number(worker, grant->miner_id);
	if (!worker_is_new(worker))
	{
		if (!is_added)
			(*address_record_new_names(session->connections))--;
		return;
	}
	if (is_added)
		(*address_record_new_names(session->connections))++;
	worker_set_names(worker, grant->account, grant->rig);
}

void
method_authorize_session_closed(Session *session)
{
	for (int i = 0; i < session->workers.count; i++)
		if (worker_is_new(&session->workers.list[i]))
			(*address_record_new_names(session->connections))--;
}

/* Once a miner has a difficulty, another worker's choice can only raise it. */
static void
apply_difficulty(Session *session, double difficulty)
{
	bool is_new = !job_delivery_has_chosen(session);

	if (difficulty == 0)
		return;
	job_delivery_set_floor(session, difficulty);
	if (is_new)
		job_delivery_choose_difficulty(session, difficulty);
}

/*
 * The first worker chooses for the connection.  If the database was asked for
 * all choices while the login was under way, neither result knew of the other:
 * ask again.
 */
static void
choose_network(Session *session, const Login *login, const LoginGrant *grant)
{
	session->asked = grant->asked ? network_get(grant->asked) : NULL;
	session->chosen_after = session_routing_reads();
	job_delivery_choose(session,
						grant->choice ? network_get(grant->choice) : NULL);
	if (session->chosen_after != login->sent_after)
		session_routing_refresh();
}

void
method_authorize_start_jobs(Session *session)
{
	job_delivery_start_if_ready(session);
	if (!session->is_mining || session->notice == NULL)
		return;
	unpaid_notices_send(session, session->notice);
	free(session->notice);
	session->notice = NULL;
}

static void
grant_login(Session *session, const Login *login, const LoginGrant *grant)
{
	if (session->workers.count == 0)
		choose_network(session, login, grant);
	add_worker(session, login->user, grant);
	apply_difficulty(session, grant->difficulty);
	respond_true(session, &login->id);
	if (grant->notice)
	{
		free(session->notice);
		session->notice = memory_strdup(grant->notice);
	}
	method_authorize_start_jobs(session);
}

/*
 * Names cost work: an address cannot make the database hold any number of them
 * without a share.  The connection is closed, because the database already has
 * its login.
 */
static bool
has_room_for_name(Session *session, const Login *login, const LoginGrant *grant)
{
	if (grant->miner_id > 0 || *address_record_new_names(session->connections) <
								   limits.new_names_per_address)
		return true;
	respond_error(session, &login->id, STRATUM_UNAUTHORIZED,
				  "too many names without a share from your address");
	session_finish(session);
	return false;
}

void
method_authorize_done(const Login *login, LoginResult result,
					  const LoginGrant *grant, const char *error)
{
	Session *session = login->session;

	session->logins--;
	if (session->state == SESSION_CLOSED)
	{
		if (session->logins == 0)
			presence_session_ended(session);
		return;
	}

	switch (result)
	{
		case LOGIN_ACCEPTED:
			if (has_room_for_name(session, login, grant))
				grant_login(session, login, grant);
			break;
		case LOGIN_REFUSED:
			respond_error(session, &login->id, STRATUM_UNAUTHORIZED, error);
			break;
		case LOGIN_FAILED:
			respond_error(session, &login->id, STRATUM_OTHER,
						  "internal error, see the server's log");
			break;
		case LOGIN_TIMED_OUT:
			respond_error(session, &login->id, STRATUM_OTHER,
						  "too many logins, try again later");
			break;
		case LOGIN_DATABASE_DOWN:
			respond_error(
				session, &login->id, STRATUM_OTHER,
				"the pool's database is unavailable, try again later");
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
		respond_error(session, &request->id, STRATUM_OTHER,
					  "mining.authorize takes a user name and a password");
	else if (strlen(user) > MAX_NAME || strlen(password) > MAX_NAME)
		respond_error(session, &request->id, STRATUM_UNAUTHORIZED,
					  "user name or password too long");
	else if (session->workers.count + session->logins >=
				 limits.workers_per_connection &&
			 workers_find(&session->workers, user, strlen(user)) == NULL)
		respond_error(session, &request->id, STRATUM_UNAUTHORIZED,
					  "too many workers on one connection");
	else if (session->logins >= limits.workers_per_connection)
		respond_error(session, &request->id, STRATUM_OTHER,
					  "too many logins at once");
	else
	{
		session->logins++;
		logins_ask(session, &request->id, user, password);
	}
}
