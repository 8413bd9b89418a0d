/*
 * login_turns.c
 *	  The order in which logins go to the database, address by address.
 *
 * A line with somebody waiting is in one of four lists: ready, doubtful, busy
 * (it has as many under way as it may) or throttled (it has used up its
 * allowance).
 */
#include "database/login_turns.h"

#include <math.h>
#include <stddef.h>

#include "access/limits.h"
#include "database/throttle.h"
#include "loop.h"

#define MAX_UNDER_WAY	   64 /* together: an honest login waits for them */
#define MAX_OF_ONE_ADDRESS 16
#define MAX_AGE_S		   30.0 /* waiting for its turn */
#define RETRY_PAUSE_S	   0.5

static TAILQ_HEAD(LineList, AddressLine) lists[LINE_STATES] = {
	[LINE_READY] = TAILQ_HEAD_INITIALIZER(lists[LINE_READY]),
	[LINE_DOUBTFUL] = TAILQ_HEAD_INITIALIZER(lists[LINE_DOUBTFUL]),
	[LINE_BUSY] = TAILQ_HEAD_INITIALIZER(lists[LINE_BUSY]),
	[LINE_THROTTLED] = TAILQ_HEAD_INITIALIZER(lists[LINE_THROTTLED]),
};
static int under_way = 0;
static int doubtful_under_way = 0;
static Throttle doubtful_throttle;
static double paused_until = 0;

void
login_turns_init(void)
{
	throttle_init(&doubtful_throttle);
}

/* ---------- lines ---------- */

/* Whether it may send one more, after adding what time has allowed. */
static bool
has_allowance(AddressLine *line)
{
	double now = clock_now();

	if (line->allowed_at == 0)
		line->allowance = limits.login_burst;
	else
		line->allowance += (now - line->allowed_at) * limits.logins_per_second;
	line->allowance = fmin(line->allowance, limits.login_burst);
	line->allowed_at = now;
	return line->allowance >= 1;
}

static void
leave_list(AddressLine *line)
{
	if (line->state != LINE_EMPTY)
		TAILQ_REMOVE(&lists[line->state], line, link);
	line->state = LINE_EMPTY;
}

static void
enter_list(AddressLine *line, LineState state)
{
	leave_list(line);
	line->state = state;
	TAILQ_INSERT_TAIL(&lists[state], line, link);
}

/* Put a line into the list where it belongs, at the end. */
static void
place_line(AddressLine *line)
{
	if (line->first == NULL)
		leave_list(line);
	else if (!has_allowance(line))
		enter_list(line, LINE_THROTTLED);
	else if (address_record_is_doubtful(line->connections))
		enter_list(line, LINE_DOUBTFUL);
	else
		enter_list(line, line->under_way < MAX_OF_ONE_ADDRESS ? LINE_READY
															  : LINE_BUSY);
}

static LoginTurn *
take_first(AddressLine *line)
{
	LoginTurn *turn = line->first;

	line->first = turn->next;
	if (line->first == NULL)
		line->last = NULL;
	return turn;
}

void
login_turns_add(LoginTurn *turn, AddressConnections *connections)
{
	AddressLine *line = address_record_line(connections);

	turn->next = NULL;
	turn->connections = connections;
	turn->queued_at = clock_now();
	if (line->last)
		line->last->next = turn;
	else
		line->first = turn;
	line->last = turn;
	if (line->state == LINE_EMPTY)
		place_line(line);
}

void
login_turns_return(LoginTurn *turn)
{
	AddressLine *line = address_record_line(turn->connections);

	turn->next = line->first;
	line->first = turn;
	if (line->last == NULL)
		line->last = turn;
	if (line->state == LINE_EMPTY)
		place_line(line);
}

/* ---------- going ---------- */

static void
send_one(AddressLine *line)
{
	LoginTurn *turn = take_first(line);

	turn->is_doubtful = line->state == LINE_DOUBTFUL;
	turn->sent_at = clock_now();
	doubtful_under_way += turn->is_doubtful;
	under_way++;
	line->under_way++;
	line->allowance -= 1;
	place_line(line);
	turn->send(turn);
}

void
login_turns_pause(void)
{
	paused_until = clock_now() + RETRY_PAUSE_S;
}

void
login_turns_dispatch(void)
{
	AddressLine *line;

	if (clock_now() < paused_until)
		return;
	while (under_way < MAX_UNDER_WAY &&
		   (line = TAILQ_FIRST(&lists[LINE_READY])) != NULL)
	{
		/* it may have become doubtful meanwhile */
		if (address_record_is_doubtful(line->connections))
			place_line(line);
		else
			send_one(line);
	}
	while (under_way < MAX_UNDER_WAY && doubtful_under_way == 0 &&
		   throttle_is_over(&doubtful_throttle) &&
		   (line = TAILQ_FIRST(&lists[LINE_DOUBTFUL])) != NULL)
		send_one(line);
}

void
login_turns_end(LoginTurn *turn)
{
	AddressLine *line = address_record_line(turn->connections);

	under_way--;
	line->under_way--;
	if (turn->is_doubtful)
	{
		doubtful_under_way--;
		throttle_from(&doubtful_throttle, turn->sent_at);
	}
	if (line->state == LINE_BUSY)
		place_line(line);
}

static void
expire_line(AddressLine *line, double now, bool is_unavailable)
{
	LoginTurn *expired = NULL;
	LoginTurn **end = &expired;

	while (line->first && now - line->first->queued_at > MAX_AGE_S)
	{
		*end = take_first(line);
		end = &(*end)->next;
	}
	*end = NULL;
	place_line(line);
	/* the last one may free its address's record, and the line with it */
	while (expired)
	{
		LoginTurn *turn = expired;

		expired = turn->next;
		turn->expire(turn, is_unavailable);
	}
}

void
login_turns_expire(double now, bool is_unavailable)
{
	for (int state = LINE_READY; state < LINE_STATES; state++)
	{
		AddressLine *last = TAILQ_LAST(&lists[state], LineList);
		AddressLine *line;
		bool is_last = last == NULL;

		/* each is put behind the last one, or into another list */
		while (!is_last && (line = TAILQ_FIRST(&lists[state])) != NULL)
		{
			is_last = line == last;
			expire_line(line, now, is_unavailable);
		}
	}
}

bool
login_turns_are_empty(void)
{
	for (int state = LINE_READY; state < LINE_STATES; state++)
		if (!TAILQ_EMPTY(&lists[state]))
			return false;
	return under_way == 0;
}
