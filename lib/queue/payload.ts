import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { encodeJsonArgs, jsonCodec, type Codec } from './codec.js';
import { PayloadTooLargeError, PayloadUnsupportedError } from './errors.js';
import { ENVELOPE_VERSION, type Envelope } from './envelope.js';
import { writeHeaders, type MessageHeaders } from './headers.js';
import type { TaskSettings } from './task-options.js';
import { isThenable } from './thenable.js';

// How values become text inside an envelope or a result, and back.

/** The fields of an encoded value: JSON as it is, other codecs as text, or as base64 of their bytes. */
interface Encoded {
  readonly codec?: string;
  readonly data?: string;
  readonly b64?: 1;
}

/** Writes envelopes of one task. What is the same in all of them is written once. */
export class EnvelopeWriter {
  private readonly head = `{"v":${ENVELOPE_VERSION},"id":"`;
  private readonly task: string;
  private readonly tail: string;
  private readonly encodeArgs: (args: readonly unknown[]) => unknown;

  /**
   * @param keepResult ms, if the result is to be kept.
   * @throws PayloadTooLargeError for headers
   */
  constructor(
    private readonly settings: TaskSettings,
    private readonly keepResult: number | undefined,
    headers?: MessageHeaders,
  ) {
    this.task = `","task":${JSON.stringify(settings.name)},`;
    const { codec } = settings;
    this.encodeArgs = codec === jsonCodec ? encodeJsonArgs : (args) => codec.encode(args);
    const result = keepResult === undefined ? '' : `,"result":${keepResult}`;
    this.tail = `${result}${headers === undefined ? '' : writeHeaders(placeOf(settings), headers)}}`;
  }

  /** One that writes these headers. @throws PayloadTooLargeError */
  withHeaders(headers: MessageHeaders): EnvelopeWriter {
    return new EnvelopeWriter(this.settings, this.keepResult, headers);
  }

  /** Refuses arguments that the task would not take; a promise only if its schema answers with one. @throws TaskSchemaError */
  check(args: readonly unknown[]): PromiseLike<unknown> | undefined {
    const { schema } = this.settings;
    if (schema === undefined) return undefined;
    const checked = schema.validate(trimTrailing(this.listOf(args)));
    return isThenable(checked) ? checked : undefined;
  }

  /**
   * The fields of the arguments, for `write`. User code runs in it (a codec, a getter), and may submit by itself: so the id
   * is made afterwards.
   * @throws PayloadUnsupportedError, PayloadTooLargeError
   */
  encode(args: readonly unknown[]): string {
    const list = trimTrailing(this.listOf(args));
    return encodeFields(this.settings, 'args', list, 'The arguments', this.encodeArgs);
  }

  /** The envelope. @param payload what `encode` answered. */
  write(id: string, payload: string): string {
    return this.head + id + this.task + payload + this.tail;
  }

  private listOf(args: readonly unknown[]): readonly unknown[] {
    if (Array.isArray(args)) return args;
    throw new InvalidOptionError(
      `submitMany() of task '${this.settings.name}': each call must be a list of arguments, but one was ${quote(args)}.`,
    );
  }
}

/** A result as it is stored: the value of a task that is done. @throws PayloadUnsupportedError, PayloadTooLargeError */
export function writeValue(settings: TaskSettings, value: unknown): string {
  if (value === undefined) return '{"status":"done"}';
  return `{"status":"done",${encodeFields(settings, 'value', value, 'The result', (each) => settings.codec.encode(each))}}`;
}

/** The arguments of an envelope whose codec is `codec`. Throws whatever the codec throws. */
export function readArgs(codec: Codec, envelope: Envelope): readonly unknown[] {
  const args = codec === jsonCodec ? envelope.args : decode(codec, envelope);
  if (!Array.isArray(args)) throw new TypeError('the arguments are no array');
  return args;
}

/** Undoes `writeValue`. */
export function readValue(codec: Codec, stored: Encoded & { readonly value?: unknown }): unknown {
  return stored.data === undefined ? stored.value : decode(codec, stored);
}

function encodeFields<T>(
  settings: TaskSettings,
  field: string,
  value: T,
  what: string,
  encodeOne: (value: T) => unknown,
): string {
  const { codec } = settings;
  const encoded = encode(settings, value, what, encodeOne);
  checkSize(settings, encoded, what);
  if (codec === jsonCodec) return `"${field}":${encoded as string}`;
  const name = JSON.stringify(codec.name);
  if (typeof encoded === 'string') return `"codec":${name},"data":${JSON.stringify(encoded)}`;
  return `"codec":${name},"b64":1,"data":"${Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength).toString('base64')}"`;
}

function encode<T>(
  settings: TaskSettings,
  value: T,
  what: string,
  encodeOne: (value: T) => unknown,
): string | Uint8Array {
  let encoded: unknown;
  try {
    encoded = encodeOne(value);
  } catch (error) {
    throw unsupported(settings, what, error instanceof Error ? error.message : String(error), error);
  }
  if (typeof encoded === 'string' || encoded instanceof Uint8Array) return encoded;
  throw unsupported(
    settings,
    what,
    `encode() of the codec '${settings.codec.name}' must return a string or bytes, but returned ${typeof encoded}.`,
  );
}

function unsupported(settings: TaskSettings, what: string, reason: string, cause?: unknown): Error {
  return new PayloadUnsupportedError(`${what} of ${placeOf(settings)} can't be sent: ${reason}`, { cause });
}

function placeOf({ name, queue }: TaskSettings): string {
  return `task '${name}' on queue '${queue}'`;
}

function decode(codec: Codec, stored: Encoded): unknown {
  if (typeof stored.data !== 'string') throw new TypeError('the encoded data is no string');
  return codec.decode(stored.b64 === 1 ? Buffer.from(stored.data, 'base64') : stored.data);
}

function checkSize(settings: TaskSettings, encoded: string | Uint8Array, what: string): void {
  const limit = settings.maxPayloadBytes;
  // A UTF-16 unit is at most three bytes of UTF-8: most payloads are far from the limit, and need no counting.
  if (encoded.length * 3 <= limit) return;
  const bytes = typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.byteLength;
  if (bytes <= limit) return;
  throw new PayloadTooLargeError(
    `${what} of ${placeOf(settings)} take ${bytes} bytes, but maxPayloadBytes is ${limit}: ` +
      'pass a reference to the data, or raise the option.',
  );
}

/** A call's trailing undefined arguments are the same as none. */
function trimTrailing(args: readonly unknown[]): readonly unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return length === args.length ? args : args.slice(0, length);
}
