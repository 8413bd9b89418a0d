// An action of a button: whether it runs, its error, and protection against double
// clicks.

import { useCallback, useRef, useState } from 'react';

import { ApiError } from '../api/client';

export interface Action<Arguments extends unknown[]> {
  run: (...args: Arguments) => Promise<boolean>;
  isRunning: boolean;
  error: ApiError | undefined;
  forget: () => void;
}

/** run gives whether it went well. */
export function useAction<Arguments extends unknown[]>(action: (...args: Arguments) => Promise<void>): Action<Arguments> {
  const [isRunning, setIsRunning] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  const isBusy = useRef(false);

  const run = async (...args: Arguments) => {
    if (isBusy.current) return false;
    isBusy.current = true;
    setIsRunning(true);
    setError(undefined);
    try {
      await action(...args);
      return true;
    } catch (thrown) {
      setError(thrown instanceof ApiError ? thrown : new ApiError(0, 'Unexpected response', String(thrown)));
      return false;
    } finally {
      isBusy.current = false;
      setIsRunning(false);
    }
  };
  const forget = useCallback(() => setError(undefined), []);
  return { run, isRunning, error, forget };
}
