import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { WorkQueue } from '../common/work-queue.js';
import { AppConfig } from '../config/app-config.js';
import { headersOf, htmlOf, textOf, type MailMessage } from './mail-message.js';

/** Messages that are sent at once, and that may wait; more would be a flood, and a flood is not sent. */
const CONCURRENCY = 2;
const MAX_WAITING = 1_000;
/** Milliseconds before each further try; a server that stays away longer gets nothing. */
const RETRY_DELAYS_MS = [1_000, 5_000, 30_000];
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_LIMIT_MS = 30_000;
/** A shutdown waits this long for what is being sent. */
const FAREWELL_MS = 5_000;

/**
 * Sends e-mail through the server of `SMTP_URL`, behind the back of whoever asks: nobody waits for it, and nobody learns
 * from an answer whether something was sent. Without `SMTP_URL` nothing is sent.
 */
@Injectable()
export class Mailer implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(Mailer.name);
  private readonly queue = new WorkQueue(CONCURRENCY, MAX_WAITING, (error) => this.giveUp(error));
  private readonly transport: Transporter | undefined;
  private readonly ending = new AbortController();

  constructor(private readonly config: AppConfig) {
    if (config.mail.smtpUrl === undefined) return;
    this.transport = createTransport({
      ...serverOf(config.mail.smtpUrl),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      // Texts are ours; nothing in a message may name a file or an address to be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  onModuleInit(): void {
    if (this.transport || !this.config.hasRole('api')) return;
    this.logger.warn('SMTP_URL is not set: no e-mail is sent, neither invitations nor links to reset a password');
  }

  /** Whether e-mail is sent at all. */
  get enabled(): boolean {
    return this.transport !== undefined;
  }

  /** Address of a page of ours, for a link in a message. @param page such as `account.html#reset=…` */
  linkTo(page: string): string {
    return `${this.config.mail.publicUrl}/${page}`;
  }

  /** Has a message sent; returns at once and never throws. */
  send(message: MailMessage): void {
    const { transport } = this;
    if (!transport) return;
    if (!this.queue.add(() => this.deliver(transport, message)))
      this.logger.warn('an e-mail is not sent: too many wait');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await Promise.race([this.queue.idle(), sleep(FAREWELL_MS, undefined, { ref: false })]);
    this.transport?.close();
  }

  private async deliver(transport: Transporter, message: MailMessage): Promise<void> {
    const mail = { from: this.config.mail.from, ...headersOf(message), text: textOf(message), html: htmlOf(message) };
    for (let attempt = 0; ; attempt++) {
      try {
        await transport.sendMail(mail);
        return;
      } catch (error) {
        const delay = RETRY_DELAYS_MS[attempt];
        if (delay === undefined || this.ending.signal.aborted || isRefusal(error)) throw error;
        this.logger.debug(`an e-mail is tried again in ${delay} ms: ${String(error)}`);
        await sleep(delay, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    }
  }

  /** What the server said is not told, since it names the address: logs are read by more people than the list of users. */
  private giveUp(error: unknown): void {
    const { code = 'unknown reason', responseCode = '' } = error as { code?: string; responseCode?: number };
    this.logger.error(`an e-mail could not be sent: ${code} ${responseCode}`.trim());
  }
}

/** The server and how to speak with it; whatever else a URL could set is left alone. */
function serverOf(text: string) {
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    // A password goes over an encrypted connection, or not at all.
    requireTLS: !secure && user !== '',
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
  };
}

/** The server has said "no" for good (5xx): asking again would not change its mind. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof code === 'number' && code >= 500;
}
