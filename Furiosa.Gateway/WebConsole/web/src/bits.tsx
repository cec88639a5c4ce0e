import type { ComponentChildren } from 'preact';
import { tone } from './format';

/** A state: its word, with a colour and a shape. */
export function State({ of, word }: { of: string; word?: string }) {
  return (
    <span class={`state ${tone(of)}`}>
      <i aria-hidden="true" />
      {word ?? of}
    </span>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Shares of a whole as one bar. */
export function Bar({ label, parts }: { label: string; parts: { share: number; kind: string }[] }) {
  return (
    <div class="bar" role="img" aria-label={label}>
      {parts.map(({ share, kind }) => (
        <i key={kind} class={kind} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
      ))}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
