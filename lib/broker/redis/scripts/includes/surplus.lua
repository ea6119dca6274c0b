-- `ready` is as long as its entries are many, but a span is more than one message: `surplus` in `meta` is by how much.
local function add_surplus(keys, surplus)
  if surplus ~= 0 then redis.call('HINCRBY', keys.meta, 'surplus', surplus) end
end

local function surplus_of(entries)
  local surplus = 0
  for i = 1, #entries do
    if #entries[i] == SPAN_LENGTH then surplus = surplus + (count_of(entries[i]) or 1) - 1 end
  end
  return surplus
end
