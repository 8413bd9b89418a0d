// Short confirmations, which screen readers announce as well.

import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

import { Icon } from './icons';

const SHOWN_MS = 5_000;

const ToastContext = createContext<(text: string) => void>(() => undefined);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<{ id: number; text: string }[]>([]);

  const say = useCallback((text: string) => {
    const id = performance.now();
    setToasts((old) => [...old, { id, text }]);
    setTimeout(() => setToasts((old) => old.filter((toast) => toast.id !== id)), SHOWN_MS);
  }, []);
  return (
    <ToastContext value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className="toast">
            <Icon name="check" /> {toast.text}
          </div>
        ))}
      </div>
    </ToastContext>
  );
}

export function useToast(): (text: string) => void {
  return useContext(ToastContext);
}
