/** The names that the page's modules use in JSDoc; `openapi` is generated from docs/openapi.yaml. */
import type { components, paths } from "openapi";

type Schemas = components["schemas"];
type Json = "application/json";

declare global {
  type Room = Schemas["Room"];
  type RoomChange = Schemas["PatchedRoomRequest"];
  type RoomWithMessages = Schemas["RoomWithMessages"];
  type Message = Schemas["Message"];
  type Reply = Schemas["Reply"];
  type EarlierReply = Schemas["EarlierReply"];
  type Part = Schemas["Part"];
  type AttachedFile = Schemas["AttachedFile"];
  type UploadedFile = Schemas["UploadedFile"];
  type Me = Schemas["Me"];
  type Usage = Schemas["Usage"];
  type Tier = Schemas["Tier"];
  type Subscription = Schemas["Subscription"];
  type Device = Schemas["Session"];
  type ApiKey = Schemas["ApiKey"];
  type Found = Schemas["Found"];
  type Tokens = Schemas["Tokens"];
  type ProblemBody = Schemas["Problem"];
  type FieldError = Schemas["FieldError"];
  type StreamEvent = Schemas["StreamEvent"];

  /** What `chatrooms.page.view` puts into the page. */
  interface PageConfig {
    language: string;
    languages: string[];
    languageCookie: string;
    themeCookie: string;
    signedInCookie: string;
    /** The modules that a chat with messages needs. */
    later: string[];
    region: string;
    countries: string[];
    icons: string;
    pretend: boolean;
  }

  type Method = "GET" | "POST" | "PATCH" | "DELETE";
  type Operation<M extends Method, P extends keyof paths> = paths[P][Lowercase<M> & keyof paths[P]];
  /** The paths of the API that have a method. */
  type PathOf<M extends Method> = {
    [P in keyof paths]: Operation<M, P> extends { responses: unknown } ? P : never;
  }[keyof paths];
  type BodyOf<O> = O extends { requestBody?: { content: { [T in Json]: infer B } } } ? B : never;
  type OkResponse<R> = R[(200 | 201 | 202) & keyof R];
  /** What an operation responds with if all goes well; undefined for 204. */
  type ResultOf<O> = O extends { responses: infer R }
    ? OkResponse<R> extends { content: { [T in Json]: infer B } } ? B : undefined
    : never;

  interface RequestOptions<O> {
    params?: Record<string, string | number>;
    query?: Record<string, string | number | boolean | undefined>;
    body?: BodyOf<O>;
    headers?: Record<string, string>;
    signal?: AbortSignal;
    /** For sign-in: no access token is sent, and a 401 is the answer. */
    open?: boolean;
  }

  interface TrustedTypePolicyFactory { createPolicy(name: string, rules: object): unknown; }
  interface Window { trustedTypes?: TrustedTypePolicyFactory; }
}
