// Times for display. The server's times are ISO 8601 with an offset.

import { UNKNOWN } from './numbers';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The pool's clock may be this much ahead of the browser's, whose "now" is some seconds old. */
const CLOCK_SLACK_S = 30;

/** A duration in its largest units: "3 d 4 h", "12 min". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', 1, 's', whole < 10 * MINUTE);
  if (whole < DAY) return pair(whole, HOUR, 'h', MINUTE, 'min', true);
  if (whole < 365 * DAY) return pair(whole, DAY, 'd', HOUR, 'h', whole < 10 * DAY);
  return `${(whole / (365 * DAY)).toLocaleString('en-US', { maximumFractionDigits: 1 })} years`;
}

export function formatAgo(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (seconds < -CLOCK_SLACK_S) return `in ${formatDuration(-seconds)}`;
  if (seconds < 5) return 'just now';
  return `${formatLargest(seconds)} ago`;
}

/** A time to the minute, in the browser's time zone. */
export function formatDateTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

function formatLargest(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string, both: boolean): string {
  const count = Math.floor(seconds / large);
  const rest = Math.floor((seconds % large) / small);
  return both && rest > 0 ? `${count} ${largeName} ${rest} ${smallName}` : `${count} ${largeName}`;
}
