// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

func checkService(s directory.Service) error {
	if s.ID == "" || s.Title == "" || s.State == "" || !s.Name.Valid() {
		return refuse(directory.ErrInvalid, "a service without id, title or state, or with a bad name")
	}
	if err := checkLogo(s.Logo); err != nil {
		return err
	}
	return checkProtocol(s)
}

// checkProtocol looks for what each protocol cannot do without.
func checkProtocol(s directory.Service) error {
	spoken := 0
	for _, speaks := range []bool{s.OIDC != nil, s.SAML != nil, s.Discourse != nil, s.Forward != nil} {
		if speaks {
			spoken++
		}
	}
	switch {
	case spoken > 1:
		return refuse(directory.ErrInvalid, "a service of %d protocols", spoken)
	case s.OIDC != nil && (s.OIDC.ID == "" || strings.TrimSpace(string(s.OIDC.ID)) != string(s.OIDC.ID)):
		return refuse(directory.ErrInvalid, "a client without id")
	case s.OIDC != nil && s.Protocol() == "":
		return refuse(directory.ErrInvalid, "a client of a bridge that there is not")
	case s.SAML != nil:
		return checkSAML(*s.SAML)
	case s.Discourse != nil && (len(present(s.Discourse.ReturnURLs)) == 0 || len(s.Discourse.Sealed) == 0):
		return refuse(directory.ErrInvalid, "a forum without return URL or secret")
	case s.Forward != nil && len(present(s.Forward.Origins)) == 0:
		return refuse(directory.ErrInvalid, "an application behind a proxy without origin")
	}
	return nil
}

// checkSAML: what compares as equal in a directory must be equal. There a run of
// spaces is one space.
func checkSAML(p directory.SAMLProvider) error {
	switch {
	case p.EntityID == "" || len(p.EntityID) > directory.EntityIDMax || strings.ContainsFunc(p.EntityID, notVisible):
		return refuse(directory.ErrInvalid, "an entity id that is none")
	case len(p.Metadata) == 0 || len(p.Metadata) > directory.SAMLMetadataMax:
		return refuse(directory.ErrInvalid, "SAML metadata of %d bytes", len(p.Metadata))
	}
	return nil
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }
