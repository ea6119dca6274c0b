-- Looks at a queue from outside. `pressing` is what only a claim can do: recover, promote, grant a suspect. Writes
-- nothing when a lease may have to be extended: the claim that follows must see when the queue was last heard.
-- Answers pressing, and ms until there is something to do without a new message, or -1.

-- Ms until a scout's time is over, or -1. One that is not heard in time was frozen; what it took is for others at once.
local function scout_ends(first, ms)
  if #first == 0 or string.sub(first[1], -1) ~= '+' then return -1 end
  return math.max(0, tonumber(first[2]) - ms)
end

local function first_consumer(keys)
  return redis.call('ZRANGE', keys.consumers, 0, 0, 'WITHSCORES')
end

local function sooner(one, other)
  if one < 0 or other < 0 then return math.max(one, other) end
  return math.min(one, other)
end

local function look(keys, lease, ms)
  local delayed = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')[2]
  local due = delayed and math.max(0, tonumber(delayed) - ms) or -1
  local first = first_consumer(keys)
  local expired = #first > 0 and tonumber(first[2]) <= ms
  -- Nobody was heard for half a lease: it is for a claim to extend the leases of those who could not renew.
  local heard = redis.call('HGET', keys.meta, 'heard')
  local silence = heard and ms - tonumber(heard) or 0
  local was_away = silence > lease / 2 and #first > 0
  local pressing = due == 0 or expired or was_away or redis.call('LLEN', keys.suspects) > 0
    or redis.call('ZCARD', keys.recovering) > 0
  -- Those who look often need not say so each time.
  if not expired and not was_away and (not heard or silence >= lease / 16) then
    -- Allowed when out of memory, and so is what comes after it.
    redis.call('HDEL', keys.meta, '')
    redis.call('HSET', keys.meta, 'heard', ms)
  end
  return pressing, sooner(due, scout_ends(first, ms))
end
