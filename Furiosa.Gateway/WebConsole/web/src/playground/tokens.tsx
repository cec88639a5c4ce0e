import { useRef, useState } from 'preact/hooks';
import type { Token } from './pane-model';

/** What the alternatives of a token take, in pixels. */
const room = 190;

/** An answer token by token, coloured by probability; the chosen one shows what else it might have been. */
export function Tokens({ tokens, content }: { tokens: Token[]; content: string }) {
  const [at, setAt] = useState<number | null>(null);
  const [stop, setStop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const texts = visible(tokens, content);

  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, Home: -tokens.length, End: tokens.length };
    if (event.key === 'Escape') setAt(null);
    if (!(event.key in steps)) return;
    event.preventDefault();
    const shown = [...box.current!.querySelectorAll<HTMLElement>('.token')];
    const here = shown.findIndex((tile) => tile.dataset.at === `${stop}`);
    shown[Math.max(0, Math.min(shown.length - 1, here + steps[event.key]))]?.focus();
  };

  return (
    <div class="tokens" ref={box} onKeyDown={move} onMouseLeave={() => setAt(null)}>
      <p class="text">
        {texts.map((text, index) => text && (
          <span
            key={index}
            data-at={index}
            class={`token p${level(tokens[index].logprob)}`}
            role="button"
            tabIndex={index === stop ? 0 : -1}
            aria-label={`${text}, ${share(tokens[index].logprob)}`}
            onMouseEnter={() => setAt(index)}
            onFocus={() => { setAt(index); setStop(index); }}
            onBlur={() => setAt(null)}
          >
            {text}
          </span>
        ))}
      </p>
      {at !== null && tokens[at] && <Alternatives token={tokens[at]} box={box.current!} index={at} />}
    </div>
  );
}

function Alternatives({ token, box, index }: { token: Token; box: HTMLElement; index: number }) {
  const tile = box.querySelector<HTMLElement>(`[data-at="${index}"]`);
  const left = tile ? Math.max(0, Math.min(tile.offsetLeft, box.clientWidth - 225)) : 0;
  const seen = box.closest('.turns')!.getBoundingClientRect();
  const place = tile?.getBoundingClientRect();
  // Above the token where there is room for it only there.
  const above = place && place.bottom + room > seen.bottom && place.top - room > seen.top;
  const top = tile ? (above ? tile.offsetTop - 6 : tile.offsetTop + tile.offsetHeight + 6) : 0;
  const others = token.top_logprobs.some((other) => other.token === token.token) ? token.top_logprobs : [{ token: token.token, logprob: token.logprob }, ...token.top_logprobs];
  return (
    <div class={above ? 'alternatives card above' : 'alternatives card'} role="tooltip" style={{ top: `${top}px`, left: `${left}px` }}>
      <ol>
        {others.map((other, rank) => (
          <li key={rank} class={other.token === token.token ? 'taken' : ''}>
            <code>{other.token.replaceAll('\n', '⏎').replaceAll(' ', '␣') || '∅'}</code>
            <span class="meter" aria-hidden="true"><i style={{ width: `${Math.exp(other.logprob) * 100}%` }} /></span>
            <span class="num">{share(other.logprob)}</span>
          </li>
        ))}
      </ol>
      <p><small>log-probability {token.logprob.toPrecision(4)}</small></p>
    </div>
  );
}

/** The text of each token that is part of the answer; a character that several tokens write stands at the last of them. */
function visible(tokens: Token[], content: string): string[] {
  const decoder = new TextDecoder();
  let left = content;
  return tokens.map(({ bytes, token }) => {
    const text = bytes ? decoder.decode(new Uint8Array(bytes), { stream: true }) : token;
    // An end token, or text that was held back, is not what the answer goes on with.
    if (!left.startsWith(text)) return '';
    left = left.slice(text.length);
    return text;
  });
}

const level = (logprob: number) => {
  const probability = Math.exp(logprob);
  return probability > 0.9 ? 4 : probability > 0.6 ? 3 : probability > 0.3 ? 2 : probability > 0.1 ? 1 : 0;
};

function share(logprob: number): string {
  const value = Math.exp(logprob) * 100;
  return value >= 99.95 ? '100 %' : value >= 0.1 ? `${value.toFixed(1)} %` : '< 0.1 %';
}
