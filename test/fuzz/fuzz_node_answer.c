/*
 * fuzz_node_answer.c
 *	  Any body as a node's response, to any request: its problem is a
 *	  printable text, and an accepted template makes a job.
 *
 * The input is a digit, which selects the HTTP status, and the body.  The
 * target replaces rpc.c: its call got this response.
 */
#include "server.h"

#include "chain/hex.h"
#include "job/job.h"
#include "node/rpc_answer.h"
#include "template/node_checks.h"

struct NodeCall
{
	RpcAnswer answer;
};

static char genesis[] =
	"530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9";
static char tag[] = "/chimera/";

static const Network network = {
	.genesis_hash = genesis,
	.coinbase_tag = tag,
	.pool_script = {.script = {0x00, 0x14}, .length = 22},
};

NodeOutcome
node_call_outcome(const NodeCall *call)
{
	return call->answer.outcome;
}

json_t *
node_call_result(const NodeCall *call)
{
	CHECK(call->answer.outcome == NODE_OK);
	return call->answer.result;
}

int
node_call_error_code(const NodeCall *call)
{
	return call->answer.error_code;
}

const char *
node_call_error(const NodeCall *call)
{
	return call->answer.error;
}

/* A complaint, if there is one, is a line of printable ASCII. */
static void
check_words(const char *words)
{
	if (words == NULL)
		return;
	CHECK(words[0] != '\0' && strlen(words) < 2 * NODE_TEXT_MAX_BYTES);
	for (; *words; words++)
		CHECK(*words >= ' ' && *words <= '~');
}

static void
check_answer(const RpcAnswer *answer)
{
	if (answer->outcome == NODE_OK)
	{
		CHECK(answer->result != NULL && answer->error[0] == '\0');
		if (json_is_string(answer->result))
		{
			char *shown = node_printable(json_string_value(answer->result));

			CHECK(strlen(shown) < NODE_TEXT_MAX_BYTES);
			if (shown[0] != '\0')
				check_words(shown);
		}
		return;
	}
	CHECK(answer->outcome == NODE_RPC_ERROR ||
		  answer->outcome == NODE_UNREACHABLE);
	CHECK(answer->result == NULL && answer->error[0] != '\0');
	check_words(answer->error);
}

static void
check_tip(const NodeTip *tip)
{
	uint8_t bytes[NODE_HASH_DIGITS / 2];

	CHECK(tip->height >= 0);
	CHECK(tip->hash[0] == '\0' ||
		  hex_to_bytes(tip->hash, strlen(tip->hash), bytes, sizeof(bytes)));
	CHECK(tip->work[0] == '\0' ||
		  hex_to_bytes(tip->work, strlen(tip->work), bytes, sizeof(bytes)));
	CHECK(tip_ahead(tip, tip) == 0);
}

/* All of it is touched, so that a sanitizer would see what is not there. */
static void
check_template_taken(BlockTemplate *template)
{
	Job job = {.job_id = 1};
	const char *problem;

	CHECK(template->height <= PG_INT32_MAX);
	CHECK(template->coinbase_value <= PG_INT64_MAX);
	CHECK(template->transaction_count >= 0);
	CHECK(template->commitment_script_length <=
		  sizeof(template->commitment_script));
	CHECK(!template->mweb || VARSIZE(template->mweb) >= VARHDRSZ);
	problem = job_build(&network, template, &job);
	check_words(problem);
	if (problem == NULL)
		CHECK(job.coinbase.prefix_length + EXTRANONCE_BYTES +
				  job.coinbase.suffix_length <=
			  COINBASE_MAX_BYTES);
}

static void
check_call(const NodeCall *call)
{
	static const NodeTip any_tip = {0};
	BlockTemplate *template;
	const char *problem;
	NodeTip tip;

	check_answer(&call->answer);
	check_words(check_chain(call, &network));
	check_words(check_sync(call, &tip));
	check_tip(&tip);
	check_words(check_template(call, &network, &tip, &template));
	problem = check_template(call, &network, &any_tip, &template);
	check_words(problem);
	CHECK((problem == NULL) == (template != NULL));
	if (template)
		check_template_taken(template);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 401, 403, 404, 500, 503};
	NodeCall call = {{0}};
	char *body;

	if (size == 0)
		return 0;
	body = fuzz_string(data + 1, size - 1);
	rpc_answer_read(&call.answer, body, size - 1,
					statuses[data[0] % lengthof(statuses)]);
	check_call(&call);
	json_decref(call.answer.document);
	free(body);
	server_free_memory();
	return 0;
}
