--[[
  Looks at all idle queues of a process at once. Writes nothing where there is something to claim: the claim
  that follows must see when the queue was last heard.

  KEYS  seven for each queue: ready, suspects, delayed, consumers, recovering, meta, histories
  ARGV  the lease of each queue (ms)
  Reply {work, due, work, due, ...}   work: 1 when a claim would find something; due: ms until the next
                                      delayed message, or -1
]]
--- @include "now"

local ms = now()
local reply = {}
for i = 1, #KEYS, 7 do
  local first = redis.call('ZRANGE', KEYS[i + 2], 0, 0, 'WITHSCORES')[2]
  local due = first and math.max(0, tonumber(first) - ms) or -1
  local expired = redis.call('ZCOUNT', KEYS[i + 3], '-inf', ms) > 0
  -- Nobody was heard for half a lease: it is for a claim to extend the leases of those who could not renew.
  local heard = tonumber(redis.call('HGET', KEYS[i + 5], 'heard') or ms)
  local was_away = ms - heard > ARGV[(i + 6) / 7] / 2 and redis.call('ZCARD', KEYS[i + 3]) > 0
  local work = due == 0 or expired or was_away or redis.call('LLEN', KEYS[i]) > 0 or redis.call('LLEN', KEYS[i + 1]) > 0
    or redis.call('ZCARD', KEYS[i + 4]) > 0
  if not expired and not was_away then
    -- Allowed when out of memory, and so is what comes after it.
    redis.call('HDEL', KEYS[i + 5], '')
    redis.call('HSET', KEYS[i + 5], 'heard', ms)
  end
  reply[#reply + 1] = work and 1 or 0
  reply[#reply + 1] = due
end
return reply
