import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram } from '../../scripts/services/programs.mjs';

/** What OpenSSL said, and whether it was content. */
export interface OpensslAnswer {
  readonly good: boolean;
  readonly text: string;
}

/** The system's OpenSSL with a folder of its own: what a field engineer does, and a second opinion on what we sign. */
export class Openssl {
  private readonly command = requireProgram({ names: ['openssl'], packages: ['openssl'], what: 'OpenSSL' });
  readonly dir = mkdtempSync(join(tmpdir(), 'hydroalert-openssl-'));

  /** Writes a file into the folder and answers its path. */
  file(name: string, content: string | Buffer): string {
    const path = join(this.dir, name);
    writeFileSync(path, content, { mode: 0o644 });
    return path;
  }

  /** Runs a command in the folder. */
  run(args: readonly string[], input?: string): OpensslAnswer {
    const { status, stdout, stderr } = spawnSync(this.command, args, { cwd: this.dir, input, encoding: 'utf8' });
    return { good: status === 0, text: `${stdout}${stderr}` };
  }

  /** A signing request (PEM); `args` are those of `openssl req`. The key stays in `<name>.key`. */
  request(name: string, args: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']): string {
    const common = ['req', '-new', '-nodes', '-keyout', `${name}.key`, '-subj', '/CN=whatever'];
    const { good, text } = this.run([...common, ...args]);
    if (!good) throw new Error(`openssl req failed: ${text}`);
    return /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----\n/.exec(text)![0];
  }

  /** Whether a certificate is one of the authority's for a client, now or at an instant; with a list, whether it is revoked. */
  verify(caPem: string, certificatePem: string, crlPem?: string, atMs = Date.now()): OpensslAnswer {
    const certificate = this.file('verify.pem', certificatePem);
    const authority = this.file('verify-ca.pem', caPem);
    const list = crlPem === undefined ? [] : ['-crl_check', '-CRLfile', this.file('verify-crl.pem', crlPem)];
    const time = ['-attime', String(Math.floor(atMs / 1000))];
    return this.run([
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      authority,
      ...time,
      ...list,
      certificate,
    ]);
  }

  /** Deletes the folder. */
  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
