import { Injectable } from '@nestjs/common';
import { AioTask, InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import { MailTasks } from './mail.tasks.js';
import { Members } from './members.js';

/** What a sign-up leads to. */
@Injectable()
export class SignUpTasks {
  constructor(
    private readonly members: Members,
    @InjectTasks(MailTasks) private readonly mail: Tasks<MailTasks>,
  ) {}

  /** Safe to run twice: a message may be delivered again. */
  @AioTask('sign-ups')
  async complete(email: string, name: string): Promise<number> {
    if (this.members.add(email)) await this.mail.welcome.submit(email, name);
    return this.members.count;
  }
}
