import { Injectable } from '@nestjs/common';
import { AioTask } from 'nestjs-nb-aiopool';
import { Mailer } from './mailer.js';

/** The mails of this application: each is sent by whichever process consumes the queue. */
@Injectable()
export class MailTasks {
  constructor(private readonly mailer: Mailer) {}

  /** A mail server that is away comes back: a minute later, then two minutes later. */
  @AioTask({ queue: 'mail', retry: { maxAttempts: 3, delay: 60_000, jitter: 'none' } })
  async welcome(to: string, name: string): Promise<void> {
    await this.mailer.send(to, `Welcome, ${name}!`);
  }
}
