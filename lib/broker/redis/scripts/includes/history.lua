-- A history is "attempts crashes refusals"; no entry, or one that can't be ours, means "0 0 0".
local function parse_history(entry)
  local attempts, crashes, refusals = string.match(entry or '', '^(%d+) (%d+) (%d+)$')
  if not attempts or #entry > 18 then return 0, 0, 0 end
  return tonumber(attempts), tonumber(crashes), tonumber(refusals)
end

-- One whose next crash would kill it: it waits apart, and runs alone.
local function is_suspect(crashes, max_crashes)
  return crashes > 0 and crashes >= max_crashes - 1
end

-- Those of `ids` that wait in `ready`, and those that wait in `suspects`.
local function part_suspects(keys, ids, max_crashes)
  if #ids == 0 or redis.call('EXISTS', keys.histories) == 0 then return ids, {} end
  local entries, innocents, suspects = redis.call('HMGET', keys.histories, unpack(ids)), {}, {}
  for i = 1, #ids do
    local _, crashes = parse_history(entries[i])
    local list = is_suspect(crashes, max_crashes) and suspects or innocents
    list[#list + 1] = ids[i]
  end
  return innocents, suspects
end
