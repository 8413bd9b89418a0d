// The HTTP client: JSON requests and responses, and errors (RFC 9457).

const BASE = '/api/v1';

/** Longer than webd's statement timeout; a network test has its own. */
const TIMEOUT_MS = 20_000;

/** An error from the API; status 0: it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null,
    readonly code: string | null = null,
    readonly hint: string | null = null,
  ) {
    super(detail ?? title);
    this.name = 'ApiError';
  }
}

/** Whether a later retry may succeed: no response, too many requests, or an error of the pool. */
export function isPassing(error: ApiError): boolean {
  return error.status === 0 || error.status === 429 || error.status >= 500;
}

export type Query = Record<string, string | number | null | undefined>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let csrfToken: string | undefined;
let onSignedOut: (() => void) | undefined;

/** Kept in memory only; responses about the session contain it. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Called when the session has ended. */
export function setOnSignedOut(action: (() => void) | undefined): void {
  onSignedOut = action;
}

/** A path within the API with encoded parts: apiPath`/networks/${name}/address`. */
export function apiPath(texts: TemplateStringsArray, ...parts: (string | number)[]): string {
  return texts.reduce((path, text, i) => path + encodeURIComponent(String(parts[i - 1])) + text);
}

export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return path + (text === '' ? '' : `?${text}`);
}

/** The URL of a GET, which is also the key of its response in caches. */
export function urlOf(path: string, query: Query = {}): string {
  return BASE + withQuery(path, query);
}

export function get<Data>(url: string, signal?: AbortSignal): Promise<Data> {
  return call<Data>('GET', url, undefined, TIMEOUT_MS, signal);
}

/** A call that changes something; path is within the API. */
export function send<Data>(method: Exclude<Method, 'GET'>, path: string, body?: object, timeout = TIMEOUT_MS): Promise<Data> {
  return call<Data>(method, BASE + path, body, timeout);
}

async function call<Data>(method: Method, url: string, body: object | undefined, timeout: number, signal?: AbortSignal): Promise<Data> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrfToken !== undefined) headers['X-CSRF-Token'] = csrfToken;

  const ender = new AbortController();
  const timer = setTimeout(() => ender.abort(), timeout);
  const giveUp = () => ender.abort();
  signal?.addEventListener('abort', giveUp);
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: ender.signal,
      credentials: 'same-origin',
    });
    if (!response.ok) {
      const error = await errorOf(response);
      // 28P01 is a wrong password, not an ended session
      if (error.status === 401 && error.code !== '28P01') onSignedOut?.();
      throw error;
    }
    return (await response.json()) as Data;
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    if (ender.signal.aborted) throw new ApiError(0, 'Timeout', 'The pool took too long to respond.');
    throw new ApiError(0, 'No connection', 'The pool cannot be reached. Check your connection and try again.');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as { title?: string; detail?: string; code?: string; hint?: string };
    return new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? null, problem.code ?? null, problem.hint ?? null);
  } catch {
    return new ApiError(response.status, response.statusText || `Error ${response.status}`, null);
  }
}
