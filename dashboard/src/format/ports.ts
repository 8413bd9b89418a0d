// Which of a network's ports a miner is shown, and what its password has to say there.

import type { Listener } from '../api/types';

/** The port that surely mines the network: its own, or else one that serves it now. */
export function preferredPort(listeners: readonly Listener[]): number {
  const rank = (one: Listener) => (one.is_own ? 2 : 0) + (one.is_serving_now ? 1 : 0);
  const best = Math.max(...listeners.map(rank));
  return Math.max(0, listeners.findIndex((one) => rank(one) === best));
}

/** The password by which a port mines this network: where it serves another one now, it names the coin. */
export function passwordFor(listener: Listener, network: string, password: string): string {
  const wishes = password.split(',').map((wish) => wish.trim()).filter((wish) => wish !== '' && wish !== 'x');
  if (listener.is_own || listener.is_serving_now || wishes.some((wish) => wish.startsWith('c='))) return password;
  return [...wishes, `c=${network}`].join(',');
}
