import { useState } from 'preact/hooks';
import { Empty, State } from '../bits';
import { clock, millis, whole } from '../format';
import { asksGateways, requests } from '../live';
import { route } from '../route';
import type { RequestSummary } from '../types';
import { useFound } from './found';
import { RequestView } from './request-view';

const outcomes = ['running', 'done', 'failed', 'cancelled'];

export function Requests() {
  const chosen = route.value.of;
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState('');
  const { shown, more, older } = useFound({ text: text.trim(), outcome });
  return (
    <>
      <div class="title">
        <h1>Requests</h1>
        <div class="row filter" role="search">
          <input type="search" aria-label="Find" placeholder="Id, key or error …" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <select aria-label="Outcome" value={outcome} onChange={(event) => setOutcome(event.currentTarget.value)}>
            <option value="">All</option>
            {outcomes.map((word) => <option key={word} value={word}>{word[0].toUpperCase() + word.slice(1)}</option>)}
          </select>
        </div>
      </div>
      <div class={chosen ? 'split' : ''}>
        <section class="card table" aria-label="Requests">
          {requests.value.length === 0 ? <Empty>{asksGateways.value ? 'This node answers no clients: requests are listed by the gateways.' : <>No requests yet. <a href="#/playground">Send one from the playground.</a></>}</Empty> : shown.length === 0 ? <Empty>None of those that are kept: the ones that run and the last 500.</Empty> : (
            <table>
              <thead>
                <tr>
                  <th scope="col">Request</th>
                  <th scope="col">State</th>
                  <th scope="col" class="num">Prompt</th>
                  <th scope="col" class="num">Cached</th>
                  <th scope="col" class="num">Out</th>
                  <th scope="col" class="num">First token</th>
                  <th scope="col" class="num">Total</th>
                  <th scope="col" class="num">Replica</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((request) => <Row key={request.number} request={request} chosen={request.id === chosen} />)}
              </tbody>
            </table>
          )}
          {more && <p class="row more"><button type="button" class="small" onClick={older}>Older</button></p>}
        </section>
        {chosen && <RequestView key={chosen} id={chosen} summary={shown.find((one) => one.id === chosen)} />}
      </div>
    </>
  );
}

function Row({ request, chosen }: { request: RequestSummary; chosen: boolean }) {
  const count = (value: number | null) => (value === null ? '–' : whole(value));
  return (
    <tr class={chosen ? 'chosen' : ''}>
      <th scope="row">
        <a href={`#/requests/${encodeURIComponent(request.id)}`} aria-current={chosen ? 'true' : undefined}>#{request.number} {request.endpoint}</a>
        <small>{clock(request.arrived_at)}{request.client && ` · ${request.client}`}</small>
      </th>
      <td><State of={outcome(request)} word={request.phase === 'done' ? (request.finish_reason ?? `${request.status}`) : request.phase} /></td>
      <td class="num" data-label="prompt">{count(request.prompt_tokens)}</td>
      <td class="num" data-label="cached">{count(request.cached_tokens)}</td>
      <td class="num" data-label="out">{count(request.generated_tokens)}</td>
      <td class="num" data-label="first token">{millis(request.first_token_ms)}</td>
      <td class="num" data-label="total">{millis(request.elapsed_ms)}</td>
      <td class="num" data-label="replica">{request.replica ?? '–'}</td>
    </tr>
  );
}

/** What its end, or its phase, means. */
export function outcome(request: RequestSummary): string {
  if (request.phase !== 'done') return request.phase;
  if ((request.status ?? 200) === 499 || request.finish_reason === 'abort') return 'cancelled';
  return (request.status ?? 200) >= 400 || request.finish_reason === 'error' ? 'error' : 'done';
}
