/** Google's own description of its messages (beside the repository, not in it), and a check of JSON against it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface FieldLine {
  jsonName: string;
  type: string;
  repeated: boolean;
  behavior: string[];
}
interface Schema {
  messages: Record<string, FieldLine[]>;
  enums: Record<string, string[] | Record<string, unknown>>;
}

const file = join(import.meta.dirname, '../../../shared/specs/official/google-merchant-fields.json');
export const hasGoogleSchema = existsSync(file);

/** JSON forms of the types that are not messages: https://protobuf.dev/programming-guides/json/ */
const plain: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int32: (value) => Number.isInteger(value),
  int64: (value) => /^-?\d+$/.test(String(value)) && typeof value !== 'object',
  double: (value) => typeof value === 'number',
  float: (value) => typeof value === 'number',
  'google.protobuf.Timestamp': (value) =>
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value),
  'google.type.Interval': (value) =>
    Object.entries(value as object).every(
      ([name, time]) => /^(startTime|endTime)$/.test(name) && plain['google.protobuf.Timestamp']?.(time),
    ),
  'google.type.TimeOfDay': (value) =>
    Object.entries(value as object).every(
      ([name, part]) => /^(hours|minutes|seconds|nanos)$/.test(name) && Number.isInteger(part),
    ),
};

/** One sentence for each way in which `value` is no such message. */
export function findFaults(value: unknown, message: string): string[] {
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema;
  const faults: string[] = [];

  function resolve(type: string, within: string): string | undefined {
    const scopes = within.split('.');
    for (let length = scopes.length; length >= 0; length--) {
      const name = [...scopes.slice(0, length), type].join('.');
      if (schema.messages[name] || schema.enums[name]) return name;
    }
    return undefined;
  }

  function check(one: unknown, type: string, within: string, path: string): void {
    const isPlain = plain[type];
    if (isPlain) {
      if (!isPlain(one)) faults.push(`${path}: ${JSON.stringify(one)} is no ${type}`);
      return;
    }
    const name = resolve(type, within);
    if (name === undefined) return void faults.push(`${path}: unknown type ${type}`);
    const words = schema.enums[name];
    if (words) {
      const allowed = Array.isArray(words) ? words : Object.keys(words);
      if (!allowed.includes(String(one))) faults.push(`${path}: ${String(one)} is not of ${name}`);
      return;
    }
    if (typeof one !== 'object' || one === null) return void faults.push(`${path}: is no object`);
    const fields = schema.messages[name] ?? [];
    for (const [key, inner] of Object.entries(one)) {
      const field = fields.find(({ jsonName }) => jsonName === key);
      if (!field) faults.push(`${path}.${key}: there is no such field`);
      else if (field.behavior.includes('OUTPUT_ONLY')) faults.push(`${path}.${key}: only Google sets it`);
      else if (field.repeated !== Array.isArray(inner)) faults.push(`${path}.${key}: list or not`);
      else for (const entry of field.repeated ? (inner as unknown[]) : [inner]) check(entry, field.type, name, `${path}.${key}`); // prettier-ignore
    }
    for (const { jsonName, behavior } of fields)
      if (behavior.includes('REQUIRED') && !behavior.includes('IDENTIFIER') && !(jsonName in one))
        faults.push(`${path}.${jsonName}: is required`);
  }

  check(value, message, '', message.split('.').at(-1) ?? '');
  return faults;
}
