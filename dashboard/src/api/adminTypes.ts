// Types of the API's responses for admins.

import type { NetworkRef } from './types';

export interface HealthPart {
  part: string;
  ok: boolean;
  message: string | null;
  since: string | null;
  last_success: string | null;
}

export interface AdminNode {
  node_id: number;
  kind: 'node' | 'wallet';
  rpc_url: string;
  priority: number;
  /** how the pool authenticates; the credentials are never shown */
  login: 'cookie' | 'password' | null;
  is_current: boolean | null;
  last_problem: string | null;
}

export interface RewardSetting {
  scheme: string;
  parameters: Record<string, unknown>;
  reason: string | null;
  set_by: string;
  set_at: string;
  is_pending: boolean;
}

/** A value of a network's settings in JSON. */
export type SettingValue = string | number | boolean | string[] | null;

export interface AdminNetwork extends NetworkRef {
  display_name: string;
  symbol: string;
  icon: string | null;
  algorithm: string;
  state: 'enabled' | 'disabled' | 'archived';
  is_active: boolean;
  nodes: AdminNode[];
  health: HealthPart[];
  reward_settings: RewardSetting[];
}

export interface NetworkCheck {
  node_id: number | null;
  check_name: string;
  ok: boolean | null;
  message: string | null;
  duration_ms: number | null;
}

export interface Preset {
  name: string;
  kind: string;
  display_name: string;
  symbol: string;
  algorithm: string;
  rpc_port: number | null;
}

export interface Change extends NetworkRef {
  switch_id: string;
  kind: string;
  at: string;
  who: string;
  algorithm: string | null;
  from_network: string | null;
  to_network: string | null;
  reason: string | null;
  undoes: string | null;
  changes: Record<string, [former: unknown, present: unknown]> | null;
  result: string | null;
}

export interface Batch extends NetworkRef {
  batch_id: string;
  symbol: string;
  state: string;
  amount_sats: string;
  fee_sats: string | null;
  recipients: number;
  txid: string | null;
  explorer_url: string | null;
  confirmations: number | null;
  problem: string | null;
  held_by: string | null;
  held_at: string | null;
  note: string | null;
  created_at: string;
  sent_at: string | null;
  confirmed_at: string | null;
}

export interface HealthItem extends HealthPart {
  subject: string;
  name: string;
}

export interface AuditItem {
  check_name: string;
  network: string | null;
  subject: string | null;
  expected: string | null;
  found: string | null;
}
