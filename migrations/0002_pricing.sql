-- Published price lists never change. The document is the file as it was published; price holds one row per SKU in it.
create table price_list (
  price_list_id text collate "C" primary key,
  currency text not null,
  effective_at timestamptz not null,
  published_at timestamptz not null,
  published_by text not null,
  document jsonb not null,
  unique (currency, effective_at)
);

-- unit_prices: micro-units per hour (or month) by what is counted, as text: {"cpu_hour": "50000", "gpu_hour": "2000000"}
create table price (
  price_id text collate "C" primary key,
  price_list_id text collate "C" not null references price_list,
  sku text collate "C" not null,
  unit_prices jsonb not null,
  unique (price_list_id, sku)
);

-- rate: grains per second for the quoted quantity.
create table quote (
  bucket integer not null,
  account_id text collate "C" not null,
  quote_id text collate "C" not null,
  sku text collate "C" not null,
  price_id text collate "C" not null references price,
  quantity jsonb not null,
  rate bigint not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (bucket, account_id, quote_id)
);
