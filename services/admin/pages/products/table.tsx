/** The list of items: only the rows in view are drawn, the next page is fetched before its end is reached. */
import { Checkbox, Table } from '@mantine/core';
import { flexRender, useTable, type Row as TableRow, type RowSelectionState } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
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
    overscan: 6,
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
  const now = useRef({ selection, onSelection });
  useLayoutEffect(() => void (now.current = { selection, onSelection }));
  const choose = useCallback((offerId: string, isChosen: boolean): void => {
    now.current.onSelection(withChoice(now.current.selection, offerId, isChosen));
  }, []);
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
                {mayEdit && (
                  <Choice id={card.offerId} isChosen={selection[card.offerId] === true} onChoose={choose} />
                )}
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
                <Row
                  key={row.id}
                  row={row}
                  index={index}
                  isChosen={selection[row.id] === true}
                  onChoose={mayEdit ? choose : undefined}
                  shown={shown.join()}
                />
              )
            );
          })}
          {below > 0 && <Spacer height={below} />}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface ChoiceProps {
  id: string;
  isChosen: boolean;
  onChoose: (offerId: string, isChosen: boolean) => void;
}
const Choice = ({ id, isChosen, onChoose }: ChoiceProps): ReactNode => (
  <Checkbox
    aria-label={t('products.select', { name: id })}
    checked={isChosen}
    onChange={({ currentTarget: { checked } }) => onChoose(id, checked)}
  />
);

interface RowProps {
  row: TableRow<typeof features, Card>;
  index: number;
  isChosen: boolean;
  onChoose: ChoiceProps['onChoose'] | undefined;
  /** The columns drawn: the row object itself stays the same when they change. */
  shown: string;
}
/** Drawn anew only when something of it changes: the table around it is drawn several times until it has found its place. */
const Row = memo(function Row({ row, index, isChosen, onChoose }: RowProps): ReactNode {
  return (
    <Table.Tr h={rowHeight} aria-rowindex={index + 2} data-selected={isChosen || undefined}>
      {onChoose && (
        <Table.Td>
          <Choice id={row.id} isChosen={isChosen} onChoose={onChoose} />
        </Table.Td>
      )}
      {row.getVisibleCells().map((cell) => (
        <Table.Td key={cell.id}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</Table.Td>
      ))}
    </Table.Tr>
  );
});

const Spacer = ({ height }: { height: number }): ReactNode => (
  <Table.Tr aria-hidden style={{ height }}>
    <Table.Td style={{ padding: 0, border: 0 }} />
  </Table.Tr>
);

function withChoice(selection: RowSelectionState, offerId: string, isChosen: boolean): RowSelectionState {
  const { [offerId]: _, ...others } = selection;
  return isChosen ? { ...others, [offerId]: true } : others;
}
