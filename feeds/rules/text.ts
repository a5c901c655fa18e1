/** Rules about what a text says: there at all, of the right words, form and style. */
import type { Rule } from '../channel.ts';
import { nameOf, snake, textOf, toIssue, type About, type TextField } from '../spec.ts';

/** The field holds something. */
export function required(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text !== undefined && text.trim() !== '') return undefined;
    return toIssue(field, 'missing', `The ${nameOf(field)} is missing.`, about, {
      hint: `Fill the ${nameOf(field)} in the shop, or set it here.`,
    });
  };
}

/** The field, where filled, is one of these words. */
export function oneOf(field: TextField, allowed: readonly string[], about: About): Rule {
  const read = textOf(field);
  const words = new Set(allowed);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || words.has(text)) return undefined;
    return toIssue(field, 'not_allowed', `The ${nameOf(field)} is not a word the channel knows.`, about, {
      hint: `Use one of: ${allowed.join(', ')}.`,
      value: text,
    });
  };
}

/** The field, where filled, has this form; `form` says it in words: "8, 12, 13 or 14 digits". */
export function matches(field: TextField, pattern: RegExp, form: string, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || pattern.test(text)) return undefined;
    return toIssue(field, 'malformed', `The ${nameOf(field)} must be ${form}.`, about, {
      hint: `Write it as ${form}.`,
      value: text,
    });
  };
}

/** The field, where filled, is no such thing; `thing` says it in words: "a hex code". */
export function notMatching(field: TextField, pattern: RegExp, thing: string, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !pattern.test(text)) return undefined;
    return toIssue(field, 'not_allowed', `The ${nameOf(field)} must not be ${thing}.`, about, {
      hint: `Change the ${nameOf(field)}.`,
      value: text,
    });
  };
}

/** The text holds no HTML. Default severity: warning. */
export function plainText(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !text.includes('<') || !/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/i.test(text))
      return undefined;
    return toIssue(field, 'has_html', `The ${nameOf(field)} holds HTML; it must be plain text.`, about, {
      hint: `Remove the tags from the ${nameOf(field)}.`,
      severity: 'warning',
      value: text,
    });
  };
}

/** The text holds no web address. Default severity: warning. */
export function noLinks(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined) return undefined;
    const found = /\b(?:https?:\/\/|www\.)\S+/i.exec(text);
    if (!found) return undefined;
    return toIssue(field, 'has_link', `The ${nameOf(field)} holds a web address.`, about, {
      hint: `Remove the address from the ${nameOf(field)}.`,
      severity: 'warning',
      value: found[0],
    });
  };
}

/** The text is not all in capitals; short words and scripts without capitals are let through. Default: warning. */
export function notAllCaps(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || /\p{Ll}/u.test(text) || !/\p{Lu}{2}.*\p{Lu}{4}/su.test(text)) return undefined;
    return toIssue(field, 'all_capitals', `The ${nameOf(field)} is all in capital letters.`, about, {
      hint: `Write the ${nameOf(field)} with capitals only where the language asks for them.`,
      severity: 'warning',
      value: text,
    });
  };
}

/** Two fields, both filled, say different things. */
export function notEqual(field: TextField, other: TextField, about: About): Rule {
  const [read, readOther] = [textOf(field), textOf(other)];
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || text !== readOther(item)) return undefined;
    const message = `The ${nameOf(field)} is the same as the ${nameOf(other)}.`;
    return toIssue(field, `same_as_${snake(other)}`, message, about, {
      hint: `Write a ${nameOf(field)} of its own.`,
      value: text,
    });
  };
}
