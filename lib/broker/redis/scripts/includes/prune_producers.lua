-- Each new producer looks at a few others and forgets those not heard for a day, so the hash stays bounded
-- by the producers of a day. A call of a forgotten one is refused by its deadline.
local function prune_producers(producers, ms)
  local cursor = redis.call('HGET', producers, 'cursor') or '0'
  local page = redis.call('HSCAN', producers, cursor, 'COUNT', 20)
  redis.call('HSET', producers, 'cursor', page[1])
  for i = 1, #page[2], 2 do
    local heard = string.match(page[2][i + 1], ' (%d+)$')
    if heard and ms - tonumber(heard) > 86400000 then redis.call('HDEL', producers, page[2][i]) end
  end
end
