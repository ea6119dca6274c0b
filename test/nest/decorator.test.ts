import { describe, expect, test } from '@jest/globals';
import { AioTask, InjectTasks, type TaskOptions } from '../../lib/index.js';
import { decorate, thrownBy } from './kit.js';

/** Decorates `MailTasks.send`, whatever the types say. */
function decorateSend(...args: unknown[]): void {
  class MailTasks {
    async send(): Promise<void> {}
  }
  decorate(MailTasks.prototype, 'send', (AioTask as (...args: unknown[]) => unknown)(...args));
}

describe('@AioTask refuses', () => {
  test.each<[string, unknown[], string, string]>([
    ['no queue', [], 'NB_OPTION_INVALID', 'undefined'],
    ['an empty queue', [''], 'NB_OPTION_INVALID', '"" (string)'],
    ['a queue that is no string', [5], 'NB_OPTION_INVALID', '5 (number)'],
    ['null', [null], 'NB_OPTION_INVALID', 'null'],
    ['a queue with braces', ['a{b}'], 'NB_OPTION_INVALID', 'without braces'],
    ['options without queue', [{}], 'NB_OPTION_INVALID', "option 'queue'"],
    ['maxConcurrency 0', ['mails', 0], 'NB_OPTION_INVALID', '0 (number)'],
    ['maxConcurrency -1', ['mails', -1], 'NB_OPTION_INVALID', '-1 (number)'],
    ['maxConcurrency 1.5', ['mails', 1.5], 'NB_OPTION_INVALID', '1.5 (number)'],
    ['maxConcurrency NaN', ['mails', NaN], 'NB_OPTION_INVALID', 'NaN (number)'],
    ['maxConcurrency "10"', ['mails', '10'], 'NB_OPTION_INVALID', '"10" (string)'],
    ['maxConcurrency null', ['mails', null], 'NB_OPTION_INVALID', 'null'],
    ['a lease too short', [{ queue: 'mails', lease: 1 }], 'NB_OPTION_INVALID', "option 'lease'"],
    ['a wrong retry', [{ queue: 'mails', retry: { maxAttempts: 0 } }], 'NB_OPTION_INVALID', "option 'retry'"],
    ['an unknown option', [{ queue: 'm', maxConcurency: 3 }], 'NB_OPTION_UNKNOWN', "mean 'maxConcurrency'?"],
    ["the broker's options", [{ queue: 'm', redis: 'redis://x' }], 'NB_OPTION_UNKNOWN', "'redis'"],
    ['options and a number', [{ queue: 'm' }, 5], 'NB_OPTION_INVALID', 'second argument (5 (number))'],
  ])('%s', (_, args, code, text) => {
    const error = thrownBy(() => decorateSend(...args));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(text);
    expect(error.message).toContain('MailTasks.send');
  });

  class Odd {
    static async make(): Promise<void> {}
    get value(): Promise<number> {
      return Promise.resolve(1);
    }
    async onModuleInit(): Promise<void> {}
    async method(): Promise<void> {}
  }
  const apply = AioTask('odd') as unknown as (...args: unknown[]) => void;

  test.each<[string, () => void, string]>([
    ['a class', () => decorate(Odd, undefined, apply), 'the class Odd'],
    ['a static method', () => decorate(Odd, 'make', apply), 'Odd.make, which is static'],
    ['a getter', () => decorate(Odd.prototype, 'value', apply), 'Odd.value, which is a getter'],
    ['a property', () => apply(Odd.prototype, 'field', undefined), 'Odd.field, which is a property'],
    ['a hook', () => decorate(Odd.prototype, 'onModuleInit', apply), 'Odd.onModuleInit, which Nest calls'],
    ['a parameter', () => apply(Odd.prototype, 'method', 0), 'a parameter of Odd.method'],
    ["a constructor's parameter", () => apply(Odd, undefined, 0), "a parameter of Odd's constructor"],
    ['a symbol', () => apply(Odd.prototype, Symbol('s'), { value: async () => {} }), 'Odd[Symbol(s)]'],
    [
      'standard decorators',
      () => apply(async () => {}, { kind: 'method', name: 'm' }),
      'experimentalDecorators',
    ],
  ])('%s', (_, misuse, text) => {
    const error = thrownBy(misuse);
    expect(error).toMatchObject({ code: 'NB_TASK_DECORATOR' });
    expect(error.message).toContain(text);
    expect(error.message).toContain('put it on an async method');
  });

  test('nothing by changing what was given', () => {
    const options: TaskOptions = Object.freeze({ queue: 'mails', retry: Object.freeze({ maxAttempts: 2 }) });
    expect(() => decorateSend(options)).not.toThrow();
    expect(() => decorateSend('mails', undefined)).not.toThrow();
  });
});

describe('@InjectTasks refuses', () => {
  test.each([[undefined], [null], ['MailTasks'], [{}]])('%p', (what) => {
    class Web {
      send(): void {}
    }
    const error = thrownBy(() => InjectTasks(what as never)(Web, undefined, 0));
    expect(error).toMatchObject({ code: 'NB_TASK_DECORATOR' });
    expect(error.message).toContain('@InjectTasks in Web, constructor parameter 0 needs a class');
    expect(error.message).toContain('@InjectTasks(() => TheClass)');
  });
});
