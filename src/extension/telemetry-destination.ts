/** An address that OTLP/HTTP can be sent to. One with a password in it would show that wherever the setting is shown. */
export function isEndpoint(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  } catch {
    return false;
  }
}

/**
 * Where telemetry is sent; `undefined`: nowhere. It takes both: a person who has set an endpoint, and VS Code's own
 * telemetry, which the same person, or their organisation, may have turned off.
 *
 * @returns the endpoint without a slash at its end; the signals' paths (`/v1/traces`) come behind it
 */
export function telemetryDestination(endpoint: string, isTelemetryEnabled: boolean): string | undefined {
  const text = endpoint.trim();
  return isTelemetryEnabled && isEndpoint(text) ? text.replace(/\/+$/, '') : undefined;
}
