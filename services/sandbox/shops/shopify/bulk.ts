/** Bulk operations: one at a time, worked after a while, their result a file of lines made as it is read. */
import { Readable } from 'node:stream';
import { Kind, parse, type FieldNode } from 'graphql';
import type { ShopProduct } from './generate.ts';
import { Connection, nodeSelection, select, type Node, type Selection } from './select.ts';

export interface BulkOperation {
  id: string;
  status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'EXPIRED';
  errorCode: string | null;
  createdAt: string;
  completedAt: string | null;
  objectCount: string;
  query: string;
  /** What the shop held when the operation began. */
  products: Iterable<ShopProduct>;
  /** Breaks off after so many products. */
  cut?: number;
}

/** The lines of the result: a product, then its children, each with the id of its parent. */
export function* eachLine(
  operation: BulkOperation,
  toNode: (product: ShopProduct) => Node,
): Generator<string> {
  const document = parse(operation.query);
  const [definition] = document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return;
  const top = definition.selectionSet.selections.find(
    (one): one is FieldNode => one.kind === Kind.FIELD && one.name.value === 'products',
  );
  const selections = top && nodeSelection(top);
  if (!selections) return;
  let count = 0;
  for (const product of operation.products) {
    if (operation.cut !== undefined && count++ >= operation.cut) return;
    const children: string[] = [];
    const node = toNode(product);
    const from: Selection = {
      document,
      variables: {},
      connection: (connection: Connection, field: FieldNode): undefined => {
        const inner = nodeSelection(field);
        if (!inner) return;
        for (const child of connection.all())
          children.push(JSON.stringify({ ...select(child, inner, from), __parentId: node['id'] }));
      },
    };
    yield `${JSON.stringify(select(node, selections, from))}\n`;
    for (const child of children) yield `${child}\n`;
  }
}

/** In pieces of some size, so that the wire is busy and not the loop. */
export function toStream(lines: Iterable<string>): Readable {
  function* pieces(): Generator<string> {
    let piece = '';
    for (const line of lines) {
      piece += line;
      if (piece.length < 64 * 1024) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  }
  return Readable.from(pieces());
}
