--[[
  A scout gives back what it took: its consumer has no room any more. Again, it does nothing.

  KEYS  1 ready  2 consumers  3 meta  4 wake  5 active (of this scout)
  ARGV  1 scout
  Reply 1
]]
--- @include "ring"
--- @include "spans"
--- @include "surplus"

local keys = { ready = KEYS[1], consumers = KEYS[2], meta = KEYS[3], wake = KEYS[4], active = KEYS[5] }

local entries = redis.call('SMEMBERS', keys.active)
local tokens = redis.call('LLEN', keys.wake)
redis.call('LLEN', keys.ready)
-- Allowed when out of memory, and so is what comes after it.
redis.call('ZREM', keys.consumers, ARGV[1])
if #entries == 0 then return 1 end
redis.call('DEL', keys.active)
redis.call('LPUSH', keys.ready, unpack(entries))
add_surplus(keys, surplus_of(entries))
if tokens == 0 then ring(keys.wake) end
return 1
