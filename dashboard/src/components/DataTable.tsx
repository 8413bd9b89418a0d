// A table that becomes a list of cards on a narrow screen. The roles are explicit
// because that layout removes the elements' implicit ones.

import type { ReactNode } from 'react';

export interface Column<Row> {
  key: string;
  label: string;
  render: (row: Row) => ReactNode;
  /** Numbers are aligned to the right. */
  isNumber?: boolean;
  /** The row's header; on a narrow screen, the card's title. */
  isHeader?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  isNew?: (row: Row) => boolean;
}

export function DataTable<Row>({ caption, columns, rows, rowKey, isNew }: Props<Row>) {
  return (
    <table className="table" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" className={column.isNumber ? 'is-number' : undefined}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row" className={isNew?.(row) ? 'is-new' : undefined}>
            {columns.map((column) => (
              <Cell key={column.key} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const className = [column.isNumber && 'is-number', column.isHeader && 'is-header'].filter(Boolean).join(' ') || undefined;
  return column.isHeader ? (
    <th role="rowheader" scope="row" className={className} data-label={column.label}>
      {column.render(row)}
    </th>
  ) : (
    <td role="cell" className={className} data-label={column.label}>
      {column.render(row)}
    </td>
  );
}
