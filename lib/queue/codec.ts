import { deserialize, serialize } from 'node:v8';
import { checkCloneable, checkJson, checkJsonArgs } from './faithful.js';

/** Turns arguments and results into text or bytes and back. What it can't carry faithfully it must refuse. */
export interface Codec {
  /** Travels with each message; a consumer refuses messages of another codec. */
  readonly name: string;
  /** @throws PayloadUnsupportedError */
  encode(value: unknown): string | Uint8Array;
  decode(data: string | Uint8Array): unknown;
}

/**
 * JSON, the default: readable, and any language can submit. Carries null, booleans, finite numbers, strings, arrays
 * and plain objects; a property that is undefined counts as absent, and -0 becomes 0. Refuses the rest.
 */
export const jsonCodec: Codec = {
  name: 'json',
  encode(value) {
    checkJson(value);
    return JSON.stringify(value);
  },
  decode: (data) => JSON.parse(data as string) as unknown,
};

/** As `jsonCodec.encode`, for a list of arguments: it is looked at less closely than an array in one of them. */
export function encodeJsonArgs(args: readonly unknown[]): string {
  checkJsonArgs(args);
  return JSON.stringify(args);
}

/** V8's structured clone: also Date, Map, Set, BigInt, RegExp, typed arrays, undefined, NaN and cycles. Node only. */
export const v8Codec: Codec = {
  name: 'v8',
  encode(value) {
    checkCloneable(value);
    return serialize(value);
  },
  decode: (data) => deserialize(data as Uint8Array) as unknown,
};
