import { describe, expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { jsonCodec, v8Codec } from '../../lib/queue/codec.js';
import { PayloadTooLargeError, PayloadUnsupportedError } from '../../lib/queue/errors.js';
import { EnvelopeWriter, readArgs, readValue, writeValue } from '../../lib/queue/payload.js';
import { parseEnvelope, type Envelope } from '../../lib/queue/envelope.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import { resolveTask, type TaskOptions } from '../../lib/queue/task-options.js';

const settings = (options: Partial<TaskOptions> = {}) => resolveTask({ queue: 'q', ...options }, 'send');

/** The arguments after a journey. */
function roundTrip(args: unknown[], options: Partial<TaskOptions> = {}): readonly unknown[] {
  const task = settings(options);
  const id = newMessageId();
  const writer = new EnvelopeWriter(task, undefined);
  const envelope = parseEnvelope(id, writer.write(id, writer.encode(args))) as Envelope;
  return readArgs(task.codec, envelope);
}

class Money {
  constructor(readonly cents: number) {}
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;

describe('json', () => {
  test.each<[string, unknown, string]>([
    ['BigInt', 1n, 'a bigint at [0]'],
    ['a function', () => 1, 'a function at [0]'],
    ['a symbol', Symbol('s'), 'a symbol at [0]'],
    ['a cycle', cycle, 'a cycle at [0].self'],
    ['Date', { at: new Date() }, 'an instance of Date at [0].at'],
    ['Map', [new Map()], 'an instance of Map at [0][0]'],
    ['Set', new Set(), 'an instance of Set'],
    ['NaN', { a: [1, NaN] }, 'NaN at [0].a[1]'],
    ['Infinity', -Infinity, '-Infinity at [0]'],
    ['undefined inside an array', [1, undefined], 'undefined at [0][1]'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole', [1, , 2], 'undefined at [0][1]'],
    ['an array with properties', Object.assign([1], { extra: 2 }), 'an array with properties or a class'],
    ['a match', 'ab'.match(/b/), 'an array with properties or a class'],
    ['an array of a class', new (class Rows extends Array {})(), 'an array with properties or a class'],
    ['a Buffer', Buffer.from('x'), 'an instance of Buffer'],
    ['an instance of a class', new Money(1), 'an instance of Money'],
    ['a toJSON method', { toJSON: () => 1 }, 'at [0]'],
    ['a symbol as a key', { [Symbol('k')]: 1 }, 'a symbol as a key'],
  ])('refuses %s, naming the place', (_, value, place) => {
    expect(() => roundTrip([value])).toThrow(PayloadUnsupportedError);
    expect(() => roundTrip([value])).toThrow(place);
  });

  test('refuses undefined between arguments and trims it after them', () => {
    expect(() => roundTrip([1, undefined, 2])).toThrow(PayloadUnsupportedError);
    expect(roundTrip([1, undefined, undefined])).toEqual([1]);
    expect(roundTrip([undefined])).toEqual([]);
  });

  test('the message names the task and never quotes the value', () => {
    const secret = { password: 'canary', at: new Date() };
    const caught = catchError(() => roundTrip([secret]));
    expect(caught).toMatchObject({ code: 'NB_PAYLOAD_UNSUPPORTED', name: 'PayloadUnsupportedError' });
    expect(String(caught)).toContain("task 'send' on queue 'q'");
    expect(String(caught)).not.toContain('canary');
  });

  test('a property that is undefined counts as absent', () => {
    expect(roundTrip([{ a: 1, b: undefined }])).toEqual([{ a: 1 }]);
  });

  test('the same object twice is no cycle', () => {
    const shared = { a: 1 };
    expect(roundTrip([shared, [shared, shared]])).toEqual([shared, [shared, shared]]);
  });

  test('carries any JSON value as it is, __proto__ and odd characters included', () => {
    const value = fc.jsonValue({ maxDepth: 5 }).map((each) => JSON.parse(JSON.stringify(each)) as unknown);
    fc.assert(fc.property(fc.array(value), (args) => expect(roundTrip(args)).toEqual(args)));
    const odd = JSON.parse('{"__proto__": {"polluted": true}, "a\\u2028b\\u0000": "😀\\"}],{"}') as object;
    const [back] = roundTrip([odd]) as [Record<string, unknown>];
    expect(JSON.stringify(back)).toBe(JSON.stringify(odd));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('v8', () => {
  test('carries what JSON does not', () => {
    const args = [
      1n,
      new Date(5),
      new Map([[{ a: 1 }, new Set([NaN])]]),
      [undefined, 1],
      /x/g,
      new Uint8Array([1, 2]),
    ];
    expect(roundTrip(args, { codec: 'v8' })).toEqual(args);
    const [back] = roundTrip([cycle], { codec: 'v8' }) as [{ self: unknown }];
    expect(back.self).toBe(back);
  });

  test.each([
    ['a function', () => 1],
    ['a symbol', { a: Symbol('s') }],
    ['an instance of Money', new Map([[1, new Money(1)]])],
  ])('refuses %s', (kind, value) => {
    expect(() => roundTrip([value], { codec: 'v8' })).toThrow(PayloadUnsupportedError);
    expect(() => roundTrip([value], { codec: 'v8' })).toThrow(kind);
  });
});

describe('a codec of your own', () => {
  const text = {
    name: 'reversed',
    encode: reverse,
    decode: (data: string | Uint8Array) => unreverse(data as string),
  };
  const bytes = {
    name: 'bytes',
    encode: (value: unknown) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (data: string | Uint8Array) =>
      JSON.parse(new TextDecoder().decode(data as Uint8Array)) as unknown,
  };

  test.each([text, bytes])('$name travels inside the envelope', (codec) => {
    expect(roundTrip([{ a: 'x"y' }, 2], { codec })).toEqual([{ a: 'x"y' }, 2]);
    const task = settings({ codec });
    const stored = JSON.parse(writeValue(task, { b: 1 })) as { codec: string };
    expect(stored.codec).toBe(codec.name);
    expect(readValue(codec, stored)).toEqual({ b: 1 });
  });

  test('what it throws is the cause of a typed error', () => {
    const broken = {
      ...text,
      encode: () => {
        throw new RangeError('no');
      },
    };
    const caught = catchError(() => roundTrip([1], { codec: broken }));
    expect(caught).toBeInstanceOf(PayloadUnsupportedError);
    expect((caught as Error).cause).toBeInstanceOf(RangeError);
  });

  test('it must answer text or bytes', () => {
    const broken = { ...text, encode: () => 5 as unknown as string };
    expect(() => roundTrip([1], { codec: broken })).toThrow(
      'must return a string or bytes, but returned number',
    );
  });
});

describe('maxPayloadBytes', () => {
  test('counts bytes, not characters, and names size and limit', () => {
    const fits = 'é'.repeat(48);
    expect(roundTrip([fits], { maxPayloadBytes: 100 })).toEqual([fits]);
    const caught = catchError(() => roundTrip([`${fits}é`], { maxPayloadBytes: 100 }));
    expect(caught).toBeInstanceOf(PayloadTooLargeError);
    expect(String(caught)).toMatch(/take 102 bytes, but maxPayloadBytes is 100/);
  });

  test('is 1 MiB unless set, for results too', () => {
    const large = 'x'.repeat(1_048_576);
    expect(() => roundTrip([large])).toThrow(PayloadTooLargeError);
    expect(() => writeValue(settings(), large)).toThrow(PayloadTooLargeError);
    expect(roundTrip([large.slice(4)])).toHaveLength(1);
  });
});

test('codecs name themselves', () => {
  expect([jsonCodec.name, v8Codec.name]).toEqual(['json', 'v8']);
});

function reverse(value: unknown): string {
  return JSON.stringify(value).split('').toReversed().join('');
}

function unreverse(text: string): unknown {
  return JSON.parse(text.split('').toReversed().join(''));
}

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
