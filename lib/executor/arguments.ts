import { refuseArguments } from './faults.js';

/** Nobody can change these, so they need no copy. (A symbol can't be copied at all.) */
export function arePrimitive(args: readonly unknown[]): boolean {
  return args.every(
    (value) =>
      value === null ||
      (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol'),
  );
}

/** The arguments as they are now. @throws ExecutorCloneError */
export function copyArguments(executor: string, fn: string, args: readonly unknown[]): readonly unknown[] {
  if (arePrimitive(args)) return args;
  try {
    return structuredClone(args);
  } catch (error) {
    return refuseArguments(executor, fn, args, error);
  }
}
