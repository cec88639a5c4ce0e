import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure, getJson } from '../api';
import { Fact, State } from '../bits';
import { clock, millis, whole } from '../format';
import { route } from '../route';
import type { RequestDetail, RequestSummary } from '../types';
import { outcome } from './requests';
import { Waterfall } from './waterfall';

/** One request; asked for anew while it runs, as often as its summary changes. */
export function RequestView({ id, summary }: { id: string; summary?: RequestSummary }) {
  const [detail, setDetail] = useState<RequestDetail | null>(null);
  const [problem, setProblem] = useState('');
  const box = useRef<HTMLElement>(null);
  const version = summary ? `${summary.phase} ${summary.phase === 'done' ? '' : summary.elapsed_ms}` : '';

  useEffect(() => {
    const gone = new AbortController();
    getJson<RequestDetail>(`/requests/${encodeURIComponent(id)}`, { signal: gone.signal })
      .then((found) => { setDetail(found); setProblem(''); })
      .catch((error) => { if (!gone.signal.aborted) setProblem(error instanceof ApiFailure ? error.message : 'The server cannot be reached.'); });
    return () => gone.abort();
  }, [id, version]);

  // Chosen far down a long list it would open out of sight; whoever closes it is back where it was chosen.
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
    return () => {
      if (!route.value.of) document.querySelector<HTMLElement>(`tbody a[href="#/requests/${encodeURIComponent(id)}"]`)?.focus();
    };
  }, [id]);

  return (
    <aside class="card details request" aria-label="Request" ref={box}>
      <header>
        <h2>{detail ? `#${detail.number} ${detail.endpoint}` : 'Request'}</h2>
        {detail && <State of={outcome(detail)} word={detail.phase === 'done' ? (detail.finish_reason ?? `${detail.status}`) : detail.phase} />}
        <a class="quiet button" href="#/requests" aria-label="Close request">×</a>
      </header>
      {problem && <p class="notice bad">{problem}</p>}
      {detail && (
        <>
          <Waterfall detail={detail} />
          {detail.error && <p class="notice bad">{detail.error}</p>}
          <dl class="facts">
            <Fact name="arrived">{clock(detail.arrived_at)}</Fact>
            <Fact name="first token">{millis(detail.first_token_ms)}</Fact>
            <Fact name="total">{millis(detail.elapsed_ms)}</Fact>
            <Fact name="tokens per second">{speed(detail)}</Fact>
            <Fact name="prompt tokens">{whole(detail.prompt_tokens ?? 0)}</Fact>
            <Fact name="of them cached">{whole(detail.cached_tokens ?? 0)}</Fact>
            <Fact name="generated">{whole(detail.generated_tokens ?? 0)}</Fact>
            <Fact name="limit">{detail.max_tokens === null ? '–' : whole(detail.max_tokens)}</Fact>
            <Fact name="replica">{path(detail)}</Fact>
            <Fact name="choices">{detail.n}</Fact>
            <Fact name="streamed">{detail.stream ? 'yes' : 'no'}</Fact>
            <Fact name="status">{detail.status ?? '–'}</Fact>
          </dl>
          <p class="id"><small>X-Request-Id</small> <code>{detail.id}</code></p>
        </>
      )}
    </aside>
  );
}

/** The replicas that worked on it, in turn. */
function path({ replica, prompts }: RequestDetail): string {
  const moves = prompts.length === 1 ? prompts[0].events.filter((event) => event.kind === 'request_resumed').map((event) => event.replica) : [];
  return replica === null ? '–' : [replica, ...moves].filter((one, index, all) => one !== null && one !== all[index - 1]).join(' → ');
}

function speed({ first_token_ms: first, last_token_ms: last, generated_tokens: count }: RequestDetail): string {
  return first !== null && last !== null && last > first && (count ?? 0) > 1 ? ((count! - 1) / ((last - first) / 1000)).toFixed(1) : '–';
}
