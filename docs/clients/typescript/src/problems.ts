/** The errors of the API (RFC 9457) as exceptions. */

/** What the server says about an error; some codes have further members, such as `errors` or `resets_at`. */
export type ProblemBody = { code?: string; detail?: string; [member: string]: unknown };

export interface Details {
  detail?: string;
  requestId?: string;
  retryAfter?: number | undefined;
  body?: ProblemBody;
}

/** A request that the server has refused. */
export class Refused extends Error {
  readonly detail: string;
  /** The request's id, to quote to support. */
  readonly requestId: string;
  /** Seconds to wait before a repeat, if the server said so. */
  readonly retryAfter: number | undefined;
  readonly body: ProblemBody;

  /** `code` is what programs should rely on; the server's docs/errors.md lists all. It is empty if a proxy refused. */
  constructor(readonly status: number, readonly code: string, details: Details = {}) {
    super(`${status} ${code}: ${details.detail ?? ""} (request ${details.requestId || "unknown"})`);
    this.name = new.target.name;
    this.detail = details.detail ?? "";
    this.requestId = details.requestId ?? "";
    this.retryAfter = details.retryAfter;
    this.body = details.body ?? {};
  }
}

/** 400, 413, 415 or 422: the request itself is wrong; `body.errors` says where. */
export class InvalidInput extends Refused {}
/** 401: the API key or the access token is missing, wrong, expired or ended. */
export class NotSignedIn extends Refused {}
/** 403: the key lacks a scope, for example. */
export class NotAllowed extends Refused {}
/** 404: the object does not exist, or is not yours. */
export class NotFound extends Refused {}
/** 409: the object is not in a state for this. */
export class Conflict extends Refused {}
/** 429: a limit is reached. */
export class TooManyRequests extends Refused {}
/** 5xx: the server, or a part of it, is unavailable. */
export class Unavailable extends Refused {}

const KINDS: Record<number, typeof Refused> = {
  400: InvalidInput, 413: InvalidInput, 415: InvalidInput, 422: InvalidInput,
  401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: Conflict, 429: TooManyRequests,
};

/** The exception for a status. */
export function refused(status: number, code: string, details: Details = {}): Refused {
  const Kind = status >= 500 ? Unavailable : (KINDS[status] ?? Refused);
  return new Kind(status, code, details);
}

/** The exception for a response, which this reads. */
export async function refusedBy(response: Response): Promise<Refused> {
  const body = await problemIn(response);
  return refused(response.status, body.code ?? "", {
    detail: body.detail ?? response.statusText,
    requestId: response.headers.get("X-Request-ID") ?? "",
    retryAfter: retryAfterOf(response),
    body,
  });
}

/** The problem in a response; empty if it is no JSON object. */
export async function problemIn(response: Response): Promise<ProblemBody> {
  try {
    const body: unknown = JSON.parse(await response.clone().text());
    return typeof body === "object" && body !== null ? (body as ProblemBody) : {};
  } catch {
    return {};
  }
}

/** The seconds of `Retry-After`; undefined without it, or if it is a date, which our server never sends. */
export function retryAfterOf(response: Response): number | undefined {
  const text = response.headers.get("Retry-After") ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
