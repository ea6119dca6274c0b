--[[
  A scout stands in line behind the BLPOP of an idle consumer, so that a message which comes is on its way at once. It
  takes one message, for a short time: then its consumer's next claim must have adopted it. If none came the process is
  frozen, the message goes to others, and that is no crash: nothing ran. What is not plain it leaves to a claim.

  KEYS  1 messages  2 ready  3 suspects  4 delayed  5 consumers  6 recovering  7 meta  8 histories  9 wake
        10 active (of this scout)
  ARGV  1 scout (its consumer's name and "+")  2 lease of the queue (ms)  3 how long it holds what it takes (ms)
  Reply {work, due, span, envelope, history}
        work  1 when a claim would find more
        due   ms until there will be something without a new message, or -1
        span  26 characters, or '' when it took nothing; history: "attempts crashes refusals", or '' for most

  A repeat (the reply was lost) grants what is on loan to it already.
]]
--- @include "now"
--- @include "look"
--- @include "spans"
--- @include "surplus"

local keys = {
  messages = KEYS[1], ready = KEYS[2], suspects = KEYS[3], delayed = KEYS[4], consumers = KEYS[5],
  recovering = KEYS[6], meta = KEYS[7], histories = KEYS[8], wake = KEYS[9], active = KEYS[10],
}
local scout, lease, hold = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ms = now()

local entry = redis.call('SMEMBERS', keys.active)[1]
local pressing, due = look(keys, lease, ms)
local span = entry and span_of(entry)

-- Looks before it takes: a span that is more than one message is taken apart, and what is strange stays.
local first = not span and not pressing and redis.call('LINDEX', keys.ready, 0)
local found = first and span_of(first)
local text = found and find(found, '^%w+$') and redis.call('HGET', keys.messages, field_of(found))
if text then
  local rest = count_of(found) - 1
  span = rest > 0 and part_of(found, 0, 1) or found
  -- The first write, allowed when out of memory; the rest is allowed after it.
  redis.call('LPOP', keys.ready)
  redis.call('SADD', keys.active, entry_of(span))
  if rest > 0 then
    redis.call('LPUSH', keys.ready, part_of(found, 1, rest))
    add_surplus(keys, -1)
  end
elseif span then
  text = redis.call('HGET', keys.messages, field_of(span)) or ''
end

local left = redis.call('LLEN', keys.ready)
if text and left == 0 then redis.call('HDEL', keys.meta, 'surplus') end
local work = pressing or left > 0
if work and redis.call('LLEN', keys.wake) == 0 then
  -- Allowed when out of memory, and so is what comes after it.
  redis.call('HDEL', keys.meta, '')
  redis.call('RPUSH', keys.wake, '1')
end
if not span then return { work and 1 or 0, due, '', '', '' } end
-- Again: this may be the first write of a repeat.
redis.call('HDEL', keys.meta, '')
redis.call('ZADD', keys.consumers, ms + hold, scout)
local history = redis.call('HGET', keys.histories, entry_of(span)) or ''
if #history > 18 or not find(history, '^%d+ %d+ %d+$') then history = '' end
return { work and 1 or 0, due, span, envelopes_of(span, text), history }
