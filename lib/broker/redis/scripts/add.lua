--[[
  Stores a batch of messages at the back of the queue, all or nothing.

  KEYS  1 messages  2 ready  3 wake  4 producers
  ARGV  1 producer  2 sequence number  3 deadline (ms, server time)
        4 ids, joined, 22 characters each  5 their envelopes, joined by line feeds (JSON holds none)
        6 the number up to which the producer has all its answers

  Reply  {1, now}   stored
         {0, now}   a repeat of a call that was stored: nothing done
         {-1, now}  too old to tell a repeat from a first call: nothing done
         {-2, now}  an earlier call has yet to come, or this one would pass for a repeat later: nothing done
]]
--- @include "now"
--- @include "prune_producers"
--- @include "ring"
--- @include "split_ids"

local messages, ready, wake, producers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local producer, sequence = ARGV[1], tonumber(ARGV[2])
local ms = now()

if ms > tonumber(ARGV[3]) then return { -1, ms } end
local last = redis.call('HGET', producers, producer)
local number = last and tonumber(string.match(last, '^%d+')) or 0
if sequence <= number then return { 0, ms } end
-- What was answered came, though nothing was stored of it: it was refused, or this server has forgotten it.
if sequence > math.max(number, tonumber(ARGV[6])) + 1 then return { -2, ms } end

-- Reading first: a key of a wrong type fails here, before anything is written.
redis.call('LLEN', ready)
redis.call('LLEN', wake)

local ids = split_ids(ARGV[4])
-- A plain search is a third cheaper for the whole call than matching a pattern.
local pairs_of, count, from, text = {}, 0, 1, ARGV[5]
local find, sub = string.find, string.sub
repeat
  local feed = find(text, '\n', from, true)
  local envelope = sub(text, from, (feed or 0) - 1)
  if envelope == '' then break end
  count = count + 1
  pairs_of[2 * count - 1], pairs_of[2 * count] = ids[count] or '', envelope
  from = feed and feed + 1
until not from
if count ~= #ids then return redis.error_reply('NB an envelope is empty or holds a line feed') end

redis.call('HSET', messages, unpack(pairs_of))
redis.call('RPUSH', ready, unpack(ids))
redis.call('HSET', producers, producer, ARGV[2] .. ' ' .. ms)
ring(wake)
if not last then prune_producers(producers, ms) end
return { 1, ms }
