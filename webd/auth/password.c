/*
 * password.c
 *	  Hashing passwords (Argon2id) in threads, so that the loop is not blocked.
 *
 * The threads access only the queues, under the lock, and the job that they
 * have dequeued.  An ev_async passes finished jobs back to the loop.
 */
#include "auth/password.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "loop.h"

#define THREADS		2
#define MAX_WAITING 32

STAILQ_HEAD(Jobs, PasswordJob);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_work = PTHREAD_COND_INITIALIZER;
static struct Jobs waiting = STAILQ_HEAD_INITIALIZER(waiting);
static struct Jobs finished = STAILQ_HEAD_INITIALIZER(finished);
static int waiting_count = 0;
static bool is_stopping = false;
static pthread_t threads[THREADS];
static ev_async finished_event;
static char dummy_hash[PASSWORD_HASH_SIZE];

bool
password_hash(const char *password, char hash[PASSWORD_HASH_SIZE])
{
	return crypto_pwhash_str(hash, password, strlen(password),
							 crypto_pwhash_OPSLIMIT_INTERACTIVE,
							 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

const char *
password_dummy_hash(void)
{
	return dummy_hash;
}

/* The minimum is in characters, as users count them. */
const char *
password_problem(const char *password)
{
	size_t characters = 0;

	for (const char *at = password; *at; at++)
		characters += (*at & 0xc0) != 0x80;
	if (characters < MIN_PASSWORD)
		return "a password must have at least 10 characters";
	if (strlen(password) > MAX_PASSWORD)
		return "a password must have at most 128 bytes";
	return NULL;
}

/* ---------- threads ---------- */

static void
process_job(PasswordJob *job)
{
	if (job->is_check)
		job->is_right = crypto_pwhash_str_verify(job->hash, job->password,
												 strlen(job->password)) == 0;
	else
		job->is_right = password_hash(job->password, job->hash);
	sodium_memzero(job->password, sizeof(job->password));
}

static void *
run_thread(void *arg UNUSED)
{
	pthread_mutex_lock(&lock);
	for (;;)
	{
		PasswordJob *job;

		while (!is_stopping && STAILQ_EMPTY(&waiting))
			pthread_cond_wait(&has_work, &lock);
		if (is_stopping)
			break;
		job = STAILQ_FIRST(&waiting);
		STAILQ_REMOVE_HEAD(&waiting, link);
		waiting_count--;
		pthread_mutex_unlock(&lock);
		process_job(job);
		pthread_mutex_lock(&lock);
		STAILQ_INSERT_TAIL(&finished, job, link);
		ev_async_send(main_loop, &finished_event);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* ---------- the loop ---------- */

static void
finish_jobs(struct ev_loop *loop UNUSED, ev_async *async UNUSED,
			int events UNUSED)
{
	struct Jobs jobs = STAILQ_HEAD_INITIALIZER(jobs);
	PasswordJob *job;

	pthread_mutex_lock(&lock);
	STAILQ_CONCAT(&jobs, &finished);
	pthread_mutex_unlock(&lock);
	while ((job = STAILQ_FIRST(&jobs)) != NULL)
	{
		STAILQ_REMOVE_HEAD(&jobs, link);
		job->done(job);
	}
}

bool
password_submit(PasswordJob *job)
{
	bool has_room;

	pthread_mutex_lock(&lock);
	has_room = waiting_count < MAX_WAITING;
	if (has_room)
	{
		STAILQ_INSERT_TAIL(&waiting, job, link);
		waiting_count++;
		pthread_cond_signal(&has_work);
	}
	pthread_mutex_unlock(&lock);
	return has_room;
}

static bool
make_dummy_hash(void)
{
	unsigned char bytes[32];
	char password[2 * sizeof(bytes) + 1];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(password, sizeof(password), bytes, sizeof(bytes));
	return password_hash(password, dummy_hash);
}

bool
password_start(void)
{
	sigset_t all;
	sigset_t before;
	bool is_good = make_dummy_hash();

	ev_async_init(&finished_event, finish_jobs);
	ev_async_start(main_loop, &finished_event);
	/* only the loop handles signals */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (int i = 0; i < THREADS && is_good; i++)
		is_good = pthread_create(&threads[i], NULL, run_thread, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!is_good)
		log_error("could not start the threads that hash passwords");
	return is_good;
}

void
password_stop(void)
{
	pthread_mutex_lock(&lock);
	is_stopping = true;
	pthread_cond_broadcast(&has_work);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ev_async_stop(main_loop, &finished_event);
}
