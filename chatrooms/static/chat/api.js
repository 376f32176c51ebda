/**
 * Requests to the API, typed by docs/openapi.yaml.
 */
import { RefreshFailed, currentToken, refresh } from "./session.js";

/** What the API or the network said instead of a result; `status` is 0 if there was no answer at all. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Partial<ProblemBody> & Record<string, unknown>} body
   * @param {number | null} retryAfter seconds
   */
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    /** @type {string} */
    this.code = body.code ?? (status === 0 ? "offline" : "unknown");
    this.detail = body.detail ?? "";
    /** @type {FieldError[]} */
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/**
 * @template {Method} M
 * @template {PathOf<M>} P
 * @param {M} method
 * @param {P} path as in docs/openapi.yaml, with its {parameters} in braces
 * @param {RequestOptions<Operation<M, P>>} options
 * @returns {Promise<ResultOf<Operation<M, P>>>}
 */
export async function request(method, path, options = {}) {
  const response = await raw(method, path, options);
  if (response.status === 204) return /** @type {ResultOf<Operation<M, P>>} */ (undefined);
  return await response.json();
}

/**
 * One page of a list.
 * @template {PathOf<"GET">} P
 * @param {P} path
 * @param {RequestOptions<Operation<"GET", P>>} options
 * @returns {Promise<{items: ResultOf<Operation<"GET", P>>, next: string | null}>} `next` is the cursor of the next page
 */
export async function list(path, options = {}) {
  const response = await raw("GET", path, options);
  return { items: await response.json(), next: nextCursor(response.headers.get("Link")) };
}

/**
 * @param {string | null} header
 * @returns {string | null}
 */
function nextCursor(header) {
  const url = header?.match(/<([^>]+)>;\s*rel="next"/)?.[1];
  return url ? new URL(url, location.href).searchParams.get("cursor") : null;
}

/**
 * The response itself, once its status is a success.
 * @template {Method} M
 * @template {PathOf<M>} P
 * @param {M} method
 * @param {P} path
 * @param {RequestOptions<Operation<M, P>>} options
 * @returns {Promise<Response>}
 */
export async function raw(method, path, options = {}) {
  const url = address(path, options);
  let token = options.open ? null : await accessToken();
  let response = await send(method, url, options, token);
  if (response.status === 401 && token !== null && (await renewed(token))) {
    token = currentToken();
    response = await send(method, url, options, token);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * A token that works now, for requests that go another way (uploads with progress).
 * @returns {Promise<string>}
 */
export async function accessToken() {
  const token = currentToken();
  if (token !== null) return token;
  if (!(await renewed(null))) throw new Problem(401, { code: "session_ended" });
  return currentToken() ?? "";
}

/**
 * @param {string | null} failed
 * @returns {Promise<boolean>}
 */
async function renewed(failed) {
  try {
    return await refresh(failed);
  } catch (error) {
    if (error instanceof RefreshFailed) throw new Problem(error.status, {}, error.retryAfter);
    window.dispatchEvent(new Event("kuvaka:unreachable"));
    throw new Problem(0, {});
  }
}

/**
 * @param {string} path
 * @param {{params?: Record<string, string | number>, query?: Record<string, string | number | boolean | undefined>}} options
 * @returns {string}
 */
function address(path, { params = {}, query = {} }) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params[name])));
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length ? `${filled}?${new URLSearchParams(given)}` : filled;
}

/**
 * @param {string} method
 * @param {string} url
 * @param {{body?: unknown, headers?: Record<string, string>, signal?: AbortSignal}} options
 * @param {string | null} token
 * @returns {Promise<Response>}
 */
async function send(method, url, { body, headers = {}, signal }, token) {
  /** @type {Record<string, string>} */
  const all = { Accept: "application/json", ...headers };
  if (token !== null) all.Authorization = `Bearer ${token}`;
  if (body !== undefined) all["Content-Type"] = "application/json";
  try {
    return await fetch(url, {
      method,
      headers: all,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    window.dispatchEvent(new Event("kuvaka:unreachable"));
    throw new Problem(0, {});
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  const body = await response.json().catch(() => ({}));
  return new Problem(response.status, body, Number.isFinite(seconds) && seconds > 0 ? seconds : null);
}
