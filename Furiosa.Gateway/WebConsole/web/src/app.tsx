import { useEffect, useRef } from 'preact/hooks';
import { keyWanted } from './api';
import { State } from './bits';
import { Events } from './events';
import { KeyForm } from './key-form';
import { link, picture, serverState } from './live';
import { Overview } from './overview/overview';
import { Playground } from './playground/playground';
import { Requests } from './requests/requests';
import { route } from './route';
import { setTheme, theme, type Theme } from './theme';

const pages = [
  { id: 'overview', title: 'Cluster', view: Overview },
  { id: 'requests', title: 'Requests', view: Requests },
  { id: 'events', title: 'Events', view: Events },
  { id: 'playground', title: 'Playground', view: Playground },
];

export function App() {
  const here = pages.find((page) => page.id === route.value.page) ?? pages[0];
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const asks = keyWanted.value !== 'no';

  useEffect(() => {
    document.title = `${here.title} · Furiosa console`;
    // A new page is read from its top; the first one is where the browser puts it.
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [here.id]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to content</a>
      <header class="top">
        <a class="brand" href="#/" aria-label="Furiosa console">
          <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M9.5 8h13a1.5 1.5 0 0 1 0 4h-13a1.5 1.5 0 0 1 0-4zm0 6.5h8a1.5 1.5 0 0 1 0 4h-8a1.5 1.5 0 0 1 0-4zm0 6.5h2a1.5 1.5 0 0 1 0 4h-2a1.5 1.5 0 0 1 0-4z" /></svg>
          <b>Furiosa</b>
        </a>
        <nav aria-label="Console">
          {pages.map((page) => (
            <a key={page.id} href={`#/${page.id}`} aria-current={page === here ? 'page' : undefined}>{page.title}</a>
          ))}
        </nav>
        <div class="tools">
          <State of={serverState.value} />
          <ThemeChoice />
        </div>
      </header>
      <div class="sr" role="status">{picture.value || asks ? `The server is ${serverState.value}.` : ''}</div>
      <main id="main" tabIndex={-1} ref={main}>
        {asks ? <KeyForm /> : (
          <>
            {link.value === 'lost' && <p class="notice bad">The server cannot be reached; what is shown is what it last said. Trying again …</p>}
            <here.view />
          </>
        )}
      </main>
    </>
  );
}

function ThemeChoice() {
  return (
    <label class="theme">
      <span class="sr">Colours</span>
      <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        <option value="system">Auto</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
