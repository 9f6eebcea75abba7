/** Shows how far a run is: one line that changes on a terminal, a line now and then otherwise. Writes to standard error. */
export class Progress {
  private readonly live: boolean;
  private shownTenth = 0;
  private width = 0;

  constructor(
    private readonly what: string,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {
    this.live = out.isTTY === true;
  }

  /** @param done so many of `all` */
  show(done: number, all: number): void {
    const text = `${this.what}: ${done} of ${all}`;
    if (this.live) {
      this.out.write(`\r${text.padEnd(this.width)}`);
      this.width = text.length;
      return;
    }
    const tenth = Math.floor((done * 10) / Math.max(1, all));
    if (tenth === this.shownTenth && done !== all) return;
    this.shownTenth = tenth;
    this.out.write(`${text}\n`);
  }

  /** A line of its own. */
  say(line: string): void {
    this.end();
    this.out.write(`${line}\n`);
  }

  /** The line that changes stays as it is. */
  end(): void {
    if (this.width > 0) this.out.write('\n');
    this.width = 0;
  }
}
