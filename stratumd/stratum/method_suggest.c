/*
 * method_suggest.c
 *	  mining.suggest_difficulty [number] and mining.suggest_target [hex].
 *
 * Some firmware writes the number as a string.  A target without its leading
 * zeros is the same number.
 */
#include "stratum/method_suggest.h"

#include <math.h>

#include "protocol/hex.h"
#include "protocol/number.h"
#include "session/job_delivery.h"
#include "session/response.h"

static void
choose_suggested(Session *session, const RequestId *id, double difficulty)
{
	if (!isfinite(difficulty) || difficulty <= 0)
	{
		respond_error(session, id, STRATUM_OTHER,
					  "the difficulty must be a number above 0");
		return;
	}
	job_delivery_choose_difficulty(session, difficulty);
	respond_true(session, id);
}

void
method_suggest_difficulty(Session *session, const Request *request)
{
	double difficulty = 0;

	if (!number_of_json(json_array_get(request->params, 0), &difficulty))
		difficulty = 0;
	choose_suggested(session, &request->id, difficulty);
}

/*
 * Difficulty 1 is the target 0xFFFF * 2^240 / hashes_per_difficulty, which
 * only the database knows for an algorithm.
 */
void
method_suggest_target(Session *session, const Request *request)
{
	double hashes =
		session->network ? session->network->hashes_per_difficulty : 0;
	const char *text = request_string(request, 0);
	double target;

	if (text == NULL || !hex_to_double(text, &target) || target == 0)
		respond_error(session, &request->id, STRATUM_OTHER,
					  "the target must be up to 64 hex digits and above 0");
	else if (hashes > 0)
		choose_suggested(session, &request->id,
						 ldexp(65535, 240) / hashes / target);
	else
		respond_true(session, &request->id);
}
