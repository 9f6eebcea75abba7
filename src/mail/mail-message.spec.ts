import { describe, expect, it } from 'vitest';
import { headersOf, htmlOf, plainName, textOf } from './mail-message.js';

const message = { to: 'ada@sollen.example', subject: 'Hello', paragraphs: ['One', 'https://water.example/#a=b&c'] };

describe('a message', () => {
  it('is the same words as text and as HTML, where links can be followed', () => {
    expect(textOf(message)).toBe('One\n\nhttps://water.example/#a=b&c\n');
    const link = 'https://water.example/#a=b&amp;c';
    expect(htmlOf(message)).toContain(`<p>One</p><p><a href="${link}">${link}</a></p>`);
  });

  it('shows what people wrote as text', () => {
    const paragraphs = ['<script>alert(1)</script>', 'https://a.example/"onclick="x'];
    const html = htmlOf({ ...message, paragraphs });
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('"onclick');
  });

  it.each([
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example, c@d.example',
    'a@b.example c@d.example',
    'Ada <a@b.example>',
    '"a"@b.example',
    'a@@b.example',
    'nobody',
    '',
  ])('is not sent to %j', (to) => {
    expect(() => headersOf({ ...message, to })).toThrow('no address');
  });

  it('has a subject of one line', () => {
    const subject = 'Hello\r\nBcc: c@d.example\u2028there';
    expect(headersOf({ ...message, subject }).subject).toBe('Hello Bcc: c@d.example there');
  });

  it('makes no link of a name', () => {
    expect(plainName('Ada\nhttps://evil.example <b>www.evil.example')).toBe('Ada //evil.example bevil.example');
  });
});
