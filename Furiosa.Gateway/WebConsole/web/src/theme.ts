import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const name = 'furiosa-theme';
const stored = localStorage.getItem(name);

export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

export function applyTheme() {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.value;
}

export function setTheme(value: Theme) {
  theme.value = value;
  localStorage.setItem(name, value);
  applyTheme();
}
