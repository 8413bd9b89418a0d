// Types of the API's responses. null: the value is unknown.

export interface NetworkRef {
  network_id: string;
  network: string;
}

export interface ShareCounts {
  accepted: number;
  stale: number;
  duplicate: number;
  low_difficulty: number;
  invalid: number;
}

export interface NetworkStats extends NetworkRef {
  display_name: string;
  symbol: string;
  icon: string | null;
  algorithm: string;
  is_enabled: boolean;
  is_active: boolean;
  hashrate_hs: number | null;
  miners: number | null;
  accounts: number | null;
  height: number | null;
  network_difficulty: number | null;
  network_hashrate_hs: number | null;
  last_block_height: number | null;
  last_block_at: string | null;
  round_effort: number | null;
  blocks_24h: number | null;
  shares_24h: ShareCounts | null;
  fee_percent: number | null;
  reward_scheme: string | null;
  minimum_payout_sats: string | null;
  payout_interval_s: number | null;
  parents: string[];
  children: string[];
  confirmations_needed: number;
  seconds_to_block: number | null;
}

export interface AlgorithmStats {
  algorithm: string;
  hashrate_hs: number | null;
  miners: number | null;
  accounts: number | null;
  networks: number;
}

export interface PoolStats {
  /** a miner that moved between networks counts once */
  miners: number;
  accounts: number;
  algorithms: AlgorithmStats[];
  networks: NetworkStats[];
}

/** A network as GET /networks lists it, for the selector and links. */
export interface Network
  extends NetworkRef,
    Pick<NetworkStats, 'display_name' | 'symbol' | 'icon' | 'algorithm' | 'is_enabled' | 'is_active' | 'parents' | 'children'> {
  explorer_block_url: string | null;
  explorer_address_url: string | null;
}

export interface List<Item> {
  items: Item[];
  next: string | null;
}

export type HashratePoint = [at: number, hashrate: number | null, accepted: number | null, rejected: number | null, miners: number | null];

export interface HashrateSeries extends NetworkRef {
  algorithm: string;
  points: HashratePoint[];
}

export interface Hashrate {
  range: string;
  step_s: number;
  series: HashrateSeries[];
}

export interface EarningsSeries extends NetworkRef {
  symbol: string;
  points: [at: number, sats: string | null][];
}

export interface Earnings {
  range: string;
  step_s: number;
  series: EarningsSeries[];
}

export interface Block extends NetworkRef {
  block_id: string;
  symbol: string;
  height: number;
  hash: string;
  status: string;
  found_at: string;
  confirmations: number | null;
  confirmations_needed: number;
  reward_sats: string | null;
  network_difficulty: number | null;
  effort: number | null;
  finder: string | null;
  is_private?: boolean;
  explorer_url: string | null;
}

export interface TopMiner extends NetworkRef {
  rank: number;
  algorithm: string;
  account: string | null;
  hashrate_hs: number | null;
  accepted: number;
  difficulty: number;
  miners: number;
}

export interface Listener {
  /** null: the host of this page */
  host: string | null;
  port: number;
  tls: boolean;
  start_difficulty: number;
  min_difficulty: number;
  max_difficulty: number;
  is_own: boolean;
  is_serving_now: boolean;
}

export interface Connect extends NetworkRef {
  symbol: string;
  algorithm: string;
  listeners: Listener[];
  password_options: string[];
  address_example: string | null;
}

export interface AddressCheck {
  is_valid: boolean;
  type: string | null;
  error: string | null;
}

export interface AccountWindow extends ShareCounts {
  window: string;
  hashrate_hs: number | null;
}

export interface AccountNetwork extends NetworkRef {
  symbol: string;
  algorithm: string;
  windows: AccountWindow[];
  miners: number | null;
  blocks_24h: number | null;
  last_share_at: string | null;
}

export interface Account {
  account: string;
  created_at: string;
  networks: AccountNetwork[];
  algorithms: { algorithm: string; hashrate_hs: number | null }[];
}

/** A miner on a network; network null: it has not mined lately. */
export interface Worker {
  miner_id: string;
  miner: string;
  network_id: string | null;
  network: string | null;
  algorithm: string | null;
  hashrate_15m_hs: number | null;
  hashrate_24h_hs: number | null;
  accepted_24h: number | null;
  rejected_24h: number | null;
  last_share_at: string | null;
  is_online: boolean;
  connected_since: string | null;
}

export interface Balance extends NetworkRef {
  symbol: string;
  pending_sats: string | null;
  available_sats: string | null;
  sending_sats: string | null;
  paid_sats: string | null;
  minimum_payout_sats: string | null;
  estimated_round_sats: string | null;
  estimated_sats_per_day: string | null;
}

export interface Payout extends NetworkRef {
  payout_id: string;
  symbol: string;
  amount_sats: string;
  fee_sats: string | null;
  address: string | null;
  state: string;
  txid: string | null;
  explorer_url: string | null;
  created_at: string;
  sent_at: string | null;
  confirmed_at: string | null;
  confirmations: number | null;
}

export interface Session {
  account: string | null;
  role?: 'user' | 'admin';
  expires_at?: string;
  csrf_token?: string;
}

export interface WalletSet {
  network_id: string | null;
  network: string | null;
  symbol: string | null;
  entries: { address: string; percent: number }[];
  valid_from: string | null;
  is_pending: boolean;
  source: string | null;
}

export interface Token {
  token_id: string;
  name: string;
  scope: 'read' | 'write';
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}
