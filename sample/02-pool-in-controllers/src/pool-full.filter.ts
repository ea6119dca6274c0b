import { Catch, ServiceUnavailableException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PoolFullError } from 'nestjs-nb-aiopool';

/** In seconds: by then the pools of this application have long worked off a full queue. */
const RETRY_AFTER = 1;

/** Answers 503 with Retry-After, instead of 500, wherever a pool had no room. */
@Catch(PoolFullError)
export class PoolFullFilter implements ExceptionFilter<PoolFullError> {
  constructor(private readonly adapters: HttpAdapterHost) {}

  catch(_error: PoolFullError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapters;
    const response: unknown = host.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'Retry-After', String(RETRY_AFTER));
    // Not the error's own message: it is for developers, and tells clients how many requests fill the pool.
    const answer = new ServiceUnavailableException('Too many requests at the moment; try again later.');
    httpAdapter.reply(response, answer.getResponse(), answer.getStatus());
  }
}
