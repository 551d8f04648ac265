package idp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

type names struct{ m keys.Master }

func (n names) Subject(s directory.Service, p directory.Person) string {
	return n.mac("sub", s.Sector+"|"+string(s.ID), p.Seed)
}
func (n names) SessionID(key string, s directory.Service) string {
	return n.mac("sid", key+"|"+string(s.ID), nil)
}
func (n names) mac(a, b string, c []byte) string {
	h := hmac.New(sha256.New, n.m.Derive("tmp", 32))
	h.Write([]byte(a + "\x00" + b + "\x00"))
	h.Write(c)
	return "s" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:20]))
}
