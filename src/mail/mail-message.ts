/** An e-mail to one person. */
export interface MailMessage {
  /** An address that was checked. */
  readonly to: string;
  readonly subject: string;
  /** Paragraphs; a line with an address of the web alone becomes a link in the HTML form. */
  readonly paragraphs: readonly string[];
}

/** An address that cannot bring a second one, or a header, with it. */
const ADDRESS = /^[^\s<>,;:"()[\]\\@\p{Cc}]+@[^\s<>,;:"()[\]\\@\p{Cc}]+$/u;
const MAX_SUBJECT_LENGTH = 200;
const LINK = /^https?:\/\/\S+$/;
const STYLE = 'font-family:sans-serif;font-size:16px;line-height:1.5;color:#10222f;max-width:36em';

/** The parts of a message that stand in its headers. @throws Error for an address that is none */
export function headersOf({ to, subject }: MailMessage): { to: { name: string; address: string }; subject: string } {
  if (!ADDRESS.test(to)) throw new Error('an e-mail cannot be sent to what is no address');
  return { to: { name: '', address: to }, subject: oneLine(subject).slice(0, MAX_SUBJECT_LENGTH) };
}

/** The message as plain text. */
export function textOf({ paragraphs }: MailMessage): string {
  return `${paragraphs.join('\n\n')}\n`;
}

/** The message as HTML: the same words, and nothing that is loaded from anywhere. */
export function htmlOf({ paragraphs }: MailMessage): string {
  const lines = paragraphs.map((paragraph) => {
    const text = escapeHtml(paragraph).replaceAll('\n', '<br>');
    return LINK.test(paragraph) ? `<p><a href="${text}">${text}</a></p>` : `<p>${text}</p>`;
  });
  return `<!doctype html><html lang="en"><body><div style="${STYLE}">${lines.join('')}</div></body></html>`;
}

/** What people called themselves, as part of a sentence: one line, without what a mail program would make a link of. */
export function plainName(name: string): string {
  return oneLine(name)
    .replace(/[<>]|https?:|www\./gi, '')
    .slice(0, MAX_SUBJECT_LENGTH)
    .trim();
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (letter) => names[letter]!);
}
