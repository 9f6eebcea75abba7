import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * Asks for a secret on the terminal without showing what is typed. Where no terminal is attached, reads one line of
 * standard input, so that a password can also be piped in.
 */
export async function askHidden(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new Error('Interrupted.')));
      lines.once('close', () => reject(new Error('No password was given.')));
    });
    return answer;
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
