import { types } from 'node:util';
import { PayloadUnsupportedError } from './errors.js';

/**
 * Refuses what JSON would alter silently or throw on.
 * @throws PayloadUnsupportedError naming the place and the kind, never the value.
 */
export function checkJson(value: unknown): void {
  // Finding the place costs more than the encoding: only when there is something to find.
  if (!isFaithful(value, 0)) visitJson(value, '', undefined);
}

/** As `checkJson`, for a list of arguments: what else the list carries is no argument, and need not be looked for. */
export function checkJsonArgs(args: readonly unknown[]): void {
  for (let i = 0; i < args.length; i++) if (!isFaithful(args[i], 1)) return visitJson(args, '', undefined);
  if ('toJSON' in args) visitJson(args, '', undefined);
}

const DEEP = 50;

/** Whether JSON surely carries it. False also for what is too deep to tell quickly, as a cycle is. */
function isFaithful(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < DEEP && isFaithfulObject(value, depth + 1));
    default:
      return false;
  }
}

function isFaithfulObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isFaithful(value[i], depth)) return false;
    return isPlainArray(value);
  }
  if (!isPlain(value) || 'toJSON' in value) return false;
  // The one loop over keys that makes no list of them. What it finds on the prototype, too, is looked at in vain.
  for (const name in value) {
    const each = (value as Record<string, unknown>)[name];
    if (each !== undefined && !isFaithful(each, depth)) return false;
  }
  return Object.getOwnPropertySymbols(value).length === 0;
}

/** Refuses what structured clone would alter silently (classes) or throw on (functions, symbols). @throws PayloadUnsupportedError */
export function checkCloneable(value: unknown): void {
  visitCloneable(value, '', new Set());
}

/** The way back up, to find cycles without a set. */
interface Ancestor {
  readonly value: object;
  readonly up: Ancestor | undefined;
}

function visitJson(value: unknown, place: string, up: Ancestor | undefined): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) refuse(place, String(value), 'json');
      return;
    case 'object':
      if (value !== null) visitJsonObject(value, place, up);
      return;
    default:
      refuse(place, kindOf(value), 'json');
  }
}

function visitJsonObject(value: object, place: string, up: Ancestor | undefined): void {
  for (let each = up; each; each = each.up) if (each.value === value) refuse(place, 'a cycle', 'json');
  const here = { value, up };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) visitJson(value[i], `${place}[${i}]`, here);
    if (!isPlainArray(value)) refuse(place, 'an array with properties or a class of its own', 'json');
    return;
  }
  if (!isPlain(value) || 'toJSON' in value) refuse(place, kindOf(value), 'json');
  for (const name of Object.keys(value)) {
    const each = (value as Record<string, unknown>)[name];
    if (each !== undefined) visitJson(each, `${place}.${name}`, here);
  }
  refuseSymbols(value, place, 'json');
}

function visitCloneable(value: unknown, place: string, seen: Set<object>): void {
  if (typeof value === 'function' || typeof value === 'symbol') refuse(place, kindOf(value), 'v8');
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const visit = (each: unknown, at: string): void => visitCloneable(each, place + at, seen);
  if (Array.isArray(value)) value.forEach((each, i) => visit(each, `[${i}]`));
  else if (types.isMap(value)) {
    for (const [key, each] of value) {
      visit(key, '.key');
      visit(each, '.value');
    }
  } else if (types.isSet(value)) {
    for (const each of value) visit(each, '.member');
  } else if (isPlain(value)) {
    for (const [name, each] of Object.entries(value)) visit(each, `.${name}`);
    refuseSymbols(value, place, 'v8');
  } else if (!isCloneable(value)) {
    refuse(place, kindOf(value), 'v8');
  }
}

/** By what it is, not by its class: it may come from another realm (vm, jest). */
function isCloneable(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  );
}

/** Nothing but its elements, of which none is missing. */
function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of this realm or another one: only the real prototype of arrays is itself an array.
  return Array.isArray(prototype) && Object.keys(value).length === value.length && !('toJSON' in value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // Also plain: an object of another realm (vm, jest).
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

function refuseSymbols(value: object, place: string, codec: string): void {
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(place, 'a symbol as a key', codec);
}

function kindOf(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `an instance of ${value.constructor?.name ?? 'a class'}`;
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

function refuse(place: string, kind: string, codec: string): never {
  const advice =
    codec === 'json'
      ? "pass plain data (an instance can be spread: { ...value }), or use codec: 'v8' or one of your own"
      : 'pass plain data, or use a codec of your own';
  throw new PayloadUnsupportedError(
    `The codec '${codec}' can't carry ${kind}${place === '' ? '' : ` at ${place}`} faithfully: ${advice}.`,
  );
}
