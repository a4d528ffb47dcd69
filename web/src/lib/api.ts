// The API as a typed client: paths, parameters, bodies and answers come from the OpenAPI document (`make docs`).

import createClient, { type Client, type ClientOptions, type Middleware } from "openapi-fetch";

import type { components, paths } from "./api-types";

export type Problem = components["schemas"]["Problem"];
export type ApiClient = Client<paths>;

/** What the API refused: `code` for programs, `message` and `hint` for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail);
    this.name = "ApiError";
  }

  get code(): string {
    return this.problem.code;
  }

  get hint(): string {
    return this.problem.hint;
  }
}

/** `token` is asked at each request: it is renewed while the page is open. */
export function createApi(token: () => string | null, options: ClientOptions = {}): ApiClient {
  const client = createClient<paths>(options);
  client.use(signedIn(token), refusals);
  return client;
}

function signedIn(token: () => string | null): Middleware {
  return {
    onRequest({ request }) {
      const held = token();
      if (held !== null) request.headers.set("Authorization", `Bearer ${held}`);
      return request;
    },
  };
}

const refusals: Middleware = {
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return undefined;
    throw new ApiError(response.status, await problemOf(response));
  },
};

async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return (await response.json()) as Problem;
  }
  // Something between us and the server answered.
  return {
    title: response.statusText || "Error",
    status: response.status,
    code: "unavailable",
    detail: `the server answered ${response.status}`,
    hint: "Try again in a moment.",
  };
}
