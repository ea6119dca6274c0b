import { didYouMean } from '../options.js';
import { ExecutorCloneError, ExecutorFunctionError, ExecutorModuleError } from './errors.js';
import type { Fault } from './wire/messages.js';
import { reviveThrown } from './wire/revive.js';
import { messageOf } from './wire/text.js';

/** Where a fault happened, for its message. */
export interface Place {
  readonly executor: string;
  readonly module: string;
  readonly fn: string;
}

/** The error that the future of a call gets; of a call that threw, what it threw. */
export function faultError(fault: Fault, { executor, module, fn }: Place): unknown {
  switch (fault.kind) {
    case 'thrown': {
      if (!('text' in fault.thrown.root)) return reviveThrown(fault.thrown);
      return new ExecutorCloneError(
        `${executor}: '${fn}' threw what can't be cloned: ${fault.thrown.root.text}. Throw an Error.`,
      );
    }
    case 'module': {
      const cause = reviveThrown(fault.thrown);
      return new ExecutorModuleError(
        `${executor}: the module ${module} could not be loaded: ${withoutImporter(messageOf(cause))}`,
        { cause },
      );
    }
    case 'function':
      return new ExecutorFunctionError(
        `${executor}: the module ${module} ${foundInstead(fault.found, fn)}${didYouMean(fn, fault.known)}`,
      );
    case 'clone': {
      const cause = reviveThrown(fault.thrown);
      return new ExecutorCloneError(
        `${executor}: '${fn}' ended, but ${fault.what} can't be cloned (${messageOf(cause)}); ` +
          `only what structuredClone copies travels between threads.`,
        { cause },
      );
    }
  }
}

function foundInstead(found: string | undefined, fn: string): string {
  return found === undefined ? `has no export '${fn}'` : `exports '${fn}' as ${found}, not as a function`;
}

/** Of a missing module Node also says who imports it: a file of this package, which nobody should look into. */
function withoutImporter(message: string): string {
  return message.replace(/ imported from .*task-thread\.js$/, '');
}

/** @throws ExecutorCloneError which names the argument at fault, counted from 1. */
export function refuseArguments(
  executor: string,
  fn: string,
  args: readonly unknown[],
  cause: unknown,
): never {
  const index = args.findIndex((arg) => !isCloneable(arg));
  const which = index < 0 ? 'an argument' : `argument ${index + 1}`;
  throw new ExecutorCloneError(
    `${executor}: ${which} of '${fn}' can't be cloned (${messageOf(cause)}); only what structuredClone copies ` +
      `travels between threads.`,
    { cause },
  );
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
