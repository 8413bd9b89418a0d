// The values at the pointer, as a plugin of uPlot. Without a pointer, the chart's
// table shows the same values.

import type uPlot from 'uplot';

import type { ChartData } from './data';
import { seriesColor } from './palette';

const OFFSET_PX = 12;

export function tooltip(data: ChartData, format: (value: number | null) => string, formatTime: (at: number) => string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tooltip';
  box.hidden = true;

  const show = (plot: uPlot) => {
    const { idx, left } = plot.cursor;
    const time = idx == null ? undefined : data.times[idx];
    box.hidden = time === undefined || left === undefined || left < 0;
    if (box.hidden || idx == null || time === undefined || left === undefined) return;
    box.replaceChildren(heading(formatTime(time)), ...data.series.map((one) => row(one.color, one.label, format(one.values[idx] ?? null))));
    const isRight = left > plot.over.clientWidth / 2;
    box.style.left = isRight ? '' : `${left + OFFSET_PX}px`;
    box.style.right = isRight ? `${plot.over.clientWidth - left + OFFSET_PX}px` : '';
  };
  return {
    hooks: {
      init: (plot) => {
        plot.over.append(box);
        plot.over.addEventListener('mouseleave', () => (box.hidden = true));
      },
      setCursor: show,
    },
  };
}

function heading(text: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'chart-tooltip-time';
  element.textContent = text;
  return element;
}

function row(color: number, label: string, value: string): HTMLElement {
  const element = document.createElement('div');
  const dot = document.createElement('span');
  const name = document.createElement('span');
  const figure = document.createElement('b');

  dot.className = 'dot';
  dot.style.background = seriesColor(color);
  name.textContent = label;
  figure.textContent = value;
  element.append(dot, name, figure);
  return element;
}
