-- Written by `python -m waconsole.cli.fresh`, never by hand.
-- script database/001.sql 56b949de2e34e289
-- script database/002.sql d31b5ea4cc5ed02f
-- script database/020.sql 3eeddf0420591a9c
-- script chain/001.sql 7a4970e0d01b6124
-- script chain/sqlite/001_guards.sql 8de24bd629b81af7
-- script operators/001.sql 18549228fa5e77df
-- script operators/sqlite/001_act_log.sql b2eb015d946b7c1b
-- script operators/002.sql 69c2b9bf12b89d38
-- script operators/003.sql 7dd2aa547613ddcf
-- script operators/sqlite/003_guards.sql 40e0bca9fd77ca21
-- script operators/020.sql 8b20ee1bdbb66820
-- script operators/sqlite/020_erasing.sql 3fd1f87afa69580e
-- script policy/001.sql 960054cba2f1c0e2
-- script policy/002.sql 2dd908788a496436
-- script policy/sqlite/002_guards.sql de116b529b0898de
-- script members/001.sql ec5a73156429a66d
-- script members/002.sql eeaf23df3da83dd1
-- script members/003.sql 524cbbf0e503b369
-- script members/004.sql b3edc98e5a5c6291
-- script members/020.sql 3fe71610ea80a3cf
-- script members/030.sql a9b41e34f401daa8
-- script members/031.sql 9e005d5ff2ccc588
-- script ledger/001.sql 6407eab9270ffba3
-- script ledger/sqlite/001_guards.sql 81213fb5d15e7092
-- script shop/001.sql 48b79112cba5af63
-- script shop/002.sql 9d1e81b541847f09
-- script shop/003.sql 16d67af03519aac5
-- script shop/010.sql 81e85d77b863b719
-- script shop/sqlite/010_guards.sql 693843de9d3ac8da
-- script outbox/001.sql dc4a7dca4f3d6490
-- script outbox/002.sql ad4eba5699b8e76f
-- script outbox/sqlite/002_guards.sql 5819f13358d8206e
-- script outbox/003.sql 97cf50393700be2f
-- script outbox/004.sql 700c2ff46559b379
-- script outbox/sqlite/005_kinds.sql 1da548673a0059e1
-- script outbox/006.sql de903169390074cf
-- script outbox/sqlite/006_guards.sql 752c78882a8d32e8
-- script outbox/007.sql beee9fa3edc78b52
-- script outbox/008.sql b1c9776a64e146df
-- script outbox/009.sql f98b15a6c4674b60
-- script outbox/010.sql 85a2bb01806b1b2f
-- script outbox/011.sql 2a495944c6199d59
-- script outbox/sqlite/020_erasing.sql bae925c8b403c681
-- script outbox/030.sql ee4a38f79f2ba9e7
-- script outbox/031.sql b6a9e4703b4ef26e
-- script outbox/032.sql 9ac1c0ee3664e2b0
-- script groups/001.sql b2725a9223cec099
-- script groups/002.sql 6d3e39f91f799c27
-- script groups/003.sql 82eae3ded41e36e8
-- script groups/004.sql 2126757966bd3614
-- script groups/005.sql 015632d857e25163
-- script groups/006.sql f4d94daec59eb4ce
-- script groups/007.sql ab4c00f0aabb447b
-- script groups/008.sql fe246490a9c76c58
-- script groups/030.sql defc9b073d906143
-- script inbox/001.sql 0a4a488179df2c46
-- script inbox/002.sql c533fbd542a434eb
-- script inbox/sqlite/002_search.sql 5d72905b04582392
-- script inbox/003.sql 1516701c3ea4a793
-- script inbox/004.sql 634687f4cc855574
-- script inbox/sqlite/004_search_time.sql 16b5ccd8903781fb
-- script inbox/005.sql be6736740ac2a87e
-- script inbox/sqlite/005_taken_back.sql f90e428692652d6b
-- script inbox/006.sql 868f166886b8657d
-- script inbox/007.sql 4b9074b587f11838
-- script inbox/030.sql 021bf361c784f7ea
-- script invites/001.sql 212006fee79a460a
-- script invites/010.sql b181c90b63b96283
-- script invites/sqlite/010_guards.sql e0e80256efb5d8e3
-- script invites/020.sql 5d608814d361a3a2
-- script invites/sqlite/020_guards.sql fbf5071be3ab60cb
-- script invites/021.sql 631fef2ce7fbb5ef
-- script invites/022.sql b79dde7ab3c00236
-- script invites/sqlite/023_guards.sql 56feb41c3c5a8cbc
-- script invites/024.sql d2b40f9b38512bc5
-- script invites/sqlite/024_guards.sql 6222b2c3ed4efcd4
-- script invites/030.sql 4128b7641307ebc8
-- script invites/040.sql 47c77f201a8cf4ae
-- script invites/sqlite/040_guards.sql 468653594d7070cb
-- script invites/041.sql 942774505d1b0016
-- script invites/sqlite/041_guards.sql 923b467550ae45ec
-- script fraud/001.sql 7833b9c27757e68b
-- script fraud/010.sql f3fb81319002ef40
-- script fraud/020.sql 2ac97d36b332817b
-- script fraud/sqlite/020_guards.sql 5727df9d5067886c
-- script fraud/021.sql 571a460869e73fd2
-- script fraud/sqlite/022_guards.sql 44329c1d3228f7f9
-- script fraud/023.sql 05fbad463dfb4afa
-- script cashback/001.sql a9b5aa93f8e4086c
-- script cashback/sqlite/001_guards.sql b15049cf6ab88137
-- script cashback/002.sql b6bf86acf14a81d7
-- script cashback/sqlite/002_guards.sql d26cbad4f0e7aa3b
-- script cashback/003.sql 5ff91ad17648a0ba
-- script cashback/030.sql 3fffba487ef53061
-- script segments/001.sql 01dc5b21bba2ef9b
-- script segments/010.sql bbb8f4a05a0e9f33
-- script segments/020.sql 00b606191f7d563d
-- script segments/sqlite/020_touched.sql d14d4e11d592b6ad
-- script segments/021.sql 289cd01e4f9276cf
-- script segments/sqlite/021_told.sql 09684a03d4975484
-- script segments/sqlite/022_coupon.sql bd5713db9262e4e8
-- script segments/sqlite/023_consent.sql d07e54cf8869b6d3
-- script segments/030.sql cc9cd021dfcc0da0
-- script segments/sqlite/030_versions.sql 082dfa5b9c9b0090
-- script segments/031.sql d9d167430ea82d6f
-- script segments/sqlite/032_erasing.sql b512385a8bc2f73a
-- script segments/sqlite/033_reached.sql 1c2ad7d030952f3c
-- script segments/sqlite/034_orders.sql e34b27bd1f66e979
-- script sync/001.sql c13eafa488687b92
-- script sync/002.sql 842bd2c461891694
-- script sync/003.sql cf3f7b6f45e5557f
-- script sync/010.sql 98a88951f4d8ac29
-- script sync/011.sql 956146bfdb1a266f
-- script sync/012.sql e77c9cd93fc70f26
-- script sync/013.sql f093d5a8127c29ad
-- script sync/014.sql dbe8a7e7741d963e
;
CREATE TABLE ledger_fact (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
) STRICT
;
CREATE TABLE migration (
    id   INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (room, name)
) STRICT
;
CREATE TABLE import_run (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL CHECK (kind <> ''),
    target      TEXT    NOT NULL,               -- what it writes into: the group's ref, 'members', 'orders', …
    source      TEXT    NOT NULL,               -- the file's name
    sha256      TEXT    NOT NULL,               -- of the file's text and the options that change its meaning
    state       TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'swept')),
    worker      TEXT    NOT NULL,               -- host, boot and process that write it
    begun_at    INTEGER NOT NULL,
    pulse_at    INTEGER NOT NULL,
    sealed_at   INTEGER,
    summary     TEXT    NOT NULL DEFAULT '{}'
) STRICT
;
CREATE TABLE reject (
    id            INTEGER PRIMARY KEY,
    import_run_id INTEGER NOT NULL REFERENCES import_run (id),
    line          INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    text          TEXT    NOT NULL
) STRICT
;
CREATE TABLE export_run (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind <> ''),
    file       TEXT    NOT NULL,                -- where it was written to
    written_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE chain_link (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),   -- without gaps
    room      TEXT    NOT NULL CHECK (room <> ''),
    row_kind  TEXT    NOT NULL CHECK (row_kind <> ''),
    row_id    INTEGER NOT NULL,
    body_hash BLOB    NOT NULL CHECK (length(body_hash) = 32),
    key_id    TEXT    NOT NULL CHECK (key_id <> ''), -- which key; the key itself is never in here
    prev_mac  BLOB    NOT NULL CHECK (length(prev_mac) = 32),
    mac       BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT
;
CREATE TABLE chain_point (
    id           INTEGER PRIMARY KEY,
    link_seq     INTEGER NOT NULL,
    transfer_seq INTEGER NOT NULL,
    verified_at  INTEGER NOT NULL,
    key_id       TEXT    NOT NULL,
    mac          BLOB    NOT NULL
) STRICT
;
CREATE TABLE operator (
    id        INTEGER PRIMARY KEY,
    ref       TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    role      TEXT    NOT NULL CHECK (role IN ('owner', 'moderator', 'ambassador')),
    member_id INTEGER,
    added_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE act (
    id           INTEGER PRIMARY KEY,
    stroke       TEXT    NOT NULL,              -- acts of one key press are undone together
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    verb         TEXT    NOT NULL,
    object_kind  TEXT    NOT NULL,
    object_id    INTEGER NOT NULL,
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    undoes       TEXT,                          -- the stroke this act takes back
    decided_at   INTEGER NOT NULL
, salt BLOB, words_hash BLOB) STRICT
;
CREATE TABLE lease (
    id          INTEGER PRIMARY KEY,
    object_kind TEXT    NOT NULL,
    object_id   INTEGER NOT NULL,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    taken_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL CHECK (expires_at > taken_at),
    UNIQUE (object_kind, object_id)
) STRICT
;
CREATE TABLE saved_view (
    id          INTEGER PRIMARY KEY,
    subject     TEXT    NOT NULL CHECK (subject <> ''),
    operator_id INTEGER REFERENCES operator (id),
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL,               -- the name for comparison: NFKC and case folded
    query       TEXT    NOT NULL CHECK (query <> ''),
    place       INTEGER NOT NULL CHECK (place >= 1),
    saved_at    INTEGER NOT NULL,
    dropped     INTEGER NOT NULL DEFAULT 0 CHECK (dropped IN (0, 1))
) STRICT
;
CREATE TABLE operator_passphrase (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    salt        BLOB    NOT NULL,
    cost        INTEGER NOT NULL,
    block_size  INTEGER NOT NULL,
    parallel    INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT
;
CREATE TABLE operator_limit (
    id           INTEGER PRIMARY KEY,
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    currency     TEXT    NOT NULL CHECK (currency <> ''),
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    set_by       INTEGER NOT NULL REFERENCES operator (id),
    set_at       INTEGER NOT NULL
) STRICT
;
CREATE TABLE operator_link (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    member_id   INTEGER NOT NULL,
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT
;
CREATE TABLE operator_retirement (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL UNIQUE REFERENCES operator (id),
    set_by      INTEGER NOT NULL REFERENCES operator (id),
    set_at      INTEGER NOT NULL
) STRICT
;
CREATE TABLE sign_in (
    id            INTEGER PRIMARY KEY,
    operator_id   INTEGER NOT NULL REFERENCES operator (id),
    passphrase_id INTEGER NOT NULL REFERENCES operator_passphrase (id),
    installation  TEXT    NOT NULL,
    token_hash    BLOB    NOT NULL UNIQUE,
    idle_seconds  INTEGER NOT NULL CHECK (idle_seconds > 0),
    signed_in_at  INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL CHECK (ends_at > signed_in_at)   -- whatever is done meanwhile
) STRICT
;
CREATE TABLE sign_out (
    id            INTEGER PRIMARY KEY,
    sign_in_id    INTEGER NOT NULL UNIQUE REFERENCES sign_in (id),
    signed_out_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE sign_in_failure (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    failed_at   INTEGER NOT NULL
) STRICT
;
CREATE TABLE adoption (
    id           INTEGER PRIMARY KEY,
    installation TEXT    NOT NULL UNIQUE,
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    adopted_at   INTEGER NOT NULL
) STRICT
;
CREATE TABLE operator_seal (
    id        INTEGER PRIMARY KEY,
    row_kind  TEXT    NOT NULL,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT
;
CREATE TABLE act_seal (
    id        INTEGER PRIMARY KEY,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT
;
CREATE TABLE erasure (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER NOT NULL,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    state       TEXT    NOT NULL CHECK (state IN ('open', 'erased', 'done')),
    files       TEXT    NOT NULL DEFAULT '[]',  -- JSON: copies of files to take away, by SHA-256
    erased_at   INTEGER NOT NULL,
    done_at     INTEGER
) STRICT
;
CREATE TABLE policy_version (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    value      TEXT    NOT NULL,                -- JSON
    says       TEXT    NOT NULL DEFAULT '',     -- one sentence for a person
    valid_from INTEGER NOT NULL,
    set_by     TEXT    NOT NULL,                -- an operator's ref, or 'preset'
    set_at     INTEGER NOT NULL, reason       TEXT    NOT NULL DEFAULT '', proposal_id  INTEGER, confirmed_by TEXT, solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)), second       INTEGER NOT NULL DEFAULT 0 CHECK (second IN (0, 1)), solo_seconds INTEGER,
    UNIQUE (name, version)
) STRICT
;
CREATE TABLE policy_seal (
    id        INTEGER PRIMARY KEY,
    first_id  INTEGER NOT NULL,
    last_id   INTEGER NOT NULL CHECK (last_id >= first_id),
    chain_seq INTEGER NOT NULL UNIQUE
) STRICT
;
CREATE TABLE policy_proposal (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    version     INTEGER NOT NULL CHECK (version > 0),  -- the one it would be
    value       TEXT    NOT NULL,                      -- JSON, as the version will hold it
    says        TEXT    NOT NULL,
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    valid_from  INTEGER,                               -- NULL: from its confirmation
    proposed_by TEXT    NOT NULL CHECK (proposed_by <> ''),
    proposed_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT
;
CREATE TABLE policy_decision (
    id          INTEGER PRIMARY KEY,
    proposal_id INTEGER NOT NULL UNIQUE REFERENCES policy_proposal (id),
    verb        TEXT    NOT NULL CHECK (verb IN ('confirm', 'withdraw')),
    decided_by  TEXT    NOT NULL CHECK (decided_by <> ''),
    decided_at  INTEGER NOT NULL,
    reason      TEXT    NOT NULL DEFAULT '',
    chain_seq   INTEGER NOT NULL
) STRICT
;
CREATE TABLE member (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL DEFAULT '',
    folded        TEXT    NOT NULL DEFAULT '',  -- the name for comparison: NFKC and case folded
    language      TEXT    NOT NULL DEFAULT '',
    timezone      TEXT    NOT NULL DEFAULT '',
    address       TEXT    NOT NULL DEFAULT '',
    payment       TEXT    NOT NULL DEFAULT '',
    device        TEXT    NOT NULL DEFAULT '',
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    added_at      INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
, merged_into INTEGER REFERENCES member (id), one_since INTEGER NOT NULL DEFAULT 0, root_id INTEGER GENERATED ALWAYS AS (coalesce(merged_into, id)) VIRTUAL, erased_at INTEGER) STRICT
;
CREATE TABLE merge (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER NOT NULL REFERENCES member (id),  -- who was merged
    into_id     INTEGER NOT NULL REFERENCES member (id),  -- into whom
    operator_id INTEGER,                                  -- NULL: WhatsApp said so, see `rule`
    rule        TEXT    NOT NULL DEFAULT 'hand',
    filled      TEXT    NOT NULL DEFAULT '{}',            -- empty words of `into_id` that `member_id` filled
    moved       TEXT    NOT NULL DEFAULT '{}',            -- what came along then: aliases, tags, consents
    merged_at   INTEGER NOT NULL,
    parted_at   INTEGER,                                  -- NULL: it stands
    CHECK (member_id <> into_id)
) STRICT
;
CREATE TABLE alias (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    moved_from    INTEGER REFERENCES member (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('phone', 'name', 'bsuid', 'wa_id', 'lid', 'username')),
    value         TEXT    NOT NULL CHECK (value <> ''),
    folded        TEXT    NOT NULL,             -- for comparison: NFKC and case folded
    group_id      INTEGER NOT NULL DEFAULT 0,
    seen_from     INTEGER,
    seen_until    INTEGER,
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import'))
) STRICT
;
CREATE TABLE own_tag (
    id         INTEGER PRIMARY KEY,
    member_id  INTEGER NOT NULL REFERENCES member (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    by_hand    INTEGER NOT NULL DEFAULT 1 CHECK (by_hand IN (0, 1)),
    tagged_at  INTEGER NOT NULL, expires_at INTEGER, rule_version INTEGER NOT NULL DEFAULT 0,
    UNIQUE (member_id, name)
) STRICT
;
CREATE TABLE consent (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('marketing')),
    state        TEXT    NOT NULL CHECK (state IN ('yes', 'no', 'stop', 'resume')),
    source       TEXT    NOT NULL,
    text_version TEXT    NOT NULL DEFAULT '',
    decided_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    origin       TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (member_id, purpose, state, decided_at, source)
) STRICT
;
CREATE TABLE erased_mark (
    id         INTEGER PRIMARY KEY,
    mark       BLOB    NOT NULL UNIQUE CHECK (length(mark) = 32),
    key_id     TEXT    NOT NULL CHECK (key_id <> ''),
    stopped_at INTEGER,                         -- when they said stop; NULL: they did not
    erased_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE tag_change (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    name         TEXT    NOT NULL CHECK (name <> ''),
    by_hand      INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
    rule_version INTEGER NOT NULL DEFAULT 0,
    tagged_at    INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    ended_by     TEXT    NOT NULL CHECK (ended_by IN ('hand', 'rule', 'time'))
) STRICT
;
CREATE TABLE currency (
    id          INTEGER PRIMARY KEY,
    code        TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    minor_units INTEGER NOT NULL CHECK (minor_units BETWEEN 0 AND 8)
) STRICT
;
CREATE TABLE account (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL CHECK (name <> ''),     -- a pseudonym: never a phone number
    currency   TEXT    NOT NULL REFERENCES currency (code),
    limit_rule INTEGER NOT NULL CHECK (limit_rule IN (0, 1, 2)), -- 1: debits up to credits (a wallet), 2: credits up to debits
    opened_at  INTEGER NOT NULL,
    chain_seq  INTEGER NOT NULL,
    UNIQUE (name, currency)
) STRICT
;
CREATE TABLE account_closing (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES account (id),
    closed_at  INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    chain_seq  INTEGER NOT NULL
) STRICT
;
CREATE TABLE transfer (
    seq          INTEGER PRIMARY KEY CHECK (seq > 0),   -- without gaps
    ref          TEXT    NOT NULL UNIQUE CHECK (length(ref) BETWEEN 1 AND 200), -- made by the caller from the facts
    kind         TEXT    NOT NULL CHECK (kind IN ('single', 'pending', 'post', 'void', 'expire', 'reversal')),
    journal      TEXT    NOT NULL CHECK (journal <> ''), -- linked rows share it
    debit_id     INTEGER NOT NULL REFERENCES account (id),
    credit_id    INTEGER NOT NULL REFERENCES account (id) CHECK (credit_id <> debit_id),
    currency     TEXT    NOT NULL,                      -- that of both accounts
    amount       INTEGER NOT NULL CHECK (amount > 0 AND amount <= 9007199254740991),
    pending_seq  INTEGER REFERENCES transfer (seq),     -- what is posted, voided or expired
    released     INTEGER NOT NULL DEFAULT 0,            -- how much of it is not held any more: all of it
    reverses_seq INTEGER REFERENCES transfer (seq),
    expires_at   INTEGER,
    purpose      TEXT    NOT NULL CHECK (purpose <> ''),
    owner        TEXT    NOT NULL DEFAULT '',           -- who sees to it that a pending one is cleared
    source       TEXT    NOT NULL DEFAULT '',           -- the fact it comes from: an order, a message, a line
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    actor        TEXT    NOT NULL CHECK (actor <> ''),
    approved_by  TEXT CHECK (approved_by IS NULL OR approved_by <> actor), -- four eyes
    reason       TEXT    NOT NULL DEFAULT '',
    memo_commit  BLOB,                                  -- the salted hash of personal words kept beside the chain
    body_hash    BLOB    NOT NULL CHECK (length(body_hash) = 32),
    chain_seq    INTEGER NOT NULL,
    CHECK ((kind IN ('post', 'void', 'expire')) = (pending_seq IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses_seq IS NOT NULL))
) STRICT
;
CREATE TABLE transfer_memo (
    id    INTEGER PRIMARY KEY,                          -- the transfer's seq
    salt  BLOB NOT NULL CHECK (length(salt) = 16),
    words TEXT NOT NULL
) STRICT
;
CREATE TABLE entry (
    id              INTEGER PRIMARY KEY,                -- 2 × seq − 1: the debit, 2 × seq: the credit
    account_id      INTEGER NOT NULL,
    effective_at    INTEGER NOT NULL,
    delta           INTEGER NOT NULL,                   -- credits − debits that were posted
    debits_posted   INTEGER NOT NULL,
    credits_posted  INTEGER NOT NULL,
    debits_pending  INTEGER NOT NULL,
    credits_pending INTEGER NOT NULL
) STRICT
;
CREATE TABLE balance (
    id              INTEGER PRIMARY KEY REFERENCES account (id),
    last_seq        INTEGER NOT NULL DEFAULT 0,         -- the last transfer that moved it
    debits_posted   INTEGER NOT NULL DEFAULT 0,
    credits_posted  INTEGER NOT NULL DEFAULT 0,
    debits_pending  INTEGER NOT NULL DEFAULT 0,
    credits_pending INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE "order" (
    id            INTEGER PRIMARY KEY,
    reference     TEXT    NOT NULL CHECK (reference <> ''),
    member_id     INTEGER NOT NULL REFERENCES member (id),
    ordered_at    INTEGER NOT NULL,
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    total_minor   INTEGER NOT NULL CHECK (total_minor >= 0),
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE order_line (
    id               INTEGER PRIMARY KEY,
    order_id         INTEGER NOT NULL REFERENCES "order" (id),
    category         TEXT    NOT NULL DEFAULT '',
    product          TEXT    NOT NULL DEFAULT '',
    coupon           TEXT    NOT NULL DEFAULT '',
    quantity         INTEGER NOT NULL CHECK (quantity >= 0),
    unit_price_minor INTEGER CHECK (unit_price_minor >= 0),  -- NULL: not said
    import_run_id    INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE refund (
    id            INTEGER PRIMARY KEY,
    reference     TEXT    NOT NULL CHECK (reference <> ''),  -- the order's
    refund_ref    TEXT    NOT NULL DEFAULT '',               -- the shop's own name for it, if it has one
    refunded_at   INTEGER NOT NULL,
    amount        TEXT    NOT NULL,
    amount_minor  INTEGER CHECK (amount_minor > 0),
    order_id      INTEGER REFERENCES "order" (id),           -- NULL: it waits
    refusal       TEXT    NOT NULL DEFAULT '',               -- why it does not count, found when its order came
    line          INTEGER NOT NULL,                          -- where it stood in its file
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    CHECK ((order_id IS NULL) = (amount_minor IS NULL) OR refusal <> '')
) STRICT
;
CREATE TABLE product (
    id            INTEGER PRIMARY KEY,
    product       TEXT    NOT NULL UNIQUE CHECK (product <> ''),
    name          TEXT    NOT NULL DEFAULT '',
    category      TEXT    NOT NULL DEFAULT '',
    currency      TEXT    NOT NULL DEFAULT '',
    price_minor   INTEGER CHECK (price_minor >= 0),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    CHECK (price_minor IS NULL OR currency <> '')
) STRICT
;
CREATE TABLE click (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    clicked_at    INTEGER NOT NULL,
    category      TEXT    NOT NULL DEFAULT '',
    product       TEXT    NOT NULL DEFAULT '',
    url           TEXT    NOT NULL DEFAULT '',
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE cart (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    changed_at    INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'abandoned', 'recovered')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE cost (
    id            INTEGER PRIMARY KEY,
    spent_at      INTEGER NOT NULL,
    group_name    TEXT    NOT NULL DEFAULT '',
    kind          TEXT    NOT NULL DEFAULT '',
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    amount_minor  INTEGER NOT NULL CHECK (amount_minor >= 0),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE file_mapping (
    id        INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL CHECK (kind <> ''),
    name      TEXT    NOT NULL CHECK (name <> ''),
    fields    TEXT    NOT NULL,  -- JSON: our column to theirs; a word after `=` stands in every row
    saved_at  INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT
;
CREATE TABLE order_word (
    id        INTEGER PRIMARY KEY,
    shop      TEXT    NOT NULL CHECK (shop <> ''),
    shop_key  TEXT    NOT NULL CHECK (shop_key <> ''),
    reference TEXT    NOT NULL CHECK (reference <> ''),
    told_at   INTEGER NOT NULL,
    UNIQUE (shop, shop_key)
) STRICT
;
CREATE TABLE coupon_pool (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    face        TEXT    NOT NULL DEFAULT '',     -- what it is worth, as told: 50.00 HKD, 20 %
    currency    TEXT    NOT NULL DEFAULT '',
    cost_minor  INTEGER NOT NULL DEFAULT 0 CHECK (cost_minor >= 0),   -- of one code
    valid_days  INTEGER NOT NULL CHECK (valid_days > 0),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    added_at    INTEGER NOT NULL
) STRICT
;
CREATE TABLE coupon (
    id          INTEGER PRIMARY KEY,
    pool_id     INTEGER NOT NULL REFERENCES coupon_pool (id),
    code        TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    state       TEXT    NOT NULL CHECK (state IN ('free', 'issued', 'redeemed', 'expired', 'withdrawn')),
    member_id   INTEGER REFERENCES member (id),
    source      TEXT    NOT NULL DEFAULT '',     -- what it was given for: reward:REF
    issued_at   INTEGER,
    expires_at  INTEGER,
    redeemed_at INTEGER,
    order_reference TEXT NOT NULL DEFAULT '',    -- the order it was used in
    added_at    INTEGER NOT NULL,
    CHECK (state = 'free' OR state = 'withdrawn' OR (member_id IS NOT NULL AND source <> '' AND issued_at IS NOT NULL))
) STRICT
;
CREATE TABLE coupon_step (
    id              INTEGER PRIMARY KEY,
    coupon_id       INTEGER NOT NULL REFERENCES coupon (id),
    step            TEXT    NOT NULL CHECK (step IN ('issued', 'redeemed', 'expired', 'reinstated', 'withdrawn')),
    reason          TEXT    NOT NULL DEFAULT '',
    order_reference TEXT    NOT NULL DEFAULT '',
    expires_at      INTEGER,                         -- until when it is valid from this step on
    operator_id     INTEGER REFERENCES operator (id),  -- NULL: a rule
    effective_at    INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT
;
CREATE TABLE number (
    id       INTEGER PRIMARY KEY,
    ref      TEXT    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    phone    TEXT    UNIQUE,
    driver   TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    added_at INTEGER NOT NULL
, phone_number_id TEXT, waba_id TEXT NOT NULL DEFAULT '', stopped_reason TEXT NOT NULL DEFAULT '', stopped_at INTEGER, paused_at INTEGER, paused_by INTEGER REFERENCES operator (id), paused_reason TEXT NOT NULL DEFAULT '', portfolio TEXT NOT NULL DEFAULT '', shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)), quality TEXT NOT NULL DEFAULT '', quality_at INTEGER NOT NULL DEFAULT 0, per_second_max INTEGER CHECK (per_second_max > 0), per_second_at INTEGER NOT NULL DEFAULT 0, added_by INTEGER REFERENCES operator (id)) STRICT
;
CREATE TABLE outgoing (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    number_id       INTEGER NOT NULL REFERENCES number (id),
    conversation_id INTEGER NOT NULL,
    answers_id      INTEGER,                    -- the message it answers
    driver          TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    text            TEXT    NOT NULL CHECK (text <> ''),
    purpose         TEXT    NOT NULL CHECK (purpose IN ('reply', 'service', 'marketing', 'invitation', 'points', 'transactional')),
    programme       TEXT    NOT NULL DEFAULT '',
    segment         TEXT    NOT NULL DEFAULT '',
    campaign        TEXT    NOT NULL DEFAULT '',
    rule            TEXT    NOT NULL DEFAULT '',
    rule_version    INTEGER NOT NULL DEFAULT 0,
    holdout         INTEGER NOT NULL DEFAULT 0 CHECK (holdout IN (0, 1)),
    price_minor     INTEGER,
    price_currency  TEXT,
    state           TEXT    NOT NULL CHECK (state IN ('draft', 'scheduled', 'queued', 'sending', 'accepted', 'unknown', 'failed',
                                                      'refused', 'cancelled', 'expired', 'held', 'closed')),
    state_reason    TEXT    NOT NULL DEFAULT '',
    operator_id     INTEGER REFERENCES operator (id),
    written_at      INTEGER NOT NULL,
    not_before      INTEGER,
    expires_at      INTEGER,
    origin          TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import'))
, wamid TEXT, message_id INTEGER, kind TEXT NOT NULL DEFAULT 'text'
    CHECK (kind IN ('text', 'image', 'document', 'video', 'audio', 'sticker', 'template', 'buttons', 'list', 'reaction', 'poll')), body TEXT NOT NULL DEFAULT '' CHECK ((body = '') = (kind = 'text')), template_name TEXT NOT NULL DEFAULT '' CHECK ((template_name <> '') = (kind = 'template')), template_language TEXT NOT NULL DEFAULT '', template_category TEXT NOT NULL DEFAULT '', lane INTEGER
    GENERATED ALWAYS AS (CASE purpose WHEN 'reply' THEN 0 WHEN 'service' THEN 1 WHEN 'transactional' THEN 1 ELSE 2 END) VIRTUAL, batch_id INTEGER NOT NULL DEFAULT 0, replaces_id INTEGER REFERENCES outgoing (id)) STRICT
;
CREATE TABLE task (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    outgoing_id INTEGER NOT NULL UNIQUE REFERENCES outgoing (id),
    state       TEXT    NOT NULL CHECK (state IN ('offered', 'copied', 'done', 'refused')),
    offered_at  INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    copied_at   INTEGER,
    copied_by   INTEGER REFERENCES operator (id),
    decided_at  INTEGER,
    decided_by  INTEGER REFERENCES operator (id),
    reason      TEXT    NOT NULL DEFAULT '',
    CHECK ((state IN ('done', 'refused')) = (decided_at IS NOT NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) STRICT
;
CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    outgoing_id INTEGER NOT NULL REFERENCES outgoing (id),
    n           INTEGER NOT NULL CHECK (n > 0),
    opaque      TEXT    NOT NULL UNIQUE,        -- goes with the message and comes back in every status of it
    owner       TEXT    NOT NULL,               -- the process that sends: host and process id
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    outcome     TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')),
    code        INTEGER,
    detail      TEXT    NOT NULL DEFAULT '',
    trace       TEXT    NOT NULL DEFAULT '',
    wamid       TEXT, chosen_id TEXT, number_id INTEGER REFERENCES number (id), recipient TEXT NOT NULL DEFAULT '', lease_until INTEGER, pair_free_at INTEGER NOT NULL DEFAULT 0, counted_at INTEGER,
    UNIQUE (outgoing_id, n),
    CHECK ((outcome = '') = (ended_at IS NULL)),
    CHECK (outcome <> 'accepted' OR wamid IS NOT NULL)
) STRICT
;
CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    wamid        TEXT    NOT NULL,
    participant  TEXT    NOT NULL DEFAULT '',
    status       TEXT    NOT NULL DEFAULT '' CHECK (status IN ('', 'sent', 'delivered', 'read', 'played')),
    rank         INTEGER NOT NULL DEFAULT 0,
    sent_at      INTEGER,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    failed_at    INTEGER,
    error_code   INTEGER,
    error_detail TEXT    NOT NULL DEFAULT '',
    pricing      TEXT,                          -- JSON, as received
    UNIQUE (wamid, participant),
    CHECK (rank = CASE status WHEN 'sent' THEN 1 WHEN 'delivered' THEN 2 WHEN 'read' THEN 3 WHEN 'played' THEN 4 ELSE 0 END),
    CHECK ((failed_at IS NULL) = (error_code IS NULL))
) STRICT
;
CREATE TABLE blue_tick (
    id              INTEGER PRIMARY KEY,
    wamid           TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    outgoing_id     INTEGER REFERENCES outgoing (id), -- the reply it was last asked for with; NULL: by hand
    operator_id     INTEGER REFERENCES operator (id), -- who asked for it by hand
    typing          INTEGER NOT NULL DEFAULT 0 CHECK (typing IN (0, 1)),
    times           INTEGER NOT NULL DEFAULT 1,
    asked_at        INTEGER NOT NULL,
    ended_at        INTEGER,
    outcome         TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')),
    code            INTEGER,
    detail          TEXT    NOT NULL DEFAULT '',
    given_at        INTEGER,                          -- when WhatsApp first said yes
    CHECK ((outcome = '') = (ended_at IS NULL))
) STRICT
;
CREATE TABLE pacing (
    id            INTEGER PRIMARY KEY,
    number_id     INTEGER NOT NULL UNIQUE REFERENCES number (id),
    free_at       INTEGER NOT NULL DEFAULT 0,     -- when the next message may leave
    rest_until    INTEGER NOT NULL DEFAULT 0,     -- WhatsApp asked for a rest
    slowed_at     INTEGER NOT NULL DEFAULT 0,     -- when it last said: too fast
    last_campaign TEXT    NOT NULL DEFAULT ''     -- whose turn it was
) STRICT
;
CREATE TABLE portfolio (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,
    limit_max  INTEGER CHECK (limit_max > 0),
    told_at    INTEGER NOT NULL DEFAULT 0) STRICT
;
CREATE TABLE portfolio_reach (
    id        INTEGER PRIMARY KEY,
    portfolio TEXT    NOT NULL,
    since     INTEGER NOT NULL,                   -- the beginning of a span of minutes
    people    INTEGER NOT NULL CHECK (people >= 0),
    UNIQUE (portfolio, since)
) STRICT
;
CREATE TABLE breaker (
    id          INTEGER PRIMARY KEY,
    scope       TEXT    NOT NULL CHECK (scope IN ('all', 'number', 'campaign')),
    key         TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT 'watching' CHECK (state IN ('watching', 'paused', 'trying')),
    reason      TEXT    NOT NULL DEFAULT '',
    detail      TEXT    NOT NULL DEFAULT '',
    since       INTEGER,
    operator_id INTEGER REFERENCES operator (id), -- who paused it; NULL: nobody, it tripped
    strikes     INTEGER NOT NULL DEFAULT 0,
    tried       INTEGER NOT NULL DEFAULT 0,
    missed      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (scope, key),
    CHECK ((scope = 'all') = (key = ''))
) STRICT
;
CREATE TABLE suppression (
    id          INTEGER PRIMARY KEY,
    member_id   INTEGER REFERENCES member (id),
    region      TEXT    NOT NULL DEFAULT '',        -- two letters; everybody whose number is of it
    number_id   INTEGER REFERENCES number (id),
    scope       TEXT    NOT NULL CHECK (scope IN ('marketing', 'all')),
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    code        INTEGER,                            -- WhatsApp's, where it said so by one
    outgoing_id INTEGER REFERENCES outgoing (id),   -- the message it was said of
    since       INTEGER NOT NULL,
    until       INTEGER,
    lifted_at   INTEGER,
    CHECK ((member_id IS NULL) = (region <> '')),
    CHECK (until IS NULL OR until > since)
) STRICT
;
CREATE TABLE outgoing_batch (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,             -- the key it was asked for with: the same again adds nothing
    number_id  INTEGER NOT NULL REFERENCES number (id),
    purpose    TEXT    NOT NULL,
    campaign   TEXT    NOT NULL DEFAULT '',
    content    TEXT    NOT NULL,                    -- a digest of what it says: the same key with another content is an error
    begun_at   INTEGER NOT NULL,
    through_id INTEGER NOT NULL DEFAULT 0,
    row_count  INTEGER NOT NULL DEFAULT 0,
    opened_at  INTEGER,
    waiting    INTEGER NOT NULL DEFAULT 1 CHECK (waiting IN (0, 1))
, not_before INTEGER, withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))) STRICT
;
CREATE TABLE template (
    id               INTEGER PRIMARY KEY,
    waba_id          TEXT    NOT NULL,
    name             TEXT    NOT NULL CHECK (name <> ''),
    language         TEXT    NOT NULL CHECK (language <> ''),
    template_id      TEXT    NOT NULL DEFAULT '',
    category         TEXT    NOT NULL DEFAULT '',         -- MARKETING, UTILITY or AUTHENTICATION, as told
    category_since   INTEGER NOT NULL DEFAULT 0,          -- since when it is another than before; 0: since we know it
    category_at      INTEGER NOT NULL DEFAULT 0,
    status           TEXT    NOT NULL DEFAULT '',         -- as told: APPROVED, PAUSED, ...; empty: nobody told it yet
    reason           TEXT    NOT NULL DEFAULT '',
    status_at        INTEGER NOT NULL DEFAULT 0,
    quality          TEXT    NOT NULL DEFAULT '',         -- GREEN, YELLOW, RED, UNKNOWN, as told
    quality_at       INTEGER NOT NULL DEFAULT 0,
    parameter_format TEXT    NOT NULL DEFAULT 'POSITIONAL',
    components       TEXT    NOT NULL DEFAULT '[]',       -- JSON, as told
    components_at    INTEGER NOT NULL DEFAULT 0,
    stale            INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)), -- told to have changed since it was fetched
    told_at          INTEGER NOT NULL DEFAULT 0,          -- the latest word about any part
    synced_at        INTEGER,                             -- when a fetched list last held it
    deleted_at       INTEGER,
    UNIQUE (waba_id, name, language)
) STRICT
;
CREATE TABLE management_call (
    id      INTEGER PRIMARY KEY,
    waba_id TEXT    NOT NULL,
    minute  INTEGER NOT NULL,                             -- minutes since 1970 UTC
    times   INTEGER NOT NULL CHECK (times > 0),
    UNIQUE (waba_id, minute)
) STRICT
;
CREATE TABLE account_word (
    id      INTEGER PRIMARY KEY,
    waba_id TEXT    NOT NULL UNIQUE,
    word    TEXT    NOT NULL,                             -- the event, as told
    sentence TEXT   NOT NULL,
    stops   INTEGER NOT NULL CHECK (stops IN (0, 1)),
    told_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE elsewhere_push (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    sent_at       INTEGER NOT NULL,
    purpose       TEXT    NOT NULL CHECK (purpose IN ('marketing', 'utility')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE "group" (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL CHECK (name <> ''),
    folded        TEXT    NOT NULL,
    purpose       TEXT    NOT NULL DEFAULT '',
    kpi           TEXT    NOT NULL DEFAULT '',
    language      TEXT    NOT NULL DEFAULT '',
    timezone      TEXT    NOT NULL DEFAULT '',
    driver        TEXT    NOT NULL CHECK (driver IN ('cloud', 'gateway', 'human')),
    whatsapp_id   TEXT    UNIQUE,
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    added_at      INTEGER NOT NULL,
    exported_at   INTEGER,                      -- how far its newest imported export reaches
    import_run_id INTEGER NOT NULL DEFAULT 0
, number_id INTEGER REFERENCES number (id), description TEXT NOT NULL DEFAULT '', approval TEXT NOT NULL DEFAULT '' CHECK (approval IN ('', 'auto', 'required')), invite_link TEXT NOT NULL DEFAULT '', people_count INTEGER, suspended_at INTEGER, suspension_told_at INTEGER NOT NULL DEFAULT 0, settings_told_at INTEGER NOT NULL DEFAULT 0, ended_at INTEGER, looked_at INTEGER, subject_told_at INTEGER NOT NULL DEFAULT 0, description_told_at INTEGER NOT NULL DEFAULT 0, approval_told_at INTEGER NOT NULL DEFAULT 0, link_told_at INTEGER NOT NULL DEFAULT 0) STRICT
;
CREATE TABLE membership (
    id            INTEGER PRIMARY KEY,
    group_id      INTEGER NOT NULL REFERENCES "group" (id),
    member_id     INTEGER NOT NULL REFERENCES member (id),
    role          TEXT    NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    joined_at     INTEGER NOT NULL,
    left_at       INTEGER CHECK (left_at >= joined_at),
    entry_channel TEXT    NOT NULL DEFAULT '',
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    UNIQUE (group_id, member_id, joined_at)
) STRICT
;
CREATE TABLE membership_event (
    id          INTEGER PRIMARY KEY,
    group_id    INTEGER NOT NULL REFERENCES "group" (id),
    member_id   INTEGER NOT NULL REFERENCES member (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('joined', 'left', 'wrote')), -- wrote: was there, nobody saw them come
    channel     TEXT    NOT NULL DEFAULT '',
    happened_at INTEGER NOT NULL,
    UNIQUE (group_id, member_id, kind, happened_at)
) STRICT
;
CREATE TABLE group_subject (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL UNIQUE REFERENCES "group" (id),
    subject  TEXT,                                 -- as WhatsApp told it; NULL until then
    times    INTEGER NOT NULL DEFAULT 0,           -- how often it was asked in vain
    asked_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE group_request (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE,
    request_id  TEXT    UNIQUE,                                -- WhatsApp's, once it took the request
    group_id    INTEGER REFERENCES "group" (id),               -- NULL: the group that is to be made
    number_id   INTEGER NOT NULL REFERENCES number (id),
    kind        TEXT    NOT NULL CHECK (kind IN ('create', 'change', 'delete', 'remove', 'reset_link')),
    body        TEXT    NOT NULL DEFAULT '{}',                 -- JSON: what was asked
    state       TEXT    NOT NULL CHECK (state IN ('asking', 'pending', 'done', 'partly', 'failed', 'unknown', 'overdue')),
    code        INTEGER,
    detail      TEXT    NOT NULL DEFAULT '',
    operator_id INTEGER REFERENCES operator (id),
    asked_at    INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT
;
CREATE TABLE group_result (
    id         INTEGER PRIMARY KEY,
    request_id TEXT    NOT NULL UNIQUE,
    group_id   INTEGER REFERENCES "group" (id),
    state      TEXT    NOT NULL CHECK (state IN ('done', 'partly', 'failed')),
    code       INTEGER,
    detail     TEXT    NOT NULL DEFAULT '',
    told_at    INTEGER NOT NULL
) STRICT
;
CREATE TABLE join_request (
    id            INTEGER PRIMARY KEY,
    group_id      INTEGER NOT NULL REFERENCES "group" (id),
    request_id    TEXT    NOT NULL,
    member_id     INTEGER REFERENCES member (id),
    alias_id      INTEGER REFERENCES alias (id),
    person        TEXT    NOT NULL DEFAULT '{}',               -- JSON: phone, bsuid, lid, username, as received
    asked_at      INTEGER NOT NULL,
    entry_channel TEXT    NOT NULL DEFAULT '',
    state         TEXT    NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'revoked', 'gone')),
    told_at       INTEGER NOT NULL,                            -- the latest word of WhatsApp about it
    decided_by    INTEGER REFERENCES operator (id),
    decided_at    INTEGER,
    reason        TEXT    NOT NULL DEFAULT '',
    code          INTEGER,                                     -- why WhatsApp did not do it when last asked
    detail        TEXT    NOT NULL DEFAULT '',
    UNIQUE (group_id, request_id),
    CHECK ((decided_by IS NULL) OR (decided_at IS NOT NULL))
) STRICT
;
CREATE TABLE moderation_step (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE,
    group_id     INTEGER NOT NULL REFERENCES "group" (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    step         TEXT    NOT NULL CHECK (step IN ('warn', 'mute', 'remove')),
    state        TEXT    NOT NULL CHECK (state IN ('asking', 'stands', 'failed', 'unknown', 'taken_back')),
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    taken_at     INTEGER NOT NULL,
    until_at     INTEGER CHECK (until_at > taken_at),        -- NULL: until it is taken back
    detail       TEXT    NOT NULL DEFAULT '',                -- why WhatsApp did not do it, foreign text
    ended_at     INTEGER,
    ended_by     INTEGER REFERENCES operator (id),
    ended_reason TEXT    NOT NULL DEFAULT '',
    CHECK ((state = 'taken_back') = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT
;
CREATE TABLE moderation_deletion (
    id         INTEGER PRIMARY KEY,
    step_id    INTEGER NOT NULL REFERENCES moderation_step (id),
    message_id INTEGER NOT NULL UNIQUE,
    outcome    TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'accepted', 'refused', 'unsent', 'unknown')), -- '': on its way
    detail     TEXT    NOT NULL DEFAULT '',
    times      INTEGER NOT NULL DEFAULT 1,
    asked_at   INTEGER NOT NULL
) STRICT
;
CREATE TABLE conversation (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    number_id       INTEGER NOT NULL REFERENCES number (id),
    member_id       INTEGER REFERENCES member (id),
    group_id        INTEGER REFERENCES "group" (id),
    last_message_id INTEGER,
    last_at         INTEGER NOT NULL DEFAULT 0,
    message_count   INTEGER NOT NULL DEFAULT 0,
    unread          INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0),
    read_through_at INTEGER NOT NULL DEFAULT 0, -- what is later than this mark, or of its instant
    read_through_id INTEGER NOT NULL DEFAULT 0, --   with a higher id, is unread
    owed            INTEGER NOT NULL DEFAULT 0 CHECK (owed >= 0),
    owed_until      INTEGER,                    -- the earliest answer target among its open items
    lead_item_id    INTEGER,                    -- the open item of that target
    window_until    INTEGER,                    -- end of the service window
    urgent_at       INTEGER NOT NULL DEFAULT 9223372036854775807, -- the clock that dies first
    snoozed_until   INTEGER NOT NULL DEFAULT 0,
    muted           INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
    assigned_to     INTEGER REFERENCES operator (id),
    draft           TEXT    NOT NULL DEFAULT '',
    import_run_id   INTEGER NOT NULL DEFAULT 0,
    CHECK ((member_id IS NULL) <> (group_id IS NULL))
) STRICT
;
CREATE TABLE message (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    alias_id        INTEGER,                    -- who wrote it, by the name they wrote under
    direction       TEXT    NOT NULL CHECK (direction = 'in' OR direction = 'out' OR direction = 'none'),
    kind            TEXT    NOT NULL CHECK (kind = 'text' OR kind = 'media' OR kind = 'deleted' OR kind = 'poll' OR kind = 'system'),
    text            TEXT    NOT NULL,
    edited          INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1)),
    notice          TEXT    NOT NULL DEFAULT '',-- of a system line: its kind
    wamid           TEXT,
    sent_at         INTEGER NOT NULL,
    search_key      INTEGER UNIQUE,
    origin          TEXT    NOT NULL CHECK (origin = 'import' OR origin = 'live' OR origin = 'history'),
    import_run_id   INTEGER NOT NULL DEFAULT 0
, type TEXT NOT NULL DEFAULT '', reply_to TEXT, reply_to_id INTEGER) STRICT
;
CREATE TABLE media (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL DEFAULT '',     -- as the sender called it: only ever shown
    sha256     TEXT,                            -- of the copy kept beside the ledger, if there is one
    byte_count INTEGER
, media_id TEXT, mime TEXT NOT NULL DEFAULT '', declared_sha256 TEXT, state TEXT NOT NULL DEFAULT '' CHECK (state IN ('', 'waiting', 'kept', 'gone')), reason TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL DEFAULT 0, fetched_at INTEGER) STRICT
;
CREATE TABLE reaction (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    alias_id   INTEGER NOT NULL,
    emoji      TEXT    NOT NULL,
    reacted_at INTEGER NOT NULL,
    UNIQUE (message_id, alias_id)
) STRICT
;
CREATE TABLE poll_vote (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL,
    choice     TEXT    NOT NULL,
    alias_id   INTEGER,                         -- an export names no voters, only their number
    votes      INTEGER NOT NULL CHECK (votes >= 0),
    UNIQUE (message_id, choice, alias_id)
) STRICT
;
CREATE TABLE note (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER,
    operator_id     INTEGER NOT NULL REFERENCES operator (id),
    text            TEXT    NOT NULL CHECK (text <> ''),
    written_at      INTEGER NOT NULL,
    withdrawn       INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT
;
CREATE TABLE work_item (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('question', 'complaint', 'price', 'join', 'offer', 'mention', 'spam', 'proof',
                                                     'opt_out')),
    state           TEXT    NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    rule            TEXT    NOT NULL,           -- 'hand' when an operator made it
    rule_version    INTEGER NOT NULL,
    evidence        TEXT    NOT NULL,
    asked_at        INTEGER NOT NULL,
    owed_until      INTEGER NOT NULL,
    origin          TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    import_run_id   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message_id, kind)
) STRICT
;
CREATE TABLE search_slot (
    slot     INTEGER PRIMARY KEY,                  -- days since 1970-01-01 UTC
    used     INTEGER NOT NULL CHECK (used BETWEEN 0 AND 1048576),
    last_at  INTEGER NOT NULL,                     -- the latest sent_at that has a key of this slot
    in_order INTEGER NOT NULL CHECK (in_order IN (0, 1)), -- whether its keys rise with (sent_at, id)
    spills   INTEGER NOT NULL CHECK (spills IN (0, 1))    -- whether it was full and went on in the slot before
) STRICT
;
CREATE VIRTUAL TABLE search_word USING fts5 (words, content = '', columnsize = 0, tokenize = 'ascii')
;
CREATE VIRTUAL TABLE search_beginning USING fts5 (beginnings, content = '', columnsize = 0, detail = none, tokenize = 'ascii')
;
CREATE TABLE saved_reply (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL,               -- the name for comparison: NFKC and case folded
    language    TEXT    NOT NULL DEFAULT '',    -- empty: in any language
    text        TEXT    NOT NULL CHECK (text <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    saved_at    INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT
;
CREATE TABLE search_time (
    first_key INTEGER PRIMARY KEY,
    marks     BLOB NOT NULL
) STRICT
;
CREATE TABLE message_change (
    id         INTEGER PRIMARY KEY,
    wamid      TEXT    NOT NULL UNIQUE,         -- of the change itself
    target     TEXT    NOT NULL,                -- the wamid of the message it changes
    kind       TEXT    NOT NULL CHECK (kind IN ('edit', 'revoke', 'reaction', 'vote')),
    alias_id   INTEGER NOT NULL,
    text       TEXT    NOT NULL,                -- the new text, the emoji (empty: taken away), or the options
    changed_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE own_reaction (
    id          INTEGER PRIMARY KEY,
    outgoing_id INTEGER UNIQUE,
    message_id  INTEGER NOT NULL,
    emoji       TEXT    NOT NULL,
    reacted_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE elsewhere_message (
    id            INTEGER PRIMARY KEY,
    member_id     INTEGER NOT NULL REFERENCES member (id),
    said_at       INTEGER NOT NULL,
    group_id      INTEGER REFERENCES "group" (id),  -- NULL: to us directly
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE programme (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    name        TEXT    NOT NULL CHECK (name <> ''),
    folded      TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    added_at    INTEGER NOT NULL
) STRICT
;
CREATE TABLE code (
    id           INTEGER PRIMARY KEY,
    code         TEXT    NOT NULL UNIQUE CHECK (code <> ''),
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    channel      TEXT    NOT NULL DEFAULT '',
    made_at      INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    revoked_by   INTEGER REFERENCES operator (id),
    reason       TEXT    NOT NULL DEFAULT ''
) STRICT
;
CREATE TABLE invite (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),      -- made from the facts
    programme_id  INTEGER NOT NULL REFERENCES programme (id),
    referrer_id   INTEGER NOT NULL REFERENCES member (id),
    invitee_id    INTEGER NOT NULL REFERENCES member (id),
    invited_at    INTEGER NOT NULL,
    arrived_at    INTEGER,                                        -- NULL: nobody came yet
    channel       TEXT    NOT NULL DEFAULT '',
    code_id       INTEGER REFERENCES code (id),
    confidence    TEXT    NOT NULL CHECK (confidence IN ('exact', 'repaired', 'asked', 'manual', 'disputed')),
    refusal       TEXT    NOT NULL DEFAULT '',
    address       TEXT    NOT NULL DEFAULT '',                    -- the invitee's, folded for comparison
    payment       TEXT    NOT NULL DEFAULT '',
    device        TEXT    NOT NULL DEFAULT '',
    proof         TEXT    NOT NULL DEFAULT '',                    -- WhatsApp's id of the friend's own message
    origin        TEXT    NOT NULL CHECK (origin IN ('live', 'history', 'import')),
    recorded_at   INTEGER NOT NULL,
    import_run_id INTEGER NOT NULL DEFAULT 0,
    UNIQUE (programme_id, referrer_id, invitee_id, invited_at, channel)
) STRICT
;
CREATE TABLE invite_state (
    id           INTEGER PRIMARY KEY REFERENCES invite (id),
    state        TEXT    NOT NULL CHECK (state IN ('open', 'joined', 'qualified', 'held', 'earned', 'refused', 'issued',
                                                   'redeemed', 'expired', 'reversed')),
    reason       TEXT    NOT NULL DEFAULT '',
    order_id     INTEGER REFERENCES "order" (id),   -- what qualified it
    qualified_at INTEGER,
    due_at       INTEGER,                           -- when its reward is to be decided on
    rule_version INTEGER NOT NULL DEFAULT 0,
    decided_at   INTEGER NOT NULL,
    step_id      INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE invite_step (
    id           INTEGER PRIMARY KEY,
    invite_id    INTEGER NOT NULL REFERENCES invite (id),
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    gate         TEXT    NOT NULL CHECK (gate IN ('', 'fraud', 'earns')),   -- which of the two questions decided
    reason       TEXT    NOT NULL DEFAULT '',
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    inputs       TEXT    NOT NULL DEFAULT '{}',     -- JSON: what the rule saw
    operator_id  INTEGER REFERENCES operator (id),  -- NULL: a rule
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE reward (
    id              INTEGER PRIMARY KEY,
    ref             TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    programme_id    INTEGER NOT NULL REFERENCES programme (id),
    invite_id       INTEGER NOT NULL REFERENCES invite (id),
    member_id       INTEGER NOT NULL REFERENCES member (id),      -- who gets it
    side            TEXT    NOT NULL CHECK (side IN ('referrer', 'invitee')),
    slot            TEXT    NOT NULL CHECK (slot <> ''),          -- each, or the rung's number
    kind            TEXT    NOT NULL CHECK (kind IN ('coupon', 'membership', 'points', 'sample', 'product', 'service',
                                                     'trial', 'cashback')),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor >= 0),   -- face value, days or points
    currency        TEXT    NOT NULL,                             -- ISO 4217, points, or days
    cost_minor      INTEGER NOT NULL CHECK (cost_minor >= 0),     -- what it costs us, in `cost_currency`
    cost_currency   TEXT    NOT NULL DEFAULT '',
    rule            TEXT    NOT NULL CHECK (rule <> ''),
    rule_version    INTEGER NOT NULL CHECK (rule_version > 0),
    coupon_id       INTEGER,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'issued', 'redeemed', 'expired',
                                                      'reversed')),
    round           INTEGER NOT NULL DEFAULT 1,                   -- of pending it: what was voided may come again
    expires_at      INTEGER,
    effective_at    INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT
;
CREATE TABLE reward_step (
    id           INTEGER PRIMARY KEY,
    reward_id    INTEGER NOT NULL REFERENCES reward (id),
    step         TEXT    NOT NULL CHECK (step IN ('pended', 'posted', 'voided', 'reversed', 'issued', 'redeemed', 'expired',
                                                  'reinstated', 'told')),
    transfer_ref TEXT    NOT NULL DEFAULT '',
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER REFERENCES operator (id),
    effective_at INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE programme_step (
    id           INTEGER PRIMARY KEY,
    programme_id INTEGER NOT NULL REFERENCES programme (id),
    step         TEXT    NOT NULL CHECK (step IN ('asked', 'activated', 'ended')),
    rule_version INTEGER NOT NULL CHECK (rule_version > 0),
    exposure     TEXT    NOT NULL DEFAULT '{}',     -- JSON: the worst case that was shown
    is_over      INTEGER NOT NULL DEFAULT 0 CHECK (is_over IN (0, 1)),   -- the worst case is over the budget
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    asked_by     INTEGER REFERENCES operator (id),  -- whoever asked for what is over budget
    solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),
    reason       TEXT    NOT NULL DEFAULT '',
    recorded_at  INTEGER NOT NULL,
    CHECK (step <> 'activated' OR is_over = 0 OR (asked_by IS NOT NULL AND (asked_by <> operator_id OR solo = 1)))
) STRICT
;
CREATE TABLE settle_mark (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    facts      TEXT    NOT NULL,
    settled_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE invite_issue (
    id          INTEGER PRIMARY KEY,
    invite_id   INTEGER NOT NULL REFERENCES invite (id),
    amounts     TEXT    NOT NULL DEFAULT '{}',   -- JSON: minor units by currency, as they count against the day's limit
    solo        INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),   -- by whoever had written the invite, in solo mode
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    recorded_at INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT
;
CREATE TABLE ad_referral (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL UNIQUE,
    source_type TEXT    NOT NULL DEFAULT '',        -- ad, or post
    source_id   TEXT    NOT NULL DEFAULT '',
    headline    TEXT    NOT NULL DEFAULT '',
    click_id    TEXT    NOT NULL DEFAULT '',        -- Meta's `ctwa_clid`; may be missing
    recorded_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE arrival (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL UNIQUE,
    member_id   INTEGER NOT NULL REFERENCES member (id),
    arrived_at  INTEGER NOT NULL,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('exact', 'repaired', 'asked', 'unknown', 'several', 'ad')),
    code        TEXT    NOT NULL DEFAULT '',
    channel     TEXT    NOT NULL DEFAULT '',
    invite_id   INTEGER REFERENCES invite (id),     -- NULL: it makes none, or none that is new
    recorded_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE who_asked (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL UNIQUE REFERENCES member (id),
    outgoing_id  INTEGER NOT NULL,
    asked_at     INTEGER NOT NULL,
    rule_version INTEGER NOT NULL,
    answered_by  INTEGER,                           -- the message that answered
    recorded_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE arrival_mark (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    message_id INTEGER NOT NULL
) STRICT
;
CREATE TABLE invite_word (
    id          INTEGER PRIMARY KEY,
    invite_id   INTEGER NOT NULL REFERENCES invite (id),
    word        TEXT    NOT NULL CHECK (word IN ('corrected', 'disputed', 'added')),
    instead_id  INTEGER REFERENCES invite (id),     -- of a correction: the invite that counts now
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    recorded_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE group_invitation (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    group_id     INTEGER NOT NULL REFERENCES "group" (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    play         TEXT    NOT NULL CHECK (play IN ('high_value', 'new', 'dormant', 'other')),
    channel      TEXT    NOT NULL CHECK (channel <> ''),
    round        TEXT    NOT NULL CHECK (round <> ''),
    outgoing_id  INTEGER NOT NULL UNIQUE REFERENCES outgoing (id),
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    inputs       TEXT    NOT NULL DEFAULT '{}',      -- JSON: what the play saw of the person, and its policies
    invited_at   INTEGER NOT NULL,
    withdrawn    INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)) -- taken back before it left: it never was
) STRICT
;
CREATE TABLE proof (
    id           INTEGER PRIMARY KEY,
    ref          TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    message_id   INTEGER NOT NULL UNIQUE,
    programme_id INTEGER NOT NULL REFERENCES programme (id),  -- the one that was activated last, of those that ran
    sha256       TEXT,                                        -- of the file, as declared until it is here
    byte_count   INTEGER,
    came_at      INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused')),
    reason       TEXT    NOT NULL DEFAULT '',
    operator_id  INTEGER REFERENCES operator (id),
    decided_at   INTEGER,
    deleted_at   INTEGER,                                     -- when the picture was taken away
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK (state = 'waiting' OR (operator_id IS NOT NULL AND reason <> '')),
    CHECK (deleted_at IS NULL OR decided_at IS NOT NULL)
) STRICT
;
CREATE TABLE proof_mark (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    media_id INTEGER NOT NULL
) STRICT
;
CREATE TABLE review (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    kind          TEXT    NOT NULL CHECK (kind <> ''),
    stamp         TEXT    NOT NULL DEFAULT '',
    state         TEXT    NOT NULL CHECK (state IN ('open', 'decided', 'escalated', 'snoozed')),
    weight        INTEGER NOT NULL DEFAULT 0,     -- of its signals less its counter-signals
    happened_at   INTEGER NOT NULL,               -- event time of the last thing it rests on
    found_at      INTEGER NOT NULL,
    snoozed_until INTEGER,
    timeout_at    INTEGER,                        -- what `fraud.timeout` says happens then: hold, escalate or void
    decision_id   INTEGER NOT NULL DEFAULT 0      -- the last of its decisions; 0: none yet
, digest TEXT NOT NULL DEFAULT '', gone_at INTEGER) STRICT
;
CREATE TABLE review_member (
    id        INTEGER PRIMARY KEY,
    review_id INTEGER NOT NULL REFERENCES review (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    role      TEXT    NOT NULL DEFAULT '',        -- referrer, invitee, or '' for all alike
    place     INTEGER NOT NULL DEFAULT 0,         -- the order in which they are drawn
    UNIQUE (review_id, member_id)
) STRICT
;
CREATE TABLE review_invite (
    id        INTEGER PRIMARY KEY,
    review_id INTEGER NOT NULL REFERENCES review (id),
    invite_id INTEGER NOT NULL, after_decision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (review_id, invite_id)
) STRICT
;
CREATE TABLE signal (
    id           INTEGER PRIMARY KEY,
    review_id    INTEGER NOT NULL REFERENCES review (id),
    rule         TEXT    NOT NULL CHECK (rule <> ''),
    rule_version INTEGER NOT NULL CHECK (rule_version > 0),
    weight       INTEGER NOT NULL,                -- below zero: counter-evidence
    says         TEXT    NOT NULL DEFAULT '',
    evidence     TEXT    NOT NULL CHECK (evidence NOT IN ('', '[]')),  -- JSON: a list of {kind, id, at, says}
    found_at     INTEGER NOT NULL,
    UNIQUE (review_id, rule)
) STRICT
;
CREATE TABLE review_decision (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    review_id   INTEGER NOT NULL REFERENCES review (id),
    outcome     TEXT    NOT NULL CHECK (outcome IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'ask', 'escalate',
                                                    'snooze', 'appeal', 'undo')),
    reason      TEXT    NOT NULL CHECK (reason <> ''),      -- a closed word
    note        TEXT    NOT NULL DEFAULT '',
    rule        TEXT    NOT NULL DEFAULT '',                -- what decided where nobody did: the time-out
    held_minor  TEXT    NOT NULL DEFAULT '{}',              -- JSON: money at stake by currency, as it was shown
    stamp       TEXT    NOT NULL DEFAULT '',                -- the evidence it was decided on
    proposed_by INTEGER REFERENCES operator (id),           -- above a limit: who proposed what another confirms
    is_proposal INTEGER NOT NULL DEFAULT 0 CHECK (is_proposal IN (0, 1)),
    undoes_id   INTEGER REFERENCES review_decision (id),
    cascade_of  INTEGER REFERENCES review_decision (id),
    operator_id INTEGER REFERENCES operator (id),           -- NULL: a rule
    decided_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL, state_before TEXT NOT NULL DEFAULT 'open', until_at INTEGER, inputs TEXT NOT NULL DEFAULT '[]', rule_version INTEGER NOT NULL DEFAULT 0, words_hash TEXT,
    CHECK (operator_id IS NOT NULL OR rule <> ''),
    CHECK (proposed_by IS NULL OR operator_id IS NULL OR proposed_by <> operator_id)
) STRICT
;
CREATE TABLE standing (
    id           INTEGER PRIMARY KEY,
    member_id    INTEGER NOT NULL REFERENCES member (id),
    review_id    INTEGER NOT NULL REFERENCES review (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('frozen', 'blocked')),
    rule         TEXT    NOT NULL DEFAULT '',
    rule_version INTEGER NOT NULL DEFAULT 0,
    decision_id  INTEGER REFERENCES review_decision (id),   -- NULL: the rule alone
    began_at     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_by     INTEGER REFERENCES review_decision (id)
, chain_seq INTEGER NOT NULL DEFAULT 0) STRICT
;
CREATE TABLE review_words (
    id    INTEGER PRIMARY KEY REFERENCES review_decision (id),
    salt  BLOB NOT NULL,
    words TEXT NOT NULL
) STRICT
;
CREATE TABLE review_notice (
    id         INTEGER PRIMARY KEY,
    review_id  INTEGER NOT NULL REFERENCES review (id),
    member_id  INTEGER NOT NULL REFERENCES member (id),
    cause      TEXT    NOT NULL CHECK (cause IN ('freeze', 'ask')),
    cause_id   INTEGER NOT NULL,                 -- the standing that began, or the decision that asks
    outgoing   TEXT    NOT NULL,                 -- the outgoing row's ref; empty where nothing could be written
    said       TEXT    NOT NULL DEFAULT '',
    written_at INTEGER NOT NULL,
    UNIQUE (cause, cause_id, member_id)
) STRICT
;
CREATE TABLE sweep_mark (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    facts    TEXT    NOT NULL,
    swept_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE scheme (
    id        INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    policy    TEXT    NOT NULL UNIQUE CHECK (policy <> ''),
    added_at  INTEGER NOT NULL,
    chain_seq INTEGER NOT NULL
) STRICT
;
CREATE TABLE ambassador (
    id                INTEGER PRIMARY KEY,
    member_id         INTEGER NOT NULL REFERENCES member (id),
    scheme_id         INTEGER NOT NULL REFERENCES scheme (id),
    group_id          INTEGER,                       -- the group whose members' orders count, where the basis is group
    group_ref         TEXT    NOT NULL DEFAULT '',
    group_whatsapp_id TEXT    NOT NULL DEFAULT '',
    valid_from        INTEGER NOT NULL,
    operator_id       INTEGER NOT NULL REFERENCES operator (id),
    added_at          INTEGER NOT NULL,
    chain_seq         INTEGER NOT NULL,
    CHECK ((group_id IS NULL) = (group_ref = ''))
) STRICT
;
CREATE TABLE ambassador_ending (
    id            INTEGER PRIMARY KEY,
    ambassador_id INTEGER NOT NULL UNIQUE REFERENCES ambassador (id),
    ended_at      INTEGER NOT NULL,                  -- orders from here on earn nothing
    operator_id   INTEGER NOT NULL REFERENCES operator (id),
    recorded_at   INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL
) STRICT
;
CREATE TABLE attribution (
    id          INTEGER PRIMARY KEY,
    buyer_id    INTEGER NOT NULL REFERENCES member (id),
    referrer_id INTEGER REFERENCES member (id) CHECK (referrer_id <> buyer_id),
    valid_from  INTEGER NOT NULL,
    origin      TEXT    NOT NULL CHECK (origin <> ''),      -- 'operator', or the rule that says so
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER REFERENCES operator (id),           -- NULL: a rule
    recorded_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT
;
CREATE TABLE cashback_line (
    id            INTEGER PRIMARY KEY,
    ref           TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    scheme_id     INTEGER NOT NULL REFERENCES scheme (id),
    ambassador_id INTEGER NOT NULL REFERENCES ambassador (id),
    payee_id      INTEGER NOT NULL REFERENCES member (id),
    order_id      INTEGER REFERENCES "order" (id),   -- NULL: a month's credit
    period        TEXT    NOT NULL,                  -- the calendar month (UTC), 2026-11
    currency      TEXT    NOT NULL CHECK (currency <> ''),
    basis_minor   INTEGER NOT NULL CHECK (basis_minor >= 0),
    full_minor    INTEGER NOT NULL CHECK (full_minor >= 0),             -- before the cap
    amount_minor  INTEGER NOT NULL CHECK (amount_minor BETWEEN 0 AND full_minor),
    rule          TEXT    NOT NULL CHECK (rule <> ''),
    rule_version  INTEGER NOT NULL CHECK (rule_version > 0),
    inputs        TEXT    NOT NULL,                  -- JSON: what the rule saw
    ordered_at    INTEGER NOT NULL,
    matures_at    INTEGER NOT NULL,                  -- the end of the return window: no approval before
    accrued_at    INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL
) STRICT
;
CREATE TABLE line_reversal (
    id             INTEGER PRIMARY KEY,
    line_id        INTEGER NOT NULL REFERENCES cashback_line (id),
    refund_id      INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL CHECK (refunded_minor > 0),           -- of the order, by this refund and those before
    amount_minor   INTEGER NOT NULL CHECK (amount_minor >= 0),            -- by this refund
    total_minor    INTEGER NOT NULL CHECK (total_minor >= amount_minor),  -- by all so far
    refunded_at    INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    chain_seq      INTEGER NOT NULL UNIQUE,
    UNIQUE (line_id, refund_id)
) STRICT
;
CREATE TABLE dispute (
    id          INTEGER PRIMARY KEY,
    line_id     INTEGER NOT NULL REFERENCES cashback_line (id),
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    disputed_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL
) STRICT
;
CREATE TABLE line_state (
    id             INTEGER PRIMARY KEY REFERENCES cashback_line (id),
    state          TEXT    NOT NULL CHECK (state IN ('accrued', 'proposed', 'approved', 'rejected', 'batched', 'exported',
                                                     'confirmed', 'failed', 'returned')),
    held           INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    reversed_minor INTEGER NOT NULL DEFAULT 0,
    proposed_by    INTEGER,
    proposed_at    INTEGER,
    approved_by    INTEGER,
    approved_at    INTEGER,
    batch_id       INTEGER,
    round          INTEGER NOT NULL DEFAULT 1,       -- an undone approval begins the next one: transfers bear its number
    decided_at     INTEGER NOT NULL
, open_minor     INTEGER NOT NULL DEFAULT 0, unpaid_minor   INTEGER NOT NULL DEFAULT 0, clawed_minor   INTEGER NOT NULL DEFAULT 0, paid_minor     INTEGER NOT NULL DEFAULT 0, rejected_minor INTEGER NOT NULL DEFAULT 0, solo           INTEGER NOT NULL DEFAULT 0, decision_id    INTEGER NOT NULL DEFAULT 0, reversal_id    INTEGER NOT NULL DEFAULT 0) STRICT
;
CREATE TABLE earning_mark (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    facts TEXT NOT NULL
) STRICT
;
CREATE TABLE batch (
    id         INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    currency   TEXT    NOT NULL CHECK (currency <> ''),
    line_count INTEGER NOT NULL CHECK (line_count > 0),                -- the lines in it, also those that are paid nothing
    payout_count INTEGER NOT NULL CHECK (payout_count BETWEEN 0 AND line_count), -- those that leave the house
    sum_minor  INTEGER NOT NULL CHECK (sum_minor >= 0),
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    made_by    INTEGER NOT NULL REFERENCES operator (id),
    made_at    INTEGER NOT NULL,
    chain_seq  INTEGER NOT NULL UNIQUE
) STRICT
;
CREATE TABLE batch_line (
    id           INTEGER PRIMARY KEY,
    batch_id     INTEGER NOT NULL REFERENCES batch (id),
    line_id      INTEGER NOT NULL REFERENCES cashback_line (id),
    reference    TEXT    NOT NULL UNIQUE CHECK (reference <> ''),
    payee_hash   TEXT    NOT NULL CHECK (length(payee_hash) = 64), -- the salted hash of the number that is paid
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    netted_minor INTEGER NOT NULL CHECK (netted_minor >= 0),
    chain_seq    INTEGER NOT NULL UNIQUE,
    UNIQUE (batch_id, line_id)
) STRICT
;
CREATE TABLE batch_payee (
    id    INTEGER PRIMARY KEY,                          -- the batch_line's
    salt  BLOB    NOT NULL CHECK (length(salt) = 16),
    phone TEXT    NOT NULL CHECK (phone <> '')
) STRICT
;
CREATE TABLE batch_export (
    id          INTEGER PRIMARY KEY,
    batch_id    INTEGER NOT NULL REFERENCES batch (id),
    place       INTEGER NOT NULL CHECK (place > 0),     -- 1 is the first
    template    TEXT    NOT NULL,
    sha256      TEXT    NOT NULL CHECK (length(sha256) = 64),
    payout_count INTEGER NOT NULL,
    sum_minor   INTEGER NOT NULL,
    words_hash  TEXT    CHECK (place = 1 OR words_hash IS NOT NULL),   -- why it was written again
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    exported_at INTEGER NOT NULL,
    chain_seq   INTEGER NOT NULL UNIQUE,
    UNIQUE (batch_id, place)
) STRICT
;
CREATE TABLE store_credit (
    id   INTEGER PRIMARY KEY,                           -- the batch_line's
    code TEXT    NOT NULL UNIQUE CHECK (length(code) >= 16)
) STRICT
;
CREATE TABLE line_decision (
    id           INTEGER PRIMARY KEY,
    line_id      INTEGER NOT NULL REFERENCES cashback_line (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('proposed', 'approved', 'rejected', 'held', 'asked', 'released', 'undone',
                                                  'batched', 'netted', 'exported', 'confirmed', 'failed', 'returned', 'again')),
    state_before TEXT    NOT NULL,
    held_before  INTEGER NOT NULL CHECK (held_before IN (0, 1)),
    round        INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    netted_minor INTEGER NOT NULL CHECK (netted_minor >= 0),           -- of the amount, what went to the clawback account
    batch_id     INTEGER REFERENCES batch (id),
    undoes_id    INTEGER REFERENCES line_decision (id),
    operator_id  INTEGER NOT NULL REFERENCES operator (id),
    proposed_by  INTEGER,
    proposed_at  INTEGER,
    approved_by  INTEGER,
    approved_at  INTEGER,
    solo         INTEGER NOT NULL DEFAULT 0 CHECK (solo IN (0, 1)),
    solo_version INTEGER,
    cooling_off  INTEGER NOT NULL DEFAULT 0,                           -- microseconds
    words_hash   TEXT,                                                 -- of the reason, salted: the words can be erased
    decided_at   INTEGER NOT NULL,
    chain_seq    INTEGER NOT NULL UNIQUE,
    CHECK ((kind = 'approved') = (approved_by IS NOT NULL)),
    CHECK (approved_by = operator_id AND approved_at = decided_at),
    CHECK (approved_by <> proposed_by OR (solo = 1 AND approved_at >= proposed_at + cooling_off)),
    CHECK (kind <> 'rejected' OR words_hash IS NOT NULL)
) STRICT
;
CREATE TABLE payout_result (
    id            INTEGER PRIMARY KEY,
    batch_line_id INTEGER NOT NULL REFERENCES batch_line (id),
    decision_id   INTEGER NOT NULL UNIQUE REFERENCES line_decision (id),
    result        TEXT    NOT NULL CHECK (result IN ('confirmed', 'failed', 'returned')),
    words_hash    TEXT,                                 -- of the provider's reference, salted
    told_at       INTEGER NOT NULL,
    chain_seq     INTEGER NOT NULL UNIQUE
) STRICT
;
CREATE TABLE decision_words (
    id       INTEGER PRIMARY KEY,
    row_kind TEXT    NOT NULL CHECK (row_kind IN ('decision', 'export', 'result')),
    row_id   INTEGER NOT NULL,
    salt     BLOB    NOT NULL CHECK (length(salt) = 16),
    words    TEXT    NOT NULL CHECK (words <> ''),
    UNIQUE (row_kind, row_id)
) STRICT
;
CREATE TABLE line_conflict (
    id          INTEGER PRIMARY KEY,
    line_id     INTEGER NOT NULL REFERENCES cashback_line (id),
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    tried       TEXT    NOT NULL CHECK (tried <> ''),
    decision_id INTEGER NOT NULL REFERENCES line_decision (id),
    met_at      INTEGER NOT NULL,
    seen_at     INTEGER,
    UNIQUE (line_id, operator_id, tried, decision_id)
) STRICT
;
CREATE TABLE segment (
    id       INTEGER PRIMARY KEY,
    ref      TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    name     TEXT    NOT NULL CHECK (name <> ''),
    folded   TEXT    NOT NULL UNIQUE CHECK (folded <> ''),
    added_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE segment_version (
    id         INTEGER PRIMARY KEY,
    segment_id INTEGER NOT NULL REFERENCES segment (id),
    version    INTEGER NOT NULL CHECK (version > 0),
    rule       TEXT    NOT NULL,                  -- '' for a list
    members    TEXT    NOT NULL DEFAULT '',       -- JSON: refs, for a list that was imported
    owner      TEXT    NOT NULL DEFAULT '',
    purpose    TEXT    NOT NULL DEFAULT '',
    review_on  TEXT    NOT NULL DEFAULT '',       -- YYYY-MM-DD: when somebody looks whether it still holds
    operator_id INTEGER,
    saved_at   INTEGER NOT NULL, is_dropped INTEGER NOT NULL DEFAULT 0 CHECK (is_dropped IN (0, 1)), report TEXT NOT NULL DEFAULT '',
    UNIQUE (segment_id, version)
) STRICT
;
CREATE TABLE column_run (
    id       INTEGER PRIMARY KEY,
    fact     TEXT    NOT NULL CHECK (fact <> ''),     -- order, line, click, …
    state    TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'gone')),
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL CHECK (last_id >= first_id),
    rows     INTEGER NOT NULL CHECK (rows >= 0),
    made_at  INTEGER NOT NULL
) STRICT
;
CREATE TABLE column_word (
    id   INTEGER PRIMARY KEY,
    kind TEXT    NOT NULL CHECK (kind <> ''),
    word TEXT    NOT NULL,
    UNIQUE (kind, word)
) STRICT
;
CREATE TABLE column_mark (
    id         INTEGER PRIMARY KEY,
    fact       TEXT    NOT NULL UNIQUE CHECK (fact <> ''),
    through_id INTEGER NOT NULL DEFAULT 0,
    changes    INTEGER NOT NULL DEFAULT 0
) STRICT
;
CREATE TABLE column_touched (
    id     INTEGER PRIMARY KEY,
    fact   TEXT    NOT NULL CHECK (fact <> ''),
    row_id INTEGER NOT NULL,
    UNIQUE (fact, row_id)
) STRICT
;
CREATE TABLE tag_rule (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL CHECK (name <> ''),     -- the tag
    version     INTEGER NOT NULL CHECK (version > 0),
    rule        TEXT    NOT NULL,
    operator_id INTEGER,
    set_at      INTEGER NOT NULL,
    UNIQUE (name, version)
) STRICT
;
CREATE TABLE segment_send (
    id          INTEGER PRIMARY KEY,
    ref         TEXT    NOT NULL UNIQUE CHECK (ref <> ''),
    segment     TEXT    NOT NULL DEFAULT '',             -- '': a rule that was not saved
    version     INTEGER NOT NULL DEFAULT 0,
    rule        TEXT    NOT NULL,
    template    TEXT    NOT NULL,
    language    TEXT    NOT NULL DEFAULT '',
    steps       TEXT    NOT NULL,                        -- JSON: the waterfall, each reason with how many
    matched     INTEGER NOT NULL,
    reached     INTEGER NOT NULL,
    without     INTEGER NOT NULL DEFAULT 0,              -- left out: a value of theirs is missing
    operator_id INTEGER,
    asked_at    INTEGER NOT NULL,
    not_before  INTEGER
) STRICT
;
CREATE TABLE segment_holdout (
    id        INTEGER PRIMARY KEY,
    send_id   INTEGER NOT NULL REFERENCES segment_send (id),
    member_id INTEGER NOT NULL REFERENCES member (id),
    UNIQUE (send_id, member_id)
) STRICT
;
CREATE TABLE focus_pick (
    id           INTEGER PRIMARY KEY,
    rule         TEXT    NOT NULL,
    seed         INTEGER NOT NULL,
    focus_share  REAL    NOT NULL,
    random_share REAL    NOT NULL,
    matched      INTEGER NOT NULL,
    focused      INTEGER NOT NULL,
    at_random    INTEGER NOT NULL,
    digest       TEXT    NOT NULL,                       -- SHA-256 of the refs it picked, sorted
    picked_at    INTEGER NOT NULL
) STRICT
;
CREATE TABLE column_segment (
    id      INTEGER PRIMARY KEY,
    run_id  INTEGER NOT NULL REFERENCES column_run (id),
    part    INTEGER NOT NULL,                         -- the word's id; 0: none
    column  TEXT    NOT NULL CHECK (column <> ''),
    chunk   INTEGER NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('i1', 'i2', 'i4', 'i8')),
    rows    INTEGER NOT NULL CHECK (rows > 0),
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL CHECK (high >= low),
    body    BLOB    NOT NULL,
    UNIQUE (run_id, part, column, chunk)
) STRICT
;
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    digest      TEXT    NOT NULL UNIQUE,           -- SHA-256 of the body
    times       INTEGER NOT NULL DEFAULT 1,        -- how often this very body came
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'done')),
    faults      INTEGER NOT NULL DEFAULT 0         -- how many of its items are quarantined
, source TEXT NOT NULL DEFAULT 'webhook'
    CHECK (source IN ('webhook', 'gateway', 'shopify', 'woocommerce', 'generic')), topic TEXT NOT NULL DEFAULT '', delivery TEXT NOT NULL DEFAULT '') STRICT
;
CREATE TABLE inbound_refusal (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,                      -- days since 1970-01-01 UTC
    reason  TEXT    NOT NULL,
    times   INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (day, reason)
) STRICT
;
CREATE TABLE notice (
    id       INTEGER PRIMARY KEY,
    key      TEXT    NOT NULL UNIQUE,                          -- what it is about, and when: said twice, told once
    at       INTEGER NOT NULL,                                 -- event time
    told_at  INTEGER NOT NULL,                                 -- when it came in
    level    TEXT    NOT NULL CHECK (level IN ('note', 'warning', 'alarm')),
    named    TEXT    NOT NULL DEFAULT '',                      -- the template, number or group, foreign text
    sentence TEXT    NOT NULL,
    detail   TEXT    NOT NULL DEFAULT '',                      -- WhatsApp's own words, foreign text
    seen_by  INTEGER REFERENCES operator (id),
    seen_at  INTEGER, subject TEXT NOT NULL DEFAULT 'account'
    CHECK (subject IN ('template', 'account', 'number', 'group', 'request', 'error', 'member')),
    CHECK ((seen_by IS NULL) = (seen_at IS NULL))
) STRICT
;
CREATE TABLE gateway_mark (
    id         INTEGER PRIMARY KEY,
    number_id  INTEGER NOT NULL UNIQUE REFERENCES number (id),
    through_at INTEGER NOT NULL
) STRICT
;
CREATE TABLE "inbound_item" (
    id         INTEGER PRIMARY KEY,
    inbound_id INTEGER NOT NULL REFERENCES inbound (id),
    place      INTEGER NOT NULL,                   -- in its body, from 0
    key        TEXT    NOT NULL UNIQUE,
    number     TEXT    NOT NULL DEFAULT '',        -- WhatsApp's id of the number it is for
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('done', 'kept', 'trying', 'quarantined')), -- kept: not understood, shown
    attempts   INTEGER NOT NULL DEFAULT 1,         -- since an operator had it tried again, if one did
    reason     TEXT    NOT NULL DEFAULT '',
    raw        TEXT    NOT NULL DEFAULT '',        -- of what is not done; the rest stands in its body
    handled_at INTEGER NOT NULL,
    again_at   INTEGER,                            -- when it is tried again
    CHECK ((state = 'trying') = (again_at IS NOT NULL))
) STRICT
;
CREATE VIEW open_run AS SELECT id FROM import_run WHERE state = 'open'
;
CREATE UNIQUE INDEX import_run_open ON import_run (target) WHERE state = 'open'
;
CREATE INDEX reject_run ON reject (import_run_id, line)
;
CREATE TRIGGER chain_link_not_updated BEFORE UPDATE ON chain_link
BEGIN SELECT RAISE(ABORT, 'The chain is never changed.'); END
;
CREATE TRIGGER chain_link_not_deleted BEFORE DELETE ON chain_link
BEGIN SELECT RAISE(ABORT, 'The chain is never shortened.'); END
;
CREATE TRIGGER chain_link_next BEFORE INSERT ON chain_link
BEGIN
    SELECT RAISE(ABORT, 'A link of the chain is not the next one.')
     WHERE NEW.seq IS NOT coalesce((SELECT max(seq) FROM chain_link), 0) + 1;
    SELECT RAISE(ABORT, 'A link of the chain does not follow the one before.')
     WHERE NEW.prev_mac IS NOT coalesce((SELECT mac FROM chain_link WHERE seq = NEW.seq - 1), zeroblob(32));
    SELECT RAISE(ABORT, 'A link of the chain is not whole.')
     WHERE length(NEW.mac) <> 32 OR length(NEW.body_hash) <> 32 OR NEW.mac = NEW.prev_mac
        OR NEW.room = '' OR NEW.row_kind = '' OR NEW.key_id = '';
END
;
CREATE TRIGGER chain_point_not_updated BEFORE UPDATE ON chain_point
BEGIN SELECT RAISE(ABORT, 'What was verified is never changed.'); END
;
CREATE TRIGGER chain_point_not_deleted BEFORE DELETE ON chain_point
BEGIN SELECT RAISE(ABORT, 'What was verified is never taken out.'); END
;
CREATE TRIGGER chain_point_not_replaced BEFORE INSERT ON chain_point
WHEN EXISTS (SELECT 1 FROM chain_point WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'What was verified is never changed.'); END
;
CREATE INDEX act_stroke ON act (stroke)
;
CREATE INDEX act_operator ON act (operator_id, id)
;
CREATE INDEX act_undoes ON act (undoes) WHERE undoes IS NOT NULL
;
CREATE TRIGGER act_not_deleted BEFORE DELETE ON act
BEGIN SELECT RAISE(ABORT, 'The act log is never shortened.'); END
;
CREATE UNIQUE INDEX saved_view_name ON saved_view (subject, (coalesce(operator_id, 0)), folded) WHERE dropped = 0
;
CREATE INDEX operator_passphrase_operator ON operator_passphrase (operator_id, id)
;
CREATE INDEX operator_limit_operator ON operator_limit (operator_id, currency, id)
;
CREATE INDEX operator_link_operator ON operator_link (operator_id, id)
;
CREATE INDEX sign_in_operator ON sign_in (operator_id, id)
;
CREATE INDEX sign_in_failure_operator ON sign_in_failure (operator_id, failed_at)
;
CREATE INDEX operator_seal_kind ON operator_seal (row_kind, last_id)
;
CREATE VIEW operator_limit_in_force AS
SELECT l.operator_id, l.currency, l.amount_minor
  FROM operator_limit AS l
 WHERE l.id = (SELECT max(id) FROM operator_limit WHERE operator_id = l.operator_id AND currency = l.currency)
;
CREATE VIEW active_operator AS
SELECT o.id, o.ref, o.name, o.role,
       coalesce((SELECT member_id FROM operator_link WHERE operator_id = o.id ORDER BY id DESC LIMIT 1), o.member_id) AS member_id
  FROM operator AS o
 WHERE EXISTS (SELECT 1 FROM operator_passphrase WHERE operator_id = o.id)
   AND NOT EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = o.id)
;
CREATE VIEW known_operator AS
SELECT o.id, o.ref, o.name, o.role, o.added_at,
       coalesce((SELECT member_id FROM operator_link WHERE operator_id = o.id ORDER BY id DESC LIMIT 1), o.member_id) AS member_id,
       (SELECT max(id) FROM operator_passphrase WHERE operator_id = o.id) AS passphrase_id,
       (SELECT min(set_at) FROM operator_passphrase WHERE operator_id = o.id) AS active_at,
       (SELECT set_at FROM operator_retirement WHERE operator_id = o.id) AS retired_at
  FROM operator AS o
;
CREATE TRIGGER operator_not_updated BEFORE UPDATE ON operator
BEGIN SELECT RAISE(ABORT, 'An operator is never changed.'); END
;
CREATE TRIGGER operator_not_deleted BEFORE DELETE ON operator
BEGIN SELECT RAISE(ABORT, 'An operator is never taken out.'); END
;
CREATE TRIGGER operator_next BEFORE INSERT ON operator
BEGIN
    SELECT RAISE(ABORT, 'An operator is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator), 0) + 1;
    SELECT RAISE(ABORT, 'An operator needs a name of their own and a role.')
     WHERE NEW.name = '' OR NEW.ref = '' OR NEW.role NOT IN ('owner', 'moderator', 'ambassador')
        OR EXISTS (SELECT 1 FROM operator WHERE name IN (NEW.name, NEW.ref) OR ref IN (NEW.name, NEW.ref));
    SELECT RAISE(ABORT, 'An operator was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator'), 0);
END
;
CREATE TRIGGER operator_passphrase_not_updated BEFORE UPDATE ON operator_passphrase
BEGIN SELECT RAISE(ABORT, 'A passphrase is never changed.'); END
;
CREATE TRIGGER operator_passphrase_not_deleted BEFORE DELETE ON operator_passphrase
BEGIN SELECT RAISE(ABORT, 'A passphrase is never taken out.'); END
;
CREATE TRIGGER operator_passphrase_next BEFORE INSERT ON operator_passphrase
BEGIN
    SELECT RAISE(ABORT, 'A passphrase is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_passphrase), 0) + 1;
    SELECT RAISE(ABORT, 'A passphrase is kept as a hash, of an operator who is not retired.')
     WHERE length(NEW.salt) <> 16 OR length(NEW.hash) <> 32 OR NEW.cost < 2 OR NEW.block_size < 1 OR NEW.parallel < 1
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A passphrase was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_passphrase'), 0);
END
;
CREATE TRIGGER operator_limit_not_updated BEFORE UPDATE ON operator_limit
BEGIN SELECT RAISE(ABORT, 'A limit is never changed.'); END
;
CREATE TRIGGER operator_limit_not_deleted BEFORE DELETE ON operator_limit
BEGIN SELECT RAISE(ABORT, 'A limit is never taken out.'); END
;
CREATE TRIGGER operator_limit_next BEFORE INSERT ON operator_limit
BEGIN
    SELECT RAISE(ABORT, 'A limit is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_limit), 0) + 1;
    SELECT RAISE(ABORT, 'A limit is an amount of a currency, of an operator.')
     WHERE NEW.currency = '' OR NEW.amount_minor < 0
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A limit was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_limit'), 0);
END
;
CREATE TRIGGER operator_link_not_updated BEFORE UPDATE ON operator_link
BEGIN SELECT RAISE(ABORT, 'A link is never changed.'); END
;
CREATE TRIGGER operator_link_not_deleted BEFORE DELETE ON operator_link
BEGIN SELECT RAISE(ABORT, 'A link is never taken out.'); END
;
CREATE TRIGGER operator_link_next BEFORE INSERT ON operator_link
BEGIN
    SELECT RAISE(ABORT, 'A link is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_link), 0) + 1;
    SELECT RAISE(ABORT, 'A link is an operator''s.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A link was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_link'), 0);
END
;
CREATE TRIGGER operator_retirement_not_updated BEFORE UPDATE ON operator_retirement
BEGIN SELECT RAISE(ABORT, 'A retirement is never changed.'); END
;
CREATE TRIGGER operator_retirement_not_deleted BEFORE DELETE ON operator_retirement
BEGIN SELECT RAISE(ABORT, 'A retirement is never taken out.'); END
;
CREATE TRIGGER operator_retirement_next BEFORE INSERT ON operator_retirement
BEGIN
    SELECT RAISE(ABORT, 'A retirement is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_retirement), 0) + 1;
    SELECT RAISE(ABORT, 'Nobody retires twice.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A retirement was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'operator_retirement'), 0);
END
;
CREATE TRIGGER sign_in_not_updated BEFORE UPDATE ON sign_in
BEGIN SELECT RAISE(ABORT, 'A sign-in is never changed.'); END
;
CREATE TRIGGER sign_in_not_deleted BEFORE DELETE ON sign_in
BEGIN SELECT RAISE(ABORT, 'A sign-in is never taken out.'); END
;
CREATE TRIGGER sign_in_next BEFORE INSERT ON sign_in
BEGIN
    SELECT RAISE(ABORT, 'A sign-in is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_in), 0) + 1;
    SELECT RAISE(ABORT, 'A sign-in is of an operator with a passphrase, at this installation.')
     WHERE NEW.installation IS NOT (SELECT value FROM ledger_fact WHERE name = 'installation')
        OR length(NEW.token_hash) <> 32 OR EXISTS (SELECT 1 FROM sign_in WHERE token_hash = NEW.token_hash)
        OR NEW.idle_seconds < 1 OR NEW.ends_at <= NEW.signed_in_at
        OR NEW.passphrase_id IS NOT (SELECT max(id) FROM operator_passphrase WHERE operator_id = NEW.operator_id)
        OR EXISTS (SELECT 1 FROM operator_retirement WHERE operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A sign-in was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_in'), 0);
END
;
CREATE TRIGGER sign_out_not_updated BEFORE UPDATE ON sign_out
BEGIN SELECT RAISE(ABORT, 'A sign-out is never changed.'); END
;
CREATE TRIGGER sign_out_not_deleted BEFORE DELETE ON sign_out
BEGIN SELECT RAISE(ABORT, 'A sign-out is never taken out.'); END
;
CREATE TRIGGER sign_out_next BEFORE INSERT ON sign_out
BEGIN
    SELECT RAISE(ABORT, 'A sign-out is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_out), 0) + 1;
    SELECT RAISE(ABORT, 'Nobody signs out twice.')
     WHERE NOT EXISTS (SELECT 1 FROM sign_in WHERE id = NEW.sign_in_id)
        OR EXISTS (SELECT 1 FROM sign_out WHERE sign_in_id = NEW.sign_in_id);
    SELECT RAISE(ABORT, 'A sign-out was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_out'), 0);
END
;
CREATE TRIGGER sign_in_failure_not_updated BEFORE UPDATE ON sign_in_failure
BEGIN SELECT RAISE(ABORT, 'A failed sign-in is never changed.'); END
;
CREATE TRIGGER sign_in_failure_not_deleted BEFORE DELETE ON sign_in_failure
BEGIN SELECT RAISE(ABORT, 'A failed sign-in is never taken out.'); END
;
CREATE TRIGGER sign_in_failure_next BEFORE INSERT ON sign_in_failure
BEGIN
    SELECT RAISE(ABORT, 'A failed sign-in is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM sign_in_failure), 0) + 1;
    SELECT RAISE(ABORT, 'A failed sign-in is an operator''s.')
     WHERE NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A failed sign-in was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'sign_in_failure'), 0);
END
;
CREATE TRIGGER adoption_not_updated BEFORE UPDATE ON adoption
BEGIN SELECT RAISE(ABORT, 'An adoption is never changed.'); END
;
CREATE TRIGGER adoption_not_deleted BEFORE DELETE ON adoption
BEGIN SELECT RAISE(ABORT, 'An adoption is never taken out.'); END
;
CREATE TRIGGER adoption_next BEFORE INSERT ON adoption
BEGIN
    SELECT RAISE(ABORT, 'An adoption is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM adoption), 0) + 1;
    SELECT RAISE(ABORT, 'An owner adopts this installation, once.')
     WHERE NEW.installation IS NOT (SELECT value FROM ledger_fact WHERE name = 'installation')
        OR EXISTS (SELECT 1 FROM adoption WHERE installation = NEW.installation)
        OR NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role = 'owner');
    SELECT RAISE(ABORT, 'An adoption was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = 'adoption'), 0);
END
;
CREATE TRIGGER operator_seal_not_updated BEFORE UPDATE ON operator_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER operator_seal_not_deleted BEFORE DELETE ON operator_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER operator_seal_next BEFORE INSERT ON operator_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM operator_seal), 0) + 1 OR NEW.last_id < NEW.first_id
        OR NEW.first_id <> coalesce((SELECT max(last_id) FROM operator_seal WHERE row_kind = NEW.row_kind), 0) + 1;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'operators'
                          AND row_kind = NEW.row_kind AND row_id = NEW.last_id);
END
;
CREATE TRIGGER act_seal_not_updated BEFORE UPDATE ON act_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER act_seal_not_deleted BEFORE DELETE ON act_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER act_seal_next BEFORE INSERT ON act_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM act_seal), 0) + 1 OR NEW.last_id < NEW.first_id
        OR NEW.first_id <> coalesce((SELECT last_id FROM act_seal WHERE id = NEW.id - 1), 0) + 1;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'operators'
                          AND row_kind = 'act' AND row_id = NEW.last_id);
END
;
CREATE TRIGGER act_next BEFORE INSERT ON act
BEGIN
    SELECT RAISE(ABORT, 'The act log only grows, act by act.') WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM act), 0) + 1;
    SELECT RAISE(ABORT, 'An act is not whole.')
     WHERE NEW.words_hash IS NOT NULL OR NEW.salt IS NULL OR length(NEW.salt) <> 16
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'An act was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT last_id FROM act_seal ORDER BY id DESC LIMIT 1), 0);
END
;
CREATE TRIGGER ledger_fact_stays BEFORE UPDATE ON ledger_fact
BEGIN
    SELECT RAISE(ABORT, 'An owner adopts this copy of the ledger first.')
     WHERE OLD.name = 'adoption' AND OLD.value = 'pending'
       AND (NEW.name IS NOT 'adoption' OR NEW.value IS NOT 'pending')
       AND NOT EXISTS (SELECT 1 FROM adoption AS a JOIN ledger_fact AS f ON f.name = 'installation' AND f.value = a.installation);
    SELECT RAISE(ABORT, 'A ledger keeps its installation id.')
     WHERE OLD.name = 'installation' AND NEW.name IS NOT 'installation' AND EXISTS (SELECT 1 FROM chain_link);
END
;
CREATE TRIGGER ledger_fact_not_deleted BEFORE DELETE ON ledger_fact
WHEN (OLD.name = 'adoption' AND OLD.value = 'pending')
  OR (OLD.name = 'installation' AND EXISTS (SELECT 1 FROM chain_link))
BEGIN SELECT RAISE(ABORT, 'A ledger keeps its installation id, and what waits for an owner.'); END
;
CREATE TRIGGER ledger_fact_not_replaced BEFORE INSERT ON ledger_fact
BEGIN
    SELECT RAISE(ABORT, 'A ledger keeps its installation id, and what waits for an owner.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE id = NEW.id AND name IS NOT NEW.name AND name IN ('adoption', 'installation'));
    SELECT RAISE(ABORT, 'An owner adopts this copy of the ledger first.')
     WHERE NEW.name = 'adoption' AND NEW.value IS NOT 'pending'
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending')
       AND NOT EXISTS (SELECT 1 FROM adoption AS a JOIN ledger_fact AS f ON f.name = 'installation' AND f.value = a.installation);
END
;
CREATE INDEX erasure_undone ON erasure (state) WHERE state <> 'done'
;
CREATE TRIGGER erasure_begins BEFORE INSERT ON erasure
BEGIN
    SELECT RAISE(ABORT, 'An erasure is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM erasure), 0) + 1 OR NEW.state <> 'open';
    SELECT RAISE(ABORT, 'An erasure begins with its act.')
     WHERE NOT EXISTS (SELECT 1 FROM act
                        WHERE id = (SELECT max(id) FROM act) AND verb = 'erase' AND object_kind = 'erasure'
                          AND object_id = NEW.id AND operator_id = NEW.operator_id);
END
;
CREATE TRIGGER erasure_goes_on BEFORE UPDATE ON erasure
WHEN NEW.id <> OLD.id OR NEW.member_id <> OLD.member_id OR NEW.operator_id <> OLD.operator_id
  OR NEW.erased_at <> OLD.erased_at
  OR OLD.state || '>' || NEW.state NOT IN ('open>erased', 'erased>erased', 'erased>done')
BEGIN SELECT RAISE(ABORT, 'An erasure goes one way.'); END
;
CREATE TRIGGER erasure_not_deleted BEFORE DELETE ON erasure
BEGIN SELECT RAISE(ABORT, 'That somebody was erased stays known.'); END
;
CREATE TRIGGER act_not_updated BEFORE UPDATE ON act
WHEN NOT (EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
      AND NEW.id IS OLD.id AND NEW.stroke IS OLD.stroke AND NEW.operator_id IS OLD.operator_id AND NEW.verb IS OLD.verb
      AND NEW.object_kind IS OLD.object_kind AND NEW.object_id IS OLD.object_id AND NEW.rule IS OLD.rule
      AND NEW.rule_version IS OLD.rule_version AND NEW.undoes IS OLD.undoes AND NEW.decided_at IS OLD.decided_at
      AND OLD.words_hash IS NULL AND length(NEW.words_hash) = 32 AND NEW.salt IS NULL
      AND NEW.before = '{}' AND NEW.after = '{}')
BEGIN SELECT RAISE(ABORT, 'The act log is never changed.'); END
;
CREATE INDEX policy_version_in_force ON policy_version (name, valid_from, version)
;
CREATE INDEX policy_proposal_name ON policy_proposal (name, id)
;
CREATE VIEW policy_in_force_row AS
SELECT id, name, version, value, says, valid_from, set_by, set_at, confirmed_by, solo, second, solo_seconds,
       CASE WHEN valid_from > set_at OR set_by = 'preset' THEN valid_from ELSE set_at END AS begins_at
  FROM policy_version
;
CREATE TRIGGER policy_version_not_updated BEFORE UPDATE ON policy_version
BEGIN SELECT RAISE(ABORT, 'A version of a policy is never changed: set another.'); END
;
CREATE TRIGGER policy_version_not_deleted BEFORE DELETE ON policy_version
BEGIN SELECT RAISE(ABORT, 'A version of a policy is never taken out.'); END
;
CREATE TRIGGER policy_version_next BEFORE INSERT ON policy_version
BEGIN
    SELECT RAISE(ABORT, 'A version of a policy is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_version), 0) + 1
        OR NEW.version <= coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0)
        OR (NEW.set_by <> 'preset'
            AND NEW.version <> coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0) + 1);
    SELECT RAISE(ABORT, 'A version of a policy is not whole.')
     WHERE NEW.name = '' OR NEW.set_by = '' OR NEW.value NOT GLOB '{*}' OR NEW.solo NOT IN (0, 1)
        OR NEW.second NOT IN (0, 1) OR (NEW.set_by <> 'preset' AND NEW.reason = '')
        OR (NEW.solo_seconds IS NOT NULL AND (NEW.name <> 'operators.solo' OR NEW.solo_seconds <= 0));
    SELECT RAISE(ABORT, 'A preset never takes the place of what an operator set.')
     WHERE NEW.set_by = 'preset'
       AND EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.name AND set_by <> 'preset');
    SELECT RAISE(ABORT, 'A version of a policy was not sealed.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'installation')
       AND NEW.id > coalesce((SELECT max(last_id) FROM policy_seal), 0);
    SELECT RAISE(ABORT, 'This policy is confirmed by a second operator before it is in force.')
     WHERE NEW.proposal_id IS NULL AND NEW.set_by <> 'preset'
       AND EXISTS (
           SELECT 1 FROM policy_version AS last
            WHERE last.name = NEW.name AND last.second = 1
              AND last.version = (SELECT max(version) FROM policy_version WHERE name = NEW.name))
       AND NOT (NEW.name = 'operators.solo'
                AND (NEW.solo_seconds IS NULL OR NEW.valid_from >= NEW.set_at + NEW.solo_seconds * 1000000));
    SELECT RAISE(ABORT, 'This is not what was proposed, or was not confirmed by somebody else.')
     WHERE NEW.proposal_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1
             FROM policy_proposal AS p
             JOIN policy_decision AS d ON d.proposal_id = p.id AND d.verb = 'confirm'
            WHERE p.id = NEW.proposal_id AND p.name = NEW.name AND p.version = NEW.version AND p.value = NEW.value
              AND p.reason = NEW.reason AND p.proposed_by = NEW.set_by AND d.decided_by = NEW.confirmed_by
              AND NEW.valid_from = coalesce(p.valid_from, d.decided_at) AND NEW.set_at = d.decided_at
              AND ((p.proposed_by <> d.decided_by AND NEW.solo = 0)
                   OR (NEW.solo = 1 AND EXISTS (
                       SELECT 1 FROM policy_in_force_row AS s
                        WHERE s.name = 'operators.solo' AND s.valid_from <= NEW.set_at
                          AND NEW.set_at >= p.proposed_at + s.solo_seconds * 1000000
                          AND NOT EXISTS (
                              SELECT 1 FROM policy_in_force_row AS later
                               WHERE later.name = s.name AND later.valid_from <= NEW.set_at
                                 AND (later.begins_at, later.version) > (s.begins_at, s.version))))));
    SELECT RAISE(ABORT, 'Nobody confirms what was never proposed.')
     WHERE NEW.proposal_id IS NULL AND (NEW.confirmed_by IS NOT NULL OR NEW.solo <> 0);
END
;
CREATE TRIGGER policy_seal_not_updated BEFORE UPDATE ON policy_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER policy_seal_not_deleted BEFORE DELETE ON policy_seal
BEGIN SELECT RAISE(ABORT, 'What is sealed stays sealed.'); END
;
CREATE TRIGGER policy_seal_next BEFORE INSERT ON policy_seal
BEGIN
    SELECT RAISE(ABORT, 'A seal does not begin where the one before ended.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_seal), 0) + 1
        OR NEW.first_id <> coalesce((SELECT max(last_id) FROM policy_seal), 0) + 1 OR NEW.last_id < NEW.first_id;
    SELECT RAISE(ABORT, 'A seal without its link.')
     WHERE NEW.chain_seq IS NOT (SELECT max(seq) FROM chain_link)
        OR NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'version' AND row_id = NEW.last_id);
END
;
CREATE TRIGGER policy_proposal_not_updated BEFORE UPDATE ON policy_proposal
BEGIN SELECT RAISE(ABORT, 'A proposal is never changed: withdraw it, and make another.'); END
;
CREATE TRIGGER policy_proposal_not_deleted BEFORE DELETE ON policy_proposal
BEGIN SELECT RAISE(ABORT, 'A proposal is withdrawn, never taken out.'); END
;
CREATE TRIGGER policy_proposal_next BEFORE INSERT ON policy_proposal
BEGIN
    SELECT RAISE(ABORT, 'A proposal is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_proposal), 0) + 1
        OR NEW.version <> coalesce((SELECT max(version) FROM policy_version WHERE name = NEW.name), 0) + 1;
    SELECT RAISE(ABORT, 'A proposal is not whole.')
     WHERE NEW.name = '' OR NEW.proposed_by = '' OR NEW.reason = '' OR NEW.value NOT GLOB '{*}';
    SELECT RAISE(ABORT, 'This policy has a proposal that nobody has decided on.')
     WHERE EXISTS (SELECT 1 FROM policy_proposal AS p
                    WHERE p.name = NEW.name
                      AND NOT EXISTS (SELECT 1 FROM policy_decision AS d WHERE d.proposal_id = p.id));
    SELECT RAISE(ABORT, 'A proposal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'proposal' AND row_id = NEW.id);
END
;
CREATE TRIGGER policy_decision_not_updated BEFORE UPDATE ON policy_decision
BEGIN SELECT RAISE(ABORT, 'What was decided on a proposal is never changed.'); END
;
CREATE TRIGGER policy_decision_not_deleted BEFORE DELETE ON policy_decision
BEGIN SELECT RAISE(ABORT, 'What was decided on a proposal is never taken out.'); END
;
CREATE TRIGGER policy_decision_next BEFORE INSERT ON policy_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision on a proposal is not the next one, or not whole.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM policy_decision), 0) + 1
        OR NEW.verb NOT IN ('confirm', 'withdraw') OR NEW.decided_by = '';
    SELECT RAISE(ABORT, 'There is no such open proposal.')
     WHERE NOT EXISTS (SELECT 1 FROM policy_proposal WHERE id = NEW.proposal_id AND proposed_at <= NEW.decided_at)
        OR EXISTS (SELECT 1 FROM policy_decision WHERE proposal_id = NEW.proposal_id);
    SELECT RAISE(ABORT, 'A decision on a proposal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'policy'
                          AND row_kind = 'decision' AND row_id = NEW.id);
END
;
CREATE INDEX member_folded ON member (folded) WHERE folded <> ''
;
CREATE INDEX member_run ON member (import_run_id) WHERE import_run_id <> 0
;
CREATE UNIQUE INDEX merge_standing ON merge (member_id) WHERE parted_at IS NULL
;
CREATE INDEX merge_into ON merge (into_id) WHERE parted_at IS NULL
;
CREATE INDEX member_root_id ON member (root_id)
;
CREATE VIEW member_root AS SELECT id, root_id, one_since FROM member
;
CREATE VIEW visible_member AS
SELECT id, ref, name, folded, language, timezone, origin, added_at
  FROM member
 WHERE merged_into IS NULL
   AND import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE UNIQUE INDEX alias_named ON alias (kind, value, group_id,
    (CASE WHEN kind = 'username' OR (kind = 'name' AND group_id = 0) THEN coalesce(moved_from, member_id) ELSE 0 END))
;
CREATE INDEX alias_member ON alias (member_id, kind)
;
CREATE INDEX alias_folded ON alias (folded, kind)
;
CREATE INDEX alias_moved ON alias (moved_from) WHERE moved_from IS NOT NULL
;
CREATE INDEX own_tag_name ON own_tag (name, member_id)
;
CREATE VIEW consent_word AS
SELECT c.id, r.root_id AS member_id, c.member_id AS said_by, c.purpose, c.state, c.source, c.text_version,
       c.decided_at, c.origin,
       c.state = 'stop' AND NOT EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.state = 'resume'
              AND l.decided_at > c.decided_at)
       AND (r.root_id = r.id OR NOT EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = r.root_id AND l.purpose = c.purpose AND l.state = 'resume'
              AND l.decided_at > c.decided_at AND l.decided_at >= r.one_since)) AS stands,
       EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.state <> 'stop'
              AND (l.decided_at > c.decided_at OR (l.decided_at = c.decided_at AND l.id > c.id)))
       OR (r.root_id <> r.id AND EXISTS (
           SELECT 1 FROM consent AS l
            WHERE l.member_id = r.root_id AND l.purpose = c.purpose AND l.state <> 'stop'
              AND l.decided_at > c.decided_at AND l.decided_at >= r.one_since)) AS outdated
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id
;
CREATE VIEW consent_in_force AS
SELECT r.root_id AS member_id, c.purpose, CASE c.state WHEN 'resume' THEN 'yes' ELSE c.state END AS state,
       c.state AS word, c.source, c.decided_at
  FROM consent AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.id = (SELECT w.id
                 FROM consent_word AS w
                WHERE w.member_id = r.root_id AND w.purpose = c.purpose
                ORDER BY w.stands DESC, w.state = 'stop', w.outdated, w.state = 'no' DESC, w.decided_at DESC, w.id DESC
                LIMIT 1)
;
CREATE INDEX member_device ON member (device) WHERE device <> ''
;
CREATE INDEX member_payment ON member (payment) WHERE payment <> ''
;
CREATE INDEX member_address ON member (address) WHERE address <> ''
;
CREATE VIEW member_phone AS
SELECT a.member_id, a.value AS phone
  FROM alias AS a
 WHERE a.id = (SELECT o.id
                 FROM alias AS o
                WHERE o.member_id = a.member_id AND o.kind = 'phone' AND o.group_id = 0 AND o.seen_until IS NULL
                ORDER BY o.moved_from IS NOT NULL, o.id DESC
                LIMIT 1)
;
CREATE INDEX member_erased ON member (id) WHERE erased_at IS NOT NULL
;
CREATE VIEW erased_member AS SELECT id FROM member WHERE erased_at IS NOT NULL
;
CREATE INDEX own_tag_expiring ON own_tag (expires_at, id) WHERE expires_at IS NOT NULL
;
CREATE INDEX own_tag_by_rule ON own_tag (name, member_id) WHERE by_hand = 0
;
CREATE INDEX tag_change_member ON tag_change (member_id, id)
;
CREATE INDEX tag_change_name ON tag_change (name, id)
;
CREATE VIEW tag AS
SELECT t.id, r.root_id AS member_id, t.name, t.by_hand, t.tagged_at, t.expires_at, t.rule_version
  FROM own_tag AS t
  JOIN member_root AS r ON r.id = t.member_id
 WHERE (r.root_id = r.id AND r.one_since = 0)  -- nobody was merged: nothing to look for
    OR NOT EXISTS (SELECT 1
                     FROM member_root AS o
                    CROSS JOIN own_tag AS d
                    WHERE o.root_id = r.root_id AND o.id <> r.id AND d.member_id = o.id AND d.name = t.name
                      AND (d.tagged_at < t.tagged_at OR (d.tagged_at = t.tagged_at AND d.id < t.id)))
;
CREATE UNIQUE INDEX transfer_resolves ON transfer (pending_seq) WHERE pending_seq IS NOT NULL
;
CREATE INDEX transfer_reverses ON transfer (reverses_seq) WHERE reverses_seq IS NOT NULL
;
CREATE INDEX transfer_pending ON transfer (expires_at) WHERE kind = 'pending'
;
CREATE INDEX transfer_linked ON transfer (journal) WHERE journal <> ref
;
CREATE INDEX entry_recorded ON entry (account_id, id)
;
CREATE INDEX entry_effective ON entry (account_id, effective_at, delta)
;
CREATE VIEW account_balance AS
SELECT a.id, a.name, a.currency, a.limit_rule, c.id IS NOT NULL AS closed,
       b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending,
       b.credits_posted - b.debits_posted AS balance
  FROM account AS a
  JOIN balance AS b ON b.id = a.id
  LEFT JOIN account_closing AS c ON c.account_id = a.id
;
CREATE VIEW open_transfer AS
SELECT p.seq, p.ref, p.journal, p.debit_id, p.credit_id, p.currency, p.amount, p.purpose, p.owner, p.source,
       p.effective_at, p.recorded_at, p.expires_at, p.reason
  FROM transfer AS p
 WHERE p.kind = 'pending' AND NOT EXISTS (SELECT 1 FROM transfer AS r WHERE r.pending_seq = p.seq)
;
CREATE TRIGGER currency_not_updated BEFORE UPDATE ON currency
BEGIN SELECT RAISE(ABORT, 'A currency is never changed.'); END
;
CREATE TRIGGER currency_not_deleted BEFORE DELETE ON currency
BEGIN SELECT RAISE(ABORT, 'A currency is never taken out.'); END
;
CREATE TRIGGER currency_next BEFORE INSERT ON currency
WHEN NEW.code = '' OR NEW.minor_units NOT BETWEEN 0 AND 8
  OR EXISTS (SELECT 1 FROM currency WHERE id = NEW.id OR code = NEW.code)
BEGIN SELECT RAISE(ABORT, 'This currency is there already, or is none.'); END
;
CREATE TRIGGER account_not_updated BEFORE UPDATE ON account
BEGIN SELECT RAISE(ABORT, 'An account is never changed: close it, and open another.'); END
;
CREATE TRIGGER account_not_deleted BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'An account is closed, never taken out.'); END
;
CREATE TRIGGER account_next BEFORE INSERT ON account
BEGIN
    SELECT RAISE(ABORT, 'An account is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM account), 0) + 1;
    SELECT RAISE(ABORT, 'This account is there already.')
     WHERE EXISTS (SELECT 1 FROM account WHERE name = NEW.name AND currency = NEW.currency);
    SELECT RAISE(ABORT, 'An account needs a name, a limit rule and a currency this ledger knows.')
     WHERE NEW.name = '' OR NEW.limit_rule NOT IN (0, 1, 2)
        OR NOT EXISTS (SELECT 1 FROM currency WHERE code = NEW.currency);
    SELECT RAISE(ABORT, 'An account was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'account' AND row_id = NEW.id);
END
;
CREATE TRIGGER account_has_balance AFTER INSERT ON account
BEGIN INSERT INTO balance (id) VALUES (NEW.id); END
;
CREATE TRIGGER account_closing_not_updated BEFORE UPDATE ON account_closing
BEGIN SELECT RAISE(ABORT, 'A closing is never changed.'); END
;
CREATE TRIGGER account_closing_not_deleted BEFORE DELETE ON account_closing
BEGIN SELECT RAISE(ABORT, 'A closed account stays closed.'); END
;
CREATE TRIGGER account_closing_next BEFORE INSERT ON account_closing
BEGIN
    SELECT RAISE(ABORT, 'A closing is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM account_closing), 0) + 1;
    SELECT RAISE(ABORT, 'This account is closed already.')
     WHERE EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.account_id);
    SELECT RAISE(ABORT, 'An account is closed only when nothing stands or is pending on it.')
     WHERE NOT EXISTS (SELECT 1 FROM balance WHERE id = NEW.account_id AND credits_posted = debits_posted
                          AND credits_pending = 0 AND debits_pending = 0);
    SELECT RAISE(ABORT, 'A closing was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'account_closing' AND row_id = NEW.id);
END
;
CREATE TRIGGER transfer_not_updated BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'A transfer is never changed: reverse it.'); END
;
CREATE TRIGGER transfer_not_deleted BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'A transfer is never taken out: reverse it.'); END
;
CREATE TRIGGER transfer_next BEFORE INSERT ON transfer
BEGIN
    SELECT RAISE(ABORT, 'A transfer is not the next one.')
     WHERE NEW.seq IS NOT coalesce((SELECT max(seq) FROM transfer), 0) + 1
        OR NEW.recorded_at < coalesce((SELECT recorded_at FROM transfer WHERE seq = NEW.seq - 1), NEW.recorded_at);
    SELECT RAISE(ABORT, 'A transfer with this id is there already.')
     WHERE EXISTS (SELECT 1 FROM transfer WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'A transfer is not whole.')
     WHERE NEW.kind NOT IN ('single', 'pending', 'post', 'void', 'expire', 'reversal')
        OR length(NEW.ref) NOT BETWEEN 1 AND 200 OR NEW.journal = '' OR NEW.purpose = '' OR NEW.actor = ''
        OR length(NEW.body_hash) <> 32
        OR (NEW.kind IN ('post', 'void', 'expire')) <> (NEW.pending_seq IS NOT NULL)
        OR (NEW.kind = 'reversal') <> (NEW.reverses_seq IS NOT NULL)
        OR (NEW.kind <> 'pending' AND NEW.expires_at IS NOT NULL)
        OR (NEW.pending_seq IS NULL AND NEW.released <> 0);
    SELECT RAISE(ABORT, 'An amount is more than nothing and at most 9007199254740991 minor units.')
     WHERE NEW.amount NOT BETWEEN 1 AND 9007199254740991;
    SELECT RAISE(ABORT, 'A transfer moves between two accounts of its own currency.')
     WHERE NEW.debit_id = NEW.credit_id
        OR NEW.currency IS NOT (SELECT currency FROM account WHERE id = NEW.debit_id)
        OR NEW.currency IS NOT (SELECT currency FROM account WHERE id = NEW.credit_id);
    SELECT RAISE(ABORT, 'Nobody approves what they did themselves.') WHERE NEW.approved_by = NEW.actor;
    SELECT RAISE(ABORT, 'A transfer was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'ledger'
                          AND row_kind = 'transfer' AND row_id = NEW.seq);
    SELECT RAISE(ABORT, 'This account is closed.')
     WHERE NEW.kind <> 'reversal'
       AND (EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.debit_id)
            OR EXISTS (SELECT 1 FROM account_closing WHERE account_id = NEW.credit_id));
    SELECT RAISE(ABORT, 'That is not an open pending transfer between these accounts, or not for this amount, or too late.')
     WHERE NEW.pending_seq IS NOT NULL
       AND (EXISTS (SELECT 1 FROM transfer WHERE pending_seq = NEW.pending_seq)
            OR NOT EXISTS (
                SELECT 1 FROM transfer AS p
                 WHERE p.seq = NEW.pending_seq AND p.kind = 'pending' AND p.debit_id = NEW.debit_id
                   AND p.credit_id = NEW.credit_id AND NEW.released = p.amount
                   AND CASE NEW.kind
                       WHEN 'post' THEN NEW.amount <= p.amount AND (p.expires_at IS NULL OR NEW.recorded_at < p.expires_at)
                       WHEN 'void' THEN NEW.amount = p.amount
                       ELSE NEW.amount = p.amount AND NEW.recorded_at >= p.expires_at END));
    SELECT RAISE(ABORT, 'Reversals of one transfer go back between its accounts and sum up to its amount at most.')
     WHERE NEW.reverses_seq IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM transfer AS o
            WHERE o.seq = NEW.reverses_seq AND o.kind IN ('single', 'post') AND o.debit_id = NEW.credit_id
              AND o.credit_id = NEW.debit_id
              AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM transfer WHERE reverses_seq = o.seq) <= o.amount);
    SELECT RAISE(ABORT, 'There is not enough on the account for this.')
     WHERE EXISTS (
           SELECT 1 FROM balance AS b JOIN account AS a ON a.id = b.id
            WHERE b.id = NEW.debit_id AND a.limit_rule = 1 AND NEW.kind NOT IN ('void', 'expire')
              AND b.debits_posted + b.debits_pending + NEW.amount - NEW.released > b.credits_posted);
    SELECT RAISE(ABORT, 'This would go over what the account may take.')
     WHERE EXISTS (
           SELECT 1 FROM balance AS b JOIN account AS a ON a.id = b.id
            WHERE b.id = NEW.credit_id AND a.limit_rule = 2 AND NEW.kind NOT IN ('void', 'expire')
              AND b.credits_posted + b.credits_pending + NEW.amount - NEW.released > b.debits_posted);
END
;
CREATE TRIGGER transfer_applied AFTER INSERT ON transfer
BEGIN
    UPDATE balance
       SET last_seq = NEW.seq,
           debits_posted = debits_posted + CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           debits_pending = debits_pending - NEW.released + CASE NEW.kind WHEN 'pending' THEN NEW.amount ELSE 0 END
     WHERE id = NEW.debit_id;
    INSERT INTO entry (id, account_id, effective_at, delta, debits_posted, credits_posted, debits_pending, credits_pending)
    SELECT 2 * NEW.seq - 1, id, NEW.effective_at,
           CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN -NEW.amount ELSE 0 END,
           debits_posted, credits_posted, debits_pending, credits_pending
      FROM balance WHERE id = NEW.debit_id;
    UPDATE balance
       SET last_seq = NEW.seq,
           credits_posted = credits_posted + CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           credits_pending = credits_pending - NEW.released + CASE NEW.kind WHEN 'pending' THEN NEW.amount ELSE 0 END
     WHERE id = NEW.credit_id;
    INSERT INTO entry (id, account_id, effective_at, delta, debits_posted, credits_posted, debits_pending, credits_pending)
    SELECT 2 * NEW.seq, id, NEW.effective_at,
           CASE WHEN NEW.kind IN ('single', 'post', 'reversal') THEN NEW.amount ELSE 0 END,
           debits_posted, credits_posted, debits_pending, credits_pending
      FROM balance WHERE id = NEW.credit_id;
END
;
CREATE TRIGGER transfer_memo_not_updated BEFORE UPDATE ON transfer_memo
BEGIN SELECT RAISE(ABORT, 'Words about a transfer are erased, never changed.'); END
;
CREATE TRIGGER transfer_memo_next BEFORE INSERT ON transfer_memo
WHEN length(NEW.salt) <> 16 OR EXISTS (SELECT 1 FROM transfer_memo WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM transfer WHERE seq = NEW.id AND memo_commit IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are written with their transfer only.'); END
;
CREATE TRIGGER entry_not_updated BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'An entry is never changed.'); END
;
CREATE TRIGGER entry_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'An entry is never taken out.'); END
;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)
  OR NOT EXISTS (
      SELECT 1 FROM transfer AS t JOIN balance AS b ON b.id = NEW.account_id AND b.last_seq = t.seq
       WHERE t.seq = (NEW.id + 1) / 2 AND NEW.effective_at = t.effective_at
         AND ((NEW.id = 2 * t.seq - 1 AND b.id = t.debit_id) OR (NEW.id = 2 * t.seq AND b.id = t.credit_id))
         AND NEW.delta = CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
                         * CASE WHEN b.id = t.debit_id THEN -1 ELSE 1 END
         AND NEW.debits_posted = b.debits_posted AND NEW.credits_posted = b.credits_posted
         AND NEW.debits_pending = b.debits_pending AND NEW.credits_pending = b.credits_pending)
BEGIN SELECT RAISE(ABORT, 'An entry follows from its transfer alone.'); END
;
CREATE TRIGGER balance_not_deleted BEFORE DELETE ON balance
BEGIN SELECT RAISE(ABORT, 'A balance is never taken out.'); END
;
CREATE TRIGGER balance_begins BEFORE INSERT ON balance
WHEN EXISTS (SELECT 1 FROM balance WHERE id = NEW.id) OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
  OR NEW.last_seq <> 0 OR NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0
  OR NEW.credits_pending <> 0
BEGIN SELECT RAISE(ABORT, 'A balance begins at nothing, with its account.'); END
;
CREATE TRIGGER balance_follows BEFORE UPDATE ON balance
WHEN NOT EXISTS (
    SELECT 1 FROM transfer AS t
     WHERE t.seq = NEW.last_seq AND OLD.last_seq < t.seq AND NEW.id = OLD.id
       AND ((t.debit_id = OLD.id
             AND NEW.debits_posted = OLD.debits_posted
                 + CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
             AND NEW.debits_pending = OLD.debits_pending - t.released
                 + CASE t.kind WHEN 'pending' THEN t.amount ELSE 0 END
             AND NEW.credits_posted = OLD.credits_posted AND NEW.credits_pending = OLD.credits_pending)
         OR (t.credit_id = OLD.id
             AND NEW.credits_posted = OLD.credits_posted
                 + CASE WHEN t.kind IN ('single', 'post', 'reversal') THEN t.amount ELSE 0 END
             AND NEW.credits_pending = OLD.credits_pending - t.released
                 + CASE t.kind WHEN 'pending' THEN t.amount ELSE 0 END
             AND NEW.debits_posted = OLD.debits_posted AND NEW.debits_pending = OLD.debits_pending)))
BEGIN SELECT RAISE(ABORT, 'A balance follows from the transfers alone.'); END
;
CREATE UNIQUE INDEX order_reference ON "order" (reference)
;
CREATE INDEX order_member ON "order" (member_id, ordered_at)
;
CREATE UNIQUE INDEX order_line_fact
    ON order_line (order_id, product, category, coupon, quantity, (coalesce(unit_price_minor, -1)))
;
CREATE INDEX order_line_category ON order_line (category, order_id) WHERE category <> ''
;
CREATE INDEX order_line_product ON order_line (product, order_id) WHERE product <> ''
;
CREATE UNIQUE INDEX refund_fact ON refund (reference, refunded_at, amount, refund_ref)
;
CREATE INDEX refund_order ON refund (order_id, refunded_at) WHERE order_id IS NOT NULL
;
CREATE INDEX refund_waiting ON refund (id) WHERE order_id IS NULL AND refusal = ''
;
CREATE INDEX product_category ON product (category) WHERE category <> ''
;
CREATE UNIQUE INDEX click_fact ON click (member_id, clicked_at, product, category, url)
;
CREATE INDEX click_category ON click (category, member_id, clicked_at) WHERE category <> ''
;
CREATE INDEX click_product ON click (product, member_id, clicked_at) WHERE product <> ''
;
CREATE UNIQUE INDEX cart_fact ON cart (member_id, changed_at, state)
;
CREATE UNIQUE INDEX cost_fact ON cost (spent_at, group_name, kind, currency, amount_minor)
;
CREATE VIEW visible_order AS
SELECT o.id, o.reference, r.root_id AS member_id, o.ordered_at, o.currency, o.total_minor, o.origin, o.recorded_at
  FROM "order" AS o
  JOIN member_root AS r ON r.id = o.member_id
 WHERE o.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_order_line AS
SELECT l.id, l.order_id, CASE l.category WHEN '' THEN coalesce(p.category, '') ELSE l.category END AS category,
       l.product, l.coupon, l.quantity, l.unit_price_minor,
       o.reference, r.root_id AS member_id, o.ordered_at, o.currency
  FROM order_line AS l
  JOIN "order" AS o ON o.id = l.order_id
  JOIN member_root AS r ON r.id = o.member_id
  LEFT JOIN product AS p
    ON p.product = l.product AND l.category = '' AND p.import_run_id NOT IN (SELECT id FROM open_run)
 WHERE l.import_run_id NOT IN (SELECT id FROM open_run)
   AND o.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_refund AS
SELECT f.id, f.order_id, f.reference, f.refund_ref, f.refunded_at, f.amount_minor, o.currency,
       r.root_id AS member_id, o.ordered_at, f.recorded_at
  FROM refund AS f
  JOIN "order" AS o ON o.id = f.order_id
  JOIN member_root AS r ON r.id = o.member_id
 WHERE f.refusal = ''
   AND f.import_run_id NOT IN (SELECT id FROM open_run)
   AND o.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_product AS
SELECT id, product, name, category, currency, price_minor
  FROM product
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_click AS
SELECT c.id, r.root_id AS member_id, c.clicked_at, c.category, c.product, c.url
  FROM click AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_cart AS
SELECT c.id, r.root_id AS member_id, c.changed_at, c.state
  FROM cart AS c
  JOIN member_root AS r ON r.id = c.member_id
 WHERE c.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_cost AS
SELECT id, spent_at, group_name, kind, currency, amount_minor
  FROM cost
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE INDEX order_word_reference ON order_word (reference)
;
CREATE INDEX coupon_free ON coupon (pool_id, id) WHERE state = 'free'
;
CREATE UNIQUE INDEX coupon_source ON coupon (source) WHERE source <> ''
;
CREATE INDEX coupon_due ON coupon (expires_at, id) WHERE state = 'issued'
;
CREATE INDEX coupon_step_coupon ON coupon_step (coupon_id, id)
;
CREATE INDEX coupon_code ON coupon (code COLLATE NOCASE)
;
CREATE INDEX coupon_member ON coupon (member_id) WHERE member_id IS NOT NULL
;
CREATE INDEX order_line_coupon ON order_line (coupon COLLATE NOCASE) WHERE coupon <> ''
;
CREATE TRIGGER coupon_pool_not_updated BEFORE UPDATE ON coupon_pool
BEGIN SELECT RAISE(ABORT, 'A pool of coupons is never changed: make another.'); END
;
CREATE TRIGGER coupon_pool_not_deleted BEFORE DELETE ON coupon_pool
BEGIN SELECT RAISE(ABORT, 'A pool of coupons is never taken out.'); END
;
CREATE TRIGGER coupon_pool_next BEFORE INSERT ON coupon_pool
BEGIN
    SELECT RAISE(ABORT, 'A pool of coupons is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon_pool), 0) + 1
        OR EXISTS (SELECT 1 FROM coupon_pool WHERE folded = NEW.folded);
    SELECT RAISE(ABORT, 'A pool of coupons is not whole.')
     WHERE NEW.name = '' OR NEW.folded = '' OR NEW.cost_minor < 0 OR NEW.valid_days <= 0
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
END
;
CREATE TRIGGER coupon_not_deleted BEFORE DELETE ON coupon
BEGIN SELECT RAISE(ABORT, 'A coupon is withdrawn, never taken out.'); END
;
CREATE TRIGGER coupon_next BEFORE INSERT ON coupon
BEGIN
    SELECT RAISE(ABORT, 'A coupon is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon), 0) + 1
        OR EXISTS (SELECT 1 FROM coupon WHERE code = NEW.code);
    SELECT RAISE(ABORT, 'A new coupon is free, and in a pool.')
     WHERE NEW.code = '' OR NEW.state <> 'free' OR NEW.member_id IS NOT NULL OR NEW.source <> ''
        OR NEW.issued_at IS NOT NULL OR NEW.expires_at IS NOT NULL OR NEW.redeemed_at IS NOT NULL
        OR NEW.order_reference <> '' OR NOT EXISTS (SELECT 1 FROM coupon_pool WHERE id = NEW.pool_id);
END
;
CREATE TRIGGER coupon_changes BEFORE UPDATE ON coupon
BEGIN
    SELECT RAISE(ABORT, 'A coupon keeps its code, its pool and whom it was given to.')
     WHERE NEW.id IS NOT OLD.id OR NEW.pool_id IS NOT OLD.pool_id OR NEW.code IS NOT OLD.code
        OR NEW.added_at IS NOT OLD.added_at
        OR (OLD.state <> 'free' AND (NEW.member_id IS NOT OLD.member_id OR NEW.source IS NOT OLD.source
                                     OR NEW.issued_at IS NOT OLD.issued_at));
    SELECT RAISE(ABORT, 'A coupon does not go from this state to that.')
     WHERE NEW.state || ' ' || OLD.state NOT IN (
               'issued free', 'withdrawn free', 'redeemed issued', 'expired issued', 'withdrawn issued',
               'issued expired', 'redeemed expired', 'withdrawn expired');
    SELECT RAISE(ABORT, 'A coupon is given to a member, for a reason, until a time.')
     WHERE NEW.state = 'issued'
       AND (NEW.source = '' OR NEW.issued_at IS NULL OR coalesce(NEW.expires_at, 0) <= NEW.issued_at
            OR NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.member_id)
            OR EXISTS (SELECT 1 FROM coupon WHERE source = NEW.source AND source <> '' AND id <> NEW.id));
    SELECT RAISE(ABORT, 'A coupon is redeemed in an order, before it expires.')
     WHERE NEW.state = 'redeemed'
       AND (NEW.order_reference = '' OR NEW.redeemed_at IS NULL OR NEW.redeemed_at >= OLD.expires_at);
    SELECT RAISE(ABORT, 'A coupon that nobody had names nobody.')
     WHERE NEW.state = 'withdrawn' AND OLD.state = 'free' AND (NEW.member_id IS NOT NULL OR NEW.source <> '');
END
;
CREATE TRIGGER coupon_step_not_updated BEFORE UPDATE ON coupon_step
BEGIN SELECT RAISE(ABORT, 'A step of a coupon is never changed.'); END
;
CREATE TRIGGER coupon_step_not_deleted BEFORE DELETE ON coupon_step
BEGIN SELECT RAISE(ABORT, 'A step of a coupon is never taken out.'); END
;
CREATE TRIGGER coupon_step_next BEFORE INSERT ON coupon_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a coupon is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM coupon_step), 0) + 1
        OR NOT EXISTS (SELECT 1 FROM coupon WHERE id = NEW.coupon_id
                          AND state = CASE NEW.step WHEN 'reinstated' THEN 'issued' ELSE NEW.step END);
END
;
CREATE INDEX outgoing_thread ON outgoing (conversation_id, written_at, id)
;
CREATE INDEX outgoing_waiting ON outgoing (state, not_before, id) WHERE state IN ('draft', 'scheduled', 'queued', 'sending', 'held', 'unknown')
;
CREATE INDEX task_open ON task (deadline_at, id) WHERE state IN ('offered', 'copied')
;
CREATE UNIQUE INDEX number_phone_number_id ON number (phone_number_id) WHERE phone_number_id IS NOT NULL
;
CREATE UNIQUE INDEX outgoing_wamid ON outgoing (wamid) WHERE wamid IS NOT NULL
;
CREATE UNIQUE INDEX outgoing_message ON outgoing (message_id) WHERE message_id IS NOT NULL
;
CREATE INDEX outgoing_moving ON outgoing (conversation_id, id) WHERE state IN ('queued', 'sending')
;
CREATE INDEX outgoing_newest ON outgoing (written_at, id)
;
CREATE INDEX attempt_open ON attempt (outgoing_id) WHERE outcome = ''
;
CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing
WHEN NEW.state <> OLD.state AND NOT (
    OLD.state || '>' || NEW.state IN (
        'draft>scheduled', 'draft>queued', 'draft>held', 'draft>refused', 'draft>cancelled', 'draft>expired',
        'scheduled>draft', 'scheduled>queued', 'scheduled>held', 'scheduled>refused', 'scheduled>cancelled', 'scheduled>expired',
        'queued>scheduled', 'queued>sending', 'queued>held', 'queued>refused', 'queued>cancelled', 'queued>expired', 'queued>accepted',
        'sending>accepted', 'sending>unknown', 'sending>failed', 'sending>queued', 'sending>held',
        'held>draft', 'held>scheduled', 'held>queued', 'held>refused', 'held>cancelled', 'held>expired', 'held>accepted',
        'unknown>accepted', 'unknown>closed',
        'closed>accepted', 'closed>unknown',
        'failed>accepted', 'refused>accepted', 'cancelled>accepted', 'expired>accepted',
        'refused>queued', 'refused>held', 'cancelled>draft', 'cancelled>scheduled', 'cancelled>queued', 'cancelled>held')
    OR (OLD.state IN ('unknown', 'closed', 'failed') AND NEW.state = 'queued' AND NEW.state_reason = 'resend')
    OR (OLD.state = 'queued' AND OLD.state_reason = 'resend' AND NEW.state IN ('unknown', 'closed', 'failed'))
    OR (OLD.state = 'accepted' AND NEW.state = 'queued' AND OLD.driver = 'human')
    OR (OLD.state = 'accepted' AND NEW.state = 'unknown' AND OLD.wamid IS NULL))
BEGIN SELECT RAISE(ABORT, 'An outgoing message does not go from that state to this one.'); END
;
CREATE TRIGGER outgoing_accepted BEFORE UPDATE ON outgoing
WHEN NEW.state = 'accepted' AND NEW.wamid IS NULL AND NEW.driver <> 'human' AND NEW.state_reason <> 'operator'
BEGIN SELECT RAISE(ABORT, 'Only WhatsApp''s id, or an operator, makes a message accepted.'); END
;
CREATE TRIGGER outgoing_sending BEFORE UPDATE OF state ON outgoing
WHEN NEW.state = 'sending' AND NOT EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = NEW.id AND outcome = '')
BEGIN SELECT RAISE(ABORT, 'Nothing is sent before its attempt is written.'); END
;
CREATE TRIGGER outgoing_sent_again BEFORE UPDATE OF state ON outgoing
WHEN OLD.state = 'sending' AND NEW.state IN ('queued', 'held')
 AND coalesce((SELECT outcome FROM attempt WHERE outgoing_id = NEW.id ORDER BY n DESC LIMIT 1), '') NOT IN ('unsent', 'refused')
BEGIN SELECT RAISE(ABORT, 'What may have been sent is not queued again.'); END
;
CREATE TRIGGER outgoing_not_crossed BEFORE UPDATE OF wamid, message_id ON outgoing
WHEN EXISTS (SELECT 1 FROM outgoing WHERE id <> NEW.id AND (wamid = NEW.wamid OR message_id = NEW.message_id))
BEGIN SELECT RAISE(ABORT, 'One message of WhatsApp is one outgoing message.'); END
;
CREATE TRIGGER outgoing_begins BEFORE INSERT ON outgoing
WHEN NEW.state NOT IN ('draft', 'scheduled', 'queued', 'held') OR NEW.wamid IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'An outgoing message begins unsent.'); END
;
CREATE TRIGGER outgoing_not_replaced BEFORE INSERT ON outgoing
WHEN EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.id OR ref = NEW.ref OR message_id = NEW.message_id)
BEGIN SELECT RAISE(ABORT, 'An outgoing message is not written twice.'); END
;
CREATE TRIGGER outgoing_not_deleted BEFORE DELETE ON outgoing
WHEN EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'What was tried to be sent stays.'); END
;
CREATE TRIGGER attempt_begins BEFORE INSERT ON attempt
WHEN NEW.outcome <> ''
  OR NEW.n <> 1 + (SELECT coalesce(max(n), 0) FROM attempt WHERE outgoing_id = NEW.outgoing_id)
  OR NOT EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.outgoing_id AND state = 'queued')
  OR EXISTS (SELECT 1 FROM attempt WHERE outgoing_id = NEW.outgoing_id AND outcome IN ('', 'accepted'))
BEGIN SELECT RAISE(ABORT, 'One attempt at a time, of a queued message that nobody has accepted.'); END
;
CREATE TRIGGER attempt_not_by_itself BEFORE INSERT ON attempt
WHEN (SELECT outcome FROM attempt WHERE outgoing_id = NEW.outgoing_id ORDER BY n DESC LIMIT 1) = 'unknown'
 AND NOT EXISTS (SELECT 1 FROM outgoing WHERE id = NEW.outgoing_id AND state_reason = 'resend')
BEGIN SELECT RAISE(ABORT, 'What may have been sent is sent again by an operator only.'); END
;
CREATE TRIGGER attempt_not_replaced BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM attempt WHERE id = NEW.id OR opaque = NEW.opaque)
BEGIN SELECT RAISE(ABORT, 'An attempt is not written twice.'); END
;
CREATE TRIGGER attempt_not_deleted BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'What was tried stays.'); END
;
CREATE TRIGGER delivery_not_replaced BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR (wamid = NEW.wamid AND participant = NEW.participant))
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END
;
CREATE TRIGGER delivery_not_deleted BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END
;
CREATE INDEX outgoing_by_state ON outgoing (state, written_at, id)
;
CREATE INDEX delivery_failed ON delivery (wamid) WHERE failed_at IS NOT NULL
;
CREATE INDEX blue_tick_outgoing ON blue_tick (outgoing_id) WHERE outgoing_id IS NOT NULL
;
CREATE INDEX blue_tick_thread ON blue_tick (conversation_id)
;
CREATE INDEX breaker_acting ON breaker (scope, key) WHERE state <> 'watching'
;
CREATE UNIQUE INDEX attempt_in_flight ON attempt (number_id, recipient) WHERE outcome = '' AND recipient <> ''
;
CREATE INDEX attempt_lease ON attempt (number_id, lease_until) WHERE outcome = ''
;
CREATE INDEX attempt_pair ON attempt (recipient, number_id, id) WHERE recipient <> ''
;
CREATE INDEX outgoing_lane ON outgoing (number_id, lane, campaign, not_before, id) WHERE state = 'queued'
;
CREATE TRIGGER attempt_not_of_a_paused BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM outgoing AS o JOIN number AS n ON n.id = o.number_id
              WHERE o.id = NEW.outgoing_id AND n.paused_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM breaker WHERE scope = 'all' AND key = '' AND state = 'paused')
  OR EXISTS (SELECT 1 FROM outgoing AS o JOIN breaker AS b ON b.scope = 'campaign' AND b.key = o.campaign AND b.state = 'paused'
              WHERE o.id = NEW.outgoing_id AND o.campaign <> '')
BEGIN SELECT RAISE(ABORT, 'Nothing leaves what is paused.'); END
;
CREATE TRIGGER attempt_in_flight_alone BEFORE INSERT ON attempt
WHEN NEW.recipient <> '' AND EXISTS (SELECT 1 FROM attempt WHERE number_id = NEW.number_id AND recipient = NEW.recipient AND outcome = '')
BEGIN SELECT RAISE(ABORT, 'One message to a recipient is on its way at a time.'); END
;
CREATE INDEX suppression_member ON suppression (member_id) WHERE lifted_at IS NULL AND member_id IS NOT NULL
;
CREATE INDEX suppression_region ON suppression (region) WHERE lifted_at IS NULL AND member_id IS NULL
;
CREATE INDEX outgoing_batch_unopened ON outgoing_batch (id) WHERE opened_at IS NULL
;
CREATE INDEX outgoing_batch_waiting ON outgoing_batch (number_id, id) WHERE waiting = 1
;
CREATE INDEX outgoing_replaces ON outgoing (replaces_id) WHERE replaces_id IS NOT NULL
;
CREATE VIEW unopened_batch AS SELECT id FROM outgoing_batch WHERE opened_at IS NULL
;
CREATE VIEW visible_outgoing AS SELECT * FROM outgoing WHERE batch_id NOT IN (SELECT id FROM unopened_batch)
;
CREATE INDEX outgoing_scheduled ON outgoing (number_id, not_before, id) WHERE state = 'scheduled' AND batch_id = 0
;
CREATE INDEX outgoing_batched ON outgoing (batch_id, state, not_before, id) WHERE batch_id <> 0
;
CREATE VIEW outgoing_state AS
SELECT o.id, o.ref, o.conversation_id, o.message_id, o.state, o.state_reason,
       coalesce((SELECT d.status FROM delivery AS d WHERE d.wamid = o.wamid ORDER BY d.rank DESC LIMIT 1), '') AS delivery,
       coalesce((SELECT d.error_code FROM delivery AS d
                  WHERE d.wamid = o.wamid AND d.failed_at IS NOT NULL ORDER BY d.failed_at DESC, d.id DESC LIMIT 1),
                CASE WHEN o.state = 'failed'
                     THEN (SELECT a.code FROM attempt AS a WHERE a.outgoing_id = o.id ORDER BY a.n DESC LIMIT 1) END) AS delivery_error,
       (SELECT count(*) FROM attempt AS a WHERE a.outgoing_id = o.id) AS attempts,
       o.wamid, o.written_at AS created_at
  FROM outgoing AS o
 WHERE o.batch_id NOT IN (SELECT id FROM unopened_batch)
;
CREATE INDEX template_named ON template (name, language)
;
CREATE INDEX attempt_chosen ON attempt (chosen_id) WHERE chosen_id IS NOT NULL
;
CREATE TRIGGER outgoing_kept BEFORE UPDATE ON outgoing
WHEN (NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.driver <> OLD.driver OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text
  OR NEW.body <> OLD.body OR NEW.template_name <> OLD.template_name OR NEW.template_language <> OLD.template_language
  OR NEW.template_category <> OLD.template_category OR NEW.purpose <> OLD.purpose
  OR NEW.origin <> OLD.origin OR NEW.written_at <> OLD.written_at
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.message_id IS NOT NULL AND NEW.message_id IS NOT OLD.message_id))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'What was written to be sent is not written anew.'); END
;
CREATE TRIGGER attempt_kept BEFORE UPDATE ON attempt
WHEN (NEW.id <> OLD.id OR NEW.outgoing_id <> OLD.outgoing_id OR NEW.n <> OLD.n OR NEW.opaque <> OLD.opaque
  OR NEW.owner <> OLD.owner OR NEW.started_at <> OLD.started_at
  OR NEW.recipient <> OLD.recipient OR NEW.number_id IS NOT OLD.number_id OR NEW.chosen_id IS NOT OLD.chosen_id
  OR (OLD.wamid IS NOT NULL AND NEW.wamid IS NOT OLD.wamid)
  OR (OLD.outcome <> '' AND NEW.outcome <> OLD.outcome AND NEW.outcome <> 'accepted'
      AND NOT (OLD.outcome = 'unknown' AND NEW.outcome = 'unsent' AND OLD.chosen_id IS NOT NULL))
  OR (OLD.outcome = 'accepted' AND NEW.outcome <> 'accepted'))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'What was tried, and what came of it, stays as it was.'); END
;
CREATE TRIGGER delivery_grows BEFORE UPDATE ON delivery
WHEN (NEW.id <> OLD.id OR NEW.wamid <> OLD.wamid OR NEW.participant <> OLD.participant OR NEW.rank < OLD.rank
  OR (OLD.failed_at IS NOT NULL AND NEW.failed_at IS NULL))
 AND NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN SELECT RAISE(ABORT, 'A delivery never goes back.'); END
;
CREATE UNIQUE INDEX elsewhere_push_fact ON elsewhere_push (member_id, sent_at, purpose)
;
CREATE INDEX group_folded ON "group" (folded)
;
CREATE INDEX membership_member ON membership (member_id, group_id)
;
CREATE VIEW present_membership AS
SELECT p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.entry_channel
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id
 WHERE p.left_at IS NULL
   AND ((r.root_id = r.id AND r.one_since = 0)  -- nobody was merged: nothing to look for
        OR NOT EXISTS (SELECT 1
                         FROM member_root AS o
                        CROSS JOIN membership AS q
                        WHERE o.root_id = r.root_id AND o.id <> r.id AND q.member_id = o.id
                          AND q.group_id = p.group_id AND q.left_at IS NULL
                          AND (q.role < p.role
                               OR (q.role = p.role
                                   AND (q.joined_at < p.joined_at OR (q.joined_at = p.joined_at AND q.id < p.id))))))
;
CREATE INDEX group_request_open ON group_request (deadline_at, id) WHERE state IN ('asking', 'pending')
;
CREATE INDEX group_request_group ON group_request (group_id, id)
;
CREATE INDEX join_request_asked ON join_request (group_id, asked_at, id) WHERE state = 'asked'
;
CREATE INDEX join_request_member ON join_request (member_id, group_id)
;
CREATE VIEW visible_group AS
SELECT id, ref, name, folded, purpose, kpi, language, timezone, driver, whatsapp_id, origin, added_at, exported_at,
       number_id, description, approval, invite_link, people_count, suspended_at, ended_at, looked_at
  FROM "group"
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE INDEX moderation_step_member ON moderation_step (group_id, member_id, taken_at)
;
CREATE INDEX moderation_step_muted ON moderation_step (group_id, member_id) WHERE step = 'mute' AND state = 'stands'
;
CREATE VIEW known_stay AS
SELECT p.id, p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.left_at, p.entry_channel, p.origin
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id
;
CREATE VIEW known_removal AS
SELECT s.id, s.group_id, r.root_id AS member_id, s.reason, s.taken_at
  FROM moderation_step AS s
  JOIN member_root AS r ON r.id = s.member_id
 WHERE s.step = 'remove' AND s.state = 'stands'
;
CREATE VIEW dated_membership AS
SELECT p.group_id, r.root_id AS member_id, p.role, p.joined_at, p.left_at
  FROM membership AS p
  JOIN member_root AS r ON r.id = p.member_id
;
CREATE UNIQUE INDEX conversation_member ON conversation (number_id, member_id) WHERE member_id IS NOT NULL
;
CREATE UNIQUE INDEX conversation_group ON conversation (number_id, group_id) WHERE group_id IS NOT NULL
;
CREATE INDEX conversation_clock ON conversation (urgent_at, last_at DESC, id)
;
CREATE INDEX message_thread ON message (conversation_id, sent_at, id)
;
CREATE UNIQUE INDEX message_wamid ON message (wamid) WHERE wamid IS NOT NULL
;
CREATE INDEX note_thread ON note (conversation_id, written_at, id)
;
CREATE INDEX work_item_open ON work_item (conversation_id, owed_until, id) WHERE state = 'open'
;
CREATE INDEX work_item_due ON work_item (owed_until, id) WHERE state = 'open'
;
CREATE INDEX work_item_message ON work_item (message_id)
;
CREATE VIEW visible_item AS
SELECT id, ref, conversation_id, message_id, kind, state, rule, rule_version, evidence, asked_at, owed_until, origin
  FROM work_item
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW visible_message AS
SELECT id, conversation_id, alias_id, direction, kind, text, edited, notice, wamid, sent_at, search_key, origin, import_run_id,
       type, reply_to, reply_to_id
  FROM message
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
   AND (direction <> 'out' OR NOT EXISTS (SELECT 1 FROM outgoing AS o WHERE o.message_id = message.id AND o.state = 'cancelled'))
;
CREATE VIEW visible_conversation AS
SELECT id, ref, number_id, (SELECT r.root_id FROM member_root AS r WHERE r.id = conversation.member_id) AS member_id, group_id,
       last_message_id, last_at, message_count, unread, read_through_at, read_through_id,
       owed, owed_until, lead_item_id, window_until, urgent_at, snoozed_until, muted, assigned_to, draft
  FROM conversation
 WHERE import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW conversation_name AS
SELECT c.id, c.ref, g.name AS "group", coalesce(g.name, m.name, '') AS name
  FROM conversation AS c
  LEFT JOIN "group" AS g ON g.id = c.group_id
  LEFT JOIN member_root AS r ON r.id = c.member_id
  LEFT JOIN member AS m ON m.id = r.root_id
;
CREATE UNIQUE INDEX saved_reply_name ON saved_reply (folded, language) WHERE withdrawn = 0
;
CREATE INDEX message_author ON message (alias_id, sent_at, direction, kind, conversation_id, import_run_id)
;
CREATE TRIGGER conversation_taken_back AFTER UPDATE OF state ON outgoing
WHEN NEW.message_id IS NOT NULL AND (OLD.state = 'cancelled') <> (NEW.state = 'cancelled')
BEGIN
    UPDATE conversation
       SET message_count = message_count + CASE NEW.state WHEN 'cancelled' THEN -1 ELSE 1 END,
           last_message_id = (SELECT id FROM visible_message WHERE conversation_id = NEW.conversation_id
                               ORDER BY sent_at DESC, id DESC LIMIT 1),
           last_at = coalesce((SELECT sent_at FROM visible_message WHERE conversation_id = NEW.conversation_id
                                ORDER BY sent_at DESC, id DESC LIMIT 1), 0)
     WHERE id = NEW.conversation_id;
END
;
CREATE INDEX media_waiting ON media (due_at, id) WHERE state = 'waiting'
;
CREATE INDEX message_change_target ON message_change (target, changed_at)
;
CREATE INDEX poll_vote_message ON poll_vote (message_id)
;
CREATE INDEX own_reaction_message ON own_reaction (message_id, id)
;
CREATE UNIQUE INDEX own_reaction_of_phone ON own_reaction (message_id) WHERE outgoing_id IS NULL
;
CREATE VIEW shown_own_reaction AS
SELECT r.message_id, r.outgoing_id, r.emoji, r.reacted_at
  FROM own_reaction AS r
 WHERE r.id = (SELECT l.id
                 FROM own_reaction AS l
                 LEFT JOIN outgoing AS o ON o.id = l.outgoing_id
                WHERE l.message_id = r.message_id
                  AND (l.outgoing_id IS NULL OR o.state NOT IN ('cancelled', 'refused', 'failed', 'expired'))
                ORDER BY l.reacted_at DESC, l.id DESC
                LIMIT 1)
   AND r.emoji <> ''
;
CREATE UNIQUE INDEX elsewhere_message_fact ON elsewhere_message (member_id, said_at, (coalesce(group_id, 0)))
;
CREATE VIEW heard_message AS
SELECT a.member_id, x.sent_at AS said_at, c.group_id
  FROM message AS x
  JOIN alias AS a ON a.id = x.alias_id
  JOIN conversation AS c ON c.id = x.conversation_id
 WHERE x.direction = 'in' AND x.kind <> 'system'
   AND x.import_run_id NOT IN (SELECT id FROM open_run)
UNION ALL
SELECT r.root_id, e.said_at, e.group_id
  FROM elsewhere_message AS e
  JOIN member_root AS r ON r.id = e.member_id
 WHERE e.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW direct_send AS
SELECT r.root_id AS member_id,
       coalesce((SELECT max(t.started_at) FROM attempt AS t WHERE t.outgoing_id = o.id), o.written_at)
           / 1000000 * 1000000 AS sent_at,  -- event times are whole seconds
       o.purpose = 'marketing' AS is_marketing,
       o.template_category <> 'AUTHENTICATION'
           AND (o.kind = 'template' OR o.purpose IN ('marketing', 'invitation', 'points')) AS counts,
       o.purpose IN ('marketing', 'invitation') OR o.template_category = 'MARKETING' AS wins,
       o.id AS outgoing_id
  FROM outgoing AS o
  JOIN conversation AS c ON c.id = o.conversation_id
  JOIN member_root AS r ON r.id = c.member_id
 WHERE o.state IN ('sending', 'accepted', 'unknown', 'closed')
UNION ALL
SELECT r.root_id, e.sent_at, e.purpose = 'marketing', 1, e.purpose = 'marketing', NULL
  FROM elsewhere_push AS e
  JOIN member_root AS r ON r.id = e.member_id
 WHERE e.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE UNIQUE INDEX code_in_force ON code (programme_id, member_id, channel) WHERE revoked_at IS NULL
;
CREATE INDEX code_member ON code (member_id)
;
CREATE INDEX invite_referrer ON invite (referrer_id, invited_at, invitee_id)
;
CREATE INDEX invite_invitee ON invite (invitee_id, invited_at)
;
CREATE INDEX invite_run ON invite (import_run_id) WHERE import_run_id <> 0
;
CREATE INDEX invite_state_listed ON invite_state (state, id)
;
CREATE INDEX invite_state_due ON invite_state (due_at, id) WHERE state IN ('qualified', 'held')
;
CREATE INDEX invite_step_invite ON invite_step (invite_id, id)
;
CREATE INDEX reward_invite ON reward (invite_id)
;
CREATE INDEX reward_member ON reward (member_id, programme_id)
;
CREATE INDEX reward_step_reward ON reward_step (reward_id, id)
;
CREATE VIEW invite_edge AS
SELECT i.id, i.ref, i.programme_id, a.root_id AS referrer_id, b.root_id AS invitee_id, i.invited_at,
       i.arrived_at, i.channel, i.confidence, i.refusal, i.address, i.payment, i.device, i.origin, i.recorded_at
  FROM invite AS i
  JOIN member_root AS a ON a.id = i.referrer_id
  JOIN member_root AS b ON b.id = i.invitee_id
 WHERE i.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE VIEW invite_reward AS
SELECT w.invite_id, w.ref AS reward_ref, r.root_id AS member_id, w.side, w.slot, w.kind, w.state, w.amount_minor,
       w.currency, w.cost_minor, w.cost_currency
  FROM reward AS w
  JOIN member_root AS r ON r.id = w.member_id
;
CREATE VIEW known_programme AS SELECT id, ref, name, folded FROM programme
;
CREATE INDEX programme_step_programme ON programme_step (programme_id, id)
;
CREATE TRIGGER programme_not_updated BEFORE UPDATE ON programme
BEGIN SELECT RAISE(ABORT, 'A programme is never changed: its terms are policy.'); END
;
CREATE TRIGGER programme_not_deleted BEFORE DELETE ON programme
BEGIN SELECT RAISE(ABORT, 'A programme is never taken out: let it end.'); END
;
CREATE TRIGGER programme_next BEFORE INSERT ON programme
BEGIN
    SELECT RAISE(ABORT, 'A programme is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM programme), 0) + 1
        OR EXISTS (SELECT 1 FROM programme WHERE ref = NEW.ref OR folded = NEW.folded);
    SELECT RAISE(ABORT, 'A programme needs a name, terms that are policy, and an operator.')
     WHERE NEW.ref = '' OR NEW.name = '' OR NEW.folded = ''
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = 'invites.programme.' || NEW.name)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
END
;
CREATE TRIGGER programme_step_not_updated BEFORE UPDATE ON programme_step
BEGIN SELECT RAISE(ABORT, 'A step of a programme is never changed.'); END
;
CREATE TRIGGER programme_step_not_deleted BEFORE DELETE ON programme_step
BEGIN SELECT RAISE(ABORT, 'A step of a programme is never taken out.'); END
;
CREATE TRIGGER programme_step_next BEFORE INSERT ON programme_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a programme is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM programme_step), 0) + 1;
    SELECT RAISE(ABORT, 'A step of a programme is not whole.')
     WHERE NEW.step NOT IN ('asked', 'activated', 'ended') OR NEW.is_over NOT IN (0, 1) OR NEW.solo NOT IN (0, 1)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR NOT EXISTS (SELECT 1 FROM programme AS p
                         JOIN policy_version AS v ON v.name = 'invites.programme.' || p.name
                        WHERE p.id = NEW.programme_id AND v.version = NEW.rule_version);
    SELECT RAISE(ABORT, 'A programme that has ended takes no further step.')
     WHERE EXISTS (SELECT 1 FROM programme_step WHERE programme_id = NEW.programme_id AND step = 'ended');
    SELECT RAISE(ABORT, 'This version of the programme is active already.')
     WHERE NEW.step <> 'ended'
       AND EXISTS (SELECT 1 FROM programme_step
                    WHERE programme_id = NEW.programme_id AND step = 'activated' AND rule_version = NEW.rule_version);
    SELECT RAISE(ABORT, 'Its worst case is over its budget: another operator than who asked activates it.')
     WHERE NEW.step = 'activated' AND NEW.is_over = 1
       AND (NEW.asked_by IS NULL
            OR NOT EXISTS (SELECT 1 FROM programme_step
                            WHERE programme_id = NEW.programme_id AND step = 'asked'
                              AND rule_version = NEW.rule_version AND operator_id = NEW.asked_by)
            OR (NEW.asked_by = NEW.operator_id
                AND (NEW.solo = 0
                     OR NOT EXISTS (
                         SELECT 1 FROM policy_in_force_row AS s
                          WHERE s.name = 'operators.solo' AND s.solo_seconds IS NOT NULL
                            AND s.valid_from <= NEW.recorded_at
                            AND EXISTS (
                                SELECT 1 FROM programme_step AS a
                                 WHERE a.programme_id = NEW.programme_id AND a.step = 'asked'
                                   AND a.rule_version = NEW.rule_version AND a.operator_id = NEW.asked_by
                                   AND a.recorded_at + s.solo_seconds * 1000000 <= NEW.recorded_at)
                            AND NOT EXISTS (
                                SELECT 1 FROM policy_in_force_row AS later
                                 WHERE later.name = s.name AND later.valid_from <= NEW.recorded_at
                                   AND (later.begins_at, later.version) > (s.begins_at, s.version))))));
END
;
CREATE VIEW invite_standing AS
SELECT i.id, i.programme_id, coalesce(s.state, CASE WHEN i.arrived_at IS NULL THEN 'open' ELSE 'joined' END) AS state,
       coalesce(s.reason, '') AS reason, s.order_id, s.qualified_at, s.due_at, coalesce(s.rule_version, 0) AS rule_version
  FROM invite AS i
  LEFT JOIN invite_state AS s ON s.id = i.id
 WHERE i.import_run_id NOT IN (SELECT id FROM open_run)
;
CREATE INDEX reward_coupon ON reward (coupon_id) WHERE coupon_id IS NOT NULL
;
CREATE INDEX reward_programme ON reward (programme_id, id)
;
CREATE TRIGGER invite_not_changed BEFORE UPDATE ON invite
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.programme_id IS NOT OLD.programme_id
  OR NEW.referrer_id IS NOT OLD.referrer_id OR NEW.invitee_id IS NOT OLD.invitee_id
  OR NEW.invited_at IS NOT OLD.invited_at OR NEW.origin IS NOT OLD.origin OR NEW.recorded_at IS NOT OLD.recorded_at
  OR (NEW.arrived_at IS NOT OLD.arrived_at AND OLD.arrived_at IS NOT NULL)
  OR NEW.address NOT IN (OLD.address, '') OR NEW.payment NOT IN (OLD.payment, '')
  OR NEW.device NOT IN (OLD.device, '') OR NEW.proof NOT IN (OLD.proof, '')
  OR NEW.import_run_id NOT IN (OLD.import_run_id, 0)
BEGIN SELECT RAISE(ABORT, 'Who invited whom is never changed: an operator corrects it with a word of their own.'); END
;
CREATE TRIGGER invite_not_replaced BEFORE INSERT ON invite
WHEN NEW.id IS NOT NULL AND EXISTS (SELECT 1 FROM invite WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'An invite is there already.'); END
;
CREATE TRIGGER invite_step_not_updated BEFORE UPDATE ON invite_step
BEGIN SELECT RAISE(ABORT, 'A step of an invite is never changed.'); END
;
CREATE TRIGGER invite_step_not_deleted BEFORE DELETE ON invite_step
BEGIN SELECT RAISE(ABORT, 'A step of an invite is never taken out.'); END
;
CREATE TRIGGER invite_step_next BEFORE INSERT ON invite_step
BEGIN
    SELECT RAISE(ABORT, 'A step of an invite is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM invite_step);
    SELECT RAISE(ABORT, 'A step of an invite goes on from where the one before it led.')
     WHERE EXISTS (SELECT 1 FROM invite_step AS b
                    WHERE b.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.invite_id)
                      AND b.after IS NOT NEW.before);
END
;
CREATE TRIGGER invite_state_not_deleted BEFORE DELETE ON invite_state
BEGIN SELECT RAISE(ABORT, 'How an invite stands is never taken out.'); END
;
CREATE TRIGGER invite_state_begins BEFORE INSERT ON invite_state
WHEN NOT EXISTS (SELECT 1 FROM invite_step AS s
                  WHERE s.id = NEW.step_id AND s.invite_id = NEW.id AND s.after = NEW.state
                    AND s.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.id))
BEGIN SELECT RAISE(ABORT, 'How an invite stands follows from its last step alone.'); END
;
CREATE TRIGGER invite_state_follows BEFORE UPDATE ON invite_state
WHEN NEW.id IS NOT OLD.id
  OR NOT EXISTS (SELECT 1 FROM invite_step AS s
                  WHERE s.id = NEW.step_id AND s.invite_id = NEW.id AND s.after = NEW.state
                    AND s.id = (SELECT max(id) FROM invite_step WHERE invite_id = NEW.id))
BEGIN SELECT RAISE(ABORT, 'How an invite stands follows from its last step alone.'); END
;
CREATE TRIGGER reward_not_deleted BEFORE DELETE ON reward
BEGIN SELECT RAISE(ABORT, 'A reward is never taken out: it is voided, or reversed.'); END
;
CREATE TRIGGER reward_begins BEFORE INSERT ON reward
BEGIN
    SELECT RAISE(ABORT, 'A reward is there already.')
     WHERE EXISTS (SELECT 1 FROM reward WHERE ref = NEW.ref)
        OR (NEW.id IS NOT NULL AND EXISTS (SELECT 1 FROM reward WHERE id = NEW.id));
    SELECT RAISE(ABORT, 'A reward begins held, for an invite there is, under terms that are policy.')
     WHERE NEW.state IS NOT 'pending' OR NEW.coupon_id IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM invite WHERE id = NEW.invite_id AND programme_id = NEW.programme_id
                          AND NEW.member_id IN (referrer_id, invitee_id))
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.rule AND version = NEW.rule_version);
END
;
CREATE TRIGGER reward_follows BEFORE UPDATE ON reward
BEGIN
    SELECT RAISE(ABORT, 'What a reward is worth is never changed.')
     WHERE NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.programme_id IS NOT OLD.programme_id
        OR NEW.invite_id IS NOT OLD.invite_id OR NEW.member_id IS NOT OLD.member_id OR NEW.side IS NOT OLD.side
        OR NEW.slot IS NOT OLD.slot OR NEW.kind IS NOT OLD.kind OR NEW.amount_minor IS NOT OLD.amount_minor
        OR NEW.currency IS NOT OLD.currency OR NEW.cost_minor IS NOT OLD.cost_minor
        OR NEW.cost_currency IS NOT OLD.cost_currency OR NEW.rule IS NOT OLD.rule
        OR NEW.rule_version IS NOT OLD.rule_version OR NEW.round IS NOT OLD.round
        OR NEW.effective_at IS NOT OLD.effective_at OR NEW.recorded_at IS NOT OLD.recorded_at
        OR (NEW.coupon_id IS NOT OLD.coupon_id AND OLD.coupon_id IS NOT NULL);
    SELECT RAISE(ABORT, 'How a reward stands follows from its last step alone.')
     WHERE NEW.state IS NOT (SELECT CASE s.step WHEN 'pended' THEN 'pending' WHEN 'reinstated' THEN 'issued' ELSE s.step END
                               FROM reward_step AS s
                              WHERE s.reward_id = OLD.id AND s.step <> 'told' ORDER BY s.id DESC LIMIT 1);
END
;
CREATE TRIGGER reward_step_not_updated BEFORE UPDATE ON reward_step
BEGIN SELECT RAISE(ABORT, 'A step of a reward is never changed.'); END
;
CREATE TRIGGER reward_step_not_deleted BEFORE DELETE ON reward_step
BEGIN SELECT RAISE(ABORT, 'A step of a reward is never taken out.'); END
;
CREATE TRIGGER reward_step_next BEFORE INSERT ON reward_step
BEGIN
    SELECT RAISE(ABORT, 'A step of a reward is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM reward_step);
    SELECT RAISE(ABORT, 'A step of a reward moves what the books moved.')
     WHERE NEW.transfer_ref <> '' AND NOT EXISTS (SELECT 1 FROM transfer WHERE ref = NEW.transfer_ref);
END
;
CREATE INDEX reward_step_lately ON reward_step (step, effective_at)
;
CREATE TRIGGER invite_not_deleted BEFORE DELETE ON invite
WHEN OLD.import_run_id NOT IN (SELECT id FROM open_run)
 AND (EXISTS (SELECT 1 FROM invite_step WHERE invite_id = OLD.id)
      OR EXISTS (SELECT 1 FROM reward WHERE invite_id = OLD.id)
      OR EXISTS (SELECT 1 FROM invite_word WHERE invite_id = OLD.id OR instead_id = OLD.id)
      OR EXISTS (SELECT 1 FROM arrival WHERE invite_id = OLD.id)
      OR NOT EXISTS (SELECT 1
                       FROM member_root AS a
                       JOIN member_root AS oa ON oa.root_id = a.root_id
                       JOIN invite AS o ON o.referrer_id = oa.id AND o.invited_at = OLD.invited_at
                       JOIN member_root AS ob ON ob.id = o.invitee_id
                       JOIN member_root AS b ON b.root_id = ob.root_id
                      WHERE a.id = OLD.referrer_id AND b.id = OLD.invitee_id AND o.id <> OLD.id
                        AND o.programme_id = OLD.programme_id AND o.channel = OLD.channel))
BEGIN SELECT RAISE(ABORT, 'An invite is never taken out: it is refused, with a reason.'); END
;
CREATE INDEX invite_issue_invite ON invite_issue (invite_id) WHERE withdrawn = 0
;
CREATE INDEX invite_issue_operator ON invite_issue (operator_id, recorded_at)
;
CREATE TRIGGER invite_issue_next BEFORE INSERT ON invite_issue
BEGIN
    SELECT RAISE(ABORT, 'A word on a reward is there already.')
     WHERE NEW.id IS NOT NULL AND NEW.id > 0 AND NEW.id <= (SELECT max(id) FROM invite_issue);
    SELECT RAISE(ABORT, 'This reward goes out already.')
     WHERE EXISTS (SELECT 1 FROM invite_issue WHERE invite_id = NEW.invite_id AND withdrawn = 0);
    SELECT RAISE(ABORT, 'A word on a reward needs an invite that waits, and an operator.')
     WHERE NEW.withdrawn IS NOT 0
        OR NOT EXISTS (SELECT 1 FROM invite_state WHERE id = NEW.invite_id AND state = 'held')
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody lets their own reward go out.')
     WHERE EXISTS (SELECT 1
                     FROM (SELECT member_id FROM operator WHERE id = NEW.operator_id
                            UNION ALL
                           SELECT member_id FROM operator_link WHERE operator_id = NEW.operator_id) AS o
                     JOIN member_root AS m ON m.id = o.member_id
                     JOIN invite AS i ON i.id = NEW.invite_id
                     JOIN member_root AS a ON a.id = i.referrer_id
                     JOIN member_root AS b ON b.id = i.invitee_id
                    WHERE m.root_id IN (a.root_id, b.root_id));
END
;
CREATE TRIGGER invite_issue_stays BEFORE UPDATE ON invite_issue
WHEN NEW.id IS NOT OLD.id OR NEW.invite_id IS NOT OLD.invite_id OR NEW.amounts IS NOT OLD.amounts
  OR NEW.solo IS NOT OLD.solo OR NEW.operator_id IS NOT OLD.operator_id OR NEW.recorded_at IS NOT OLD.recorded_at
  OR NEW.withdrawn NOT IN (0, 1)
  OR EXISTS (SELECT 1 FROM reward
              WHERE invite_id = OLD.invite_id AND state IN ('posted', 'issued', 'redeemed', 'expired'))
BEGIN SELECT RAISE(ABORT, 'A word on a reward is taken back only while nothing was given.'); END
;
CREATE TRIGGER invite_issue_kept BEFORE DELETE ON invite_issue
BEGIN SELECT RAISE(ABORT, 'A word on a reward is never taken out.'); END
;
CREATE INDEX arrival_member ON arrival (member_id, arrived_at)
;
CREATE INDEX invite_word_invite ON invite_word (invite_id, id)
;
CREATE VIEW known_arrival AS
SELECT a.message_id, r.root_id AS member_id, a.arrived_at, a.outcome, a.channel, a.invite_id
  FROM arrival AS a
  JOIN member_root AS r ON r.id = a.member_id
;
CREATE INDEX group_invitation_member ON group_invitation (member_id, invited_at)
;
CREATE INDEX group_invitation_round ON group_invitation (group_id, invited_at, round)
;
CREATE VIEW known_invitation AS
SELECT i.id, i.ref, i.group_id, r.root_id AS member_id, i.play, i.channel, i.round, i.outgoing_id, i.operator_id,
       i.inputs, i.invited_at, i.withdrawn,
       (SELECT s.id
          FROM member_root AS o
         CROSS JOIN membership AS s  -- by the person first: a group has more people than a person has groups
         WHERE o.root_id = r.root_id AND s.member_id = o.id AND s.group_id = i.group_id AND s.joined_at >= i.invited_at
           AND i.withdrawn = 0
         ORDER BY s.joined_at, s.id LIMIT 1) AS stay_id
  FROM group_invitation AS i
  JOIN member_root AS r ON r.id = i.member_id
;
CREATE TRIGGER group_invitation_once BEFORE INSERT ON group_invitation
WHEN EXISTS (SELECT 1
               FROM member_root AS n
               JOIN member_root AS o ON o.root_id = n.root_id
               JOIN group_invitation AS i ON i.member_id = o.id
              WHERE n.id = NEW.member_id AND i.withdrawn = 0
                AND abs(NEW.invited_at - i.invited_at) < 2592000000000)
BEGIN
    SELECT RAISE(ABORT, 'Nobody is asked into a group again within 30 days.');
END
;
CREATE TRIGGER group_invitation_next BEFORE INSERT ON group_invitation
WHEN EXISTS (SELECT 1 FROM group_invitation
              WHERE id = NEW.id OR ref = NEW.ref OR outgoing_id = NEW.outgoing_id)
BEGIN
    SELECT RAISE(ABORT, 'This invitation is there already.');
END
;
CREATE TRIGGER group_invitation_stays BEFORE UPDATE ON group_invitation
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.group_id <> OLD.group_id OR NEW.member_id <> OLD.member_id
  OR NEW.play <> OLD.play OR NEW.channel <> OLD.channel OR NEW.round <> OLD.round OR NEW.outgoing_id <> OLD.outgoing_id
  OR NEW.operator_id <> OLD.operator_id OR NEW.invited_at <> OLD.invited_at
  OR (NEW.withdrawn <> OLD.withdrawn
      AND (OLD.withdrawn = 1
           OR (SELECT state FROM outgoing WHERE id = OLD.outgoing_id) IS NOT 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'An invitation stays as it was asked; only one that has not left is taken back.');
END
;
CREATE TRIGGER group_invitation_kept BEFORE DELETE ON group_invitation
BEGIN
    SELECT RAISE(ABORT, 'An invitation is never taken out.');
END
;
CREATE INDEX proof_waiting ON proof (came_at, id) WHERE state = 'waiting'
;
CREATE INDEX proof_kept ON proof (id) WHERE decided_at IS NOT NULL AND deleted_at IS NULL
;
CREATE INDEX proof_sha256 ON proof (sha256, came_at, id) WHERE sha256 IS NOT NULL
;
CREATE INDEX proof_member ON proof (member_id)
;
CREATE TRIGGER proof_next BEFORE INSERT ON proof
WHEN NEW.state <> 'waiting'
  OR EXISTS (SELECT 1 FROM proof WHERE id = NEW.id OR (ref = NEW.ref AND message_id <> NEW.message_id))
BEGIN
    SELECT RAISE(ABORT, 'A proof begins waiting, and once.');
END
;
CREATE TRIGGER proof_stays BEFORE UPDATE ON proof
WHEN NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.message_id <> OLD.message_id OR NEW.member_id <> OLD.member_id
  OR NEW.programme_id <> OLD.programme_id OR NEW.came_at <> OLD.came_at
  OR (OLD.state <> 'waiting'
      AND (NEW.state <> OLD.state OR NEW.operator_id IS NOT OLD.operator_id OR NEW.decided_at IS NOT OLD.decided_at
           OR (NEW.sha256 IS NOT NULL AND NEW.sha256 IS NOT OLD.sha256)))
BEGIN
    SELECT RAISE(ABORT, 'What was decided on a proof stays.');
END
;
CREATE TRIGGER proof_kept_once_decided BEFORE DELETE ON proof
WHEN OLD.state <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'A proof that was decided on is never taken out.');
END
;
CREATE INDEX review_queue ON review (state, id)
;
CREATE INDEX review_member_member ON review_member (member_id, review_id)
;
CREATE INDEX review_invite_invite ON review_invite (invite_id)
;
CREATE INDEX review_decision_review ON review_decision (review_id, id)
;
CREATE UNIQUE INDEX review_decision_undone ON review_decision (undoes_id) WHERE undoes_id IS NOT NULL
;
CREATE UNIQUE INDEX standing_now ON standing (member_id, review_id, kind) WHERE ended_at IS NULL
;
CREATE VIEW member_gate AS
SELECT r.root_id AS member_id, s.kind, s.began_at, v.ref AS review_ref
  FROM standing AS s
  JOIN member_root AS r ON r.id = s.member_id
  JOIN review AS v ON v.id = s.review_id
 WHERE s.ended_at IS NULL
;
CREATE VIEW open_review_member AS
SELECT r.root_id AS member_id, v.id AS review_id, v.ref AS review_ref, v.kind, v.found_at
  FROM review_member AS m
  JOIN review AS v ON v.id = m.review_id
  JOIN member_root AS r ON r.id = m.member_id
 WHERE v.state <> 'decided' AND v.gone_at IS NULL
;
CREATE INDEX standing_review ON standing (review_id, id)
;
CREATE INDEX standing_chain ON standing (chain_seq)
;
CREATE INDEX review_decision_chain ON review_decision (chain_seq)
;
CREATE VIEW review_decision_standing AS
SELECT d.id, d.review_id, d.outcome, d.reason, d.stamp, d.until_at, d.operator_id, d.decided_at, d.is_proposal
  FROM review_decision AS d
 WHERE d.outcome <> 'undo'
   AND NOT EXISTS (SELECT 1 FROM review_decision AS u WHERE u.undoes_id = d.id)
;
CREATE VIEW review_derived AS
SELECT v.id, coalesce(d.id, 0) AS decision_id,
       CASE WHEN d.id IS NULL OR d.outcome = 'appeal' THEN 'open'
            WHEN d.outcome = 'escalate' THEN 'escalated'
            WHEN d.outcome = 'snooze' THEN 'snoozed'
            WHEN d.stamp <> v.stamp THEN 'open'
            ELSE 'decided' END AS state,
       CASE WHEN d.outcome = 'snooze' THEN d.until_at END AS snoozed_until
  FROM review AS v
  LEFT JOIN review_decision AS d
    ON d.id = (SELECT max(s.id) FROM review_decision_standing AS s
                WHERE s.review_id = v.id AND s.is_proposal = 0 AND s.outcome <> 'ask')
;
CREATE TRIGGER review_not_deleted BEFORE DELETE ON review
BEGIN SELECT RAISE(ABORT, 'An item is never taken out: it is decided on.'); END
;
CREATE TRIGGER review_begins BEFORE INSERT ON review
WHEN NEW.state IS NOT 'open' OR NEW.decision_id IS NOT 0 OR NEW.snoozed_until IS NOT NULL
  OR EXISTS (SELECT 1 FROM review_decision WHERE review_id = NEW.id)
  OR EXISTS (SELECT 1 FROM review AS v JOIN review_decision AS d ON d.review_id = v.id WHERE v.ref = NEW.ref)
BEGIN SELECT RAISE(ABORT, 'An item begins open, and once.'); END
;
CREATE TRIGGER review_stays BEFORE UPDATE ON review
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.found_at IS NOT OLD.found_at OR NEW.kind IS NOT OLD.kind
BEGIN SELECT RAISE(ABORT, 'An item stays what it is: only its evidence grows.'); END
;
CREATE TRIGGER review_follows BEFORE UPDATE ON review
WHEN (NEW.state IS NOT OLD.state OR NEW.decision_id IS NOT OLD.decision_id OR NEW.snoozed_until IS NOT OLD.snoozed_until)
 AND NOT EXISTS (SELECT 1 FROM review_derived AS n
                  WHERE n.id = OLD.id AND n.state IS NEW.state AND n.decision_id IS NEW.decision_id
                    AND n.snoozed_until IS NEW.snoozed_until)
 AND NOT (NEW.stamp IS NOT OLD.stamp AND OLD.state = 'decided' AND NEW.state = 'open'
          AND NEW.decision_id IS OLD.decision_id AND NEW.snoozed_until IS OLD.snoozed_until)
BEGIN SELECT RAISE(ABORT, 'How an item stands follows from its decisions alone.'); END
;
CREATE TRIGGER review_member_not_deleted BEFORE DELETE ON review_member
WHEN EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.review_id)
BEGIN SELECT RAISE(ABORT, 'Whom a decided item is about stays with it.'); END
;
CREATE TRIGGER review_member_stays BEFORE UPDATE ON review_member
WHEN NEW.id IS NOT OLD.id OR NEW.review_id IS NOT OLD.review_id OR NEW.member_id IS NOT OLD.member_id
BEGIN SELECT RAISE(ABORT, 'Whom an item is about stays with it.'); END
;
CREATE TRIGGER review_invite_not_deleted BEFORE DELETE ON review_invite
WHEN EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.review_id)
BEGIN SELECT RAISE(ABORT, 'The invites of a decided item stay with it.'); END
;
CREATE TRIGGER review_invite_stays BEFORE UPDATE ON review_invite
BEGIN SELECT RAISE(ABORT, 'The invites of an item stay with it.'); END
;
CREATE TRIGGER signal_not_deleted BEFORE DELETE ON signal
WHEN (SELECT state FROM review WHERE id = OLD.review_id) IS 'decided'
BEGIN SELECT RAISE(ABORT, 'What a decision was taken on stays with it.'); END
;
CREATE TRIGGER signal_stays BEFORE UPDATE ON signal
WHEN NEW.id IS NOT OLD.id OR NEW.review_id IS NOT OLD.review_id OR NEW.rule IS NOT OLD.rule
  OR ((SELECT v.state FROM review AS v WHERE v.id = OLD.review_id) IS 'decided'
      AND (NEW.rule_version IS NOT OLD.rule_version OR NEW.weight IS NOT OLD.weight))
BEGIN SELECT RAISE(ABORT, 'What a decision was taken on stays as it was.'); END
;
CREATE TRIGGER review_decision_not_updated BEFORE UPDATE ON review_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never changed: it is undone by another.'); END
;
CREATE TRIGGER review_decision_not_deleted BEFORE DELETE ON review_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never taken out: it is undone by another.'); END
;
CREATE TRIGGER review_words_not_updated BEFORE UPDATE ON review_words
BEGIN SELECT RAISE(ABORT, 'Words of a decision are never changed.'); END
;
CREATE TRIGGER review_words_belong BEFORE INSERT ON review_words
WHEN EXISTS (SELECT 1 FROM review_words WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM review_decision WHERE id = NEW.id AND words_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are of one decision.'); END
;
CREATE TRIGGER review_decision_next BEFORE INSERT ON review_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM review_decision), 0) + 1
        OR EXISTS (SELECT 1 FROM review_decision WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'A decision is not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link
                        WHERE seq = NEW.chain_seq AND room = 'fraud' AND row_kind = 'decision' AND row_id = NEW.id);
    SELECT RAISE(ABORT, 'A decision is not whole.')
     WHERE NEW.outcome IS NULL
        OR NEW.outcome NOT IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'ask', 'escalate', 'snooze', 'appeal', 'undo')
        OR NEW.reason IS NULL OR NEW.reason = '' OR NEW.ref IS NULL OR NEW.ref = '' OR NEW.note IS NOT ''
        OR NEW.is_proposal IS NULL OR NEW.is_proposal NOT IN (0, 1) OR typeof(NEW.decided_at) <> 'integer'
        OR typeof(NEW.recorded_at) <> 'integer'
        OR NEW.held_minor NOT LIKE '{%}' OR NEW.inputs NOT LIKE '[%]'
        OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR (NEW.outcome = 'snooze') <> (NEW.until_at IS NOT NULL)
        OR (NEW.outcome = 'snooze' AND NEW.until_at <= NEW.decided_at)
        OR (NEW.outcome = 'undo') <> (NEW.undoes_id IS NOT NULL)
        OR (NEW.is_proposal = 1 AND (NEW.proposed_by IS NOT NULL
                                     OR NEW.outcome NOT IN ('release', 'unfreeze', 'void', 'block')))
        OR (NEW.operator_id IS NULL AND NEW.rule = '');
    SELECT RAISE(ABORT, 'Who decides has a passphrase, is not retired, and has a role that may.')
     WHERE NEW.operator_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'Silence never pays: what nobody decided is held, goes to the owners, or is void.')
     WHERE NEW.operator_id IS NULL
       AND (NEW.rule <> 'fraud.timeout' OR NEW.outcome NOT IN ('void', 'escalate') OR NEW.proposed_by IS NOT NULL
            OR NEW.is_proposal <> 0
            OR NOT EXISTS (SELECT 1 FROM policy_in_force_row
                            WHERE name = 'fraud.timeout' AND version = NEW.rule_version
                              AND instr(value, '"value": "' || NEW.outcome || '"') > 0));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is released here until an owner adopts it.')
     WHERE NEW.outcome IN ('release', 'unfreeze')
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'An item does not go that way.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM review AS v
             LEFT JOIN review_decision AS d ON d.id = v.decision_id
            WHERE v.id = NEW.review_id AND v.state = NEW.state_before AND v.stamp = NEW.stamp
              AND NEW.decided_at >= coalesce((SELECT max(decided_at) FROM review_decision WHERE review_id = v.id), 0)
              AND CASE
                  WHEN NEW.outcome = 'undo' THEN EXISTS (
                      SELECT 1 FROM review_decision AS u
                       WHERE u.id = NEW.undoes_id AND u.review_id = v.id AND u.operator_id = NEW.operator_id
                         AND u.id = (SELECT max(s.id) FROM review_decision_standing AS s WHERE s.review_id = v.id))
                  WHEN NEW.outcome = 'appeal' THEN v.state = 'decided'
                  WHEN v.state = 'decided' THEN d.outcome = 'freeze' AND NEW.outcome NOT IN ('freeze', 'snooze')
                  WHEN NEW.outcome = 'escalate' THEN v.state <> 'escalated'
                  ELSE 1 END);
    SELECT RAISE(ABORT, 'An escalated item is the owners'' to decide on.')
     WHERE NEW.operator_id IS NOT NULL AND NEW.outcome NOT IN ('freeze', 'ask', 'undo', 'appeal')
       AND EXISTS (SELECT 1 FROM review WHERE id = NEW.review_id AND state = 'escalated')
       AND NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role = 'owner');
    SELECT RAISE(ABORT, 'Nobody decides on an item in which they are a member.')
     WHERE EXISTS (SELECT 1
                     FROM review_person AS p
                     JOIN deciding_member AS m ON m.root_id = p.root_id
                    WHERE p.review_id = NEW.review_id AND m.operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody confirms what they proposed.')
     WHERE NEW.proposed_by IS NOT NULL
       AND (NEW.proposed_by IS NEW.operator_id
            OR NOT EXISTS (SELECT 1 FROM review_decision_standing AS s
                            WHERE s.review_id = NEW.review_id AND s.is_proposal = 1 AND s.operator_id = NEW.proposed_by
                              AND s.outcome = NEW.outcome AND s.stamp = NEW.stamp
                              AND s.id = (SELECT max(l.id) FROM review_decision_standing AS l
                                           WHERE l.review_id = NEW.review_id AND l.outcome <> 'ask'))
            OR EXISTS (SELECT 1
                         FROM deciding_member AS a
                         JOIN deciding_member AS p ON p.root_id = a.root_id
                        WHERE a.operator_id = NEW.operator_id AND p.operator_id = NEW.proposed_by));
    SELECT RAISE(ABORT, 'What a decision takes along is of the same kind.')
     WHERE NEW.cascade_of IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM review_decision AS c
                        WHERE c.id = NEW.cascade_of AND c.outcome = NEW.outcome AND c.operator_id IS NEW.operator_id);
END
;
CREATE TRIGGER review_decision_counts AFTER INSERT ON review_decision
BEGIN
    UPDATE review
       SET (state, decision_id, snoozed_until)
         = (SELECT state, decision_id, snoozed_until FROM review_derived WHERE id = NEW.review_id)
     WHERE id = NEW.review_id;
    UPDATE standing
       SET ended_at = NEW.decided_at, ended_by = NEW.id
     WHERE review_id = NEW.review_id AND ended_at IS NULL AND NEW.is_proposal = 0
       AND (NEW.outcome IN ('release', 'unfreeze') OR (kind = 'frozen' AND NEW.outcome IN ('void', 'block'))
            OR (NEW.outcome = 'undo' AND decision_id = NEW.undoes_id));
END
;
CREATE TRIGGER standing_not_deleted BEFORE DELETE ON standing
BEGIN SELECT RAISE(ABORT, 'Who was frozen is never taken out: it ends by a decision.'); END
;
CREATE TRIGGER standing_begins BEFORE INSERT ON standing
BEGIN
    SELECT RAISE(ABORT, 'A freeze is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM standing), 0) + 1
        OR NEW.ended_at IS NOT NULL OR NEW.ended_by IS NOT NULL OR NEW.kind IS NULL OR NEW.kind NOT IN ('frozen', 'blocked')
        OR EXISTS (SELECT 1 FROM standing WHERE member_id = NEW.member_id AND review_id = NEW.review_id
                      AND kind = NEW.kind AND ended_at IS NULL);
    SELECT RAISE(ABORT, 'A freeze is not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link
                        WHERE seq = NEW.chain_seq AND room = 'fraud' AND row_kind = 'standing' AND row_id = NEW.id);
    SELECT RAISE(ABORT, 'Only who an item names is frozen by it.')
     WHERE NOT EXISTS (SELECT 1 FROM review_member AS m WHERE m.review_id = NEW.review_id AND m.member_id = NEW.member_id);
    SELECT RAISE(ABORT, 'A freeze follows from a rule''s signal on an open item, or from a decision.')
     WHERE CASE WHEN NEW.decision_id IS NULL
           THEN NEW.kind <> 'frozen' OR NEW.rule = '' OR NEW.rule_version <= 0
             OR NOT EXISTS (SELECT 1 FROM review WHERE id = NEW.review_id AND state <> 'decided')
           ELSE NOT EXISTS (
                SELECT 1 FROM review_decision AS d
                 WHERE d.id = NEW.decision_id AND d.review_id = NEW.review_id AND d.is_proposal = 0
                   AND d.id = (SELECT max(id) FROM review_decision WHERE review_id = NEW.review_id)
                   AND ((d.outcome = 'freeze' AND NEW.kind = 'frozen') OR (d.outcome = 'block' AND NEW.kind = 'blocked')
                        OR (d.outcome = 'undo'
                            AND EXISTS (SELECT 1 FROM standing AS b
                                         WHERE b.ended_by = d.undoes_id AND b.member_id = NEW.member_id
                                           AND b.kind = NEW.kind AND b.began_at = NEW.began_at)))) END;
END
;
CREATE TRIGGER standing_ends BEFORE UPDATE ON standing
WHEN NEW.id IS NOT OLD.id OR NEW.member_id IS NOT OLD.member_id OR NEW.review_id IS NOT OLD.review_id
  OR NEW.kind IS NOT OLD.kind OR NEW.rule IS NOT OLD.rule OR NEW.rule_version IS NOT OLD.rule_version
  OR NEW.decision_id IS NOT OLD.decision_id OR NEW.began_at IS NOT OLD.began_at
  OR NEW.recorded_at IS NOT OLD.recorded_at OR NEW.chain_seq IS NOT OLD.chain_seq OR OLD.ended_at IS NOT NULL
  OR NOT EXISTS (
     SELECT 1 FROM review_decision AS d
      WHERE d.id = NEW.ended_by AND d.review_id = OLD.review_id AND d.decided_at = NEW.ended_at AND d.is_proposal = 0
        AND d.chain_seq > OLD.chain_seq
        AND (d.outcome IN ('release', 'unfreeze') OR (OLD.kind = 'frozen' AND d.outcome IN ('void', 'block'))
             OR (d.outcome = 'undo' AND OLD.decision_id = d.undoes_id)))
BEGIN SELECT RAISE(ABORT, 'A freeze ends by a decision, once.'); END
;
CREATE VIEW deciding_member AS
SELECT o.id AS operator_id, r.root_id
  FROM operator AS o
  JOIN member_root AS r ON r.id = o.member_id
 UNION ALL
SELECT k.operator_id, r.root_id
  FROM operator_link AS k
  JOIN member_root AS r ON r.id = k.member_id
;
CREATE VIEW review_person AS
SELECT m.review_id, r.root_id
  FROM review_member AS m
  JOIN member_root AS r ON r.id = m.member_id
 UNION ALL
SELECT i.review_id, e.referrer_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id
 UNION ALL
SELECT i.review_id, e.invitee_id
  FROM review_invite AS i
  JOIN invite_edge AS e ON e.id = i.invite_id
;
CREATE TRIGGER review_not_let_go BEFORE UPDATE OF gone_at ON review
WHEN NEW.gone_at IS NOT NULL AND NEW.gone_at IS NOT OLD.gone_at
 AND (OLD.state <> 'open' OR EXISTS (SELECT 1 FROM review_decision WHERE review_id = OLD.id)
      OR EXISTS (SELECT 1 FROM standing WHERE review_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'What was decided on, or froze somebody, is not let go by a sweep.'); END
;
CREATE VIEW invite_gate AS
SELECT i.invite_id, v.ref AS review_ref, v.kind,
       CASE WHEN s.id IS NOT NULL THEN 'void'
            WHEN v.state <> 'decided' THEN 'held'
            WHEN d.outcome IN ('void', 'block') THEN 'void'
            WHEN d.outcome IN ('release', 'unfreeze') THEN 'release'
            ELSE 'held' END AS verdict,
       coalesce(s.reason, d.reason) AS reason, coalesce(s.decided_at, d.decided_at) AS decided_at
  FROM review_invite AS i
  JOIN review AS v ON v.id = i.review_id
  LEFT JOIN review_decision AS d ON d.id = v.decision_id
  LEFT JOIN review_decision AS s
    ON v.state <> 'decided' AND v.decision_id <> 0
   AND s.id = (SELECT max(l.id) FROM review_decision_standing AS l
                WHERE l.review_id = v.id AND l.is_proposal = 0
                  AND l.outcome IN ('release', 'void', 'freeze', 'unfreeze', 'block', 'appeal'))
   AND s.outcome IN ('void', 'block') AND i.after_decision < s.id
 WHERE v.state = 'decided' OR v.gone_at IS NULL
;
CREATE UNIQUE INDEX ambassador_once ON ambassador (member_id, scheme_id, (coalesce(group_id, 0)), valid_from)
;
CREATE INDEX ambassador_scheme ON ambassador (scheme_id, member_id)
;
CREATE INDEX ambassador_group ON ambassador (group_id) WHERE group_id IS NOT NULL
;
CREATE VIEW ambassador_stay AS
SELECT a.id, a.member_id, a.scheme_id, a.valid_from, e.ended_at, a.operator_id, a.added_at,
       CASE WHEN a.group_id IS NULL THEN NULL
            ELSE coalesce((SELECT id FROM "group" WHERE id = a.group_id AND ref = a.group_ref),
                          (SELECT id FROM "group" WHERE whatsapp_id = a.group_whatsapp_id)) END AS group_id
  FROM ambassador AS a
  LEFT JOIN ambassador_ending AS e ON e.ambassador_id = a.id
;
CREATE INDEX attribution_buyer ON attribution (buyer_id, valid_from)
;
CREATE INDEX attribution_referrer ON attribution (referrer_id) WHERE referrer_id IS NOT NULL
;
CREATE UNIQUE INDEX cashback_line_order ON cashback_line (order_id, scheme_id) WHERE order_id IS NOT NULL
;
CREATE UNIQUE INDEX cashback_line_credit ON cashback_line (scheme_id, payee_id, period) WHERE order_id IS NULL
;
CREATE INDEX cashback_line_capped ON cashback_line (ambassador_id, period, currency, amount_minor)
;
CREATE INDEX cashback_line_payee ON cashback_line (payee_id, id)
;
CREATE UNIQUE INDEX cashback_line_sealed ON cashback_line (chain_seq)
;
CREATE INDEX dispute_line ON dispute (line_id)
;
CREATE INDEX line_state_queue ON line_state (state, id)
;
CREATE TRIGGER scheme_not_updated BEFORE UPDATE ON scheme
BEGIN SELECT RAISE(ABORT, 'A scheme is never changed: its terms are policy.'); END
;
CREATE TRIGGER scheme_not_deleted BEFORE DELETE ON scheme
BEGIN SELECT RAISE(ABORT, 'A scheme is never taken out: let it end.'); END
;
CREATE TRIGGER scheme_next BEFORE INSERT ON scheme
BEGIN
    SELECT RAISE(ABORT, 'A scheme is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM scheme), 0) + 1
        OR EXISTS (SELECT 1 FROM scheme WHERE name = NEW.name OR policy = NEW.policy);
    SELECT RAISE(ABORT, 'A scheme needs a name, and terms that are policy.')
     WHERE NEW.name = '' OR NEW.policy = ''
        OR NOT EXISTS (SELECT 1 FROM policy_version WHERE name = NEW.policy);
    SELECT RAISE(ABORT, 'A scheme was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'scheme' AND row_id = NEW.id);
END
;
CREATE TRIGGER ambassador_not_updated BEFORE UPDATE ON ambassador
BEGIN SELECT RAISE(ABORT, 'An ambassador is never changed: end them, and add them again.'); END
;
CREATE TRIGGER ambassador_not_deleted BEFORE DELETE ON ambassador
BEGIN SELECT RAISE(ABORT, 'An ambassador is ended, never taken out.'); END
;
CREATE TRIGGER ambassador_next BEFORE INSERT ON ambassador
BEGIN
    SELECT RAISE(ABORT, 'An ambassador is not the next one, or is there already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM ambassador), 0) + 1
        OR EXISTS (SELECT 1 FROM ambassador WHERE member_id = NEW.member_id AND scheme_id = NEW.scheme_id
                      AND coalesce(group_id, 0) = coalesce(NEW.group_id, 0) AND valid_from = NEW.valid_from);
    SELECT RAISE(ABORT, 'An ambassador is a member, of a scheme, added by an operator.')
     WHERE NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.member_id)
        OR NOT EXISTS (SELECT 1 FROM scheme WHERE id = NEW.scheme_id)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id)
        OR (NEW.group_id IS NULL) <> (NEW.group_ref = '');
    SELECT RAISE(ABORT, 'An ambassador was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'ambassador' AND row_id = NEW.id);
END
;
CREATE TRIGGER ambassador_ending_not_updated BEFORE UPDATE ON ambassador_ending
BEGIN SELECT RAISE(ABORT, 'The end of an ambassador is never changed: add them again.'); END
;
CREATE TRIGGER ambassador_ending_not_deleted BEFORE DELETE ON ambassador_ending
BEGIN SELECT RAISE(ABORT, 'The end of an ambassador is never taken out: add them again.'); END
;
CREATE TRIGGER ambassador_ending_next BEFORE INSERT ON ambassador_ending
BEGIN
    SELECT RAISE(ABORT, 'This end of an ambassador is not the next one, or there is one already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM ambassador_ending), 0) + 1
        OR EXISTS (SELECT 1 FROM ambassador_ending WHERE ambassador_id = NEW.ambassador_id);
    SELECT RAISE(ABORT, 'An ambassador ends after they began, by an operator.')
     WHERE NOT EXISTS (SELECT 1 FROM ambassador WHERE id = NEW.ambassador_id AND valid_from < NEW.ended_at)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'The end of an ambassador was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'ambassador_ending' AND row_id = NEW.id);
END
;
CREATE TRIGGER attribution_not_updated BEFORE UPDATE ON attribution
BEGIN SELECT RAISE(ABORT, 'An attribution is never changed: write another.'); END
;
CREATE TRIGGER attribution_not_deleted BEFORE DELETE ON attribution
BEGIN SELECT RAISE(ABORT, 'An attribution is never taken out: write another.'); END
;
CREATE TRIGGER attribution_next BEFORE INSERT ON attribution
BEGIN
    SELECT RAISE(ABORT, 'An attribution is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM attribution), 0) + 1;
    SELECT RAISE(ABORT, 'An attribution is between two members, with a reason.')
     WHERE NEW.referrer_id = NEW.buyer_id OR NEW.origin = '' OR NEW.reason = ''
        OR NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.buyer_id)
        OR (NEW.referrer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM member WHERE id = NEW.referrer_id))
        OR (NEW.origin = 'operator') <> (NEW.operator_id IS NOT NULL);
    SELECT RAISE(ABORT, 'An attribution was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'attribution' AND row_id = NEW.id);
END
;
CREATE TRIGGER cashback_line_not_updated BEFORE UPDATE ON cashback_line
BEGIN SELECT RAISE(ABORT, 'What was earned is never changed: it is decided on, or reversed.'); END
;
CREATE TRIGGER cashback_line_not_deleted BEFORE DELETE ON cashback_line
BEGIN SELECT RAISE(ABORT, 'What was earned is never taken out: it is rejected, or reversed.'); END
;
CREATE TRIGGER cashback_line_next BEFORE INSERT ON cashback_line
BEGIN
    SELECT RAISE(ABORT, 'A line is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM cashback_line), 0) + 1;
    SELECT RAISE(ABORT, 'An order, or a month, earns once under a scheme.')
     WHERE EXISTS (SELECT 1 FROM cashback_line WHERE ref = NEW.ref)
        OR (NEW.order_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM cashback_line WHERE order_id = NEW.order_id AND scheme_id = NEW.scheme_id))
        OR (NEW.order_id IS NULL
            AND EXISTS (SELECT 1 FROM cashback_line WHERE scheme_id = NEW.scheme_id AND payee_id = NEW.payee_id
                           AND period = NEW.period AND order_id IS NULL));
    SELECT RAISE(ABORT, 'A line is not whole.')
     WHERE NEW.ref = '' OR NEW.currency = '' OR NEW.basis_minor < 0 OR NEW.full_minor < 0
        OR NEW.amount_minor NOT BETWEEN 0 AND NEW.full_minor OR NEW.inputs = ''
        OR NEW.matures_at < NEW.ordered_at OR NEW.accrued_at < NEW.ordered_at;
    SELECT RAISE(ABORT, 'A line is what an ambassador earned, while they were one, under the terms of their scheme.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM ambassador AS a
             JOIN scheme AS s ON s.id = a.scheme_id
             JOIN policy_version AS v ON v.name = s.policy AND v.version = NEW.rule_version
            WHERE a.id = NEW.ambassador_id AND a.member_id = NEW.payee_id AND a.scheme_id = NEW.scheme_id
              AND NEW.rule = s.policy AND v.valid_from <= NEW.ordered_at);
    SELECT RAISE(ABORT, 'A line says another amount than its order.')
     WHERE NEW.order_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM "order" AS o
            WHERE o.id = NEW.order_id AND o.currency = NEW.currency AND o.total_minor = NEW.basis_minor
              AND o.ordered_at = NEW.ordered_at);
    SELECT RAISE(ABORT, 'A line was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'line' AND row_id = NEW.id);
END
;
CREATE TRIGGER line_reversal_not_updated BEFORE UPDATE ON line_reversal
BEGIN SELECT RAISE(ABORT, 'A reversal is never changed.'); END
;
CREATE TRIGGER line_reversal_not_deleted BEFORE DELETE ON line_reversal
BEGIN SELECT RAISE(ABORT, 'A reversal is never taken out.'); END
;
CREATE TRIGGER line_reversal_next BEFORE INSERT ON line_reversal
BEGIN
    SELECT RAISE(ABORT, 'A reversal is not the next one, or this refund was reversed already.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM line_reversal), 0) + 1
        OR EXISTS (SELECT 1 FROM line_reversal WHERE line_id = NEW.line_id AND refund_id = NEW.refund_id);
    SELECT RAISE(ABORT, 'A reversal goes on from the one before, and takes back at most what was earned.')
     WHERE NEW.amount_minor < 0
        OR NEW.total_minor <> NEW.amount_minor
               + coalesce((SELECT max(total_minor) FROM line_reversal WHERE line_id = NEW.line_id), 0)
        OR NOT EXISTS (
           SELECT 1
             FROM cashback_line AS l
             JOIN refund AS f ON f.order_id = l.order_id
            WHERE l.id = NEW.line_id AND f.id = NEW.refund_id AND f.refusal = '' AND NEW.refunded_at = f.refunded_at
              AND NEW.total_minor <= l.amount_minor
              AND NEW.refunded_minor = f.amount_minor
                  + coalesce((SELECT max(refunded_minor) FROM line_reversal WHERE line_id = NEW.line_id), 0));
    SELECT RAISE(ABORT, 'A reversal was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'reversal' AND row_id = NEW.id);
END
;
CREATE TRIGGER dispute_not_updated BEFORE UPDATE ON dispute
BEGIN SELECT RAISE(ABORT, 'A dispute is never changed.'); END
;
CREATE TRIGGER dispute_not_deleted BEFORE DELETE ON dispute
BEGIN SELECT RAISE(ABORT, 'A dispute is never taken out: it is decided.'); END
;
CREATE TRIGGER dispute_next BEFORE INSERT ON dispute
BEGIN
    SELECT RAISE(ABORT, 'A dispute is not the next one, or not whole.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM dispute), 0) + 1 OR NEW.reason = ''
        OR NOT EXISTS (SELECT 1 FROM cashback_line WHERE id = NEW.line_id)
        OR NOT EXISTS (SELECT 1 FROM operator WHERE id = NEW.operator_id);
    SELECT RAISE(ABORT, 'A dispute was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'dispute' AND row_id = NEW.id);
END
;
CREATE INDEX batch_line_line ON batch_line (line_id, batch_id)
;
CREATE INDEX line_decision_line ON line_decision (line_id, id)
;
CREATE INDEX line_decision_day ON line_decision (operator_id, decided_at) WHERE kind = 'approved'
;
CREATE UNIQUE INDEX line_decision_undone ON line_decision (undoes_id) WHERE undoes_id IS NOT NULL
;
CREATE INDEX line_decision_batch ON line_decision (batch_id, line_id) WHERE batch_id IS NOT NULL
;
CREATE INDEX payout_result_line ON payout_result (batch_line_id, id)
;
CREATE INDEX line_conflict_unseen ON line_conflict (operator_id, id) WHERE seen_at IS NULL
;
CREATE INDEX line_state_batch ON line_state (batch_id, id) WHERE batch_id IS NOT NULL
;
CREATE VIEW line_after_decision AS
SELECT s.id,
       CASE d.kind
           WHEN 'rejected' THEN CASE WHEN s.unpaid_minor > 0 THEN 'approved' WHEN s.batch_id IS NULL THEN 'rejected'
                                     ELSE 'confirmed' END
           WHEN 'netted' THEN 'confirmed'
           WHEN 'again' THEN 'approved'
           WHEN 'undone' THEN u.state_before
           WHEN 'held' THEN s.state WHEN 'asked' THEN s.state WHEN 'released' THEN s.state
           ELSE d.kind END AS state,
       CASE d.kind WHEN 'held' THEN 1 WHEN 'asked' THEN 1 WHEN 'released' THEN 0 WHEN 'undone' THEN u.held_before
           ELSE s.held END AS held,
       s.reversed_minor,
       CASE WHEN d.kind = 'proposed' THEN d.operator_id WHEN u.kind = 'proposed' THEN NULL ELSE s.proposed_by END AS proposed_by,
       CASE WHEN d.kind = 'proposed' THEN d.decided_at WHEN u.kind = 'proposed' THEN NULL ELSE s.proposed_at END AS proposed_at,
       CASE WHEN d.kind = 'approved' THEN d.operator_id WHEN u.kind = 'approved' THEN NULL ELSE s.approved_by END AS approved_by,
       CASE WHEN d.kind = 'approved' THEN d.decided_at WHEN u.kind = 'approved' THEN NULL ELSE s.approved_at END AS approved_at,
       CASE d.kind WHEN 'batched' THEN d.batch_id WHEN 'netted' THEN d.batch_id WHEN 'again' THEN NULL
           ELSE s.batch_id END AS batch_id,
       CASE WHEN u.kind = 'proposed' AND u.state_before <> 'accrued' THEN d.round - 1 ELSE d.round END AS round,
       d.decided_at,
       CASE WHEN d.kind = 'approved' THEN s.open_minor - d.amount_minor
            WHEN d.kind = 'rejected' THEN 0
            WHEN u.kind IN ('approved', 'rejected') THEN s.open_minor + d.amount_minor
            ELSE s.open_minor END AS open_minor,
       CASE WHEN d.kind IN ('approved', 'failed', 'returned') THEN s.unpaid_minor + d.amount_minor - d.netted_minor
            WHEN d.kind IN ('batched', 'netted') THEN 0
            WHEN u.kind = 'approved' THEN s.unpaid_minor - d.amount_minor
            ELSE s.unpaid_minor END AS unpaid_minor,
       CASE WHEN d.kind IN ('failed', 'returned') OR (d.kind = 'proposed' AND d.state_before = 'confirmed') THEN 0
            ELSE s.clawed_minor END AS clawed_minor,
       CASE WHEN d.kind = 'confirmed' THEN s.paid_minor + d.amount_minor
            WHEN d.kind = 'returned' AND d.state_before = 'confirmed' THEN s.paid_minor - d.amount_minor
            ELSE s.paid_minor END AS paid_minor,
       CASE WHEN d.kind = 'rejected' THEN s.rejected_minor + d.amount_minor
            WHEN u.kind = 'rejected' THEN s.rejected_minor - d.amount_minor
            ELSE s.rejected_minor END AS rejected_minor,
       EXISTS (SELECT 1 FROM line_decision AS a
                WHERE a.line_id = s.id AND a.kind = 'approved' AND a.solo = 1 AND a.id <= d.id
                  AND NOT EXISTS (SELECT 1 FROM line_decision AS b WHERE b.undoes_id = a.id AND b.id <= d.id)) AS solo,
       d.id AS decision_id,
       s.reversal_id
  FROM line_state AS s
  JOIN line_decision AS d ON d.id = (SELECT min(id) FROM line_decision WHERE line_id = s.id AND id > s.decision_id)
  LEFT JOIN line_decision AS u ON u.id = d.undoes_id
;
CREATE VIEW line_after_reversal AS
WITH taking AS (
    SELECT s.*, v.id AS taken_id, v.total_minor, v.amount_minor,
           max(v.amount_minor - s.open_minor - s.unpaid_minor, 0) AS beyond_minor,
           max(l.amount_minor - s.reversed_minor - s.open_minor - s.unpaid_minor - s.rejected_minor, 0) AS away_minor
      FROM line_state AS s
      JOIN cashback_line AS l ON l.id = s.id
      JOIN line_reversal AS v ON v.id = (SELECT min(id) FROM line_reversal WHERE line_id = s.id AND id > s.reversal_id)
)
SELECT t.id, t.state, t.held, t.total_minor AS reversed_minor, t.proposed_by, t.proposed_at, t.approved_by, t.approved_at,
       t.batch_id, t.round, t.decided_at,
       max(t.open_minor - t.amount_minor, 0) AS open_minor,
       t.unpaid_minor - min(max(t.amount_minor - t.open_minor, 0), t.unpaid_minor) AS unpaid_minor,
       t.clawed_minor + min(t.beyond_minor, t.away_minor) AS clawed_minor,
       t.paid_minor,
       t.rejected_minor - max(t.beyond_minor - t.away_minor, 0) AS rejected_minor,
       t.solo, t.decision_id, t.taken_id AS reversal_id
  FROM taking AS t
;
CREATE VIEW operator_member AS
SELECT o.id AS operator_id, r.root_id
  FROM operator AS o
  JOIN member_root AS r ON r.id = o.member_id
 UNION
SELECT k.operator_id, r.root_id
  FROM operator_link AS k
  JOIN member_root AS r ON r.id = k.member_id
;
CREATE TRIGGER line_state_not_deleted BEFORE DELETE ON line_state
BEGIN SELECT RAISE(ABORT, 'How a line stands is never taken out.'); END
;
CREATE TRIGGER line_state_begins BEFORE INSERT ON line_state
WHEN EXISTS (SELECT 1 FROM line_state WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM cashback_line AS l
                  WHERE l.id = NEW.id AND l.amount_minor = NEW.open_minor AND l.accrued_at = NEW.decided_at)
  OR NEW.state IS NOT 'accrued' OR NEW.held IS NOT 0 OR NEW.reversed_minor IS NOT 0 OR NEW.proposed_by IS NOT NULL
  OR NEW.proposed_at IS NOT NULL OR NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL OR NEW.batch_id IS NOT NULL
  OR NEW.round IS NOT 1 OR NEW.unpaid_minor IS NOT 0 OR NEW.clawed_minor IS NOT 0 OR NEW.paid_minor IS NOT 0
  OR NEW.rejected_minor IS NOT 0 OR NEW.solo IS NOT 0 OR NEW.decision_id IS NOT 0 OR NEW.reversal_id IS NOT 0
BEGIN SELECT RAISE(ABORT, 'A line begins accrued, with all it earned open.'); END
;
CREATE TRIGGER line_state_follows BEFORE UPDATE ON line_state
WHEN NEW.id IS NOT OLD.id
  OR NOT EXISTS (
      SELECT 1 FROM line_after_decision AS n
       WHERE n.id = OLD.id AND n.state IS NEW.state AND n.held IS NEW.held AND n.reversed_minor IS NEW.reversed_minor AND n.proposed_by IS
         NEW.proposed_by AND n.proposed_at IS NEW.proposed_at AND n.approved_by IS NEW.approved_by AND n.approved_at IS
         NEW.approved_at AND n.batch_id IS NEW.batch_id AND n.round IS NEW.round AND n.decided_at IS NEW.decided_at AND
         n.open_minor IS NEW.open_minor AND n.unpaid_minor IS NEW.unpaid_minor AND n.clawed_minor IS NEW.clawed_minor
         AND n.paid_minor IS NEW.paid_minor AND n.rejected_minor IS NEW.rejected_minor AND n.solo IS NEW.solo AND
         n.decision_id IS NEW.decision_id AND n.reversal_id IS NEW.reversal_id
       UNION ALL
      SELECT 1 FROM line_after_reversal AS n
       WHERE n.id = OLD.id AND n.state IS NEW.state AND n.held IS NEW.held AND n.reversed_minor IS NEW.reversed_minor AND n.proposed_by IS
         NEW.proposed_by AND n.proposed_at IS NEW.proposed_at AND n.approved_by IS NEW.approved_by AND n.approved_at IS
         NEW.approved_at AND n.batch_id IS NEW.batch_id AND n.round IS NEW.round AND n.decided_at IS NEW.decided_at AND
         n.open_minor IS NEW.open_minor AND n.unpaid_minor IS NEW.unpaid_minor AND n.clawed_minor IS NEW.clawed_minor
         AND n.paid_minor IS NEW.paid_minor AND n.rejected_minor IS NEW.rejected_minor AND n.solo IS NEW.solo AND
         n.decision_id IS NEW.decision_id AND n.reversal_id IS NEW.reversal_id)
BEGIN SELECT RAISE(ABORT, 'How a line stands follows from its decisions and reversals alone.'); END
;
CREATE TRIGGER cashback_line_stands AFTER INSERT ON cashback_line
BEGIN
    INSERT INTO line_state (id, state, open_minor, decided_at) VALUES (NEW.id, 'accrued', NEW.amount_minor, NEW.accrued_at);
END
;
CREATE TRIGGER line_reversal_counts AFTER INSERT ON line_reversal
BEGIN
    UPDATE line_state
       SET (state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id)
         = (SELECT state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id
              FROM line_after_reversal WHERE id = NEW.line_id)
     WHERE id = NEW.line_id;
END
;
CREATE TRIGGER line_decision_counts AFTER INSERT ON line_decision
BEGIN
    UPDATE line_state
       SET (state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id)
         = (SELECT state, held, reversed_minor, proposed_by, proposed_at, approved_by, approved_at, batch_id, round, decided_at,
            open_minor, unpaid_minor, clawed_minor, paid_minor, rejected_minor, solo, decision_id, reversal_id
              FROM line_after_decision WHERE id = NEW.line_id)
     WHERE id = NEW.line_id;
END
;
CREATE TRIGGER line_decision_not_updated BEFORE UPDATE ON line_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never changed: it is undone by another.'); END
;
CREATE TRIGGER line_decision_not_deleted BEFORE DELETE ON line_decision
BEGIN SELECT RAISE(ABORT, 'A decision is never taken out: it is undone by another.'); END
;
CREATE TRIGGER line_decision_next BEFORE INSERT ON line_decision
BEGIN
    SELECT RAISE(ABORT, 'A decision is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM line_decision), 0) + 1;
    SELECT RAISE(ABORT, 'A decision is not whole.')
     WHERE typeof(NEW.amount_minor) <> 'integer' OR typeof(NEW.netted_minor) <> 'integer' OR NEW.amount_minor < 0
        OR NEW.netted_minor < 0 OR NEW.solo IS NULL OR NEW.solo NOT IN (0, 1)
        OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR (NEW.kind IS 'rejected' AND NEW.words_hash IS NULL)
        OR (NEW.kind IS 'approved') <> (NEW.approved_by IS NOT NULL)
        OR (NEW.kind IS 'approved') <> (NEW.approved_at IS NOT NULL)
        OR (NEW.kind IS NOT 'approved' AND (NEW.proposed_by IS NOT NULL OR NEW.proposed_at IS NOT NULL OR NEW.solo <> 0))
        OR (NEW.kind IS 'undone') <> (NEW.undoes_id IS NOT NULL)
        OR (NEW.solo = 0 AND (NEW.solo_version IS NOT NULL OR NEW.cooling_off <> 0));
    SELECT RAISE(ABORT, 'Who decides has a passphrase, is not retired, and has a role that may.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator
                        WHERE id = NEW.operator_id
                          AND (role IN ('owner', 'moderator') OR NEW.kind IN ('approved', 'rejected', 'undone')));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is approved or paid here until an owner adopts it.')
     WHERE NEW.kind IN ('approved', 'batched', 'netted', 'exported')
       AND EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'A line does not go that way.')
     WHERE NOT EXISTS (
           SELECT 1
             FROM line_state AS s
            WHERE s.id = NEW.line_id AND s.state = NEW.state_before AND s.held = NEW.held_before
              AND NEW.decided_at >= s.decided_at
              AND s.decision_id = coalesce((SELECT max(id) FROM line_decision WHERE line_id = s.id), 0)
              AND CASE NEW.kind
                  WHEN 'proposed' THEN s.open_minor > 0 AND NEW.amount_minor = s.open_minor
                      AND ((s.state = 'accrued' AND NEW.round = s.round)
                           OR (s.state IN ('approved', 'confirmed') AND NEW.round = s.round + 1))
                  WHEN 'approved' THEN s.state = 'proposed' AND NEW.amount_minor BETWEEN 1 AND s.open_minor
                      AND NEW.round = s.round
                  WHEN 'rejected' THEN s.state IN ('accrued', 'proposed') AND NEW.amount_minor = s.open_minor
                      AND NEW.round = s.round
                  WHEN 'held' THEN s.state IN ('accrued', 'proposed', 'approved', 'failed', 'returned') AND s.held = 0
                      AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'asked' THEN s.state IN ('accrued', 'proposed', 'approved', 'failed', 'returned')
                      AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'released' THEN s.held = 1 AND NEW.amount_minor = 0 AND NEW.round = s.round
                  WHEN 'batched' THEN s.state = 'approved' AND NEW.amount_minor > 0 AND NEW.round = s.round
                      AND NEW.amount_minor + NEW.netted_minor = s.unpaid_minor
                  WHEN 'netted' THEN s.state = 'approved' AND NEW.amount_minor = 0 AND NEW.round = s.round
                      AND NEW.netted_minor = s.unpaid_minor AND s.unpaid_minor > 0
                  WHEN 'exported' THEN s.state = 'batched' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                  WHEN 'confirmed' THEN s.state = 'exported' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                  WHEN 'failed' THEN s.state = 'exported' AND NEW.batch_id = s.batch_id AND NEW.round = s.round
                      AND NEW.netted_minor <= min(s.clawed_minor, NEW.amount_minor)
                  WHEN 'returned' THEN s.state IN ('exported', 'confirmed') AND NEW.batch_id = s.batch_id
                      AND NEW.round = s.round AND NEW.netted_minor <= min(s.clawed_minor, NEW.amount_minor)
                  WHEN 'again' THEN s.state IN ('failed', 'returned') AND NEW.amount_minor = s.unpaid_minor
                      AND s.unpaid_minor > 0 AND NEW.round = s.round
                  WHEN 'undone' THEN EXISTS (
                      SELECT 1 FROM line_decision AS u
                       WHERE u.id = NEW.undoes_id AND u.line_id = s.id AND u.operator_id = NEW.operator_id
                         AND NOT EXISTS (SELECT 1 FROM line_decision AS x
                                          WHERE x.line_id = s.id AND x.id > u.id AND x.kind <> 'undone'
                                            AND NOT EXISTS (SELECT 1 FROM line_decision AS y WHERE y.undoes_id = x.id))
                         AND NOT EXISTS (SELECT 1 FROM line_decision AS y WHERE y.undoes_id = u.id)
                         AND u.kind IN ('proposed', 'approved', 'rejected', 'held', 'asked', 'released')
                         AND CASE u.kind
                             WHEN 'approved' THEN NEW.amount_minor <= min(s.unpaid_minor, u.amount_minor) AND NEW.round > s.round
                             WHEN 'rejected' THEN NEW.round > s.round
                                 AND NEW.amount_minor = s.rejected_minor
                             ELSE NEW.amount_minor = 0 AND NEW.round = s.round END)
                  ELSE 0 END
              AND (NEW.netted_minor = 0 OR NEW.kind IN ('batched', 'netted', 'failed', 'returned'))
              AND (NEW.batch_id IS NULL) = (NEW.kind NOT IN ('batched', 'netted', 'exported', 'confirmed', 'failed', 'returned')));
    SELECT RAISE(ABORT, 'A held line is released first.')
     WHERE NEW.kind IN ('approved', 'batched', 'netted', 'again') AND NEW.held_before <> 0;
    SELECT RAISE(ABORT, 'Nothing is approved before its return window ends.')
     WHERE NEW.kind = 'approved'
       AND NOT EXISTS (SELECT 1 FROM cashback_line WHERE id = NEW.line_id AND matures_at <= NEW.decided_at);
    SELECT RAISE(ABORT, 'Nobody decides on their own money.')
     WHERE (NEW.kind IN ('approved', 'rejected')
            OR EXISTS (SELECT 1 FROM line_decision WHERE id = NEW.undoes_id AND kind IN ('approved', 'rejected')))
       AND EXISTS (
           SELECT 1
             FROM cashback_line AS l
             JOIN member_root AS p ON p.id = l.payee_id
             JOIN operator_member AS m ON m.root_id = p.root_id
            WHERE l.id = NEW.line_id AND m.operator_id = NEW.operator_id);
    SELECT RAISE(ABORT, 'Nobody approves what they proposed.')
     WHERE NEW.kind = 'approved'
       AND (NEW.approved_by IS NOT NEW.operator_id OR NEW.approved_at IS NOT NEW.decided_at
            OR NEW.proposed_by IS NULL OR NEW.proposed_at IS NULL
            OR NOT EXISTS (SELECT 1 FROM line_state
                            WHERE id = NEW.line_id AND proposed_by = NEW.proposed_by AND proposed_at = NEW.proposed_at)
            OR (NEW.approved_by = NEW.proposed_by) <> (NEW.solo = 1)
            OR (NEW.approved_by <> NEW.proposed_by
                AND EXISTS (SELECT 1
                              FROM operator_member AS a
                              JOIN operator_member AS p ON p.root_id = a.root_id
                             WHERE a.operator_id = NEW.approved_by AND p.operator_id = NEW.proposed_by)));
    SELECT RAISE(ABORT, 'Solo mode is not in force, or has not cooled off since the proposal.')
     WHERE NEW.solo = 1
       AND (NEW.cooling_off <= 0 OR NEW.approved_at < NEW.proposed_at + NEW.cooling_off
            OR (SELECT count(*) FROM active_operator) <> 1
            OR NOT EXISTS (
                SELECT 1 FROM policy_in_force_row AS p
                 WHERE p.name = 'operators.solo' AND p.version = NEW.solo_version
                   AND p.solo_seconds * 1000000 = NEW.cooling_off
                   AND NEW.approved_at >= p.set_at + NEW.cooling_off
                   AND p.id = (SELECT q.id FROM policy_in_force_row AS q
                                WHERE q.name = p.name AND q.valid_from <= NEW.approved_at
                                ORDER BY q.begins_at DESC, q.version DESC LIMIT 1)));
    SELECT RAISE(ABORT, 'This is more than the operator may approve in a day, or in this currency.')
     WHERE NEW.kind = 'approved'
       AND NEW.amount_minor + (
           SELECT coalesce(sum(d.amount_minor), 0)
             FROM line_decision AS d
             JOIN cashback_line AS l ON l.id = d.line_id
            WHERE d.kind = 'approved' AND d.operator_id = NEW.operator_id
              AND d.decided_at >= NEW.decided_at - NEW.decided_at % 86400000000
              AND d.decided_at < NEW.decided_at - NEW.decided_at % 86400000000 + 86400000000
              AND l.currency = (SELECT currency FROM cashback_line WHERE id = NEW.line_id)
              AND NOT EXISTS (SELECT 1 FROM line_decision AS u WHERE u.undoes_id = d.id))
         > coalesce((SELECT f.amount_minor
                       FROM operator_limit_in_force AS f
                       JOIN cashback_line AS l ON l.currency = f.currency
                      WHERE l.id = NEW.line_id AND f.operator_id = NEW.operator_id), -1);
    SELECT RAISE(ABORT, 'A payout is as its batch says.')
     WHERE NEW.batch_id IS NOT NULL
       AND NOT EXISTS (
           SELECT 1 FROM batch_line AS b
            WHERE b.batch_id = NEW.batch_id AND b.line_id = NEW.line_id AND b.amount_minor = NEW.amount_minor
              AND (b.netted_minor = NEW.netted_minor OR NEW.kind NOT IN ('batched', 'netted')));
    SELECT RAISE(ABORT, 'A batch is exported as a whole, once it was counted.')
     WHERE NEW.kind = 'exported' AND NOT EXISTS (SELECT 1 FROM batch_export WHERE batch_id = NEW.batch_id);
    SELECT RAISE(ABORT, 'The books do not move as this decision says.')
     WHERE (NEW.kind IN ('approved', 'exported', 'confirmed', 'failed', 'returned')
            OR (NEW.kind IN ('rejected', 'undone') AND NEW.amount_minor > 0))
       AND NOT EXISTS (
           SELECT 1
             FROM cashback_line AS l
             LEFT JOIN batch AS b ON b.id = NEW.batch_id
             JOIN transfer AS t
               ON t.ref = CASE NEW.kind
                          WHEN 'approved' THEN 'cashback:' || l.ref || ':post:' || NEW.round
                          WHEN 'rejected' THEN 'cashback:' || l.ref || ':void:' || NEW.round
                          WHEN 'undone' THEN 'cashback:' || l.ref || ':accrual:' || NEW.round
                          WHEN 'exported' THEN 'payout:' || b.ref || ':' || l.ref
                          WHEN 'confirmed' THEN 'payout:' || b.ref || ':' || l.ref || ':confirmed'
                          WHEN 'failed' THEN 'payout:' || b.ref || ':' || l.ref || ':void'
                          ELSE CASE NEW.state_before WHEN 'confirmed' THEN 'payout:' || b.ref || ':' || l.ref || ':returned'
                               ELSE 'payout:' || b.ref || ':' || l.ref || ':void' END END
            WHERE l.id = NEW.line_id AND t.currency = l.currency
              AND t.kind = CASE NEW.kind
                           WHEN 'undone' THEN 'pending' WHEN 'approved' THEN 'post' WHEN 'rejected' THEN 'void' WHEN 'exported' THEN 'pending'
                           WHEN 'confirmed' THEN 'post' WHEN 'failed' THEN 'void'
                           ELSE CASE NEW.state_before WHEN 'confirmed' THEN 'reversal' ELSE 'void' END END
              AND (t.amount = NEW.amount_minor OR NEW.kind IN ('rejected', 'undone')));
    SELECT RAISE(ABORT, 'A decision was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'decision' AND row_id = NEW.id);
END
;
CREATE TRIGGER batch_not_updated BEFORE UPDATE ON batch
BEGIN SELECT RAISE(ABORT, 'A batch is never changed.'); END
;
CREATE TRIGGER batch_not_deleted BEFORE DELETE ON batch
BEGIN SELECT RAISE(ABORT, 'A batch is never taken out.'); END
;
CREATE TRIGGER batch_next BEFORE INSERT ON batch
BEGIN
    SELECT RAISE(ABORT, 'A batch is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch), 0) + 1;
    SELECT RAISE(ABORT, 'A batch is not whole, or is there already.')
     WHERE NEW.ref = '' OR NEW.currency = '' OR NEW.line_count < 1 OR NEW.payout_count NOT BETWEEN 0 AND NEW.line_count
        OR NEW.sum_minor < NEW.payout_count OR length(NEW.sha256) <> 64 OR EXISTS (SELECT 1 FROM batch WHERE ref = NEW.ref);
    SELECT RAISE(ABORT, 'Who makes a batch has a passphrase, is not retired, and is an owner or a moderator.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.made_by AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is paid here until an owner adopts it.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'A batch was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'batch' AND row_id = NEW.id);
END
;
CREATE TRIGGER batch_line_not_updated BEFORE UPDATE ON batch_line
BEGIN SELECT RAISE(ABORT, 'A line in a batch is never changed.'); END
;
CREATE TRIGGER batch_line_not_deleted BEFORE DELETE ON batch_line
BEGIN SELECT RAISE(ABORT, 'A line in a batch is never taken out.'); END
;
CREATE TRIGGER batch_line_next BEFORE INSERT ON batch_line
BEGIN
    SELECT RAISE(ABORT, 'A line in a batch is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch_line), 0) + 1;
    SELECT RAISE(ABORT, 'This line is in the batch already, or its reference is another''s.')
     WHERE EXISTS (SELECT 1 FROM batch_line WHERE (batch_id = NEW.batch_id AND line_id = NEW.line_id) OR reference = NEW.reference);
    SELECT RAISE(ABORT, 'Only what is approved, not held and in the wallet goes into a batch of its currency.')
     WHERE NEW.reference = '' OR length(NEW.payee_hash) <> 64 OR NEW.amount_minor < 0 OR NEW.netted_minor < 0
        OR NOT EXISTS (
           SELECT 1
             FROM batch AS b
             JOIN cashback_line AS l ON l.id = NEW.line_id AND l.currency = b.currency
             JOIN line_state AS s ON s.id = l.id
            WHERE b.id = NEW.batch_id AND s.state = 'approved' AND s.held = 0 AND s.unpaid_minor > 0
              AND s.unpaid_minor = NEW.amount_minor + NEW.netted_minor AND l.matures_at <= b.made_at);
    -- The lines of a batch stand one after another, so no count has to go over all of them for each; an export counts.
    SELECT RAISE(ABORT, 'A batch holds what it was sealed with.')
     WHERE NOT EXISTS (
           SELECT 1 FROM batch AS b
            WHERE b.id = NEW.batch_id
              AND NEW.amount_minor <= b.sum_minor
              AND NOT EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id - b.line_count AND batch_id = b.id)
              AND (EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id - 1 AND batch_id = b.id)
                   OR NOT EXISTS (SELECT 1 FROM batch_line WHERE batch_id = b.id)));
    SELECT RAISE(ABORT, 'A line in a batch was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'batch_line' AND row_id = NEW.id);
END
;
CREATE TRIGGER batch_payee_not_updated BEFORE UPDATE ON batch_payee
BEGIN SELECT RAISE(ABORT, 'The number of a payout is erased, never changed.'); END
;
CREATE TRIGGER batch_payee_next BEFORE INSERT ON batch_payee
WHEN length(NEW.salt) <> 16 OR NEW.phone = '' OR EXISTS (SELECT 1 FROM batch_payee WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM batch_line AS b JOIN line_state AS s ON s.id = b.line_id
                  WHERE b.id = NEW.id AND s.state = 'approved')
BEGIN SELECT RAISE(ABORT, 'The number of a payout is written with its batch only.'); END
;
CREATE TRIGGER batch_export_not_updated BEFORE UPDATE ON batch_export
BEGIN SELECT RAISE(ABORT, 'An export is never changed.'); END
;
CREATE TRIGGER batch_export_not_deleted BEFORE DELETE ON batch_export
BEGIN SELECT RAISE(ABORT, 'An export is never taken out.'); END
;
CREATE TRIGGER batch_export_next BEFORE INSERT ON batch_export
BEGIN
    SELECT RAISE(ABORT, 'An export is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM batch_export), 0) + 1;
    SELECT RAISE(ABORT, 'A batch is exported again only with a reason.')
     WHERE NEW.place IS NOT coalesce((SELECT max(place) FROM batch_export WHERE batch_id = NEW.batch_id), 0) + 1
        OR (NEW.place > 1 AND NEW.words_hash IS NULL) OR (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64);
    SELECT RAISE(ABORT, 'What was counted is not what the batch holds.')
     WHERE length(NEW.sha256) <> 64
        OR NOT EXISTS (
           SELECT 1 FROM batch AS b
            WHERE b.id = NEW.batch_id AND b.payout_count = NEW.payout_count AND b.sum_minor = NEW.sum_minor
              AND (NEW.template <> '' OR NEW.sha256 = b.sha256)
              AND (SELECT count(*) FROM batch_line WHERE batch_id = b.id) = b.line_count
              AND (SELECT count(*) FROM batch_line WHERE batch_id = b.id AND amount_minor > 0) = b.payout_count
              AND (SELECT coalesce(sum(amount_minor), 0) FROM batch_line WHERE batch_id = b.id) = b.sum_minor);
    SELECT RAISE(ABORT, 'Who exports has a passphrase, is not retired, and is an owner or a moderator.')
     WHERE NOT EXISTS (SELECT 1 FROM active_operator WHERE id = NEW.operator_id AND role IN ('owner', 'moderator'));
    SELECT RAISE(ABORT, 'This ledger is a copy: nothing is paid here until an owner adopts it.')
     WHERE EXISTS (SELECT 1 FROM ledger_fact WHERE name = 'adoption' AND value = 'pending');
    SELECT RAISE(ABORT, 'An export was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'export' AND row_id = NEW.id);
END
;
CREATE TRIGGER store_credit_not_updated BEFORE UPDATE ON store_credit
BEGIN SELECT RAISE(ABORT, 'A code is never changed.'); END
;
CREATE TRIGGER store_credit_not_deleted BEFORE DELETE ON store_credit
BEGIN SELECT RAISE(ABORT, 'A code is never taken out.'); END
;
CREATE TRIGGER store_credit_next BEFORE INSERT ON store_credit
WHEN length(NEW.code) < 16 OR EXISTS (SELECT 1 FROM store_credit WHERE id = NEW.id OR code = NEW.code)
  OR NOT EXISTS (SELECT 1 FROM batch_line WHERE id = NEW.id AND amount_minor > 0)
BEGIN SELECT RAISE(ABORT, 'A payout has one code, and a code one payout.'); END
;
CREATE TRIGGER payout_result_not_updated BEFORE UPDATE ON payout_result
BEGIN SELECT RAISE(ABORT, 'What a provider said is never changed.'); END
;
CREATE TRIGGER payout_result_not_deleted BEFORE DELETE ON payout_result
BEGIN SELECT RAISE(ABORT, 'What a provider said is never taken out.'); END
;
CREATE TRIGGER payout_result_next BEFORE INSERT ON payout_result
BEGIN
    SELECT RAISE(ABORT, 'A result is not the next one.')
     WHERE NEW.id IS NOT coalesce((SELECT max(id) FROM payout_result), 0) + 1;
    SELECT RAISE(ABORT, 'A result is the decision it led to.')
     WHERE (NEW.words_hash IS NOT NULL AND length(NEW.words_hash) <> 64)
        OR EXISTS (SELECT 1 FROM payout_result WHERE decision_id = NEW.decision_id)
        OR NOT EXISTS (
           SELECT 1 FROM line_decision AS d JOIN batch_line AS b ON b.batch_id = d.batch_id AND b.line_id = d.line_id
            WHERE d.id = NEW.decision_id AND b.id = NEW.batch_line_id AND d.kind = NEW.result
              AND d.kind IN ('confirmed', 'failed', 'returned'));
    SELECT RAISE(ABORT, 'A result was not sealed.')
     WHERE NOT EXISTS (SELECT 1 FROM chain_link WHERE seq = NEW.chain_seq AND room = 'cashback'
                          AND row_kind = 'result' AND row_id = NEW.id);
END
;
CREATE TRIGGER decision_words_not_updated BEFORE UPDATE ON decision_words
BEGIN SELECT RAISE(ABORT, 'Words are erased, never changed.'); END
;
CREATE TRIGGER decision_words_next BEFORE INSERT ON decision_words
WHEN length(NEW.salt) <> 16 OR NEW.words = ''
  OR EXISTS (SELECT 1 FROM decision_words WHERE id = NEW.id OR (row_kind = NEW.row_kind AND row_id = NEW.row_id))
  OR NOT EXISTS (SELECT 1 FROM line_decision WHERE NEW.row_kind = 'decision' AND id = NEW.row_id AND words_hash IS NOT NULL
                 UNION ALL
                 SELECT 1 FROM batch_export WHERE NEW.row_kind = 'export' AND id = NEW.row_id AND words_hash IS NOT NULL
                 UNION ALL
                 SELECT 1 FROM payout_result WHERE NEW.row_kind = 'result' AND id = NEW.row_id AND words_hash IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'Words are written with what they speak of only.'); END
;
CREATE TRIGGER line_conflict_not_deleted BEFORE DELETE ON line_conflict
BEGIN SELECT RAISE(ABORT, 'A conflict is seen, never taken out.'); END
;
CREATE TRIGGER line_conflict_seen BEFORE UPDATE ON line_conflict
WHEN OLD.seen_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.line_id IS NOT OLD.line_id OR NEW.operator_id IS NOT OLD.operator_id
  OR NEW.tried IS NOT OLD.tried OR NEW.decision_id IS NOT OLD.decision_id OR NEW.met_at IS NOT OLD.met_at
BEGIN SELECT RAISE(ABORT, 'A conflict is seen once, and never changed.'); END
;
CREATE TRIGGER line_conflict_next BEFORE INSERT ON line_conflict
WHEN EXISTS (SELECT 1 FROM line_conflict WHERE id = NEW.id)
  OR NOT EXISTS (SELECT 1 FROM line_decision WHERE id = NEW.decision_id AND line_id = NEW.line_id)
BEGIN SELECT RAISE(ABORT, 'A conflict is with a decision on its line.'); END
;
CREATE INDEX line_state_listed ON line_state (state, held, id)
;
CREATE VIEW earned_cashback AS
SELECT r.root_id AS member_id, l.id AS line_id, l.ordered_at, l.currency, l.amount_minor AS minor, l.ordered_at AS happened_at
  FROM cashback_line AS l
  JOIN member_root AS r ON r.id = l.payee_id
  JOIN line_state AS s ON s.id = l.id
 WHERE s.state <> 'rejected'
UNION ALL
SELECT r.root_id, l.id, l.ordered_at, l.currency, -v.amount_minor, v.refunded_at
  FROM line_reversal AS v
  JOIN cashback_line AS l ON l.id = v.line_id
  JOIN member_root AS r ON r.id = l.payee_id
  JOIN line_state AS s ON s.id = l.id
 WHERE s.state <> 'rejected'
;
CREATE INDEX segment_version_saved ON segment_version (segment_id, saved_at, version)
;
CREATE VIEW saved_segment AS
SELECT v.id, s.id AS segment_id, s.ref, s.name, s.folded, v.version, v.rule, v.members, v.owner, v.purpose, v.review_on,
       v.operator_id, v.saved_at, v.is_dropped, v.report
  FROM segment_version AS v
  JOIN segment AS s ON s.id = v.segment_id
;
CREATE INDEX column_run_fact ON column_run (fact, state, id)
;
CREATE TRIGGER column_order_changed AFTER UPDATE OF member_id, ordered_at, currency, total_minor, import_run_id ON "order"
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('order', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'order', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'order')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'order' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_order_removed AFTER DELETE ON "order"
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('order', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'order', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'order')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'order' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_line_changed AFTER UPDATE OF order_id, category, product, coupon, quantity, unit_price_minor, import_run_id ON order_line
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_line_removed AFTER DELETE ON order_line
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_refund_changed AFTER UPDATE OF refunded_at, amount_minor, order_id, refusal, import_run_id ON refund
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('refund', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_refund_removed AFTER DELETE ON refund
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('refund', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_click_changed AFTER UPDATE OF member_id, clicked_at, category, product, import_run_id ON click
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('click', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'click', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'click')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'click' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_click_removed AFTER DELETE ON click
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('click', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'click', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'click')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'click' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_cart_changed AFTER UPDATE OF member_id, changed_at, state, import_run_id ON cart
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('cart', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'cart', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'cart')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'cart' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_cart_removed AFTER DELETE ON cart
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('cart', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'cart', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'cart')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'cart' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_invite_changed AFTER UPDATE OF referrer_id, invitee_id, invited_at, import_run_id ON invite
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('invite', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'invite', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'invite')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'invite' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_invite_removed AFTER DELETE ON invite
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('invite', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'invite', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'invite')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'invite' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_member_changed AFTER UPDATE OF language, timezone, import_run_id ON member
WHEN OLD.language <> NEW.language OR OLD.timezone <> NEW.timezone OR OLD.import_run_id <> NEW.import_run_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('member', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'member', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'member')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'member' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_member_removed AFTER DELETE ON member
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('member', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'member', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'member')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'member' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_member_merged AFTER UPDATE OF merged_into ON member
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('merge', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_member_erased AFTER UPDATE OF erased_at ON member
WHEN NEW.erased_at IS NOT NULL
BEGIN
    DELETE FROM column_segment WHERE run_id IN (SELECT id FROM column_run WHERE fact = 'member');
    UPDATE column_run SET state = 'gone' WHERE fact = 'member';
    UPDATE column_mark SET through_id = 0, changes = changes + 1 WHERE fact = 'member';
    DELETE FROM column_touched WHERE fact = 'member';
END
;
CREATE TRIGGER column_product_added AFTER INSERT ON product
WHEN NEW.category <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_product_changed AFTER UPDATE OF category, import_run_id ON product
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_product_removed AFTER DELETE ON product
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('product', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_push_changed AFTER UPDATE OF member_id, sent_at, purpose, import_run_id ON elsewhere_push
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('push', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'push', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'push')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'push' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_push_removed AFTER DELETE ON elsewhere_push
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('push', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'push', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'push')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'push' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_heard_changed AFTER UPDATE OF member_id, said_at, import_run_id ON elsewhere_message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('heard', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'heard', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'heard')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'heard' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_heard_removed AFTER DELETE ON elsewhere_message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('heard', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'heard', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'heard')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'heard' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_message_changed AFTER UPDATE OF alias_id, direction, kind, sent_at, import_run_id ON message
WHEN OLD.alias_id IS NOT NEW.alias_id OR OLD.direction <> NEW.direction OR OLD.sent_at <> NEW.sent_at
     OR OLD.import_run_id <> NEW.import_run_id OR (OLD.kind = 'system') <> (NEW.kind = 'system')
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('message', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'message', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'message')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'message' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_message_removed AFTER DELETE ON message
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('message', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'message', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'message')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'message' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_alias_moved AFTER UPDATE OF member_id ON alias
WHEN OLD.member_id <> NEW.member_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('alias', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_alias_removed AFTER DELETE ON alias
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('alias', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_send_changed AFTER UPDATE OF state, purpose, conversation_id, written_at ON outgoing
WHEN (OLD.state IN ('sending', 'accepted', 'unknown', 'closed')) <> (NEW.state IN ('sending', 'accepted', 'unknown', 'closed')) OR OLD.purpose <> NEW.purpose
     OR OLD.conversation_id <> NEW.conversation_id OR OLD.written_at <> NEW.written_at
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_send_removed AFTER DELETE ON outgoing
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_send_tried AFTER INSERT ON attempt
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_send_timed AFTER UPDATE OF started_at ON attempt
WHEN OLD.started_at <> NEW.started_at
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_send_moved AFTER UPDATE OF member_id ON conversation
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('send', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_coupon_changed AFTER UPDATE OF order_id, coupon, import_run_id ON order_line
WHEN OLD.coupon <> '' OR NEW.coupon <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('coupon', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_coupon_removed AFTER DELETE ON order_line
WHEN OLD.coupon <> ''
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('coupon', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_consent_changed AFTER UPDATE OF member_id, purpose, state, decided_at ON consent
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('consent', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'consent', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'consent')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'consent' AND row_id = OLD.id);
END
;
CREATE TRIGGER column_consent_removed AFTER DELETE ON consent
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('consent', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'consent', OLD.id
     WHERE OLD.id <= (SELECT through_id FROM column_mark WHERE fact = 'consent')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'consent' AND row_id = OLD.id);
END
;
CREATE INDEX segment_holdout_member ON segment_holdout (member_id)
;
CREATE TRIGGER tag_rule_stays BEFORE DELETE ON tag_rule
BEGIN
    SELECT raise(ABORT, 'a version of a tag''s rule stays');
END
;
CREATE INDEX column_segment_catalogue ON column_segment (run_id, column, part, chunk, rows, low, high)
;
CREATE TRIGGER tag_rule_changes_never BEFORE UPDATE ON tag_rule
WHEN NEW.id <> OLD.id OR NEW.name <> OLD.name OR NEW.version <> OLD.version OR NEW.operator_id IS NOT OLD.operator_id
  OR NEW.set_at <> OLD.set_at OR NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'open')
BEGIN
    SELECT raise(ABORT, 'a version of a tag''s rule never changes');
END
;
CREATE TRIGGER column_alias_ended AFTER UPDATE OF seen_until, kind, group_id ON alias
WHEN OLD.seen_until IS NOT NEW.seen_until OR OLD.kind <> NEW.kind OR OLD.group_id <> NEW.group_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('reach', 1) ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
END
;
CREATE TRIGGER column_order_moved AFTER UPDATE OF member_id, ordered_at, currency, import_run_id ON "order"
WHEN OLD.member_id <> NEW.member_id OR OLD.ordered_at <> NEW.ordered_at OR OLD.currency <> NEW.currency
  OR OLD.import_run_id <> NEW.import_run_id
BEGIN
    INSERT INTO column_mark (fact, changes) VALUES ('line', 1), ('coupon', 1), ('refund', 1)
        ON CONFLICT (fact) DO UPDATE SET changes = changes + 1;
    INSERT INTO column_touched (fact, row_id)
    SELECT 'line', l.id FROM order_line AS l
     WHERE l.order_id = NEW.id AND l.id <= (SELECT through_id FROM column_mark WHERE fact = 'line')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'line' AND row_id = l.id);
    INSERT INTO column_touched (fact, row_id)
    SELECT 'coupon', l.id FROM order_line AS l
     WHERE l.order_id = NEW.id AND l.id <= (SELECT through_id FROM column_mark WHERE fact = 'coupon')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'coupon' AND row_id = l.id);
    INSERT INTO column_touched (fact, row_id)
    SELECT 'refund', f.id FROM refund AS f
     WHERE f.order_id = NEW.id AND f.id <= (SELECT through_id FROM column_mark WHERE fact = 'refund')
       AND NOT EXISTS (SELECT 1 FROM column_touched WHERE fact = 'refund' AND row_id = f.id);
END
;
CREATE INDEX inbound_waiting ON inbound (id) WHERE state = 'waiting'
;
CREATE INDEX notice_unseen ON notice (at, id) WHERE seen_at IS NULL
;
CREATE INDEX notice_newest ON notice (at, id)
;
CREATE INDEX inbound_whole ON inbound (received_at) WHERE state = 'done' AND body <> x''
;
CREATE INDEX inbound_item_left ON inbound_item (state, id) WHERE state <> 'done'
;
CREATE INDEX inbound_item_body ON inbound_item (inbound_id, place)
;
CREATE INDEX inbound_item_again ON inbound_item (again_at) WHERE again_at IS NOT NULL
;
CREATE INDEX inbound_delivery ON inbound (source, delivery) WHERE delivery <> ''
;
CREATE INDEX inbound_shop ON inbound (source, received_at) WHERE source IN ('shopify', 'woocommerce', 'generic')
;
