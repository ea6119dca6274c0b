--[[
  Looks at all idle queues of a process at once.

  KEYS  six for each queue: ready, suspects, delayed, consumers, recovering, meta
  ARGV  the lease of each queue (ms)
  Reply {work, due, work, due, ...}   work: 1 when a claim would find something; due: ms until there will be
                                      something without a new message, or -1
]]
--- @include "now"
--- @include "look"

local ms = now()
local reply = {}
for i = 1, #KEYS, 6 do
  local keys = {
    ready = KEYS[i], suspects = KEYS[i + 1], delayed = KEYS[i + 2], consumers = KEYS[i + 3], recovering = KEYS[i + 4],
    meta = KEYS[i + 5],
  }
  local pressing, due = look(keys, tonumber(ARGV[(i + 5) / 6]), ms)
  reply[#reply + 1] = (pressing or redis.call('LLEN', keys.ready) > 0) and 1 or 0
  reply[#reply + 1] = due
end
return reply
