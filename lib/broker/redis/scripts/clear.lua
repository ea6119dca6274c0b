--[[
  Removes a chunk of what waits: ready, suspects, delayed. Never what is on loan or dead.

  KEYS  1 messages  2 ready  3 suspects  4 delayed  5 histories  6 parted  7 meta
  ARGV  1 about how many (up to 500)
  Reply {id of the first, how many, their envelopes (joined by ",\n"), ...}   for each run of messages; empty
        envelopes where there were none; {} when nothing is left
]]
--- @include "spans"
--- @include "pages"
--- @include "surplus"

local keys = {
  messages = KEYS[1], ready = KEYS[2], suspects = KEYS[3], delayed = KEYS[4], histories = KEYS[5], parted = KEYS[6],
  meta = KEYS[7],
}
local most = tonumber(ARGV[1])

-- Each entry may be a page: so a few at a time, until they hold enough.
local function pop_some(source)
  local entries, count = {}, 0
  while count < most do
    local entry = redis.call('LPOP', source)
    if not entry then break end
    local span = span_of(entry)
    entries[#entries + 1], count = entry, count + (span and count_of(span) or 1)
  end
  return entries
end

local entries = pop_some(keys.ready)
if redis.call('LLEN', keys.ready) > 0 then
  add_surplus(keys, -surplus_of(entries))
else
  redis.call('HDEL', keys.meta, 'surplus')
end
if #entries == 0 then entries = pop_some(keys.suspects) end
if #entries == 0 then
  entries = redis.call('ZRANGE', keys.delayed, 0, most - 1)
  if #entries > 0 then redis.call('ZREM', keys.delayed, unpack(entries)) end
end
if #entries == 0 then return {} end

local spans, alone, departures = {}, {}, new_departures()
for i = 1, #entries do
  -- What is no id has its envelope under that name all the same.
  local span = span_of(entries[i]) or entries[i] .. ALONE
  spans[i] = span
  if is_alone(span) then alone[#alone + 1] = entries[i] else depart(departures, span) end
end
local envelopes = read_envelopes(keys, spans)
if #alone > 0 then
  redis.call('HDEL', keys.messages, unpack(alone))
  redis.call('HDEL', keys.histories, unpack(alone))
end
end_departures(keys, departures)
local reply = {}
for i = 1, #spans do
  reply[3 * i - 2] = is_alone(spans[i]) and entries[i] or sub(spans[i], 1, ID_LENGTH)
  reply[3 * i - 1], reply[3 * i] = is_alone(spans[i]) and 1 or count_of(spans[i]), envelopes[i]
end
return reply
