import type { AdminNetwork } from '../../api/adminTypes';
import { Badge, type Tone } from '../../components/Badge';

const TONES: Record<AdminNetwork['state'], Tone> = { enabled: 'good', disabled: 'neutral', archived: 'wait' };

export function NetworkState({ network }: { network: AdminNetwork }) {
  return (
    <>
      <Badge tone={TONES[network.state]}>{network.state}</Badge> {network.is_active && <Badge tone="accent">active</Badge>}
    </>
  );
}
