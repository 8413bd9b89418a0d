// Checks an address of a network while it is being typed.

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

/** network null: the address cannot be checked. */
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
        (check) => setChecked({ key, result: resultOf(check) }),
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

function resultOf(check: AddressCheck): CheckedAddress {
  if (!check.is_valid) return { isValid: false, error: check.error ?? 'The address is not valid on this network.', success: null };
  return { isValid: true, error: null, success: check.type === null ? 'Valid address' : `Valid address (${check.type})` };
}
