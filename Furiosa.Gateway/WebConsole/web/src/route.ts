import { computed, signal } from '@preact/signals';

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

/** The page and what of it is looked at: `#/requests/ID` is requests and ID. */
export const route = computed(() => {
  const [page = '', ...rest] = hash.value.replace(/^#\/?/, '').split('/');
  return { page: page || 'overview', of: decode(rest.join('/')) };
});

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
