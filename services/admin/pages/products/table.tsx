/** The list of items: only the rows in view are drawn, the next page is fetched before its end is reached. */
import { Checkbox, Table } from '@mantine/core';
import { flexRender, useTable, type RowSelectionState } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { t } from '../../messages/text.ts';
import type { Card } from './cards-query.ts';
import {
  ChannelsCell, columnNames, columns, features, ItemCell, PriceText, ProblemsCell, widths, type ColumnName,
} from './columns.tsx'; // prettier-ignore

interface TableProps {
  cards: Card[];
  shown: readonly ColumnName[];
  isPhone: boolean;
  mayEdit: boolean;
  selection: RowSelectionState;
  onSelection: (selection: RowSelectionState) => void;
  onEnd: () => void;
}

const [rowHeight, phoneRowHeight] = [61, 132];

export function ItemTable(props: TableProps): ReactNode {
  const { cards, shown, isPhone, mayEdit, selection, onSelection, onEnd } = props;
  const top = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset(top.current?.offsetTop ?? 0), [isPhone]);
  const table = useTable({
    features,
    data: cards,
    columns,
    getRowId: ({ offerId }) => offerId,
    state: {
      rowSelection: selection,
      columnVisibility: Object.fromEntries(columnNames.map((name) => [name, shown.includes(name)])),
    },
    onRowSelectionChange: (change) => onSelection(typeof change === 'function' ? change(selection) : change),
  });
  const { rows } = table.getRowModel();
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isPhone ? phoneRowHeight : rowHeight),
    overscan: 12,
    scrollMargin: offset,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 30) onEnd();
  }, [last, rows.length, onEnd]);
  const [above, below] = [
    Math.max(0, (drawn[0]?.start ?? offset) - offset),
    Math.max(0, virtual.getTotalSize() - ((drawn.at(-1)?.end ?? offset) - offset)),
  ];
  const select = (offerId: string): ReactNode =>
    mayEdit && (
      <Checkbox
        aria-label={t('products.select', { name: offerId })}
        checked={selection[offerId] === true}
        onChange={({ currentTarget: { checked } }) => onSelection(withChoice(selection, offerId, checked))}
      />
    );
  if (isPhone)
    return (
      <div ref={top} role="list" style={{ paddingTop: above, paddingBottom: below }}>
        {drawn.map(({ index }) => {
          const card = rows[index]?.original;
          return (
            card && (
              <div
                key={card.offerId}
                role="listitem"
                className="phone-row"
                data-index={index}
                ref={virtual.measureElement}
              >
                {select(card.offerId)}
                <div style={{ minWidth: 0, flex: 1 }}>
                  <ItemCell card={card} />
                  <div className="phone-facts">
                    <PriceText card={card} />
                    <ProblemsCell card={card} />
                    <ChannelsCell card={card} />
                  </div>
                </div>
              </div>
            )
          );
        })}
      </div>
    );
  return (
    <div ref={top} className="card table-card">
      <Table layout="fixed" highlightOnHover stickyHeader stickyHeaderOffset={52}>
        <Table.Thead>
          <Table.Tr>
            {mayEdit && (
              <Table.Th w={44}>
                <Checkbox
                  aria-label={t('issues.select-all')}
                  checked={table.getIsAllRowsSelected()}
                  indeterminate={table.getIsSomeRowsSelected()}
                  onChange={table.getToggleAllRowsSelectedHandler()}
                />
              </Table.Th>
            )}
            {table.getFlatHeaders().map((header) => (
              <Table.Th key={header.id} {...(header.id === 'item' ? {} : { w: widths[header.id] })}>
                {flexRender(header.column.columnDef.header, header.getContext())}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {above > 0 && <Spacer height={above} />}
          {drawn.map(({ index }) => {
            const row = rows[index];
            return (
              row && (
                <Table.Tr
                  key={row.id}
                  h={rowHeight}
                  aria-rowindex={index + 2}
                  data-selected={row.getIsSelected() || undefined}
                >
                  {mayEdit && <Table.Td>{select(row.id)}</Table.Td>}
                  {row.getVisibleCells().map((cell) => (
                    <Table.Td key={cell.id}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </Table.Td>
                  ))}
                </Table.Tr>
              )
            );
          })}
          {below > 0 && <Spacer height={below} />}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const Spacer = ({ height }: { height: number }): ReactNode => (
  <Table.Tr aria-hidden style={{ height }}>
    <Table.Td style={{ padding: 0, border: 0 }} />
  </Table.Tr>
);

function withChoice(selection: RowSelectionState, offerId: string, isChosen: boolean): RowSelectionState {
  const { [offerId]: _, ...others } = selection;
  return isChosen ? { ...others, [offerId]: true } : others;
}
