import { SMTPServer } from 'smtp-server';

/** A message as it came: the envelope, and the raw text. */
export interface ReceivedMail {
  readonly to: readonly string[];
  readonly raw: string;
}

/** A real SMTP server on a free port that keeps what it gets. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** So many of the next messages are refused for now (451). */
  refusals = 0;

  private constructor(
    private readonly server: SMTPServer,
    readonly url: string,
  ) {}

  static async start(): Promise<MailServer> {
    const holder: { mails?: MailServer } = {};
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const mails = holder.mails!;
          if (mails.refusals > 0) {
            mails.refusals--;
            done(Object.assign(new Error('later'), { responseCode: 451 }));
            return;
          }
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.mails.push({ to, raw: Buffer.concat(chunks).toString('utf8') });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.server.address() as { port: number };
    return (holder.mails = new MailServer(server, `smtp://127.0.0.1:${address.port}`));
  }

  /** Messages to an address, the oldest first. */
  to(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  /** The token of the link in the newest message to an address. @param kind such as `reset` */
  linkTo(address: string, kind: string): string | undefined {
    const text = this.to(address).at(-1)?.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    return text && new RegExp(`#${kind}=([\\w-]+)`).exec(text)?.[1];
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
