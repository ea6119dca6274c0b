import { Catch, type ExceptionFilter } from '@nestjs/common';
import { UnrecoverableError } from 'nestjs-nb-aiopool';
import { CardDeclinedError } from './payments.js';

/** Another run would be declined, too. Whatever a filter throws is what the run fails with. */
@Catch(CardDeclinedError)
export class DeclinedFilter implements ExceptionFilter<CardDeclinedError> {
  catch(error: CardDeclinedError): never {
    throw new UnrecoverableError(error.message, { cause: error });
  }
}
