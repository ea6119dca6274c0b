-- Applies what became of deliveries. `at` is the index in ARGV of the first item; `counts` how many of each kind.
-- The caller has made sure that the consumer still owns its loans.
-- Answers how many old dead were dropped.

local function unlend(active, ids)
  if #ids > 0 then redis.call('SREM', active, unpack(ids)) end
end

local function settle_done(keys, ids)
  if #ids == 0 then return end
  redis.call('HDEL', keys.messages, unpack(ids))
  redis.call('SREM', keys.active, unpack(ids))
  if redis.call('EXISTS', keys.histories) == 1 then redis.call('HDEL', keys.histories, unpack(ids)) end
end

local function settle_released(keys, ids, max_crashes)
  local backwards = {}
  for i = #ids, 1, -1 do backwards[#backwards + 1] = ids[i] end
  local innocents, suspects = part_suspects(keys, backwards, max_crashes)
  if #innocents > 0 then redis.call('LPUSH', keys.ready, unpack(innocents)) end
  if #suspects > 0 then redis.call('LPUSH', keys.suspects, unpack(suspects)) end
  unlend(keys.active, ids)
end

-- Items: id, delay (ms), history.
local function settle_delayed(keys, at, count, ms)
  local ids = {}
  for i = 0, count - 1 do
    local id, delay, history = ARGV[at + 3 * i], ARGV[at + 3 * i + 1], ARGV[at + 3 * i + 2]
    redis.call('ZADD', keys.delayed, ms + tonumber(delay), id)
    redis.call('HSET', keys.histories, id, history)
    ids[#ids + 1] = id
  end
  unlend(keys.active, ids)
end

-- Items: id, record (JSON).
local function settle_dead(keys, at, count, ms)
  local ids, records = {}, {}
  for i = 0, count - 1 do
    ids[#ids + 1] = ARGV[at + 2 * i]
    records[#records + 1] = ARGV[at + 2 * i + 1]
  end
  local dropped = bury(keys, ids, records, ms)
  unlend(keys.active, ids)
  return dropped
end
