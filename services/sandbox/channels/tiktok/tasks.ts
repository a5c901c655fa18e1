/** TikTok's tasks in the sandbox: what came of an upload, a deletion or a file, as its log tells it. */
import type { Fault, Verdict } from './items.ts';

export interface Task {
  id: string;
  feedId: string;
  mode: 'INCREASE' | 'REPLACE';
  status: 'WAITING' | 'PROCESSING' | 'SUCCESS' | 'FAILED';
  added: number;
  updated: number;
  deleted: number;
  started: Date;
  ended?: Date;
  /** In the order of the items; the index counts the header, so the first item has 2. */
  items: { index: number; skuId: string; title: string; verdict: Verdict }[];
}

/** "The list shows only the first five items." */
const named = 5;

const stamp = (date: Date | undefined): string | null =>
  date ? date.toISOString().slice(0, 19).replace('T', ' ') : null;

export const tellTask = (task: Task, catalogId: string, tableAddress: string): object => ({
  product_feed_log: {
    catalog_id: catalogId,
    feed_id: task.feedId,
    add_count: task.added,
    update_count: task.updated,
    delete_count: task.deleted,
    error_count: task.items.filter(({ verdict }) => verdict.errors.length > 0).length,
    warn_count: task.items.filter(({ verdict }) => verdict.warnings.length > 0).length,
    process_status: task.status,
    update_mode: task.mode,
    start_time: stamp(task.started),
    end_time: stamp(task.ended),
    feed_log_data: {
      download_path: { en: tableAddress },
      error_affected_products: tellGroups(task, 'errors'),
      warn_affected_products: tellGroups(task, 'warnings'),
    },
  },
});

function tellGroups(task: Task, kind: keyof Verdict): object[] | null {
  const groups = new Map<string, { fault: Fault; items: object[]; count: number }>();
  for (const { index, skuId, title, verdict } of task.items)
    for (const fault of verdict[kind]) {
      const key = `${fault.field} ${fault.issue}`;
      const group = groups.get(key) ?? { fault, items: [], count: 0 };
      group.count += 1;
      if (group.items.length < named) group.items.push({ index, sku_id: skuId, title, value: fault.value });
      groups.set(key, group);
    }
  if (groups.size === 0) return null;
  return [...groups.values()].map(({ fault: { field, issue, suggestion }, items, count }) => ({
    field, issue, suggestion, affected_product_count: count, affected_product_item_list: items,
  })); // prettier-ignore
}

/** All of them; the form of this file is not published. */
export function toTable(task: Task): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const lines = task.items.flatMap(({ skuId, verdict }) =>
    (['errors', 'warnings'] as const).flatMap((kind) =>
      verdict[kind].map(({ field, issue, suggestion }) =>
        [kind === 'errors' ? 'Error' : 'Warning', skuId, field, issue, suggestion].map(cell).join(','),
      ),
    ),
  );
  return ['level,sku_id,field,issue,suggestion', ...lines].join('\n');
}
