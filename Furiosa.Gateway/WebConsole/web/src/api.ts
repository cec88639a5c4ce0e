import { signal } from '@preact/signals';

const keyName = 'furiosa-admin-key';

/** Whether the listener asks for a key that we do not have. */
export const keyWanted = signal<'no' | 'missing' | 'wrong'>('no');

export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly param: string | null = null,
  ) {
    super(message);
  }
}

const key = () => sessionStorage.getItem(keyName);

export function useKey(value: string) {
  sessionStorage.setItem(keyName, value);
  keyWanted.value = 'no';
}

/** Calls the admin API; anything but success is an ApiFailure with the server's own words. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const shown = key();
  if (shown) headers.set('Authorization', `Bearer ${shown}`);
  if (init.body) headers.set('Content-Type', 'application/json');
  const response = await fetch(`/admin/api${path}`, { ...init, headers, cache: 'no-store' });
  if (response.ok) return response;
  if (response.status === 401) {
    keyWanted.value = shown ? 'wrong' : 'missing';
    sessionStorage.removeItem(keyName);
  }
  const body = await response.json().catch(() => null);
  throw new ApiFailure(response.status, body?.error?.message ?? `${response.status} ${response.statusText}`, body?.error?.param ?? null);
}

export async function getJson<T>(path: string, init?: RequestInit): Promise<T> {
  return (await call(path, init)).json();
}
