import type { ConfigurableModuleAsyncOptions, DynamicModule, Provider } from '@nestjs/common';
import { InvalidOptionError } from '../errors.js';
import { callable, checkOptions, quote, type Rule, type Rules } from '../options.js';

type AsyncOptions = ConfigurableModuleAsyncOptions<object>;

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

const list: Rule = (value) => (Array.isArray(value) ? undefined : 'a list');

const RULES: Rules<AsyncOptions> = {
  imports: list,
  inject: list,
  useFactory: callable,
  useClass: callable,
  useExisting: () => undefined,
  provideInjectionTokensFrom: list,
};

/**
 * Checks how a module's options are to be found; what they are is checked when the application starts.
 *
 * @param more rules of what stands beside.
 * @throws UnknownOptionError, InvalidOptionError
 */
export function checkAsyncOptions(
  owner: string,
  options: AsyncOptions,
  more: Record<string, Rule> = {},
): void {
  checkOptions<AsyncOptions>(owner, options, { ...RULES, ...more });
  const given = SOURCES.filter((source) => options[source] !== undefined);
  if (given.length > 1) {
    throw new InvalidOptionError(
      `${owner}: '${given.join("' and '")}' are both given, but the options come from one place: leave one out.`,
    );
  }
  if (given.length === 0) {
    throw new InvalidOptionError(
      `${owner}: one of 'useFactory', 'useClass' and 'useExisting' must say where the options come from, but there was only ${quote(options)}.`,
    );
  }
  for (const name of ['inject', 'provideInjectionTokensFrom'] as const) {
    if (options[name] === undefined || options.useFactory !== undefined) continue;
    throw new InvalidOptionError(
      `${owner}: '${name}' is for 'useFactory', but there is '${given[0]}': leave '${name}' out; the class injects for itself.`,
    );
  }
}

/** What Nest made of such options; a class without `create` is an error that says so. */
export function checkedFactory(owner: string, options: AsyncOptions, made: DynamicModule): Provider[] {
  const providers = made.providers ?? [];
  if (options.useFactory) return providers;
  return providers.map((each) => {
    if (!('useFactory' in each)) return each;
    return { ...each, useFactory: (found: unknown) => createWith(owner, found) };
  });
}

/** @throws InvalidOptionError */
async function createWith(owner: string, found: unknown): Promise<unknown> {
  const factory = found as { create?: () => unknown } | null | undefined;
  if (typeof factory?.create === 'function') return await factory.create();
  throw new InvalidOptionError(
    `${owner}: what 'useClass' or 'useExisting' names must have a method create() that answers the options, ` +
      `but was ${quote(found)}.`,
  );
}
