/** Answers GraphQL from plain values: what is asked for is picked from them, by the document's own tree. */
import {
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode, type ValueNode,
} from 'graphql'; // prettier-ignore

export type Args = Record<string, unknown>;
/** A field is a value, or a function of its arguments. */
export type Node = { [field: string]: unknown };

/** Children that are paged in a query, and lines of their own in a bulk operation. */
export class Connection {
  readonly all: () => Iterable<Node>;
  constructor(all: () => Iterable<Node>) {
    this.all = all;
  }
}

export interface Selection {
  document: DocumentNode;
  variables: Args;
  /** How connections are answered; in a bulk operation they leave the object. */
  connection: (connection: Connection, field: FieldNode, args: Args, into: Selection) => unknown;
}

export function select(node: Node, selections: SelectionSetNode, from: Selection): Node {
  const answer: Node = {};
  for (const field of eachField(node, selections, from)) {
    const name = field.alias?.value ?? field.name.value;
    const args = toArgs(field, from.variables);
    const held = node[field.name.value];
    const value: unknown = typeof held === 'function' ? (held as (args: Args) => unknown)(args) : held;
    const shown =
      value instanceof Connection ? from.connection(value, field, args, from) : toAnswer(value, field, from);
    if (!(value instanceof Connection && shown === undefined)) answer[name] = shown;
  }
  return answer;
}

function toAnswer(value: unknown, field: FieldNode, from: Selection): unknown {
  if (value === null || value === undefined) return null;
  if (!field.selectionSet) return value;
  const { selectionSet } = field;
  return Array.isArray(value)
    ? value.map((one: unknown) => (one === null ? null : select(one as Node, selectionSet, from)))
    : select(value as Node, selectionSet, from);
}

function* eachField(node: Node, selections: SelectionSetNode, from: Selection): Generator<FieldNode> {
  for (const one of selections.selections) {
    if (one.kind === Kind.FIELD) yield one;
    else {
      const fragment = one.kind === Kind.INLINE_FRAGMENT ? one : findFragment(from.document, one.name.value);
      const type = fragment?.typeCondition?.name.value;
      if (fragment && (type === undefined || type === node['__typename']))
        yield* eachField(node, fragment.selectionSet, from);
    }
  }
}

const findFragment = (document: DocumentNode, name: string): FragmentDefinitionNode | undefined =>
  document.definitions.find(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
  );

const toArgs = (field: FieldNode, variables: Args): Args =>
  Object.fromEntries(
    (field.arguments ?? []).map(({ name, value }) => [name.value, toValue(value, variables)]),
  );

function toValue(value: ValueNode, variables: Args): unknown {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value];
  if (value.kind === Kind.LIST) return value.values.map((one) => toValue(one, variables));
  if (value.kind === Kind.OBJECT)
    return Object.fromEntries(value.fields.map((one) => [one.name.value, toValue(one.value, variables)]));
  if (value.kind === Kind.NULL) return null;
  return value.kind === Kind.INT || value.kind === Kind.FLOAT ? Number(value.value) : value.value;
}

/** `{ edges { node {…} } pageInfo {…} }` of a page of the children. The cursor is the place. */
export function toPage(connection: Connection, field: FieldNode, args: Args, from: Selection): unknown {
  const after = Number(args['after'] ?? 0);
  const first = Number(args['first'] ?? 50);
  const page: Node[] = [];
  let at = 0;
  let more = false;
  for (const node of connection.all()) {
    if (at >= after && page.length < first) page.push(node);
    else if (at >= after) {
      more = true;
      break;
    }
    at += 1;
  }
  const shell: Node = {
    edges: page.map((node) => ({ node })),
    nodes: page,
    pageInfo: { hasNextPage: more, endCursor: String(after + page.length) },
  };
  return field.selectionSet ? select(shell, field.selectionSet, from) : null;
}

/** The selection of `edges { node { … } }` (or `nodes { … }`) of a connection. */
export function nodeSelection(field: FieldNode): SelectionSetNode | undefined {
  const find = (set: SelectionSetNode | undefined, name: string): FieldNode | undefined =>
    set?.selections.find((one): one is FieldNode => one.kind === Kind.FIELD && one.name.value === name);
  return (find(find(field.selectionSet, 'edges')?.selectionSet, 'node') ?? find(field.selectionSet, 'nodes'))
    ?.selectionSet;
}
