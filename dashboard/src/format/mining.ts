// Command lines and settings of mining software for a listener.

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
  /** A command line, or the fields of a form. */
  lines: { label: string; text: string }[];
  note?: string;
}

export function stratumUrl({ host, port, tls }: Target, tlsScheme = 'stratum+ssl'): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${tls ? tlsScheme : 'stratum+tcp'}://${name}:${port}`;
}

/** How to connect each kind of miner to a port. */
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
    note: 'Enter these in the pool settings of the miner’s web interface. Configure a backup pool as well, in case this one is unreachable.',
  };
  const minerd: Recipe = {
    name: 'cpuminer',
    lines: [{ label: 'Command', text: `minerd -a ${target.algorithm} -o ${stratumUrl(target, 'stratum+tcps')} ${login}` }],
    note: 'For testing only: a CPU earns almost nothing.',
  };
  if (target.tls) return [asic, minerd];
  const cgminer: Recipe = {
    name: 'cgminer',
    lines: [{ label: 'Command', text: `cgminer${target.algorithm === 'scrypt' ? ' --scrypt' : ''} -o ${stratumUrl(target)} ${login}` }],
  };
  return [asic, cgminer, minerd];
}

/** A worker's full name: ACCOUNT.RIG or ADDRESS.RIG. */
export function userName(payee: string, rig: string): string {
  const suffix = rig.trim();
  return suffix === '' ? payee : `${payee}.${suffix}`;
}

/** Quotes a text for a shell, if necessary. */
function quote(text: string): string {
  return /^[\w.:=,@%+/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
