// uPlot within React, redrawn when the data, the theme or the width changes.

import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { useThemeVersion } from '../app/theme';
import type { ChartData } from './data';
import { barOptions, chartOptions, type Shape } from './options';
import { readPalette } from './palette';
import { tooltip } from './tooltip';

interface Props {
  data: ChartData;
  shape: Shape;
  height: number;
  format: (value: number | null) => string;
  formatTime: (at: number) => string;
}

export function Plot({ data, shape, height, format, formatTime }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const theme = useThemeVersion();

  useEffect(() => {
    if (place.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (place.current === null || width === 0) return;
    const options = chartOptions({
      data,
      shape,
      height,
      width,
      format,
      palette: readPalette(place.current),
      bars: shape === 'bars' ? uPlot.paths.bars?.(barOptions()) : undefined,
      plugin: tooltip(data, format, formatTime),
    });
    const plot = new uPlot(options, [data.times, ...data.series.map((one) => one.values)], place.current);
    return () => plot.destroy();
  }, [data, shape, height, width, theme, format, formatTime]);

  return <div ref={place} className="plot" style={{ height }} aria-hidden="true" />;
}
