// The real programs, for tests in which nothing stands in for anything.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const HOUSE = join(import.meta.dirname, '../../..');
/** Built by the tests of the workspace, so that nothing is compiled twice. */
export const PROGRAM = process.env['CYBERALARM'] ?? join(HOUSE, 'target/debug/cyberalarm');

/** A program that runs until it is told to end. */
export class Running implements AsyncDisposable {
  private constructor(private readonly program: ChildProcess, readonly said: string) {}

  /** Starts it, and waits for the line by which it says that it is there. */
  static async start(words: string[], isThere: (line: string) => boolean): Promise<Running> {
    // In a group of its own, so that all its processes can be killed at once.
    const program = spawn(PROGRAM, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const complaints: string[] = [];
    program.stderr!.on('data', (said) => complaints.push(String(said)));
    for await (const line of createInterface(program.stdout!)) if (isThere(line)) return new Running(program, line);
    throw new Error(`cyberalarm ${words[0]} did not start: ${complaints.join('')}`);
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL', true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end('SIGTERM', false);
  }

  async #end(signal: NodeJS.Signals, all: boolean): Promise<void> {
    const { pid, exitCode, signalCode } = this.program;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const over = new Promise((done) => this.program.once('exit', done));
    process.kill(all ? -pid : pid, signal);
    await over;
  }
}

/** Does something that ends by itself. Returns what it printed. */
export function does(...words: string[]): string {
  return execFileSync(PROGRAM, words, { encoding: 'utf8' }).trim();
}

export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((done) => server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => done(port));
  }));
}
