--[[
  KEYS  1 ready  2 suspects  3 delayed  4 consumers  5 recovering  6 dead  7 meta
  ARGV  1 base ("prefix:{queue}:")
  Reply {ready, delayed, on loan, dead}
]]
--- @include "spans"

local function messages_in(key)
  local count = 0
  for _, entry in ipairs(redis.call('SMEMBERS', key)) do
    local span = span_of(entry)
    count = count + (span and count_of(span) or 1)
  end
  return count
end

local on_loan = 0
for _, consumer in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  on_loan = on_loan + messages_in(ARGV[1] .. 'active:' .. consumer)
end
for _, consumer in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  on_loan = on_loan + messages_in(ARGV[1] .. 'recovering:' .. consumer)
end
local ready = redis.call('LLEN', KEYS[1])
if ready > 0 then ready = math.max(ready, ready + tonumber(redis.call('HGET', KEYS[7], 'surplus') or 0)) end
return { ready + redis.call('LLEN', KEYS[2]), redis.call('ZCARD', KEYS[3]), on_loan, redis.call('ZCARD', KEYS[6]) }
