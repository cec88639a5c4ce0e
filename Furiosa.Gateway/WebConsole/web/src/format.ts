const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export const whole = (value: number) => Math.round(value).toLocaleString('en');

export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)}k`;
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

export function bytes(value: number): string {
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 60_000) return `${Math.floor(value / 60_000)} min ${Math.round((value % 60_000) / 1000)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

export const percent = (value: number) => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;

export const clock = (time: string) => new Date(time).toLocaleTimeString('en-GB');

export function since(time: string, now: string): string {
  const seconds = Math.max(0, (Date.parse(now) - Date.parse(time)) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** What a state means, for its colour; its word is always shown as well. */
export function tone(state: string): 'good' | 'busy' | 'warn' | 'bad' | 'idle' {
  switch (state) {
    case 'serving': case 'up': case 'live': case 'done': case 'ok': return 'good';
    case 'loading': case 'joining': case 'running': case 'connecting': case 'prefill': case 'decode': return 'busy';
    case 'draining': case 'drained': case 'leaving': case 'degraded': case 'queued': return 'warn';
    case 'failed': case 'lost': case 'down': case 'unreachable': case 'removed': case 'error': return 'bad';
    default: return 'idle';
  }
}
