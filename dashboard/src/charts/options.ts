// The options of uPlot for a chart.

import type uPlot from 'uplot';

import { type ChartData, lonelyPoints } from './data';
import { type Palette, SERIES_COLORS } from './palette';
import { timeLabels } from './timeAxis';

export type Shape = 'line' | 'bars';

/** Room for the longest label of a vertical axis, "1.23 GH/s". */
const AXIS_WIDTH = 68;
const TIME_AXIS_HEIGHT = 32;
const TIME_AXIS_GAP = 9;
const BAR_WIDTH = 0.7;
const BAR_MAX_PX = 40;

interface Drawing {
  data: ChartData;
  shape: Shape;
  palette: Palette;
  format: (value: number | null) => string;
  width: number;
  height: number;
  bars: uPlot.Series.PathBuilder | undefined;
  plugin: uPlot.Plugin;
}

export function chartOptions({ data, shape, palette, format, width, height, bars, plugin }: Drawing): uPlot.Options {
  const colorOf = (color: number) => palette.series[color % SERIES_COLORS] ?? palette.text;
  const axis = { stroke: palette.text, font: palette.font, ticks: { show: false } };

  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, size: TIME_AXIS_HEIGHT, gap: TIME_AXIS_GAP, space: 64, values: (_plot, splits) => timeLabels(splits) },
      {
        ...axis,
        size: AXIS_WIDTH,
        grid: { stroke: palette.grid, width: 1 },
        values: (_plot, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...data.series.map((one): uPlot.Series => {
        const color = colorOf(one.color);
        return {
          label: one.label,
          stroke: color,
          width: shape === 'bars' ? 0 : 1.6,
          // a line needs two points; a single one is drawn as a dot
          points: { show: shape === 'line', size: 4, fill: color, filter: (_plot, _series, isShown) => (isShown ? lonelyPoints(one.values) : null) },
          ...(one.isDashed && { dash: [4, 3] }),
          ...(shape === 'bars' && { fill: color }),
          ...(shape === 'line' && data.series.length === 1 && { fill: fade(color) }),
          ...(bars && { paths: bars }),
        };
      }),
    ],
    plugins: [plugin],
  };
}

export function barOptions(): uPlot.Series.BarsPathBuilderOpts {
  return { size: [BAR_WIDTH, BAR_MAX_PX] };
}

/** The color of the area under a single line. */
function fade(color: string): string {
  return color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');
}
