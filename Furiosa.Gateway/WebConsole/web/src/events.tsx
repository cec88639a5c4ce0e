import { useState } from 'preact/hooks';
import { Empty, State } from './bits';
import { clock } from './format';
import { asksGateways, events } from './live';

const states: Record<string, string> = {
  replica_loading: 'loading',
  replica_serving: 'serving',
  replica_draining: 'draining',
  replica_failed: 'failed',
  group_lost: 'lost',
  request_resumed: 'up',
  node_joined: 'up',
  node_back: 'up',
  node_lost: 'lost',
  node_left: 'idle',
  node_draining: 'draining',
  node_undrained: 'up',
};

/** The log of what happened, newest first. It is not announced as it grows: a reader would hear nothing else. */
export function Events() {
  const [kind, setKind] = useState('');
  const kinds = [...new Set(events.value.map((event) => event.kind))].sort();
  const shown = events.value.filter((event) => kind === '' || event.kind === kind).reverse();
  return (
    <>
      <div class="title">
        <h1>Events</h1>
        <label>
          Kind{' '}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="">all</option>
            {kinds.map((one) => <option key={one} value={one}>{words(one)}</option>)}
          </select>
        </label>
      </div>
      {shown.length === 0 ? <section class="card"><Empty>{asksGateways.value ? 'This node lists no events: the gateways do.' : 'Nothing has happened yet.'}</Empty></section> : (
        <ol class="card events" reversed>
          {shown.map((event) => (
            <li key={event.number}>
              <time dateTime={event.time} title={event.time}>{clock(event.time)}</time>
              <State of={states[event.kind] ?? (event.kind.split('_').at(-1) ?? '')} word={words(event.kind)} />
              <span class="message">{event.message}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

const words = (kind: string) => kind.replaceAll('_', ' ');
