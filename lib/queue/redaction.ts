/** Longer texts are looked for by their beginning: no pattern is made of a megabyte. */
const LONG = 200;

/**
 * A schema's message without the value that it complains about, which some libraries quote ("received ..."): a payload
 * must not get into logs that way. Types and limits stay.
 */
export function textWithout(message: string, value: unknown): string {
  const text = plainText(value);
  if (text === undefined || text === '') return message;
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
