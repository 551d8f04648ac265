// SPDX-License-Identifier: AGPL-3.0-or-later

package slapdtest

import (
	_ "embed"
	"io"
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
	s.slapadd(strings.NewReader(config), "-n0")
}

// Load stops the server, puts many entries into its database at once, and
// starts it again. There is room for a million.
func (s *Server) Load(ldif io.Reader) {
	s.t.Helper()
	s.Configure("ldapmodify", "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcDbMaxSize\nolcDbMaxSize: 8589934592\n")
	s.Stop()
	s.slapadd(ldif, "-n1", "-q")
	s.Restart()
}

func (s *Server) slapadd(ldif io.Reader, options ...string) {
	s.t.Helper()
	slapadd, _ := lookPath("slapadd")
	cmd := exec.Command(slapadd, append(options, "-F", s.path("config"))...)
	cmd.Stdin = ldif
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("slapadd: %v\n%s", err, out)
	}
}
