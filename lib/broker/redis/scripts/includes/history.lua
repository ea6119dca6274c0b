-- A history is "attempts crashes refusals"; no entry, or one that can't be ours, means "0 0 0". Only messages with a
-- field of their own have one.
local function parse_history(entry)
  local attempts, crashes, refusals = string.match(entry or '', '^(%d+) (%d+) (%d+)$')
  if not attempts or #entry > 18 then return 0, 0, 0 end
  return tonumber(attempts), tonumber(crashes), tonumber(refusals)
end

-- One whose next crash would kill it: it waits apart, and runs alone.
local function is_suspect(crashes, max_crashes)
  return crashes > 0 and crashes >= max_crashes - 1
end

-- Those of `entries` (ids and spans) that wait in `ready`, and those that wait in `suspects`.
local function part_suspects(keys, entries, max_crashes)
  if #entries == 0 or redis.call('EXISTS', keys.histories) == 0 then return entries, {} end
  local histories, innocents, suspects = redis.call('HMGET', keys.histories, unpack(entries)), {}, {}
  for i = 1, #entries do
    local _, crashes = parse_history(histories[i])
    local list = is_suspect(crashes, max_crashes) and suspects or innocents
    list[#list + 1] = entries[i]
  end
  return innocents, suspects
end

-- The histories of what is granted, as lines "index attempts crashes refusals"; usually none.
local function histories_of(keys, spans)
  if #spans == 0 or redis.call('EXISTS', keys.histories) == 0 then return '' end
  local entries, lines, index = redis.call('HMGET', keys.histories, unpack(entries_of(spans))), {}, 0
  for i = 1, #spans do
    if entries[i] then lines[#lines + 1] = table.concat({ index, parse_history(entries[i]) }, ' ') end
    index = index + count_of(spans[i])
  end
  return table.concat(lines, '\n')
end
