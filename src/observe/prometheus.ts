import { families, type Family, type Measured, type MeasuredService, type Sample } from './prometheus-families.ts';

export type { MeasuredService };

/** What to send as `Content-Type` with `prometheusText`. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly measured: Measured;
}

/**
 * The metrics of these services in the text format that Prometheus scrapes: serve it at `/metrics`, with
 * `prometheusContentType`. Pure: starts no server, asks no store. Times in seconds. Holds no value of a setting; the
 * label `file` is the settings file as its store names it, and a guard (`superviseGuard`) has none: it is the label `service`.
 *
 * Never throws: a service that cannot be asked is left out, and counted in `holdfast_unreadable_services`.
 */
export function prometheusText(services: Iterable<MeasuredService>): string {
  const all: Series[] = [];
  const names = new Map<string, number>();
  let unreadable = 0;
  for (const service of services) {
    try {
      const measured = measure(service);
      all.push({ labels: labelsOf(service, names), measured });
    } catch {
      unreadable++;
    }
  }
  const lines = [
    ...head({ name: 'holdfast_services', type: 'gauge', help: 'Services that are scraped here.' }), `holdfast_services ${all.length}`,
    ...head({ name: 'holdfast_unreadable_services', type: 'gauge', help: 'Services that could not be asked.' }), `holdfast_unreadable_services ${unreadable}`,
  ];
  for (const family of families) {
    const samples = all.flatMap((series) => samplesOf(family, series));
    if (samples.length > 0) lines.push(...head(family), ...samples);
  }
  return `${lines.join('\n')}\n`;
}

function measure(service: MeasuredService): Measured {
  return { isGuard: service.kind === 'guard', status: service.status, issues: service.issues.length, metrics: service.metrics(), breakers: service.breakers() };
}

/** No two alike: Prometheus refuses a page on which a series is twice. */
function labelsOf({ id, definition }: MeasuredService, names: Map<string, number>): Record<string, string> {
  const name = JSON.stringify([definition.section, id]);
  const times = (names.get(name) ?? 0) + 1;
  names.set(name, times);
  return { service: definition.section || id, instance_id: times === 1 ? id : `${id} #${times}` };
}

function samplesOf(family: Family, { labels, measured }: Series): string[] {
  let samples: readonly Sample[];
  try {
    samples = family.samples(measured);
  } catch {
    // A service of another version does not know this one.
    return [];
  }
  return samples.flatMap(({ labels: own = {}, value, suffix = '' }) => (
    typeof value === 'number' ? [`${family.name}${suffix}${braced({ ...labels, ...own })} ${numberText(value)}`] : []
  ));
}

function head({ name, type, help }: Pick<Family, 'name' | 'type' | 'help'>): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`];
}

function braced(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

function escaped(value: string): string {
  return String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}
