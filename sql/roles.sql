-- roles.sql: what each role may do. A routine that has only one form is named
-- without its arguments. A view calls functions with the rights of whoever reads it,
-- so readers may execute those.

-- PUBLIC may execute pure functions only: the chain's formats and the rewards' arithmetic
DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
        WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
          AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'chimera')
          AND p.proname <> ALL ('{hash,algorithms,is_algorithm,difficulty,target,nbits,share_target,expected_hashes,
                                address_script,address_type,address_error,least_output,work,sum_work,sum_score,
                                sum_work_steps,split_amount,pps_value}'::name[])
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;
END;
$$;

-- ---------- people who run the pool ----------

-- mining/blocks
GRANT SELECT ON chimera.blocks TO chimera_admin;

-- stats/rollups
GRANT SELECT ON chimera.share_deltas TO chimera_admin;

-- web/users
GRANT SELECT ON chimera.web_accounts TO chimera_admin;

-- network/networks
GRANT EXECUTE ON FUNCTION chimera.reload_workers, chimera.add_network, chimera.add_node,
    chimera.remove_node TO chimera_admin;

-- network/switch
GRANT EXECUTE ON FUNCTION chimera.switch_active_network, chimera.rollback_switch, chimera.enable_network,
    chimera.disable_network TO chimera_admin;

-- network/edit
GRANT EXECUTE ON FUNCTION chimera.update_network, chimera.update_node, chimera.archive_network,
    chimera.delete_network TO chimera_admin;

-- network/presets
GRANT EXECUTE ON FUNCTION chimera.add_network_from_preset TO chimera_admin;

-- network/node_test
GRANT EXECUTE ON FUNCTION chimera.test_network TO chimera_admin;

-- network/merge
GRANT EXECUTE ON FUNCTION chimera.merge_network, chimera.unmerge_network TO chimera_admin;

-- network/template_bounds
GRANT EXECUTE ON FUNCTION chimera.accept_template TO chimera_admin;

-- mining/listeners
GRANT EXECUTE ON FUNCTION chimera.add_listener, chimera.remove_listener TO chimera_admin;

-- mining/assignments
GRANT EXECUTE ON FUNCTION chimera.assign_miner, chimera.unassign_miner TO chimera_admin;

-- mining/stratum_servers
GRANT EXECUTE ON FUNCTION chimera.forget_stratum_server TO chimera_admin;

-- mining/bans
GRANT EXECUTE ON FUNCTION chimera.set_connection_limit, chimera.ban_address, chimera.ban_account, chimera.lift_ban,
    chimera.lift_account_ban TO chimera_admin;

-- mining/shares
GRANT EXECUTE ON FUNCTION chimera.make_share_partitions, chimera.share_days, chimera.drop_old_shares,
    chimera.summarize_shares, chimera.share_set TO chimera_admin;

-- stats/rollups
GRANT EXECUTE ON FUNCTION chimera.set_rollup_retention TO chimera_admin;

-- money/ledger
GRANT EXECUTE ON FUNCTION chimera.adjust_balance, chimera.rebuild_balances TO chimera_admin;

-- money/rewards
GRANT EXECUTE ON FUNCTION chimera.shares_are_settled, chimera.share_horizon, chimera.pays_by_share, chimera.prop_work,
    chimera.pplns_work, chimera.score_work, chimera.slice_work, chimera.check_percent, chimera.reward_ppm,
    chimera.check_reward_parameters, chimera.rewards_of_block, chimera.pps_credits TO chimera_admin;

-- money/wallets
GRANT EXECUTE ON FUNCTION chimera.payout_addresses, chimera.set_wallets,
    chimera.cancel_wallet_change TO chimera_admin;

-- money/payouts
GRANT EXECUTE ON FUNCTION chimera.payable_accounts, chimera.prepare_payouts, chimera.set_minimum_payout,
    chimera.hold_payout_batch, chimera.release_payout_batch, chimera.retry_payout_batch, chimera.cancel_payout_batch,
    chimera.retry_payout TO chimera_admin;

-- money/payout_verdicts
GRANT EXECUTE ON FUNCTION chimera.settle_payout_batch TO chimera_admin;

-- money/shortfalls
GRANT EXECUTE ON FUNCTION chimera.recover_shortfalls, chimera.write_off_shortfalls TO chimera_admin;

-- money/block_posting
GRANT EXECUTE ON FUNCTION chimera.set_reward_scheme, chimera.retry_posting, chimera.correct_reward_scheme,
    chimera.set_block_reward_scheme, chimera.reward_ranges, chimera.reward_setting_of, chimera.audit TO chimera_admin;

-- web/users
GRANT EXECUTE ON FUNCTION chimera.set_web_password, chimera.disable_web_user,
    chimera.enable_web_user TO chimera_admin;

-- ---------- chimera_reader ----------

-- mining/blocks
GRANT SELECT (block_id, network_id, height, hash, status, job_id, share_id, settles_after, ledger_state,
    ledger_problem, account_id, miner_id, reward_sats, network_difficulty, share_difficulty, confirmations,
    submit_attempts, submit_result, found_at, submitted_at, status_changed_at,
    missing_since, proof_problem) ON chimera.blocks TO chimera_reader;

-- ---------- stratumd ----------

-- mining/jobs
GRANT EXECUTE ON FUNCTION chimera.stratum_job, chimera.stratum_jobs, chimera.stratum_mark,
    chimera.lease_extranonce1 TO chimera_stratum;

-- mining/listeners
GRANT EXECUTE ON FUNCTION chimera.stratum_listeners, chimera.stratum_difficulties TO chimera_stratum;

-- mining/assignments
GRANT EXECUTE ON FUNCTION chimera.end_sessions, chimera.stratum_hello, chimera.stratum_sessions TO chimera_stratum;

-- mining/stratum_servers
GRANT EXECUTE ON FUNCTION chimera.stratum_report_listeners, chimera.stratum_goodbye TO chimera_stratum;

-- mining/bans
GRANT EXECUTE ON FUNCTION chimera.stratum_limits, chimera.stratum_bans, chimera.stratum_banned_sessions,
    chimera.stratum_ban TO chimera_stratum;

-- mining/shares
GRANT EXECUTE ON FUNCTION chimera.submit_shares TO chimera_stratum;

-- mining/logins
GRANT EXECUTE ON FUNCTION chimera.authorize, chimera.stratum_unpaid, chimera.submit_first_share TO chimera_stratum;

-- ---------- webd: the routines of sql/web/ and nothing else ----------

-- web/users
GRANT EXECUTE ON FUNCTION chimera.web_session, chimera.web_log_out TO chimera_web;

-- web/sign_in
GRANT EXECUTE ON FUNCTION chimera.web_sign_up_begin, chimera.web_sign_up, chimera.web_login_begin,
    chimera.web_login_end TO chimera_web;

-- web/pool
GRANT EXECUTE ON FUNCTION chimera.web_pool_stats, chimera.web_hashrate, chimera.web_blocks, chimera.web_top_miners,
    chimera.web_networks, chimera.web_network, chimera.web_active_networks, chimera.web_connect,
    chimera.web_check_address, chimera.web_health TO chimera_web;

-- web/accounts
GRANT EXECUTE ON FUNCTION chimera.web_account, chimera.web_account_hashrate, chimera.web_account_workers,
    chimera.web_account_balances, chimera.web_account_payouts, chimera.web_account_earnings TO chimera_web;

-- web/events
GRANT EXECUTE ON FUNCTION chimera.web_event TO chimera_web;

-- web/metrics
GRANT EXECUTE ON FUNCTION chimera.web_metrics TO chimera_web;

-- web/user
GRANT EXECUTE ON FUNCTION chimera.web_user_stats, chimera.web_user_hashrate, chimera.web_user_workers,
    chimera.web_user_balances, chimera.web_user_payouts, chimera.web_user_earnings, chimera.web_user_wallets,
    chimera.web_user_set_wallets, chimera.web_user_cancel_wallet_change, chimera.web_user_set_minimum_payout,
    chimera.web_user_password_hash, chimera.web_user_set_password, chimera.web_user_tokens,
    chimera.web_user_add_token, chimera.web_user_revoke_token TO chimera_web;

-- web/admin
GRANT EXECUTE ON FUNCTION chimera.web_admin_networks, chimera.web_admin_network, chimera.web_admin_add_network,
    chimera.web_admin_update_network, chimera.web_admin_enable_network, chimera.web_admin_disable_network,
    chimera.web_admin_merge_network, chimera.web_admin_unmerge_network,
    chimera.web_admin_archive_network, chimera.web_admin_delete_network, chimera.web_admin_test_network,
    chimera.web_admin_add_node, chimera.web_admin_update_node, chimera.web_admin_remove_node,
    chimera.web_admin_set_reward_scheme TO chimera_web;

-- web/admin_pool
GRANT EXECUTE ON FUNCTION chimera.web_admin_switch, chimera.web_admin_rollback, chimera.web_admin_history,
    chimera.web_admin_payouts, chimera.web_admin_hold_payout, chimera.web_admin_release_payout,
    chimera.web_admin_retry_payout, chimera.web_admin_cancel_payout, chimera.web_admin_health,
    chimera.web_admin_presets, chimera.web_admin_audit TO chimera_web;

-- ---------- whoever may look: people who run the pool, monitoring and reports ----------

-- network/networks
GRANT SELECT ON chimera.network_configs, chimera.network_nodes TO chimera_admin, chimera_reader;

-- network/switch
GRANT SELECT ON chimera.network_switch_history TO chimera_admin, chimera_reader;

-- network/presets
GRANT SELECT ON chimera.network_presets TO chimera_admin, chimera_reader;

-- mining/miners
GRANT SELECT ON chimera.accounts, chimera.miners TO chimera_admin, chimera_reader;

-- mining/jobs
GRANT SELECT ON chimera.stopped_networks, chimera.templates TO chimera_admin, chimera_reader;

-- network/template_bounds
GRANT SELECT ON chimera.accepted_templates TO chimera_admin, chimera_reader;

-- mining/listeners
GRANT SELECT ON chimera.listeners, chimera.listener_networks TO chimera_admin, chimera_reader;

-- mining/assignments
GRANT SELECT ON chimera.stratum_servers, chimera.miner_network_assignments, chimera.network_choices,
    chimera.miner_connections TO chimera_admin, chimera_reader;

-- mining/stratum_servers
GRANT SELECT ON chimera.listener_problems TO chimera_admin, chimera_reader;

-- mining/bans
GRANT SELECT ON chimera.limit_settings, chimera.connection_limits, chimera.bans,
    chimera.active_bans TO chimera_admin, chimera_reader;

-- mining/shares
GRANT SELECT ON chimera.shares, chimera.clock_setbacks, chimera.expired_shares TO chimera_admin, chimera_reader;

-- network/merge, mining/carried_jobs
GRANT SELECT ON chimera.merged_networks, chimera.carried_jobs, chimera.network_shares TO chimera_admin, chimera_reader;
GRANT EXECUTE ON FUNCTION chimera.aux_header, chimera.auxpow_error TO chimera_admin, chimera_reader;
GRANT EXECUTE ON FUNCTION chimera.share_sources, chimera.shares_dropped_until TO chimera_admin;

-- stats/rollups
GRANT SELECT ON chimera.share_rollups_minute, chimera.share_rollups_hour, chimera.share_rollups_day,
    chimera.network_rollups_minute, chimera.network_rollups_hour, chimera.rollup_progress,
    chimera.rollup_retention TO chimera_admin, chimera_reader;

-- stats/rounds
GRANT SELECT ON chimera.block_rounds, chimera.block_luck TO chimera_admin, chimera_reader;

-- stats/pool_stats
GRANT SELECT ON chimera.stat_windows, chimera.network_pool_stats, chimera.user_network_stats,
    chimera.miner_network_stats, chimera.network_stats TO chimera_admin, chimera_reader;

-- stats/standings
GRANT SELECT ON chimera.network_standings, chimera.account_standings, chimera.pool_standings,
    chimera.pool_miners TO chimera_admin, chimera_reader;

-- money/ledger
GRANT SELECT ON chimera.ledger_transactions, chimera.ledger_entries,
    chimera.balances TO chimera_admin, chimera_reader;

-- money/wallets
GRANT SELECT ON chimera.wallet_sets, chimera.wallets, chimera.payout_routes,
    chimera.account_wallets TO chimera_admin, chimera_reader;

-- mining/logins
GRANT SELECT ON chimera.unpaid_connections TO chimera_admin, chimera_reader;

-- money/payouts
GRANT SELECT ON chimera.payout_minimums, chimera.account_balances, chimera.account_payouts, chimera.payouts,
    chimera.payout_arrears, chimera.payout_queue, chimera.payer_notes, chimera.due_balances,
    chimera.refused_payouts TO chimera_admin, chimera_reader;

-- money/shortfalls
GRANT SELECT ON chimera.shortfalls TO chimera_admin, chimera_reader;

-- money/block_posting
GRANT SELECT ON chimera.pool_accounts, chimera.reward_settings, chimera.block_reward_settings, chimera.pps_progress,
    chimera.pps_remainders TO chimera_admin, chimera_reader;

-- stats/health
GRANT SELECT ON chimera.health TO chimera_admin, chimera_reader;

-- money/payouts
GRANT SELECT (batch_id, network_id, state, fee_payer, run_id, created_at, txid, fee_sats, confirmations, sent_at,
    confirmed_at, failed_at, problem, problem_since, held_at, held_by, note, start_height, block_hash, block_height,
    replaced_txid, replaced_fee_sats, verdict, verdict_txid, verdict_fee_sats, verdict_by, verdict_at, verdict_reason,
    verdict_is_pending, looked_at) ON chimera.payout_batches TO chimera_admin, chimera_reader;

-- network/networks
GRANT EXECUTE ON FUNCTION chimera.network_id TO chimera_admin, chimera_reader;

-- network/presets
GRANT EXECUTE ON FUNCTION chimera.network_address_script, chimera.network_address_type, chimera.network_address_error,
    chimera.is_valid_address TO chimera_admin, chimera_reader;

-- mining/names
GRANT EXECUTE ON FUNCTION chimera.combined_address TO chimera_admin, chimera_reader;

-- mining/shares
GRANT EXECUTE ON FUNCTION chimera.share_hash, chimera.clock_slack TO chimera_admin, chimera_reader;

-- stats/rollups
GRANT EXECUTE ON FUNCTION chimera.unpack_share_deltas TO chimera_admin, chimera_reader;

-- stats/rounds
GRANT EXECUTE ON FUNCTION chimera.round_work TO chimera_admin, chimera_reader;

-- stats/pool_stats
GRANT EXECUTE ON FUNCTION chimera.network_window, chimera.pool_hashrate, chimera.account_hashrate,
    chimera.miner_hashrate TO chimera_admin, chimera_reader;

-- mining/logins
GRANT EXECUTE ON FUNCTION chimera.account_unpaid, chimera.can_be_paid TO chimera_admin, chimera_reader;

-- money/payouts
GRANT EXECUTE ON FUNCTION chimera.needs_payer, chimera.waiting_payouts TO chimera_admin, chimera_reader;

-- money/block_posting
GRANT EXECUTE ON FUNCTION chimera.retention_problem TO chimera_admin, chimera_reader;

-- money/estimates
GRANT EXECUTE ON FUNCTION chimera.estimated_rewards(text),
    chimera.estimated_earnings TO chimera_admin, chimera_reader;

-- stats/health
GRANT EXECUTE ON FUNCTION chimera.worker_status, chimera.share_set, chimera.long_waits, chimera.submit_failures,
    chimera.duty_problems, chimera.open_batches, chimera.forgotten_transactions, chimera.was_mined,
    chimera.read_health TO chimera_admin, chimera_reader;

-- ---------- chimera_admin, chimera_reader, chimera_stratum ----------

-- mining/jobs
GRANT SELECT ON chimera.jobs TO chimera_admin, chimera_reader, chimera_stratum;
