-- migrations b861f0e949f89b19, text fbb6313d134b7b72
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', true);
SET LOCAL check_function_bodies = false;
SET LOCAL xmloption = content;
SET LOCAL client_min_messages = warning;
SET LOCAL row_security = off;

CREATE FUNCTION public.kuvaka_words(content text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(NORMALIZE("left"(content, 100000), NFKC), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u0375\u037e\u0384-\u0385\u0387\u03f6\u0482\u055a-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u06dd-\u06de\u06e9\u06fd-\u06fe\u0700-\u070f\u07f6-\u07f9\u07fe-\u07ff\u0830-\u083e\u085e\u0888\u0890-\u0891\u08e2\u0964-\u0965\u0970\u09f2-\u09f3\u09fa-\u09fb\u09fd\u0a76\u0af0-\u0af1\u0b70\u0bf3-\u0bfa\u0c77\u0c7f\u0c84\u0d4f\u0d79\u0df4-\u109f\u10fb\u1100-\u11ff\u1360-\u1368\u1390-\u1399\u1400\u166d-\u166e\u1680\u169b-\u169c\u16eb-\u16ed\u1735-\u1736\u1780-\u180a\u180e\u1940-\u1945\u19de-\u19ff\u1a1e-\u1a1f\u1aa0-\u1aa6\u1aa8-\u1aad\u1b5a-\u1b6a\u1b74-\u1b7e\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e-\u1c7f\u1cc0-\u1cc7\u1cd3\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd-\u206f\u207a-\u207e\u208a-\u208e\u20a0-\u2101\u2103-\u2106\u2108-\u2109\u2114\u2116-\u2118\u211e-\u2123\u2125\u2127\u2129\u212e\u213a-\u213b\u2140-\u2144\u214a-\u214d\u214f\u218a-\u244a\u249c-\u24e9\u2500-\u2775\u2794-\u2bff\u2ce5-\u2cea\u2cf9-\u2cfc\u2cfe-\u2cff\u2d70\u2e00-\u2e2e\u2e30-\u9fff\ua490-\ua4c6\ua4fe-\ua4ff\ua60d-\ua60f\ua673\ua67e\ua6f2-\ua716\ua720-\ua721\ua789-\ua78a\ua828-\ua82b\ua836-\ua839\ua874-\ua877\ua8ce-\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e-\ua92f\ua95f\ua9c1-\ua9cd\ua9de-\ua9df\uaa5c-\uaa5f\uaa77-\uaa79\uaade-\uaadf\uaaf0-\uaaf1\uab5b\uab6a-\uab6b\uabeb\uac00-\ufaff\ufb29\ufbb2-\ufbc2\ufd3e-\ufd4f\ufdcf\ufdfc-\ufe19\ufe30-\ufe6b\ufeff-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f\uffe0-\ufffd\U00010100-\U00010102\U00010137-\U0001013f\U00010179-\U00010189\U0001018c-\U000101fc\U0001039f\U000103d0\U0001056f\U00010857\U00010877-\U00010878\U0001091f\U0001093f\U00010a50-\U00010a58\U00010a7f\U00010ac8\U00010af0-\U00010af6\U00010b39-\U00010b3f\U00010b99-\U00010b9c\U00010ead\U00010f55-\U00010f59\U00010f86-\U00010f89\U00011047-\U0001104d\U000110bb-\U000110c1\U000110cd\U00011140-\U00011143\U00011174-\U00011175\U000111c5-\U000111c8\U000111cd\U000111db\U000111dd-\U000111df\U00011238-\U0001123d\U000112a9\U0001144b-\U0001144f\U0001145a-\U0001145d\U000114c6\U000115c1-\U000115d7\U00011641-\U00011643\U00011660-\U0001166c\U000116b9\U0001173c-\U0001173f\U0001183b\U00011944-\U00011946\U000119e2\U00011a3f-\U00011a46\U00011a9a-\U00011a9c\U00011a9e-\U00011aa2\U00011c41-\U00011c45\U00011c70-\U00011c71\U00011ef7-\U00011ef8\U00011fd5-\U00011fff\U00012470-\U00012474\U00012ff1-\U00012ff2\U00013430-\U00013438\U00016a6e-\U00016a6f\U00016af5\U00016b37-\U00016b3f\U00016b44-\U00016b45\U00016e97-\U00016e9a\U00016fe2\U0001bc9c\U0001bc9f-\U0001bca3\U0001cf50-\U0001d164\U0001d16a-\U0001d16c\U0001d173-\U0001d17a\U0001d183-\U0001d184\U0001d18c-\U0001d1a9\U0001d1ae-\U0001d241\U0001d245\U0001d300-\U0001d356\U0001d6c1\U0001d6db\U0001d6fb\U0001d715\U0001d735\U0001d74f\U0001d76f\U0001d789\U0001d7a9\U0001d7c3\U0001d800-\U0001d9ff\U0001da37-\U0001da3a\U0001da6d-\U0001da74\U0001da76-\U0001da83\U0001da85-\U0001da8b\U0001e14f\U0001e2ff\U0001e95e-\U0001e95f\U0001ecac\U0001ecb0\U0001ed2e\U0001eef0-\U0001f0f5\U0001f10d-\U0001fbca\U00020000-\U0010fffd]+'::text, ' '::text, 'g'::text);

SET LOCAL default_tablespace = '';

SET LOCAL default_table_access_method = heap;

CREATE TABLE public.accounts_apikey (
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    secret_hash character varying(64) NOT NULL,
    previous_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    previous_until timestamp with time zone,
    scopes character varying(16)[] DEFAULT '{}'::character varying(16)[] NOT NULL,
    model_names character varying(80)[],
    daily_units integer,
    units_day date,
    units_used integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    rotated_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    user_id bigint NOT NULL,
    expiry_told timestamp with time zone,
    allowed_origins character varying(255)[] DEFAULT '{}'::character varying(255)[] NOT NULL,
    CONSTRAINT accounts_apikey_daily_units_check CHECK ((daily_units >= 0)),
    CONSTRAINT accounts_apikey_units_used_check CHECK ((units_used >= 0)),
    CONSTRAINT api_key_previous_secret_ends CHECK (((((previous_hash)::text = ''::text) AND (previous_until IS NULL)) OR ((NOT ((previous_hash)::text = ''::text)) AND (previous_until IS NOT NULL)))),
    CONSTRAINT api_key_scopes_are_known CHECK ((scopes <@ ARRAY['rooms:read'::character varying(16), 'rooms:write'::character varying(16), 'messages:write'::character varying(16), 'files'::character varying(16), 'usage:read'::character varying(16), 'webhooks'::character varying(16)]))
);

CREATE TABLE public.accounts_dailyfigure (
    id bigint NOT NULL,
    day date NOT NULL,
    name character varying(60) NOT NULL,
    value double precision NOT NULL
);

ALTER TABLE public.accounts_dailyfigure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_dailyfigure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_idempotencykey (
    id bigint NOT NULL,
    route character varying(80) NOT NULL,
    key_hash character varying(64) NOT NULL,
    body_hash character varying(64) NOT NULL,
    status smallint NOT NULL,
    object_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    user_id bigint NOT NULL,
    reference character varying(255) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT accounts_idempotencykey_status_check CHECK ((status >= 0))
);

ALTER TABLE public.accounts_idempotencykey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_idempotencykey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_onetimecode (
    id bigint NOT NULL,
    number character varying(16) NOT NULL,
    purpose character varying(20) NOT NULL,
    digest character varying(64) NOT NULL,
    prefix character varying(16) NOT NULL,
    country character varying(3) NOT NULL,
    address character varying(64) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    sent_at timestamp with time zone,
    expires_at timestamp with time zone,
    deliveries smallint NOT NULL,
    guesses smallint NOT NULL,
    used_at timestamp with time zone,
    user_id bigint,
    CONSTRAINT accounts_onetimecode_deliveries_check CHECK ((deliveries >= 0)),
    CONSTRAINT accounts_onetimecode_guesses_check CHECK ((guesses >= 0)),
    CONSTRAINT code_deliveries_at_most_three CHECK ((deliveries <= 3)),
    CONSTRAINT code_guesses_at_most_five CHECK ((guesses <= 5)),
    CONSTRAINT code_with_digest_expires CHECK (((((digest)::text = ''::text) AND (expires_at IS NULL)) OR ((NOT ((digest)::text = ''::text)) AND (expires_at IS NOT NULL))))
);

ALTER TABLE public.accounts_onetimecode ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_onetimecode_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_session (
    id uuid NOT NULL,
    method character varying(8) NOT NULL,
    user_agent character varying(200) NOT NULL,
    current_jti uuid NOT NULL,
    previous_jti uuid,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    rotated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    user_id bigint NOT NULL,
    replaced uuid[],
    replaced_at timestamp with time zone[]
);

CREATE TABLE public.accounts_staffaction (
    id bigint NOT NULL,
    action character varying(40) NOT NULL,
    target character varying(80) NOT NULL,
    reason character varying(500) NOT NULL,
    outcome character varying(40) NOT NULL,
    request_id character varying(64) NOT NULL,
    address character varying(64) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    staff_id bigint,
    user_id bigint
);

ALTER TABLE public.accounts_staffaction ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_staffaction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_tries (
    id bigint NOT NULL,
    number character varying(16) NOT NULL,
    kind character varying(8) NOT NULL,
    failures integer NOT NULL,
    locked_until timestamp with time zone,
    updated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    CONSTRAINT accounts_tries_failures_check CHECK ((failures >= 0))
);

ALTER TABLE public.accounts_tries ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_tries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    mobile_number character varying(16) NOT NULL,
    display_name character varying(80) NOT NULL,
    language character varying(35) NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean NOT NULL,
    rooms_version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    erase_next_try_at timestamp with time zone,
    erase_tries integer NOT NULL,
    erasing_at timestamp with time zone,
    CONSTRAINT accounts_user_erase_tries_check CHECK ((erase_tries >= 0)),
    CONSTRAINT user_erasing_is_signed_out_and_tried CHECK ((((erase_next_try_at IS NULL) AND (erasing_at IS NULL)) OR ((erase_next_try_at IS NOT NULL) AND (erasing_at IS NOT NULL) AND (NOT is_active)))),
    CONSTRAINT user_number_is_e164 CHECK (((mobile_number)::text ~ '^\+[1-9][0-9]{6,14}$'::text))
);

CREATE TABLE public.accounts_user_groups (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE public.accounts_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.accounts_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_user_user_permissions (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.accounts_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_webhookdelivery (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    event_type character varying(32) NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    status character varying(9) DEFAULT 'pending'::character varying NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    claims integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT statement_timestamp(),
    lease_until timestamp with time zone,
    last_attempt_at timestamp with time zone,
    last_status_code smallint,
    last_error character varying(20) DEFAULT ''::character varying NOT NULL,
    ended_at timestamp with time zone,
    endpoint_id uuid NOT NULL,
    CONSTRAINT accounts_webhookdelivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT accounts_webhookdelivery_claims_check CHECK ((claims >= 0)),
    CONSTRAINT accounts_webhookdelivery_last_status_code_check CHECK ((last_status_code >= 0)),
    CONSTRAINT webhook_delivery_is_pending_or_ended CHECK ((((ended_at IS NULL) AND (next_attempt_at IS NOT NULL) AND ((status)::text = 'pending'::text)) OR ((NOT ((status)::text = 'pending'::text)) AND (ended_at IS NOT NULL) AND (lease_until IS NULL) AND (next_attempt_at IS NULL))))
);

ALTER TABLE public.accounts_webhookdelivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_webhookdelivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_webhookendpoint (
    id uuid NOT NULL,
    url character varying(2000) NOT NULL,
    event_types character varying(32)[] DEFAULT '{}'::character varying(32)[] NOT NULL,
    sealed_secret bytea NOT NULL,
    previous_sealed_secret bytea,
    previous_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    rotated_at timestamp with time zone,
    disabled_at timestamp with time zone,
    disabled_reason character varying(8) DEFAULT ''::character varying NOT NULL,
    failing_since timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    paused_until timestamp with time zone,
    last_attempt_at timestamp with time zone,
    user_id bigint,
    prompt_since timestamp with time zone,
    CONSTRAINT accounts_webhookendpoint_failures_check CHECK ((failures >= 0)),
    CONSTRAINT webhook_disabled_for_a_reason CHECK ((((disabled_at IS NULL) AND ((disabled_reason)::text = ''::text)) OR ((disabled_at IS NOT NULL) AND (NOT ((disabled_reason)::text = ''::text))))),
    CONSTRAINT webhook_event_types_are_known CHECK ((event_types <@ ARRAY['reply.done'::character varying(32), 'reply.failed'::character varying(32), 'reply.stopped'::character varying(32), 'quota.exhausted'::character varying(32), 'subscription.changed'::character varying(32), 'key.expiring'::character varying(32), 'account.erased'::character varying(32)])),
    CONSTRAINT webhook_previous_secret_ends CHECK ((((previous_sealed_secret IS NULL) AND (previous_until IS NULL)) OR ((previous_sealed_secret IS NOT NULL) AND (previous_until IS NOT NULL))))
);

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.axes_accessattempt (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    get_data text NOT NULL,
    post_data text NOT NULL,
    failures_since_start integer NOT NULL,
    CONSTRAINT axes_accessattempt_failures_since_start_check CHECK ((failures_since_start >= 0))
);

ALTER TABLE public.axes_accessattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.axes_accessattemptexpiration (
    access_attempt_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.axes_accessfailurelog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    locked_out boolean NOT NULL
);

ALTER TABLE public.axes_accessfailurelog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessfailurelog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.axes_accesslog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    logout_time timestamp with time zone,
    session_hash character varying(64) NOT NULL
);

ALTER TABLE public.axes_accesslog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accesslog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_checkout (
    user_id bigint NOT NULL,
    customer_number integer NOT NULL,
    session_number integer NOT NULL,
    session_id character varying(255) NOT NULL,
    CONSTRAINT billing_checkout_customer_number_check CHECK ((customer_number >= 0)),
    CONSTRAINT billing_checkout_session_number_check CHECK ((session_number >= 0))
);

CREATE TABLE public.billing_dailyusage (
    id bigint NOT NULL,
    day date NOT NULL,
    used integer NOT NULL,
    prompt_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    user_id bigint NOT NULL,
    stops integer DEFAULT 0 NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    CONSTRAINT billing_dailyusage_cost_micros_check CHECK ((cost_micros >= 0)),
    CONSTRAINT billing_dailyusage_output_tokens_check CHECK ((output_tokens >= 0)),
    CONSTRAINT billing_dailyusage_prompt_tokens_check CHECK ((prompt_tokens >= 0)),
    CONSTRAINT billing_dailyusage_stops_check CHECK ((stops >= 0)),
    CONSTRAINT billing_dailyusage_used_check CHECK ((used >= 0))
);

ALTER TABLE public.billing_dailyusage ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_dailyusage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_entitlement (
    user_id bigint NOT NULL,
    stripe_until timestamp with time zone,
    grant_until timestamp with time zone
);

CREATE TABLE public.billing_grant (
    id bigint NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason character varying(500) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    granted_by_id bigint,
    user_id bigint NOT NULL,
    CONSTRAINT grant_ends_after_it_begins CHECK ((ends_at > created_at)),
    CONSTRAINT grant_has_a_reason CHECK ((NOT ((reason)::text = ''::text)))
);

ALTER TABLE public.billing_grant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_lease (
    name character varying(300) NOT NULL,
    token uuid NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.billing_ledgerentry (
    id bigint NOT NULL,
    day date NOT NULL,
    amount smallint NOT NULL,
    kind character varying(10) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    returns_id bigint,
    user_id bigint NOT NULL,
    api_key_id uuid,
    CONSTRAINT ledger_takes_one_or_returns_one CHECK ((((amount = '-1'::integer) AND ((kind)::text = 'return'::text) AND (returns_id IS NOT NULL)) OR ((NOT ((kind)::text = 'return'::text)) AND (amount = 1) AND (returns_id IS NULL))))
);

ALTER TABLE public.billing_ledgerentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_ledgerentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_modelcall (
    id bigint NOT NULL,
    purpose character varying(10) NOT NULL,
    model character varying(80) NOT NULL,
    prompt_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    cached_tokens integer,
    tool_tokens integer,
    thought_tokens integer,
    estimated boolean NOT NULL,
    cost_micros bigint,
    response_id character varying(80) NOT NULL,
    service_tier character varying(20) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT billing_modelcall_cached_tokens_check CHECK ((cached_tokens >= 0)),
    CONSTRAINT billing_modelcall_cost_micros_check CHECK ((cost_micros >= 0)),
    CONSTRAINT billing_modelcall_output_tokens_check CHECK ((output_tokens >= 0)),
    CONSTRAINT billing_modelcall_prompt_tokens_check CHECK ((prompt_tokens >= 0)),
    CONSTRAINT billing_modelcall_thought_tokens_check CHECK ((thought_tokens >= 0)),
    CONSTRAINT billing_modelcall_tool_tokens_check CHECK ((tool_tokens >= 0))
);

ALTER TABLE public.billing_modelcall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_modelcall_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_paymentissue (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    stripe_id character varying(255) NOT NULL,
    status character varying(40) NOT NULL,
    reason character varying(80) NOT NULL,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    is_live boolean NOT NULL,
    created timestamp with time zone NOT NULL,
    user_id bigint NOT NULL
);

ALTER TABLE public.billing_paymentissue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_paymentissue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_serviceusage (
    day date NOT NULL,
    prompt_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_micros bigint DEFAULT 0 NOT NULL,
    CONSTRAINT billing_serviceusage_cost_micros_check CHECK ((cost_micros >= 0)),
    CONSTRAINT billing_serviceusage_output_tokens_check CHECK ((output_tokens >= 0)),
    CONSTRAINT billing_serviceusage_prompt_tokens_check CHECK ((prompt_tokens >= 0))
);

CREATE TABLE public.billing_stripeevent (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    type character varying(80) NOT NULL,
    customer_id character varying(255) NOT NULL,
    object_id character varying(255) NOT NULL,
    received_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    next_try_at timestamp with time zone DEFAULT statement_timestamp(),
    tries smallint NOT NULL,
    processed_at timestamp with time zone,
    error character varying(80) NOT NULL,
    CONSTRAINT billing_stripeevent_tries_check CHECK ((tries >= 0))
);

ALTER TABLE public.billing_stripeevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_stripeevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.billing_tier (
    id bigint NOT NULL,
    slug character varying(20) NOT NULL,
    name character varying(40) NOT NULL,
    max_output_tokens integer NOT NULL,
    context_tokens integer NOT NULL,
    parallel_replies smallint NOT NULL,
    waiting_replies smallint NOT NULL,
    daily_messages integer,
    model_names character varying(80)[] NOT NULL,
    sends_per_minute integer NOT NULL,
    stripe_price character varying(255) NOT NULL,
    stripe_product character varying(255) NOT NULL,
    former_products character varying(255)[] NOT NULL,
    seeded_price character varying(255) NOT NULL,
    file_bytes integer DEFAULT 10485760 NOT NULL,
    files_per_message smallint DEFAULT 4 NOT NULL,
    kept_file_bytes bigint DEFAULT 104857600 NOT NULL,
    CONSTRAINT billing_tier_context_tokens_check CHECK ((context_tokens >= 0)),
    CONSTRAINT billing_tier_daily_messages_check CHECK ((daily_messages >= 0)),
    CONSTRAINT billing_tier_file_bytes_check CHECK ((file_bytes >= 0)),
    CONSTRAINT billing_tier_files_per_message_check CHECK ((files_per_message >= 0)),
    CONSTRAINT billing_tier_kept_file_bytes_check CHECK ((kept_file_bytes >= 0)),
    CONSTRAINT billing_tier_max_output_tokens_check CHECK ((max_output_tokens >= 0)),
    CONSTRAINT billing_tier_parallel_replies_check CHECK ((parallel_replies >= 0)),
    CONSTRAINT billing_tier_sends_per_minute_check CHECK ((sends_per_minute >= 0)),
    CONSTRAINT billing_tier_waiting_replies_check CHECK ((waiting_replies >= 0)),
    CONSTRAINT tier_answers_at_least_one CHECK ((parallel_replies >= 1)),
    CONSTRAINT tier_files_are_bounded CHECK (((file_bytes >= 1) AND (file_bytes <= 26214400))),
    CONSTRAINT tier_files_per_message_are_bounded CHECK (((files_per_message >= 1) AND (files_per_message <= 100))),
    CONSTRAINT tier_output_is_bounded CHECK ((max_output_tokens >= 1)),
    CONSTRAINT tier_sends_at_least_one CHECK ((sends_per_minute >= 1)),
    CONSTRAINT tier_takes_at_least_one CHECK ((waiting_replies >= 1)),
    CONSTRAINT tier_with_price_has_product CHECK ((((stripe_price)::text = ''::text) OR (NOT ((stripe_product)::text = ''::text))))
);

ALTER TABLE public.billing_tier ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.billing_tier_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chatrooms_chatroom (
    id bigint NOT NULL,
    name character varying(120) NOT NULL,
    system_instruction character varying(4000) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    user_id bigint NOT NULL,
    archived boolean DEFAULT false NOT NULL,
    pinned boolean DEFAULT false NOT NULL,
    model character varying(80) DEFAULT ''::character varying NOT NULL,
    naming character varying(7) DEFAULT 'user'::character varying NOT NULL,
    temperature double precision,
    title_tries smallint DEFAULT 0 NOT NULL,
    listed_at timestamp with time zone GENERATED ALWAYS AS (
CASE
    WHEN pinned THEN (((updated_at AT TIME ZONE 'UTC'::text) + '1000 years'::interval) AT TIME ZONE 'UTC'::text)
    ELSE updated_at
END) STORED,
    response_schema jsonb,
    search boolean DEFAULT false NOT NULL,
    show_thoughts boolean DEFAULT false NOT NULL,
    thinking character varying(8) DEFAULT ''::character varying NOT NULL,
    kind character varying(10) DEFAULT 'chat'::character varying NOT NULL,
    CONSTRAINT chatrooms_chatroom_title_tries_check CHECK ((title_tries >= 0)),
    CONSTRAINT room_temperature_is_0_to_2 CHECK (((temperature IS NULL) OR ((temperature >= (0.0)::double precision) AND (temperature <= (2.0)::double precision))))
);

ALTER TABLE public.chatrooms_chatroom ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chatrooms_chatroom_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chatrooms_externalid (
    room_id bigint NOT NULL,
    external_id character varying(100) NOT NULL,
    user_id bigint NOT NULL
);

CREATE TABLE public.chatrooms_file (
    id bigint NOT NULL,
    name character varying(255) NOT NULL,
    kind character varying(5) NOT NULL,
    mime_type character varying(40) NOT NULL,
    size integer NOT NULL,
    width integer,
    height integer,
    pages integer,
    seconds double precision,
    sha256 character varying(64) NOT NULL,
    key character varying(80) NOT NULL,
    staging_key character varying(80) DEFAULT ''::character varying NOT NULL,
    state character varying(7) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    attached_at timestamp with time zone,
    google_name character varying(100) DEFAULT ''::character varying NOT NULL,
    google_uri character varying(500) DEFAULT ''::character varying NOT NULL,
    google_expires_at timestamp with time zone,
    message_id bigint,
    user_id bigint NOT NULL,
    CONSTRAINT chatrooms_file_height_check CHECK ((height >= 0)),
    CONSTRAINT chatrooms_file_pages_check CHECK ((pages >= 0)),
    CONSTRAINT chatrooms_file_size_check CHECK ((size >= 0)),
    CONSTRAINT chatrooms_file_width_check CHECK ((width >= 0)),
    CONSTRAINT file_copy_at_google_is_whole CHECK ((((google_expires_at IS NULL) AND ((google_name)::text = ''::text) AND ((google_uri)::text = ''::text)) OR ((google_expires_at IS NOT NULL) AND (NOT ((google_name)::text = ''::text)) AND (NOT ((google_uri)::text = ''::text))))),
    CONSTRAINT file_has_the_measures_of_its_kind CHECK ((((height >= 1) AND ((kind)::text = 'image'::text) AND (pages IS NULL) AND (seconds IS NULL) AND (width >= 1)) OR ((height IS NULL) AND ((kind)::text = 'pdf'::text) AND (pages >= 1) AND (seconds IS NULL) AND (width IS NULL)) OR ((height IS NULL) AND ((kind)::text = 'audio'::text) AND (pages IS NULL) AND (seconds > (0.0)::double precision) AND (width IS NULL)) OR ((height IS NULL) AND ((kind)::text = 'text'::text) AND (pages IS NULL) AND (seconds IS NULL) AND (width IS NULL)) OR ((NOT ((state)::text = 'ready'::text)) AND (NOT ((staging_key)::text = ''::text)) AND (height IS NULL) AND ((kind)::text = ''::text) AND (pages IS NULL) AND (seconds IS NULL) AND (width IS NULL)))),
    CONSTRAINT file_is_not_empty CHECK ((size >= 1)),
    CONSTRAINT file_of_message_is_ready CHECK (((message_id IS NULL) OR ((attached_at IS NOT NULL) AND ((state)::text = 'ready'::text))))
);

ALTER TABLE public.chatrooms_file ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chatrooms_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chatrooms_filespace (
    user_id bigint NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT file_space_is_counted CHECK ((used >= 0))
);

CREATE TABLE public.chatrooms_message (
    id bigint NOT NULL,
    role character varying(9) NOT NULL,
    content text NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    is_current boolean NOT NULL,
    status character varying(10) NOT NULL,
    attempt integer NOT NULL,
    tries_left smallint NOT NULL,
    not_before timestamp with time zone,
    publish_at timestamp with time zone,
    is_parked boolean NOT NULL,
    lease_until timestamp with time zone,
    model character varying(80) NOT NULL,
    error character varying(40) NOT NULL,
    finish_reason character varying(20) NOT NULL,
    prompt_tokens integer,
    output_tokens integer,
    request_id character varying(64) NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    answers_id bigint,
    room_id bigint NOT NULL,
    user_id bigint NOT NULL,
    unit_id bigint,
    edited_at timestamp with time zone,
    tokens_estimated boolean DEFAULT false NOT NULL,
    revision_id bigint,
    first_token_ms integer,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, public.kuvaka_words(content))) STORED,
    cached_tokens integer,
    parts jsonb,
    response_id character varying(80) DEFAULT ''::character varying NOT NULL,
    retry_code character varying(40) DEFAULT ''::character varying NOT NULL,
    service_tier character varying(20) DEFAULT ''::character varying NOT NULL,
    thought_tokens integer,
    tool_tokens integer,
    files jsonb,
    asked jsonb,
    CONSTRAINT chatrooms_message_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT chatrooms_message_cached_tokens_check CHECK ((cached_tokens >= 0)),
    CONSTRAINT chatrooms_message_first_token_ms_check CHECK ((first_token_ms >= 0)),
    CONSTRAINT chatrooms_message_output_tokens_check CHECK ((output_tokens >= 0)),
    CONSTRAINT chatrooms_message_prompt_tokens_check CHECK ((prompt_tokens >= 0)),
    CONSTRAINT chatrooms_message_thought_tokens_check CHECK ((thought_tokens >= 0)),
    CONSTRAINT chatrooms_message_tool_tokens_check CHECK ((tool_tokens >= 0)),
    CONSTRAINT chatrooms_message_tries_left_check CHECK ((tries_left >= 0)),
    CONSTRAINT message_is_of_the_user_or_a_reply CHECK ((((answers_id IS NULL) AND (NOT is_current) AND ((role)::text = 'user'::text) AND ((status)::text = ''::text)) OR ((answers_id IS NOT NULL) AND ((role)::text = 'assistant'::text) AND (NOT ((status)::text = ''::text))))),
    CONSTRAINT reply_failed_has_code CHECK (((((status)::text = 'failed'::text) AND (NOT ((error)::text = ''::text))) OR ((NOT ((status)::text = 'failed'::text)) AND ((error)::text = ''::text)))),
    CONSTRAINT reply_generating_has_lease CHECK (((NOT ((status)::text = 'generating'::text)) OR (lease_until IS NOT NULL))),
    CONSTRAINT reply_tries_are_bounded CHECK ((tries_left <= 3))
);

ALTER TABLE public.chatrooms_message ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chatrooms_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chatrooms_revision (
    id bigint NOT NULL,
    content text NOT NULL,
    written_at timestamp with time zone NOT NULL,
    message_id bigint NOT NULL
);

ALTER TABLE public.chatrooms_revision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.chatrooms_revision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chatrooms_summary (
    room_id bigint NOT NULL,
    content text NOT NULL,
    upto bigint NOT NULL,
    updated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    stale bigint[] DEFAULT '{}'::bigint[] NOT NULL
);

CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id bigint NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);

ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_results_chordcounter (
    id integer NOT NULL,
    group_id character varying(255) NOT NULL,
    sub_tasks text NOT NULL,
    count integer NOT NULL,
    CONSTRAINT django_celery_results_chordcounter_count_check CHECK ((count >= 0))
);

ALTER TABLE public.django_celery_results_chordcounter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_results_chordcounter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_results_groupresult (
    id integer NOT NULL,
    group_id character varying(255) NOT NULL,
    date_created timestamp with time zone NOT NULL,
    date_done timestamp with time zone NOT NULL,
    content_type character varying(128) NOT NULL,
    content_encoding character varying(64) NOT NULL,
    result text
);

ALTER TABLE public.django_celery_results_groupresult ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_results_groupresult_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_results_taskresult (
    id integer NOT NULL,
    task_id character varying(255) NOT NULL,
    status character varying(50) NOT NULL,
    content_type character varying(128) NOT NULL,
    content_encoding character varying(64) NOT NULL,
    result text,
    date_done timestamp with time zone NOT NULL,
    traceback text,
    meta text,
    task_args text,
    task_kwargs text,
    task_name character varying(255),
    worker character varying(100),
    date_created timestamp with time zone NOT NULL,
    periodic_task_name character varying(255),
    date_started timestamp with time zone
);

ALTER TABLE public.django_celery_results_taskresult ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_results_taskresult_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);

CREATE TABLE public.djstripe_account (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_account ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_account_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_accountv2 (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_accountv2 ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_accountv2_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_activeentitlement (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_activeentitlement ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_activeentitlement_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_apikey (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    created timestamp with time zone,
    id character varying(255) NOT NULL,
    type character varying(255) NOT NULL,
    name character varying(100) NOT NULL,
    secret character varying(128) NOT NULL,
    livemode boolean NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_apikey ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_apikey_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_applicationfee (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    account_id character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    balance_transaction_id character varying(255) NOT NULL,
    charge_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_applicationfee ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_applicationfee_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_applicationfeerefund (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    fee_id character varying(255) NOT NULL,
    balance_transaction_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_applicationfeerefund ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_applicationfeerefund_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_balancetransaction (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    source character varying(255) NOT NULL,
    type character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_balancetransaction ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_balancetransaction_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_bankaccount (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    fingerprint character varying(16) NOT NULL,
    account_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_bankaccount ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_bankaccount_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_card (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    fingerprint character varying(16) NOT NULL,
    account_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_card ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_card_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_charge (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    status character varying(255) NOT NULL,
    balance_transaction_id character varying(255),
    djstripe_owner_account_id character varying(255),
    customer_id character varying(255),
    source_id character varying(255),
    invoice_id character varying(255),
    payment_intent_id character varying(255),
    payment_method_id character varying(255)
);

ALTER TABLE public.djstripe_charge ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_charge_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_countryspec (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    id character varying(2) NOT NULL,
    default_currency character varying(3) NOT NULL,
    supported_bank_account_currencies jsonb NOT NULL,
    supported_payment_currencies jsonb NOT NULL,
    supported_payment_methods jsonb NOT NULL,
    supported_transfer_countries jsonb NOT NULL,
    verification_fields jsonb NOT NULL
);

CREATE TABLE public.djstripe_coupon (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    id character varying(500) NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_coupon ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_coupon_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_customer (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    email text NOT NULL,
    date_purged timestamp with time zone,
    djstripe_owner_account_id character varying(255),
    subscriber_id bigint,
    default_payment_method_id character varying(255)
);

ALTER TABLE public.djstripe_customer ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_customer_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_discount (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    promotion_code character varying(255) NOT NULL,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255),
    invoice_id character varying(255),
    subscription_id character varying(255)
);

ALTER TABLE public.djstripe_discount ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_discount_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_dispute (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    balance_transaction_id character varying(255),
    charge_id character varying(255),
    djstripe_owner_account_id character varying(255),
    payment_intent_id character varying(255)
);

ALTER TABLE public.djstripe_dispute ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_dispute_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_djstripeinvoicedefaulttaxrate (
    id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    taxrate_id bigint NOT NULL
);

ALTER TABLE public.djstripe_djstripeinvoicedefaulttaxrate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_djstripeinvoicedefaulttaxrate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_djstripeinvoiceitemtaxrate (
    id bigint NOT NULL,
    invoiceitem_id bigint NOT NULL,
    taxrate_id bigint NOT NULL
);

ALTER TABLE public.djstripe_djstripeinvoiceitemtaxrate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_djstripeinvoiceitemtaxrate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_djstripepaymentmethod (
    id character varying(255) NOT NULL,
    type character varying(50) NOT NULL
);

CREATE TABLE public.djstripe_djstripesubscriptionitemtaxrate (
    id bigint NOT NULL,
    subscriptionitem_id bigint CONSTRAINT djstripe_djstripesubscriptionitemt_subscriptionitem_id_not_null NOT NULL,
    taxrate_id bigint NOT NULL
);

ALTER TABLE public.djstripe_djstripesubscriptionitemtaxrate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_djstripesubscriptionitemtaxrate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_earlyfraudwarning (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_earlyfraudwarning ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_earlyfraudwarning_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_event (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    api_version character varying(64) NOT NULL,
    data jsonb NOT NULL,
    request_id character varying(50) NOT NULL,
    idempotency_key text NOT NULL,
    type character varying(250) NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_event ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_event_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_feature (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_feature ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_feature_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_file (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_file ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_file_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_filelink (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    file_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_filelink ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_filelink_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_idempotencykey (
    uuid uuid NOT NULL,
    action character varying(100) NOT NULL,
    livemode boolean NOT NULL,
    created timestamp with time zone NOT NULL
);

CREATE TABLE public.djstripe_invoice (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    charge_id bigint,
    customer_id character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    payment_intent_id bigint,
    default_payment_method_id character varying(255),
    subscription_id character varying(255)
);

ALTER TABLE public.djstripe_invoice ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_invoice_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_invoiceitem (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    invoice_id character varying(255),
    price_id bigint,
    subscription_id character varying(255)
);

ALTER TABLE public.djstripe_invoiceitem ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_invoiceitem_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_issuing_authorization (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_issuing_authorization ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_issuing_authorization_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_issuing_card (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_issuing_card ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_issuing_card_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_issuing_cardholder (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_issuing_cardholder ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_issuing_cardholder_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_issuing_dispute (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_issuing_dispute ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_issuing_dispute_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_issuing_transaction (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_issuing_transaction ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_issuing_transaction_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_lineitem (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    invoice_item_id character varying(255),
    subscription_id character varying(255),
    subscription_item_id character varying(255)
);

ALTER TABLE public.djstripe_lineitem ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_lineitem_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_mandate (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    payment_method_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_mandate ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_mandate_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_paymentintent (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255),
    on_behalf_of_id character varying(255),
    payment_method_id character varying(255)
);

ALTER TABLE public.djstripe_paymentintent ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_paymentintent_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_paymentmethod (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_paymentmethod ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_paymentmethod_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_payout (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    currency character varying(3) NOT NULL,
    balance_transaction_id character varying(255),
    destination_id character varying(255),
    djstripe_owner_account_id character varying(255),
    failure_balance_transaction_id character varying(255),
    original_payout_id bigint,
    reversed_by_id bigint
);

ALTER TABLE public.djstripe_payout ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_payout_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_price (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    active boolean NOT NULL,
    currency character varying(3) NOT NULL,
    nickname character varying(250) NOT NULL,
    lookup_key character varying(250),
    djstripe_owner_account_id character varying(255),
    product_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_price ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_price_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_product (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    name text NOT NULL,
    active boolean,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_product ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_product_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_productfeature (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    entitlement_feature_id character varying(255) NOT NULL,
    product_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_productfeature ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_productfeature_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_promotioncode (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_promotioncode ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_promotioncode_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_refund (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    balance_transaction_id character varying(255),
    charge_id character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    failure_balance_transaction_id character varying(255)
);

ALTER TABLE public.djstripe_refund ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_refund_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_review (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_review ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_review_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_scheduledqueryrun (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    data_load_time timestamp with time zone NOT NULL,
    error jsonb,
    result_available_until timestamp with time zone NOT NULL,
    sql text NOT NULL,
    status character varying(255) NOT NULL,
    title text NOT NULL,
    djstripe_owner_account_id character varying(255),
    file_id character varying(255)
);

ALTER TABLE public.djstripe_scheduledqueryrun ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_scheduledqueryrun_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_session (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255),
    payment_intent_id character varying(255),
    setup_intent_id character varying(255),
    subscription_id character varying(255)
);

ALTER TABLE public.djstripe_session ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_session_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_setupintent (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255),
    on_behalf_of_id character varying(255),
    payment_method_id character varying(255)
);

ALTER TABLE public.djstripe_setupintent ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_setupintent_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_shippingrate (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    tax_code_id character varying(255)
);

ALTER TABLE public.djstripe_shippingrate ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_shippingrate_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_source (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_source ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_source_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_sourcetransaction (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    ach_credit_transfer jsonb NOT NULL,
    amount numeric(14,2),
    currency character varying(3) NOT NULL,
    customer_data jsonb,
    status character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    source_id character varying(255)
);

ALTER TABLE public.djstripe_sourcetransaction ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_sourcetransaction_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_subscription (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    customer_id character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_subscription ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_subscription_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_subscriptionitem (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255),
    price_id bigint,
    subscription_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_subscriptionitem ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_subscriptionitem_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_subscriptionschedule (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    canceled_at timestamp with time zone,
    completed_at timestamp with time zone,
    current_phase jsonb,
    default_settings jsonb,
    end_behavior character varying(255) NOT NULL,
    phases jsonb,
    released_at timestamp with time zone,
    status character varying(255) NOT NULL,
    customer_id bigint NOT NULL,
    djstripe_owner_account_id character varying(255),
    released_subscription_id bigint,
    subscription_id bigint
);

ALTER TABLE public.djstripe_subscriptionschedule ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_subscriptionschedule_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_taxcode (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_taxcode ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_taxcode_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_taxid (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    customer_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_taxid ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_taxid_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_taxrate (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_taxrate ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_taxrate_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_transfer (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    balance_transaction_id character varying(255),
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_transfer ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_transfer_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_transferreversal (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    balance_transaction_id character varying(255),
    djstripe_owner_account_id character varying(255),
    transfer_id character varying(255) NOT NULL
);

ALTER TABLE public.djstripe_transferreversal ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_transferreversal_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_upcominginvoice (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    charge_id bigint,
    customer_id character varying(255) NOT NULL,
    default_payment_method_id character varying(255),
    djstripe_owner_account_id character varying(255),
    payment_intent_id bigint,
    subscription_id character varying(255)
);

ALTER TABLE public.djstripe_upcominginvoice ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_upcominginvoice_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_verificationreport (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    document jsonb,
    id_number jsonb,
    options jsonb,
    selfie jsonb,
    type character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255)
);

ALTER TABLE public.djstripe_verificationreport ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_verificationreport_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_verificationsession (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    last_error jsonb,
    redaction jsonb,
    verified_outputs jsonb,
    status character varying(255) NOT NULL,
    type character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    last_verification_report_id character varying(255)
);

ALTER TABLE public.djstripe_verificationsession ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_verificationsession_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_webhookendpoint (
    djstripe_created timestamp with time zone NOT NULL,
    djstripe_updated timestamp with time zone NOT NULL,
    stripe_data jsonb NOT NULL,
    djstripe_id bigint NOT NULL,
    id character varying(255) NOT NULL,
    livemode boolean,
    created timestamp with time zone,
    metadata jsonb,
    api_version character varying(64) NOT NULL,
    enabled_events jsonb NOT NULL,
    secret character varying(256) NOT NULL,
    status character varying(255) NOT NULL,
    url character varying(2048) NOT NULL,
    application character varying(255) NOT NULL,
    djstripe_uuid uuid NOT NULL,
    djstripe_tolerance smallint NOT NULL,
    djstripe_validation_method character varying(255) NOT NULL,
    djstripe_owner_account_id character varying(255),
    CONSTRAINT djstripe_webhookendpoint_djstripe_tolerance_check CHECK ((djstripe_tolerance >= 0))
);

ALTER TABLE public.djstripe_webhookendpoint ALTER COLUMN djstripe_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_webhookendpoint_djstripe_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.djstripe_webhookeventtrigger (
    id bigint NOT NULL,
    remote_ip inet NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    valid boolean NOT NULL,
    processed boolean NOT NULL,
    exception character varying(128) NOT NULL,
    traceback text NOT NULL,
    djstripe_version character varying(32) NOT NULL,
    created timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    event_id character varying(255),
    stripe_trigger_account_id character varying(255),
    webhook_endpoint_id character varying(255)
);

ALTER TABLE public.djstripe_webhookeventtrigger ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.djstripe_webhookeventtrigger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.otp_static_staticdevice (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    confirmed boolean NOT NULL,
    user_id bigint NOT NULL,
    throttling_failure_count integer NOT NULL,
    throttling_failure_timestamp timestamp with time zone,
    created_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT otp_static_staticdevice_throttling_failure_count_check CHECK ((throttling_failure_count >= 0))
);

ALTER TABLE public.otp_static_staticdevice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.otp_static_staticdevice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.otp_static_statictoken (
    id integer NOT NULL,
    token character varying(16) NOT NULL,
    device_id integer NOT NULL
);

ALTER TABLE public.otp_static_statictoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.otp_static_statictoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.otp_totp_totpdevice (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    confirmed boolean NOT NULL,
    key character varying(80) NOT NULL,
    step smallint NOT NULL,
    t0 bigint NOT NULL,
    digits smallint NOT NULL,
    tolerance smallint NOT NULL,
    drift smallint NOT NULL,
    last_t bigint NOT NULL,
    user_id bigint NOT NULL,
    throttling_failure_count integer NOT NULL,
    throttling_failure_timestamp timestamp with time zone,
    created_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT otp_totp_totpdevice_digits_check CHECK ((digits >= 0)),
    CONSTRAINT otp_totp_totpdevice_step_check CHECK ((step >= 0)),
    CONSTRAINT otp_totp_totpdevice_throttling_failure_count_check CHECK ((throttling_failure_count >= 0)),
    CONSTRAINT otp_totp_totpdevice_tolerance_check CHECK ((tolerance >= 0))
);

ALTER TABLE public.otp_totp_totpdevice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.otp_totp_totpdevice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

INSERT INTO public.auth_group VALUES
	(1, 'support'),
	(2, 'billing'),
	(3, 'operator');

INSERT INTO public.auth_group_permissions VALUES
	(1, 1, 1),
	(2, 1, 2),
	(3, 1, 3),
	(4, 1, 4),
	(5, 1, 5),
	(6, 1, 6),
	(7, 1, 7),
	(8, 1, 8),
	(9, 1, 9),
	(10, 1, 10),
	(11, 1, 11),
	(12, 1, 12),
	(13, 1, 13),
	(14, 1, 14),
	(15, 1, 15),
	(16, 1, 16),
	(17, 1, 17),
	(18, 1, 18),
	(19, 1, 19),
	(20, 1, 20),
	(21, 1, 21),
	(22, 2, 1),
	(23, 2, 2),
	(24, 2, 3),
	(25, 2, 4),
	(26, 2, 5),
	(27, 2, 8),
	(28, 2, 9),
	(29, 2, 10),
	(30, 2, 22),
	(31, 2, 23),
	(32, 2, 24),
	(33, 2, 16),
	(34, 2, 17),
	(35, 2, 18),
	(36, 2, 19),
	(37, 2, 20),
	(38, 2, 25),
	(39, 3, 1),
	(40, 3, 2),
	(41, 3, 3),
	(42, 3, 4),
	(43, 3, 5),
	(44, 3, 6),
	(45, 3, 7),
	(46, 3, 8),
	(47, 3, 9),
	(48, 3, 10),
	(49, 3, 22),
	(50, 3, 23),
	(51, 3, 24),
	(52, 3, 26),
	(53, 3, 11),
	(54, 3, 12),
	(55, 3, 13),
	(56, 3, 14),
	(57, 3, 15),
	(58, 3, 16),
	(59, 3, 17),
	(60, 3, 18),
	(61, 3, 19),
	(62, 3, 20),
	(63, 3, 21),
	(64, 3, 25),
	(65, 1, 27),
	(66, 2, 27),
	(67, 3, 27),
	(68, 2, 28),
	(69, 3, 28),
	(70, 1, 29),
	(71, 1, 30),
	(72, 3, 29),
	(73, 3, 30),
	(74, 1, 32),
	(75, 1, 33),
	(76, 1, 31),
	(77, 3, 32),
	(78, 3, 33),
	(79, 3, 31);

INSERT INTO public.auth_permission VALUES
	(1, 'Can view user', 1, 'view_user'),
	(2, 'Can view staffaction', 2, 'view_staffaction'),
	(3, 'Can view grant', 3, 'view_grant'),
	(4, 'Can view ledgerentry', 4, 'view_ledgerentry'),
	(5, 'Can view stripeevent', 5, 'view_stripeevent'),
	(6, 'Can view chatroom', 6, 'view_chatroom'),
	(7, 'Can view reply', 7, 'view_reply'),
	(8, 'Can view customer', 8, 'view_customer'),
	(9, 'Can view invoice', 9, 'view_invoice'),
	(10, 'Can view subscription', 10, 'view_subscription'),
	(11, 'Can disable user', 1, 'disable_user'),
	(12, 'Can erase user', 1, 'erase_user'),
	(13, 'Can export user', 1, 'export_user'),
	(14, 'Can sign out user', 1, 'sign_out_user'),
	(15, 'Can unlock user', 1, 'unlock_user'),
	(16, 'Can give back units', 11, 'give_back_units'),
	(17, 'Can resync customer', 12, 'resync_customer'),
	(18, 'Can give grant', 3, 'give_grant'),
	(19, 'Can revoke grant', 3, 'revoke_grant'),
	(20, 'Can replay stripeevent', 5, 'replay_stripeevent'),
	(21, 'Can retry reply', 7, 'retry_reply'),
	(22, 'Can view serviceusage', 13, 'view_serviceusage'),
	(23, 'Can view tier', 14, 'view_tier'),
	(24, 'Can view price', 15, 'view_price'),
	(25, 'Can change tier', 14, 'change_tier'),
	(26, 'Can view taskresult', 16, 'view_taskresult'),
	(27, 'Can view payment issue', 17, 'view_paymentissue'),
	(28, 'Can view model call', 18, 'view_modelcall'),
	(29, 'Can view api key', 19, 'view_apikey'),
	(30, 'Can revoke API keys', 19, 'revoke_apikey'),
	(31, 'Can view webhook endpoint', 20, 'view_webhookendpoint'),
	(32, 'Can disable webhook endpoints', 20, 'disable_webhookendpoint'),
	(33, 'Can view webhook delivery', 21, 'view_webhookdelivery'),
	(34, 'Can add log entry', 22, 'add_logentry'),
	(35, 'Can change log entry', 22, 'change_logentry'),
	(36, 'Can delete log entry', 22, 'delete_logentry'),
	(37, 'Can view log entry', 22, 'view_logentry'),
	(38, 'Can add permission', 23, 'add_permission'),
	(39, 'Can change permission', 23, 'change_permission'),
	(40, 'Can delete permission', 23, 'delete_permission'),
	(41, 'Can view permission', 23, 'view_permission'),
	(42, 'Can add group', 24, 'add_group'),
	(43, 'Can change group', 24, 'change_group'),
	(44, 'Can delete group', 24, 'delete_group'),
	(45, 'Can view group', 24, 'view_group'),
	(46, 'Can add content type', 25, 'add_contenttype'),
	(47, 'Can change content type', 25, 'change_contenttype'),
	(48, 'Can delete content type', 25, 'delete_contenttype'),
	(49, 'Can view content type', 25, 'view_contenttype'),
	(50, 'Can add session', 26, 'add_session'),
	(51, 'Can change session', 26, 'change_session'),
	(52, 'Can delete session', 26, 'delete_session'),
	(53, 'Can view session', 26, 'view_session'),
	(54, 'Can add TOTP device', 27, 'add_totpdevice'),
	(55, 'Can change TOTP device', 27, 'change_totpdevice'),
	(56, 'Can delete TOTP device', 27, 'delete_totpdevice'),
	(57, 'Can view TOTP device', 27, 'view_totpdevice'),
	(58, 'Can add static device', 28, 'add_staticdevice'),
	(59, 'Can change static device', 28, 'change_staticdevice'),
	(60, 'Can delete static device', 28, 'delete_staticdevice'),
	(61, 'Can view static device', 28, 'view_staticdevice'),
	(62, 'Can add static token', 29, 'add_statictoken'),
	(63, 'Can change static token', 29, 'change_statictoken'),
	(64, 'Can delete static token', 29, 'delete_statictoken'),
	(65, 'Can view static token', 29, 'view_statictoken'),
	(66, 'Can add access attempt', 30, 'add_accessattempt'),
	(67, 'Can change access attempt', 30, 'change_accessattempt'),
	(68, 'Can delete access attempt', 30, 'delete_accessattempt'),
	(69, 'Can view access attempt', 30, 'view_accessattempt'),
	(70, 'Can add access log', 31, 'add_accesslog'),
	(71, 'Can change access log', 31, 'change_accesslog'),
	(72, 'Can delete access log', 31, 'delete_accesslog'),
	(73, 'Can view access log', 31, 'view_accesslog'),
	(74, 'Can add access failure', 32, 'add_accessfailurelog'),
	(75, 'Can change access failure', 32, 'change_accessfailurelog'),
	(76, 'Can delete access failure', 32, 'delete_accessfailurelog'),
	(77, 'Can view access failure', 32, 'view_accessfailurelog'),
	(78, 'Can add access attempt expiration', 33, 'add_accessattemptexpiration'),
	(79, 'Can change access attempt expiration', 33, 'change_accessattemptexpiration'),
	(80, 'Can delete access attempt expiration', 33, 'delete_accessattemptexpiration'),
	(81, 'Can view access attempt expiration', 33, 'view_accessattemptexpiration'),
	(82, 'Can add task result', 16, 'add_taskresult'),
	(83, 'Can change task result', 16, 'change_taskresult'),
	(84, 'Can delete task result', 16, 'delete_taskresult'),
	(85, 'Can add chord counter', 34, 'add_chordcounter'),
	(86, 'Can change chord counter', 34, 'change_chordcounter'),
	(87, 'Can delete chord counter', 34, 'delete_chordcounter'),
	(88, 'Can view chord counter', 34, 'view_chordcounter'),
	(89, 'Can add group result', 35, 'add_groupresult'),
	(90, 'Can change group result', 35, 'change_groupresult'),
	(91, 'Can delete group result', 35, 'delete_groupresult'),
	(92, 'Can view group result', 35, 'view_groupresult'),
	(93, 'Can add country spec', 36, 'add_countryspec'),
	(94, 'Can change country spec', 36, 'change_countryspec'),
	(95, 'Can delete country spec', 36, 'delete_countryspec'),
	(96, 'Can view country spec', 36, 'view_countryspec'),
	(97, 'Can add djstripe payment method', 37, 'add_djstripepaymentmethod'),
	(98, 'Can change djstripe payment method', 37, 'change_djstripepaymentmethod'),
	(99, 'Can delete djstripe payment method', 37, 'delete_djstripepaymentmethod'),
	(100, 'Can view djstripe payment method', 37, 'view_djstripepaymentmethod'),
	(101, 'Can add account', 38, 'add_account'),
	(102, 'Can change account', 38, 'change_account'),
	(103, 'Can delete account', 38, 'delete_account'),
	(104, 'Can view account', 38, 'view_account'),
	(105, 'Can add active entitlement', 39, 'add_activeentitlement'),
	(106, 'Can change active entitlement', 39, 'change_activeentitlement'),
	(107, 'Can delete active entitlement', 39, 'delete_activeentitlement'),
	(108, 'Can view active entitlement', 39, 'view_activeentitlement'),
	(109, 'Can add api key', 40, 'add_apikey'),
	(110, 'Can change api key', 40, 'change_apikey'),
	(111, 'Can delete api key', 40, 'delete_apikey'),
	(112, 'Can view api key', 40, 'view_apikey'),
	(113, 'Can add application fee', 41, 'add_applicationfee'),
	(114, 'Can change application fee', 41, 'change_applicationfee'),
	(115, 'Can delete application fee', 41, 'delete_applicationfee'),
	(116, 'Can view application fee', 41, 'view_applicationfee'),
	(117, 'Can add balance transaction', 42, 'add_balancetransaction'),
	(118, 'Can change balance transaction', 42, 'change_balancetransaction'),
	(119, 'Can delete balance transaction', 42, 'delete_balancetransaction'),
	(120, 'Can view balance transaction', 42, 'view_balancetransaction'),
	(121, 'Can add application fee refund', 43, 'add_applicationfeerefund'),
	(122, 'Can change application fee refund', 43, 'change_applicationfeerefund'),
	(123, 'Can delete application fee refund', 43, 'delete_applicationfeerefund'),
	(124, 'Can view application fee refund', 43, 'view_applicationfeerefund'),
	(125, 'Can add charge', 44, 'add_charge'),
	(126, 'Can change charge', 44, 'change_charge'),
	(127, 'Can delete charge', 44, 'delete_charge'),
	(128, 'Can view charge', 44, 'view_charge'),
	(129, 'Can add coupon', 45, 'add_coupon'),
	(130, 'Can change coupon', 45, 'change_coupon'),
	(131, 'Can delete coupon', 45, 'delete_coupon'),
	(132, 'Can view coupon', 45, 'view_coupon'),
	(133, 'Can add customer', 8, 'add_customer'),
	(134, 'Can change customer', 8, 'change_customer'),
	(135, 'Can delete customer', 8, 'delete_customer'),
	(136, 'Can add card', 46, 'add_card'),
	(137, 'Can change card', 46, 'change_card'),
	(138, 'Can delete card', 46, 'delete_card'),
	(139, 'Can view card', 46, 'view_card'),
	(140, 'Can add bank account', 47, 'add_bankaccount'),
	(141, 'Can change bank account', 47, 'change_bankaccount'),
	(142, 'Can delete bank account', 47, 'delete_bankaccount'),
	(143, 'Can view bank account', 47, 'view_bankaccount'),
	(144, 'Can add dispute', 48, 'add_dispute'),
	(145, 'Can change dispute', 48, 'change_dispute'),
	(146, 'Can delete dispute', 48, 'delete_dispute'),
	(147, 'Can view dispute', 48, 'view_dispute'),
	(148, 'Can add early fraud warning', 49, 'add_earlyfraudwarning'),
	(149, 'Can change early fraud warning', 49, 'change_earlyfraudwarning'),
	(150, 'Can delete early fraud warning', 49, 'delete_earlyfraudwarning'),
	(151, 'Can view early fraud warning', 49, 'view_earlyfraudwarning'),
	(152, 'Can add event', 50, 'add_event'),
	(153, 'Can change event', 50, 'change_event'),
	(154, 'Can delete event', 50, 'delete_event'),
	(155, 'Can view event', 50, 'view_event'),
	(156, 'Can add feature', 51, 'add_feature'),
	(157, 'Can change feature', 51, 'change_feature'),
	(158, 'Can delete feature', 51, 'delete_feature'),
	(159, 'Can view feature', 51, 'view_feature'),
	(160, 'Can add file', 52, 'add_file'),
	(161, 'Can change file', 52, 'change_file'),
	(162, 'Can delete file', 52, 'delete_file'),
	(163, 'Can view file', 52, 'view_file'),
	(164, 'Can add file link', 53, 'add_filelink'),
	(165, 'Can change file link', 53, 'change_filelink'),
	(166, 'Can delete file link', 53, 'delete_filelink'),
	(167, 'Can view file link', 53, 'view_filelink'),
	(168, 'Can add idempotency key', 54, 'add_idempotencykey'),
	(169, 'Can change idempotency key', 54, 'change_idempotencykey'),
	(170, 'Can delete idempotency key', 54, 'delete_idempotencykey'),
	(171, 'Can view idempotency key', 54, 'view_idempotencykey'),
	(172, 'Can add invoice', 9, 'add_invoice'),
	(173, 'Can change invoice', 9, 'change_invoice'),
	(174, 'Can delete invoice', 9, 'delete_invoice'),
	(175, 'Can add issuing authorization', 55, 'add_issuingauthorization'),
	(176, 'Can change issuing authorization', 55, 'change_issuingauthorization'),
	(177, 'Can delete issuing authorization', 55, 'delete_issuingauthorization'),
	(178, 'Can view issuing authorization', 55, 'view_issuingauthorization'),
	(179, 'Can add issuing card', 56, 'add_issuingcard'),
	(180, 'Can change issuing card', 56, 'change_issuingcard'),
	(181, 'Can delete issuing card', 56, 'delete_issuingcard'),
	(182, 'Can view issuing card', 56, 'view_issuingcard'),
	(183, 'Can add issuing cardholder', 57, 'add_issuingcardholder'),
	(184, 'Can change issuing cardholder', 57, 'change_issuingcardholder'),
	(185, 'Can delete issuing cardholder', 57, 'delete_issuingcardholder'),
	(186, 'Can view issuing cardholder', 57, 'view_issuingcardholder'),
	(187, 'Can add issuing dispute', 58, 'add_issuingdispute'),
	(188, 'Can change issuing dispute', 58, 'change_issuingdispute'),
	(189, 'Can delete issuing dispute', 58, 'delete_issuingdispute'),
	(190, 'Can view issuing dispute', 58, 'view_issuingdispute'),
	(191, 'Can add issuing transaction', 59, 'add_issuingtransaction'),
	(192, 'Can change issuing transaction', 59, 'change_issuingtransaction'),
	(193, 'Can delete issuing transaction', 59, 'delete_issuingtransaction'),
	(194, 'Can view issuing transaction', 59, 'view_issuingtransaction'),
	(195, 'Can add payment intent', 60, 'add_paymentintent'),
	(196, 'Can change payment intent', 60, 'change_paymentintent'),
	(197, 'Can delete payment intent', 60, 'delete_paymentintent'),
	(198, 'Can view payment intent', 60, 'view_paymentintent'),
	(199, 'Can add payment method', 61, 'add_paymentmethod'),
	(200, 'Can change payment method', 61, 'change_paymentmethod'),
	(201, 'Can delete payment method', 61, 'delete_paymentmethod'),
	(202, 'Can view payment method', 61, 'view_paymentmethod'),
	(203, 'Can add mandate', 62, 'add_mandate'),
	(204, 'Can change mandate', 62, 'change_mandate'),
	(205, 'Can delete mandate', 62, 'delete_mandate'),
	(206, 'Can view mandate', 62, 'view_mandate'),
	(207, 'Can add payout', 63, 'add_payout'),
	(208, 'Can change payout', 63, 'change_payout'),
	(209, 'Can delete payout', 63, 'delete_payout'),
	(210, 'Can view payout', 63, 'view_payout'),
	(211, 'Can add price', 15, 'add_price'),
	(212, 'Can change price', 15, 'change_price'),
	(213, 'Can delete price', 15, 'delete_price'),
	(214, 'Can add product', 64, 'add_product'),
	(215, 'Can change product', 64, 'change_product'),
	(216, 'Can delete product', 64, 'delete_product'),
	(217, 'Can view product', 64, 'view_product'),
	(218, 'Can add promotion code', 65, 'add_promotioncode'),
	(219, 'Can change promotion code', 65, 'change_promotioncode'),
	(220, 'Can delete promotion code', 65, 'delete_promotioncode'),
	(221, 'Can view promotion code', 65, 'view_promotioncode'),
	(222, 'Can add refund', 66, 'add_refund'),
	(223, 'Can change refund', 66, 'change_refund'),
	(224, 'Can delete refund', 66, 'delete_refund'),
	(225, 'Can view refund', 66, 'view_refund'),
	(226, 'Can add review', 67, 'add_review'),
	(227, 'Can change review', 67, 'change_review'),
	(228, 'Can delete review', 67, 'delete_review'),
	(229, 'Can view review', 67, 'view_review'),
	(230, 'Can add scheduled query run', 68, 'add_scheduledqueryrun'),
	(231, 'Can change scheduled query run', 68, 'change_scheduledqueryrun'),
	(232, 'Can delete scheduled query run', 68, 'delete_scheduledqueryrun'),
	(233, 'Can view scheduled query run', 68, 'view_scheduledqueryrun'),
	(234, 'Can add setup intent', 69, 'add_setupintent'),
	(235, 'Can change setup intent', 69, 'change_setupintent'),
	(236, 'Can delete setup intent', 69, 'delete_setupintent'),
	(237, 'Can view setup intent', 69, 'view_setupintent'),
	(238, 'Can add source', 70, 'add_source'),
	(239, 'Can change source', 70, 'change_source'),
	(240, 'Can delete source', 70, 'delete_source'),
	(241, 'Can view source', 70, 'view_source'),
	(242, 'Can add source transaction', 71, 'add_sourcetransaction'),
	(243, 'Can change source transaction', 71, 'change_sourcetransaction'),
	(244, 'Can delete source transaction', 71, 'delete_sourcetransaction'),
	(245, 'Can view source transaction', 71, 'view_sourcetransaction'),
	(246, 'Can add subscription', 10, 'add_subscription'),
	(247, 'Can change subscription', 10, 'change_subscription'),
	(248, 'Can delete subscription', 10, 'delete_subscription'),
	(249, 'Can add session', 72, 'add_session'),
	(250, 'Can change session', 72, 'change_session'),
	(251, 'Can delete session', 72, 'delete_session'),
	(252, 'Can view session', 72, 'view_session'),
	(253, 'Can add invoice item', 73, 'add_invoiceitem'),
	(254, 'Can change invoice item', 73, 'change_invoiceitem'),
	(255, 'Can delete invoice item', 73, 'delete_invoiceitem'),
	(256, 'Can view invoice item', 73, 'view_invoiceitem'),
	(257, 'Can add discount', 74, 'add_discount'),
	(258, 'Can change discount', 74, 'change_discount'),
	(259, 'Can delete discount', 74, 'delete_discount'),
	(260, 'Can view discount', 74, 'view_discount'),
	(261, 'Can add subscription item', 75, 'add_subscriptionitem'),
	(262, 'Can change subscription item', 75, 'change_subscriptionitem'),
	(263, 'Can delete subscription item', 75, 'delete_subscriptionitem'),
	(264, 'Can view subscription item', 75, 'view_subscriptionitem'),
	(265, 'Can add line item', 76, 'add_lineitem'),
	(266, 'Can change line item', 76, 'change_lineitem'),
	(267, 'Can delete line item', 76, 'delete_lineitem'),
	(268, 'Can view line item', 76, 'view_lineitem'),
	(269, 'Can add subscription schedule', 77, 'add_subscriptionschedule'),
	(270, 'Can change subscription schedule', 77, 'change_subscriptionschedule'),
	(271, 'Can delete subscription schedule', 77, 'delete_subscriptionschedule'),
	(272, 'Can view subscription schedule', 77, 'view_subscriptionschedule'),
	(273, 'Can add Tax Code', 78, 'add_taxcode'),
	(274, 'Can change Tax Code', 78, 'change_taxcode'),
	(275, 'Can delete Tax Code', 78, 'delete_taxcode'),
	(276, 'Can view Tax Code', 78, 'view_taxcode'),
	(277, 'Can add Shipping Rate', 79, 'add_shippingrate'),
	(278, 'Can change Shipping Rate', 79, 'change_shippingrate'),
	(279, 'Can delete Shipping Rate', 79, 'delete_shippingrate'),
	(280, 'Can view Shipping Rate', 79, 'view_shippingrate'),
	(281, 'Can add Tax ID', 80, 'add_taxid'),
	(282, 'Can change Tax ID', 80, 'change_taxid'),
	(283, 'Can delete Tax ID', 80, 'delete_taxid'),
	(284, 'Can view Tax ID', 80, 'view_taxid'),
	(285, 'Can add Tax Rate', 81, 'add_taxrate'),
	(286, 'Can change Tax Rate', 81, 'change_taxrate'),
	(287, 'Can delete Tax Rate', 81, 'delete_taxrate'),
	(288, 'Can view Tax Rate', 81, 'view_taxrate'),
	(289, 'Can add transfer', 82, 'add_transfer'),
	(290, 'Can change transfer', 82, 'change_transfer'),
	(291, 'Can delete transfer', 82, 'delete_transfer'),
	(292, 'Can view transfer', 82, 'view_transfer'),
	(293, 'Can add transfer reversal', 83, 'add_transferreversal'),
	(294, 'Can change transfer reversal', 83, 'change_transferreversal'),
	(295, 'Can delete transfer reversal', 83, 'delete_transferreversal'),
	(296, 'Can view transfer reversal', 83, 'view_transferreversal'),
	(297, 'Can add upcoming invoice', 84, 'add_upcominginvoice'),
	(298, 'Can change upcoming invoice', 84, 'change_upcominginvoice'),
	(299, 'Can delete upcoming invoice', 84, 'delete_upcominginvoice'),
	(300, 'Can view upcoming invoice', 84, 'view_upcominginvoice'),
	(301, 'Can add verification report', 85, 'add_verificationreport'),
	(302, 'Can change verification report', 85, 'change_verificationreport'),
	(303, 'Can delete verification report', 85, 'delete_verificationreport'),
	(304, 'Can view verification report', 85, 'view_verificationreport'),
	(305, 'Can add verification session', 86, 'add_verificationsession'),
	(306, 'Can change verification session', 86, 'change_verificationsession'),
	(307, 'Can delete verification session', 86, 'delete_verificationsession'),
	(308, 'Can view verification session', 86, 'view_verificationsession'),
	(309, 'Can add webhook endpoint', 87, 'add_webhookendpoint'),
	(310, 'Can change webhook endpoint', 87, 'change_webhookendpoint'),
	(311, 'Can delete webhook endpoint', 87, 'delete_webhookendpoint'),
	(312, 'Can view webhook endpoint', 87, 'view_webhookendpoint'),
	(313, 'Can add webhook event trigger', 88, 'add_webhookeventtrigger'),
	(314, 'Can change webhook event trigger', 88, 'change_webhookeventtrigger'),
	(315, 'Can delete webhook event trigger', 88, 'delete_webhookeventtrigger'),
	(316, 'Can view webhook event trigger', 88, 'view_webhookeventtrigger'),
	(317, 'Can add account v2', 89, 'add_accountv2'),
	(318, 'Can change account v2', 89, 'change_accountv2'),
	(319, 'Can delete account v2', 89, 'delete_accountv2'),
	(320, 'Can view account v2', 89, 'view_accountv2'),
	(321, 'Can add product feature', 90, 'add_productfeature'),
	(322, 'Can change product feature', 90, 'change_productfeature'),
	(323, 'Can delete product feature', 90, 'delete_productfeature'),
	(324, 'Can view product feature', 90, 'view_productfeature'),
	(325, 'Can add idempotency key', 91, 'add_idempotencykey'),
	(326, 'Can change idempotency key', 91, 'change_idempotencykey'),
	(327, 'Can delete idempotency key', 91, 'delete_idempotencykey'),
	(328, 'Can view idempotency key', 91, 'view_idempotencykey'),
	(329, 'Can add one time code', 92, 'add_onetimecode'),
	(330, 'Can change one time code', 92, 'change_onetimecode'),
	(331, 'Can delete one time code', 92, 'delete_onetimecode'),
	(332, 'Can view one time code', 92, 'view_onetimecode'),
	(333, 'Can add session', 93, 'add_session'),
	(334, 'Can change session', 93, 'change_session'),
	(335, 'Can delete session', 93, 'delete_session'),
	(336, 'Can view session', 93, 'view_session'),
	(337, 'Can add failed attempts', 94, 'add_tries'),
	(338, 'Can change failed attempts', 94, 'change_tries'),
	(339, 'Can delete failed attempts', 94, 'delete_tries'),
	(340, 'Can view failed attempts', 94, 'view_tries'),
	(341, 'Can view entitlement', 12, 'view_entitlement'),
	(342, 'Can add checkout', 96, 'add_checkout'),
	(343, 'Can change checkout', 96, 'change_checkout'),
	(344, 'Can delete checkout', 96, 'delete_checkout'),
	(345, 'Can view checkout', 96, 'view_checkout'),
	(346, 'Can view daily usage', 11, 'view_dailyusage'),
	(347, 'Can add lease', 97, 'add_lease'),
	(348, 'Can change lease', 97, 'change_lease'),
	(349, 'Can delete lease', 97, 'delete_lease'),
	(350, 'Can view lease', 97, 'view_lease'),
	(351, 'Can add service usage', 13, 'add_serviceusage'),
	(352, 'Can change service usage', 13, 'change_serviceusage'),
	(353, 'Can delete service usage', 13, 'delete_serviceusage'),
	(354, 'Can read what was said, for a reason', 6, 'read_transcript'),
	(355, 'Can add revision', 99, 'add_revision'),
	(356, 'Can change revision', 99, 'change_revision'),
	(357, 'Can delete revision', 99, 'delete_revision'),
	(358, 'Can view revision', 99, 'view_revision'),
	(359, 'Can add summary', 100, 'add_summary'),
	(360, 'Can change summary', 100, 'change_summary'),
	(361, 'Can delete summary', 100, 'delete_summary'),
	(362, 'Can view summary', 100, 'view_summary');

INSERT INTO public.django_content_type VALUES
	(1, 'accounts', 'user'),
	(2, 'accounts', 'staffaction'),
	(3, 'billing', 'grant'),
	(4, 'billing', 'ledgerentry'),
	(5, 'billing', 'stripeevent'),
	(6, 'chatrooms', 'chatroom'),
	(7, 'chatrooms', 'reply'),
	(8, 'djstripe', 'customer'),
	(9, 'djstripe', 'invoice'),
	(10, 'djstripe', 'subscription'),
	(11, 'billing', 'dailyusage'),
	(12, 'billing', 'entitlement'),
	(13, 'billing', 'serviceusage'),
	(14, 'billing', 'tier'),
	(15, 'djstripe', 'price'),
	(16, 'django_celery_results', 'taskresult'),
	(17, 'billing', 'paymentissue'),
	(18, 'billing', 'modelcall'),
	(19, 'accounts', 'apikey'),
	(20, 'accounts', 'webhookendpoint'),
	(21, 'accounts', 'webhookdelivery'),
	(22, 'admin', 'logentry'),
	(23, 'auth', 'permission'),
	(24, 'auth', 'group'),
	(25, 'contenttypes', 'contenttype'),
	(26, 'sessions', 'session'),
	(27, 'otp_totp', 'totpdevice'),
	(28, 'otp_static', 'staticdevice'),
	(29, 'otp_static', 'statictoken'),
	(30, 'axes', 'accessattempt'),
	(31, 'axes', 'accesslog'),
	(32, 'axes', 'accessfailurelog'),
	(33, 'axes', 'accessattemptexpiration'),
	(34, 'django_celery_results', 'chordcounter'),
	(35, 'django_celery_results', 'groupresult'),
	(36, 'djstripe', 'countryspec'),
	(37, 'djstripe', 'djstripepaymentmethod'),
	(38, 'djstripe', 'account'),
	(39, 'djstripe', 'activeentitlement'),
	(40, 'djstripe', 'apikey'),
	(41, 'djstripe', 'applicationfee'),
	(42, 'djstripe', 'balancetransaction'),
	(43, 'djstripe', 'applicationfeerefund'),
	(44, 'djstripe', 'charge'),
	(45, 'djstripe', 'coupon'),
	(46, 'djstripe', 'card'),
	(47, 'djstripe', 'bankaccount'),
	(48, 'djstripe', 'dispute'),
	(49, 'djstripe', 'earlyfraudwarning'),
	(50, 'djstripe', 'event'),
	(51, 'djstripe', 'feature'),
	(52, 'djstripe', 'file'),
	(53, 'djstripe', 'filelink'),
	(54, 'djstripe', 'idempotencykey'),
	(55, 'djstripe', 'issuingauthorization'),
	(56, 'djstripe', 'issuingcard'),
	(57, 'djstripe', 'issuingcardholder'),
	(58, 'djstripe', 'issuingdispute'),
	(59, 'djstripe', 'issuingtransaction'),
	(60, 'djstripe', 'paymentintent'),
	(61, 'djstripe', 'paymentmethod'),
	(62, 'djstripe', 'mandate'),
	(63, 'djstripe', 'payout'),
	(64, 'djstripe', 'product'),
	(65, 'djstripe', 'promotioncode'),
	(66, 'djstripe', 'refund'),
	(67, 'djstripe', 'review'),
	(68, 'djstripe', 'scheduledqueryrun'),
	(69, 'djstripe', 'setupintent'),
	(70, 'djstripe', 'source'),
	(71, 'djstripe', 'sourcetransaction'),
	(72, 'djstripe', 'session'),
	(73, 'djstripe', 'invoiceitem'),
	(74, 'djstripe', 'discount'),
	(75, 'djstripe', 'subscriptionitem'),
	(76, 'djstripe', 'lineitem'),
	(77, 'djstripe', 'subscriptionschedule'),
	(78, 'djstripe', 'taxcode'),
	(79, 'djstripe', 'shippingrate'),
	(80, 'djstripe', 'taxid'),
	(81, 'djstripe', 'taxrate'),
	(82, 'djstripe', 'transfer'),
	(83, 'djstripe', 'transferreversal'),
	(84, 'djstripe', 'upcominginvoice'),
	(85, 'djstripe', 'verificationreport'),
	(86, 'djstripe', 'verificationsession'),
	(87, 'djstripe', 'webhookendpoint'),
	(88, 'djstripe', 'webhookeventtrigger'),
	(89, 'djstripe', 'accountv2'),
	(90, 'djstripe', 'productfeature'),
	(91, 'accounts', 'idempotencykey'),
	(92, 'accounts', 'onetimecode'),
	(93, 'accounts', 'session'),
	(94, 'accounts', 'failedattempts'),
	(95, 'accounts', 'dailystatistic'),
	(96, 'billing', 'checkout'),
	(97, 'billing', 'lease'),
	(98, 'chatrooms', 'message'),
	(99, 'chatrooms', 'revision'),
	(100, 'chatrooms', 'summary'),
	(101, 'chatrooms', 'filespace'),
	(102, 'chatrooms', 'file'),
	(103, 'chatrooms', 'externalid');

INSERT INTO public.django_migrations VALUES
	(1, 'contenttypes', '0001_initial', now()),
	(2, 'contenttypes', '0002_remove_content_type_name', now()),
	(3, 'auth', '0001_initial', now()),
	(4, 'auth', '0002_alter_permission_name_max_length', now()),
	(5, 'auth', '0003_alter_user_email_max_length', now()),
	(6, 'auth', '0004_alter_user_username_opts', now()),
	(7, 'auth', '0005_alter_user_last_login_null', now()),
	(8, 'auth', '0006_require_contenttypes_0002', now()),
	(9, 'auth', '0007_alter_validators_add_error_messages', now()),
	(10, 'auth', '0008_alter_user_username_max_length', now()),
	(11, 'auth', '0009_alter_user_last_name_max_length', now()),
	(12, 'auth', '0010_alter_group_name_max_length', now()),
	(13, 'auth', '0011_update_proxy_permissions', now()),
	(14, 'auth', '0012_alter_user_first_name_max_length', now()),
	(15, 'accounts', '0001_accounts', now()),
	(16, 'accounts', '0002_erasing', now()),
	(17, 'accounts', '0003_staff_actions', now()),
	(18, 'accounts', '0004_desk', now()),
	(19, 'accounts', '0005_idempotency_reference', now()),
	(20, 'accounts', '0006_staff_actions_outlive_staff', now()),
	(21, 'accounts', '0007_replaced_tokens', now()),
	(22, 'accounts', '0008_one_form_of_a_number', now()),
	(23, 'accounts', '0009_names_of_attempts_and_statistics', now()),
	(24, 'accounts', '0010_labels_say_users', now()),
	(25, 'accounts', '0011_api_keys', now()),
	(26, 'accounts', '0012_outgoing_webhooks', now()),
	(27, 'accounts', '0013_api_keys_name_origins', now()),
	(28, 'accounts', '0014_endpoints_prove_to_be_prompt', now()),
	(29, 'admin', '0001_initial', now()),
	(30, 'admin', '0002_logentry_remove_auto_add', now()),
	(31, 'admin', '0003_logentry_add_action_flag_choices', now()),
	(32, 'axes', '0001_initial', now()),
	(33, 'axes', '0002_auto_20151217_2044', now()),
	(34, 'axes', '0003_auto_20160322_0929', now()),
	(35, 'axes', '0004_auto_20181024_1538', now()),
	(36, 'axes', '0005_remove_accessattempt_trusted', now()),
	(37, 'axes', '0006_remove_accesslog_trusted', now()),
	(38, 'axes', '0007_alter_accessattempt_unique_together', now()),
	(39, 'axes', '0008_accessfailurelog', now()),
	(40, 'axes', '0009_add_session_hash', now()),
	(41, 'axes', '0010_accessattemptexpiration', now()),
	(42, 'billing', '0001_tiers', now()),
	(43, 'billing', '0002_subscriptions_and_quota', now()),
	(44, 'billing', '0003_desk', now()),
	(45, 'billing', '0004_products_at_stripe', now()),
	(46, 'billing', '0005_grants_outlive_staff', now()),
	(47, 'billing', '0006_payment_issues', now()),
	(48, 'billing', '0007_units_of_stopped_answers', now()),
	(49, 'billing', '0008_attempts_at_events', now()),
	(50, 'billing', '0009_model_calls', now()),
	(51, 'billing', '0010_files', now()),
	(52, 'billing', '0011_units_of_api_keys', now()),
	(53, 'chatrooms', '0001_rooms', now()),
	(54, 'chatrooms', '0002_reply_unit', now()),
	(55, 'chatrooms', '0003_live_replies', now()),
	(56, 'chatrooms', '0004_time_to_first_token', now()),
	(57, 'chatrooms', '0005_desk', now()),
	(58, 'chatrooms', '0006_stale_in_summary', now()),
	(59, 'chatrooms', '0007_messages_of_user', now()),
	(60, 'chatrooms', '0008_words_by_our_own_rule', now()),
	(61, 'chatrooms', '0009_retry_and_name_source_fields', now()),
	(62, 'chatrooms', '0010_parts_and_settings_of_rooms', now()),
	(63, 'chatrooms', '0011_files', now()),
	(64, 'chatrooms', '0012_replies_asked_for_in_dialects', now()),
	(65, 'chatrooms', '0013_hidden_rooms_by_activity', now()),
	(66, 'chatrooms', '0014_names_of_clients_for_rooms', now()),
	(67, 'config', '0001_roles', now()),
	(68, 'config', '0002_roles_see_payment_issues', now()),
	(69, 'config', '0003_roles_see_model_calls', now()),
	(70, 'config', '0004_roles_revoke_api_keys', now()),
	(71, 'config', '0005_roles_disable_webhook_endpoints', now()),
	(72, 'django_celery_results', '0001_initial', now()),
	(73, 'django_celery_results', '0002_add_task_name_args_kwargs', now()),
	(74, 'django_celery_results', '0003_auto_20181106_1101', now()),
	(75, 'django_celery_results', '0004_auto_20190516_0412', now()),
	(76, 'django_celery_results', '0005_taskresult_worker', now()),
	(77, 'django_celery_results', '0006_taskresult_date_created', now()),
	(78, 'django_celery_results', '0007_remove_taskresult_hidden', now()),
	(79, 'django_celery_results', '0008_chordcounter', now()),
	(80, 'django_celery_results', '0009_groupresult', now()),
	(81, 'django_celery_results', '0010_remove_duplicate_indices', now()),
	(82, 'django_celery_results', '0011_taskresult_periodic_task_name', now()),
	(83, 'django_celery_results', '0012_taskresult_date_started', now()),
	(84, 'django_celery_results', '0013_taskresult_django_cele_periodi_1993cf_idx', now()),
	(85, 'django_celery_results', '0014_alter_taskresult_status', now()),
	(86, 'djstripe', '0001_initial', now()),
	(87, 'djstripe', '0002_2_10', now()),
	(88, 'djstripe', '0003_2_11', now()),
	(89, 'otp_static', '0001_initial', now()),
	(90, 'otp_static', '0002_throttling', now()),
	(91, 'otp_static', '0003_add_timestamps', now()),
	(92, 'otp_totp', '0001_initial', now()),
	(93, 'otp_totp', '0002_auto_20190420_0723', now()),
	(94, 'otp_totp', '0003_add_timestamps', now()),
	(95, 'sessions', '0001_initial', now());

SELECT pg_catalog.setval('public.accounts_dailyfigure_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_idempotencykey_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_onetimecode_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_staffaction_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_tries_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_user_groups_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_user_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_user_user_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('public.accounts_webhookdelivery_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_group_id_seq', 3, true);

SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 79, true);

SELECT pg_catalog.setval('public.auth_permission_id_seq', 362, true);

SELECT pg_catalog.setval('public.axes_accessattempt_id_seq', 1, false);

SELECT pg_catalog.setval('public.axes_accessfailurelog_id_seq', 1, false);

SELECT pg_catalog.setval('public.axes_accesslog_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_dailyusage_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_grant_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_ledgerentry_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_modelcall_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_paymentissue_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_stripeevent_id_seq', 1, false);

SELECT pg_catalog.setval('public.billing_tier_id_seq', 1, false);

SELECT pg_catalog.setval('public.chatrooms_chatroom_id_seq', 1, false);

SELECT pg_catalog.setval('public.chatrooms_file_id_seq', 1, false);

SELECT pg_catalog.setval('public.chatrooms_message_id_seq', 1, false);

SELECT pg_catalog.setval('public.chatrooms_revision_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_admin_log_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_results_chordcounter_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_results_groupresult_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_results_taskresult_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_content_type_id_seq', 103, true);

SELECT pg_catalog.setval('public.django_migrations_id_seq', 95, true);

SELECT pg_catalog.setval('public.djstripe_account_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_accountv2_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_activeentitlement_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_apikey_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_applicationfee_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_applicationfeerefund_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_balancetransaction_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_bankaccount_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_card_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_charge_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_coupon_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_customer_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_discount_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_dispute_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_djstripeinvoicedefaulttaxrate_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_djstripeinvoiceitemtaxrate_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_djstripesubscriptionitemtaxrate_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_earlyfraudwarning_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_event_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_feature_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_file_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_filelink_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_invoice_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_invoiceitem_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_issuing_authorization_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_issuing_card_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_issuing_cardholder_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_issuing_dispute_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_issuing_transaction_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_lineitem_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_mandate_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_paymentintent_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_paymentmethod_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_payout_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_price_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_product_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_productfeature_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_promotioncode_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_refund_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_review_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_scheduledqueryrun_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_session_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_setupintent_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_shippingrate_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_source_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_sourcetransaction_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_subscription_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_subscriptionitem_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_subscriptionschedule_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_taxcode_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_taxid_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_taxrate_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_transfer_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_transferreversal_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_upcominginvoice_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_verificationreport_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_verificationsession_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_webhookendpoint_djstripe_id_seq', 1, false);

SELECT pg_catalog.setval('public.djstripe_webhookeventtrigger_id_seq', 1, false);

SELECT pg_catalog.setval('public.otp_static_staticdevice_id_seq', 1, false);

SELECT pg_catalog.setval('public.otp_static_statictoken_id_seq', 1, false);

SELECT pg_catalog.setval('public.otp_totp_totpdevice_id_seq', 1, false);

ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_dailyfigure
    ADD CONSTRAINT accounts_dailyfigure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_idempotencykey
    ADD CONSTRAINT accounts_idempotencykey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_onetimecode
    ADD CONSTRAINT accounts_onetimecode_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_session
    ADD CONSTRAINT accounts_session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_staffaction
    ADD CONSTRAINT accounts_staffaction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_tries
    ADD CONSTRAINT accounts_tries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_group_id_59c0b32f_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_mobile_number_key UNIQUE (mobile_number);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permi_user_id_permission_id_2ab516c2_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_webhookdelivery
    ADD CONSTRAINT accounts_webhookdelivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_webhookendpoint
    ADD CONSTRAINT accounts_webhookendpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq UNIQUE (username, ip_address, user_agent);

ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptexpiration_pkey PRIMARY KEY (access_attempt_id);

ALTER TABLE ONLY public.axes_accessfailurelog
    ADD CONSTRAINT axes_accessfailurelog_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.axes_accesslog
    ADD CONSTRAINT axes_accesslog_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_checkout
    ADD CONSTRAINT billing_checkout_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.billing_dailyusage
    ADD CONSTRAINT billing_dailyusage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_entitlement
    ADD CONSTRAINT billing_entitlement_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.billing_grant
    ADD CONSTRAINT billing_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_lease
    ADD CONSTRAINT billing_lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_returns_id_key UNIQUE (returns_id);

ALTER TABLE ONLY public.billing_modelcall
    ADD CONSTRAINT billing_modelcall_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_paymentissue
    ADD CONSTRAINT billing_paymentissue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_paymentissue
    ADD CONSTRAINT billing_paymentissue_stripe_id_key UNIQUE (stripe_id);

ALTER TABLE ONLY public.billing_serviceusage
    ADD CONSTRAINT billing_serviceusage_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.billing_stripeevent
    ADD CONSTRAINT billing_stripeevent_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.billing_stripeevent
    ADD CONSTRAINT billing_stripeevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_tier
    ADD CONSTRAINT billing_tier_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_tier
    ADD CONSTRAINT billing_tier_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.chatrooms_chatroom
    ADD CONSTRAINT chatrooms_chatroom_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chatrooms_externalid
    ADD CONSTRAINT chatrooms_externalid_pkey PRIMARY KEY (room_id);

ALTER TABLE ONLY public.chatrooms_file
    ADD CONSTRAINT chatrooms_file_key_key UNIQUE (key);

ALTER TABLE ONLY public.chatrooms_file
    ADD CONSTRAINT chatrooms_file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chatrooms_filespace
    ADD CONSTRAINT chatrooms_filespace_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chatrooms_revision
    ADD CONSTRAINT chatrooms_revision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chatrooms_summary
    ADD CONSTRAINT chatrooms_summary_pkey PRIMARY KEY (room_id);

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_results_chordcounter
    ADD CONSTRAINT django_celery_results_chordcounter_group_id_key UNIQUE (group_id);

ALTER TABLE ONLY public.django_celery_results_chordcounter
    ADD CONSTRAINT django_celery_results_chordcounter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_results_groupresult
    ADD CONSTRAINT django_celery_results_groupresult_group_id_key UNIQUE (group_id);

ALTER TABLE ONLY public.django_celery_results_groupresult
    ADD CONSTRAINT django_celery_results_groupresult_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_results_taskresult
    ADD CONSTRAINT django_celery_results_taskresult_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_results_taskresult
    ADD CONSTRAINT django_celery_results_taskresult_task_id_key UNIQUE (task_id);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY public.djstripe_account
    ADD CONSTRAINT djstripe_account_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_account
    ADD CONSTRAINT djstripe_account_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_accountv2
    ADD CONSTRAINT djstripe_accountv2_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_accountv2
    ADD CONSTRAINT djstripe_accountv2_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_activeentitlement
    ADD CONSTRAINT djstripe_activeentitlement_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_activeentitlement
    ADD CONSTRAINT djstripe_activeentitlement_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_apikey
    ADD CONSTRAINT djstripe_apikey_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_apikey
    ADD CONSTRAINT djstripe_apikey_secret_key UNIQUE (secret);

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_applicationfee_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_applicationfee_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_applicationfeerefund
    ADD CONSTRAINT djstripe_applicationfeerefund_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_applicationfeerefund
    ADD CONSTRAINT djstripe_applicationfeerefund_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_balancetransaction
    ADD CONSTRAINT djstripe_balancetransaction_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_balancetransaction
    ADD CONSTRAINT djstripe_balancetransaction_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_bankaccount
    ADD CONSTRAINT djstripe_bankaccount_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_bankaccount
    ADD CONSTRAINT djstripe_bankaccount_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_card
    ADD CONSTRAINT djstripe_card_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_card
    ADD CONSTRAINT djstripe_card_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_countryspec
    ADD CONSTRAINT djstripe_countryspec_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.djstripe_coupon
    ADD CONSTRAINT djstripe_coupon_id_livemode_c4511f5e_uniq UNIQUE (id, livemode);

ALTER TABLE ONLY public.djstripe_coupon
    ADD CONSTRAINT djstripe_coupon_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_customer
    ADD CONSTRAINT djstripe_customer_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_customer
    ADD CONSTRAINT djstripe_customer_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_djstripeinvoicedefaulttaxrate
    ADD CONSTRAINT djstripe_djstripeinvoice_invoice_id_taxrate_id_bfb12c22_uniq UNIQUE (invoice_id, taxrate_id);

ALTER TABLE ONLY public.djstripe_djstripeinvoiceitemtaxrate
    ADD CONSTRAINT djstripe_djstripeinvoice_invoiceitem_id_taxrate_i_f226923e_uniq UNIQUE (invoiceitem_id, taxrate_id);

ALTER TABLE ONLY public.djstripe_djstripeinvoicedefaulttaxrate
    ADD CONSTRAINT djstripe_djstripeinvoicedefaulttaxrate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.djstripe_djstripeinvoiceitemtaxrate
    ADD CONSTRAINT djstripe_djstripeinvoiceitemtaxrate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.djstripe_djstripepaymentmethod
    ADD CONSTRAINT djstripe_djstripepaymentmethod_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.djstripe_djstripesubscriptionitemtaxrate
    ADD CONSTRAINT djstripe_djstripesubscri_subscriptionitem_id_taxr_7562ac42_uniq UNIQUE (subscriptionitem_id, taxrate_id);

ALTER TABLE ONLY public.djstripe_djstripesubscriptionitemtaxrate
    ADD CONSTRAINT djstripe_djstripesubscriptionitemtaxrate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.djstripe_earlyfraudwarning
    ADD CONSTRAINT djstripe_earlyfraudwarning_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_earlyfraudwarning
    ADD CONSTRAINT djstripe_earlyfraudwarning_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_event
    ADD CONSTRAINT djstripe_event_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_event
    ADD CONSTRAINT djstripe_event_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_feature
    ADD CONSTRAINT djstripe_feature_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_feature
    ADD CONSTRAINT djstripe_feature_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_file
    ADD CONSTRAINT djstripe_file_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_file
    ADD CONSTRAINT djstripe_file_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_filelink
    ADD CONSTRAINT djstripe_filelink_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_filelink
    ADD CONSTRAINT djstripe_filelink_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_idempotencykey
    ADD CONSTRAINT djstripe_idempotencykey_action_livemode_5003eb11_uniq UNIQUE (action, livemode);

ALTER TABLE ONLY public.djstripe_idempotencykey
    ADD CONSTRAINT djstripe_idempotencykey_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_charge_id_key UNIQUE (charge_id);

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_payment_intent_id_key UNIQUE (payment_intent_id);

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_issuing_authorization
    ADD CONSTRAINT djstripe_issuing_authorization_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_issuing_authorization
    ADD CONSTRAINT djstripe_issuing_authorization_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_issuing_card
    ADD CONSTRAINT djstripe_issuing_card_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_issuing_card
    ADD CONSTRAINT djstripe_issuing_card_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_issuing_cardholder
    ADD CONSTRAINT djstripe_issuing_cardholder_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_issuing_cardholder
    ADD CONSTRAINT djstripe_issuing_cardholder_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_issuing_dispute
    ADD CONSTRAINT djstripe_issuing_dispute_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_issuing_dispute
    ADD CONSTRAINT djstripe_issuing_dispute_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_issuing_transaction
    ADD CONSTRAINT djstripe_issuing_transaction_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_issuing_transaction
    ADD CONSTRAINT djstripe_issuing_transaction_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_mandate
    ADD CONSTRAINT djstripe_mandate_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_mandate
    ADD CONSTRAINT djstripe_mandate_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentintent_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentintent_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_paymentmethod
    ADD CONSTRAINT djstripe_paymentmethod_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_paymentmethod
    ADD CONSTRAINT djstripe_paymentmethod_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_original_payout_id_key UNIQUE (original_payout_id);

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_reversed_by_id_key UNIQUE (reversed_by_id);

ALTER TABLE ONLY public.djstripe_price
    ADD CONSTRAINT djstripe_price_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_price
    ADD CONSTRAINT djstripe_price_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_product
    ADD CONSTRAINT djstripe_product_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_product
    ADD CONSTRAINT djstripe_product_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_productfeature
    ADD CONSTRAINT djstripe_productfeature_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_productfeature
    ADD CONSTRAINT djstripe_productfeature_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_promotioncode
    ADD CONSTRAINT djstripe_promotioncode_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_promotioncode
    ADD CONSTRAINT djstripe_promotioncode_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_review
    ADD CONSTRAINT djstripe_review_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_review
    ADD CONSTRAINT djstripe_review_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_scheduledqueryrun
    ADD CONSTRAINT djstripe_scheduledqueryrun_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_scheduledqueryrun
    ADD CONSTRAINT djstripe_scheduledqueryrun_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_shippingrate
    ADD CONSTRAINT djstripe_shippingrate_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_shippingrate
    ADD CONSTRAINT djstripe_shippingrate_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_source
    ADD CONSTRAINT djstripe_source_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_source
    ADD CONSTRAINT djstripe_source_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_sourcetransaction
    ADD CONSTRAINT djstripe_sourcetransaction_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_sourcetransaction
    ADD CONSTRAINT djstripe_sourcetransaction_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_subscription
    ADD CONSTRAINT djstripe_subscription_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_subscription
    ADD CONSTRAINT djstripe_subscription_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_subscriptionitem
    ADD CONSTRAINT djstripe_subscriptionitem_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_subscriptionitem
    ADD CONSTRAINT djstripe_subscriptionitem_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptionschedule_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptionschedule_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_taxcode
    ADD CONSTRAINT djstripe_taxcode_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_taxcode
    ADD CONSTRAINT djstripe_taxcode_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_taxid
    ADD CONSTRAINT djstripe_taxid_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_taxid
    ADD CONSTRAINT djstripe_taxid_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_taxrate
    ADD CONSTRAINT djstripe_taxrate_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_taxrate
    ADD CONSTRAINT djstripe_taxrate_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_transfer
    ADD CONSTRAINT djstripe_transfer_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_transfer
    ADD CONSTRAINT djstripe_transfer_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_transferreversal
    ADD CONSTRAINT djstripe_transferreversal_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_transferreversal
    ADD CONSTRAINT djstripe_transferreversal_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginvoice_charge_id_key UNIQUE (charge_id);

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginvoice_payment_intent_id_key UNIQUE (payment_intent_id);

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginvoice_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_verificationreport
    ADD CONSTRAINT djstripe_verificationreport_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_verificationreport
    ADD CONSTRAINT djstripe_verificationreport_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_verificationsession
    ADD CONSTRAINT djstripe_verificationsession_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_verificationsession
    ADD CONSTRAINT djstripe_verificationsession_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_webhookendpoint
    ADD CONSTRAINT djstripe_webhookendpoint_djstripe_uuid_key UNIQUE (djstripe_uuid);

ALTER TABLE ONLY public.djstripe_webhookendpoint
    ADD CONSTRAINT djstripe_webhookendpoint_id_key UNIQUE (id);

ALTER TABLE ONLY public.djstripe_webhookendpoint
    ADD CONSTRAINT djstripe_webhookendpoint_pkey PRIMARY KEY (djstripe_id);

ALTER TABLE ONLY public.djstripe_webhookeventtrigger
    ADD CONSTRAINT djstripe_webhookeventtrigger_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_dailyfigure
    ADD CONSTRAINT figure_once_a_day UNIQUE (day, name);

ALTER TABLE ONLY public.accounts_idempotencykey
    ADD CONSTRAINT idempotency_key_once_per_route UNIQUE (user_id, route, key_hash);

ALTER TABLE ONLY public.otp_static_staticdevice
    ADD CONSTRAINT otp_static_staticdevice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.otp_static_statictoken
    ADD CONSTRAINT otp_static_statictoken_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.otp_totp_totpdevice
    ADD CONSTRAINT otp_totp_totpdevice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chatrooms_externalid
    ADD CONSTRAINT room_one_for_each_external_id UNIQUE (user_id, external_id);

ALTER TABLE ONLY public.accounts_tries
    ADD CONSTRAINT tries_one_row_per_number_and_kind UNIQUE (number, kind);

ALTER TABLE ONLY public.billing_dailyusage
    ADD CONSTRAINT usage_one_row_per_user_and_day UNIQUE (user_id, day);

CREATE INDEX accounts_apikey_user_id_bd902026 ON public.accounts_apikey USING btree (user_id);

CREATE INDEX accounts_idempotencykey_user_id_ad587486 ON public.accounts_idempotencykey USING btree (user_id);

CREATE INDEX accounts_onetimecode_user_id_215e1794 ON public.accounts_onetimecode USING btree (user_id);

CREATE INDEX accounts_session_user_id_d5aaed01 ON public.accounts_session USING btree (user_id);

CREATE INDEX accounts_staffaction_staff_id_93f8271b ON public.accounts_staffaction USING btree (staff_id);

CREATE INDEX accounts_staffaction_user_id_b35ed296 ON public.accounts_staffaction USING btree (user_id);

CREATE INDEX accounts_user_groups_group_id_bd11a704 ON public.accounts_user_groups USING btree (group_id);

CREATE INDEX accounts_user_groups_user_id_52b62117 ON public.accounts_user_groups USING btree (user_id);

CREATE INDEX accounts_user_mobile_number_8aaac2fe_like ON public.accounts_user USING btree (mobile_number varchar_pattern_ops);

CREATE INDEX accounts_user_user_permissions_permission_id_113bb443 ON public.accounts_user_user_permissions USING btree (permission_id);

CREATE INDEX accounts_user_user_permissions_user_id_e4f0a161 ON public.accounts_user_user_permissions USING btree (user_id);

CREATE INDEX accounts_webhookdelivery_endpoint_id_bf21cfff ON public.accounts_webhookdelivery USING btree (endpoint_id);

CREATE INDEX accounts_webhookendpoint_user_id_886e9cad ON public.accounts_webhookendpoint USING btree (user_id);

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);

CREATE INDEX axes_accessattempt_ip_address_10922d9c ON public.axes_accessattempt USING btree (ip_address);

CREATE INDEX axes_accessattempt_user_agent_ad89678b ON public.axes_accessattempt USING btree (user_agent);

CREATE INDEX axes_accessattempt_user_agent_ad89678b_like ON public.axes_accessattempt USING btree (user_agent varchar_pattern_ops);

CREATE INDEX axes_accessattempt_username_3f2d4ca0 ON public.axes_accessattempt USING btree (username);

CREATE INDEX axes_accessattempt_username_3f2d4ca0_like ON public.axes_accessattempt USING btree (username varchar_pattern_ops);

CREATE INDEX axes_accessfailurelog_ip_address_2e9f5a7f ON public.axes_accessfailurelog USING btree (ip_address);

CREATE INDEX axes_accessfailurelog_user_agent_ea145dda ON public.axes_accessfailurelog USING btree (user_agent);

CREATE INDEX axes_accessfailurelog_user_agent_ea145dda_like ON public.axes_accessfailurelog USING btree (user_agent varchar_pattern_ops);

CREATE INDEX axes_accessfailurelog_username_a8b7e8a4 ON public.axes_accessfailurelog USING btree (username);

CREATE INDEX axes_accessfailurelog_username_a8b7e8a4_like ON public.axes_accessfailurelog USING btree (username varchar_pattern_ops);

CREATE INDEX axes_accesslog_ip_address_86b417e5 ON public.axes_accesslog USING btree (ip_address);

CREATE INDEX axes_accesslog_user_agent_0e659004 ON public.axes_accesslog USING btree (user_agent);

CREATE INDEX axes_accesslog_user_agent_0e659004_like ON public.axes_accesslog USING btree (user_agent varchar_pattern_ops);

CREATE INDEX axes_accesslog_username_df93064b ON public.axes_accesslog USING btree (username);

CREATE INDEX axes_accesslog_username_df93064b_like ON public.axes_accesslog USING btree (username varchar_pattern_ops);

CREATE INDEX billing_checkout_session_id_921fd0c0 ON public.billing_checkout USING btree (session_id);

CREATE INDEX billing_checkout_session_id_921fd0c0_like ON public.billing_checkout USING btree (session_id varchar_pattern_ops);

CREATE INDEX billing_dailyusage_user_id_890841ee ON public.billing_dailyusage USING btree (user_id);

CREATE INDEX billing_grant_granted_by_id_53db0850 ON public.billing_grant USING btree (granted_by_id);

CREATE INDEX billing_grant_user_id_99f8c248 ON public.billing_grant USING btree (user_id);

CREATE INDEX billing_lease_name_33f8741c_like ON public.billing_lease USING btree (name varchar_pattern_ops);

CREATE INDEX billing_ledgerentry_user_id_b10feb9b ON public.billing_ledgerentry USING btree (user_id);

CREATE INDEX billing_paymentissue_stripe_id_f7c8acc1_like ON public.billing_paymentissue USING btree (stripe_id varchar_pattern_ops);

CREATE INDEX billing_paymentissue_user_id_91db5793 ON public.billing_paymentissue USING btree (user_id);

CREATE INDEX billing_stripeevent_event_id_9abc0bbe_like ON public.billing_stripeevent USING btree (event_id varchar_pattern_ops);

CREATE INDEX billing_tier_slug_3b525409_like ON public.billing_tier USING btree (slug varchar_pattern_ops);

CREATE INDEX chatrooms_chatroom_user_id_a0de3964 ON public.chatrooms_chatroom USING btree (user_id);

CREATE INDEX chatrooms_file_key_38e5380b_like ON public.chatrooms_file USING btree (key varchar_pattern_ops);

CREATE INDEX chatrooms_file_message_id_61358efe ON public.chatrooms_file USING btree (message_id);

CREATE INDEX chatrooms_file_user_id_7dd463c8 ON public.chatrooms_file USING btree (user_id);

CREATE INDEX chatrooms_message_answers_id_78e17d2c ON public.chatrooms_message USING btree (answers_id);

CREATE INDEX chatrooms_message_revision_id_1ff23413 ON public.chatrooms_message USING btree (revision_id);

CREATE INDEX chatrooms_message_room_id_acbfa9b1 ON public.chatrooms_message USING btree (room_id);

CREATE INDEX chatrooms_message_unit_id_57234000 ON public.chatrooms_message USING btree (unit_id);

CREATE INDEX chatrooms_revision_message_id_2b3c64ba ON public.chatrooms_revision USING btree (message_id);

CREATE INDEX code_by_address ON public.accounts_onetimecode USING btree (address, created_at);

CREATE INDEX code_by_country ON public.accounts_onetimecode USING btree (country, created_at);

CREATE INDEX code_by_number ON public.accounts_onetimecode USING btree (number, created_at);

CREATE INDEX code_by_prefix ON public.accounts_onetimecode USING btree (prefix, created_at);

CREATE INDEX code_by_time ON public.accounts_onetimecode USING btree (created_at);

CREATE INDEX code_waiting ON public.accounts_onetimecode USING btree (created_at) WHERE ((digest)::text = ''::text);

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);

CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);

CREATE INDEX django_cele_date_cr_bd6c1d_idx ON public.django_celery_results_groupresult USING btree (date_created);

CREATE INDEX django_cele_date_cr_f04a50_idx ON public.django_celery_results_taskresult USING btree (date_created);

CREATE INDEX django_cele_date_do_caae0e_idx ON public.django_celery_results_groupresult USING btree (date_done);

CREATE INDEX django_cele_date_do_f59aad_idx ON public.django_celery_results_taskresult USING btree (date_done);

CREATE INDEX django_cele_periodi_1993cf_idx ON public.django_celery_results_taskresult USING btree (periodic_task_name);

CREATE INDEX django_cele_status_9b6201_idx ON public.django_celery_results_taskresult USING btree (status);

CREATE INDEX django_cele_task_na_08aec9_idx ON public.django_celery_results_taskresult USING btree (task_name);

CREATE INDEX django_cele_worker_d54dd8_idx ON public.django_celery_results_taskresult USING btree (worker);

CREATE INDEX django_celery_results_chordcounter_group_id_1f70858c_like ON public.django_celery_results_chordcounter USING btree (group_id varchar_pattern_ops);

CREATE INDEX django_celery_results_groupresult_group_id_a085f1a9_like ON public.django_celery_results_groupresult USING btree (group_id varchar_pattern_ops);

CREATE INDEX django_celery_results_taskresult_task_id_de0d95bf_like ON public.django_celery_results_taskresult USING btree (task_id varchar_pattern_ops);

CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);

CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX djstripe_account_djstripe_owner_account_id_64558c8f ON public.djstripe_account USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_account_djstripe_owner_account_id_64558c8f_like ON public.djstripe_account USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_account_id_d412c108_like ON public.djstripe_account USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_accountv2_djstripe_owner_account_id_d9b27175 ON public.djstripe_accountv2 USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_accountv2_djstripe_owner_account_id_d9b27175_like ON public.djstripe_accountv2 USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_accountv2_id_afc5a11a_like ON public.djstripe_accountv2 USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_activeentitleme_djstripe_owner_account_i_d4f2dd53_like ON public.djstripe_activeentitlement USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_activeentitlement_djstripe_owner_account_id_d4f2dd53 ON public.djstripe_activeentitlement USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_activeentitlement_id_e669c288_like ON public.djstripe_activeentitlement USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_apikey_djstripe_owner_account_id_037f32cb ON public.djstripe_apikey USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_apikey_djstripe_owner_account_id_037f32cb_like ON public.djstripe_apikey USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_apikey_secret_3a7141b8_like ON public.djstripe_apikey USING btree (secret varchar_pattern_ops);

CREATE INDEX djstripe_applicationfee_account_id_f50a2a15 ON public.djstripe_applicationfee USING btree (account_id);

CREATE INDEX djstripe_applicationfee_account_id_f50a2a15_like ON public.djstripe_applicationfee USING btree (account_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfee_balance_transaction_id_ff735754 ON public.djstripe_applicationfee USING btree (balance_transaction_id);

CREATE INDEX djstripe_applicationfee_balance_transaction_id_ff735754_like ON public.djstripe_applicationfee USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfee_charge_id_8ba8ce37 ON public.djstripe_applicationfee USING btree (charge_id);

CREATE INDEX djstripe_applicationfee_charge_id_8ba8ce37_like ON public.djstripe_applicationfee USING btree (charge_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfee_djstripe_owner_account_id_07bb6a78 ON public.djstripe_applicationfee USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_applicationfee_djstripe_owner_account_id_07bb6a78_like ON public.djstripe_applicationfee USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfee_id_0e5dcda7_like ON public.djstripe_applicationfee USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfeer_balance_transaction_id_bc35b031_like ON public.djstripe_applicationfeerefund USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfeer_djstripe_owner_account_i_7418f0b2_like ON public.djstripe_applicationfeerefund USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfeeref_djstripe_owner_account_id_7418f0b2 ON public.djstripe_applicationfeerefund USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_applicationfeerefund_balance_transaction_id_bc35b031 ON public.djstripe_applicationfeerefund USING btree (balance_transaction_id);

CREATE INDEX djstripe_applicationfeerefund_fee_id_8fabef2d ON public.djstripe_applicationfeerefund USING btree (fee_id);

CREATE INDEX djstripe_applicationfeerefund_fee_id_8fabef2d_like ON public.djstripe_applicationfeerefund USING btree (fee_id varchar_pattern_ops);

CREATE INDEX djstripe_applicationfeerefund_id_4b8013c7_like ON public.djstripe_applicationfeerefund USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_balancetransact_djstripe_owner_account_i_868dfd07_like ON public.djstripe_balancetransaction USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_balancetransaction_djstripe_owner_account_id_868dfd07 ON public.djstripe_balancetransaction USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_balancetransaction_id_178c6a1f_like ON public.djstripe_balancetransaction USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_bankaccount_account_id_5434506d ON public.djstripe_bankaccount USING btree (account_id);

CREATE INDEX djstripe_bankaccount_account_id_5434506d_like ON public.djstripe_bankaccount USING btree (account_id varchar_pattern_ops);

CREATE INDEX djstripe_bankaccount_djstripe_owner_account_id_7c978af8 ON public.djstripe_bankaccount USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_bankaccount_djstripe_owner_account_id_7c978af8_like ON public.djstripe_bankaccount USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_bankaccount_id_f9330816_like ON public.djstripe_bankaccount USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_card_account_id_ef99457f ON public.djstripe_card USING btree (account_id);

CREATE INDEX djstripe_card_account_id_ef99457f_like ON public.djstripe_card USING btree (account_id varchar_pattern_ops);

CREATE INDEX djstripe_card_djstripe_owner_account_id_1a2f42f2 ON public.djstripe_card USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_card_djstripe_owner_account_id_1a2f42f2_like ON public.djstripe_card USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_card_id_126b867f_like ON public.djstripe_card USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_charge_balance_transaction_id_2eac625e ON public.djstripe_charge USING btree (balance_transaction_id);

CREATE INDEX djstripe_charge_balance_transaction_id_2eac625e_like ON public.djstripe_charge USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_customer_id_fb15eb2b ON public.djstripe_charge USING btree (customer_id);

CREATE INDEX djstripe_charge_customer_id_fb15eb2b_like ON public.djstripe_charge USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_djstripe_owner_account_id_5664eb74 ON public.djstripe_charge USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_charge_djstripe_owner_account_id_5664eb74_like ON public.djstripe_charge USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_id_3bd5e579_like ON public.djstripe_charge USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_charge_invoice_id_bb36cca4 ON public.djstripe_charge USING btree (invoice_id);

CREATE INDEX djstripe_charge_invoice_id_bb36cca4_like ON public.djstripe_charge USING btree (invoice_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_payment_intent_id_e2c03053 ON public.djstripe_charge USING btree (payment_intent_id);

CREATE INDEX djstripe_charge_payment_intent_id_e2c03053_like ON public.djstripe_charge USING btree (payment_intent_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_payment_method_id_061d5812 ON public.djstripe_charge USING btree (payment_method_id);

CREATE INDEX djstripe_charge_payment_method_id_061d5812_like ON public.djstripe_charge USING btree (payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_charge_source_id_2502db60 ON public.djstripe_charge USING btree (source_id);

CREATE INDEX djstripe_charge_source_id_2502db60_like ON public.djstripe_charge USING btree (source_id varchar_pattern_ops);

CREATE INDEX djstripe_countryspec_id_f0eac598_like ON public.djstripe_countryspec USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_coupon_djstripe_owner_account_id_ea85f74e ON public.djstripe_coupon USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_coupon_djstripe_owner_account_id_ea85f74e_like ON public.djstripe_coupon USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_customer_default_payment_method_id_00268b63 ON public.djstripe_customer USING btree (default_payment_method_id);

CREATE INDEX djstripe_customer_default_payment_method_id_00268b63_like ON public.djstripe_customer USING btree (default_payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_customer_djstripe_owner_account_id_2c5ac18d ON public.djstripe_customer USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_customer_djstripe_owner_account_id_2c5ac18d_like ON public.djstripe_customer USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_customer_id_2ff13e9a_like ON public.djstripe_customer USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_customer_subscriber_id_60f5c7bc ON public.djstripe_customer USING btree (subscriber_id);

CREATE INDEX djstripe_discount_customer_id_eaab7ecc ON public.djstripe_discount USING btree (customer_id);

CREATE INDEX djstripe_discount_customer_id_eaab7ecc_like ON public.djstripe_discount USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_discount_djstripe_owner_account_id_76f33de0 ON public.djstripe_discount USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_discount_djstripe_owner_account_id_76f33de0_like ON public.djstripe_discount USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_discount_id_7220ad1f_like ON public.djstripe_discount USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_discount_invoice_id_4acd89bf ON public.djstripe_discount USING btree (invoice_id);

CREATE INDEX djstripe_discount_invoice_id_4acd89bf_like ON public.djstripe_discount USING btree (invoice_id varchar_pattern_ops);

CREATE INDEX djstripe_discount_subscription_id_c9b8f55a ON public.djstripe_discount USING btree (subscription_id);

CREATE INDEX djstripe_discount_subscription_id_c9b8f55a_like ON public.djstripe_discount USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_dispute_balance_transaction_id_aa7cb920 ON public.djstripe_dispute USING btree (balance_transaction_id);

CREATE INDEX djstripe_dispute_balance_transaction_id_aa7cb920_like ON public.djstripe_dispute USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_dispute_charge_id_ba680941 ON public.djstripe_dispute USING btree (charge_id);

CREATE INDEX djstripe_dispute_charge_id_ba680941_like ON public.djstripe_dispute USING btree (charge_id varchar_pattern_ops);

CREATE INDEX djstripe_dispute_djstripe_owner_account_id_8010e2d7 ON public.djstripe_dispute USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_dispute_djstripe_owner_account_id_8010e2d7_like ON public.djstripe_dispute USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_dispute_id_1a3a7b0d_like ON public.djstripe_dispute USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_dispute_payment_intent_id_dc834ee4 ON public.djstripe_dispute USING btree (payment_intent_id);

CREATE INDEX djstripe_dispute_payment_intent_id_dc834ee4_like ON public.djstripe_dispute USING btree (payment_intent_id varchar_pattern_ops);

CREATE INDEX djstripe_djstripeinvoicedefaulttaxrate_invoice_id_541494fb ON public.djstripe_djstripeinvoicedefaulttaxrate USING btree (invoice_id);

CREATE INDEX djstripe_djstripeinvoicedefaulttaxrate_taxrate_id_fd618ddd ON public.djstripe_djstripeinvoicedefaulttaxrate USING btree (taxrate_id);

CREATE INDEX djstripe_djstripeinvoiceitemtaxrate_invoiceitem_id_ddc00567 ON public.djstripe_djstripeinvoiceitemtaxrate USING btree (invoiceitem_id);

CREATE INDEX djstripe_djstripeinvoiceitemtaxrate_taxrate_id_bd22e20a ON public.djstripe_djstripeinvoiceitemtaxrate USING btree (taxrate_id);

CREATE INDEX djstripe_djstripepaymentmethod_id_698e95f6_like ON public.djstripe_djstripepaymentmethod USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_djstripepaymentmethod_type_a56a0cac ON public.djstripe_djstripepaymentmethod USING btree (type);

CREATE INDEX djstripe_djstripepaymentmethod_type_a56a0cac_like ON public.djstripe_djstripepaymentmethod USING btree (type varchar_pattern_ops);

CREATE INDEX djstripe_djstripesubscript_subscriptionitem_id_04bcb65f ON public.djstripe_djstripesubscriptionitemtaxrate USING btree (subscriptionitem_id);

CREATE INDEX djstripe_djstripesubscriptionitemtaxrate_taxrate_id_01b3bd7f ON public.djstripe_djstripesubscriptionitemtaxrate USING btree (taxrate_id);

CREATE INDEX djstripe_earlyfraudwarni_djstripe_owner_account_i_83708c78_like ON public.djstripe_earlyfraudwarning USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_earlyfraudwarning_djstripe_owner_account_id_83708c78 ON public.djstripe_earlyfraudwarning USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_earlyfraudwarning_id_531f1f22_like ON public.djstripe_earlyfraudwarning USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_event_djstripe_owner_account_id_622cdfe3 ON public.djstripe_event USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_event_djstripe_owner_account_id_622cdfe3_like ON public.djstripe_event USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_event_id_70b63fc9_like ON public.djstripe_event USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_feature_djstripe_owner_account_id_c571a7da ON public.djstripe_feature USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_feature_djstripe_owner_account_id_c571a7da_like ON public.djstripe_feature USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_feature_id_2b6b2a40_like ON public.djstripe_feature USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_file_djstripe_owner_account_id_4919c058 ON public.djstripe_file USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_file_djstripe_owner_account_id_4919c058_like ON public.djstripe_file USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_file_id_b8bf6de6_like ON public.djstripe_file USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_filelink_djstripe_owner_account_id_bb039aa3 ON public.djstripe_filelink USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_filelink_djstripe_owner_account_id_bb039aa3_like ON public.djstripe_filelink USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_filelink_file_id_5241d36f ON public.djstripe_filelink USING btree (file_id);

CREATE INDEX djstripe_filelink_file_id_5241d36f_like ON public.djstripe_filelink USING btree (file_id varchar_pattern_ops);

CREATE INDEX djstripe_filelink_id_87413144_like ON public.djstripe_filelink USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_invoice_customer_id_c0cd871c ON public.djstripe_invoice USING btree (customer_id);

CREATE INDEX djstripe_invoice_customer_id_c0cd871c_like ON public.djstripe_invoice USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_invoice_default_payment_method_id_670990d5 ON public.djstripe_invoice USING btree (default_payment_method_id);

CREATE INDEX djstripe_invoice_default_payment_method_id_670990d5_like ON public.djstripe_invoice USING btree (default_payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_invoice_djstripe_owner_account_id_cc0c7f79 ON public.djstripe_invoice USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_invoice_djstripe_owner_account_id_cc0c7f79_like ON public.djstripe_invoice USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_invoice_id_27a64f0b_like ON public.djstripe_invoice USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_invoice_subscription_id_2dbc2461 ON public.djstripe_invoice USING btree (subscription_id);

CREATE INDEX djstripe_invoice_subscription_id_2dbc2461_like ON public.djstripe_invoice USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_invoiceitem_customer_id_259466b8 ON public.djstripe_invoiceitem USING btree (customer_id);

CREATE INDEX djstripe_invoiceitem_customer_id_259466b8_like ON public.djstripe_invoiceitem USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_invoiceitem_djstripe_owner_account_id_9afac289 ON public.djstripe_invoiceitem USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_invoiceitem_djstripe_owner_account_id_9afac289_like ON public.djstripe_invoiceitem USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_invoiceitem_id_6fb46a4d_like ON public.djstripe_invoiceitem USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_invoiceitem_invoice_id_d302912e ON public.djstripe_invoiceitem USING btree (invoice_id);

CREATE INDEX djstripe_invoiceitem_invoice_id_d302912e_like ON public.djstripe_invoiceitem USING btree (invoice_id varchar_pattern_ops);

CREATE INDEX djstripe_invoiceitem_price_id_24d80db8 ON public.djstripe_invoiceitem USING btree (price_id);

CREATE INDEX djstripe_invoiceitem_subscription_id_a7760178 ON public.djstripe_invoiceitem USING btree (subscription_id);

CREATE INDEX djstripe_invoiceitem_subscription_id_a7760178_like ON public.djstripe_invoiceitem USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_authori_djstripe_owner_account_i_a5d3464b_like ON public.djstripe_issuing_authorization USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_authoriza_djstripe_owner_account_id_a5d3464b ON public.djstripe_issuing_authorization USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_issuing_authorization_id_c9aa2cd6_like ON public.djstripe_issuing_authorization USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_card_djstripe_owner_account_id_0bdfc97c ON public.djstripe_issuing_card USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_issuing_card_djstripe_owner_account_id_0bdfc97c_like ON public.djstripe_issuing_card USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_card_id_505f923b_like ON public.djstripe_issuing_card USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_cardhol_djstripe_owner_account_i_fa7389b4_like ON public.djstripe_issuing_cardholder USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_cardholder_djstripe_owner_account_id_fa7389b4 ON public.djstripe_issuing_cardholder USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_issuing_cardholder_id_eba09729_like ON public.djstripe_issuing_cardholder USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_dispute_djstripe_owner_account_i_388b366f_like ON public.djstripe_issuing_dispute USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_dispute_djstripe_owner_account_id_388b366f ON public.djstripe_issuing_dispute USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_issuing_dispute_id_0895a489_like ON public.djstripe_issuing_dispute USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_transac_djstripe_owner_account_i_dfdd0ee5_like ON public.djstripe_issuing_transaction USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_issuing_transaction_djstripe_owner_account_id_dfdd0ee5 ON public.djstripe_issuing_transaction USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_issuing_transaction_id_379ffc7f_like ON public.djstripe_issuing_transaction USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_lineitem_djstripe_owner_account_id_94fe816a ON public.djstripe_lineitem USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_lineitem_djstripe_owner_account_id_94fe816a_like ON public.djstripe_lineitem USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_lineitem_id_11970d1d_like ON public.djstripe_lineitem USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_lineitem_invoice_item_id_673833e2 ON public.djstripe_lineitem USING btree (invoice_item_id);

CREATE INDEX djstripe_lineitem_invoice_item_id_673833e2_like ON public.djstripe_lineitem USING btree (invoice_item_id varchar_pattern_ops);

CREATE INDEX djstripe_lineitem_subscription_id_7d83979b ON public.djstripe_lineitem USING btree (subscription_id);

CREATE INDEX djstripe_lineitem_subscription_id_7d83979b_like ON public.djstripe_lineitem USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_lineitem_subscription_item_id_6e53d0a7 ON public.djstripe_lineitem USING btree (subscription_item_id);

CREATE INDEX djstripe_lineitem_subscription_item_id_6e53d0a7_like ON public.djstripe_lineitem USING btree (subscription_item_id varchar_pattern_ops);

CREATE INDEX djstripe_mandate_djstripe_owner_account_id_63974808 ON public.djstripe_mandate USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_mandate_djstripe_owner_account_id_63974808_like ON public.djstripe_mandate USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_mandate_id_be49f4ea_like ON public.djstripe_mandate USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_mandate_payment_method_id_43a90a75 ON public.djstripe_mandate USING btree (payment_method_id);

CREATE INDEX djstripe_mandate_payment_method_id_43a90a75_like ON public.djstripe_mandate USING btree (payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentintent_customer_id_93ee54a2 ON public.djstripe_paymentintent USING btree (customer_id);

CREATE INDEX djstripe_paymentintent_customer_id_93ee54a2_like ON public.djstripe_paymentintent USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentintent_djstripe_owner_account_id_3433b556 ON public.djstripe_paymentintent USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_paymentintent_djstripe_owner_account_id_3433b556_like ON public.djstripe_paymentintent USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentintent_id_d5fea8c5_like ON public.djstripe_paymentintent USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_paymentintent_on_behalf_of_id_4db305db ON public.djstripe_paymentintent USING btree (on_behalf_of_id);

CREATE INDEX djstripe_paymentintent_on_behalf_of_id_4db305db_like ON public.djstripe_paymentintent USING btree (on_behalf_of_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentintent_payment_method_id_814dd02d ON public.djstripe_paymentintent USING btree (payment_method_id);

CREATE INDEX djstripe_paymentintent_payment_method_id_814dd02d_like ON public.djstripe_paymentintent USING btree (payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentmethod_customer_id_c482a8b6 ON public.djstripe_paymentmethod USING btree (customer_id);

CREATE INDEX djstripe_paymentmethod_customer_id_c482a8b6_like ON public.djstripe_paymentmethod USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentmethod_djstripe_owner_account_id_12af66c9 ON public.djstripe_paymentmethod USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_paymentmethod_djstripe_owner_account_id_12af66c9_like ON public.djstripe_paymentmethod USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_paymentmethod_id_0b9251df_like ON public.djstripe_paymentmethod USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_payout_balance_transaction_id_a9393fb6 ON public.djstripe_payout USING btree (balance_transaction_id);

CREATE INDEX djstripe_payout_balance_transaction_id_a9393fb6_like ON public.djstripe_payout USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_payout_destination_id_a5fa55c2 ON public.djstripe_payout USING btree (destination_id);

CREATE INDEX djstripe_payout_destination_id_a5fa55c2_like ON public.djstripe_payout USING btree (destination_id varchar_pattern_ops);

CREATE INDEX djstripe_payout_djstripe_owner_account_id_8aac4e8e ON public.djstripe_payout USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_payout_djstripe_owner_account_id_8aac4e8e_like ON public.djstripe_payout USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_payout_failure_balance_transaction_id_77d442db ON public.djstripe_payout USING btree (failure_balance_transaction_id);

CREATE INDEX djstripe_payout_failure_balance_transaction_id_77d442db_like ON public.djstripe_payout USING btree (failure_balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_payout_id_53408957_like ON public.djstripe_payout USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_price_djstripe_owner_account_id_01c819f7 ON public.djstripe_price USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_price_djstripe_owner_account_id_01c819f7_like ON public.djstripe_price USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_price_id_31290b55_like ON public.djstripe_price USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_price_product_id_9f3d37eb ON public.djstripe_price USING btree (product_id);

CREATE INDEX djstripe_price_product_id_9f3d37eb_like ON public.djstripe_price USING btree (product_id varchar_pattern_ops);

CREATE INDEX djstripe_product_djstripe_owner_account_id_6c90c2b6 ON public.djstripe_product USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_product_djstripe_owner_account_id_6c90c2b6_like ON public.djstripe_product USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_product_id_5b4bdbcb_like ON public.djstripe_product USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_productfeature_djstripe_owner_account_id_d507d3d1 ON public.djstripe_productfeature USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_productfeature_djstripe_owner_account_id_d507d3d1_like ON public.djstripe_productfeature USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_productfeature_entitlement_feature_id_6880bac7 ON public.djstripe_productfeature USING btree (entitlement_feature_id);

CREATE INDEX djstripe_productfeature_entitlement_feature_id_6880bac7_like ON public.djstripe_productfeature USING btree (entitlement_feature_id varchar_pattern_ops);

CREATE INDEX djstripe_productfeature_id_9a105172_like ON public.djstripe_productfeature USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_productfeature_product_id_b01ed73e ON public.djstripe_productfeature USING btree (product_id);

CREATE INDEX djstripe_productfeature_product_id_b01ed73e_like ON public.djstripe_productfeature USING btree (product_id varchar_pattern_ops);

CREATE INDEX djstripe_promotioncode_djstripe_owner_account_id_7997d59a ON public.djstripe_promotioncode USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_promotioncode_djstripe_owner_account_id_7997d59a_like ON public.djstripe_promotioncode USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_promotioncode_id_bdd69a36_like ON public.djstripe_promotioncode USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_refund_balance_transaction_id_dec480cf ON public.djstripe_refund USING btree (balance_transaction_id);

CREATE INDEX djstripe_refund_balance_transaction_id_dec480cf_like ON public.djstripe_refund USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_refund_charge_id_e7efd717 ON public.djstripe_refund USING btree (charge_id);

CREATE INDEX djstripe_refund_charge_id_e7efd717_like ON public.djstripe_refund USING btree (charge_id varchar_pattern_ops);

CREATE INDEX djstripe_refund_djstripe_owner_account_id_ece3ea81 ON public.djstripe_refund USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_refund_djstripe_owner_account_id_ece3ea81_like ON public.djstripe_refund USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_refund_failure_balance_transaction_id_817ae640 ON public.djstripe_refund USING btree (failure_balance_transaction_id);

CREATE INDEX djstripe_refund_failure_balance_transaction_id_817ae640_like ON public.djstripe_refund USING btree (failure_balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_refund_id_bcdf86d4_like ON public.djstripe_refund USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_review_djstripe_owner_account_id_543dfbd7 ON public.djstripe_review USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_review_djstripe_owner_account_id_543dfbd7_like ON public.djstripe_review USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_review_id_d2d8ebc8_like ON public.djstripe_review USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_scheduledqueryr_djstripe_owner_account_i_b5cc7091_like ON public.djstripe_scheduledqueryrun USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_scheduledqueryrun_djstripe_owner_account_id_b5cc7091 ON public.djstripe_scheduledqueryrun USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_scheduledqueryrun_file_id_707bbc03 ON public.djstripe_scheduledqueryrun USING btree (file_id);

CREATE INDEX djstripe_scheduledqueryrun_file_id_707bbc03_like ON public.djstripe_scheduledqueryrun USING btree (file_id varchar_pattern_ops);

CREATE INDEX djstripe_scheduledqueryrun_id_94f43855_like ON public.djstripe_scheduledqueryrun USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_session_customer_id_b4510dc3 ON public.djstripe_session USING btree (customer_id);

CREATE INDEX djstripe_session_customer_id_b4510dc3_like ON public.djstripe_session USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_session_djstripe_owner_account_id_8bbc07af ON public.djstripe_session USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_session_djstripe_owner_account_id_8bbc07af_like ON public.djstripe_session USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_session_id_44e9e22a_like ON public.djstripe_session USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_session_payment_intent_id_cae83ebf ON public.djstripe_session USING btree (payment_intent_id);

CREATE INDEX djstripe_session_payment_intent_id_cae83ebf_like ON public.djstripe_session USING btree (payment_intent_id varchar_pattern_ops);

CREATE INDEX djstripe_session_setup_intent_id_c884fe95 ON public.djstripe_session USING btree (setup_intent_id);

CREATE INDEX djstripe_session_setup_intent_id_c884fe95_like ON public.djstripe_session USING btree (setup_intent_id varchar_pattern_ops);

CREATE INDEX djstripe_session_subscription_id_29499760 ON public.djstripe_session USING btree (subscription_id);

CREATE INDEX djstripe_session_subscription_id_29499760_like ON public.djstripe_session USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_setupintent_customer_id_6ff5bbcc ON public.djstripe_setupintent USING btree (customer_id);

CREATE INDEX djstripe_setupintent_customer_id_6ff5bbcc_like ON public.djstripe_setupintent USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_setupintent_djstripe_owner_account_id_046c1671 ON public.djstripe_setupintent USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_setupintent_djstripe_owner_account_id_046c1671_like ON public.djstripe_setupintent USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_setupintent_id_42f3ad46_like ON public.djstripe_setupintent USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_setupintent_on_behalf_of_id_1ea4d941 ON public.djstripe_setupintent USING btree (on_behalf_of_id);

CREATE INDEX djstripe_setupintent_on_behalf_of_id_1ea4d941_like ON public.djstripe_setupintent USING btree (on_behalf_of_id varchar_pattern_ops);

CREATE INDEX djstripe_setupintent_payment_method_id_0ca17b5e ON public.djstripe_setupintent USING btree (payment_method_id);

CREATE INDEX djstripe_setupintent_payment_method_id_0ca17b5e_like ON public.djstripe_setupintent USING btree (payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_shippingrate_djstripe_owner_account_id_4f8a0f20 ON public.djstripe_shippingrate USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_shippingrate_djstripe_owner_account_id_4f8a0f20_like ON public.djstripe_shippingrate USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_shippingrate_id_5f536051_like ON public.djstripe_shippingrate USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_shippingrate_tax_code_id_8affacec ON public.djstripe_shippingrate USING btree (tax_code_id);

CREATE INDEX djstripe_shippingrate_tax_code_id_8affacec_like ON public.djstripe_shippingrate USING btree (tax_code_id varchar_pattern_ops);

CREATE INDEX djstripe_source_customer_id_4d678557 ON public.djstripe_source USING btree (customer_id);

CREATE INDEX djstripe_source_customer_id_4d678557_like ON public.djstripe_source USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_source_djstripe_owner_account_id_f99f1fe6 ON public.djstripe_source USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_source_djstripe_owner_account_id_f99f1fe6_like ON public.djstripe_source USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_source_id_a2bd4cd5_like ON public.djstripe_source USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_sourcetransacti_djstripe_owner_account_i_a8c9bdee_like ON public.djstripe_sourcetransaction USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_sourcetransaction_djstripe_owner_account_id_a8c9bdee ON public.djstripe_sourcetransaction USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_sourcetransaction_id_449f3638_like ON public.djstripe_sourcetransaction USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_sourcetransaction_source_id_3c972638 ON public.djstripe_sourcetransaction USING btree (source_id);

CREATE INDEX djstripe_sourcetransaction_source_id_3c972638_like ON public.djstripe_sourcetransaction USING btree (source_id varchar_pattern_ops);

CREATE INDEX djstripe_subscription_customer_id_aff64ee5 ON public.djstripe_subscription USING btree (customer_id);

CREATE INDEX djstripe_subscription_customer_id_aff64ee5_like ON public.djstripe_subscription USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_subscription_djstripe_owner_account_id_9d333296 ON public.djstripe_subscription USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_subscription_djstripe_owner_account_id_9d333296_like ON public.djstripe_subscription USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_subscription_id_230b4d6a_like ON public.djstripe_subscription USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionite_djstripe_owner_account_i_aafd9387_like ON public.djstripe_subscriptionitem USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionitem_djstripe_owner_account_id_aafd9387 ON public.djstripe_subscriptionitem USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_subscriptionitem_id_6f0d84b1_like ON public.djstripe_subscriptionitem USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionitem_price_id_c7f55fc3 ON public.djstripe_subscriptionitem USING btree (price_id);

CREATE INDEX djstripe_subscriptionitem_subscription_id_992d9919 ON public.djstripe_subscriptionitem USING btree (subscription_id);

CREATE INDEX djstripe_subscriptionitem_subscription_id_992d9919_like ON public.djstripe_subscriptionitem USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionsch_djstripe_owner_account_i_c7d8d9c4_like ON public.djstripe_subscriptionschedule USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionsched_djstripe_owner_account_id_c7d8d9c4 ON public.djstripe_subscriptionschedule USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_subscriptionschedule_customer_id_b124e27d ON public.djstripe_subscriptionschedule USING btree (customer_id);

CREATE INDEX djstripe_subscriptionschedule_id_7a8ae9dd_like ON public.djstripe_subscriptionschedule USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_subscriptionschedule_released_subscription_id_3de9daa1 ON public.djstripe_subscriptionschedule USING btree (released_subscription_id);

CREATE INDEX djstripe_subscriptionschedule_subscription_id_d12d014b ON public.djstripe_subscriptionschedule USING btree (subscription_id);

CREATE INDEX djstripe_taxcode_djstripe_owner_account_id_1f7fc204 ON public.djstripe_taxcode USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_taxcode_djstripe_owner_account_id_1f7fc204_like ON public.djstripe_taxcode USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_taxcode_id_ae6cca5b_like ON public.djstripe_taxcode USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_taxid_customer_id_e973248d ON public.djstripe_taxid USING btree (customer_id);

CREATE INDEX djstripe_taxid_customer_id_e973248d_like ON public.djstripe_taxid USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_taxid_djstripe_owner_account_id_acff63ae ON public.djstripe_taxid USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_taxid_djstripe_owner_account_id_acff63ae_like ON public.djstripe_taxid USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_taxid_id_1a055bd6_like ON public.djstripe_taxid USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_taxrate_djstripe_owner_account_id_d6421376 ON public.djstripe_taxrate USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_taxrate_djstripe_owner_account_id_d6421376_like ON public.djstripe_taxrate USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_taxrate_id_1bf83ed0_like ON public.djstripe_taxrate USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_transfer_balance_transaction_id_b5b00270 ON public.djstripe_transfer USING btree (balance_transaction_id);

CREATE INDEX djstripe_transfer_balance_transaction_id_b5b00270_like ON public.djstripe_transfer USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_transfer_djstripe_owner_account_id_78ad63fe ON public.djstripe_transfer USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_transfer_djstripe_owner_account_id_78ad63fe_like ON public.djstripe_transfer USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_transfer_id_529741b5_like ON public.djstripe_transfer USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_transferreversa_djstripe_owner_account_i_2e3051e1_like ON public.djstripe_transferreversal USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_transferreversal_balance_transaction_id_5044f084 ON public.djstripe_transferreversal USING btree (balance_transaction_id);

CREATE INDEX djstripe_transferreversal_balance_transaction_id_5044f084_like ON public.djstripe_transferreversal USING btree (balance_transaction_id varchar_pattern_ops);

CREATE INDEX djstripe_transferreversal_djstripe_owner_account_id_2e3051e1 ON public.djstripe_transferreversal USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_transferreversal_id_229d4d84_like ON public.djstripe_transferreversal USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_transferreversal_transfer_id_8f250dd3 ON public.djstripe_transferreversal USING btree (transfer_id);

CREATE INDEX djstripe_transferreversal_transfer_id_8f250dd3_like ON public.djstripe_transferreversal USING btree (transfer_id varchar_pattern_ops);

CREATE INDEX djstripe_upcominginvoice_customer_id_c94e7284 ON public.djstripe_upcominginvoice USING btree (customer_id);

CREATE INDEX djstripe_upcominginvoice_customer_id_c94e7284_like ON public.djstripe_upcominginvoice USING btree (customer_id varchar_pattern_ops);

CREATE INDEX djstripe_upcominginvoice_default_payment_method_i_31da058e_like ON public.djstripe_upcominginvoice USING btree (default_payment_method_id varchar_pattern_ops);

CREATE INDEX djstripe_upcominginvoice_default_payment_method_id_31da058e ON public.djstripe_upcominginvoice USING btree (default_payment_method_id);

CREATE INDEX djstripe_upcominginvoice_djstripe_owner_account_i_fac79479_like ON public.djstripe_upcominginvoice USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_upcominginvoice_djstripe_owner_account_id_fac79479 ON public.djstripe_upcominginvoice USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_upcominginvoice_subscription_id_72fb41e3 ON public.djstripe_upcominginvoice USING btree (subscription_id);

CREATE INDEX djstripe_upcominginvoice_subscription_id_72fb41e3_like ON public.djstripe_upcominginvoice USING btree (subscription_id varchar_pattern_ops);

CREATE INDEX djstripe_verificationrep_djstripe_owner_account_i_7a5869e4_like ON public.djstripe_verificationreport USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_verificationreport_djstripe_owner_account_id_7a5869e4 ON public.djstripe_verificationreport USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_verificationreport_id_540e2b29_like ON public.djstripe_verificationreport USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_verificationses_djstripe_owner_account_i_11bac9bf_like ON public.djstripe_verificationsession USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_verificationses_last_verification_report_192f6b6d_like ON public.djstripe_verificationsession USING btree (last_verification_report_id varchar_pattern_ops);

CREATE INDEX djstripe_verificationsessi_last_verification_report_i_192f6b6d ON public.djstripe_verificationsession USING btree (last_verification_report_id);

CREATE INDEX djstripe_verificationsession_djstripe_owner_account_id_11bac9bf ON public.djstripe_verificationsession USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_verificationsession_id_21591a2e_like ON public.djstripe_verificationsession USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_webhookendpoint_djstripe_owner_account_i_f1ac5c9d_like ON public.djstripe_webhookendpoint USING btree (djstripe_owner_account_id varchar_pattern_ops);

CREATE INDEX djstripe_webhookendpoint_djstripe_owner_account_id_f1ac5c9d ON public.djstripe_webhookendpoint USING btree (djstripe_owner_account_id);

CREATE INDEX djstripe_webhookendpoint_id_cf8ef4b0_like ON public.djstripe_webhookendpoint USING btree (id varchar_pattern_ops);

CREATE INDEX djstripe_webhookeventtri_stripe_trigger_account_i_06d35fda_like ON public.djstripe_webhookeventtrigger USING btree (stripe_trigger_account_id varchar_pattern_ops);

CREATE INDEX djstripe_webhookeventtrigger_event_id_b2e08de6 ON public.djstripe_webhookeventtrigger USING btree (event_id);

CREATE INDEX djstripe_webhookeventtrigger_event_id_b2e08de6_like ON public.djstripe_webhookeventtrigger USING btree (event_id varchar_pattern_ops);

CREATE INDEX djstripe_webhookeventtrigger_stripe_trigger_account_id_06d35fda ON public.djstripe_webhookeventtrigger USING btree (stripe_trigger_account_id);

CREATE INDEX djstripe_webhookeventtrigger_webhook_endpoint_id_6e762b2f ON public.djstripe_webhookeventtrigger USING btree (webhook_endpoint_id);

CREATE INDEX djstripe_webhookeventtrigger_webhook_endpoint_id_6e762b2f_like ON public.djstripe_webhookeventtrigger USING btree (webhook_endpoint_id varchar_pattern_ops);

CREATE INDEX entitlement_by_end ON public.billing_entitlement USING btree (stripe_until);

CREATE INDEX event_by_customer ON public.billing_stripeevent USING btree (customer_id);

CREATE INDEX event_by_time ON public.billing_stripeevent USING btree (received_at);

CREATE INDEX event_to_process ON public.billing_stripeevent USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX file_without_message ON public.chatrooms_file USING btree (created_at) WHERE (message_id IS NULL);

CREATE INDEX idempotency_by_time ON public.accounts_idempotencykey USING btree (created_at);

CREATE INDEX lease_by_end ON public.billing_lease USING btree (until);

CREATE INDEX ledger_by_user_and_day ON public.billing_ledgerentry USING btree (user_id, day);

CREATE INDEX message_by_room ON public.chatrooms_message USING btree (room_id, id DESC) WHERE ((role)::text = 'user'::text);

CREATE INDEX message_by_time ON public.chatrooms_message USING brin (created_at) WITH (autosummarize='on');

CREATE INDEX message_by_words ON public.chatrooms_message USING gin (search);

CREATE INDEX message_of_user ON public.chatrooms_message USING btree (user_id, id DESC);

CREATE INDEX model_call_by_time ON public.billing_modelcall USING brin (created_at) WITH (autosummarize='on');

CREATE INDEX model_call_of_user ON public.billing_modelcall USING btree (user_id, id DESC);

CREATE INDEX otp_static_staticdevice_user_id_7f9cff2b ON public.otp_static_staticdevice USING btree (user_id);

CREATE INDEX otp_static_statictoken_device_id_74b7c7d1 ON public.otp_static_statictoken USING btree (device_id);

CREATE INDEX otp_static_statictoken_token_d0a51866 ON public.otp_static_statictoken USING btree (token);

CREATE INDEX otp_static_statictoken_token_d0a51866_like ON public.otp_static_statictoken USING btree (token varchar_pattern_ops);

CREATE INDEX otp_totp_totpdevice_user_id_0fb18292 ON public.otp_totp_totpdevice USING btree (user_id);

CREATE INDEX payment_issue_by_time ON public.billing_paymentissue USING btree (created DESC);

CREATE INDEX reply_by_lease ON public.chatrooms_message USING btree (lease_until) WHERE (lease_until IS NOT NULL);

CREATE INDEX reply_failed ON public.chatrooms_message USING btree (id DESC) WHERE ((status)::text = 'failed'::text);

CREATE INDEX reply_failed_of_user ON public.chatrooms_message USING btree (user_id, id DESC) WHERE ((status)::text = 'failed'::text);

CREATE UNIQUE INDEX reply_one_current_per_message ON public.chatrooms_message USING btree (answers_id) WHERE is_current;

CREATE UNIQUE INDEX reply_one_generating_per_room ON public.chatrooms_message USING btree (room_id) WHERE ((status)::text = 'generating'::text);

CREATE INDEX reply_parked ON public.chatrooms_message USING btree (user_id, id) WHERE is_parked;

CREATE INDEX reply_to_publish ON public.chatrooms_message USING btree (publish_at) WHERE ((status)::text = 'queued'::text);

CREATE INDEX reply_told ON public.chatrooms_message USING btree (room_id, answers_id DESC) WHERE (is_current AND ((status)::text = ANY ((ARRAY['done'::character varying, 'stopped'::character varying])::text[])));

CREATE INDEX reply_unfinished ON public.chatrooms_message USING btree (room_id, id) WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'generating'::character varying])::text[]));

CREATE INDEX reply_unfinished_of_user ON public.chatrooms_message USING btree (user_id, id) WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'generating'::character varying])::text[]));

CREATE INDEX room_by_activity ON public.chatrooms_chatroom USING btree (user_id, updated_at DESC);

CREATE INDEX room_by_place_in_list ON public.chatrooms_chatroom USING btree (user_id, archived, listed_at DESC, id DESC);

CREATE INDEX room_hidden_by_activity ON public.chatrooms_chatroom USING btree (updated_at) WHERE (NOT ((kind)::text = 'chat'::text));

CREATE INDEX session_live ON public.accounts_session USING btree (user_id, created_at) WHERE (revoked_at IS NULL);

CREATE INDEX staff_action_by_staff ON public.accounts_staffaction USING btree (staff_id, id DESC);

CREATE INDEX staff_action_by_user ON public.accounts_staffaction USING btree (user_id, id DESC);

CREATE INDEX user_by_age ON public.accounts_user USING btree (created_at);

CREATE INDEX user_to_erase ON public.accounts_user USING btree (erase_next_try_at) WHERE (erasing_at IS NOT NULL);

CREATE INDEX webhook_delivery_by_age ON public.accounts_webhookdelivery USING btree (occurred_at);

CREATE INDEX webhook_delivery_of_endpoint ON public.accounts_webhookdelivery USING btree (endpoint_id, id DESC);

CREATE INDEX webhook_delivery_pending ON public.accounts_webhookdelivery USING btree (endpoint_id, next_attempt_at) WHERE ((status)::text = 'pending'::text);

ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_user_id_bd902026_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_idempotencykey
    ADD CONSTRAINT accounts_idempotencykey_user_id_ad587486_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_onetimecode
    ADD CONSTRAINT accounts_onetimecode_user_id_215e1794_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_session
    ADD CONSTRAINT accounts_session_user_id_d5aaed01_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_staffaction
    ADD CONSTRAINT accounts_staffaction_user_id_b35ed296_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_group_id_bd11a704_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_52b62117_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_permission_id_113bb443_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_user_id_e4f0a161_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_webhookdelivery
    ADD CONSTRAINT accounts_webhookdeli_endpoint_id_bf21cfff_fk_accounts_ FOREIGN KEY (endpoint_id) REFERENCES public.accounts_webhookendpoint(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_webhookendpoint
    ADD CONSTRAINT accounts_webhookendpoint_user_id_886e9cad_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptex_access_attempt_id_6b73a47a_fk_axes_acce FOREIGN KEY (access_attempt_id) REFERENCES public.axes_accessattempt(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_checkout
    ADD CONSTRAINT billing_checkout_user_id_56e392ba_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_dailyusage
    ADD CONSTRAINT billing_dailyusage_user_id_890841ee_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_entitlement
    ADD CONSTRAINT billing_entitlement_user_id_1261ab86_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_grant
    ADD CONSTRAINT billing_grant_user_id_99f8c248_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_returns_id_f4febbae_fk_billing_l FOREIGN KEY (returns_id) REFERENCES public.billing_ledgerentry(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_ledgerentry
    ADD CONSTRAINT billing_ledgerentry_user_id_b10feb9b_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_modelcall
    ADD CONSTRAINT billing_modelcall_user_id_dd639d44_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.billing_paymentissue
    ADD CONSTRAINT billing_paymentissue_user_id_91db5793_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_chatroom
    ADD CONSTRAINT chatrooms_chatroom_user_id_a0de3964_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_externalid
    ADD CONSTRAINT chatrooms_externalid_room_id_ae2a66f9_fk_chatrooms_chatroom_id FOREIGN KEY (room_id) REFERENCES public.chatrooms_chatroom(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_externalid
    ADD CONSTRAINT chatrooms_externalid_user_id_ac51fbd6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_file
    ADD CONSTRAINT chatrooms_file_message_id_61358efe_fk_chatrooms_message_id FOREIGN KEY (message_id) REFERENCES public.chatrooms_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_file
    ADD CONSTRAINT chatrooms_file_user_id_7dd463c8_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_filespace
    ADD CONSTRAINT chatrooms_filespace_user_id_4ae6939a_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_answers_id_78e17d2c_fk_chatrooms_message_id FOREIGN KEY (answers_id) REFERENCES public.chatrooms_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_revision_id_1ff23413_fk_chatrooms_revision_id FOREIGN KEY (revision_id) REFERENCES public.chatrooms_revision(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_room_id_acbfa9b1_fk_chatrooms_chatroom_id FOREIGN KEY (room_id) REFERENCES public.chatrooms_chatroom(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_unit_id_57234000_fk_billing_ledgerentry_id FOREIGN KEY (unit_id) REFERENCES public.billing_ledgerentry(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_message
    ADD CONSTRAINT chatrooms_message_user_id_2be58c06_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_revision
    ADD CONSTRAINT chatrooms_revision_message_id_2b3c64ba_fk_chatrooms_message_id FOREIGN KEY (message_id) REFERENCES public.chatrooms_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.chatrooms_summary
    ADD CONSTRAINT chatrooms_summary_room_id_1006363d_fk_chatrooms_chatroom_id FOREIGN KEY (room_id) REFERENCES public.chatrooms_chatroom(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_account
    ADD CONSTRAINT djstripe_account_djstripe_owner_accou_64558c8f_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_accountv2
    ADD CONSTRAINT djstripe_accountv2_djstripe_owner_accou_d9b27175_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_activeentitlement
    ADD CONSTRAINT djstripe_activeentit_djstripe_owner_accou_d4f2dd53_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_apikey
    ADD CONSTRAINT djstripe_apikey_djstripe_owner_accou_037f32cb_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_application_account_id_f50a2a15_fk_djstripe_ FOREIGN KEY (account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfeerefund
    ADD CONSTRAINT djstripe_application_balance_transaction__bc35b031_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_application_balance_transaction__ff735754_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_application_charge_id_8ba8ce37_fk_djstripe_ FOREIGN KEY (charge_id) REFERENCES public.djstripe_charge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfee
    ADD CONSTRAINT djstripe_application_djstripe_owner_accou_07bb6a78_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfeerefund
    ADD CONSTRAINT djstripe_application_djstripe_owner_accou_7418f0b2_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_applicationfeerefund
    ADD CONSTRAINT djstripe_application_fee_id_8fabef2d_fk_djstripe_ FOREIGN KEY (fee_id) REFERENCES public.djstripe_applicationfee(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_balancetransaction
    ADD CONSTRAINT djstripe_balancetran_djstripe_owner_accou_868dfd07_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_bankaccount
    ADD CONSTRAINT djstripe_bankaccount_account_id_5434506d_fk_djstripe_account_id FOREIGN KEY (account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_bankaccount
    ADD CONSTRAINT djstripe_bankaccount_djstripe_owner_accou_7c978af8_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_card
    ADD CONSTRAINT djstripe_card_account_id_ef99457f_fk_djstripe_account_id FOREIGN KEY (account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_card
    ADD CONSTRAINT djstripe_card_djstripe_owner_accou_1a2f42f2_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_balance_transaction__2eac625e_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_customer_id_fb15eb2b_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_djstripe_owner_accou_5664eb74_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_invoice_id_bb36cca4_fk_djstripe_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.djstripe_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_payment_intent_id_e2c03053_fk_djstripe_ FOREIGN KEY (payment_intent_id) REFERENCES public.djstripe_paymentintent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_payment_method_id_061d5812_fk_djstripe_ FOREIGN KEY (payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_charge
    ADD CONSTRAINT djstripe_charge_source_id_2502db60_fk_djstripe_ FOREIGN KEY (source_id) REFERENCES public.djstripe_djstripepaymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_coupon
    ADD CONSTRAINT djstripe_coupon_djstripe_owner_accou_ea85f74e_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_customer
    ADD CONSTRAINT djstripe_customer_default_payment_meth_00268b63_fk_djstripe_ FOREIGN KEY (default_payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_customer
    ADD CONSTRAINT djstripe_customer_djstripe_owner_accou_2c5ac18d_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_customer
    ADD CONSTRAINT djstripe_customer_subscriber_id_60f5c7bc_fk_accounts_user_id FOREIGN KEY (subscriber_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_customer_id_eaab7ecc_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_djstripe_owner_accou_76f33de0_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_invoice_id_4acd89bf_fk_djstripe_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.djstripe_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_discount
    ADD CONSTRAINT djstripe_discount_subscription_id_c9b8f55a_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_balance_transaction__aa7cb920_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_charge_id_ba680941_fk_djstripe_charge_id FOREIGN KEY (charge_id) REFERENCES public.djstripe_charge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_djstripe_owner_accou_8010e2d7_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_dispute
    ADD CONSTRAINT djstripe_dispute_payment_intent_id_dc834ee4_fk_djstripe_ FOREIGN KEY (payment_intent_id) REFERENCES public.djstripe_paymentintent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripeinvoicedefaulttaxrate
    ADD CONSTRAINT djstripe_djstripeinv_invoice_id_541494fb_fk_djstripe_ FOREIGN KEY (invoice_id) REFERENCES public.djstripe_invoice(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripeinvoiceitemtaxrate
    ADD CONSTRAINT djstripe_djstripeinv_invoiceitem_id_ddc00567_fk_djstripe_ FOREIGN KEY (invoiceitem_id) REFERENCES public.djstripe_invoiceitem(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripeinvoiceitemtaxrate
    ADD CONSTRAINT djstripe_djstripeinv_taxrate_id_bd22e20a_fk_djstripe_ FOREIGN KEY (taxrate_id) REFERENCES public.djstripe_taxrate(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripeinvoicedefaulttaxrate
    ADD CONSTRAINT djstripe_djstripeinv_taxrate_id_fd618ddd_fk_djstripe_ FOREIGN KEY (taxrate_id) REFERENCES public.djstripe_taxrate(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripesubscriptionitemtaxrate
    ADD CONSTRAINT djstripe_djstripesub_subscriptionitem_id_04bcb65f_fk_djstripe_ FOREIGN KEY (subscriptionitem_id) REFERENCES public.djstripe_subscriptionitem(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_djstripesubscriptionitemtaxrate
    ADD CONSTRAINT djstripe_djstripesub_taxrate_id_01b3bd7f_fk_djstripe_ FOREIGN KEY (taxrate_id) REFERENCES public.djstripe_taxrate(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_earlyfraudwarning
    ADD CONSTRAINT djstripe_earlyfraudw_djstripe_owner_accou_83708c78_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_event
    ADD CONSTRAINT djstripe_event_djstripe_owner_accou_622cdfe3_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_feature
    ADD CONSTRAINT djstripe_feature_djstripe_owner_accou_c571a7da_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_file
    ADD CONSTRAINT djstripe_file_djstripe_owner_accou_4919c058_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_filelink
    ADD CONSTRAINT djstripe_filelink_djstripe_owner_accou_bb039aa3_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_filelink
    ADD CONSTRAINT djstripe_filelink_file_id_5241d36f_fk_djstripe_file_id FOREIGN KEY (file_id) REFERENCES public.djstripe_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_charge_id_1e660b26_fk_djstripe_ FOREIGN KEY (charge_id) REFERENCES public.djstripe_charge(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_customer_id_c0cd871c_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_default_payment_meth_670990d5_fk_djstripe_ FOREIGN KEY (default_payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_djstripe_owner_accou_cc0c7f79_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_payment_intent_id_280d90d8_fk_djstripe_ FOREIGN KEY (payment_intent_id) REFERENCES public.djstripe_paymentintent(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoice
    ADD CONSTRAINT djstripe_invoice_subscription_id_2dbc2461_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_customer_id_259466b8_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_djstripe_owner_accou_9afac289_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_invoice_id_d302912e_fk_djstripe_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.djstripe_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_price_id_24d80db8_fk_djstripe_ FOREIGN KEY (price_id) REFERENCES public.djstripe_price(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_invoiceitem
    ADD CONSTRAINT djstripe_invoiceitem_subscription_id_a7760178_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_issuing_authorization
    ADD CONSTRAINT djstripe_issuing_aut_djstripe_owner_accou_a5d3464b_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_issuing_card
    ADD CONSTRAINT djstripe_issuing_car_djstripe_owner_accou_0bdfc97c_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_issuing_cardholder
    ADD CONSTRAINT djstripe_issuing_car_djstripe_owner_accou_fa7389b4_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_issuing_dispute
    ADD CONSTRAINT djstripe_issuing_dis_djstripe_owner_accou_388b366f_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_issuing_transaction
    ADD CONSTRAINT djstripe_issuing_tra_djstripe_owner_accou_dfdd0ee5_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_djstripe_owner_accou_94fe816a_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_invoice_item_id_673833e2_fk_djstripe_ FOREIGN KEY (invoice_item_id) REFERENCES public.djstripe_invoiceitem(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_subscription_id_7d83979b_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_lineitem
    ADD CONSTRAINT djstripe_lineitem_subscription_item_id_6e53d0a7_fk_djstripe_ FOREIGN KEY (subscription_item_id) REFERENCES public.djstripe_subscriptionitem(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_mandate
    ADD CONSTRAINT djstripe_mandate_djstripe_owner_accou_63974808_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_mandate
    ADD CONSTRAINT djstripe_mandate_payment_method_id_43a90a75_fk_djstripe_ FOREIGN KEY (payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentinte_customer_id_93ee54a2_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentinte_djstripe_owner_accou_3433b556_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentinte_on_behalf_of_id_4db305db_fk_djstripe_ FOREIGN KEY (on_behalf_of_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentintent
    ADD CONSTRAINT djstripe_paymentinte_payment_method_id_814dd02d_fk_djstripe_ FOREIGN KEY (payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentmethod
    ADD CONSTRAINT djstripe_paymentmeth_customer_id_c482a8b6_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_paymentmethod
    ADD CONSTRAINT djstripe_paymentmeth_djstripe_owner_accou_12af66c9_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_balance_transaction__a9393fb6_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_destination_id_a5fa55c2_fk_djstripe_ FOREIGN KEY (destination_id) REFERENCES public.djstripe_bankaccount(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_djstripe_owner_accou_8aac4e8e_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_failure_balance_tran_77d442db_fk_djstripe_ FOREIGN KEY (failure_balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_original_payout_id_e99fb157_fk_djstripe_ FOREIGN KEY (original_payout_id) REFERENCES public.djstripe_payout(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_payout
    ADD CONSTRAINT djstripe_payout_reversed_by_id_f12b125d_fk_djstripe_ FOREIGN KEY (reversed_by_id) REFERENCES public.djstripe_payout(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_price
    ADD CONSTRAINT djstripe_price_djstripe_owner_accou_01c819f7_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_price
    ADD CONSTRAINT djstripe_price_product_id_9f3d37eb_fk_djstripe_product_id FOREIGN KEY (product_id) REFERENCES public.djstripe_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_product
    ADD CONSTRAINT djstripe_product_djstripe_owner_accou_6c90c2b6_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_productfeature
    ADD CONSTRAINT djstripe_productfeat_djstripe_owner_accou_d507d3d1_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_productfeature
    ADD CONSTRAINT djstripe_productfeat_entitlement_feature__6880bac7_fk_djstripe_ FOREIGN KEY (entitlement_feature_id) REFERENCES public.djstripe_feature(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_productfeature
    ADD CONSTRAINT djstripe_productfeat_product_id_b01ed73e_fk_djstripe_ FOREIGN KEY (product_id) REFERENCES public.djstripe_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_promotioncode
    ADD CONSTRAINT djstripe_promotionco_djstripe_owner_accou_7997d59a_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_balance_transaction__dec480cf_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_charge_id_e7efd717_fk_djstripe_charge_id FOREIGN KEY (charge_id) REFERENCES public.djstripe_charge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_djstripe_owner_accou_ece3ea81_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_refund
    ADD CONSTRAINT djstripe_refund_failure_balance_tran_817ae640_fk_djstripe_ FOREIGN KEY (failure_balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_review
    ADD CONSTRAINT djstripe_review_djstripe_owner_accou_543dfbd7_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_scheduledqueryrun
    ADD CONSTRAINT djstripe_scheduledqu_djstripe_owner_accou_b5cc7091_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_scheduledqueryrun
    ADD CONSTRAINT djstripe_scheduledqueryrun_file_id_707bbc03_fk_djstripe_file_id FOREIGN KEY (file_id) REFERENCES public.djstripe_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_customer_id_b4510dc3_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_djstripe_owner_accou_8bbc07af_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_payment_intent_id_cae83ebf_fk_djstripe_ FOREIGN KEY (payment_intent_id) REFERENCES public.djstripe_paymentintent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_setup_intent_id_c884fe95_fk_djstripe_ FOREIGN KEY (setup_intent_id) REFERENCES public.djstripe_setupintent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_session
    ADD CONSTRAINT djstripe_session_subscription_id_29499760_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_customer_id_6ff5bbcc_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_djstripe_owner_accou_046c1671_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_on_behalf_of_id_1ea4d941_fk_djstripe_ FOREIGN KEY (on_behalf_of_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_setupintent
    ADD CONSTRAINT djstripe_setupintent_payment_method_id_0ca17b5e_fk_djstripe_ FOREIGN KEY (payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_shippingrate
    ADD CONSTRAINT djstripe_shippingrat_djstripe_owner_accou_4f8a0f20_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_shippingrate
    ADD CONSTRAINT djstripe_shippingrat_tax_code_id_8affacec_fk_djstripe_ FOREIGN KEY (tax_code_id) REFERENCES public.djstripe_taxcode(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_source
    ADD CONSTRAINT djstripe_source_customer_id_4d678557_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_source
    ADD CONSTRAINT djstripe_source_djstripe_owner_accou_f99f1fe6_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_sourcetransaction
    ADD CONSTRAINT djstripe_sourcetrans_djstripe_owner_accou_a8c9bdee_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_sourcetransaction
    ADD CONSTRAINT djstripe_sourcetrans_source_id_3c972638_fk_djstripe_ FOREIGN KEY (source_id) REFERENCES public.djstripe_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscription
    ADD CONSTRAINT djstripe_subscriptio_customer_id_aff64ee5_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptio_customer_id_b124e27d_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscription
    ADD CONSTRAINT djstripe_subscriptio_djstripe_owner_accou_9d333296_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionitem
    ADD CONSTRAINT djstripe_subscriptio_djstripe_owner_accou_aafd9387_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptio_djstripe_owner_accou_c7d8d9c4_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionitem
    ADD CONSTRAINT djstripe_subscriptio_price_id_c7f55fc3_fk_djstripe_ FOREIGN KEY (price_id) REFERENCES public.djstripe_price(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptio_released_subscriptio_3de9daa1_fk_djstripe_ FOREIGN KEY (released_subscription_id) REFERENCES public.djstripe_subscription(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionitem
    ADD CONSTRAINT djstripe_subscriptio_subscription_id_992d9919_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_subscriptionschedule
    ADD CONSTRAINT djstripe_subscriptio_subscription_id_d12d014b_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_taxcode
    ADD CONSTRAINT djstripe_taxcode_djstripe_owner_accou_1f7fc204_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_taxid
    ADD CONSTRAINT djstripe_taxid_customer_id_e973248d_fk_djstripe_customer_id FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_taxid
    ADD CONSTRAINT djstripe_taxid_djstripe_owner_accou_acff63ae_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_taxrate
    ADD CONSTRAINT djstripe_taxrate_djstripe_owner_accou_d6421376_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_transfer
    ADD CONSTRAINT djstripe_transfer_balance_transaction__b5b00270_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_transfer
    ADD CONSTRAINT djstripe_transfer_djstripe_owner_accou_78ad63fe_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_transferreversal
    ADD CONSTRAINT djstripe_transferrev_balance_transaction__5044f084_fk_djstripe_ FOREIGN KEY (balance_transaction_id) REFERENCES public.djstripe_balancetransaction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_transferreversal
    ADD CONSTRAINT djstripe_transferrev_djstripe_owner_accou_2e3051e1_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_transferreversal
    ADD CONSTRAINT djstripe_transferrev_transfer_id_8f250dd3_fk_djstripe_ FOREIGN KEY (transfer_id) REFERENCES public.djstripe_transfer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_charge_id_65b60495_fk_djstripe_ FOREIGN KEY (charge_id) REFERENCES public.djstripe_charge(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_customer_id_c94e7284_fk_djstripe_ FOREIGN KEY (customer_id) REFERENCES public.djstripe_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_default_payment_meth_31da058e_fk_djstripe_ FOREIGN KEY (default_payment_method_id) REFERENCES public.djstripe_paymentmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_djstripe_owner_accou_fac79479_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_payment_intent_id_ff12d414_fk_djstripe_ FOREIGN KEY (payment_intent_id) REFERENCES public.djstripe_paymentintent(djstripe_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_upcominginvoice
    ADD CONSTRAINT djstripe_upcominginv_subscription_id_72fb41e3_fk_djstripe_ FOREIGN KEY (subscription_id) REFERENCES public.djstripe_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_verificationsession
    ADD CONSTRAINT djstripe_verificatio_djstripe_owner_accou_11bac9bf_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_verificationreport
    ADD CONSTRAINT djstripe_verificatio_djstripe_owner_accou_7a5869e4_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_verificationsession
    ADD CONSTRAINT djstripe_verificatio_last_verification_re_192f6b6d_fk_djstripe_ FOREIGN KEY (last_verification_report_id) REFERENCES public.djstripe_verificationreport(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_webhookendpoint
    ADD CONSTRAINT djstripe_webhookendp_djstripe_owner_accou_f1ac5c9d_fk_djstripe_ FOREIGN KEY (djstripe_owner_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_webhookeventtrigger
    ADD CONSTRAINT djstripe_webhookeven_event_id_b2e08de6_fk_djstripe_ FOREIGN KEY (event_id) REFERENCES public.djstripe_event(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_webhookeventtrigger
    ADD CONSTRAINT djstripe_webhookeven_stripe_trigger_accou_06d35fda_fk_djstripe_ FOREIGN KEY (stripe_trigger_account_id) REFERENCES public.djstripe_account(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.djstripe_webhookeventtrigger
    ADD CONSTRAINT djstripe_webhookeven_webhook_endpoint_id_6e762b2f_fk_djstripe_ FOREIGN KEY (webhook_endpoint_id) REFERENCES public.djstripe_webhookendpoint(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.otp_static_staticdevice
    ADD CONSTRAINT otp_static_staticdevice_user_id_7f9cff2b_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.otp_static_statictoken
    ADD CONSTRAINT otp_static_statictok_device_id_74b7c7d1_fk_otp_stati FOREIGN KEY (device_id) REFERENCES public.otp_static_staticdevice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.otp_totp_totpdevice
    ADD CONSTRAINT otp_totp_totpdevice_user_id_0fb18292_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
