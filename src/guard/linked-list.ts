/** A member of a `LinkedList`: it carries the links itself, so that joining and leaving allocate nothing. */
export interface Linked {
  earlier: Linked | undefined;
  later: Linked | undefined;
  listed: boolean;
}

/** A list in the order of joining, from which any member leaves at once. A member is in one list at most. */
export class LinkedList<T extends Linked> {
  first: T | undefined;
  #last: T | undefined;

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  add(member: T): void {
    member.listed = true;
    member.earlier = this.#last;
    if (this.#last === undefined) this.first = member;
    else this.#last.later = member;
    this.#last = member;
  }

  remove(member: T): void {
    if (!member.listed) return;
    const { earlier, later } = member;
    if (earlier === undefined) this.first = later as T | undefined;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier as T | undefined;
    else later.earlier = earlier;
    member.earlier = member.later = undefined;
    member.listed = false;
  }

  /** Takes everything off the list. */
  clear(): T[] {
    const all: T[] = [];
    while (this.first !== undefined) {
      all.push(this.first);
      this.remove(this.first);
    }
    return all;
  }
}
