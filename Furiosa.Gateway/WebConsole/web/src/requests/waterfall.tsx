import { millis } from '../format';
import type { RequestDetail } from '../types';

/** When a request waited, was read and was answered, prompt by prompt, with marks where it was resumed. */
export function Waterfall({ detail }: { detail: RequestDetail }) {
  const end = Math.max(detail.elapsed_ms ?? 0, ...detail.prompts.flatMap((prompt) => prompt.spans.map((span) => span.end_ms)), 1);
  const at = (ms: number) => `${(ms / end) * 100}%`;
  return (
    <figure class="waterfall">
      <figcaption class="sr">Waterfall of request {detail.number}</figcaption>
      {detail.prompts.map((prompt) => (
        <ol key={prompt.index} aria-label={detail.prompts.length > 1 ? `Prompt ${prompt.index}` : 'Phases'}>
          {prompt.spans.map((span, index) => (
            <li key={index}>
              <span class="name">{span.name}</span>
              <span class="lane" aria-hidden="true">
                <i class={`span ${span.name}`} style={{ left: at(span.start_ms), width: at(Math.max(span.end_ms - span.start_ms, end / 250)) }} />
                {prompt.events.filter((event) => event.kind === 'request_resumed' && event.at_ms >= span.start_ms && event.at_ms <= span.end_ms).map((event) => (
                  <i key={event.at_ms} class="mark" style={{ left: at(event.at_ms) }} />
                ))}
              </span>
              <span class="time">{millis(span.end_ms - span.start_ms)}</span>
            </li>
          ))}
        </ol>
      ))}
      <p class="axis" aria-hidden="true"><span>0</span><span>{millis(end / 2)}</span><span>{millis(end)}</span></p>
      {detail.prompts.some((prompt) => prompt.events.length > 0) && (
        <ul class="happened">
          {detail.prompts.flatMap((prompt) => prompt.events.map((event, index) => (
            <li key={`${prompt.index}.${index}`}><b>{millis(event.at_ms)}</b> {event.message}</li>
          )))}
        </ul>
      )}
    </figure>
  );
}
