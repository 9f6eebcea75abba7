import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descendantsOf, identify, isAlive, killProcess } from './process.mjs';
import { ProcessRegistry } from './registry.mjs';

describe('ProcessRegistry', () => {
  let folder;
  let registry;
  const started = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
    registry = new ProcessRegistry(join(folder, 'processes'));
  });

  afterEach(async () => {
    for (const identity of started.splice(0)) await killProcess(identity);
    rmSync(folder, { recursive: true });
  });

  async function start(command, ...args) {
    const child = spawn(command, args, { stdio: 'ignore' });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const identity = identify(child.pid);
    started.push(identity);
    return identity;
  }

  it('ends what it has recorded, in order, and forgets it', async () => {
    const [first, second] = [await start('sleep', '60'), await start('sleep', '60')];
    registry.add({ name: 'second', order: 2, ...second });
    registry.add({ name: 'first', order: 1, ...first });
    expect(await registry.sweep()).toEqual(['first', 'second']);
    expect([first, second].some(isAlive)).toBe(false);
    expect(existsSync(registry.folder)).toBe(false);
  });

  it('leaves alone a process that got the pid of one that has ended', async () => {
    const other = await start('sleep', '60');
    registry.add({ name: 'gone', pid: other.pid, startTime: '1' });
    expect(await registry.sweep()).toEqual([]);
    expect(isAlive(other)).toBe(true);
  });

  it('survives a record that was cut short', async () => {
    const process = await start('sleep', '60');
    registry.add({ name: 'whole', ...process });
    writeFileSync(join(registry.folder, '1.json'), '{"pid":');
    expect(registry.living().map((entry) => entry.name)).toEqual(['whole']);
  });

  it('ends a process that ignores the polite signal, with its children', async () => {
    const stubborn = await start('sh', '-c', 'trap "" TERM; sleep 60 & echo ready; while :; do sleep 60; done');
    await expect.poll(() => descendantsOf(stubborn.pid).length).toBeGreaterThan(0);
    const children = descendantsOf(stubborn.pid).map(identify);
    registry.add({ name: 'stubborn', ...stubborn });
    await registry.sweep({ timeoutMs: 100 });
    expect([stubborn, ...children].some(isAlive)).toBe(false);
  });
});
