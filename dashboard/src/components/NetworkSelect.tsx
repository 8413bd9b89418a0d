// The network selector: a listbox, because a <select> cannot contain icons. Focus
// stays on the button; aria-activedescendant names the active option.

import { type FocusEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

import type { Network } from '../api/types';
import { useNetworks } from '../app/networks';
import { ALL_NETWORKS } from '../app/router';
import { CoinIcon } from './CoinIcon';
import { Icon } from './icons';
import { findByPrefix, moveInList } from './listbox';

interface Option {
  value: string;
  text: string;
  network: Network | null;
}

export function NetworkSelect() {
  const id = useId();
  const { options, chosen, isOpen, active, setActive, toggle, close, choose, onKeyDown } = useSelector();
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    if (isOpen) list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [isOpen, active]);

  const onBlur = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) close();
  };
  return (
    <div className="network-select" onBlur={onBlur}>
      <button
        type="button"
        className="select-button"
        role="combobox"
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen ? `${id}-${active}` : undefined}
        aria-label={`Network: ${options[chosen]?.text ?? ''}`}
        onClick={toggle}
        onKeyDown={onKeyDown}
      >
        <Face option={options[chosen]} />
        <Icon name="chevron" />
      </button>
      <ul ref={list} id={`${id}-list`} className="select-list" role="listbox" aria-label="Network" hidden={!isOpen}>
        {options.map((option, i) => (
          <li
            key={option.value}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            className={i === active ? 'select-option is-active' : 'select-option'}
            // keep the focus on the button, so that the list stays open for the click
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => setActive(i)}
            onClick={() => choose(option)}
          >
            <Face option={option} />
            <Note network={option.network} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The state of the selector, and its keyboard control. */
function useSelector() {
  const { networks, selected, select } = useNetworks();
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(0);

  const options: Option[] = [
    { value: ALL_NETWORKS, text: 'All networks', network: null },
    ...(networks ?? []).map((network) => ({ value: network.network, text: network.display_name, network })),
  ];
  const chosen = Math.max(0, options.findIndex((option) => option.network?.network_id === selected?.network_id));

  const open = () => {
    setActive(chosen);
    setIsOpen(true);
  };
  const close = () => setIsOpen(false);
  const choose = (option: Option | undefined) => {
    close();
    if (option !== undefined) select(option.value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = moveInList(event.key, active, options.length);
    const isLetter = event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey;

    if (target !== undefined) {
      if (isOpen) setActive(target);
      else open();
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (isOpen) choose(options[active]);
      else open();
    } else if (event.key === 'Escape' && isOpen) {
      close();
    } else if (isLetter && isOpen) {
      setActive(findByPrefix(options.map((option) => option.text), event.key, active) ?? active);
    } else {
      return;
    }
    event.preventDefault();
  };
  return { options, chosen, isOpen, active, setActive, toggle: () => (isOpen ? close() : open()), close, choose, onKeyDown };
}

function Face({ option }: { option: Option | undefined }) {
  const network = option?.network;
  return (
    <span className="select-face">
      {network ? <CoinIcon symbol={network.symbol} icon={network.icon} /> : <Icon name="networks" />}
      <span className="select-text">{option?.text}</span>
      {network && <span className="select-symbol">{network.symbol}</span>}
    </span>
  );
}

function Note({ network }: { network: Network | null }) {
  if (network === null) return null;
  return <span className="select-note">{network.is_enabled ? network.algorithm : 'disabled'}</span>;
}
