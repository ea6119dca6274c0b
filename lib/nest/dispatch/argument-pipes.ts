import { HttpException, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { Enhancer } from './enhancers.js';
import type { Parameters } from './parameters.js';

/**
 * The arguments as the pipes hand them on: each goes through all pipes, one after the other.
 * @param onInvalid hears which pipe refuses which value: that of another run would be the same.
 * @throws what a pipe throws.
 */
export async function transform(
  pipes: readonly Enhancer<PipeTransform>[],
  parameters: Parameters,
  args: readonly unknown[],
  onInvalid: (pipe: string, value: unknown) => void,
): Promise<readonly unknown[]> {
  if (pipes.length === 0) return args;
  const values: unknown[] = [];
  for (let index = 0, count = parameters.count(args); index < count; index++) {
    let value = args[index];
    const metadata = metadataOf(parameters, index);
    for (const { name, instance } of pipes) {
      try {
        value = await instance.transform(value, metadata);
      } catch (error) {
        if (refuses(error)) onInvalid(name, args[index]);
        throw error;
      }
    }
    values.push(value);
  }
  while (values.length > args.length && values.at(-1) === undefined) values.pop();
  return values;
}

/** As a microservice's payload: ValidationPipe leaves out what it takes for a custom decorator's. */
function metadataOf(parameters: Parameters, index: number): ArgumentMetadata {
  const metatype = parameters.typeOf(index);
  return { type: 'body', data: undefined, ...(metatype === undefined ? {} : { metatype }) };
}

/** Pipes say with a 4xx exception that a value is not what it should be. Others failed themselves, and may recover. */
function refuses(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() >= 400 && error.getStatus() < 500;
}
