-- Applies what became of deliveries. The caller has made sure that the consumer still owns its loans.

-- What the scout brought, and still has, is on loan to its consumer from now on.
local function adopt(keys, scout, entry)
  redis.call('SMOVE', keys.scouted, keys.active, entry)
  if redis.call('EXISTS', keys.scouted) == 0 then redis.call('ZREM', keys.consumers, scout) end
end

-- Whether a loan of the consumer is, or covers, the message that `entry` stands for.
local function lends(keys, entry)
  local page, at = sub(entry, 1, PAGE_LENGTH), tonumber(sub(entry, 21, 22))
  for _, loan in ipairs(redis.call('SMEMBERS', keys.active)) do
    if loan == entry then return true end
    -- Without an index it is foreign, and on no page.
    local span = at and sub(loan, 1, PAGE_LENGTH) == page and span_of(loan)
    local first = span and tonumber(sub(span, 21, 22))
    if first and first <= at and at < first + count_of(span) then return true end
  end
  return false
end

-- The loans of pages that end, and what stays on loan of them.
local function settle_loans(keys, ended, kept)
  if #ended > 0 then redis.call('SREM', keys.active, unpack(ended)) end
  if #kept > 0 then redis.call('SADD', keys.active, unpack(kept)) end
end

-- The loans of those of `spans` that have fields of their own. Answers their ids.
local function unlend_alone(keys, spans)
  local ids = {}
  for i = 1, #spans do
    if is_alone(spans[i]) then ids[#ids + 1] = sub(spans[i], 1, ID_LENGTH) end
  end
  if #ids > 0 then redis.call('SREM', keys.active, unpack(ids)) end
  return ids
end

local function settle_done(keys, spans, departures)
  for i = 1, #spans do
    if not is_alone(spans[i]) then depart(departures, spans[i]) end
  end
  local ids = unlend_alone(keys, spans)
  if #ids == 0 then return end
  redis.call('HDEL', keys.messages, unpack(ids))
  if redis.call('EXISTS', keys.histories) == 1 then redis.call('HDEL', keys.histories, unpack(ids)) end
end

-- Back to the front, in their order.
local function settle_released(keys, spans, max_crashes)
  unlend_alone(keys, spans)
  local backwards = {}
  for i = #spans, 1, -1 do backwards[#backwards + 1] = entry_of(spans[i]) end
  local innocents, suspects = part_suspects(keys, backwards, max_crashes)
  if #innocents > 0 then redis.call('LPUSH', keys.ready, unpack(innocents)) end
  if #suspects > 0 then redis.call('LPUSH', keys.suspects, unpack(suspects)) end
  add_surplus(keys, surplus_of(innocents))
end

-- `count` items from ARGV[at]: span of one, delay (ms), history.
local function settle_delayed(keys, at, count, departures, ms)
  local spans = {}
  for i = 0, count - 1 do spans[i + 1] = ARGV[at + 3 * i] end
  unlend_alone(keys, spans)
  move_out(keys, spans, departures)
  for i = 0, count - 1 do
    local id = sub(spans[i + 1], 1, ID_LENGTH)
    redis.call('ZADD', keys.delayed, ms + tonumber(ARGV[at + 3 * i + 1]), id)
    redis.call('HSET', keys.histories, id, ARGV[at + 3 * i + 2])
  end
end

-- `count` items from ARGV[at]: span of one, record (JSON). Answers how many old dead were dropped.
local function settle_dead(keys, at, count, departures, ms)
  local spans, ids, records = {}, {}, {}
  for i = 1, count do
    spans[i], records[i] = ARGV[at + 2 * i - 2], ARGV[at + 2 * i - 1]
    ids[i] = sub(spans[i], 1, ID_LENGTH)
  end
  unlend_alone(keys, spans)
  move_out(keys, spans, departures)
  return bury(keys, ids, records, ms)
end
