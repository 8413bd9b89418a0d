// Command lines and settings for miners' programs, from what a listener is.

export interface Target {
  host: string;
  port: number;
  tls: boolean;
  algorithm: string;
  user: string;
  password: string;
}

export interface Recipe {
  name: string;
  /** A line for a shell, or fields for a form. */
  lines: { label: string; text: string }[];
  note?: string;
}

export function stratumUrl({ host, port, tls }: Target, tlsScheme = 'stratum+ssl'): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${tls ? tlsScheme : 'stratum+tcp'}://${name}:${port}`;
}

/** How to point each kind of miner at a port. */
export function recipesFor(target: Target): Recipe[] {
  const { user, password } = target;
  const login = `-u ${quote(user)} -p ${quote(password)}`;
  const asic: Recipe = {
    name: 'ASIC',
    lines: [
      { label: 'Pool URL', text: stratumUrl(target) },
      { label: 'Worker or user', text: user },
      { label: 'Password', text: password },
    ],
    note: 'In the miner’s own web page, under the settings of its pools. Keep a second pool there for the time that this one can’t be reached.',
  };
  const minerd: Recipe = {
    name: 'cpuminer',
    lines: [{ label: 'Command', text: `minerd -a ${target.algorithm} -o ${stratumUrl(target, 'stratum+tcps')} ${login}` }],
    note: 'To try it out: a processor finds next to nothing.',
  };
  if (target.tls) return [asic, minerd];
  const cgminer: Recipe = {
    name: 'cgminer',
    lines: [{ label: 'Command', text: `cgminer${target.algorithm === 'scrypt' ? ' --scrypt' : ''} -o ${stratumUrl(target)} ${login}` }],
  };
  return [asic, cgminer, minerd];
}

/** A worker's full name: what pays, and which rig it is. */
export function userName(payee: string, rig: string): string {
  const suffix = rig.trim();
  return suffix === '' ? payee : `${payee}.${suffix}`;
}

/** For a shell, only where it needs it. */
function quote(text: string): string {
  return /^[\w.:=,@%+/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
