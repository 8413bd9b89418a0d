// Labels of the time axis in local time: the date at midnight, otherwise the hour.

const DAY_S = 86_400;

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
const MONTH: Intl.DateTimeFormatOptions = { month: 'short', year: 'numeric' };
const HOUR: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

/** locale defaults to the browser's. */
export function timeLabels(times: readonly number[], locale?: string): string[] {
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return times.map((time) => {
    const date = new Date(time * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    const format = step >= 28 * DAY_S ? MONTH : step >= DAY_S || isMidnight ? DAY : HOUR;
    return date.toLocaleString(locale, format);
  });
}
