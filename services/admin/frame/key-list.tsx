import { Group, Kbd, Modal, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { t, type MessageKey } from '../messages/text.ts';
import { menu } from './menu.ts';

const others: readonly (readonly [string[], MessageKey])[] = [
  [['/'], 'search.open'],
  [['Ctrl', 'K'], 'search.open'],
  [['j', 'k'], 'issues.key-move'],
  [['Enter'], 'issues.key-open'],
  [['x'], 'issues.key-select'],
  [['e'], 'issues.key-edit'],
  [['a'], 'issues.key-accept'],
  [['A'], 'issues.key-all'],
  [['w'], 'issues.key-why'],
  [['u'], 'issues.key-undo'],
  [['Esc'], 'issues.key-close'],
  [['?'], 'frame.keys'],
];

/** Every key of the page, on `?`. */
export function KeyList(props: { opened: boolean; onClose: () => void }): ReactNode {
  const lines = [...menu.flatMap(({ key, title }) => (key ? [[['g', key], title] as const] : [])), ...others];
  return (
    <Modal {...props} title={t('frame.keys')} closeButtonProps={{ 'aria-label': t('frame.close') }}>
      <Table>
        <Table.Tbody>
          {lines.map(([keys, title]) => (
            <Table.Tr key={keys.join(' ')}>
              <Table.Td>
                <Group gap={4}>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>{t(title)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
