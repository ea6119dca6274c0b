import type { CanActivate, ExceptionFilter, NestInterceptor, PipeTransform } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { Wrapper } from './container.js';

export interface Kinds {
  guard: CanActivate;
  pipe: PipeTransform;
  interceptor: NestInterceptor;
  filter: ExceptionFilter;
}

/** Guards, pipes, interceptors and exception filters: Nest's word for all four. */
export type EnhancerKind = keyof Kinds;

/** Where Nest keeps those of one kind. */
interface KindSource {
  /** Where Nest's `@UseGuards` and its like leave what they bind. */
  readonly key: string;
  /** What Nest calls of it. */
  readonly method: string;
  readonly statics: (config: ApplicationConfig) => readonly object[];
  readonly scoped: (config: ApplicationConfig) => readonly Wrapper[];
}

export const SOURCES: Readonly<Record<EnhancerKind, KindSource>> = {
  guard: {
    key: '__guards__',
    method: 'canActivate',
    statics: (config) => config.getGlobalGuards(),
    scoped: (config) => config.getGlobalRequestGuards(),
  },
  pipe: {
    key: '__pipes__',
    method: 'transform',
    statics: (config) => config.getGlobalPipes(),
    scoped: (config) => config.getGlobalRequestPipes(),
  },
  interceptor: {
    key: '__interceptors__',
    method: 'intercept',
    statics: (config) => config.getGlobalInterceptors(),
    scoped: (config) => config.getGlobalRequestInterceptors(),
  },
  filter: {
    key: '__exceptionFilters__',
    method: 'catch',
    statics: (config) => config.getGlobalFilters(),
    scoped: (config) => config.getGlobalRequestFilters(),
  },
};

export const ENHANCER_KINDS = Object.keys(SOURCES) as readonly EnhancerKind[];

export function byKind<T>(of: (kind: EnhancerKind) => T): Record<EnhancerKind, T> {
  return { guard: of('guard'), pipe: of('pipe'), interceptor: of('interceptor'), filter: of('filter') };
}
