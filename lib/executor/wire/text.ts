import { inspect } from 'node:util';

/** The user's getters, proxies and `toString` may throw; the error that they belong to must get through. */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

export const UNREADABLE = 'a value that cannot be shown';

export function textOf(value: unknown): string {
  return attempt(() => inspect(value, { depth: 1 })) ?? UNREADABLE;
}

/** Anything can be thrown, also what cannot be turned into a string. */
export function messageOf(thrown: unknown): string {
  return (
    attempt(() => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown))) ??
    textOf(thrown)
  );
}
