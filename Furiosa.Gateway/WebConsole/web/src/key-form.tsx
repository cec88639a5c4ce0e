import { useEffect, useRef } from 'preact/hooks';
import { keyWanted, useKey } from './api';
import { follow } from './live';

/** Asks for the admin key, which this tab keeps until it is closed. */
export function KeyForm() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const wrong = keyWanted.value === 'wrong';

  const submit = (event: Event) => {
    event.preventDefault();
    const value = field.current!.value.trim();
    if (value === '') return;
    useKey(value);
    void follow();
  };

  return (
    <form class="card key-form" onSubmit={submit}>
      <h1>Admin key</h1>
      <p>This listener answers to those who know its key (<code>--admin-key</code>). This tab forgets it when it is closed.</p>
      <label for="admin-key">Key</label>
      <input id="admin-key" type="password" autocomplete="current-password" ref={field} aria-invalid={wrong} aria-describedby={wrong ? 'key-wrong' : undefined} />
      {wrong && <p id="key-wrong" class="problem" role="alert">That is not the key.</p>}
      <button class="primary" type="submit">Open the console</button>
    </form>
  );
}
