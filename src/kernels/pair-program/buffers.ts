/** Room for lines while a program runs: what is given back is used again. */
export class Buffers {
  private readonly free: { start: number; end: number }[] = [];
  /** Numbers needed at most. */
  end = 0;

  take(count: number): number {
    const block = this.free.find(({ start, end }) => end - start >= count);
    if (block !== undefined) {
      const { start } = block;
      block.start += count;
      if (block.start === block.end) this.free.splice(this.free.indexOf(block), 1);
      return start;
    }
    const last = this.free.at(-1);
    // the end grows from where it is free
    const start = last?.end === this.end ? last.start : this.end;
    if (last?.end === this.end) this.free.pop();
    this.end = start + count;
    return start;
  }

  give(start: number, count: number): void {
    if (count === 0) return;
    const next = this.free.findIndex((block) => block.start > start);
    const index = next < 0 ? this.free.length : next;
    this.free.splice(index, 0, { start, end: start + count });
    this.join(index);
    this.join(index - 1);
  }

  private join(index: number): void {
    const [block, next] = [this.free[index], this.free[index + 1]];
    if (block === undefined || next === undefined || block.end !== next.start) return;
    block.end = next.end;
    this.free.splice(index + 1, 1);
  }
}
