--[[
  One cycle of a consumer: settles what it finished, renews its lease, recovers silent consumers, promotes due
  messages, and takes more. Time is the server's.

  KEYS  1 messages  2 ready  3 suspects  4 delayed  5 consumers  6 recovering  7 histories  8 dead  9 reasons
        10 meta  11 parted  12 wake  13 active (of this consumer)  14 call (of this consumer)
        15 active (of its scout)
  ARGV  1 base ("prefix:{queue}:")  2 consumer  3 sequence number  4 lease (ms)  5 want (at most 1,000)
        6 its last answered call, if it believes that something is on loan to it, or 0  7 maxCrashes
        8 what it adopts of its scout (an entry), or ''
        9 the loans that end  10 what of them stays on loan  11 done  12 released (spans, joined)
        13 delayed  14 dead  15 results (how many of each)
        16... delayed (span of one, delay, history), dead (span of one, record), results (id, ttl, result)

  Reply {status, histories, flags, due, buried ids, buried envelopes, dropped, spans, envelopes, spans, envelopes, ...}
        status     1, or -1: the lease is gone, nothing was applied
        histories  lines "index attempts crashes refusals", only where there is one
        flags      1: the message must run alone; 2: such a message waits for a consumer that holds nothing;
                   4: more is ready; 8: what it would adopt was given to others (sums)
        due        ms until there will be something without a new message, or -1
        buried     what crashed too often and is dead now: ids, 22 characters each, and envelopes joined by commas
        dropped    dead messages dropped to keep the limit
        spans      what is granted: 26 characters each, joined
        envelopes  theirs, joined by commas; a page or about 4 KiB, then the next spans follow

  A repeat (the reply was lost, the client sent it again) applies nothing and grants the same spans. A call that
  arrives after a later one (from a connection given up as dead) does nothing: nobody reads its reply.
  A name that was recovered, or that ended, is never heard again.
]]
--- @include "now"
--- @include "look"
--- @include "ring"
--- @include "spans"
--- @include "surplus"
--- @include "pages"
--- @include "history"
--- @include "bury"
--- @include "recover"
--- @include "promote"
--- @include "settle"
--- @include "store_results"
--- @include "grant"

local keys = {
  messages = KEYS[1], ready = KEYS[2], suspects = KEYS[3], delayed = KEYS[4], consumers = KEYS[5],
  recovering = KEYS[6], histories = KEYS[7], dead = KEYS[8], reasons = KEYS[9], meta = KEYS[10],
  parted = KEYS[11], wake = KEYS[12], active = KEYS[13], call = KEYS[14], scouted = KEYS[15],
}
local base, consumer, sequence, lease, want = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local max_crashes, adopted = tonumber(ARGV[7]), ARGV[8]
local delayed, dead, results = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local ms = now()
local owns = redis.call('ZSCORE', keys.consumers, consumer)

-- Reading first: a key of a wrong type fails here, before anything is written.
redis.call('HEXISTS', keys.messages, '')
local tokens = redis.call('LLEN', keys.wake)
redis.call('LLEN', keys.ready)
redis.call('LLEN', keys.suspects)
redis.call('ZCARD', keys.delayed)
redis.call('ZCARD', keys.dead)
redis.call('HEXISTS', keys.histories, '')
redis.call('HEXISTS', keys.reasons, '')
redis.call('HEXISTS', keys.parted, '')
redis.call('ZCARD', keys.recovering)
local previous = redis.call('GET', keys.call)
local lost = { -1, '', 0, -1, '', '', 0 }

if previous == LOST then return lost end
if previous then
  local number, flag, granted = string.match(previous, '^(%d+):(%d+):(.*)$')
  if tonumber(number) > tonumber(sequence) then return { 1, '', 0, -1, '', '', 0 } end
  if number == sequence and (owns or granted == '') then
    local spans = split_spans(granted)
    if #spans == 0 then return { 1, '', tonumber(flag) + 4, -1, '', '', 0 } end
    -- As below: the first write is one that is allowed when out of memory.
    redis.call('HDEL', keys.meta, 'extended:' .. consumer)
    redis.call('ZADD', keys.consumers, ms + lease, consumer)
    local reply = { 1, histories_of(keys, spans), tonumber(flag) + 4, -1, '', '', 0 }
    return bind(reply, spans, read_envelopes(keys, spans))
  end
end
local answered = tonumber(ARGV[6])
-- A server that does not know what it answered (a failover, a crash) does not know of loans either.
local known = tonumber(string.match(previous or '0', '^%d+'))
if answered > 0 and (not owns or known < answered) then return lost end
-- What it does not know of came back to it in the same way, and must not stay for as long as it is heard.
if answered == 0 and owns and redis.call('SCARD', keys.active) > 0 then return lost end
local is_gone = adopted ~= '' and redis.call('SISMEMBER', keys.scouted, adopted) == 0
-- Others had recovered its own loan, its scout brought it that once more, and this server has forgotten both: it can't
-- tell which is gone.
if is_gone and lends(keys, adopted) then return lost end

-- The first write is one that Redis allows when out of memory; the rest of the script is allowed after it.
redis.call('HDEL', keys.meta, 'extended:' .. consumer)
local earliest = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')[2]

if adopted ~= '' and not is_gone then adopt(keys, consumer .. '+', adopted) end
local departures = new_departures()
settle_loans(keys, split_spans(ARGV[9]), split_spans(ARGV[10]))
settle_done(keys, split_spans(ARGV[11]), departures)
settle_released(keys, split_spans(ARGV[12]), max_crashes)
local at = 16
settle_delayed(keys, at, delayed, departures, ms)
at = at + 3 * delayed
local dropped = settle_dead(keys, at, dead, departures, ms)
at = at + 2 * dead
store_results(base, at, results)

if owns then redis.call('ZADD', keys.consumers, ms + lease, consumer) end
expire_consumers(keys, base, lease, ms)
local buried, dropped_crashed = drain_recovering(keys, base, max_crashes, departures, ms)
end_departures(keys, departures)
local due = promote(keys, max_crashes, ms)

-- What its scout holds may run already.
local function holds_nothing()
  return redis.call('SCARD', keys.active) == 0 and redis.call('EXISTS', keys.scouted) == 0
end

-- Nothing is granted while a recovery is under way, or what comes back later would be overtaken.
local spans, envelopes, dropped_strange, flags = {}, {}, 0, 0
if want > 0 and redis.call('ZCARD', keys.recovering) == 0 then
  if redis.call('LLEN', keys.suspects) == 0 then
    spans, envelopes, dropped_strange = take(keys, keys.ready, math.min(want, 1000), ms)
  elseif holds_nothing() then
    spans, envelopes, dropped_strange = take(keys, keys.suspects, 1, ms)
    flags = #spans
  end
end
if flags == 0 and redis.call('LLEN', keys.suspects) > 0 and not holds_nothing() then flags = 2 end
if is_gone then flags = flags + 8 end

if redis.call('SCARD', keys.active) == 0 then
  redis.call('ZREM', keys.consumers, consumer)
else
  redis.call('ZADD', keys.consumers, ms + lease, consumer)
end
-- For as long as it may be asked for: a consumer with long tasks is heard again within its lease.
redis.call('SET', keys.call, sequence .. ':' .. flags .. ':' .. table.concat(spans), 'PX', math.max(86400000, lease))

local more = redis.call('LLEN', keys.ready) > 0 or redis.call('LLEN', keys.suspects) > 0
  or redis.call('ZCARD', keys.recovering) > 0
if more then flags = flags + 4 end
local first = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')[2]
local is_sooner = first and (not earliest or tonumber(first) < tonumber(earliest))
if tokens == 0 and (more or is_sooner) then ring(keys.wake) end

-- Others may leave a token with each message; one is enough.
if tokens > 1 then redis.call('LTRIM', keys.wake, 0, 0) end

local buried_envelopes = ''
if #buried > 0 then
  local found = redis.call('HMGET', keys.messages, unpack(buried))
  for i = 1, #found do found[i] = found[i] or '' end
  buried_envelopes = table.concat(found, ',')
end
local reply = {
  1, histories_of(keys, spans), flags, sooner(due, scout_ends(first_consumer(keys), ms)), table.concat(buried),
  buried_envelopes, dropped + dropped_crashed + dropped_strange,
}
return bind(reply, spans, envelopes)
