-- roles.sql: what each role may do, and that it may do nothing else.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
SELECT plan(44);

SELECT is(count(*), 4::bigint, 'the four roles are there') FROM pg_roles
WHERE rolname IN ('chimera_admin', 'chimera_stratum', 'chimera_web', 'chimera_reader');
SELECT is_empty($$ SELECT rolname FROM pg_roles WHERE rolname IN ('chimera_admin', 'chimera_stratum', 'chimera_web', 'chimera_reader')
                   AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) $$,
                'none has a power of its own');

-- ---------- functions ----------

-- what a role may execute beside what everybody may
CREATE FUNCTION pg_temp.executes(role text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT p.proname::text COLLATE "default" FROM pg_proc p
    WHERE p.pronamespace = 'chimera'::regnamespace AND has_function_privilege(role, p.oid, 'EXECUTE')
      AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
$$;
SELECT set_eq($$ SELECT p.proname::text COLLATE "default" FROM pg_proc p
                 WHERE p.pronamespace = 'chimera'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE') $$,
              '{hash,algorithms,is_algorithm,difficulty,target,nbits,share_target,expected_hashes,address_script,address_type,address_error,least_output,
                work,sum_work,sum_score,sum_work_steps,split_amount,pps_value}'::text[],
              'PUBLIC may execute the chain''s functions and the rewards'' arithmetic and no others');
SELECT set_eq($$ SELECT pg_temp.executes('chimera_stratum') $$,
              '{authorize,end_sessions,stratum_hello,stratum_sessions,lease_extranonce1,stratum_job,stratum_jobs,stratum_mark,stratum_listeners,
                stratum_limits,stratum_bans,stratum_banned_sessions,stratum_ban,submit_shares,submit_first_share,stratum_unpaid,stratum_difficulties,
                stratum_report_listeners,stratum_goodbye}'::text[],
              'chimera_stratum may let miners in, read its work and submit');
SELECT set_eq($$ SELECT pg_temp.executes('chimera_admin') $$,
              '{add_network,add_network_from_preset,network_address_script,network_address_type,network_address_error,is_valid_address,
                test_network,merge_network,share_sources,shares_dropped_until,unmerge_network,aux_header,auxpow_error,add_node,update_network,update_node,remove_node,network_id,reload_workers,
                switch_active_network,rollback_switch,enable_network,disable_network,archive_network,delete_network,
                add_listener,remove_listener,assign_miner,unassign_miner,
                set_connection_limit,ban_address,ban_account,lift_ban,lift_account_ban,
                set_reward_scheme,retry_posting,audit,adjust_balance,rebuild_balances,recover_shortfalls,write_off_shortfalls,
                correct_reward_scheme,set_block_reward_scheme,accept_template,retention_problem,reward_ranges,reward_setting_of,pays_by_share,
                set_wallets,cancel_wallet_change,payout_addresses,estimated_rewards,estimated_earnings,
                needs_payer,payable_accounts,prepare_payouts,set_minimum_payout,hold_payout_batch,release_payout_batch,retry_payout_batch,
                cancel_payout_batch,settle_payout_batch,retry_payout,waiting_payouts,shares_are_settled,share_horizon,prop_work,pplns_work,score_work,slice_work,check_percent,reward_ppm,
                check_reward_parameters,rewards_of_block,pps_credits,
                make_share_partitions,share_days,drop_old_shares,summarize_shares,clock_slack,share_hash,share_set,submit_failures,worker_status,long_waits,
                duty_problems,read_health,open_batches,forgotten_transactions,
                unpack_share_deltas,set_rollup_retention,round_work,network_window,pool_hashrate,account_hashrate,miner_hashrate,
                was_mined,forget_stratum_server,
                can_be_paid,account_unpaid,combined_address,
                set_web_password,disable_web_user,enable_web_user}'::text[],
              'chimera_admin may run the pool');
SELECT set_eq($$ SELECT pg_temp.executes('chimera_web') $$,
              '{web_pool_stats,web_hashrate,web_blocks,web_top_miners,web_networks,web_network,web_active_networks,web_connect,
                web_check_address,web_health,web_account,web_account_hashrate,web_account_workers,web_account_balances,
                web_account_payouts,web_account_earnings,web_event,web_metrics,
                web_session,web_log_out,web_sign_up_begin,web_sign_up,web_login_begin,web_login_end,
                web_user_password_hash,web_user_set_password,web_user_tokens,web_user_add_token,web_user_revoke_token,
                web_user_stats,web_user_hashrate,web_user_workers,web_user_balances,web_user_payouts,web_user_earnings,web_user_wallets,
                web_user_set_wallets,web_user_cancel_wallet_change,web_user_set_minimum_payout,
                web_admin_networks,web_admin_network,web_admin_add_network,web_admin_update_network,web_admin_enable_network,web_admin_disable_network,web_admin_merge_network,web_admin_unmerge_network,
                web_admin_archive_network,web_admin_delete_network,web_admin_test_network,web_admin_add_node,web_admin_update_node,web_admin_remove_node,
                web_admin_set_reward_scheme,web_admin_switch,web_admin_rollback,web_admin_history,web_admin_payouts,web_admin_hold_payout,
                web_admin_release_payout,web_admin_retry_payout,web_admin_cancel_payout,web_admin_health,web_admin_presets,web_admin_audit}'::text[],
              'chimera_web may call what the REST API answers by');
SELECT set_eq($$ SELECT pg_temp.executes('chimera_reader') $$, '{network_address_script,network_address_type,network_address_error,is_valid_address,network_id,aux_header,auxpow_error,clock_slack,share_hash,share_set,submit_failures,worker_status,long_waits,
                was_mined,duty_problems,read_health,open_batches,forgotten_transactions,
                needs_payer,waiting_payouts,retention_problem,estimated_rewards,estimated_earnings,unpack_share_deltas,round_work,network_window,pool_hashrate,account_hashrate,miner_hashrate,
                can_be_paid,account_unpaid,combined_address}'::text[],
              'chimera_reader may look');

-- ---------- tables ----------

-- what a role may do with whole tables, views and sequences
CREATE FUNCTION pg_temp.may(role text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT lower(privilege) || ' ' || c.relname
    FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,USAGE}'::text[]) privilege
    WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'
      AND d.refobjid IN (SELECT oid FROM pg_extension WHERE extname IN ('chimera', 'chimera_legacy'))
      AND CASE WHEN c.relkind <> 'S' THEN privilege <> 'USAGE' AND has_table_privilege(role, c.oid, privilege)
               ELSE privilege IN ('SELECT', 'UPDATE', 'USAGE') AND has_sequence_privilege(role, c.oid, privilege) END
$$;
SELECT is_empty($$ SELECT pg_temp.may('public') $$, 'PUBLIC may do nothing with any table or sequence');
SELECT is(has_schema_privilege('public', 'chimera', 'USAGE'), false, 'PUBLIC has no USAGE of the schema');
SELECT is_empty($$ SELECT r FROM unnest('{public,chimera_admin,chimera_stratum,chimera_web,chimera_reader}'::text[]) r
                   WHERE has_schema_privilege(r, 'chimera', 'CREATE') $$, 'no role may create in the schema');
SELECT set_eq($$ SELECT pg_temp.may('chimera_stratum') $$, '{select jobs}'::text[],
              'chimera_stratum may read jobs, nothing else');
SELECT set_eq($$ SELECT pg_temp.may('chimera_admin') $$,
              '{select accounts,select blocks,select health,select jobs,select listeners,select listener_networks,select stratum_servers,select miner_network_assignments,select network_choices,select miner_connections,select unpaid_connections,select limit_settings,select connection_limits,select bans,select active_bans,select miners,select network_configs,select network_nodes,select network_presets,select stopped_networks,select network_switch_history,
                select share_deltas,select share_rollups_minute,select share_rollups_hour,select share_rollups_day,select network_rollups_minute,select network_rollups_hour,select network_standings,select account_standings,select rollup_progress,select rollup_retention,
                select ledger_transactions,select ledger_entries,select balances,select pool_accounts,select reward_settings,select block_reward_settings,select accepted_templates,select expired_shares,
                select pps_progress,select pps_remainders,select shortfalls,
                select listener_problems,select pool_standings,select pool_miners,
                select wallet_sets,select wallets,select payout_routes,select account_wallets,
                select payouts,select payout_minimums,select account_balances,select account_payouts,
                select payout_arrears,select payout_queue,select payer_notes,select due_balances,select refused_payouts,
                select block_rounds,select block_luck,select stat_windows,select network_pool_stats,select user_network_stats,
                select miner_network_stats,select network_stats,select shares,select network_shares,select merged_networks,select carried_jobs,select clock_setbacks,select templates,select web_accounts,
                select legacy_networks,select legacy_rows,select legacy_refused}'::text[],
              'chimera_admin may read all but secrets, and change by routines only');
SELECT is_empty($$ SELECT pg_temp.may('chimera_web') $$, 'chimera_web may read no table');
SELECT set_eq($$ SELECT pg_temp.may('chimera_reader') $$,
              '{select accounts,select health,select jobs,select listeners,select listener_networks,select stratum_servers,select miner_network_assignments,select network_choices,select miner_connections,select unpaid_connections,select limit_settings,select connection_limits,select bans,select active_bans,select miners,select network_configs,select network_nodes,select network_presets,select stopped_networks,select network_switch_history,
                select share_rollups_minute,select share_rollups_hour,select share_rollups_day,select network_rollups_minute,select network_rollups_hour,select network_standings,select account_standings,select rollup_progress,select rollup_retention,
                select ledger_transactions,select ledger_entries,select balances,select pool_accounts,select reward_settings,select block_reward_settings,select accepted_templates,select expired_shares,
                select pps_progress,select pps_remainders,select shortfalls,
                select listener_problems,select pool_standings,select pool_miners,
                select wallet_sets,select wallets,select payout_routes,select account_wallets,
                select payouts,select payout_minimums,select account_balances,select account_payouts,
                select payout_arrears,select payout_queue,select payer_notes,select due_balances,select refused_payouts,
                select block_rounds,select block_luck,select stat_windows,select network_pool_stats,select user_network_stats,
                select miner_network_stats,select network_stats,select shares,select network_shares,select merged_networks,select carried_jobs,select clock_setbacks,select templates}'::text[],
              'chimera_reader may read what analysts ask for');
SELECT set_eq(format($$ SELECT a.attname::text COLLATE "default" FROM pg_attribute a
                 WHERE a.attrelid = 'chimera.blocks'::regclass AND a.attnum > 0 AND NOT has_column_privilege(%L, a.attrelid, a.attnum, 'SELECT') $$, role),
              '{raw}'::text[], 'chimera_reader may read all of a block but its bytes')
FROM unnest('{chimera_reader}'::text[]) role;
SELECT set_eq(format($$ SELECT a.attname::text COLLATE "default" FROM pg_attribute a
                 WHERE a.attrelid = 'chimera.payout_batches'::regclass AND a.attnum > 0 AND NOT has_column_privilege(%L, a.attrelid, a.attnum, 'SELECT') $$, role),
              '{raw}'::text[], role || ' may read all of a payout batch but its transaction')
FROM unnest('{chimera_admin,chimera_reader}'::text[]) role;
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'chimera'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                   AND has_any_column_privilege('chimera_web', c.oid, 'SELECT,INSERT,UPDATE,REFERENCES') $$,
                'nor a column of one');
SELECT set_eq($$ SELECT DISTINCT c.relname::text COLLATE "default" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                 WHERE c.relnamespace = 'chimera'::regnamespace AND a.attacl IS NOT NULL $$,
              '{blocks,payout_batches}'::text[], 'nothing is granted of single columns of others');
SELECT is_empty($$ SELECT x.what, g.grantee::regrole FROM (
                       SELECT c.oid::regclass::text, c.relacl FROM pg_class c WHERE c.relnamespace = 'chimera'::regnamespace
                       UNION ALL SELECT p.oid::regprocedure::text, p.proacl FROM pg_proc p WHERE p.pronamespace = 'chimera'::regnamespace
                       UNION ALL SELECT n.nspname, n.nspacl FROM pg_namespace n WHERE n.nspname = 'chimera'
                   ) x (what, acl), aclexplode(x.acl) g
                   WHERE g.is_grantable AND g.grantee <> (SELECT e.extowner FROM pg_extension e WHERE e.extname = 'chimera')
                      OR g.grantee NOT IN (SELECT 0 UNION ALL SELECT e.extowner FROM pg_extension e WHERE e.extname = 'chimera'
                          UNION ALL SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('chimera_admin', 'chimera_stratum', 'chimera_web', 'chimera_reader')) $$,
                'nothing is granted to anybody else, nor to be granted on');
SELECT is_empty($$ SELECT m.roleid::regrole, m.member::regrole FROM pg_auth_members m
                   WHERE m.member IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('chimera_admin', 'chimera_stratum', 'chimera_web', 'chimera_reader')) $$,
                'none is a member of another role');
SELECT is_empty($$ SELECT r FROM unnest('{public,chimera_admin,chimera_stratum,chimera_web,chimera_reader}'::text[]) r
                   WHERE has_any_column_privilege(r, 'chimera.network_credentials', 'SELECT,INSERT,UPDATE,REFERENCES') $$,
                'no role may see or set a column of network_credentials');

-- ---------- the routines that work as the owner ----------

SELECT set_eq($$ SELECT p.proname::text COLLATE "default" FROM pg_proc p WHERE p.pronamespace = 'chimera'::regnamespace AND p.prosecdef $$,
              '{add_network,add_network_from_preset,test_network,add_node,update_network,update_node,remove_node,network_id,
                switch_active_network,rollback_switch,merge_network,unmerge_network,enable_network,disable_network,archive_network,delete_network,
                add_listener,remove_listener,drop_drained_listeners,stratum_listeners,
                stratum_report_listeners,stratum_goodbye,forget_stratum_server,was_mined,worker_shortage,drop_old_jobs,
                set_connection_limit,ban_address,ban_account,lift_ban,lift_account_ban,drop_old_bans,
                stratum_limits,stratum_bans,stratum_banned_sessions,stratum_ban,
                reassign_sessions,assignments_changed,end_sessions,stratum_hello,stratum_sessions,end_dead_servers,drop_old_assignments,
                assign_miner,unassign_miner,
                share_days,drop_share_day,drop_old_share_day,drop_old_setbacks,has_share,share_of_block,close_round_remainders,record_network_rounds,
                unposted_networks,read_health,open_batches,forgotten_transactions,
                long_waits,clock_slack,share_horizon,adjust_balance,rebuild_balances,recover_shortfalls,write_off_shortfalls,payout_obstacle,reverse_matured_block,take_shortfall,set_reward_scheme,begin_reward_settings,credit_block,move_block,post_block,post_blocks,
                check_active_network,forbid_wallet_removal,
                retry_posting,pay_shares,pay_to_horizon,post_pps_shares,audit,retention_problem,correct_reward_scheme,set_block_reward_scheme,accept_template,
                set_wallets,cancel_wallet_change,payout_addresses,estimated_rewards,estimated_earnings,
                needs_payer,payable_accounts,queue_due_payouts,collect_payouts,collect_due_payouts,prepare_payouts,
                return_payouts,retry_payout,waiting_payouts,set_minimum_payout,payout_outputs,
                store_payout_transaction,record_payout,finish_payout,hold_payout_batch,release_payout_batch,retry_payout_batch,
                cancel_payout_batch,audit_payouts,known_height,payout_owed,record_payout_start,hold_payout,take_over_payout,pay_whole_batch,
                accept_payout_verdict,believe_payout_verdict,watched_payout,record_watched_payout,correct_failed_payout,settle_payout_batch,stratum_job,
                stratum_jobs,stratum_mark,lease_extranonce1,authorize,submit_shares,submit_first_share,stratum_unpaid,stratum_difficulties,account_unpaid,can_be_paid,combined_address,share_hash,make_share_partitions,drop_old_shares,
                summarize_shares,apply_share_deltas,rollups_closed,close_rollups,set_rollup_retention,drop_old_rollups,forget_rollups,
                rolled_up_difficulty,shares_difficulty,record_rounds,hashrate_series,work_since,round_work,refresh_due_standings,network_window,pool_hashrate,account_hashrate,miner_hashrate,
                set_web_password,disable_web_user,enable_web_user,web_session,web_log_out,web_sign_up_begin,web_sign_up,web_login_begin,web_login_end,
                web_user_password_hash,web_user_set_password,web_user_tokens,web_user_add_token,web_user_revoke_token,
                web_user_stats,web_user_hashrate,web_user_workers,web_user_balances,web_user_payouts,web_user_earnings,web_user_wallets,
                web_user_set_wallets,web_user_cancel_wallet_change,web_user_set_minimum_payout,
                web_admin_networks,web_admin_network,web_admin_add_network,web_admin_update_network,web_admin_enable_network,web_admin_disable_network,web_admin_merge_network,web_admin_unmerge_network,
                web_admin_archive_network,web_admin_delete_network,web_admin_test_network,web_admin_add_node,web_admin_update_node,web_admin_remove_node,
                web_admin_set_reward_scheme,web_admin_switch,web_admin_rollback,web_admin_history,web_admin_payouts,web_admin_hold_payout,
                web_admin_release_payout,web_admin_retry_payout,web_admin_cancel_payout,web_admin_health,web_admin_presets,web_admin_audit,
                web_pool_stats,web_hashrate,web_blocks,web_top_miners,web_networks,web_network,web_active_networks,web_connect,
                web_check_address,web_health,web_account,web_account_hashrate,web_account_workers,web_account_balances,
                web_account_payouts,web_account_earnings,web_event,web_metrics}'::text[],
              'these are SECURITY DEFINER');
SELECT is_empty($$ SELECT t.tgname, p.oid::regprocedure FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                   WHERE t.tgdeferrable AND NOT t.tgisinternal AND p.pronamespace = 'chimera'::regnamespace AND NOT p.prosecdef $$,
                'so are all deferred triggers, which would run as who commits');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'chimera'::regnamespace AND p.prosecdef
                   AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false) $$,
                'each of them pins search_path');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                   WHERE p.pronamespace = 'chimera'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
                   -- a procedure that pinned it could not commit; it names schemas instead
                   AND p.oid <> 'chimera.adopt_legacy'::regproc
                   -- a body that was parsed when the function was made does not look at it
                   AND p.prosqlbody IS NULL
                   AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false) $$,
                'so does every other function in SQL or PL/pgSQL, triggers too');

SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                   WHERE p.pronamespace = 'chimera'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
                   AND regexp_replace(p.prosrc, E'\\mE''([^''\\\\]|\\\\.|'''')*''', '', 'g') LIKE E'%\\\\%' $$,
                'none means another thing when its caller has turned standard_conforming_strings off');

-- ---------- trying it ----------

SELECT pg_temp.make_network('test_role') AS network \gset
SELECT chimera.enable_network('test_role');
-- the SQLSTATE of a statement executed as a role
CREATE FUNCTION pg_temp.state_as(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text := '00000';
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        state := SQLSTATE;
    END;
    RESET ROLE;
    RETURN state;
END;
$$;
CREATE ROLE chimera_test_nobody;
SELECT is(pg_temp.state_as(role, statement), state, role || CASE state WHEN '00000' THEN ' can ' ELSE ' cannot ' END || what)
FROM (VALUES
    ('chimera_stratum', 'SELECT chimera.authorize(0, gen_random_uuid(), 1, ''test_role'', ''x'')', '00000', 'let a miner in'),
    ('chimera_stratum', 'SELECT chimera.stratum_listeners(), chimera.stratum_jobs()', '00000', 'read listeners and jobs'),
    ('chimera_stratum', 'SELECT * FROM chimera.accounts', '42501', 'read accounts'),
    ('chimera_stratum', 'SELECT * FROM chimera.network_configs', '42501', 'read networks'),
    ('chimera_stratum', 'SELECT chimera.disable_network(''test_role'')', '42501', 'disable a network'),
    ('chimera_admin', 'SELECT chimera.disable_network(''test_role'')', '00000', 'disable a network'),
    ('chimera_admin', 'SELECT * FROM chimera.network_credentials', '42501', 'read secrets'),
    ('chimera_admin', 'UPDATE chimera.network_configs SET is_enabled = true', '42501', 'change a network but by its routines'),
    ('chimera_admin', 'SELECT chimera.submit_shares(''\x00000001'')', '42501', 'submit shares'),
    ('chimera_web', 'SELECT chimera.web_blocks()', '00000', 'show blocks'),
    ('chimera_web', 'SELECT hash FROM chimera.blocks', '42501', 'read blocks'),
    ('chimera_web', 'SELECT chimera.account_payouts_json(1, NULL, NULL, NULL)', '42501', 'show anybody''s payouts'),
    ('chimera_reader', 'SELECT raw FROM chimera.blocks', '42501', 'read raw blocks'),
    ('chimera_reader', 'SELECT * FROM chimera.shares', '00000', 'read shares'),
    ('chimera_reader', 'SELECT * FROM chimera.network_credentials', '42501', 'read secrets'),
    ('chimera_reader', 'INSERT INTO chimera.accounts (name) VALUES (''test_reader'')', '42501', 'write'),
    ('chimera_test_nobody', 'SELECT chimera.hash(''sha256d'', '''')', '42501', 'even reach the schema')
) try (role, statement, state, what);

SELECT * FROM finish();
ROLLBACK;
