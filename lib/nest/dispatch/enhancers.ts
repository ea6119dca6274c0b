import type { ApplicationConfig, ContextId } from '@nestjs/core';
import 'reflect-metadata';
import { TaskEnhancerError } from '../errors.js';
import { configOf, isScoped, moduleRefOf, type HostModule, type Wrapper } from './container.js';
import { byKind, ENHANCER_KINDS, SOURCES, type EnhancerKind, type Kinds } from './enhancer-kinds.js';
import { handlerOf, type TaskSite } from './task-site.js';

/** An enhancer that can be called, and what it is called in messages. */
export interface Enhancer<T> {
  readonly name: string;
  readonly instance: T;
}

/** Those of one task, the global ones first, then the class's, then the method's. */
export type Enhancers = { readonly [K in EnhancerKind as `${K}s`]: readonly Enhancer<Kinds[K]>[] };

/** One that is bound to a task; scoped ones are made for each delivery. */
interface Bound {
  readonly name: string;
  readonly isScoped: boolean;
  readonly get: (contextId?: ContextId) => unknown;
}

/** What is bound to one task. */
export type BoundEnhancers = Readonly<Record<EnhancerKind, readonly Bound[]>>;

/**
 * What is bound to a task now.
 * @throws TaskEnhancerError for one that Nest has made no instance of: it must not be left out silently.
 */
export function boundEnhancers(site: TaskSite, withGlobal: boolean): BoundEnhancers {
  return byKind((kind) => [
    ...(withGlobal ? globalEnhancers(configOf(site.host), kind) : []),
    ...ownEnhancers(site, kind),
  ]);
}

export function hasNone(bound: BoundEnhancers): boolean {
  return ENHANCER_KINDS.every((kind) => bound[kind].length === 0);
}

export function haveScoped(bound: BoundEnhancers): boolean {
  return ENHANCER_KINDS.some((kind) => bound[kind].some((each) => each.isScoped));
}

/** Their instances, none of which is scoped. */
export function staticEnhancers(bound: BoundEnhancers): Enhancers {
  return plural(
    byKind((kind) => bound[kind].map(({ name, get }): Enhancer<unknown> => ({ name, instance: get() }))),
  );
}

/** Their instances for one delivery. Rejects with what a constructor throws. */
export async function scopedEnhancers(bound: BoundEnhancers, contextId: ContextId): Promise<Enhancers> {
  const all = byKind((): Enhancer<unknown>[] => []);
  for (const kind of ENHANCER_KINDS) {
    for (const { name, get } of bound[kind]) all[kind].push({ name, instance: await get(contextId) });
  }
  return plural(all);
}

/** The names of the global ones. */
export function globalNames(config: ApplicationConfig, kind: EnhancerKind): string[] {
  return globalEnhancers(config, kind).map(({ name }) => name);
}

function globalEnhancers(config: ApplicationConfig, kind: EnhancerKind): Bound[] {
  const { statics, scoped } = SOURCES[kind];
  return [
    ...statics(config).map((each) => fixed(kind, each)),
    // Nest has a module for each of them: that of the provider APP_GUARD, APP_PIPE and so on.
    ...scoped(config).map((wrapper) => made(kind, wrapper.host as HostModule, wrapper)),
  ];
}

function ownEnhancers(site: TaskSite, kind: EnhancerKind): Bound[] {
  const { key } = SOURCES[kind];
  const onClass = (Reflect.getMetadata(key, site.owner) ?? []) as readonly object[];
  const onMethod = (Reflect.getMetadata(key, handlerOf(site)) ?? []) as readonly object[];
  return [...onClass, ...onMethod].map((each) => {
    if (typeof each !== 'function') return fixed(kind, each);
    const wrapper = site.host.injectables.get(each);
    if (wrapper) return made(kind, site.host, wrapper);
    throw notMade(site, kind, each.name);
  });
}

function fixed(kind: EnhancerKind, instance: object, name = nameOfInstance(instance)): Bound {
  const usable = checked(kind, name, instance);
  return { name, isScoped: false, get: () => usable };
}

function made(kind: EnhancerKind, host: HostModule, wrapper: Wrapper): Bound {
  const name = nameOf(wrapper);
  if (!isScoped(wrapper)) return fixed(kind, wrapper.instance as object, name);
  const get = async (contextId?: ContextId): Promise<unknown> =>
    checked(
      kind,
      name,
      await moduleRefOf(host).resolve(wrapper.token, contextId as ContextId, { strict: true }),
    );
  return { name, isScoped: true, get };
}

/** @throws TaskEnhancerError for what lacks the method of its kind: Nest leaves it out, and so a guard guards nothing. */
function checked(kind: EnhancerKind, name: string, instance: unknown): unknown {
  const { method } = SOURCES[kind];
  const { [method]: found } = (instance ?? {}) as Record<string, unknown>;
  if (typeof found === 'function') return instance;
  throw new TaskEnhancerError(`${name} is bound as a ${kind}, but has no method ${method}().`);
}

/** An object literal is nobody's instance. */
function nameOfInstance(instance: object): string {
  const { name } = (instance.constructor as { name?: string } | undefined) ?? {};
  return name === undefined || name === '' || name === 'Object' ? '(unnamed)' : name;
}

function nameOf({ metatype, isNotMetatype, name }: Wrapper): string {
  return isNotMetatype ? String(name) : ((metatype as { name?: string } | null)?.name ?? String(name));
}

function notMade({ description, owner, wrapper }: TaskSite, kind: EnhancerKind, name: string): Error {
  return new TaskEnhancerError(
    `${description} has ${kind} ${name}, but Nest made no ${name} for it, as ${owner.name} is provided as ` +
      `${tokenOf(wrapper)}: provide the class itself (providers: [${owner.name}]), with the other token as its alias ` +
      `(useExisting), or bind an instance of ${name}.`,
  );
}

function tokenOf({ token, isFactory }: Wrapper): string {
  const text = typeof token === 'function' ? token.name : `'${String(token)}'`;
  return isFactory ? `${text} by a factory` : text;
}

function plural(all: Record<EnhancerKind, readonly Enhancer<unknown>[]>): Enhancers {
  const { guard, pipe, interceptor, filter } = all;
  return { guards: guard, pipes: pipe, interceptors: interceptor, filters: filter } as unknown as Enhancers;
}
