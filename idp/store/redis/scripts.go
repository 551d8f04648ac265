// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import goredis "github.com/redis/go-redis/v9"

// scripts decide things. They are called by their digest, and sent whole when
// Redis does not know them yet.
type scripts struct{ take, swap, advance, count, claim *goredis.Script }

func newScripts() scripts {
	return scripts{
		take:    goredis.NewScript(takeScript),
		swap:    goredis.NewScript(swapScript),
		advance: goredis.NewScript(advanceScript),
		count:   goredis.NewScript(countScript),
		claim:   goredis.NewScript(claimScript),
	}
}

// Each script but claimScript works on one key, KEYS[1]. pcall catches that the key holds
// another kind.

// takeScript returns and deletes the value, or returns nothing.
const takeScript = `
local v = redis.pcall('GET', KEYS[1])
if type(v) ~= 'string' or v:sub(1, 1) ~= 'v' then return false end
redis.call('DEL', KEYS[1])
return v`

// swapScript puts ARGV[2] in the place of ARGV[1] for ARGV[3] ms. It returns
// nothing if there is no value, 0 if it is another, 1 if it was swapped.
const swapScript = `
local v = redis.pcall('GET', KEYS[1])
if type(v) ~= 'string' or v:sub(1, 1) ~= 'v' then return false end
if v ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

// advanceScript moves a record from state ARGV[1] to ARGV[2]. It returns nothing
// if there is no record, else the record as found and whether it was moved.
const advanceScript = `
local r = redis.pcall('GET', KEYS[1])
if type(r) ~= 'string' or r:sub(1, 1) ~= 'r' then return false end
local n = struct.unpack('>I4', r, 2)
if r:sub(6, 5 + n) ~= ARGV[1] then return {r, 0} end
redis.call('SET', KEYS[1], 'r' .. struct.pack('>I4', #ARGV[2]) .. ARGV[2] .. r:sub(6 + n), 'KEEPTTL')
return {r, 1}`

// countScript counts in a window of ARGV[1] ms. It returns nothing if the key
// holds what is no counter.
const countScript = `
local c = redis.pcall('GET', KEYS[1])
if c == false then
  redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
  return 1
end
if type(c) ~= 'string' or not c:match('^%d+$') then return false end
return redis.call('INCR', KEYS[1])`

// renewScript puts ARGV[2] in the place of ARGV[1] for ARGV[3] ms, or leaves what
// is there. It is sent whole, as joinScript is.
const renewScript = `
if redis.pcall('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

// joinScript adds ARGV[1] to a set that lives at least ARGV[2] ms from now. It
// runs within pipelines and is always sent whole: a pipeline of which a part is
// done cannot be begun anew when Redis does not know the script.
const joinScript = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'set' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`

// claimScript puts ARGV[1] into KEYS[1] for ARGV[2] ms if nothing is there, and
// then does an op to each further key: its verb, its text, its life in ms and what
// the key must hold are the next four of ARGV. It returns whether the key was free.
const claimScript = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) == false then return 0 end
for i = 2, #KEYS do
  local k, verb, text, life, old = KEYS[i], ARGV[4 * i - 5], ARGV[4 * i - 4], ARGV[4 * i - 3], ARGV[4 * i - 2]
  if verb == 'put' then
    redis.call('SET', k, text, 'PX', life)
  elseif verb == 'touch' then
    redis.call('PEXPIRE', k, life)
  elseif verb == 'renew' then
    if redis.pcall('GET', k) == old then redis.call('SET', k, text, 'PX', life) end
  elseif verb == 'join' then
    local kind = redis.call('TYPE', k).ok
    if kind ~= 'set' and kind ~= 'none' then redis.call('DEL', k) end
    redis.call('SADD', k, text)
    if redis.call('PTTL', k) < tonumber(life) then redis.call('PEXPIRE', k, life) end
  elseif verb == 'leave' then
    redis.pcall('SREM', k, text)
  elseif verb == 'delete' then
    redis.call('UNLINK', k)
  end
end
return 1`
