import { InvalidOptionError } from '../errors.js';
import { quote, type Rule } from '../options.js';
import { PayloadTooLargeError } from './errors.js';

/** What travels with a call besides its arguments: names and values, both text. */
export type MessageHeaders = Readonly<Record<string, string>>;

/** Shared by all calls that have none, so that they pay nothing. */
export const NO_HEADERS: MessageHeaders = Object.freeze({});

/** All headers of a call as JSON, in bytes: as many as Node takes in an HTTP request. Data belongs into the arguments. */
export const MAX_HEADERS_BYTES = 16_384;

/** Whether this can be headers. Also asked of what comes from elsewhere. */
export function isHeaders(value: unknown): value is MessageHeaders {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name of Object.keys(value)) {
    if (typeof (value as Record<string, unknown>)[name] !== 'string') return false;
  }
  return true;
}

/** The option `headers`. */
export const headersRule: Rule = (value) =>
  isHeaders(value) ? undefined : 'an object whose values are all strings';

/** Headers that somebody else's code answered. @param from whose they are, to begin the message. @throws InvalidOptionError */
export function checkedHeaders(from: string, value: unknown): MessageHeaders {
  if (isHeaders(value)) return value;
  const wrong = Object.entries(value ?? {}).find(([, each]) => typeof each !== 'string');
  // Only the name: a header's value may be a secret.
  const what =
    wrong && typeof value === 'object'
      ? `'${wrong[0]}' is of type ${typeof wrong[1]}`
      : `it was ${quote(value)}`;
  throw new InvalidOptionError(`${from} must be an object whose values are all strings, but ${what}.`);
}

/** The envelope's field, or nothing if there are none. @param owner whose call it is. @throws PayloadTooLargeError */
export function writeHeaders(owner: string, headers: MessageHeaders): string {
  const text = JSON.stringify(headers);
  if (text === '{}') return '';
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_HEADERS_BYTES) return `,"headers":${text}`;
  throw new PayloadTooLargeError(
    `The headers of ${owner} take ${bytes} bytes, but at most ${MAX_HEADERS_BYTES} are allowed: pass data as arguments.`,
  );
}
