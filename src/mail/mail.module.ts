import { Global, Module } from '@nestjs/common';
import { Mailer } from './mailer.js';

/** E-mail, sent through an SMTP server. */
@Global()
@Module({ providers: [Mailer], exports: [Mailer] })
export class MailModule {}
