import { useState } from 'react';

import { Link } from '../components/Link';
import { navigate } from './location';
import { useNetworks } from './networks';
import { useSession } from './session';

/** The log-in button, or the signed-in account with the log-out button. */
export function AccountMenu() {
  const { account, logOut } = useSession();
  const { hrefTo } = useNetworks();
  const [isLeaving, setIsLeaving] = useState(false);

  if (account === undefined) return <div className="account" />;
  if (account === null) {
    return (
      <div className="account">
        <Link to={{ page: 'login' }} className="button">
          Log in
        </Link>
      </div>
    );
  }
  const leave = async () => {
    setIsLeaving(true);
    try {
      await logOut();
      navigate(hrefTo({ page: 'overview' }));
    } finally {
      setIsLeaving(false);
    }
  };
  return (
    <div className="account">
      <Link to={{ page: 'user', tab: 'overview' }} className="account-name">
        {account}
      </Link>
      <button type="button" className="button" onClick={() => void leave()} disabled={isLeaving}>
        Log out
      </button>
    </div>
  );
}
