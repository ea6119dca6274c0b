/** Tokens of what a connection has one of; not for users. Each core module has its own under these. */
export const OPTIONS = Symbol('NbAioPool options');
export const LOGGER = Symbol('NbAioPool logger');
/** Its name: a value, known before anything is made. */
export const NAME = Symbol('NbAioPool connection name');
export const CONNECTION = Symbol('NbAioPool connection');

/** The token under which the other modules of the application find a connection. */
export function connectionToken(name: string): string {
  return `NbAioPoolConnection:${name}`;
}
