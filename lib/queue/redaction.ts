/** Longer texts are looked for by their beginning: no pattern is made of a megabyte. */
const LONG = 200;
/** Within an object shorter ones are words of the message rather than secrets. */
const SHORT = 4;
/** How much of an object is looked through. */
const MOST = 10_000;

/**
 * A schema's message without the value that it complains about, which some libraries quote ("received ..."): a payload
 * must not get into logs that way. Types and limits stay.
 */
export function textWithout(message: string, value: unknown): string {
  // The longest first: one that is part of another would leave the rest of that.
  return textsIn(value, message)
    .toSorted((a, b) => b.length - a.length)
    .reduce(without, message);
}

/** The value, else what it holds, as it is and as JSON would write it; as far as the message has it. */
function textsIn(value: unknown, message: string): string[] {
  const lower = message.toLowerCase();
  const texts: string[] = [];
  const held = new Set([value]);
  for (const each of held) {
    if (typeof each === 'object' && each !== null) {
      addAll(held, each);
      continue;
    }
    const text = plainText(each);
    if (text === undefined || text === '' || (each !== value && text.length < SHORT)) continue;
    const forms = new Set([text, JSON.stringify(text).slice(1, -1)]);
    texts.push(...[...forms].filter((form) => lower.includes(form.slice(0, LONG).toLowerCase())));
  }
  return texts;
}

function addAll(held: Set<unknown>, object: object): void {
  const values: Iterable<unknown> =
    object instanceof Map || object instanceof Set ? object.values() : Object.values(object);
  for (const each of values) {
    if (held.size >= MOST) return;
    held.add(each);
  }
}

function without(message: string, text: string): string {
  if (text.length > LONG) {
    const at = message.indexOf(text.slice(0, LONG));
    return at < 0 ? message : `${message.slice(0, at)}…`;
  }
  // As a whole only, so that 3 is not cut out of 1003; in any case of letters, as a schema may have changed that first.
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])${escaped(text)}(?![\\p{L}\\p{N}])`, 'giu');
  return message.replace(whole, '…');
}

function plainText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim();
    case 'number':
    case 'bigint':
      return String(value);
    default:
      return undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
