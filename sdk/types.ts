import type { BodyOf, Language, ParamsOf, QueryOf, ResponseOf, Route, Routes } from '@corehour/contract'

export type ClientSettings = {
  /** Where the server is, such as `https://billing.example.org`; a path before `/v1` is kept. */
  url: string
  /** An API key; public routes (prices, estimates) need none. */
  key?: string | undefined
  /** Instead of the global one. */
  fetch?: typeof fetch | undefined
  /** Of refusals; English where left out. */
  language?: Language | undefined
  /** How often a request is sent again at most; 4 where left out. */
  retries?: number | undefined
  /** Milliseconds for one try, answer included; 30,000 where left out. */
  timeout?: number | undefined
  /** Ends every call of the client, beside a call's own. */
  signal?: AbortSignal | undefined
}

export type CallOptions = {
  /** Ends the call, waits between tries among it. */
  signal?: AbortSignal | undefined
  /** Milliseconds for one try, instead of the client's. */
  timeout?: number | undefined
}

export type OptionsOf<R> = R extends { idempotency: 'none' }
  ? CallOptions
  : CallOptions & {
      /** Names the request, so that it is done once however often it is sent; made by the client where left out. */
      idempotencyKey?: string | undefined
    }

/** A field that may be left out may be undefined as well. */
type Loose<T> = { [K in keyof T]: {} extends Pick<T, K> ? T[K] | undefined : T[K] }
type BodyFieldsOf<R> = R extends { judgedByItem: true }
  ? { events: BodyOf<R> }
  : R extends { body: Route['body'] & object }
    ? BodyOf<R>
    : {}
type FieldsOf<R> = Loose<ParamsOf<R> & QueryOf<R> & BodyFieldsOf<R>>

/** What a call takes: the fields of path, query and body as one flat object; usage events are its field `events`. */
export type InputOf<R> = keyof FieldsOf<R> extends never ? Record<string, never> : FieldsOf<R>

type Arguments<R, Options> =
  {} extends FieldsOf<R> ? [input?: InputOf<R>, options?: Options] : [input: InputOf<R>, options?: Options]

export type Page<T> = { data: T[]; has_more: boolean; next_cursor: string | null }

/** A list that comes in pages. `limit` is the size of one, `cursor` where to begin. */
type Paged<R, T> = {
  /** Every row of every page, fetched as they are read. */
  each(...args: Arguments<R, CallOptions>): AsyncGenerator<T, void, undefined>
  /** Every page. */
  pages(...args: Arguments<R, CallOptions>): AsyncGenerator<ResponseOf<R>, void, undefined>
}

/** A stream: each answer as it comes, until there are no more; a line that breaks is opened anew. */
type Streamed<R> = (...args: Arguments<R, CallOptions>) => AsyncGenerator<ResponseOf<R>, void, undefined>

export type Method<R> = R extends { stream: true } ? Streamed<R> : Called<R>
type Called<R> = ((...args: Arguments<R, OptionsOf<R>>) => Promise<ResponseOf<R>>) &
  (ResponseOf<R> extends Page<infer T> ? Paged<R, T> : unknown)

export type Export = ResponseOf<Routes['exports']['get']>

export type ExportMethods = {
  /**
   * Follows an export until it is done. `onProgress` hears each look at it, the first and the last among them.
   * @throws ExportFailed when the server could not write it.
   */
  wait(
    input: { export_id: string },
    options?: CallOptions & { onProgress?: ((job: Export) => void) | undefined },
  ): Promise<Export>
  /**
   * The file of an export that is done, as it comes in: any size in little memory. `timeout` is for its beginning.
   * @throws ExportFailed when there is no file.
   */
  download(input: { export_id: string }, options?: CallOptions): Promise<ReadableStream<Uint8Array>>
}

export type TopUpOrder = ResponseOf<Routes['topUps']['get']>

export type TopUpMethods = {
  /**
   * A top-up order as it stands, and again whenever that changes, until it is over: paid, expired, closed or disputed. It is streamed; where
   * a stream breaks it is opened anew, and where none passes the order is looked at every few seconds.
   */
  follow(input: { order_id: string }, options?: CallOptions): AsyncGenerator<TopUpOrder, void, undefined>
}

/** Every route of the contract as `client.noun.verb(input, options)`. */
export type Client = {
  [Noun in keyof Routes]: { [Verb in keyof Routes[Noun]]: Method<Routes[Noun][Verb]> }
} & { exports: ExportMethods; topUps: TopUpMethods }
