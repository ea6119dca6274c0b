--[[
  Stores a batch of messages at the back of the queue, all or nothing.

  KEYS  1 messages  2 ready  3 wake  4 producers  5 meta
  ARGV  1 producer  2 sequence number  3 deadline (ms, server time)
        4 the number up to which the producer has all its answers
        5 spans, joined: each a whole page, or a message of its own  6... for each its envelopes, joined by ",\n"

  Reply  {1, now}   stored
         {0, now}   a repeat of a call that was stored: nothing done
         {-1, now}  too old to tell a repeat from a first call: nothing done
         {-2, now}  an earlier call has yet to come, or this one would pass for a repeat later: nothing done
]]
--- @include "now"
--- @include "prune_producers"
--- @include "ring"
--- @include "spans"
--- @include "surplus"

local keys = { messages = KEYS[1], ready = KEYS[2], wake = KEYS[3], producers = KEYS[4], meta = KEYS[5] }
local producer, sequence = ARGV[1], tonumber(ARGV[2])
local ms = now()

if ms > tonumber(ARGV[3]) then return { -1, ms } end
local last = redis.call('HGET', keys.producers, producer)
local number = last and tonumber(string.match(last, '^%d+')) or 0
if sequence <= number then return { 0, ms } end
-- What was answered came, though nothing was stored of it: it was refused, or this server has forgotten it.
if sequence > math.max(number, tonumber(ARGV[4])) + 1 then return { -2, ms } end

local spans = split_spans(ARGV[5])
local entries = entries_of(spans)
local surplus = surplus_of(entries)
-- Reading first: a key of a wrong type fails here, before anything is written.
local tokens = redis.call('LLEN', keys.wake)
redis.call('LLEN', keys.ready)
if surplus > 0 then redis.call('HEXISTS', keys.meta, '') end

local stored = {}
for i = 1, #spans do
  stored[2 * i - 1], stored[2 * i] = field_of(spans[i]), ARGV[5 + i]
end
redis.call('HSET', keys.messages, unpack(stored))
redis.call('RPUSH', keys.ready, unpack(entries))
add_surplus(keys, surplus)
redis.call('HSET', keys.producers, producer, ARGV[2] .. ' ' .. ms)
if tokens == 0 then ring(keys.wake) end
if not last then prune_producers(keys.producers, ms) end
return { 1, ms }
