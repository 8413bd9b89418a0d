import { useState } from 'react';

import { keep, recall } from '../app/storage';
import { Segmented } from '../components/Segmented';
import { DEFAULT_RANGE, isRange, type Range, RANGES } from '../format/ranges';

const OPTIONS = RANGES.map((range) => ({ value: range, label: range }));

export function RangePicker({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  return <Segmented label="Time range" options={OPTIONS} value={range} onChange={onChange} />;
}

/** The last selected range, remembered under a name. */
export function useRange(name = 'range', first: Range = DEFAULT_RANGE): [Range, (range: Range) => void] {
  const [range, setRange] = useState<Range>(() => {
    const remembered = recall(name);
    return isRange(remembered) ? remembered : first;
  });
  const choose = (chosen: Range) => {
    keep(name, chosen);
    setRange(chosen);
  };
  return [range, choose];
}
