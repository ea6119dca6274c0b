-- Finds silent consumers and gives back what was on loan to them, in bounded steps.

local MAX_CONSUMERS = 100
-- Instead of a consumer's last call: whatever still comes from it comes too late.
local LOST = 'lost'

-- The name of a consumer, and "+".
local function is_scout(consumer)
  return sub(consumer, -1) == '+'
end

local function start_recovery(keys, base, consumer, ms)
  redis.call('ZADD', keys.recovering, ms, consumer)
  redis.call('ZREM', keys.consumers, consumer)
  redis.call('HDEL', keys.meta, 'extended:' .. consumer)
  -- A scout makes no calls.
  if not is_scout(consumer) then redis.call('SET', base .. 'call:' .. consumer, LOST, 'PX', 86400000) end
  local active, loans = base .. 'active:' .. consumer, base .. 'recovering:' .. consumer
  if redis.call('EXISTS', loans) == 1 then
    -- It came back, and is gone again, before its first recovery ended.
    redis.call('SUNIONSTORE', loans, loans, active)
    redis.call('DEL', active)
  elseif redis.call('EXISTS', active) == 1 then
    redis.call('RENAME', active, loans)
  end
end

-- Takes the expired out of `consumers`; drain_recovering empties their loans. When nobody was heard for half a
-- lease, Redis (or everybody) was away and nobody could renew: then each gets one more lease, also those whose lease
-- has not quite ended, as they may be back later than that. But only one until it is heard itself, or a queue that is
-- claimed rarely would never recover anything.
local function expire_consumers(keys, base, lease, ms)
  local heard = tonumber(redis.call('HGET', keys.meta, 'heard') or ms)
  local was_away = ms - heard > lease / 2
  local latest = was_away and '(' .. ms + lease or ms
  local found = redis.call('ZRANGEBYSCORE', keys.consumers, '-inf', latest, 'WITHSCORES', 'LIMIT', 0, MAX_CONSUMERS)
  local changed = 0
  for i = 1, #found, 2 do
    local consumer = found[i]
    -- Not a scout: nobody may wait a whole lease for what nothing runs of.
    if was_away and not is_scout(consumer) and redis.call('HSETNX', keys.meta, 'extended:' .. consumer, '1') == 1 then
      redis.call('ZADD', keys.consumers, ms + lease, consumer)
      changed = changed + 1
    elseif tonumber(found[i + 1]) <= ms then
      start_recovery(keys, base, consumer, ms)
      changed = changed + 1
    end
  end
  -- If there may be more to extend, the next claim must see that, too.
  if changed < MAX_CONSUMERS then redis.call('HSET', keys.meta, 'heard', ms) end
end

-- The messages of up to 500 loans, newest first, each as a span of one; about 500 messages, whole loans only.
local function newest_loans(loans)
  local entries = redis.call('SORT', loans, 'ALPHA', 'DESC', 'LIMIT', 0, 500)
  local taken, singles = {}, {}
  for i = 1, #entries do
    if #singles >= 500 then break end
    taken[i] = entries[i]
    local span = span_of(entries[i])
    for at = span and count_of(span) - 1 or -1, 0, -1 do
      singles[#singles + 1] = is_alone(span) and span or part_of(span, at, 1)
    end
  end
  return taken, singles
end

-- One step: some 500 messages of one consumer go back to the front, oldest first at the head, with crashes + 1 (unless it
-- was a scout: then nothing ran), and with fields of their own. The next crash would kill a suspect, so it waits apart,
-- to be claimed alone.
-- Answers the ids that crashed too often (dead now) and how many old dead were dropped for them.
local function drain_recovering(keys, base, max_crashes, departures, ms)
  local consumer = redis.call('ZRANGE', keys.recovering, 0, 0)[1]
  if not consumer then return {}, 0 end
  local loans = base .. 'recovering:' .. consumer
  local taken, singles = newest_loans(loans)
  if #taken == 0 then
    redis.call('ZREM', keys.recovering, consumer)
    return {}, 0
  end
  move_out(keys, singles, departures)
  local crash = is_scout(consumer) and 0 or 1
  local entries = redis.call('HMGET', keys.histories, unpack(entries_of(singles)))
  local front, buried, records = {}, {}, {}
  for i = 1, #singles do
    local id = sub(singles[i], 1, ID_LENGTH)
    local attempts, crashes, refusals = parse_history(entries[i])
    crashes = crashes + crash
    if crash > 0 and crashes >= max_crashes then
      buried[#buried + 1] = id
      records[#records + 1] = string.format('{"reason":"crashed","attempts":%d,"crashes":%d}', attempts, crashes)
    else
      if crash > 0 then redis.call('HSET', keys.histories, id, attempts .. ' ' .. crashes .. ' ' .. refusals) end
      if is_suspect(crashes, max_crashes) then
        redis.call('LPUSH', keys.suspects, id)
      else
        front[#front + 1] = id
      end
    end
  end
  if #front > 0 then redis.call('LPUSH', keys.ready, unpack(front)) end
  redis.call('SREM', loans, unpack(taken))
  if redis.call('SCARD', loans) == 0 then redis.call('ZREM', keys.recovering, consumer) end
  return buried, bury(keys, buried, records, ms)
end
