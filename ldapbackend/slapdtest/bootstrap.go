// SPDX-License-Identifier: AGPL-3.0-or-later

package slapdtest

import (
	"bytes"
	_ "embed"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

//go:embed bootstrap.ldif
var bootstrap string

// prepare makes what the installation of the slapd package leaves behind: an
// empty database, three schemas, and the configuration open to whoever owns it.
func (s *Server) prepare() {
	s.t.Helper()
	for _, dir := range []string{"config", "db"} {
		if err := os.Mkdir(s.path(dir), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	s.pki.write(s.t, s.dir)
	config := strings.NewReplacer(
		"@DIR@", s.dir,
		"@BASE@", s.Base,
		"@ADMIN@", AdminPassword,
		"@OWNER@", "gidNumber="+strconv.Itoa(os.Getegid())+"+uidNumber="+strconv.Itoa(os.Geteuid()),
	).Replace(bootstrap)
	slapadd, _ := lookPath("slapadd")
	cmd := exec.Command(slapadd, "-n0", "-F", s.path("config"))
	cmd.Stdin = bytes.NewReader([]byte(config))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("slapadd: %v\n%s", err, out)
	}
}
