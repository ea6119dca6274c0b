--[[
  A scout stands in line behind the BLPOP of an idle consumer, so that a message which comes is on its way at once. It
  takes one message, for a short time: the consumer's next claim adopts it. If none comes the process is frozen, the
  message goes to others, and that is no crash: nothing ran.

  KEYS  1 messages  2 ready  3 suspects  4 delayed  5 consumers  6 recovering  7 meta  8 histories  9 dead
        10 reasons  11 wake  12 active (of this scout)
  ARGV  1 scout (its consumer's name and "+")  2 lease of the queue (ms)  3 how long it holds what it takes (ms)
  Reply {work, due, histories, dropped, span, envelopes}
        work  1 when a claim would find more
        due   ms until there will be something without a new message, or -1
        span  26 characters; it and the envelopes, a JSON array, only when there is something

  A repeat (the reply was lost) grants what is on loan to it already.
]]
--- @include "now"
--- @include "look"
--- @include "ring"
--- @include "spans"
--- @include "surplus"
--- @include "history"
--- @include "bury"
--- @include "grant"

local keys = {
  messages = KEYS[1], ready = KEYS[2], suspects = KEYS[3], delayed = KEYS[4], consumers = KEYS[5],
  recovering = KEYS[6], meta = KEYS[7], histories = KEYS[8], dead = KEYS[9], reasons = KEYS[10], wake = KEYS[11],
  active = KEYS[12],
}
local scout, lease, hold = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ms = now()

-- Reading first: a key of a wrong type fails here, before anything is written.
redis.call('HEXISTS', keys.messages, '')
local tokens = redis.call('LLEN', keys.wake)
local ready = redis.call('LLEN', keys.ready)
local entries = redis.call('SMEMBERS', keys.active)

local pressing, due = look(keys, lease, ms)
local spans, envelopes, dropped = {}, {}, 0
if #entries > 0 then
  spans[1] = span_of(entries[1])
  envelopes = read_envelopes(keys, spans)
elseif ready > 0 and not pressing then
  spans, envelopes, dropped = take(keys, keys.ready, 1, ms)
end
if #spans > 0 then redis.call('ZADD', keys.consumers, ms + hold, scout) end
local more = pressing or ready > 1 and redis.call('LLEN', keys.ready) > 0
if more and tokens == 0 then ring(keys.wake) end
return bind({ more and 1 or 0, due, histories_of(keys, spans), dropped }, spans, envelopes)
