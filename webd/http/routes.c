/*
 * routes.c
 *	  The table of the API's routes.
 */
#include "http/routes.h"

#include <stdio.h>
#include <string.h>

#define API_SEGMENTS 2 /* of API_PATH */

/* as compact as possible, so that the table can be seen at a glance */
/* clang-format off */

/* ---------- arguments of many routes ---------- */

#define CALLER	   {"session_hash", IN_SESSION, TYPE_TEXT}
#define NETWORK	   {"network", IN_QUERY, TYPE_TEXT}
#define OF_NETWORK {"network", IN_PATH, TYPE_TEXT, true}
#define ACCOUNT	   {"account", IN_PATH, TYPE_TEXT, true}
#define RANGE	   {"range", IN_QUERY, TYPE_RANGE}
#define BEFORE	   {"before", IN_QUERY, TYPE_INTEGER}
#define LIMIT	   {"limit", IN_QUERY, TYPE_LIMIT}
#define REASON	   {"reason", IN_BODY, TYPE_TEXT, false, true}
#define BATCH	   {"batch_id", IN_PATH, TYPE_INTEGER, true}

const Route routes[] = {
	/* ---------- the pool ---------- */
	{METHOD_GET, "/pool/stats", ACCESS_PUBLIC, "web_pool_stats", {NETWORK}},
	{METHOD_GET, "/pool/stats/hashrate", ACCESS_PUBLIC, "web_hashrate",
	 {NETWORK, RANGE}},
	{METHOD_GET, "/pool/blocks", ACCESS_PUBLIC, "web_blocks",
	 {NETWORK, {"status", IN_QUERY, TYPE_TEXT}, BEFORE, LIMIT}},
	{METHOD_GET, "/pool/top-miners", ACCESS_PUBLIC, "web_top_miners",
	 {NETWORK, {"range", IN_QUERY, TYPE_SHORT_RANGE}, LIMIT}},
	{METHOD_GET, "/health", ACCESS_PUBLIC, "web_health"},
	{METHOD_GET, "/events", ACCESS_PUBLIC, NULL, {NETWORK}, SPECIAL_EVENTS},
	{METHOD_GET, "/openapi.json", ACCESS_PUBLIC, NULL, {}, SPECIAL_OPENAPI},

	/* ---------- networks ---------- */
	{METHOD_GET, "/networks", ACCESS_PUBLIC, "web_networks"},
	{METHOD_GET, "/networks/active", ACCESS_PUBLIC, "web_active_networks"},
	{METHOD_GET, "/networks/:network", ACCESS_PUBLIC, "web_network",
	 {OF_NETWORK}},
	{METHOD_GET, "/networks/:network/stats", ACCESS_PUBLIC, "web_pool_stats",
	 {OF_NETWORK}},
	{METHOD_GET, "/networks/:network/hashrate", ACCESS_PUBLIC, "web_hashrate",
	 {OF_NETWORK, RANGE}},
	{METHOD_GET, "/networks/:network/blocks", ACCESS_PUBLIC, "web_blocks",
	 {OF_NETWORK, {"status", IN_QUERY, TYPE_TEXT}, BEFORE, LIMIT}},
	{METHOD_GET, "/networks/:network/top-miners", ACCESS_PUBLIC,
	 "web_top_miners",
	 {OF_NETWORK, {"range", IN_QUERY, TYPE_SHORT_RANGE}, LIMIT}},
	{METHOD_GET, "/networks/:network/connect", ACCESS_PUBLIC, "web_connect",
	 {OF_NETWORK}},
	{METHOD_GET, "/networks/:network/address", ACCESS_PUBLIC,
	 "web_check_address",
	 {OF_NETWORK, {"address", IN_QUERY, TYPE_TEXT, true}}},

	/* ---------- public accounts ---------- */
	{METHOD_GET, "/accounts/:account", ACCESS_PUBLIC, "web_account",
	 {ACCOUNT, NETWORK}},
	{METHOD_GET, "/accounts/:account/hashrate", ACCESS_PUBLIC,
	 "web_account_hashrate", {ACCOUNT, NETWORK, RANGE}},
	{METHOD_GET, "/accounts/:account/workers", ACCESS_PUBLIC,
	 "web_account_workers", {ACCOUNT, NETWORK, BEFORE, LIMIT}},
	{METHOD_GET, "/accounts/:account/balances", ACCESS_PUBLIC,
	 "web_account_balances", {ACCOUNT, NETWORK}},
	{METHOD_GET, "/accounts/:account/payouts", ACCESS_PUBLIC,
	 "web_account_payouts", {ACCOUNT, NETWORK, BEFORE, LIMIT}},
	{METHOD_GET, "/accounts/:account/earnings", ACCESS_PUBLIC,
	 "web_account_earnings", {ACCOUNT, NETWORK, RANGE}},

	/* ---------- signing up, in and out ---------- */
	{METHOD_POST, "/accounts", ACCESS_GUEST, "web_sign_up",
	 {{"name", IN_BODY, TYPE_TEXT, true},
	  {"password", IN_BODY, TYPE_TEXT, true}},
	 SPECIAL_SIGN_UP, 201},
	{METHOD_POST, "/session", ACCESS_GUEST, "web_login_begin",
	 {{"name", IN_BODY, TYPE_TEXT, true},
	  {"password", IN_BODY, TYPE_TEXT, true, true}},
	 SPECIAL_LOG_IN},
	{METHOD_GET, "/session", ACCESS_GUEST, "web_session", {CALLER},
	 SPECIAL_SESSION},
	{METHOD_DELETE, "/session", ACCESS_COOKIE, "web_log_out", {CALLER},
	 SPECIAL_LOG_OUT},

	/* ---------- the caller's account ---------- */
	{METHOD_GET, "/user/stats", ACCESS_USER, "web_user_stats",
	 {CALLER, NETWORK}},
	{METHOD_GET, "/user/networks/stats", ACCESS_USER, "web_user_stats",
	 {CALLER}},
	{METHOD_GET, "/user/hashrate", ACCESS_USER, "web_user_hashrate",
	 {CALLER, NETWORK, RANGE}},
	{METHOD_GET, "/user/workers", ACCESS_USER, "web_user_workers",
	 {CALLER, NETWORK, BEFORE, LIMIT}},
	{METHOD_GET, "/user/balances", ACCESS_USER, "web_user_balances",
	 {CALLER, NETWORK}},
	{METHOD_GET, "/user/payouts", ACCESS_USER, "web_user_payouts",
	 {CALLER, NETWORK, BEFORE, LIMIT}},
	{METHOD_GET, "/user/earnings", ACCESS_USER, "web_user_earnings",
	 {CALLER, NETWORK, RANGE}},
	{METHOD_GET, "/user/wallets", ACCESS_USER, "web_user_wallets", {CALLER}},
	{METHOD_PUT, "/user/wallets", ACCESS_USER, "web_user_set_wallets",
	 {CALLER, {"network", IN_BODY, TYPE_TEXT},
	  {"addresses", IN_BODY, TYPE_ARRAY, true},
	  {"percents", IN_BODY, TYPE_ARRAY}}},
	{METHOD_DELETE, "/user/wallets/pending", ACCESS_USER,
	 "web_user_cancel_wallet_change", {CALLER, NETWORK}},
	{METHOD_PUT, "/user/minimum-payout", ACCESS_USER,
	 "web_user_set_minimum_payout",
	 {CALLER, {"network", IN_BODY, TYPE_TEXT, true},
	  {"minimum_payout_sats", IN_BODY, TYPE_TEXT}}},
	{METHOD_PUT, "/user/password", ACCESS_COOKIE, "web_user_password_hash",
	 {CALLER, {"old_password", IN_BODY, TYPE_TEXT, true, true},
	  {"new_password", IN_BODY, TYPE_TEXT, true}},
	 SPECIAL_PASSWORD},
	{METHOD_GET, "/user/tokens", ACCESS_USER, "web_user_tokens", {CALLER}},
	{METHOD_POST, "/user/tokens", ACCESS_COOKIE, "web_user_add_token",
	 {CALLER, {"name", IN_BODY, TYPE_TEXT, true},
	  {"scope", IN_BODY, TYPE_TEXT, true},
	  {"expires_in_days", IN_BODY, TYPE_INTEGER}},
	 SPECIAL_ADD_TOKEN, 201},
	{METHOD_DELETE, "/user/tokens/:token_id", ACCESS_USER,
	 "web_user_revoke_token",
	 {CALLER, {"token_id", IN_PATH, TYPE_INTEGER, true}}},

	/* ---------- admins ---------- */
	{METHOD_GET, "/admin/networks", ACCESS_USER, "web_admin_networks",
	 {CALLER}},
	{METHOD_POST, "/admin/networks", ACCESS_USER, "web_admin_add_network",
	 {CALLER, {"settings", WHOLE_BODY, TYPE_OBJECT, true}},
	 SPECIAL_NONE, 201},
	{METHOD_GET, "/admin/networks/:network", ACCESS_USER, "web_admin_network",
	 {CALLER, OF_NETWORK}},
	{METHOD_PATCH, "/admin/networks/:network", ACCESS_USER,
	 "web_admin_update_network",
	 {CALLER, OF_NETWORK, {"changes", IN_BODY, TYPE_OBJECT, true}, REASON}},
	{METHOD_DELETE, "/admin/networks/:network", ACCESS_USER,
	 "web_admin_delete_network",
	 {CALLER, OF_NETWORK, {"reason", IN_QUERY, TYPE_TEXT, false, true}}},
	{METHOD_POST, "/admin/networks/:network/enable", ACCESS_USER,
	 "web_admin_enable_network", {CALLER, OF_NETWORK, REASON}},
	{METHOD_POST, "/admin/networks/:network/disable", ACCESS_USER,
	 "web_admin_disable_network", {CALLER, OF_NETWORK, REASON}},
	{METHOD_POST, "/admin/networks/:network/merge", ACCESS_USER,
	 "web_admin_merge_network",
	 {CALLER, OF_NETWORK, {"parent", IN_BODY, TYPE_TEXT, true}, REASON}},
	{METHOD_POST, "/admin/networks/:network/unmerge", ACCESS_USER,
	 "web_admin_unmerge_network",
	 {CALLER, OF_NETWORK, {"parent", IN_BODY, TYPE_TEXT, true}, REASON}},
	{METHOD_POST, "/admin/networks/:network/archive", ACCESS_USER,
	 "web_admin_archive_network",
	 {CALLER, OF_NETWORK, REASON, {"even_if_in_use", IN_BODY, TYPE_BOOLEAN}}},
	{METHOD_POST, "/admin/networks/:network/test", ACCESS_USER,
	 "web_admin_test_network", {CALLER, OF_NETWORK}, .is_slow = true},
	{METHOD_POST, "/admin/networks/:network/nodes", ACCESS_USER,
	 "web_admin_add_node",
	 {CALLER, OF_NETWORK, {"settings", WHOLE_BODY, TYPE_OBJECT, true}},
	 SPECIAL_NONE, 201},
	{METHOD_PATCH, "/admin/nodes/:node_id", ACCESS_USER,
	 "web_admin_update_node",
	 {CALLER, {"node_id", IN_PATH, TYPE_INTEGER, true},
	  {"changes", IN_BODY, TYPE_OBJECT, true}, REASON}},
	{METHOD_DELETE, "/admin/nodes/:node_id", ACCESS_USER,
	 "web_admin_remove_node",
	 {CALLER, {"node_id", IN_PATH, TYPE_INTEGER, true}}},
	{METHOD_PUT, "/admin/networks/:network/reward-scheme", ACCESS_USER,
	 "web_admin_set_reward_scheme",
	 {CALLER, OF_NETWORK, {"scheme", IN_BODY, TYPE_TEXT, true},
	  {"parameters", IN_BODY, TYPE_OBJECT, true}, REASON}},
	{METHOD_POST, "/admin/switch", ACCESS_USER, "web_admin_switch",
	 {CALLER, {"network", IN_BODY, TYPE_TEXT, true}, REASON}},
	{METHOD_POST, "/admin/rollback", ACCESS_USER, "web_admin_rollback",
	 {CALLER, REASON, {"algorithm", IN_BODY, TYPE_TEXT}}},
	{METHOD_GET, "/admin/history", ACCESS_USER, "web_admin_history",
	 {CALLER, NETWORK, BEFORE, LIMIT}},
	{METHOD_GET, "/admin/payouts", ACCESS_USER, "web_admin_payouts",
	 {CALLER, NETWORK, {"state", IN_QUERY, TYPE_TEXT}, BEFORE, LIMIT}},
	{METHOD_POST, "/admin/payouts/:batch_id/hold", ACCESS_USER,
	 "web_admin_hold_payout", {CALLER, BATCH, REASON}},
	{METHOD_POST, "/admin/payouts/:batch_id/release", ACCESS_USER,
	 "web_admin_release_payout", {CALLER, BATCH}},
	{METHOD_POST, "/admin/payouts/:batch_id/retry", ACCESS_USER,
	 "web_admin_retry_payout", {CALLER, BATCH}},
	{METHOD_POST, "/admin/payouts/:batch_id/cancel", ACCESS_USER,
	 "web_admin_cancel_payout", {CALLER, BATCH, REASON}},
	{METHOD_GET, "/admin/health", ACCESS_USER, "web_admin_health", {CALLER}},
	{METHOD_GET, "/admin/presets", ACCESS_USER, "web_admin_presets", {CALLER}},
	{METHOD_GET, "/admin/audit", ACCESS_USER, "web_admin_audit", {CALLER}},
};

/* clang-format on */

const int route_count = sizeof(routes) / sizeof(routes[0]);

/* ---------- methods ---------- */

static const struct
{
	Method method;
	const char *name;
} methods[] = {
	{METHOD_GET, "GET"},		 {METHOD_HEAD, "HEAD"},
	{METHOD_POST, "POST"},		 {METHOD_PUT, "PUT"},
	{METHOD_PATCH, "PATCH"},	 {METHOD_DELETE, "DELETE"},
	{METHOD_OPTIONS, "OPTIONS"},
};

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

Method
method_from_name(const char *name)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].method;
	return METHOD_NONE;
}

void
methods_write(unsigned set, char *text, unsigned size)
{
	size_t length = 0;

	*text = '\0';
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if ((set & methods[i].method) && length < size)
			length += (size_t) snprintf(text + length, size - length, "%s%s",
										length ? ", " : "", methods[i].name);
}

/* ---------- finding ---------- */

/* The end of a segment within a pattern. */
static const char *
segment_end(const char *segment)
{
	return strchrnul(segment, '/');
}

/* Whether the path matches the pattern; ":name" matches any segment but "". */
static bool
matches_pattern(const char *pattern, const Uri *uri)
{
	int at = API_SEGMENTS;

	while (*pattern == '/')
	{
		const char *segment = pattern + 1;
		size_t length = (size_t) (segment_end(segment) - segment);

		if (at == uri->segment_count)
			return false;
		if (*segment == ':' ? uri->segments[at][0] == '\0'
							: strlen(uri->segments[at]) != length ||
								  memcmp(uri->segments[at], segment, length))
			return false;
		pattern = segment + length;
		at++;
	}
	return at == uri->segment_count;
}

/* HEAD is allowed with GET, and OPTIONS where other origins may read. */
static unsigned
allowed_methods(const Route *route)
{
	unsigned methods = route->method;

	if (route->method == METHOD_GET)
		methods |= METHOD_HEAD;
	if (route->access == ACCESS_PUBLIC)
		methods |= METHOD_OPTIONS;
	return methods;
}

const Route *
routes_find(Method method, const Uri *uri, unsigned *allowed)
{
	*allowed = 0;
	if (uri->segment_count < API_SEGMENTS ||
		strcmp(uri->segments[0], "api") != 0 ||
		strcmp(uri->segments[1], "v1") != 0)
		return NULL;
	for (int i = 0; i < route_count; i++)
		if (matches_pattern(routes[i].pattern, uri))
		{
			if (method != METHOD_OPTIONS &&
				(allowed_methods(&routes[i]) & method))
				return &routes[i];
			*allowed |= allowed_methods(&routes[i]);
		}
	return NULL;
}

const char *
route_path_value(const Route *route, const Uri *uri, int n)
{
	int at = API_SEGMENTS;

	for (const char *slash = route->pattern; *slash == '/';
		 slash = segment_end(slash + 1), at++)
		if (slash[1] == ':' && n-- == 0)
			return uri->segments[at];
	return NULL;
}

int
route_argument_count(const Route *route)
{
	int count = 0;

	while (count < MAX_ARGUMENTS && route->arguments[count].name)
		count++;
	return count;
}
