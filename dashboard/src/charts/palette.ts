// Colors of series, read from the style sheet, which defines them for both themes.

export const SERIES_COLORS = 8;

export interface Palette {
  series: string[];
  grid: string;
  text: string;
  font: string;
}

/** The current values for an element, because a canvas does not support custom properties. */
export function readPalette(element: HTMLElement): Palette {
  const probe = document.createElement('span');
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    series: Array.from({ length: SERIES_COLORS }, (_, i) => read(`series-${i}`)),
    grid: read('chart-grid'),
    text: read('text-muted'),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  probe.remove();
  return palette;
}

export function seriesColor(color: number): string {
  return `var(--series-${color % SERIES_COLORS})`;
}
