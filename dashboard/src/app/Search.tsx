import { type FormEvent, useState } from 'react';

import { Icon } from '../components/icons';
import { navigate } from './location';
import { useNetworks } from './networks';

/** Opens the page of an address or account. */
export function Search() {
  const { hrefTo } = useNetworks();
  const [text, setText] = useState('');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    // a worker's full name is ACCOUNT.RIG
    const account = text.trim().split('.')[0] ?? '';
    if (account === '') return;
    navigate(hrefTo({ page: 'account', account }));
    setText('');
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <Icon name="search" />
      <input
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="Search address or account"
        aria-label="Find a miner by address or account"
        autoComplete="off"
        spellCheck={false}
      />
    </form>
  );
}
