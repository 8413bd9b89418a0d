// Whether an address is one of a network's, asked while it is being typed.

import { useEffect, useState } from 'react';

import { apiPath, get, urlOf } from '../api/client';
import type { AddressCheck } from '../api/types';

const PAUSE_MS = 250;

export interface CheckedAddress {
  isValid: boolean;
  error: string | null;
  success: string | null;
}

const UNCHECKED: CheckedAddress = { isValid: false, error: null, success: null };

/** network null: nothing to check it by. */
export function useAddressCheck(network: string | null, address: string): CheckedAddress {
  const typed = address.trim();
  const key = network === null || typed === '' ? null : `${network} ${typed}`;
  const [checked, setChecked] = useState<{ key: string; result: CheckedAddress } | undefined>();

  useEffect(() => {
    if (key === null || network === null) return;
    const ender = new AbortController();
    const timer = setTimeout(() => {
      const url = urlOf(apiPath`/networks/${network}/address`, { address: typed });
      get<AddressCheck>(url, ender.signal).then(
        (answer) => setChecked({ key, result: judge(answer) }),
        (error: Error) => !ender.signal.aborted && setChecked({ key, result: { isValid: false, error: error.message, success: null } }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ender.abort();
    };
  }, [key, network, typed]);

  return checked !== undefined && checked.key === key ? checked.result : UNCHECKED;
}

function judge(answer: AddressCheck): CheckedAddress {
  if (!answer.is_valid) return { isValid: false, error: answer.error ?? 'This is no address of the network.', success: null };
  return { isValid: true, error: null, success: answer.type === null ? 'A valid address' : `A valid address (${answer.type})` };
}
