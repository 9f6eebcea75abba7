import { z } from 'zod';
import type { EnvReader } from './env-reader.js';
import { urlWith } from './env-schemas.js';

/** How e-mail is sent, and where its links lead. */
export interface MailConfig {
  /** `smtp://` or `smtps://`, with user and password where the server wants them; undefined: nothing is sent. */
  readonly smtpUrl: string | undefined;
  /** Sender: an address, or a name and an address in angle brackets. */
  readonly from: string;
  /** Where people reach the web pages, without a slash at the end. */
  readonly publicUrl: string;
}

/** `name <address>` or an address; one line, so that no header can be added by it. */
const SENDER = /^(?:[^<>\p{Cc}]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u;

/** @param port where HTTP listens, for the address that is assumed where none is given */
export function readMailConfig(reader: EnvReader, port: number): MailConfig {
  const smtpUrl = reader.read('SMTP_URL', urlWith('smtp', 'smtps').optional());
  const publicUrl = readPublicUrl(reader, port, smtpUrl !== undefined);
  const sender = z.string().regex(SENDER, 'must be an address, or a name and <an address>');
  const host = URL.canParse(publicUrl) ? new URL(publicUrl).hostname : 'localhost';
  return { smtpUrl, publicUrl, from: reader.read('MAIL_FROM', sender.default(`HydroAlert <no-reply@${host}>`)) };
}

/** A link in an e-mail must not lead to a guess, and never to what a request calls the host. */
function readPublicUrl(reader: EnvReader, port: number, mailed: boolean): string {
  const url = reader.read('PUBLIC_URL', urlWith('http', 'https').optional());
  if (url !== undefined && /[?#]/.test(url)) reader.problem('PUBLIC_URL', 'must not have a query or a fragment');
  if (url === undefined && mailed && reader.production) reader.problem('PUBLIC_URL', 'is missing, and SMTP_URL is set');
  return (url ?? `http://localhost:${port}`).replace(/\/+$/, '');
}
