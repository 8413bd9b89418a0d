// The port of a network that is suggested to a miner, and its password there.

import type { Listener } from '../api/types';

/** The best port for the network: its own, or else one that serves it now. */
export function preferredPort(listeners: readonly Listener[]): number {
  const rank = (one: Listener) => (one.is_own ? 2 : 0) + (one.is_serving_now ? 1 : 0);
  const best = Math.max(...listeners.map(rank));
  return Math.max(0, listeners.findIndex((one) => rank(one) === best));
}

/** The password to mine this network on a port; it names the coin if the port serves another network now. */
export function passwordFor(listener: Listener, network: string, password: string): string {
  const options = password.split(',').map((option) => option.trim()).filter((option) => option !== '' && option !== 'x');
  if (listener.is_own || listener.is_serving_now || options.some((option) => option.startsWith('c='))) return password;
  return [...options, `c=${network}`].join(',');
}
