import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { setImmediate } from 'node:timers/promises';
import { didYouMean } from '../../options.js';
import { ConnectionUnknownError } from '../errors.js';
import type { Connection } from './connection.js';
import { connectionToken, NAME } from './tokens.js';

/** Every connection that a `forRoot` of this process named: metadata; an application has those that it imports. */
const names = new Set<string>();

export function recordConnection(name: string): void {
  names.add(name);
}

export function recordedConnections(): readonly string[] {
  return [...names];
}

/** The connections that the application of these modules imports, whether they are made yet or not. */
export function connectionsOf(modules: ModulesContainer): string[] {
  return [...modules.values()].flatMap((module) => {
    const name: unknown = module.providers.get(NAME)?.instance;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Optional: another application of this process may have it, and a better message comes from `demand`. */
export function injectConnection(name: string): NonNullable<FactoryProvider['inject']>[number] {
  return { token: connectionToken(name) as InjectionToken, optional: true };
}

/**
 * The connection that was injected, or the reason why it was not.
 * @param what starts the sentence: who names the connection. @throws ConnectionUnknownError
 */
export async function demand(
  connection: Connection | undefined,
  name: string,
  modules: ModulesContainer,
  what: string,
): Promise<Connection> {
  if (connection) return connection;
  const known = connectionsOf(modules);
  if (!known.includes(name)) throw unknownConnection(what, name, known);
  // Nest answers an optional dependency that failed as one that is absent. Its own error is the one to be seen.
  await setImmediate();
  throw new ConnectionUnknownError(`${what} connection '${name}', which could not be made: see its error.`);
}

export function unknownConnection(
  what: string,
  name: string,
  known: readonly string[],
): ConnectionUnknownError {
  const list = known.length === 0 ? 'There is none' : `The connections are '${known.join("', '")}'`;
  return new ConnectionUnknownError(
    `${what} connection '${name}', but no NbAioPoolModule.forRoot of this application has that name` +
      `${didYouMean(name, known)} ${list}.`,
  );
}
