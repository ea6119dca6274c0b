import { afterEach } from '@jest/globals';
import type { LoggerService, ModuleMetadata, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import 'reflect-metadata';

/** One log line. */
export interface Line {
  readonly level: 'log' | 'warn' | 'error';
  readonly text: string;
}

/** Keeps what our logger says; Nest's own lines are left out. */
export class Lines implements LoggerService {
  readonly all: Line[] = [];
  private readonly watchers = new Set<() => void>();

  readonly log = (text: unknown, ...rest: unknown[]): void => this.keep('log', text, rest);
  readonly warn = (text: unknown, ...rest: unknown[]): void => this.keep('warn', text, rest);
  readonly error = (text: unknown, ...rest: unknown[]): void => this.keep('error', text, rest);

  texts(level: Line['level']): string[] {
    return this.all.filter((line) => line.level === level).map(({ text }) => text);
  }

  /** Resolves with the first line that matches. */
  async seen(pattern: RegExp): Promise<Line> {
    for (;;) {
      const line = this.all.find(({ text }) => pattern.test(text));
      if (line) return line;
      await new Promise<void>((resolve) => this.watchers.add(resolve));
    }
  }

  private keep(level: Line['level'], text: unknown, rest: readonly unknown[]): void {
    if (rest.at(-1) !== 'NbAioPool') return;
    this.all.push({ level, text: String(text) });
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
  }
}

const started: TestingModule[] = [];

/** Closes what the tests of this file started. */
export function closeAfterEach(): void {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((app) => app.close()));
  });
}

/** An application that has started. Rejects with what its bootstrap throws. */
export async function boot(metadata: ModuleMetadata, logger = new Lines()): Promise<TestingModule> {
  const app = await compile(metadata, logger);
  try {
    return await app.init();
  } catch (error) {
    started.splice(started.indexOf(app), 1);
    // Nest 12 closes what failed to start; Nest 11 says again why it failed.
    await app.close().catch(() => {});
    throw error;
  }
}

export async function compile(metadata: ModuleMetadata, logger = new Lines()): Promise<TestingModule> {
  const app = await Test.createTestingModule(metadata).setLogger(logger).compile();
  started.push(app);
  return app;
}

/** What a bootstrap fails with. */
export async function bootError(metadata: ModuleMetadata): Promise<Error & { code?: string }> {
  try {
    await boot(metadata);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the application started, but should not have');
}

/** What a function throws. */
export function thrownBy(fn: () => unknown): Error & { code?: string } {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it threw nothing');
}

/** Applies a decorator the way compiled code does, whatever the types say. */
export function decorate(target: object, key: string | undefined, decorator: unknown): void {
  const apply = decorator as (...args: unknown[]) => void;
  if (key === undefined) apply(target);
  else apply(target, key, Object.getOwnPropertyDescriptor(target, key));
}

export type AnyClass = Type<object>;
