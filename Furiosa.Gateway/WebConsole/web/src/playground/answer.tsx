import { useState } from 'preact/hooks';
import { State } from '../bits';
import { millis } from '../format';
import type { Turn } from './pane-model';
import { Tokens } from './tokens';

interface AnswerProps {
  turn: Turn;
  running: boolean;
  last: boolean;
  send: (results: { id: string; content: string }[]) => void;
}

/** What the model said. It is text, whatever it looks like. */
export function Answer({ turn, running, last, send }: AnswerProps) {
  const waits = running && turn.content === '' && turn.reasoning === '' && turn.calls.length === 0;
  // Calls are written in tokens too, but what is shown of those is the call.
  const colours = turn.tokens.length > 0 && turn.calls.length === 0 && turn.reasoning === '';
  return (
    <>
      {turn.reasoning && <details class="reasoning" open={running}><summary>Reasoning</summary><p class="text">{turn.reasoning}</p></details>}
      {waits && <p class="waits" aria-hidden="true"><i /><i /><i /></p>}
      {colours ? <Tokens tokens={turn.tokens} content={turn.content} /> : turn.content && <p class="text">{turn.content}</p>}
      {turn.calls.map((call) => (
        <div key={call.id} class="call">
          <p><small>calls</small> <b>{call.function.name}</b></p>
          <pre tabIndex={0}>{pretty(call.function.arguments)}</pre>
        </div>
      ))}
      {last && !running && turn.finish === 'tool_calls' && <ToolResults turn={turn} send={send} />}
      {turn.error && <p class="notice bad">{turn.error}</p>}
      {(turn.finish || turn.totalMs !== undefined) && <Footer turn={turn} />}
    </>
  );
}

function Footer({ turn }: { turn: Turn }) {
  const count = turn.usage?.completion_tokens;
  // What comes in one piece, as calls do, or nearly so, has no speed that could be seen from here: the waterfall knows it.
  const seen = turn.totalMs !== undefined && turn.firstMs !== undefined ? turn.totalMs - turn.firstMs : 0;
  const speed = count && count > 1 && seen >= 200 && turn.calls.length === 0 ? (count - 1) / (seen / 1000) : null;
  return (
    <footer>
      {turn.finish && <State of={turn.finish === 'stop' || turn.finish === 'tool_calls' ? 'done' : 'queued'} word={turn.finish} />}
      {turn.usage && <span>{turn.usage.prompt_tokens} prompt + {count} generated tokens</span>}
      {turn.firstMs !== undefined && <span>first after {millis(turn.firstMs)}</span>}
      {speed !== null && <span>{speed.toFixed(1)} tokens/s</span>}
      {turn.requestId && <a href={`#/requests/${encodeURIComponent(turn.requestId)}`}>Waterfall</a>}
    </footer>
  );
}

/** Takes what the called tools would have answered. */
function ToolResults({ turn, send }: { turn: Turn; send: AnswerProps['send'] }) {
  const [results, setResults] = useState<Record<string, string>>({});
  return (
    <form class="results" onSubmit={(event) => { event.preventDefault(); send(turn.calls.map((call) => ({ id: call.id, content: results[call.id] ?? '' }))); }}>
      {turn.calls.map((call) => (
        <label key={call.id}>
          Result of {call.function.name}
          <textarea rows={2} value={results[call.id] ?? ''} onInput={(event) => setResults({ ...results, [call.id]: event.currentTarget.value })} />
        </label>
      ))}
      <button type="submit" class="small">Give {turn.calls.length === 1 ? 'result' : 'results'}</button>
    </form>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
