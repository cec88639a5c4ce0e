import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson } from '../api';
import { requests } from '../live';
import type { RequestSummary } from '../types';

const pageSize = 50;

interface Page {
  requests: RequestSummary[];
  more: boolean;
}

/** Which requests are wanted; empty is all. */
export interface Filter {
  text: string;
  outcome: string;
}

/** The requests that are wanted, newest first, as they come; and how to have older ones. */
export function useFound({ text, outcome }: Filter) {
  const isFiltered = text !== '' || outcome !== '';
  const query = `text=${encodeURIComponent(text)}&outcome=${outcome}`;
  const [page, setPage] = useState<(Page & { query: string }) | null>(null);
  const [hasOlder, setHasOlder] = useState<boolean | null>(null);
  // What was seen stays when newer ones push it off the first page.
  const seen = useRef(new Map<number, RequestSummary>());
  const pages = useRef(1);

  useEffect(() => {
    seen.current.clear();
    pages.current = 1;
    setHasOlder(null);
  }, [query]);

  // The stream has the newest of all; others are asked for as often as it ticks.
  useEffect(() => {
    if (!isFiltered) return setPage(null);
    const gone = new AbortController();
    getJson<Page>(`/requests?limit=${pageSize}&${query}`, { signal: gone.signal }).then((found) => setPage({ ...found, query }), () => {});
    return () => gone.abort();
  }, [query, requests.value]);

  const newest = isFiltered ? (page?.query === query ? page.requests : []) : requests.value;
  for (const request of newest) seen.current.set(request.number, request);
  const shown = pages.current === 1 ? newest : [...seen.current.values()].sort((one, other) => other.number - one.number);
  const more = hasOlder ?? (isFiltered ? (page?.more ?? false) : newest.length >= pageSize);

  const older = async () => {
    const last = shown.at(-1);
    if (!last) return;
    const next = await getJson<Page>(`/requests?limit=${pageSize}&before=${last.number}&${query}`);
    pages.current++;
    for (const request of next.requests) seen.current.set(request.number, request);
    setHasOlder(next.more);
  };
  return { shown, more, older };
}
