// Colors of series, read from the style sheet so that both themes have theirs.

export const SERIES_COLORS = 8;

export interface Palette {
  series: string[];
  grid: string;
  text: string;
  font: string;
}

/** As the element sees them now: a canvas does not understand custom properties. */
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
