import superjson from 'superjson';

/** One member of a list, as superjson writes it. */
export interface MemberText {
  readonly json: string;
  /** What JSON does not say, as `path":annotation`. */
  readonly annotations: readonly string[];
}

/** @param member plain data; `undefined` may be in it */
export function memberText(member: object): MemberText {
  const { json, meta } = superjson.serialize(member);
  const annotations = Object.entries(meta?.values ?? {}).map(([path, annotation]) => `${JSON.stringify(path).slice(1)}:${JSON.stringify(annotation)}`);
  return { json: JSON.stringify(json), annotations };
}

/** What `superjson.stringify` makes of the list, without going through its members again. */
export function listText(members: readonly MemberText[]): string {
  const values = members.flatMap(({ annotations }, index) => annotations.map((annotation) => `"${index}.${annotation}`));
  const meta = values.length === 0 ? '' : `,"meta":{"values":{${values.join(',')}},"v":1}`;
  return `{"json":[${members.map(({ json }) => json).join(',')}]${meta}}`;
}
