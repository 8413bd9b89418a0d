// The icons, all drawn on 16 x 16. They are decorative; the text next to them has
// the same meaning.

const PATHS = {
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1',
  chevron: 'M4.5 6.5L8 10l3.5-3.5',
  check: 'M3.5 8.5l3 3 6-7',
  copy: 'M6 5.5h6.5v8H6zM10 5.5v-3H3.5v8H6',
  external: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3L7.5 8.5',
  alert: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.4v.1',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5v3.5M8 5v.1',
  system: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
  light: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  dark: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  overview: 'M2.5 13.5v-5M6.2 13.5v-9M9.8 13.5v-6M13.5 13.5v-11',
  blocks: 'M8 2l5.2 3v6L8 14l-5.2-3V5zM2.8 5L8 8l5.2-3M8 8v6',
  miners: 'M2.5 3.5h11v3.5h-11zM2.5 9h11v3.5h-11zM5 5.2v.1M5 10.7v.1',
  connect: 'M6 2.5v3M10 2.5v3M4 5.5h8V8a4 4 0 0 1-8 0zM8 12v2',
  user: 'M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.6a5.2 5.2 0 0 1 10.4 0',
  wallet: 'M2.5 4.5h9v-2h-9v11h11v-9h-2M11 9v.1',
  payouts: 'M8 2v12M11 4.7C9.6 3.4 5.3 3.4 5.3 6S11 7.5 11 10.2 6.2 12.9 4.8 11.3',
  key: 'M5 11.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM7 8L13 2.8M11 4.5l1.8 1.8',
  networks: 'M8 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM3.5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM12.5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 5.3L4.5 10.7M9 5.3l2.5 5.4M5.5 12.5h5',
  switch: 'M2.5 5.5h10M10 3l2.5 2.5L10 8M13.5 10.5h-10M6 8l-2.5 2.5L6 13',
  history: 'M3 8a5 5 0 1 1 1.6 3.7M3 8L1.6 6.6M3 8l1.5-1.3M8 5.2V8l2 1.3',
  health: 'M1.5 8.5h3l1.8-5 3 9 1.8-4h3.4',
  audit: 'M3.5 2.5h9v11h-9zM5.5 8l1.6 1.6L10.5 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
