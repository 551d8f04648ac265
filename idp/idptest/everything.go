// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// Everything is all that a Clau has written down, by where: for tests that
// search for what must not be there, or no longer.
func (c *Clau) Everything(t testing.TB) map[string]string {
	t.Helper()
	events, err := json.Marshal(c.Audit.Events())
	must(t, err)
	all := map[string]string{"the operator's log": c.Logs.String(), "the audit": string(events)}
	if c.servers != nil {
		all["the directory"], all["the store"] = c.servers.directory(t), c.servers.store(t)
		return all
	}
	files, err := filepath.Glob(filepath.Join(c.dir, "*"))
	must(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		all["the file "+filepath.Base(file)] = string(content)
	}
	return all
}

// directory is every entry that OpenLDAP has, with its operational attributes.
func (s *Servers) directory(t testing.TB) string {
	t.Helper()
	found, err := s.LDAP.Admin().Search(ldap.NewSearchRequest(s.LDAP.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		0, 0, false, "(objectClass=*)", []string{"*", "+"}, nil))
	must(t, err)
	var text strings.Builder
	for _, e := range found.Entries {
		text.WriteString(e.DN + "\n")
		for _, a := range e.Attributes {
			text.WriteString(a.Name + ": " + strings.Join(a.Values, "\n"+a.Name+": ") + "\n")
		}
	}
	return text.String()
}

// dump is a script for Redis that returns every key with what it holds.
const dump = `local out = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  out[#out+1] = key
  local kind = redis.call('TYPE', key).ok
  local held = {}
  if kind == 'string' then held = {redis.call('GET', key)} end
  if kind == 'set' then held = redis.call('SMEMBERS', key) end
  if kind == 'hash' then held = redis.call('HGETALL', key) end
  if kind == 'zset' then held = redis.call('ZRANGE', key, 0, -1) end
  for _, one in ipairs(held) do out[#out+1] = one end
end
return out`

// store is every key of Redis and what it holds.
func (s *Servers) store(t testing.TB) string {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Redis.Addr())
	must(t, err)
	out, err := exec.Command(Program(t, "redis-cli"), "-h", host, "-p", port, "--raw", "EVAL", dump, "0").CombinedOutput()
	must(t, err)
	return string(out)
}
