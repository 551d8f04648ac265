// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// identity is who asks. The zero identity is anonymous.
type identity struct {
	dn   string   // as written
	norm string   // for comparison with values
	path []string // names below the base; nil when outside of it
}

func (s *Server) identityOf(dn model.DN) identity {
	path, _ := s.store.Relative(dn.Path())
	return identity{dn.String(), dn.Norm(), path}
}

// idp is Clau itself.
func (s *Server) idp() identity {
	dn, err := s.schema.ParseDN("cn=idp,ou=system," + s.Base)
	if err != nil {
		return identity{}
	}
	return s.identityOf(dn)
}

func (i identity) anonymous() bool { return i.norm == "" }

func (i identity) authzID() string {
	if i.anonymous() {
		return ""
	}
	return "dn:" + i.dn
}

// is reports whether the identity is the entry at a path below the base.
func (i identity) is(path ...string) bool {
	return i.path != nil && slices.Equal(i.path, path)
}

func (i identity) isIDP() bool     { return i.is("ou=system", "cn=idp") }
func (i identity) isReplica() bool { return i.is("ou=system", "cn=replica") }

// isReader: accounts of applications that still read the directory.
func (i identity) isReader() bool {
	return len(i.path) > 2 && i.path[0] == "ou=system" && i.path[1] == "cn=readers"
}

// isPerson reports whether a path below the base is that of a person's entry.
func isPerson(path []string) bool {
	return len(path) == 2 && path[0] == "ou=people"
}
